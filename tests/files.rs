//! Files that are not what they should be: every one gives an error that names what is wrong, and changes nothing.
use plywood::data::Csv;
use plywood::prelude::*;
use plywood::{Error, Problem};
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::fs;
use std::path::{Path, PathBuf};

network! {
    struct Net: [4] -> [3] { fc1: Linear(5), Tanh, blocks: repeat 2 { fc: Linear(5, bias: false), Relu }, Linear(3) }
}
// more than one block of a disk
network! { struct Large: [64] -> [64] { fc1: Linear(256), Relu, fc2: Linear(64) } }

/// A name, a type, a shape and bytes: what a file says of a tensor.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn tensors(model: &Net) -> Vec<Tensor> {
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect();
    model.named_parameters().map(|p| (p.name, Dtype::F32, p.shape.to_vec(), bytes(p.values))).collect()
}
fn file(tensors: &[Tensor]) -> Vec<u8> {
    let mut views = vec![];
    for (name, dtype, shape, bytes) in tensors {
        views.push((name, TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes as numbers")));
    }
    serialize(views, None).expect("tensors make a file")
}

fn bits(model: &impl Model) -> Vec<u32> {
    model.block().iter().map(|x| x.to_bits()).collect()
}

/// A folder with one file in it.
struct Folder(tempfile::TempDir);
impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder for the test"))
    }
    fn path(&self) -> PathBuf {
        self.0.path().join("net.safetensors")
    }
    fn write(&self, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(), bytes).expect("the file is written");
        self.path()
    }
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

/// The error of reading a file into a model, which must stay as it was.
fn refused(path: &Path) -> Error {
    let mut model = Net::init(9);
    let before = bits(&model);
    let error = model.reload(path).expect_err(&format!("{} is refused", path.display()));
    assert!(bits(&model) == before, "the model changed: {error}");
    assert!(Net::load(path).is_err());
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "it does not name the file: {text}");
    error
}
fn problems(error: &Error) -> &[Problem] {
    match error {
        Error::Checkpoint { problems, model: "Net", .. } => problems,
        other => panic!("not an error about a checkpoint: {other}"),
    }
}

#[test]
fn a_file_comes_back_to_the_bit_and_in_any_order() {
    let (folder, model) = (Folder::new(), Net::init(4));
    model.save(folder.path()).expect("it is saved");
    assert!(bits(&Net::load(folder.path()).expect("it is read")) == bits(&model));
    let mut reversed = tensors(&model);
    reversed.reverse();
    assert!(bits(&Net::load(folder.write(&file(&reversed))).expect("it is read")) == bits(&model));
    let names: Vec<String> = tensors(&model).into_iter().map(|t| t.0).collect();
    assert_eq!(
        names,
        ["fc1.weight", "fc1.bias", "blocks.0.fc.weight", "blocks.1.fc.weight", "3.weight", "3.bias"]
    );
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let folder = Folder::new();
    let whole = file(&tensors(&Net::init(4)));
    for len in 0..whole.len() {
        let error = refused(&folder.write(&whole[..len]));
        assert!(matches!(problems(&error), [Problem::Unreadable { .. }]), "{len} bytes: {error}");
        if len == 0 {
            assert!(error.to_string().contains("the file is empty"), "{error}");
        }
    }
    for more in [1, 4, 1000] {
        let longer = [whole.as_slice(), &vec![0; more]].concat();
        assert!(matches!(problems(&refused(&folder.write(&longer))), [Problem::Unreadable { .. }]));
    }
}

#[test]
fn no_byte_of_a_header_can_do_harm() {
    let (folder, whole) = (Folder::new(), file(&tensors(&Net::init(4))));
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().expect("eight bytes")) as usize;
    let mut refusals = 0;
    for at in 0..header {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            let path = folder.write(&bytes);
            // a space more or less is no mistake; nothing else is read as if nothing had happened
            match Net::load(&path) {
                Ok(model) => assert!(bits(&model) == bits(&Net::init(4)), "byte {at} ^ {change}"),
                Err(_) => {
                    refused(&path);
                    refusals += 1;
                }
            }
        }
    }
    assert!(refusals > 2 * header, "{refusals} of {} changes are refused", 3 * header);
    for length in [u64::MAX, u64::MAX - 7, 1 << 62, 1 << 40, 100_000_001, whole.len() as u64] {
        let bytes = [&length.to_le_bytes(), &whole[8..]].concat();
        assert!(
            matches!(problems(&refused(&folder.write(&bytes))), [Problem::Unreadable { .. }]),
            "{length}"
        );
    }
}

#[test]
fn what_is_no_safetensors_file_is_refused() {
    let folder = Folder::new();
    let cases: [&[u8]; 6] =
        [b"\n", b"hello", b"PK\x03\x04 a zip file of PyTorch's, say", &[0; 8], &[0; 4096], &[0xff; 4096]];
    for bytes in cases {
        let error = refused(&folder.write(bytes));
        assert!(matches!(problems(&error), [Problem::Unreadable { .. }]), "{error}");
    }
    let error = refused(folder.0.path());
    assert!(matches!(error, Error::Io { doing: "reading", .. }), "{error}");
    let error = refused(&folder.0.path().join("none.safetensors"));
    assert!(matches!(error, Error::Io { doing: "reading", .. }), "{error}");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let folder = Folder::new();
    let mut wrong = tensors(&Net::init(4));
    let nan = f32::NAN.to_le_bytes();
    wrong[0].2 = vec![4, 5]; // transposed
    wrong[1].0 = "fc1.offset".into(); // another name, so one missing and one surplus
    wrong[2].3[4 * 7..4 * 8].copy_from_slice(&nan); // blocks.0.fc.weight[1][2]
    wrong[3].1 = Dtype::I32;
    wrong[4].3[..4].copy_from_slice(&f32::INFINITY.to_le_bytes());
    wrong[4].3[8..12].copy_from_slice(&nan);
    wrong[5].2 = vec![3, 1];
    wrong.push(("head.weight".into(), Dtype::F32, vec![1], vec![0; 4]));
    let error = refused(&folder.write(&file(&wrong)));
    let text = error.to_string();
    let expected = [
        "`fc1.weight`: expected shape [5, 4], found [4, 5]",
        "`fc1.bias` [5] is missing",
        "`fc1.offset` [5] is not in the model",
        "`blocks.0.fc.weight`: 1 of its numbers is not finite, it is at [1][2]",
        "`blocks.1.fc.weight`: expected F32 (or F64, F16, BF16), found I32",
        "`3.weight`: 2 of its numbers are not finite, the first at [0][0]",
        "`3.bias`: expected shape [3], found [3, 1]",
        "`head.weight` [1] is not in the model",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    assert_eq!(problems(&error).len(), expected.len(), "{text}");
    assert!(text.contains("does not fit `Net`") && text.contains("\nhelp: "), "{text}");
}

#[test]
fn each_mistake_alone_is_enough() {
    let folder = Folder::new();
    type Mistake = (&'static str, fn(&mut Vec<Tensor>));
    let mistakes: [Mistake; 7] = [
        ("`fc1.weight` [5, 4] is missing", |t| drop(t.remove(0))),
        ("expected shape [5, 4], found [20]", |t| t[0].2 = vec![20]),
        ("`blocks.2.fc.weight` [5, 5] is not in the model", |t| {
            let mut more = t[3].clone();
            more.0 = "blocks.2.fc.weight".into();
            t.push(more);
        }),
        ("`blocks.0.fc.weight` [5, 5] is missing", |t| t[2].0 = "blocks.0.weight".into()),
        ("1 of its numbers is not finite, it is at [2]", |t| {
            t[5].3[8..12].copy_from_slice(&f32::NEG_INFINITY.to_le_bytes())
        }),
        ("found U32", |t| t[1].1 = Dtype::U32),
        ("`fc1.weight` [5, 4] is missing", |t| t.clear()),
    ];
    for (expected, mistake) in mistakes {
        let mut wrong = tensors(&Net::init(4));
        mistake(&mut wrong);
        let error = refused(&folder.write(&file(&wrong)));
        assert!(error.to_string().contains(expected), "{expected:?} is not in\n{error}");
    }
}

#[test]
fn a_save_that_fails_leaves_nothing_behind() {
    let folder = Folder::new();
    let error =
        Net::init(1).save(folder.0.path().join("no/such/folder/net.safetensors")).expect_err("no folder");
    assert!(
        matches!(error, Error::Io { doing: "writing", .. }) && error.to_string().contains("no/such"),
        "{error}"
    );
    fs::create_dir(folder.path()).expect("a folder in place of the file");
    fs::write(folder.path().join("other"), "text").expect("a file in it");
    Net::init(1).save(folder.path()).expect_err("there is a folder");
    assert_eq!(folder.names(), ["net.safetensors"]);
    assert_eq!(fs::read_to_string(folder.path().join("other")).expect("it is still there"), "text");
}

const CHILD: &str = "PLYWOOD_TESTS_SAVE_TO";

/// Run by the next test, in a process that may write but a few thousand bytes to a file.
#[test]
fn save_in_a_process_of_its_own() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let error = Large::init(2).save(path).expect_err("the disk is full");
    println!("refused: {error}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_the_old_file() {
    let (folder, old) = (Folder::new(), Large::init(1));
    old.save(folder.path()).expect("it is saved");
    let program = std::env::current_exe().expect("this program");
    // with the signal ignored a write fails; otherwise the program dies while it writes
    for (trap, survives) in [("trap '' XFSZ;", true), ("", false)] {
        let script = format!(
            "{trap} ulimit -c 0; ulimit -f 8; exec \"$0\" --exact save_in_a_process_of_its_own --nocapture"
        );
        let child = std::process::Command::new("sh")
            .args(["-c", &script])
            .arg(&program)
            .env(CHILD, folder.path())
            .output();
        let child = child.expect("a shell");
        let said = String::from_utf8_lossy(&child.stdout);
        assert_eq!(child.status.success(), survives, "{said}\n{}", String::from_utf8_lossy(&child.stderr));
        assert_eq!(said.contains("refused: writing `"), survives, "{said}");
        assert!(bits(&Large::load(folder.path()).expect("the old file is whole")) == bits(&old));
        assert!(!survives || folder.names() == ["net.safetensors"], "{:?}", folder.names());
    }
    // and the name is free for the next
    Large::init(2).save(folder.path()).expect("it is saved");
    assert!(bits(&Large::load(folder.path()).expect("it is read")) == bits(&Large::init(2)));
}

#[test]
fn bad_tables_name_the_place() {
    let folder = Folder::new();
    let row = |row: &str| format!("long,wide,kind\n1,2,0\n{row}\n3,4,1\n");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (row("1,two,0").into(), ", line 3, column `wide`: expected a number, found `two`"),
        (row("1,,0").into(), "1 cell is missing: line 3, column `wide`"),
        (row("NaN,2,0").into(), "1 cell is missing: line 3, column `long`"),
        (row("1,inf,0").into(), ", line 3, column `wide`: expected a finite number"),
        (row("1,2,-3").into(), ", line 3, column `kind`: expected a class"),
        (row("1,2").into(), ", line 3: expected 3 cells, as in the header, found 2"),
        (row("1,2,0,9").into(), ", line 3: expected 3 cells, as in the header, found 4"),
        (row("\"1,2,0").into(), ", line 3: the quote that begins its cell 1 is never closed"),
        (
            b"long,wide,kind\n1,2,0\n\xff\xfe,2,0\n".into(),
            ", line 3, column `long`: this is not text in UTF-8",
        ),
        (b"long,wide,kind\n".into(), "there is a header, but no row below it"),
        (b"".into(), "the file has no row"),
        (b"\n\n\n".into(), "the file has no row"),
        (b"long,wide\n1,2\n".into(), "there is no column `kind`"),
        (b"kind,kind\n1,2\n".into(), "two columns are called `kind`"),
        (b"long,kind\n1,2\n".into(), "expected 2 features, as `[f32; 2]` takes, found 1: `long`"),
        (b"\x1f\x8b\x08 this is no gzip".into(), "it is damaged: it begins as a gzip file"),
        (b"\x1f\x8b".into(), "its end is missing: as a gzip file it is cut short"),
        (b"\0\0\0\0".into(), "this is not text"),
    ];
    for (bytes, expected) in cases {
        let path = folder.write(&bytes);
        let result = Csv::open(&path).and_then(|csv| csv.targets("kind").read::<[f32; 2], u32>());
        let error = result.expect_err(expected).to_string();
        assert!(
            error.contains(expected) && error.contains("net.safetensors"),
            "{expected:?} is not in {error:?}"
        );
    }
    let many: String = (0..100_000).map(|i| format!("c{i},")).collect();
    let path = folder.write(format!("{many}kind\n{}0\n", "1,".repeat(100_000)).as_bytes());
    let error = Csv::open(&path)
        .and_then(|csv| csv.targets("none").read::<[f32; 2], u32>())
        .expect_err("no such column");
    assert!(error.to_string().len() < 1000, "an error for people: {} bytes", error.to_string().len());
    for path in [folder.0.path().to_owned(), folder.0.path().join("none.csv")] {
        let error = Csv::open(&path)
            .and_then(|csv| csv.targets("kind").read::<[f32; 2], u32>())
            .expect_err("no file");
        assert!(matches!(error, Error::Io { doing: "reading", .. }), "{error}");
    }
}
