//! The constants that sizes name: the user's `const` items and the network's const parameters. Each is found by what is
//! written, without a search.
use crate::diagnostics::Place;
use crate::header::Parameter;
use crate::text::UNKNOWN;
use plywood_kernels::shape::Size;
use proc_macro2::Span;
use quote::ToTokens;
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::{Ident, Path};

/// A `const` of the user's that sizes are made of.
pub struct Constant {
    /// What generated code calls it: the last word of its path, unless something else is called so.
    pub name: Ident,
    /// What the user calls it, where it stands first.
    pub path: Path,
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

/// The user's constants in the order of their first mention, and the const parameters.
pub struct Constants {
    list: Vec<Constant>,
    /// The size that each of the user's is, by its path as written.
    sizes: HashMap<String, Size>,
    /// The size that each const parameter is, by its word without `r#`.
    parameters: HashMap<String, Size>,
    /// Whose each name in generated code is: a const parameter's, or not.
    names: HashMap<String, bool>,
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
