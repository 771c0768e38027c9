//! In-crate tests: on messages, graphs, plans and the text of expansions.
mod blocks;
mod bodies;
mod declarations;
mod faults;
mod golden;
mod graphs;
mod linear;
mod messages;
mod plan;
mod random;
mod uses;

use crate::diagnostics::Diagnostics;
use crate::emit::Planned;
use crate::resolve::Templates;
use crate::syntax::Declarations;
use crate::syntax::ast::Network;
use crate::{pipeline, syntax};
use plywood_kernels::types::Element;
use proc_macro2::{TokenStream, TokenTree};

/// The attribute and the item of a declaration that begins with `#[model`.
fn modelled(declaration: &str) -> Option<[TokenStream; 2]> {
    let tokens: TokenStream = declaration.parse().expect("a test declares Rust tokens");
    let mut tokens = tokens.into_iter();
    let (Some(TokenTree::Punct(_)), Some(TokenTree::Group(told))) = (tokens.next(), tokens.next()) else {
        return None;
    };
    let mut told = told.stream().into_iter();
    told.next().filter(|word| word.to_string() == "model")?;
    let attribute = match told.next() {
        Some(TokenTree::Group(shapes)) => shapes.stream(),
        _ => TokenStream::new(),
    };
    Some([attribute, tokens.collect()])
}

/// What `network!` or `#[model]` reads of a declaration.
fn declarations(declaration: &str) -> Declarations {
    let Some([attribute, item]) = modelled(declaration) else {
        return syntax::network(declaration.parse().expect("a test declares Rust tokens"));
    };
    if let Some(module) = syntax::module(&attribute, &item) {
        return module.declarations;
    }
    let (mut declarations, mut said) = (Declarations::default(), Diagnostics::default());
    match syntax::structure(attribute, item, &mut said) {
        Ok(network) => declarations.add(network, said),
        Err(_) => declarations.diagnostics.append(said),
    }
    declarations
}

/// The expansion of a `network!` or a `#[model]`, formatted.
///
/// # Panics
/// If it is not Rust: a bug of the compiler.
pub fn expand(declaration: &str) -> String {
    let expansion = match modelled(declaration) {
        Some([attribute, item]) => pipeline::model(attribute, item),
        None => pipeline::network(declaration.parse().expect("a test declares Rust tokens")),
    };
    let file = syn::parse2(expansion.clone()).unwrap_or_else(|error| panic!("{error} in\n{expansion}"));
    prettyplease::unparse(&file)
}

/// A declaration after planning, and the messages on the way.
pub fn planned(declaration: &str) -> (Option<Planned>, Vec<String>) {
    let Declarations { networks, templates, mut diagnostics } = declarations(declaration);
    let templates = Templates::of(templates, &mut diagnostics);
    let planned = networks.into_iter().next().and_then(|(network, said)| {
        diagnostics.append(said);
        pipeline::stages(network, &templates, &mut diagnostics).ok()
    });
    if diagnostics.is_empty() {
        templates.unused(&mut diagnostics);
    }
    (planned, diagnostics.messages().into_iter().map(String::from).collect())
}

/// The only network of a declaration without blocks, and what is wrong with how it is written.
pub fn network(declaration: &str) -> (Network, Diagnostics) {
    let tokens = declaration.parse().expect("a test declares Rust tokens");
    syntax::network(tokens).networks.into_iter().next().expect("a network")
}

#[test]
fn the_same_input_gives_the_same_output() {
    let declaration = "pub struct Net: [4] -> [3] { fc1: Linear(8), Gelu, Dropout(0.25), fc2: Linear(3) }";
    assert_eq!(expand(declaration), expand(declaration));
}

/// The declaration in the source text of a program: what stands in its `network! { … }`.
pub fn declaration(program: &str) -> &str {
    let start = program.find("network! {").expect("the program declares a network") + "network! {".len();
    let mut depth = 1;
    let end = program[start..].find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    &program[start..start + end.expect("its braces close")]
}

#[test]
fn a_block_without_a_backward_pass_keeps_nothing() {
    let memory = |count: usize| {
        let (network, messages) = planned(&format!(
            "struct Net: [4] -> [2] {{ #[frozen] repeat {count} {{ Linear(4), Tanh, Dropout(0.1) }}, Linear(2) }}"
        ));
        network.unwrap_or_else(|| panic!("{messages:?}")).functions.training.slots_length(Element::F32)
    };
    assert_eq!(memory(100), memory(2));
}
