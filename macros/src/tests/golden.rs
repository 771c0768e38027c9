//! Committed expansions are what the macro writes today. `PLYWOOD_BLESS=1` writes them anew: read the diff.
use super::{declaration, expand};
use std::path::{Path, PathBuf};

/// Programs with one `network!` each; `name.expanded.rs` stands beside `name.rs`.
fn programs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut programs = vec![root.join("examples/expand.rs")];
    for entry in std::fs::read_dir(root.join("ui-tests/expand")).expect("the folder of goldens").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "rs") && !path.to_string_lossy().ends_with(".expanded.rs") {
            programs.push(path);
        }
    }
    programs.sort();
    programs
}

#[test]
fn committed_expansions_are_what_the_macro_writes() {
    let bless = std::env::var_os("PLYWOOD_BLESS").is_some();
    let mut stale = vec![];
    for program in programs() {
        let source = std::fs::read_to_string(&program).expect("a program beside its expansion");
        let expansion = expand(declaration(&source));
        let golden = program.with_extension("expanded.rs");
        if bless {
            std::fs::write(&golden, &expansion).expect("a golden can be written");
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != expansion {
            stale.push(golden);
        }
    }
    assert!(stale.is_empty(), "run with PLYWOOD_BLESS=1 and read the diff of {stale:?}");
}
