//! What a file is that was taken for another: its kind, by how it begins.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Of an encoding.
pub(crate) const ENCODING: &str = "`Encoding::load` reads";
/// Of a network.
pub(crate) const NETWORK: &str = "the network's `load` reads";

/// The first name in what `torch.save` writes, which is an archive.
const PICKLE: &[u8] = b"data.pkl";

/// As much as is looked at: the scaler's name stands at the start of a header.
const START: u64 = 4096;

/// What a file is, and that this or that reads it, in words; `None` for a kind that is not known, or a file that cannot be read.
pub(crate) fn of(path: &Path) -> Option<(&'static str, &'static str)> {
    let mut start = vec![];
    File::open(path).ok()?.take(START).read_to_end(&mut start).ok()?;
    Some(match &start[..] {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            ("an array in numpy's `.npy` format", "`npy::read` reads")
        }
        [b'P', b'K', 3, 4, ..] if start.windows(PICKLE.len()).any(|name| name == PICKLE) => (
            "a file of `torch.save`",
            "PyTorch reads; `safetensors.torch.save_file(model.state_dict(), path)` writes one for other programs",
        ),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => ("an archive, as `.npz` files are", "`Npz::open` reads"),
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

/// `problem`, with what the file is after all, if that is known.
pub(crate) fn explain(path: &Path, problem: String) -> String {
    match of(path) {
        Some((what, reads)) => format!("{problem}\nhelp: it is {what}, which {reads}"),
        None => problem,
    }
}
