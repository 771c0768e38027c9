//! The constants that sizes and arithmetic name: the user's `const` items and the network's const parameters. Each is
//! found by what is written, without a search.
use crate::diagnostics::Place;
use crate::header::Parameter;
use crate::text::UNKNOWN;
use plywood_kernels::scalar::{Expr, named};
use plywood_kernels::shape::Size;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use std::collections::{HashMap, HashSet};
use syn::ext::IdentExt;
use syn::{Ident, Path};

/// A `const` of the user's that sizes are made of.
pub struct Constant {
    /// What generated code calls it: the last word of its path, unless something else is called so.
    pub name: Ident,
    /// What the user calls it, where it stands first.
    pub path: Path,
}

/// A `const` of the user's in the arithmetic of `forward`, or a const parameter.
pub struct Number {
    /// What generated code calls it.
    pub name: Ident,
    /// What the user calls it, where it stands first.
    pub path: Path,
    /// Whether it is a const parameter.
    pub parameter: bool,
}

impl Constant {
    /// What the user calls it.
    pub fn shown(&self) -> String {
        shown(&self.path)
    }
    /// The place of its first mention.
    pub fn span(&self) -> Span {
        Place::of(&self.path).start()
    }
}

impl Number {
    /// What it is, where generated code has it.
    pub fn value(&self) -> TokenStream {
        let Number { name, path, .. } = self;
        if self.parameter {
            quote! { #path as f64 }
        } else {
            quote! { #name }
        }
    }
    /// What the user calls it.
    pub fn shown(&self) -> String {
        shown(&self.path)
    }
}

/// The user's constants in the order of their first mention, and the const parameters.
pub struct Constants {
    list: Vec<Constant>,
    /// The size that each of the user's is, by its path as written.
    sizes: HashMap<String, Size>,
    /// The size that each const parameter is, by its word without `r#`.
    parameters: HashMap<String, Size>,
    /// Whose each name in generated code is: a const parameter's, or not.
    names: HashMap<String, bool>,
    /// The user's constants in arithmetic, in the order of their first mention.
    arithmetic: Vec<Number>,
    /// The number that each of them is, by its path as written.
    written: HashMap<String, Expr>,
    /// What values are divided by, and of that what constants of the user's make.
    divide: HashSet<Expr>,
    divisors: Vec<(Expr, Place)>,
    /// The next number to try after a word that names several.
    numbers: HashMap<String, usize>,
}

impl Constants {
    /// The const parameters, and none of the user's yet.
    pub fn of(parameters: &[Parameter]) -> Constants {
        let size = |p: &Parameter| (p.written.to_string(), p.size());
        let names = parameters.iter().map(|p| (p.name.to_string(), true));
        Constants {
            list: vec![],
            sizes: HashMap::new(),
            parameters: parameters.iter().map(size).collect(),
            names: names.chain([(UNKNOWN.to_string(), false)]).collect(),
            arithmetic: vec![],
            written: HashMap::new(),
            divide: HashSet::new(),
            divisors: vec![],
            numbers: HashMap::new(),
        }
    }
    /// The user's, in the order of their first mention.
    pub fn list(&self) -> &[Constant] {
        &self.list
    }
    /// Whether there are const parameters.
    pub fn has_parameters(&self) -> bool {
        !self.parameters.is_empty()
    }
    /// The size that a const parameter is; nothing if the word is none.
    pub fn parameter(&self, word: &Ident) -> Option<Size> {
        self.parameters.get(&word.unraw().to_string()).cloned()
    }
    /// Whether a const parameter is in the size.
    pub fn has_parameter(&self, size: &Size) -> bool {
        size.symbols().any(|name| self.names.get(name) == Some(&true))
    }
    /// Whether generated code has the name for one of the user's, or for the size that is not known.
    pub fn is_held(&self, name: &str) -> bool {
        self.names.get(name) == Some(&false)
    }
    /// The size that a constant of the user's is.
    pub fn size(&mut self, path: &Path) -> Size {
        let written = path.to_token_stream().to_string();
        if let Some(known) = self.sizes.get(&written) {
            return known.clone();
        }
        let name = self.unused(path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default());
        let size = Size::symbol_shown(&name, shown(path));
        self.list.push(Constant { name: Ident::new(&name, Span::call_site()), path: path.clone() });
        self.names.insert(name, false);
        self.sizes.insert(written, size.clone());
        size
    }
    /// Those in arithmetic, in the order of their first mention.
    pub fn arithmetic(&self) -> &[Number] {
        &self.arithmetic
    }
    /// The number that a constant of the user's, or a const parameter, is in arithmetic.
    pub fn number(&mut self, path: &Path) -> Expr {
        let written = path.to_token_stream().to_string();
        if let Some(known) = self.written.get(&written) {
            return *known;
        }
        let parameter = path.get_ident().is_some_and(|word| self.parameter(word).is_some());
        let name = self.unused(path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default());
        let formula = named(&name);
        let number = Number { name: Ident::new(&name, Span::call_site()), path: path.clone(), parameter };
        self.names.insert(name, false);
        self.arithmetic.push(number);
        self.written.insert(written, formula);
        formula
    }
    /// What values are divided by, that constants of the user's make, each with the place at which that stands first.
    pub fn divisors(&self) -> &[(Expr, Place)] {
        &self.divisors
    }
    /// Notes that a value is divided by that number. Gives the const parameter that it is, if it is one alone.
    pub fn divides(&mut self, number: Expr, place: Place) -> Option<Size> {
        if !self.divide.insert(number) {
            return None;
        }
        let named: HashSet<String> = number.parts().into_iter().filter_map(Expr::name).collect();
        let mut parameters = self.arithmetic.iter().filter(|number| number.parameter);
        match parameters.find(|number| named.contains(&number.name.to_string())) {
            Some(only) if number.name().is_some() => self.parameter(only.path.get_ident()?),
            // it has a value where the network is used
            Some(_) => None,
            None => {
                self.divisors.extend((!named.is_empty()).then_some((number, place)));
                None
            }
        }
    }
    /// The word, or the word with the next number that nothing else has.
    fn unused(&mut self, word: String) -> String {
        if !self.names.contains_key(&word) {
            return word;
        }
        let next = self.numbers.entry(word.clone()).or_insert(1);
        loop {
            *next += 1;
            let numbered = format!("{word}_{next}");
            if !self.names.contains_key(&numbered) {
                return numbered;
            }
        }
    }
}

/// A path as its user writes it.
fn shown(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
