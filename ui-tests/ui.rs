//! What users see when a declaration is wrong, and what must stay right.
//!
//! A program in `fail/` has `//~` on each line with a mistake, once per mistake; the network is used after it, so that
//! a message that only follows from another would show. Its name is `cause.where.rs`. `PLYWOOD_BLESS=1` (and
//! `TRYBUILD=overwrite` for `.stderr`) writes what is said into the files beside the programs.
mod messages;

use messages::{Depth, Message, of_folder, programs};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Folders whose messages are ours to the letter.
const OURS: [&str; 4] = ["fail/syntax", "fail/resolve", "fail/shape", "fail/budget"];
/// Folders where rustc carries our message, or says its own.
const CARRIED: [(&str, Depth); 3] =
    [("fail/consts", Depth::Check), ("fail/types", Depth::Check), ("fail_build", Depth::Build)];

#[test]
fn mistakes_are_told_in_our_words() {
    let cases = trybuild::TestCases::new();
    for folder in OURS {
        cases.compile_fail(format!("{folder}/*.rs"));
    }
}

#[test]
fn what_is_right_stays_right() {
    trybuild::TestCases::new().pass("pass/*.rs");
}

/// With numbers, at the user's token: what only the user's constants make wrong; and what types make wrong, by rustc.
#[test]
fn what_rustc_finds_is_at_the_right_token() {
    let mut wrong = vec![];
    for (folder, depth) in CARRIED {
        for (path, messages) in of_folder(folder, depth) {
            let texts: Vec<&str> = messages.iter().map(|m| m.text.as_str()).collect();
            let (said, golden) = (texts.join("\n") + "\n", path.with_extension("messages"));
            if env::var_os("PLYWOOD_BLESS").is_some() {
                fs::write(&golden, &said).expect("the golden file can be written");
            }
            let expected = fs::read_to_string(&golden).unwrap_or_default();
            if said != expected {
                wrong.push(format!("{}\n  expected:\n{expected}  found:\n{said}", path.display()));
            }
            wrong.extend(unmarked(&path, &messages));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `cargo check` does not see what const parameters make wrong: the documentation says so, and this says when that ends.
#[test]
fn const_parameters_are_checked_when_a_program_is_built() {
    for (path, messages) in of_folder("fail_build", Depth::Check) {
        assert!(messages.is_empty(), "{} fails under `cargo check`: {messages:?}", path.display());
    }
}

#[test]
fn every_mistake_is_one_message_on_its_line() {
    let mut wrong = vec![];
    for folder in OURS {
        for path in programs(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            wrong.extend(unmarked(&path, &golden(&path)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Causes without anything to be done but to know them.
const NO_MEND: [&str; 1] = ["too_large"];

#[test]
fn messages_begin_in_small_letters_and_say_what_to_do() {
    let mut wrong = vec![];
    for (path, messages) in ours() {
        let cause = cause(&path);
        for Message { text, .. } in messages {
            let first = text.lines().next().unwrap_or_default();
            if first.starts_with(char::is_uppercase) || first.ends_with('.') {
                wrong.push(format!("{}: `{first}` is not worded as rustc would", path.display()));
            }
            if !text.contains("help: ") && !NO_MEND.contains(&cause.as_str()) {
                wrong.push(format!("{}: `{first}` says no mend", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn different_causes_have_different_first_lines() {
    let mut causes: BTreeMap<String, (String, PathBuf)> = BTreeMap::new();
    let mut wrong = vec![];
    for (path, messages) in ours() {
        let cause = cause(&path);
        // several mistakes at once are other files' causes
        if cause == "several_mistakes" {
            continue;
        }
        for Message { text, .. } in messages {
            let form = form(text.lines().next().unwrap_or_default());
            let (other, first) = causes.entry(form.clone()).or_insert((cause.clone(), path.clone()));
            if *other != cause {
                wrong.push(format!("`{form}` in {} and in {}", first.display(), path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(causes.len() > 30, "only {} forms of message were found", causes.len());
}

/// Every message of ours that is committed.
fn ours() -> Vec<(PathBuf, Vec<Message>)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    OURS.iter()
        .flat_map(|folder| programs(&here.join(folder)))
        .map(|path| (path.clone(), golden(&path)))
        .collect()
}

/// `unknown_layer` of `unknown_layer.model.rs`
fn cause(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_string()
}

/// A message without what it quotes and counts.
fn form(first: &str) -> String {
    let unquoted: String =
        first.split('`').enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "…" }).collect();
    unquoted.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The messages in the `.stderr` beside a program.
fn golden(path: &Path) -> Vec<Message> {
    let golden = path.with_extension("stderr");
    let text = fs::read_to_string(&golden).unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
    let starts =
        text.match_indices("error").map(|(at, _)| at).filter(|at| *at == 0 || text[..*at].ends_with('\n'));
    let starts: Vec<usize> = starts.chain([text.len()]).collect();
    let message = |pair: &[usize]| {
        let block = &text[pair[0]..pair[1]];
        let (said, place) =
            block.split_once("--> ").unwrap_or_else(|| panic!("{}: no place", golden.display()));
        let line = place.split(':').nth(1).and_then(|line| line.parse().ok()).expect("a place has a line");
        let said = said.strip_prefix("error: ").unwrap_or(said).trim_end();
        Message { line, text: said.to_string() }
    };
    starts.windows(2).map(message).collect()
}

/// What is wrong with where the messages of a program are.
fn unmarked(path: &Path, messages: &[Message]) -> Option<String> {
    let source = fs::read_to_string(path).expect("the program can be read");
    let marks = source
        .lines()
        .enumerate()
        .flat_map(|(i, line)| std::iter::repeat_n(i + 1, line.matches("//~").count()));
    let marks: Vec<usize> = marks.collect();
    let mut lines: Vec<usize> = messages.iter().map(|m| m.line).collect();
    lines.sort_unstable();
    let texts: Vec<&str> = messages.iter().map(|m| m.text.as_str()).collect();
    (lines != marks).then(|| {
        format!("{}: marked lines {marks:?}, messages on {lines:?}:\n{}", path.display(), texts.join("\n"))
    })
}
