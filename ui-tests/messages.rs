//! Builds programs that are wrong and says what the compiler says of them, each message as
//!
//! ```text
//! 7:38 `128`: expected `fc2` to receive 128 features, found 120 from `fc1`
//! ```
//!
//! Of messages that are rustc's own it keeps the number, `E0308`, and nothing that the next compiler may word otherwise.
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// How much of a compilation runs: constants of a generic type have values only where a build makes them.
#[derive(Clone, Copy)]
pub enum Depth {
    Check,
    Build,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    pub line: usize,
    pub text: String,
}

/// The programs in a folder beside this file, and the messages about each.
pub fn of_folder(folder: &str, depth: Depth) -> BTreeMap<PathBuf, Vec<Message>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: BTreeMap<String, PathBuf> =
        programs(&here.join(folder)).map(|path| (target(&path), path)).collect();
    let mut found: BTreeMap<PathBuf, Vec<Message>> =
        sources.values().map(|path| (path.clone(), vec![])).collect();
    let output = cargo(folder, depth, &sources);
    for line in output.lines() {
        let Ok(json) = serde_json::from_str::<Value>(line) else { continue };
        if json["reason"] != "compiler-message" || json["message"]["level"] != "error" {
            continue;
        }
        let name = json["target"]["name"].as_str().unwrap_or_default();
        let (Some(path), Some(message)) = (sources.get(name), message(&json["message"])) else { continue };
        found.get_mut(path).expect("every source has an entry").push(message);
    }
    found
}

/// The Rust files in a folder, in order.
pub fn programs(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    paths.sort();
    paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"))
}

/// `fail/consts/output.network.rs` as `output_network`.
fn target(path: &Path) -> String {
    path.file_stem().expect("a program has a name").to_string_lossy().replace('.', "_")
}

/// Runs cargo over a package with these programs, and returns what it says, as JSON.
fn cargo(folder: &str, depth: Depth, sources: &BTreeMap<String, PathBuf>) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace");
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let package = target_dir.join(folder.replace('/', "-"));
    fs::create_dir_all(&package).expect("the target folder can be written");
    let mut manifest = format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\nplywood = {{ path = {:?} }}\n",
        folder.replace('/', "-"),
        workspace.join("runtime"),
    );
    for (name, path) in sources {
        manifest += &format!("[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    fs::write(package.join("Cargo.toml"), manifest).expect("the target folder can be written");
    fs::copy(workspace.join("Cargo.lock"), package.join("Cargo.lock"))
        .expect("the workspace has a lock file");
    let verb = match depth {
        Depth::Check => "check",
        Depth::Build => "build",
    };
    let output = Command::new(env!("CARGO"))
        .current_dir(&package)
        .args([verb, "--bins", "--keep-going", "--offline", "--quiet", "--message-format=json"])
        .env("CARGO_TARGET_DIR", target_dir.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let (json, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        json.contains("compiler-artifact") || json.contains("compiler-message"),
        "cargo did not build:\n{said}"
    );
    json.into_owned()
}

fn message(json: &Value) -> Option<Message> {
    let text = json["message"].as_str()?;
    let code = json["code"]["code"].as_str();
    // the place in the program, through the macros that lead there
    let mut span = json["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
    while let Some(outer) = span["expansion"].get("span").filter(|_| !in_program(span)) {
        span = outer;
    }
    let (line, column) = (span["line_start"].as_u64()? as usize, span["column_start"].as_u64()? as usize);
    let excerpt = &span["text"][0];
    let chars = excerpt["text"].as_str()?.chars().collect::<Vec<_>>();
    let (start, end) =
        (excerpt["highlight_start"].as_u64()? as usize - 1, excerpt["highlight_end"].as_u64()? as usize - 1);
    let token: String = chars[start..end.min(chars.len())].iter().collect();
    let said = match (text.split_once("panicked: "), code) {
        (Some((_, ours)), _) => ours.replace('\n', "\n    ").to_string(),
        (None, Some(code)) => code.to_string(),
        (None, None) => "an error of rustc's without a number".to_string(),
    };
    Some(Message { line, text: format!("{line}:{column} `{token}`: {said}") })
}

fn in_program(span: &Value) -> bool {
    span["file_name"].as_str().is_some_and(|name| name.contains("ui-tests"))
}
