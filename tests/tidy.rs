//! Rules of this repository that a compiler does not know.
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// Every file below a folder of the repository that people write, with its text.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", ".git", "__pycache__", ".venv", "wip"].contains(&name.as_str()) {
                    walk(&path, files);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                files.push((path.strip_prefix(root()).expect("below the root").to_owned(), text));
            }
        }
    }
    let mut found = vec![];
    walk(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "there is nothing in {folder}");
    found
}
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    files(folder).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "rs")).collect()
}
fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
/// Lines that are neither comments nor documentation.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())).filter(|(_, line)| !line.starts_with("//"))
}
/// Whether a word occurs as a whole.
fn names(line: &str, word: &str) -> bool {
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    line.match_indices(word)
        .any(|(at, _)| outside(line[..at].chars().last()) && outside(line[at + word.len()..].chars().next()))
}

#[test]
fn no_file_is_longer_than_500_lines() {
    let mut seen = 0;
    for (path, text) in files(".") {
        let name = path.to_string_lossy();
        let written = [".rs", ".py", ".cu", ".h", ".sh"].iter().any(|end| name.ends_with(end))
            && !name.ends_with(".expanded.rs");
        if written {
            seen += 1;
            assert!(text.lines().count() <= 500, "{name} has {} lines", text.lines().count());
        }
    }
    assert!(seen > 50, "{seen} files");
}

#[test]
fn nothing_is_left_to_be_done() {
    // in two parts, or this file would have them
    let words = [
        ["to", "do!"],
        ["unimple", "mented!"],
        ["db", "g!"],
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["HA", "CK"],
        ["not imple", "mented"],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/tm", "p/"],
    ];
    for (path, text) in
        files(".").iter().filter(|(path, _)| path.extension().is_some_and(|e| e != "json" && e != "lock"))
    {
        for word in words.map(|parts| parts.concat()) {
            let at = text.lines().position(|line| line.contains(&word));
            assert!(at.is_none(), "{}:{}: `{word}`", path.display(), at.unwrap_or_default() + 1);
        }
    }
}

/// The keys of a table of a manifest.
fn keys(manifest: &str, table: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| line.trim() != format!("[{table}]")).skip(1);
    let keys = lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && line.contains('='));
    keys.map(|line| line.split(['=', '.']).next().unwrap_or_default().trim().to_owned()).collect()
}

#[test]
fn the_book_needs_nothing_but_std_and_libm() {
    assert_eq!(keys(&text("kernels/Cargo.toml"), "dependencies"), ["libm"]);
    for (path, text) in sources("kernels/src") {
        for (line, code) in code(&text) {
            let Some(used) = code.strip_prefix("use ").or_else(|| code.strip_prefix("pub use ")) else {
                continue;
            };
            let first = used.split([':', ';', ' ']).next().unwrap_or_default();
            // a module of the same file, or a name of the crate's root: anything but another crate
            let own = ["std", "crate", "self", "super", "libm", "$crate", "plywood_kernels"].contains(&first)
                || text.contains(&format!("mod {first};"))
                || text.contains(&format!("enum {first} "))
                || text.contains(&format!("mod {first} {{"));
            assert!(own, "{}:{line}: `{code}`", path.display());
        }
    }
}

#[test]
fn the_compiler_reads_no_files_and_no_clocks() {
    let rows = sources("kernels/src").into_iter().filter(|(path, _)| !path.to_string_lossy().contains("cpu"));
    for (path, text) in sources("macros/src").into_iter().chain(rows) {
        if path.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        for (line, code) in code(&text) {
            for word in ["fs", "env", "net", "process", "time", "include_str", "include_bytes", "RandomState"]
            {
                let used = code.contains(&format!("std::{word}")) || code.contains(&format!("{word}!("));
                assert!(!used, "{}:{line}: `{code}`", path.display());
            }
        }
    }
}

/// What rows, graphs and passes cost to compile, a program for the CPU need not pay.
#[test]
fn a_program_carries_nothing_that_only_compilers_read() {
    let manifest = text("runtime/Cargo.toml");
    assert!(manifest.contains("plywood-kernels = { workspace = true, features = [\"cpu\"] }"));
    assert!(manifest.contains("default = [\"data\", \"progress\"]"));
}

/// What one feature lacks, another hides from a build that has both.
#[test]
fn every_feature_is_checked_by_itself() {
    let ci = text(".ci/run");
    let check = ci.lines().position(|line| line.contains("cargo check -p plywood --no-default-features"));
    let line = ci.lines().nth(check.expect("features are checked") - 1).expect("a loop over them");
    let checked = line.strip_prefix("for features in \"\" ").and_then(|rest| rest.strip_suffix("; do"));
    let mut checked: Vec<&str> = checked.expect("none, and then each").split(' ').collect();
    let mut features = keys(&text("runtime/Cargo.toml"), "features");
    features.retain(|feature| feature != "default");
    checked.sort_unstable();
    features.sort_unstable();
    assert_eq!(checked, features);
    assert!(ci.contains("cargo check -p plywood --all-features"));
}

/// The stages of the compiler in order.
const STAGES: [&str; 8] = ["syntax", "resolve", "shape", "lower", "autodiff", "fuse", "plan", "emit"];

/// The files of a stage: in the macro, or beside the op book where it knows no tokens.
fn stage(name: &str) -> Vec<(PathBuf, String)> {
    let folders = ["macros/src", "kernels/src/compiler"];
    let of = |path: &Path| {
        let inside =
            folders.iter().find_map(|folder| path.strip_prefix(folder).ok()).expect("the compiler's");
        let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        first == name || first == format!("{name}.rs")
    };
    let files: Vec<_> = folders.into_iter().flat_map(sources).filter(|(path, _)| of(path)).collect();
    assert!(!files.is_empty(), "stage `{name}` has no file");
    files
}

#[test]
fn the_book_and_its_compiler_know_no_tokens() {
    for (path, text) in sources("kernels/src") {
        for (line, code) in code(&text) {
            for word in ["syn", "quote", "proc_macro2", "proc_macro", "TokenStream", "Span"] {
                assert!(!names(code, word), "{}:{line}: `{code}`", path.display());
            }
        }
    }
}

#[test]
fn a_stage_knows_only_those_before_it() {
    for (i, name) in STAGES.iter().enumerate() {
        for (path, text) in stage(name) {
            for (line, code) in code(&text) {
                for later in &STAGES[i + 1..] {
                    let known = ["crate", "super", "compiler"]
                        .iter()
                        .any(|from| code.contains(&format!("{from}::{later}")));
                    assert!(!known, "{}:{line}: `{code}`", path.display());
                }
            }
        }
    }
    let knows_all = |text: &str| STAGES.iter().all(|stage| names(text, stage));
    assert!(knows_all(&text("macros/src/pipeline.rs")), "the pipeline shows every stage");
}

/// What stands at the ends of a tree of paths, `a::b` and `a::c::d` of `a::{b, c::{d}}`, and how long the tree is. What is
/// imported from `*` is its module.
fn leaves(tree: &str, before: &str, found: &mut Vec<String>) -> usize {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = tree.find(|c| !inside(c)).unwrap_or(tree.len());
    let path = format!("{before}{}", &tree[..end]);
    if !tree[end..].starts_with('{') || !(path.is_empty() || path.ends_with("::")) {
        found.push(path);
        return end;
    }
    let mut at = end + 1;
    while let Some(next) = tree[at..].chars().next().filter(|c| *c != '}') {
        // a comma, a space, a star, or a name of one's own after `as`
        at += if inside(next) { leaves(&tree[at..], &path, found) } else { next.len_utf8() };
        let own = tree[at..].strip_prefix(" as ").map(|own| own.find([',', '}']).unwrap_or(own.len()));
        at += own.map_or(0, |own| own + " as ".len());
    }
    (at + 1).min(tree.len())
}

/// The modules that a module imports from, `path` being where it stands below `root`; of those that are not in `all`, the
/// module that they are items of.
fn imported(path: &str, text: &str, root: &str, all: &[String]) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().replace("$crate", "");
    let text: String = code(&text).flat_map(|(_, line)| [line, " "]).collect();
    let parent = path.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut found = vec![];
    for (from, word) in [(parent, "super::"), ("", root), (path, "use ")] {
        for (at, _) in text.match_indices(word) {
            let (rest, mut names) = (&text[at + word.len()..], vec![]);
            leaves(rest, "", &mut names);
            // what is imported from `*` is the file's own
            for name in names.iter().filter(|name| !name.is_empty()) {
                let mut module = from.to_owned();
                for part in name.split("::") {
                    let next = if module.is_empty() { part.to_owned() } else { format!("{module}::{part}") };
                    if !all.contains(&next) {
                        break;
                    }
                    module = next;
                }
                if module != path {
                    found.push(module);
                }
            }
        }
    }
    found
}

#[test]
fn imports_are_seen_in_lists_of_lists() {
    let all = ["a", "a::b", "a::c", "d", "e", "me"].map(str::to_owned);
    let of = |text: &str| imported("me", text, "crate::", &all);
    assert_eq!(of("use crate::a::{b::{One, Two}, c::Three as Other};"), ["a::b", "a::b", "a::c"]);
    assert_eq!(of("use crate::{a::{self, b::*}, d::{x, y::{z}}, e};"), ["a", "a::b", "d", "d", "e"]);
    assert_eq!(of("fn f() { crate::d::g(1); let _ = crate::e { x: 1 }; }"), ["d", "e"]);
}

/// What each module in a folder imports, `root` being what `crate` begins the folder's paths with.
fn imports(folder: &str, root: &str) -> Vec<(String, Vec<String>)> {
    let of = |path: &Path| {
        let path = path.strip_prefix(folder).expect("below it").with_extension("");
        let path = path.to_string_lossy().replace('/', "::");
        path.strip_suffix("mod").map_or(path.clone(), |parent| parent.trim_end_matches("::").to_owned())
    };
    let files = sources(folder).into_iter().map(|(path, text)| (of(&path), text));
    let files: Vec<_> = files.filter(|(path, _)| !path.is_empty() && !path.ends_with("tests")).collect();
    let all: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let found: Vec<_> =
        files.into_iter().map(|(path, text)| (path.clone(), imported(&path, &text, root, &all))).collect();
    assert!(found.iter().map(|(_, imported)| imported.len()).sum::<usize>() > all.len(), "imports are seen");
    found
}

/// Those that import one another, and what imports them.
fn in_circles(mut left: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    loop {
        let count = left.len();
        let above: Vec<_> = left.iter().map(|(path, _)| path.clone()).collect();
        left.retain(|(_, imported)| imported.iter().any(|path| path.is_empty() || above.contains(path)));
        if left.len() == count {
            return left;
        }
    }
}

/// `cpu/mod.rs` is what others see of the kernels and stands above all of them.
#[test]
fn kernels_import_one_another_in_no_circle() {
    let left = in_circles(imports("kernels/src/cpu", "crate::cpu::"));
    assert!(left.is_empty(), "these import one another, or `cpu/mod.rs`: {left:#?}");
}

/// What imports one another in a crate, in which a folder's `mod.rs` stands above what is in the folder, which may use what
/// the folder shares.
fn circles_of_a_crate(folder: &str) -> Vec<(String, Vec<String>)> {
    let mut files = imports(folder, "crate::");
    files.retain(|(path, _)| !path.split("::").any(|part| part == "tests") && path != "lib");
    let all: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
    let is_below = |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|p| p.starts_with("::"));
    for (path, imported) in &mut files {
        imported.retain(|other| !other.is_empty() && !is_below(path, other));
        imported.extend(all.iter().filter(|other| is_below(other, path)).cloned());
    }
    in_circles(files)
}

#[test]
fn files_of_the_macros_import_one_another_in_no_circle() {
    let left = circles_of_a_crate("macros/src");
    assert!(left.is_empty(), "these import one another: {left:#?}");
}

#[test]
fn files_of_the_runtime_import_one_another_in_no_circle() {
    let left = circles_of_a_crate("runtime/src");
    assert!(left.is_empty(), "these import one another: {left:#?}");
}

#[test]
fn no_line_is_longer_than_130_columns() {
    for (path, text) in files(".") {
        let name = path.to_string_lossy();
        let written = [".rs", ".py", ".cu", ".h", ".sh"].iter().any(|end| name.ends_with(end));
        for (i, line) in text.lines().enumerate().filter(|_| written && !name.ends_with(".expanded.rs")) {
            assert!(line.chars().count() <= 130, "{name}:{} has {} columns", i + 1, line.chars().count());
        }
    }
}

#[test]
fn what_generated_code_calls_knows_nothing_of_what_users_call() {
    let mut used = 0;
    let words = ("runtime/src/text.rs".into(), text("runtime/src/text.rs"));
    let files = ["runtime/src/network", "runtime/src/error"].into_iter().flat_map(sources).chain([words]);
    for (path, text) in files {
        for (line, code) in code(&text) {
            for (at, _) in code.match_indices("crate::") {
                let rest = &code[at + "crate::".len()..];
                let room = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                used += 1;
                assert!(["network", "error", "text"].contains(&room), "{}:{line}: `{code}`", path.display());
            }
            assert!(!code.contains("super::super"), "{}:{line}: `{code}`", path.display());
        }
    }
    assert!(used > 3, "only {used} names of the crate are used");
}

#[test]
fn generated_code_is_safe() {
    // what is compiled in a user's crate is forbidden to be otherwise in `models.rs` and `hygiene.rs`
    for file in ["models.rs", "hygiene.rs"] {
        assert!(text(&format!("tests/{file}")).contains("#![forbid(unsafe_code)]"), "{file}");
    }
    let committed =
        files(".").into_iter().filter(|(path, _)| path.to_string_lossy().ends_with(".expanded.rs"));
    let mut seen = 0;
    let compiler =
        sources("macros/src").into_iter().filter(|(path, _)| !path.starts_with("macros/src/tests"));
    for (path, text) in committed.chain(compiler) {
        seen += usize::from(path.to_string_lossy().ends_with(".expanded.rs"));
        for (line, code) in code(&text) {
            assert!(!names(code, "unsafe"), "{}:{line}: `{code}`", path.display());
        }
    }
    assert!(seen > 0, "no expansion is committed");
}

#[test]
fn registries_are_what_is_in_their_folders() {
    let folders: [(&str, &[&str]); 5] = [
        ("ops", &["mod.rs", "registry.rs", "elementwise/mod.rs"]),
        ("ops/elementwise", &["mod.rs"]),
        ("layers", &["mod.rs"]),
        ("optim", &["mod.rs"]),
        ("losses", &["mod.rs"]),
    ];
    for (folder, registries) in folders {
        let registry: String =
            registries.iter().map(|file| text(&format!("kernels/src/{folder}/{file}"))).collect();
        let at = root().join("kernels/src").join(folder);
        let mut modules = vec![];
        for entry in fs::read_dir(&at).expect("a folder of the book") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            modules.push(name.trim_end_matches(".rs").to_owned());
        }
        for module in modules.iter().filter(|module| *module != "mod") {
            assert!(registry.contains(&format!("mod {module};")), "{folder}/{module} is in no registry");
        }
        // and every row in them is in a list
        let list = &registry[registry.find("pub static").expect("a list of rows")..];
        let mut rows = 0;
        for (path, text) in sources(&format!("kernels/src/{folder}")) {
            let implements = |name: &str| {
                text.contains(&format!("impl Op for {name} "))
                    || text.contains(&format!("impl Layer for {name} "))
            };
            for (_, code) in code(&text)
                .filter(|_| !path.ends_with("mod.rs") || path.parent().is_some_and(|p| !p.ends_with(folder)))
            {
                let Some((_, row)) = code.split_once("static ") else { continue };
                let Some((name, kind)) = row.split_once(": ") else { continue };
                let kind = kind.split(' ').next().unwrap_or_default();
                if ["Unary", "Binary", "Optimizer", "ElementwiseLoss"].contains(&kind) || implements(kind) {
                    rows += 1;
                    assert!(names(list, name), "{}: `{name}` is in no list", path.display());
                }
            }
            for (_, code) in code(&text) {
                let Some(name) =
                    code.strip_prefix("impl Layer for ").and_then(|rest| rest.strip_suffix(" {"))
                else {
                    continue;
                };
                // rows of a type that has several are in the list by their own names, which was looked at
                let whole_family = name.starts_with('&') || text.contains(&format!(": {name} = {name} "));
                rows += 1;
                assert!(whole_family || names(list, name), "{}: `{name}` is in no list", path.display());
            }
        }
        assert!(rows > 0, "no rows in {folder}");
    }
}

#[test]
fn every_program_here_is_run() {
    for folder in ["tests", "examples"] {
        let manifest = text(&format!("{folder}/Cargo.toml"));
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            if name.ends_with(".rs") && !name.ends_with(".expanded.rs") && name != "build.rs" {
                assert!(
                    manifest.contains(&format!("path = \"{name}\"")),
                    "{folder}/{name} is not in the manifest"
                );
            }
        }
    }
}

/// That the table in a file whose first line is that of `table` is `table`; `PLYWOOD_BLESS=1` writes it anew.
fn documented(path: &str, table: &str) {
    let text = text(path);
    let head = table.lines().next().expect("a table has a head");
    let start = text.find(head).unwrap_or_else(|| panic!("{path} has no table `{head}`"));
    let rows = text[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end = start + rows.map(str::len).sum::<usize>();
    if std::env::var("PLYWOOD_BLESS").is_ok_and(|v| v == "1") {
        let new = [&text[..start], table, &text[end..]].concat();
        fs::write(root().join(path), new).unwrap_or_else(|error| panic!("{path}: {error}"));
    } else {
        assert!(text[start..end] == *table, "the table in {path} should be\n{table}");
    }
}

#[test]
fn documented_tables_are_the_books() {
    let functions = |table: String, row: &&dyn plywood_kernels::layers::Layer| {
        let told: Vec<String> = row.arguments().iter().map(|argument| argument.described()).collect();
        let told = if told.is_empty() { String::new() } else { told.join("; ") + " " };
        table + &format!("| `{}` | {} | {told}|\n", row.name(), row.doc())
    };
    let head = "| Function | Computes | Arguments |\n|---|---|---|\n";
    let functions = plywood_kernels::layers::FUNCTIONS.iter().fold(head.into(), functions);
    documented("runtime/src/language.md", &functions);
    documented("runtime/src/layers.md", &plywood_kernels::layers::table());
    documented("runtime/src/initialisers.md", &plywood_kernels::init::table());
    documented("README.md", &plywood_kernels::layers::table());
    documented("README.md", &plywood_kernels::init::table());
    documented("README.md", &plywood_kernels::losses::table());
    documented("README.md", &plywood_kernels::optim::table());
}

/// What the README shows of messages is what the compiler says today, but for the name of the file.
#[test]
fn messages_in_the_readme_are_the_compilers() {
    let readme = text("README.md");
    let goldens: Vec<String> = files("ui-tests/fail").into_iter().map(|(_, text)| text).collect();
    let shown: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("error: ") || line.trim_start().starts_with("help: "))
        .collect();
    assert!(!shown.is_empty());
    for line in shown {
        assert!(goldens.iter().any(|golden| golden.contains(line)), "nothing says `{line}`");
    }
}

/// The program about a table in the README is the one that is run.
#[test]
fn a_program_of_the_readme_is_an_example() {
    let example = text("examples/consumption.rs");
    let (_, program) = example.split_once("\n").expect("what it is stands in its first line");
    assert!(text("README.md").contains(&format!("```rust,no_run\n{program}```")));
}
