//! Formulas by name: those of the book are named, others are declared, equal ones once.
use super::text::{ident, tokens};
use plywood_kernels::compiler::steps::{Operand, Rule, Source};
use plywood_kernels::rules::{common, type_name};
use plywood_kernels::scalar::{Expr, print};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The rules that generated code names.
pub struct Rules {
    network: Ident,
    book: Vec<(Expr, String)>,
    own: Vec<(Expr, String)>,
    declarations: TokenStream,
}

impl Rules {
    /// None so far; none will be called what the network is.
    pub fn new(network: &Ident) -> Rules {
        let mut book: Vec<(Expr, String)> =
            common().into_iter().map(|rule| (rule.formula, rule.name)).collect();
        book.push((plywood_kernels::scalar::argument(0), "Identity".into()));
        Rules { network: network.clone(), book, own: vec![], declarations: TokenStream::new() }
    }

    /// An expression for the rule, declared if nobody has declared its formula.
    pub fn name(&mut self, rule: &Rule, operands: &[Operand], backward: bool) -> TokenStream {
        let same = |(formula, _): &&(Expr, String)| *formula == rule.formula;
        if let Some((_, name)) = self.book.iter().find(same) {
            let name = ident(name);
            return quote! { ply::rules::#name };
        }
        if let Some((_, name)) = self.own.iter().find(same) {
            let name = ident(name);
            return quote! { #name };
        }
        let wanted = type_name(&rule.words);
        let taken = |name: &String| self.network == *name || self.own.iter().any(|(_, n)| n == name);
        let mut candidates = std::iter::once(wanted.clone()).chain((2..).map(|i| format!("{wanted}{i}")));
        let name = candidates.find(|c| !taken(c)).unwrap_or(wanted);
        let arguments = arguments(operands, backward);
        let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let text = print::rust(&[rule.formula], &names).block();
        let doc = format!(" `{text}`");
        let (declared, formula) = (ident(&name), tokens(&text));
        let arguments = arguments.iter().map(|a| ident(a));
        self.declarations.extend(quote! {
            ply::rule! {
                #[doc = #doc]
                #declared(#(#arguments),*) = #formula
            }
        });
        self.own.push((rule.formula, name.clone()));
        let name = ident(&name);
        quote! { #name }
    }

    /// The declarations.
    pub fn into_tokens(self) -> TokenStream {
        self.declarations
    }
}

/// Names for a formula's arguments by where they come from: `d` the gradient that a backward formula starts from, `b`
/// a bias, `u` random numbers, `x` and `y` values.
fn arguments(operands: &[Operand], backward: bool) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for (i, operand) in operands.iter().enumerate() {
        let wanted = match operand.source {
            _ if i == 0 && backward => "d",
            Source::Sums | Source::Full if i == 0 => "x",
            Source::Sums | Source::Full => "y",
            Source::Row => "b",
            Source::Column => "c",
            Source::Scalar => "k",
            Source::Uniform => "u",
        };
        let mut candidates = std::iter::once(wanted.to_string()).chain((2..).map(|k| format!("{wanted}{k}")));
        names.extend(candidates.find(|c| !names.contains(c)));
    }
    names
}
