//! What a file is that was taken for another: its kind, by how it begins.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Of an encoding.
pub(crate) const ENCODING: &str = "`Encoding::load` reads";
/// Of a network.
pub(crate) const NETWORK: &str = "the network's `load` reads";

/// Of arrays by name.
pub(crate) const NPZ: &str = "`Npz::open` reads";

/// What stands for a file of Git LFS where the file itself was not fetched.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The first name in what `torch.save` writes, which is an archive.
const PICKLE: &[u8] = b"data.pkl";

/// What a pickle of `torch.save` is, old or new.
const TORCH: (&str, &str) = (
    "a file of `torch.save`",
    "PyTorch reads; `safetensors.torch.save_file(model.state_dict(), path)` writes one for other programs",
);

/// The first name in a workbook, which is an archive too.
const WORKBOOK: &[u8] = b"[Content_Types].xml";

/// What a file is, and what reads it.
pub(crate) type Kind = (&'static str, &'static str);

/// As much as is looked at: the scaler's name stands at the start of a header.
const START: u64 = 4096;

/// As much of the end of an archive as is looked at, where the names in it are listed.
const END: u64 = 65536;

/// What a file is, and that this or that reads it, in words; `None` for a kind that is not known, or a file that cannot be read.
pub(crate) fn of(path: &Path) -> Option<Kind> {
    let mut file = File::open(path).ok()?;
    let mut start = vec![];
    file.by_ref().take(START).read_to_end(&mut start).ok()?;
    of_bytes(&start, &mut || end(&mut file))
}

/// As [`of`], of a file that begins so and, where that is asked for, ends so.
fn of_bytes(start: &[u8], end: &mut dyn FnMut() -> Vec<u8>) -> Option<Kind> {
    Some(match start {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            ("an array in numpy's `.npy` format", "`npy::read` reads")
        }
        [b'P', b'K', 3, 4, ..] if has(start, PICKLE) || has(&end(), PICKLE) => TORCH,
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, ..] => TORCH,
        [0x89, b'H', b'D', b'F', ..] => (
            "an HDF5 file, as Keras writes",
            "h5py reads; `safetensors.numpy.save_file({name: array, …}, path)` writes one for other programs",
        ),
        [b'P', b'K', 3, 4, ..] if has(start, WORKBOOK) => {
            ("a workbook, as Excel writes", "spreadsheets read: save it there as CSV")
        }
        [b'P', b'K', 3 | 5, 4 | 6, ..] => ("an archive, as `.npz` files are", NPZ),
        start if start.starts_with(POINTER) => {
            ("a Git LFS pointer", "stands for the file that was meant: `git lfs pull` puts that in its place")
        }
        start if is_web_page(start) => (
            "a web page",
            "browsers show: download the file that it speaks of, by the link for its raw content",
        ),
        [b'"', rest @ ..] if rest.starts_with(b"plywood encoding") => ("an encoding", ENCODING),
        [_, _, _, _, _, _, 0, 0, header @ ..] if header.starts_with(b"{") => {
            let header = String::from_utf8_lossy(header);
            if header.contains(r#""scaler":"StandardScaler""#) {
                ("a `StandardScaler`", "`StandardScaler::load` reads")
            } else if header.contains(r#""scaler":"MinMaxScaler""#) {
                ("a `MinMaxScaler`", "`MinMaxScaler::load` reads")
            } else {
                ("a file of tensors, as a network's is", NETWORK)
            }
        }
        _ => return None,
    })
}

/// Whether it begins as HTML, which a table never does.
fn is_web_page(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let begins =
        |with: &str| start.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with.as_bytes()));
    begins("<!doctype html") || begins("<html")
}

fn has(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|other| other == name)
}

/// The end of a file, as far as it can be read.
fn end(file: &mut File) -> Vec<u8> {
    let mut end = vec![];
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let sought = file.seek(SeekFrom::Start(length.saturating_sub(END)));
    if sought.is_ok() {
        // what cannot be read has no names in it
        let _ = file.read_to_end(&mut end);
    }
    end
}

/// `problem`, with what the file is after all, if that is known.
pub(crate) fn explain(path: &Path, problem: String) -> String {
    match of(path) {
        Some(kind) => explained(problem, kind),
        None => problem,
    }
}

/// Why what begins so is no table, if it is of a kind that is known. The file itself is not read: it may be a pipe.
#[cfg(feature = "data")]
pub(crate) fn no_table(start: &[u8]) -> Option<String> {
    let kind = of_bytes(&start[..start.len().min(START as usize)], &mut Vec::new)?;
    Some(explained("this is not a table".to_owned(), kind))
}

fn explained(problem: String, (what, reads): Kind) -> String {
    format!("{problem}\nhelp: it is {what}, which {reads}")
}
