//! Committed expansions are what the macro writes today. `PLYWOOD_BLESS=1` writes them anew: read the diff.
use super::{declaration, expand};
use proc_macro2::TokenTree;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use syn::visit_mut::VisitMut;

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
    let bless = std::env::var("PLYWOOD_BLESS").is_ok_and(|v| v == "1");
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

/// What no expansion may lean on, found in its text.
struct Names {
    /// Types, parameters and constants that the expansion declares, and those of the user's that it is about.
    own: HashSet<String>,
    wrong: Vec<String>,
}

impl Names {
    fn of(file: &syn::File, declaration: &str) -> Names {
        let text = quote::ToTokens::to_token_stream(file).to_string();
        let words: Vec<&str> = text.split_whitespace().collect();
        let declares = ["struct", "const", "mod", "type"];
        let own = words.windows(2).filter(|pair| declares.contains(&pair[0])).map(|pair| pair[1].to_string());
        let constants = declaration.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| {
            word.chars().any(char::is_alphabetic) && word.chars().all(|c| c.is_uppercase() || c == '_')
        });
        let own = own.chain(constants.map(String::from)).chain(["T", "Self"].map(String::from)).collect();
        Names { own, wrong: vec![] }
    }
}

impl VisitMut for Names {
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
    /// `ply::rule! { Name(x) = … }` declares a name, perhaps after what uses it.
    fn visit_macro_mut(&mut self, declares: &mut syn::Macro) {
        let tokens: Vec<TokenTree> = declares.tokens.clone().into_iter().collect();
        let rules = tokens.windows(2).filter_map(|pair| match pair {
            [TokenTree::Ident(name), TokenTree::Group(_)] => Some(name.to_string()),
            _ => None,
        });
        self.own.extend(rules);
        // `ports! { pub NetOutput, NetLoss { … } }` declares two
        if declares.path.segments.last().is_some_and(|last| last.ident == "ports") {
            let names = tokens.iter().filter(|token| matches!(token, TokenTree::Ident(_)));
            self.own.extend(names.map(ToString::to_string));
        }
        self.visit_path_mut(&mut declares.path);
    }
    fn visit_signature_mut(&mut self, signature: &mut syn::Signature) {
        self.own.extend(signature.generics.type_params().map(|parameter| parameter.ident.to_string()));
        syn::visit_mut::visit_signature_mut(self, signature);
    }
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let first = path.segments[0].ident.to_string();
        let known = if path.leading_colon.is_some() {
            first == "plywood"
        } else if path.segments.len() > 1 {
            first == "ply" || self.own.contains(&first)
        } else {
            // locals are small, what the prelude brings is not
            !first.starts_with(char::is_uppercase) || self.own.contains(&first)
        };
        if !known {
            self.wrong.push(quote::ToTokens::to_token_stream(path).to_string());
        }
        syn::visit_mut::visit_path_mut(self, path);
    }
}

fn leaning(expansion: &str, declaration: &str) -> Vec<String> {
    let mut file = syn::parse_file(expansion).expect("an expansion is Rust");
    let mut names = Names::of(&file, declaration);
    names.visit_file_mut(&mut file);
    names.wrong.into_iter().filter(|name| !names.own.contains(name)).collect()
}

#[test]
fn expansions_name_only_the_runtime_and_what_they_declare() {
    for program in programs() {
        let source = std::fs::read_to_string(&program).expect("a program beside its expansion");
        let golden = std::fs::read_to_string(program.with_extension("expanded.rs")).expect("a golden");
        assert!(!golden.contains("unsafe"), "{} has `unsafe`", program.display());
        assert_eq!(leaning(&golden, declaration(&source)), Vec::<String>::new(), "{}", program.display());
    }
}

#[test]
fn names_from_elsewhere_are_found() {
    let text = "fn f(x: Vec<T>) -> ply::Option<Net> { std::mem::swap(x, y); Some(Self::N) } struct Net;";
    assert_eq!(leaning(text, ""), ["Vec < T >", "std :: mem :: swap", "Some"]);
}

/// Declarations with a mistake in each stage: what stands in for them is emitted nowhere else.
const MISTAKES: [&str; 4] = [
    "struct Net: [4] -> [3] { fc1: Liner(8), repeat 2 { Linear(8) }, fc2: Linear(3) }",
    "struct Net: [4] -> [3] { fc1: Linear(8) }",
    "struct Net<const H: usize, X>: [4] -> [3] { fc1: Linear(H) }",
    "struct Net: [_] -> [3] { fc1: Linear(3) }",
];

#[test]
fn the_runtime_has_every_name_that_the_compiler_emits() {
    let read = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src").join(file);
        std::fs::read_to_string(path).expect("what generated code may name")
    };
    let root = read("lib.rs");
    let (_, added) = root.split_once("pub mod __private {").expect("the root adds names");
    let runtime = read("network/private.rs") + added.split("\n}").next().unwrap_or_default();
    let words: HashSet<&str> = runtime.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let goldens = programs()
        .into_iter()
        .map(|program| std::fs::read_to_string(program.with_extension("expanded.rs")).expect("a golden"));
    for expansion in goldens.chain(MISTAKES.map(expand)) {
        // what comes after `ply::`, up to what is no part of a name
        for text in expansion.split("ply::").skip(1) {
            let name = text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            assert!(words.contains(name), "`ply::{name}` is emitted and not exported");
        }
    }
}
