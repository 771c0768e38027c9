//! How things are called, and which names are taken.
use super::Resolver;
use crate::syntax::ast::Item;
use crate::text::local;
use plywood_kernels::layers;
use plywood_kernels::names::{type_name, words};
use proc_macro2::Span;
use std::collections::{HashMap, HashSet};
use syn::Ident;

/// How a thing is called: in checkpoints, as a field, in generated code, in messages.
#[derive(Clone)]
pub struct Name {
    /// Key in a checkpoint: the declared name, or the position.
    pub key: String,
    /// Field of the views.
    pub field: Ident,
    /// Local in generated code.
    pub label: String,
    /// Whether it was declared.
    pub declared: bool,
}

impl Name {
    /// A function of `forward`, or what joins branches: it has no parameters, so no key and no field.
    pub fn of_function(word: &Ident) -> Name {
        Name { key: word.to_string(), field: word.clone(), label: word.to_string(), declared: false }
    }
    /// Whether it is a function's.
    pub fn is_function(&self) -> bool {
        // others without a name are called by their positions
        !self.declared && self.key.starts_with(char::is_alphabetic)
    }
}

/// What blocks are called: they are functions and types of generated code, side by side.
#[derive(Default)]
pub struct Labels {
    /// In generated types.
    types: HashSet<String>,
    /// How often each was wanted.
    wanted: HashMap<String, usize>,
}

impl Labels {
    /// Those that no block takes: the views of the whole are called so, and the constants in sizes.
    pub fn new() -> Labels {
        let views = ["Parameters", "ParametersMut", "Gradients", "GradientsMut", "Sizes"];
        // of a network with several ports
        let ports = ["Input", "Output", "Loss"];
        let types = views.into_iter().chain(ports).map(String::from).collect();
        Labels { types, wanted: HashMap::new() }
    }
    /// A label whose type names no other block has.
    pub fn take(&mut self, label: &str) -> String {
        let names = |label: &str| {
            let name = type_name(label);
            ["", "Mut", "Gradients", "GradientsMut"].map(|suffix| format!("{name}{suffix}"))
        };
        let wanted = self.wanted.entry(label.to_string()).or_default();
        let (label, names) = loop {
            *wanted += 1;
            let candidate = if *wanted == 1 { label.to_string() } else { format!("{label}_{wanted}") };
            let names = names(&candidate);
            if names.iter().all(|name| !self.types.contains(name)) {
                break (candidate, names);
            }
        };
        self.types.extend(names);
        label
    }
}

/// The names within one pair of braces. Branches without a name are part of what is around them: their layers are counted
/// on, and their names are those of one view.
#[derive(Default)]
pub(super) struct Level {
    fields: Fields,
    /// How many things there were before.
    position: usize,
    /// How often each word stands there.
    words: HashMap<String, usize>,
}

impl Level {
    /// Of these.
    pub fn of(items: &[Item]) -> Level {
        let mut level = Level::default();
        level.count(items);
        level
    }
    fn count(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Branches(decl) if decl.name.is_none() => {
                    for branch in decl.branches.iter().filter(|branch| branch.name.is_none()) {
                        self.count(&branch.items);
                    }
                }
                other => *self.words.entry(word(other)).or_default() += 1,
            }
        }
    }
}

/// What an item without a name is called after.
fn word(item: &Item) -> String {
    match item {
        Item::Layer(layer) if layers::find(&layer.word.to_string()).is_some() => {
            layer.word.to_string().to_lowercase()
        }
        Item::Layer(layer) => words(&layer.word.to_string()),
        Item::Repeat(_) => "repeat".into(),
        Item::Group(_) => "group".into(),
        Item::Branches(decl) => decl.join.word().into(),
        Item::Unread(_) => "unread".into(),
    }
}

impl Resolver<'_> {
    /// How the next item of a level is called, and where it stands.
    pub(super) fn name(&mut self, item: &Item, level: &mut Level) -> (Name, Span) {
        let (declared, span) = match item {
            Item::Layer(layer) => (layer.name.clone(), layer.word.span()),
            Item::Repeat(repeat) => (repeat.name.clone(), repeat.word.span()),
            Item::Group(group) => (group.name.clone(), group.span),
            Item::Branches(decl) => (decl.name.clone(), decl.word.span()),
            Item::Unread(name) => (name.clone(), Span::call_site()),
        };
        // a view has fields only for what has parameters
        let in_view = match item {
            Item::Layer(decl) => {
                layers::find(&decl.word.to_string()).is_none_or(|layer| !layer.fields().is_empty())
            }
            _ => true,
        };
        let position = level.position;
        level.position += 1;
        let mut name = match declared {
            Some(ident) => self.declared(ident),
            None => {
                let word = word(item);
                let once = level.words.get(&word) == Some(&1);
                Name {
                    key: position.to_string(),
                    field: Ident::new(&format!("layer_{position}"), span),
                    label: if once { word } else { format!("{word}_{position}") },
                    declared: false,
                }
            }
        };
        let field = name.field.to_string();
        if !level.fields.add(&field, name.declared, in_view) {
            let what = format!("the name `{field}` is given twice");
            let help = "names are the keys of checkpoints: give each layer its own; a layer without one has its \
                        position, `layer_0`";
            self.diagnostics.error(name.field.span(), what, help);
            name.field = Ident::new(&format!("{field}_{position}"), Span::call_site());
        }
        (name, span)
    }

    /// What is called so in the declaration.
    pub(super) fn declared(&mut self, ident: Ident) -> Name {
        let text = ident.to_string();
        let key = text.strip_prefix("r#").unwrap_or(&text).to_string();
        let plain = syn::parse_str::<Ident>(&key).is_ok();
        let mut field = ident;
        if !plain && text == key {
            let raw = syn::parse_str::<Ident>(&format!("r#{key}"));
            let help = raw
                .as_ref()
                .map_or("choose another name".into(), |raw| format!("write `{raw}`, or choose another name"));
            self.diagnostics.error(field.span(), format!("`{key}` is a word of Rust's own"), help);
            field = raw.unwrap_or_else(|_| Ident::new(&format!("{}_", key.to_lowercase()), field.span()));
        }
        Name { label: local(&field), key, field, declared: true }
    }
}

/// The fields of a view so far.
#[derive(Default)]
struct Fields {
    /// For each: whether its name was declared, and whether it is in the view.
    taken: HashMap<String, (bool, bool)>,
}

impl Fields {
    /// Whether nothing else is called so: neither what was declared too, nor what is in the view too.
    fn add(&mut self, field: &str, declared: bool, in_view: bool) -> bool {
        let (other_declared, other_in_view) = self.taken.entry(field.to_string()).or_default();
        let taken = *other_declared && declared || *other_in_view && in_view;
        *other_declared |= declared;
        *other_in_view |= in_view;
        !taken
    }
}
