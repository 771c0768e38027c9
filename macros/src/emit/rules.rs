//! Formulas by name: those of the book are named, others are declared, equal ones once.
use crate::constants::Number;
use crate::text::{ident, tokens};
use plywood_kernels::compiler::steps::{Operand, Rule, Source};
use plywood_kernels::names::type_name;
use plywood_kernels::rules::common;
use plywood_kernels::scalar::{Expr, named, print};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::{HashMap, HashSet};

/// The rules that generated code names.
pub struct Rules {
    book: HashMap<Expr, String>,
    own: HashMap<Expr, String>,
    /// What no further rule may be called.
    taken: HashSet<String>,
    /// How many rules wanted each name.
    wanted: HashMap<String, usize>,
    declarations: TokenStream,
    /// What each constant that formulas name is, as code.
    numbers: HashMap<String, TokenStream>,
}

impl Rules {
    /// None so far; none will be called what the network is. `numbers` are the constants that formulas name.
    pub fn new(network: &Ident, numbers: &[Number]) -> Rules {
        let mut book = HashMap::new();
        for rule in common() {
            book.entry(rule.formula).or_insert(rule.name);
        }
        book.entry(plywood_kernels::scalar::argument(0)).or_insert("Identity".into());
        Rules {
            book,
            own: HashMap::new(),
            taken: HashSet::from([network.to_string()]),
            wanted: HashMap::new(),
            declarations: TokenStream::new(),
            numbers: numbers.iter().map(|number| (number.name.to_string(), number.value())).collect(),
        }
    }

    /// An expression for the rule, declared if nobody has declared its formula.
    pub fn name(&mut self, rule: &Rule, operands: &[Operand], backward: bool) -> TokenStream {
        if let Some(name) = self.book.get(&rule.formula) {
            let name = ident(name);
            return quote! { ply::rules::#name };
        }
        // what only the program knows are fields
        let known: Vec<String> = rule.formula.parts().into_iter().filter_map(Expr::name).collect();
        let arguments = arguments(operands, backward);
        let fields: Vec<Ident> = known.iter().map(|name| ident(&field(name))).collect();
        let values: Vec<TokenStream> =
            known.iter().filter_map(|name| self.numbers.get(name).cloned()).collect();
        let told = |name: &Ident| match known.is_empty() {
            true => quote! { #name },
            false => quote! { #name { #(#fields: #values),* } },
        };
        if let Some(name) = self.own.get(&rule.formula) {
            return told(&ident(name));
        }
        let name = self.unused(type_name(&rule.words));
        let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let formula = rule.formula.replace(&|part| part.name().map_or(part, |name| named(&field(&name))));
        let text = print::rust(&[formula], &names).block();
        let doc = format!(" `{text}`");
        let (declared, formula) = (ident(&name), tokens(&text));
        let arguments = arguments.iter().map(|a| ident(a));
        let declares = (!known.is_empty()).then(|| quote! { { #(#fields: f64),* } });
        self.declarations.extend(quote! {
            ply::rule! {
                #[doc = #doc]
                #declared #declares (#(#arguments),*) = #formula
            }
        });
        self.own.insert(rule.formula, name);
        told(&declared)
    }

    /// The name, with a number where another rule or the network is called so.
    fn unused(&mut self, wanted: String) -> String {
        let count = self.wanted.entry(wanted.clone()).or_default();
        loop {
            *count += 1;
            let name = if *count == 1 { wanted.clone() } else { format!("{wanted}{count}") };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// The declarations.
    pub fn into_tokens(self) -> TokenStream {
        self.declarations
    }
}

/// The field of a rule that a constant is. No argument and no shared part is called so: those are short.
fn field(constant: &str) -> String {
    format!("{}_", constant.to_lowercase())
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
