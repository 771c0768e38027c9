//! Checkpoints: round trips, and everything that a file can have wrong.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};

use super::{Small, bits};
use crate::{Error, Model, ParameterFile, Problem};

/// The tensors of a file, for a test to spoil.
type Tensors = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

fn tensors(model: &Small) -> Tensors {
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect();
    model.named_parameters().map(|p| (p.name, Dtype::F32, p.shape.to_vec(), bytes(p.values))).collect()
}

fn write(path: &Path, tensors: &Tensors) {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    fs::write(path, serialize(views, None).unwrap()).unwrap();
}

/// What is wrong with these tensors, after a check that the model is as before.
fn problems(tensors: &Tensors) -> (Vec<Problem>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spoiled.safetensors");
    write(&path, tensors);
    refused(&path)
}

fn refused(path: &Path) -> (Vec<Problem>, String) {
    let mut model = Small::init(1);
    let error = model.reload(path).unwrap_err();
    assert_eq!(bits(&model), bits(&Small::init(1)), "the model is unchanged");
    assert!(Small::load(path).is_err());
    let text = error.to_string();
    match error {
        Error::Checkpoint { problems, .. } => (problems, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn parameters_come_back_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    let mut model = Small::init(7);
    model.parameters_mut().fc1.weight[0] = [0.0, -0.0, f32::MIN_POSITIVE / 2.0, f32::MAX];
    model.save(&path).unwrap();
    assert_eq!(bits(&Small::load(&path).unwrap()), bits(&model));
    // Over an older file, with nothing left beside it.
    Small::init(8).save(&path).unwrap();
    model.reload(&path).unwrap();
    assert_eq!(bits(&model), bits(&Small::init(8)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let first = fs::read(&path).unwrap();
    Small::init(8).save(&path).unwrap();
    assert_eq!(first, fs::read(&path).unwrap(), "the same bytes every time");
}

#[test]
fn what_could_not_be_loaded_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    let mut model = Small::init(7);
    model.save(&path).unwrap();
    let before = fs::read(&path).unwrap();
    model.parameters_mut().blocks[1].fc.bias[3] = f32::NAN;
    let error = model.save(&path).unwrap_err();
    assert!(matches!(&error, Error::NotFinite { at, .. } if at == "`blocks.1.fc.bias[3]`"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(matches!(model.gradient_check(1), Err(Error::NotFinite { .. })));
    assert_eq!(format!("{error:?}"), error.to_string(), "what `main` shows is what a person reads");
}

#[test]
fn other_floating_point_numbers_are_converted() {
    let model = Small::init(7);
    let mut all = tensors(&model);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.safetensors");
    let halves: [(u16, f32); 8] = [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x3555, 0.333_251_95),
        (0x7bff, 65504.0),
        (0x0001, 5.960_464_5e-8),
        (0x03ff, 6.097_555e-5),
        (0x8000, -0.0),
        (0x0400, 6.103_515_6e-5),
    ];
    all[1].1 = Dtype::F16;
    all[1].3 = halves.iter().flat_map(|h| h.0.to_le_bytes()).collect();
    all[3].1 = Dtype::BF16;
    all[3].3 = [0x3f80u16, 0xc049, 0, 0, 0, 0, 0, 0].iter().flat_map(|b| b.to_le_bytes()).collect();
    all[9].1 = Dtype::F64;
    all[9].3 = [0.1f64, -2.0, 1e-50].iter().flat_map(|x| x.to_le_bytes()).collect();
    write(&path, &all);
    let read = Small::load(&path).unwrap();
    let p = read.parameters();
    assert_eq!(p.fc1.bias.map(f32::to_bits), halves.map(|h| h.1.to_bits()));
    assert_eq!(p.blocks[0].fc.bias[..2], [1.0, -3.140625]);
    assert_eq!(*p.fc2.bias, [0.1, -2.0, 0.0]);
}

#[test]
fn all_problems_are_told_at_once() {
    let mut all = tensors(&Small::init(7));
    all[0].0 = "fc0.weight".to_owned();
    all[1].2 = vec![4, 2];
    all[2].1 = Dtype::I32;
    all[3].3[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
    all[3].3[16..20].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let (found, text) = problems(&all);
    let names = |name: &str| name.to_owned();
    assert_eq!(
        found,
        [
            Problem::Missing { name: names("fc1.weight"), shape: vec![8, 4] },
            Problem::Shape { name: names("fc1.bias"), expected: vec![8], found: vec![4, 2] },
            Problem::Type { name: names("blocks.0.fc.weight"), found: "I32".to_owned() },
            Problem::NotFinite { name: names("blocks.0.fc.bias"), count: 2, first: "[1]".to_owned() },
            Problem::Surplus { name: names("fc0.weight"), shape: vec![8, 4] },
        ]
    );
    for line in [
        "spoiled.safetensors` does not fit `Small`:",
        "`fc1.weight` [8, 4] is missing",
        "`fc1.bias`: expected shape [8], found [4, 2]",
        "`blocks.0.fc.weight`: expected F32 (or F64, F16, BF16), found I32",
        "`blocks.0.fc.bias`: 2 of its numbers are not finite, the first at [1]",
        "`fc0.weight` [8, 4] is not in the model",
        "help: ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn files_that_are_no_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.safetensors");
    let whole = {
        Small::init(7).save(&path).unwrap();
        fs::read(&path).unwrap()
    };
    let cases: HashMap<&str, Vec<u8>> = HashMap::from([
        ("the file is empty", vec![]),
        ("it was cut off", whole[..whole.len() - 1].to_vec()),
        ("ends within its header", whole[..100].to_vec()),
        ("after 5 bytes", whole[..5].to_vec()),
        ("added to", [whole.clone(), vec![0]].concat()),
        ("not a safetensors file", vec![b'x'; 4096]),
    ]);
    for (expected, bytes) in cases {
        fs::write(&path, bytes).unwrap();
        let (found, text) = refused(&path);
        assert!(matches!(found[..], [Problem::Unreadable { .. }]), "{found:?}");
        assert!(text.contains(expected), "{expected} is not in\n{text}");
        assert!(!text.contains("help"), "it is not another network's: {text}");
    }
    for missing in [folder.path().join("absent.safetensors"), folder.path().to_owned()] {
        let error = Small::load(&missing).unwrap_err();
        assert!(matches!(error, Error::Io { doing: "reading", .. }), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn files_of_other_kinds_are_no_networks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other");
    crate::data::StandardScaler::fit(&[[1.0f32], [2.0]]).unwrap().save(&path).unwrap();
    let (_, text) = refused(&path);
    assert!(text.ends_with("help: it is a `StandardScaler`, which `StandardScaler::load` reads"), "{text}");
    fs::write(&path, b"PK\x03\x04........archive/data.pkl").unwrap();
    let (_, text) = refused(&path);
    assert!(
        text.contains("help: it is a file of `torch.save`, which PyTorch reads; `safetensors.torch"),
        "{text}"
    );
}

#[test]
fn of_many_problems_some_are_told() {
    plywood::network! { struct Deep: [3] -> [3] { blocks: repeat 40 { Linear(3) } } }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.safetensors");
    Deep::init(1).save(&path).unwrap();
    let (found, text) = refused(&path);
    assert!(found.len() > 80, "{}", found.len());
    assert_eq!(text.lines().count(), 1 + 20 + 2, "{text}");
    assert!(text.contains(&format!("\n  and {} more\nhelp: ", found.len() - 20)), "{text}");
}

#[test]
fn a_failed_save_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "old").unwrap();
    let error = crate::checkpoint::atomic_write(&path, |file| {
        std::io::Write::write_all(file, b"half of the ne")?;
        Err(std::io::Error::other("the disk is full"))
    });
    assert!(error.unwrap_err().to_string().contains("the disk is full"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    let error = Small::init(1).save(folder.path().join("no/such/folder")).unwrap_err();
    assert!(matches!(error, Error::Io { doing: "writing", .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_checkpoint_is_a_file_like_others() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (plain, path, link) =
        (folder.path().join("plain"), folder.path().join("a"), folder.path().join("link"));
    fs::write(&plain, "").unwrap();
    fs::write(&path, "").unwrap();
    symlink(&path, &link).unwrap();
    Small::init(1).save(&link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&plain));
    assert_eq!(bits(&Small::load(&path).unwrap()), bits(&Small::init(1)));
}

#[test]
fn what_fits_is_taken_alone_if_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.safetensors");
    let source = Small::init(7);
    let with = |change: &dyn Fn(&mut Tensors)| {
        let mut tensors = tensors(&source);
        change(&mut tensors);
        write(&path, &tensors);
        let mut model = Small::init(1);
        let left = model.reload_matching(&path);
        (left, model)
    };

    // one renamed, one of another shape: all the others come
    let (left, model) = with(&|tensors| {
        let renamed = tensors.iter_mut().find(|tensor| tensor.0 == "fc1.bias").unwrap();
        renamed.0 = "first.bias".into();
        let cut = tensors.iter_mut().find(|tensor| tensor.0 == "fc2.bias").unwrap();
        cut.2[0] -= 1;
        cut.3.truncate(4 * cut.2[0]);
    });
    let left = left.unwrap();
    assert!(matches!(&left[0], Problem::Missing { name, .. } if name == "fc1.bias"), "{left:?}");
    assert!(matches!(&left[1], Problem::Shape { name, .. } if name == "fc2.bias"), "{left:?}");
    assert!(matches!(&left[2], Problem::Surplus { name, .. } if name == "first.bias"), "{left:?}");
    let old = Small::init(1);
    for ((now, before), new) in
        model.named_parameters().zip(old.named_parameters()).zip(source.named_parameters())
    {
        let left = ["fc1.bias", "fc2.bias"].contains(&&*now.name);
        assert_eq!(now.values, if left { before.values } else { new.values }, "{}", now.name);
    }

    // nothing fits, or something is damaged: an error, and the model is as before
    let no_number = f32::NAN.to_le_bytes();
    let nothing: &dyn Fn(&mut Tensors) = &|tensors| tensors.iter_mut().for_each(|t| t.0.insert(0, 'x'));
    let damaged: &dyn Fn(&mut Tensors) = &|tensors| {
        tensors[1].0.insert(0, 'x');
        tensors[0].3[..4].copy_from_slice(&no_number);
    };
    for change in [nothing, damaged] {
        let (left, model) = with(change);
        assert!(matches!(left, Err(Error::Checkpoint { .. })));
        assert_eq!(bits(&model), bits(&old));
    }
}

/// Names that others gave, in a file.
fn renamed(change: impl Fn(&str) -> String) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("renamed.safetensors");
    let mut tensors = tensors(&Small::init(2));
    tensors.iter_mut().for_each(|tensor| tensor.0 = change(&tensor.0));
    write(&path, &tensors);
    (folder, path)
}

#[test]
fn a_prefix_of_all_names_is_found_and_taken_away() {
    let (_folder, path) = renamed(|name| format!("module.net.{name}"));
    let advice = "help: names in the file begin with `module.net.`: \
                  `ParameterFile::new(path).strip_prefix(\"module.net.\")` takes it from them, and \
                  has `load`, `reload` and `reload_matching`";
    let mut model = Small::init(1);
    for error in [Small::load(&path).unwrap_err(), model.reload_matching(&path).unwrap_err()] {
        let text = error.to_string();
        assert!(text.ends_with(advice), "{text}");
        assert!(matches!(error, Error::Checkpoint { fits: 0, .. }));
    }
    let file = ParameterFile::new(&path).strip_prefix("module.net.");
    assert_eq!(bits(&file.load::<Small>().unwrap()), bits(&Small::init(2)));
    assert_eq!(bits(&model), bits(&Small::init(1)));
    assert_eq!(file.reload_matching(&mut model).unwrap(), []);
    assert_eq!(bits(&model), bits(&Small::init(2)));
    // a prefix is one before a point, and no name but those that have it changes
    assert!(ParameterFile::new(&path).strip_prefix("module.").strip_prefix("fc1").load::<Small>().is_err());
    assert!(ParameterFile::new(&path).strip_prefix("module.").strip_prefix("net.").load::<Small>().is_ok());
}

#[test]
fn names_are_changed_as_asked_and_never_two_to_one() {
    let (_folder, path) = renamed(|name| name.replace("fc1.", "0.").replace("fc2.", "2."));
    let (_other, strange) = renamed(|name| name.replace('.', "_"));
    let text = Small::load(&strange).unwrap_err().to_string();
    assert!(
        text.contains("if only names differ, `ParameterFile::new(path).rename(…)` makes those of the file those of `Small`"),
        "{text}"
    );
    let layers = [("0.", "fc1."), ("2.", "fc2.")];
    let file = layers.into_iter().fold(ParameterFile::new(&path), |file, (from, to)| {
        file.rename(move |name| match name.strip_prefix(from) {
            Some(rest) => format!("{to}{rest}"),
            None => name.to_owned(),
        })
    });
    assert_eq!(bits(&file.load::<Small>().unwrap()), bits(&Small::init(2)));

    let error = ParameterFile::new(&path).rename(|name| name.replace("2.weight", "0.weight")).load::<Small>();
    let Err(Error::Checkpoint { problems, .. }) = error else { panic!("two tensors of one name") };
    let from = ["0.weight".to_owned(), "2.weight".to_owned()];
    let clash = Problem::Renamed { name: "0.weight".to_owned(), from };
    assert!(problems.contains(&clash), "{problems:?}");
    assert_eq!(clash.to_string(), "`0.weight` and `2.weight` of the file are both renamed to `0.weight`");

    // some fit
    let text = Small::load(&path).unwrap_err().to_string();
    assert!(text.ends_with("or by another version of this one; `reload_matching` takes what fits"), "{text}");
    // the other way round: it is the network that has one more around it
    let (_folder, path) = renamed(|name| name.replace("fc1.", ""));
    let text = Small::load(&path).unwrap_err().to_string();
    // but not around all of it: those that fit stay as they are
    let advice = "names in the model begin with `fc1.`: `ParameterFile::new(path).rename(…)` gives it to `bias`, `weight`, \
                  and to no other in the file; it has `load`, `reload` and `reload_matching`";
    assert!(text.ends_with(advice), "{text}");
    let file = ParameterFile::new(&path);
    let file = file.rename(|name| if name.contains('.') { name.to_owned() } else { format!("fc1.{name}") });
    assert_eq!(bits(&file.load::<Small>().unwrap()), bits(&Small::init(2)));
    plywood::network! { struct Around: [4] -> [4] { all: repeat 1 { fc: Linear(4) } } }
    plywood::network! { struct Bare: [4] -> [4] { fc: Linear(4) } }
    Bare::init(1).save(&path).unwrap();
    let text = Around::load(&path).unwrap_err().to_string();
    let advice = "`ParameterFile::new(path).rename(|name| format!(\"all.0.{name}\"))` gives it to those in the file; it";
    assert!(text.contains(advice), "{text}");
}

#[test]
fn a_prefix_of_some_names_is_said_to_be_one_of_some() {
    let (_folder, path) = renamed(|name| match name.strip_prefix("fc2") {
        Some(rest) => format!("other{rest}"),
        None => format!("module.{name}"),
    });
    let text = Small::load(&path).unwrap_err().to_string();
    let advice = "8 of the 10 names in the file that the model does not have begin with `module.`: `ParameterFile::new(path)\
                  .strip_prefix(\"module.\")` takes it from them, and has `load`, `reload` and `reload_matching`; the file \
                  was made by another network, or by another version of this one, so that some will not fit then either: \
                  `reload_matching` takes what does";
    assert!(text.ends_with(advice), "{text}");
    let mut model = Small::init(1);
    let left = ParameterFile::new(&path).strip_prefix("module.").reload_matching(&mut model).unwrap();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn a_prefix_that_is_none_is_told() {
    let (_folder, path) = renamed(|name| format!("module.{name}"));
    let said = |file: &ParameterFile| file.load::<Small>().unwrap_err().to_string();
    // without its dot
    let text = said(&ParameterFile::new(&path).strip_prefix("module"));
    let dot = "`strip_prefix(\"module\")` leaves a dot where `module.blocks.0.fc.bias` begins: the dot belongs to it, \
               `strip_prefix(\"module.\")`";
    assert!(text.contains(dot) && text.ends_with("`rename(…)` changes names in any other way"), "{text}");
    let whole = ParameterFile::new(&path).strip_prefix("module").strip_prefix(".");
    assert_eq!(bits(&whole.load::<Small>().unwrap()), bits(&Small::init(2)));
    // misspelt
    let file = ParameterFile::new(&path).strip_prefix("modul.");
    let text = said(&file);
    let none =
        "`strip_prefix(\"modul.\")`: no name in the file begins so, the first is `module.blocks.0.fc.bias`";
    assert!(text.contains(none) && text.contains("names in the file begin with `module.`"), "{text}");
    // not needed: all the rest is taken, and it is said
    let file = ParameterFile::new(&path).strip_prefix("module.").strip_prefix("net.");
    let text = said(&file);
    assert!(text.contains("`strip_prefix(\"net.\")`: no name in the file begins so"), "{text}");
    let mut model = Small::init(1);
    let left = file.reload_matching(&mut model).unwrap();
    assert!(matches!(&left[..], [Problem::Prefix { prefix, .. }] if prefix == "net."), "{left:?}");
    assert_eq!(bits(&model), bits(&Small::init(2)));
}

/// Blocks keep their lengths, but not their owners.
#[test]
fn a_model_with_another_ones_block_is_not_saved_or_loaded_into() {
    use crate::prelude::*;
    plywood::network! { struct Tiny: [2] -> [1] { Linear(1) } }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    Small::init(3).save(&path).unwrap();
    let (mut small, mut tiny) = (Small::init(1), Tiny::init(1));
    std::mem::swap(small.block_mut(), tiny.block_mut());
    let expected = "numbers in the block of parameters, found";
    for error in [small.save(&path), tiny.save(&path), small.reload(&path)] {
        let text = error.unwrap_err().to_string();
        assert!(text.contains(expected) && text.contains("exchanged for that of another network"), "{text}");
    }
    assert_eq!(bits(&Small::load(&path).unwrap()), bits(&Small::init(3)), "the file is as before");
    let said = |error: Error| {
        assert!(error.to_string().contains("exchanged for that of another network"), "{error}")
    };
    said(Model::predict(&small, &[[0.0; 4]]).unwrap_err());
    let panic = std::panic::catch_unwind(|| small.predict(&[[0.0; 4]])).unwrap_err();
    let words = panic.downcast_ref::<String>().expect("words");
    assert!(words.contains("exchanged for that of another network"), "{words}");
    said(Predictor::new(small, Device::Cpu, 4).map(drop).unwrap_err());
    said(Trainer::new(tiny, Mse::mean(), Sgd::new(0.1)).on(Device::Cpu).map(drop).unwrap_err());
    let mut trainer = Trainer::new(Tiny::init(1), Mse::mean(), Sgd::new(0.1)).on(Device::Cpu).unwrap();
    std::mem::swap(trainer.model_mut().unwrap().block_mut(), Small::init(1).block_mut());
    said(trainer.step(&[[1.0, 2.0]], &[[1.0]]).map(drop).unwrap_err());
}
