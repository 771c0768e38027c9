//! Arrays in numpy's files: those that numpy wrote, those that Plywood wrote, and those that are not what they should be.
use plywood::npy::{self, Item, Npz, NpzWriter};
use plywood::prelude::*;
use plywood::{Error, Problem};
use plywood_tests::fixture::{list, read, sizes, word};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

network! { struct Net: [3] -> [2] { fc1: Linear(4), Relu, fc2: Linear(2) } }

fn bytes(hex: &Value) -> Vec<u8> {
    let digits: Vec<u8> = word(hex).chars().map(|c| c.to_digit(16).expect("a digit") as u8).collect();
    digits.chunks(2).map(|pair| 16 * pair[0] + pair[1]).collect()
}

/// A folder with files in it.
struct Folder(tempfile::TempDir);
impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder for the test"))
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.path("file");
        fs::write(&path, bytes).expect("the file is written");
        path
    }
    /// What a file with these bytes is refused with.
    fn refuses<T: Item>(&self, bytes: &[u8]) -> String {
        let path = self.write(bytes);
        refusal(&path, npy::read::<T>(&path))
    }
}

/// The text of an error that names the file.
fn refusal<T>(path: &Path, result: plywood::Result<T>) -> String {
    let Err(error) = result else { panic!("{} is refused", path.display()) };
    let text = error.to_string();
    assert!(matches!(error, Error::Data { .. }) && text.contains(&path.display().to_string()), "{text}");
    text
}

#[test]
fn what_numpy_wrote_is_read() {
    let (folder, file) = (Folder::new(), read("npy"));
    let cases = file["arrays"].as_array().expect("cases");
    assert!(cases.len() > 20);
    for case in cases {
        let (name, path) = (word(&case["name"]), folder.write(&bytes(&case["hex"])));
        let samples: Vec<[f32; 2]> = npy::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Vec<f32> = list(&case["values"]).iter().map(|x| *x as f32).collect();
        assert_eq!(samples.len(), sizes(&case["shape"])[0], "{name}");
        assert_eq!(Sample::flat(&samples), expected, "{name}");
    }
    for case in file["ordered"].as_array().expect("cases") {
        let (name, path) = (word(&case["name"]), folder.write(&bytes(&case["hex"])));
        let samples: Vec<[[f32; 2]; 3]> = npy::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: Vec<f32> = list(&case["values"]).iter().map(|x| *x as f32).collect();
        assert_eq!(Sample::flat(&samples), expected, "{name}");
    }
}

#[test]
fn archives_of_numpy_are_read() {
    let (folder, file) = (Folder::new(), read("npy"));
    for name in ["stored", "compressed"] {
        let path = folder.write(&bytes(&file["archives"][name]));
        let mut npz = Npz::open(&path).expect("an archive");
        let about: Vec<_> =
            npz.arrays().iter().map(|a| (a.name.as_str(), &a.shape[..], a.dtype.as_str())).collect();
        assert_eq!(about, [("x", &[3, 2][..], "float32"), ("y", &[3], "int64")]);
        let x: Vec<[f32; 2]> = npz.read("x").expect("samples");
        assert_eq!(x, [[-1.5, -0.75], [0.0, 0.75], [1.5, 2.25]]);
        assert_eq!(npz.read::<u32>("y").expect("classes"), [2, 0, 1]);
        assert_eq!(npz.read::<f32>("y").expect("numbers"), [2.0, 0.0, 1.0]);
        let text = refusal(&path, npz.read::<u32>("z"));
        assert!(text.ends_with("there is no array `z`\nhelp: its arrays are `x`, `y`"), "{text}");
        let text = refusal(&path, npz.read::<u32>("x"));
        assert!(text.contains("array `x`: expected shape [n], for `u32`, found [3, 2]"), "{text}");
    }
    let path = folder.write(&bytes(&file["archives"]["of none"]));
    let mut npz = Npz::open(&path).expect("an archive");
    assert!(npz.arrays().is_empty());
    assert!(refusal(&path, npz.read::<f32>("x")).ends_with("help: its arrays are none"));
}

/// Also what `make_npy.py check` reads with numpy, in the folder that the environment names.
#[test]
fn what_is_written_is_read() {
    let own = Folder::new();
    let folder = std::env::var_os("PLYWOOD_NPY_FOLDER").map_or(own.0.path().to_owned(), PathBuf::from);
    let path = |name: &str| folder.join(name);
    let x = <[[f32; 2]; 3]>::from_vec((0..24).map(|i| i as f32 * 0.5).collect()).expect("four samples");
    let y = [3, 0, u32::MAX];
    npy::write(path("x.npy"), &x).expect("it is written");
    npy::write(path("y.npy"), &y).expect("it is written");
    npy::write(path("numbers.npy"), &[0.5f32, 1.5]).expect("it is written");
    npy::write::<[f32; 7]>(path("none.npy"), &[]).expect("it is written");
    NpzWriter::new().array("x", &x).array("y", &y).write(path("both.npz")).expect("it is written");
    npy::write_parameters(&Net::init(3), path("net.npz")).expect("it is written");

    assert_eq!(npy::read::<[[f32; 2]; 3]>(path("x.npy")).expect("it is read"), x);
    assert_eq!(npy::read::<u32>(path("y.npy")).expect("it is read"), y);
    assert_eq!(npy::read::<f32>(path("numbers.npy")).expect("it is read"), [0.5, 1.5]);
    assert!(npy::read::<[f32; 7]>(path("none.npy")).expect("it is read").is_empty());
    let mut both = Npz::open(path("both.npz")).expect("it is read");
    assert_eq!(both.read::<[[f32; 2]; 3]>("x").expect("it is read"), x);
    assert_eq!(both.read::<u32>("y").expect("it is read"), y);
    let net: Net = npy::read_parameters(path("net.npz")).expect("it is read");
    assert_eq!(net.block()[..], Net::init(3).block()[..]);

    // more than one piece of what is read at once
    let many = random::normal::<[f32; 3]>(30_000, 1);
    npy::write(own.path("many.npy"), &many).expect("it is written");
    assert_eq!(npy::read::<[f32; 3]>(own.path("many.npy")).expect("it is read"), *many);
    let data = fs::read(own.path("many.npy")).expect("bytes");
    assert_eq!((data.len() - 30_000 * 12) % 64, 0, "numbers begin at a multiple of 64 bytes");
}

#[test]
fn a_file_of_something_else_says_so() {
    let (folder, file) = (Folder::new(), read("npy"));
    let case = |name: &str| bytes(&file["refused"][name]);
    let text = folder.refuses::<[f32; 2]>(&case("a number"));
    assert!(
        text.contains("expected shape [n, 2], for `[f32; 2]`, found []\nhelp: the array is a single"),
        "{text}"
    );
    let text = folder.refuses::<f32>(&case("text"));
    assert!(text.contains("expected numbers, found `<U2`\nhelp: in numpy, `x.astype(np.float32)`"), "{text}");
    assert!(folder.refuses::<f32>(&case("objects")).contains("found `|O`"));
    assert!(folder.refuses::<f32>(&case("records")).contains("found records [('a', '<f4'), ('b', '<i8')]"));
    assert!(folder.refuses::<f32>(&case("complex")).contains("found `<c16`"));
    let text = folder.refuses::<[f32; 2]>(&case("nan"));
    assert!(text.ends_with("expected finite numbers, found NaN at [1][1]"), "{text}");
    assert!(folder.refuses::<[f32; 2]>(&case("too large")).ends_with("found inf at [1][0]"));
    for (name, found) in [("negative", "-1"), ("half", "1.5"), ("large class", "4294967296")] {
        let text = folder.refuses::<u32>(&case(name));
        assert!(text.ends_with(&format!("expected a class or an index, 0, 1, …, found {found}")), "{text}");
    }

    let array = bytes(&file["ordered"][0]["hex"]);
    let text = folder.refuses::<[f32; 6]>(&array);
    assert!(text.contains("expected shape [n, 6], for `[f32; 6]`, found [4, 3, 2]"), "{text}");
    assert!(text.ends_with("help: in numpy, `x.reshape(-1, 6)` has it"), "{text}");
    let text = folder.refuses::<[f32; 5]>(&array);
    assert!(text.ends_with("help: its samples are of type `[[f32; 2]; 3]`"), "{text}");
    assert!(folder.refuses::<[f32; 5]>(b"").contains("fewer bytes than any"));
    assert!(folder.refuses::<[f32; 5]>(b"spend,staff,profit\n").contains("does not begin as one"));
    let text = folder.refuses::<[[f32; 2]; 3]>(&[&array[..], b"x"].concat());
    assert!(
        text.contains("longer than its shape [4, 3, 2] says: it was added to, or has several arrays"),
        "{text}"
    );
    assert!(
        text.ends_with("help: in numpy, `np.savez` writes several by name, and `Npz::open` reads them"),
        "{text}"
    );
    assert!(matches!(npy::read::<f32>(folder.path("nowhere")), Err(Error::Io { .. })));
    assert!(matches!(npy::write(folder.path("no/where.npy"), &[1.0f32]), Err(Error::Io { .. })));
}

#[test]
fn every_cut_and_every_wrong_bit_of_a_header_is_an_error_or_an_array() {
    let (folder, file) = (Folder::new(), read("npy"));
    let array = bytes(&file["ordered"][1]["hex"]);
    for end in 0..array.len() {
        let text = folder.refuses::<[[f32; 2]; 3]>(&array[..end]);
        assert!(text.contains("cut off") || text.contains("fewer bytes"), "{end}: {text}");
        assert!(!text.contains("which `npy::read` reads"), "{end}: {text}");
    }
    let mut refused = 0;
    for at in 0..128 {
        for bit in 0..8 {
            let mut damaged = array.clone();
            damaged[at] ^= 1 << bit;
            let path = folder.write(&damaged);
            refused += usize::from(npy::read::<[[f32; 2]; 3]>(&path).is_err());
        }
    }
    assert!(refused > 300, "{refused}");
    // a shape that no machine has memory for
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 3, 2), }\n";
    let mut large = b"\x93NUMPY\x01\x00".to_vec();
    large.extend((header.len() as u16).to_le_bytes());
    large.extend(header.as_bytes());
    assert!(folder.refuses::<[[f32; 2]; 3]>(&large).contains("too few for its shape"));
    large[6] = 2;
    assert!(folder.refuses::<[[f32; 2]; 3]>(&large).contains("more than any array of numbers needs"));
    large[6] = 9;
    assert!(folder.refuses::<[[f32; 2]; 3]>(&large).contains("version 9"));
}

#[test]
fn a_damaged_archive_is_an_error() {
    let (folder, file) = (Folder::new(), read("npy"));
    for name in ["stored", "compressed"] {
        let whole = bytes(&file["archives"][name]);
        for end in 0..whole.len() {
            let path = folder.write(&whole[..end]);
            assert!(refusal(&path, Npz::open(&path)).contains("not a whole `.npz` file"), "{name}, {end}");
        }
        // every byte changed: what is read all the same is what was written
        let mut refused = 0;
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            let path = folder.write(&damaged);
            let x = Npz::open(&path).and_then(|mut npz| npz.read::<[f32; 2]>("x"));
            refused += usize::from(x.is_err());
            if let Ok(x) = x {
                assert_eq!(x, [[-1.5, -0.75], [0.0, 0.75], [1.5, 2.25]], "{name}, {at}");
            }
        }
        assert!(refused > whole.len() / 4, "{refused} of {}", whole.len());
    }
    let path = folder.path("file");
    let error =
        NpzWriter::new().array("x", &[1.0f32]).array("x", &[2u32]).write(&path).expect_err("two of a name");
    assert!(error.to_string().contains("`x` twice"), "{error}");
}

#[test]
fn parameters_must_be_those_of_the_model() {
    let folder = Folder::new();
    let path = folder.path("net.npz");
    let zeros = |name: &str| match name {
        "fc1.weight" => vec![0.0; 12],
        "fc2.weight" => vec![0.0; 8],
        _ => vec![],
    };
    let (weight, other) = (<[f32; 3]>::from_vec(zeros("fc1.weight")).expect("4 rows"), [[0.5f32; 3]; 2]);
    let bias = [0.0, f32::NAN, 0.0, f32::INFINITY];
    NpzWriter::new()
        .array("fc1.weight", &weight)
        .array("fc1.bias", &bias)
        .array("fc2.weight", &other)
        .array("mean", &[1u32])
        .write(&path)
        .expect("it is written");
    let error = npy::read_parameters::<Net>(&path).expect_err("another model's");
    let Error::Checkpoint { problems, model: "Net", .. } = &error else { panic!("{error}") };
    let expected = [
        Problem::NotFinite { name: "fc1.bias".into(), count: 2, first: "[1]".into() },
        Problem::Shape { name: "fc2.weight".into(), expected: vec![2, 4], found: vec![2, 3] },
        Problem::Missing { name: "fc2.bias".into(), shape: vec![2] },
        Problem::Surplus { name: "mean".into(), shape: vec![1] },
    ];
    assert_eq!(*problems, expected);
    let mut net = Net::init(1);
    net.parameters_mut().fc1.weight[2][1] = f32::NAN;
    let before = fs::read(&path).expect("bytes");
    let error = npy::write_parameters(&net, &path).expect_err("not finite");
    assert!(error.to_string().contains("`fc1.weight[2][1]`"), "{error}");
    assert!(fs::read(&path).expect("bytes") == before, "nothing was written");
}

#[test]
fn an_archive_gets_no_memory_for_what_it_says_alone() {
    // an array of 4 GB, of which the header alone is there
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }";
    let array = [&b"\x93NUMPY\x01\x00\x76\x00"[..], format!("{header:<117}\n").as_bytes()].concat();
    let (packed, claimed) =
        ((array.len() as u32).to_le_bytes(), (array.len() as u32 + 4_000_000_000).to_le_bytes());
    let name = b"x.npy";
    // version, flags, method, time, date, check sum, sizes, length of the name
    let about = [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0][..], &packed, &claimed, &[5, 0]].concat();
    let local = [&b"PK\x03\x04"[..], &about, &[0, 0], name, &array].concat();
    let central = [&b"PK\x01\x02\x14\x00"[..], &about, &[0; 16], name].concat();
    let [size, offset] = [central.len(), local.len()].map(|n| (n as u32).to_le_bytes());
    let end = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &size, &offset, &[0, 0]].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.npz");
    fs::write(&path, [local, central, end].concat()).expect("it is written");
    let text =
        Npz::open(&path).and_then(|mut file| file.read::<f32>("x")).expect_err("it is not there").to_string();
    assert!(text.contains("it has 128 bytes, too few for its shape [1000000000]"), "{text}");
}

#[test]
fn one_format_taken_for_the_other_names_its_function() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    npy::write(path("one"), &[1.0f32, 2.0]).expect("it is written");
    NpzWriter::new().array("x", &[1.0f32, 2.0]).write(path("several")).expect("it is written");
    let error = npy::read::<f32>(path("several")).expect_err("an archive").to_string();
    assert!(
        error.ends_with("\nhelp: it is an archive, as `.npz` files are, which `Npz::open` reads"),
        "{error}"
    );
    let error = Npz::open(path("one")).expect_err("an array").to_string();
    assert!(
        error.ends_with("\nhelp: it is an array in numpy's `.npy` format, which `npy::read` reads"),
        "{error}"
    );
    // an archive of numpy that is cut is one of numpy
    let whole = fs::read(path("several")).expect("it is there");
    fs::write(path("cut"), &whole[..whole.len() - 1]).expect("it is written");
    let error = Npz::open(path("cut")).expect_err("not whole").to_string();
    assert!(error.contains("not a whole `.npz` file") && !error.contains("help"), "{error}");
}

/// What `torch.save` writes is an archive too, with a pickle in it: at its beginning, or behind much else.
#[test]
fn a_file_of_torch_is_no_archive_of_arrays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("net.pt");
    for names in [&["net/data.pkl", "net/data/0"][..], &["net/code/a", "net/data.pkl"]] {
        let mut archive = zip::ZipWriter::new(fs::File::create(&path).expect("a file"));
        for name in names {
            let options = zip::write::SimpleFileOptions::default();
            archive
                .start_file(*name, options.compression_method(zip::CompressionMethod::Stored))
                .expect("a name");
            std::io::Write::write_all(&mut archive, &[7; 5000]).expect("it is written");
        }
        archive.finish().expect("it is written");
        let whole = fs::read(&path).expect("it is there");
        for bytes in [&whole[..], &whole[..whole.len() - 1]] {
            fs::write(&path, bytes).expect("it is written");
            let opened = Npz::open(&path).expect_err("no arrays").to_string();
            let read = npy::read::<f32>(&path).expect_err("no array").to_string();
            for text in [opened, read] {
                assert!(
                    text.contains("help: it is a file of `torch.save`, which PyTorch reads; `safetensors"),
                    "{text}"
                );
            }
        }
    }
}

/// Whose only argument is the error that is returned: a library beneath has nothing to say to the terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_no_other_words() {
    const CHILD: &str = "PLYWOOD_TEST_FULL_DISK";
    let full = Path::new("/dev/full");
    if std::env::var_os(CHILD).is_some() {
        let many = random::normal::<[f32; 3]>(30_000, 1);
        for count in [1, 30_000] {
            let error = NpzWriter::new().array("x", &many[..count]).write(full).expect_err("a full disk");
            assert!(matches!(&error, Error::Io { doing: "writing", .. }), "{error}");
        }
        return;
    }
    let own = std::env::current_exe().expect("this program");
    let name = "a_full_disk_is_an_error_and_no_other_words";
    let child =
        std::process::Command::new(own).args([name, "--exact", "--nocapture"]).env(CHILD, "1").output();
    let child = child.expect("it runs");
    let (said, words) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && said.contains("1 passed"), "{said}{words}");
    assert_eq!(words, "");
}
