//! Names to what they name: layers to rows of the book, arguments to values, sizes to numbers and symbols. What is not
//! known is said and marked, so that the rest can still be judged; without a message, no name is unknown and no argument
//! is missing.
mod arguments;
mod callee;
mod meant;
mod ports;
mod together;

use crate::assertions::Assertions;
use crate::body::Body;
use crate::constants::Constants;
use crate::diagnostics::{Diagnostics, Place, nearest, suggestion};
use crate::header::{conditions, derives, parameters};
use crate::role::Role;
use crate::sizes::{Placeholder, Sizes, written};
use crate::syntax::ast::{self, Budget, Form, Item, LayerDecl, Network, RepeatDecl};
use plywood_kernels::init::Initializer;
use plywood_kernels::layers::{self, Argument, ArgumentKind, Arguments, Layer};
use plywood_kernels::names::type_name;
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use proc_macro2::Span;
use std::collections::{HashMap, HashSet};
use syn::{Attribute, Expr, Ident, Path, Visibility};

use arguments::LayerArguments;

/// What a declaration says before its layers: the later stages hand it on.
pub struct Header {
    /// Doc comments and other attributes.
    pub attributes: Vec<Attribute>,
    /// Its visibility.
    pub visibility: Visibility,
    /// Its name.
    pub name: Ident,
    /// Its const parameters.
    pub constants: Vec<Ident>,
    /// Where the runtime is.
    pub runtime: Option<Path>,
    /// The limit on memory.
    pub budget: Option<Budget>,
    /// The constants in sizes.
    pub symbols: Constants,
}

/// A declaration whose names are known.
pub struct Resolved {
    /// What stands before the layers.
    pub header: Header,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// What happens between them.
    pub body: Body<Member>,
    /// What keeps the sizes in it from falling below 0, as far as only the user's constants decide it.
    pub assertions: Assertions,
    /// Stands for every size that is not known.
    pub unknown: Placeholder,
}

/// A value of the signature.
pub struct Port {
    /// Its name, if it was given one.
    pub name: Option<Ident>,
    /// Its type, batch first; nothing where that is not known, which has been said.
    pub ty: Option<Type>,
    /// Where it stands.
    pub span: Span,
}

/// What owns parameters and a name.
pub enum Member {
    /// A layer of the book.
    Layer(ResolvedLayer),
    /// A block that runs several times.
    Repeat(ResolvedRepeat),
    /// What no row of the book is, which has been said.
    Unknown(UnknownLayer),
}

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

/// A layer with its row and its arguments.
pub struct ResolvedLayer {
    /// Its names.
    pub name: Name,
    /// Its row.
    pub layer: &'static dyn Layer,
    /// Its arguments, complete.
    pub arguments: Arguments,
    /// Where each given argument stands.
    pub places: Vec<(&'static str, Place)>,
    /// How its parameters begin, where that is said.
    pub inits: Vec<ResolvedInit>,
    /// What training does to its parameters.
    pub role: Role,
    /// Whether something was wrong with how it is written, which has been said: what it gives may not be what was meant.
    pub doubtful: bool,
}

/// `weight_init: normal(std: 0.02)`
pub struct ResolvedInit {
    /// The parameter: `weight`.
    pub field: &'static str,
    /// The initialiser's row.
    pub row: &'static Initializer,
    /// Its arguments, complete.
    pub arguments: Arguments,
    /// Where it stands.
    pub span: Span,
}

/// What stands where a layer should, for the views of a network that has a mistake.
pub struct UnknownLayer {
    /// Its names.
    pub name: Name,
    /// What it was probably meant to be.
    pub guess: Option<(&'static dyn Layer, Arguments)>,
}

/// A block that runs several times, each time on what the run before gave.
pub struct ResolvedRepeat {
    /// Its names.
    pub name: Name,
    /// How often it runs.
    pub count: Size,
    /// One iteration, which carries one value.
    pub body: Body<Member>,
}

/// Resolves a declaration.
pub fn resolve(network: Network, diagnostics: &mut Diagnostics) -> Resolved {
    let Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, items, form } =
        network;
    conditions(&attributes, diagnostics);
    derives(&attributes, diagnostics);
    let parameters = parameters(&generics, diagnostics);
    if let Some(budget) = &budget
        && budget.batch.base10_parse::<usize>().is_ok_and(|n| n == 0)
    {
        let help = "write the batch that the budget is for: `4 MB at 64`";
        diagnostics.error(budget.batch.span(), "a batch has at least one sample, found `0`", help);
    }
    let unknown = Placeholder::new();
    let mut resolver = Resolver {
        form,
        network: &name,
        unknown,
        diagnostics,
        symbols: Constants::of(&parameters),
        assertions: Assertions::default(),
        blocks: HashSet::new(),
        labels: HashMap::new(),
        batch_said: false,
    };
    // the views of the whole are called so, and the constants in sizes
    let views = ["Parameters", "ParametersMut", "Gradients", "GradientsMut", "Sizes"];
    resolver.blocks.extend(views.map(String::from));
    let letter = resolver.batch_letter(&inputs, &outputs);
    let mut port = |ports: &[ast::Port], what: &str| {
        let (named, span) = ports.first().map_or((None, name.span()), |port| (port.name.clone(), port.span));
        vec![Port { name: named, ty: resolver.port(ports, what, letter.as_ref()), span }]
    };
    let (inputs, outputs) = (port(&inputs, "input"), port(&outputs, "output"));
    let body = resolver.stack(items, Role::Trained);
    let Resolver { unknown, symbols, assertions, .. } = resolver;
    let constants = parameters.into_iter().map(|parameter| parameter.name).collect();
    let header = Header { attributes, visibility, name, constants, runtime, budget, symbols };
    Resolved { header, inputs, outputs, body, assertions, unknown }
}

struct Resolver<'a> {
    form: Form,
    network: &'a Ident,
    unknown: Placeholder,
    diagnostics: &'a mut Diagnostics,
    symbols: Constants,
    assertions: Assertions,
    /// What blocks are called in generated types, the network over.
    blocks: HashSet<String>,
    /// How often blocks wanted each label.
    labels: HashMap<String, usize>,
    /// Whether it was said that the batch is not part of a shape.
    batch_said: bool,
}

impl Resolver<'_> {
    fn size(&mut self, expr: &Expr) -> Option<Size> {
        let (constants, assertions) = (&mut self.symbols, &mut self.assertions);
        Sizes { diagnostics: self.diagnostics, constants, assertions, network: self.network }.size(expr)
    }

    /// Layers that follow each other: each is applied to what the one before it gives. `role` is that of the parameters
    /// around them.
    fn stack(&mut self, items: Vec<Item>, role: Role) -> Body<Member> {
        let word = |item: &Item| match item {
            Item::Layer(layer) => layer.word.to_string().to_lowercase(),
            Item::Repeat(_) => "repeat".into(),
            Item::Unread(_) => "unread".into(),
        };
        let words: Vec<String> = items.iter().map(word).collect();
        let mut occurrences: HashMap<&str, usize> = HashMap::new();
        words.iter().for_each(|word| *occurrences.entry(word).or_default() += 1);
        let mut fields = Fields::default();
        let mut body = Body::of(1);
        let mut value = body.given();
        for (position, item) in items.into_iter().enumerate() {
            let (declared, span) = match &item {
                Item::Layer(layer) => (layer.name.clone(), layer.word.span()),
                Item::Repeat(repeat) => (repeat.name.clone(), repeat.word.span()),
                Item::Unread(name) => (name.clone(), Span::call_site()),
            };
            let word = &words[position];
            let once = occurrences[word.as_str()] == 1;
            let mut name = match declared {
                Some(ident) => self.declared(ident),
                None => Name {
                    key: position.to_string(),
                    field: Ident::new(&format!("layer_{position}"), span),
                    label: if once { word.clone() } else { format!("{word}_{position}") },
                    declared: false,
                },
            };
            // a view has fields only for what has parameters
            let in_view = match &item {
                Item::Layer(decl) => {
                    layers::find(&decl.word.to_string()).is_none_or(|layer| !layer.fields().is_empty())
                }
                Item::Repeat(_) | Item::Unread(_) => true,
            };
            let field = name.field.to_string();
            if !fields.add(&field, name.declared, in_view) {
                let what = format!("the name `{field}` is given twice");
                let help = "names are the keys of checkpoints: give each layer its own; a layer without one has its \
                            position, `layer_0`";
                self.diagnostics.error(name.field.span(), what, help);
                name.field = Ident::new(&format!("{field}_{position}"), Span::call_site());
            }
            let member = match item {
                Item::Layer(layer) => self.layer(name, layer, role),
                Item::Repeat(repeat) => Member::Repeat(self.repeat(name, repeat, role)),
                Item::Unread(_) => Member::Unknown(UnknownLayer { name, guess: None }),
            };
            let callee = body.declare(member);
            value = body.apply(callee, &value, 1, span);
        }
        body.results = value;
        body
    }

    fn declared(&mut self, ident: Ident) -> Name {
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
        // a local cannot be called what only a raw field can
        Name { label: if plain { key.clone() } else { format!("{key}_") }, key, field, declared: true }
    }

    /// A label whose type names no other block has: blocks are functions and types of generated code, side by side.
    fn block_label(&mut self, label: &str) -> String {
        let names = |label: &str| {
            let name = type_name(label);
            ["", "Mut", "Gradients", "GradientsMut"].map(|suffix| format!("{name}{suffix}"))
        };
        let wanted = self.labels.entry(label.to_string()).or_default();
        let (label, names) = loop {
            *wanted += 1;
            let candidate = if *wanted == 1 { label.to_string() } else { format!("{label}_{wanted}") };
            let names = names(&candidate);
            if names.iter().all(|name| !self.blocks.contains(name)) {
                break (candidate, names);
            }
        };
        self.blocks.extend(names);
        label
    }

    /// An array's length must be a const parameter alone: Rust computes none from one.
    fn alone(&mut self, size: &Size, expr: &Expr, what: &str) -> bool {
        let (of_parameter, alone) = (self.symbols.has_parameter(size), size.is_symbol());
        if of_parameter && !alone {
            let text = format!("{what} cannot be computed of a const parameter, found `{}`", written(expr));
            let help = "here a const parameter stands alone: declare one more for this size";
            self.diagnostics.error(Place::of(expr), text, help);
        }
        alone || !of_parameter
    }

    fn repeat(&mut self, mut name: Name, repeat: RepeatDecl, role: Role) -> ResolvedRepeat {
        name.label = self.block_label(&name.label);
        let RepeatDecl { count, items, frozen, .. } = repeat;
        let body = self.stack(items, frozen.map_or(role, |_| Role::Frozen));
        if let Some(place) = frozen.filter(|_| !has_parameters(&body)) {
            self.diagnostics.error(place, "`repeat` has no parameters to freeze", "leave `#[frozen]` out");
        }
        let mut known = count.as_ref().and_then(|count| self.size(count));
        if let (Some(expr), Some(size)) = (&count, known.clone())
            && !self.alone(&size, expr, "a count")
        {
            known = None;
        }
        if let (Some(expr), Some(size)) = (&count, &known) {
            match size.as_known() {
                Some(0) => {
                    let help = match self.form {
                        Form::Network => "take it out, or write `repeat 1`",
                        Form::Struct => "take it out, or write `#[repeat(1)]`",
                    };
                    self.diagnostics.error(Place::of(expr), "a block runs at least once, found `0`", help);
                    known = None;
                }
                Some(n) if n > MOST_ITERATIONS => {
                    self.diagnostics.error(
                        Place::of(expr),
                        format!("a block runs at most {MOST_ITERATIONS} times, found `{n}`"),
                        "",
                    );
                    known = None;
                }
                _ => {}
            }
        }
        let count = known.unwrap_or_else(|| self.unknown.stand_in());
        ResolvedRepeat { name, count, body }
    }

    /// What `read` reads, and nothing of what it says: what else is wrong shows once what was said is right.
    fn quietly<R>(&mut self, read: impl FnOnce(&mut Self) -> R) -> R {
        let said = std::mem::take(self.diagnostics);
        let read = read(self);
        *self.diagnostics = said;
        read
    }

    fn layer(&mut self, name: Name, decl: LayerDecl, role: Role) -> Member {
        let Some(layer) = self.named(&decl) else { return self.unknown(name, &decl) };
        let read = |resolver: &mut Self| resolver.layer_arguments(layer, &decl);
        let quiet = decl.said || decl.unread || decl.path.is_some();
        let before = self.diagnostics.count();
        let LayerArguments { arguments, places, inits, guessed } =
            if quiet { self.quietly(read) } else { read(self) };
        let doubtful = quiet || self.diagnostics.count() > before;
        // what axes and sizes alone decide is not known where they are doubtful
        let axes = |row: &Argument| !matches!(row.kind, ArgumentKind::Number | ArgumentKind::Flag);
        let guessed = guessed || doubtful && layer.fields().is_empty() && layer.arguments().iter().any(axes);
        if let Some(place) = decl.frozen.filter(|_| layer.fields().is_empty() && !doubtful) {
            let what = format!("`{}` has no parameters to freeze", layer.name());
            self.diagnostics.error(place, what, "leave `#[frozen]` out");
        }
        if guessed {
            return Member::Unknown(UnknownLayer { name, guess: Some((layer, arguments)) });
        }
        let role = decl.frozen.map_or(role, |_| Role::Frozen);
        Member::Layer(ResolvedLayer { name, layer, arguments, places, inits, role, doubtful })
    }

    /// The layer that a word names; one that stands behind a path is found under other libraries' names too, as the path is
    /// said.
    fn named(&mut self, decl: &LayerDecl) -> Option<&'static dyn Layer> {
        let word = decl.word.to_string();
        let Some(place) = decl.path else { return layers::find(&word) };
        let layer = layers::find(&word).or_else(|| meant(&word))?;
        if !decl.said {
            let help = format!("write `{}`", layer.name());
            self.diagnostics.error(place, "a layer is named without a path", help);
        }
        Some(layer)
    }

    fn unknown(&mut self, mut name: Name, decl: &LayerDecl) -> Member {
        let text = decl.word.to_string();
        let word = text.as_str();
        let names = || layers::all().map(|layer| layer.name()).chain(["repeat"]);
        // a word that has a meaning elsewhere is no misspelling
        let renamed = layers::renamed(word).map(|layer| layer.name());
        let absent = layers::absent(word);
        let close = renamed.or_else(|| nearest(word, names()).filter(|_| absent.is_none()));
        let lower = word.starts_with(char::is_lowercase);
        let help = match close {
            _ if let Some(absent) = absent => absent.into(),
            Some(layer) if renamed.is_some() => format!("did you mean `{layer}`?"),
            Some("repeat") if self.form == Form::Struct => {
                "a block is written as `#[repeat(3)] blocks: (Linear<256>, Tanh)`".into()
            }
            Some("repeat") => "a block is written as `repeat 3 { layers }`".into(),
            None if lower && !name.declared => {
                "a name is followed by `:` and a layer, as in `fc1: Linear(64)`".into()
            }
            _ => suggestion(word, "layer", names()),
        };
        let span = decl.word.span();
        if !decl.said {
            self.diagnostics.error(span, format!("unknown layer `{word}`"), help);
        }
        if lower && !name.declared && close.is_none() && syn::parse_str::<Ident>(word).is_ok() {
            // half typed: what will be the layer's name
            name.field = decl.word.clone();
        }
        let guess = close.and_then(layers::find);
        let guess = guess.map(|layer| (layer, self.quietly(|r| r.layer_arguments(layer, decl).arguments)));
        Member::Unknown(UnknownLayer { name, guess })
    }
}

/// The layer that a word of another library names, or one a few letters off.
fn meant(word: &str) -> Option<&'static dyn Layer> {
    if layers::absent(word).is_some() {
        return None;
    }
    let word = word.strip_suffix("Config").unwrap_or(word);
    let near = || nearest(word, layers::all().map(|layer| layer.name())).and_then(layers::find);
    layers::renamed(word).or_else(near)
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

/// Whether some member has parameters, as far as that is known.
fn has_parameters(body: &Body<Member>) -> bool {
    body.members.iter().any(|member| match member {
        Member::Layer(layer) => !layer.layer.fields().is_empty(),
        Member::Repeat(repeat) => has_parameters(&repeat.body),
        Member::Unknown(_) => true,
    })
}

/// More than anybody repeats, and few enough that every iteration gets its own random numbers.
const MOST_ITERATIONS: usize = 1 << 16;
