//! Names to what they name: layers to rows of the book, arguments to values, sizes to numbers and symbols. What is not
//! known is said and marked, so that the rest can still be judged; without a message, no name is unknown and no argument
//! is missing.
mod apply;
mod arguments;
mod callee;
mod forward;
mod items;
mod meant;
mod name;
mod ports;
mod shared;
mod template;
mod together;
mod values;

use crate::assertions::Assertions;
use crate::body::Body;
use crate::constants::Constants;
use crate::diagnostics::{Diagnostics, Place, nearest, suggestion};
use crate::header::{conditions, derives, parameters};
use crate::role::Role;
use crate::sizes::{Placeholder, Sizes, written};
use crate::syntax::ast::{Budget, Form, LayerDecl, Network};
use plywood_kernels::init::Initializer;
use plywood_kernels::layers::{self, Argument, ArgumentKind, Arguments, Layer};
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use proc_macro2::Span;
use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use syn::{Attribute, Expr, Ident, Path, Visibility};

use arguments::LayerArguments;
pub use name::{Labels, Name};
use ports::Side;
pub use shared::SharedParameter;
pub use template::Templates;

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
    /// What blocks are called so far.
    pub labels: Labels,
}

/// A value of the signature.
pub struct Port {
    /// Its name, if it was given one.
    pub name: Option<Ident>,
    /// Its type, batch first; nothing where that is not known, which has been said.
    pub ty: Option<Type>,
    /// Whether the gradient with respect to it is asked for.
    pub gradient: bool,
    /// Where it stands.
    pub span: Span,
}

/// What owns parameters and a name.
pub enum Member {
    /// A layer of the book.
    Layer(ResolvedLayer),
    /// A block that runs several times.
    Repeat(ResolvedRepeat),
    /// Members under one name.
    Group(ResolvedGroup),
    /// What no row of the book is, which has been said.
    Unknown(UnknownLayer),
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
    /// Those that are another layer's.
    pub shared: Vec<SharedParameter>,
    /// `#[frozen]` before the layer itself.
    pub frozen: Option<Span>,
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

/// A group, or a use of a block.
pub struct ResolvedGroup {
    /// Its names.
    pub name: Name,
    /// What it does.
    pub body: Body<Member>,
    /// The block that it is a use of.
    pub instance: Option<Instance>,
}

/// What a use of a block is a use of.
#[derive(Clone)]
pub struct Instance {
    /// The block, by its number.
    pub template: usize,
    /// What its functions are called, unless something else is.
    pub kind: String,
    /// What it is told, as it is written.
    pub arguments: Vec<String>,
    /// The use as it is written: `Down(128)`.
    pub call: String,
    /// What training does to its parameters.
    pub role: Role,
    /// Whether what is wrong with the block has been said.
    pub said: Rc<Cell<bool>>,
}

/// Resolves a declaration.
pub fn resolve(network: Network, templates: &Templates, diagnostics: &mut Diagnostics) -> Resolved {
    let Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, inside, form } =
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
        templates,
        open: vec![],
        told: None,
        path: vec![],
        outputs: vec![],
        labels: Labels::new(),
        unheard: HashSet::new(),
        batch_letter: None,
        batch_said: false,
    };
    resolver.batch_letter = resolver.batch_letter(&inputs, &outputs);
    let is_forward = inside.forward.is_some();
    let sides = [(inputs.as_slice(), Side::Input), (outputs.as_slice(), Side::Output)];
    let [inputs, outputs] = sides.map(|(ports, side)| resolver.ports(ports, side, is_forward));
    if is_forward {
        resolver.outputs = outputs.iter().filter_map(|port| Some(port.name.as_ref()?.to_string())).collect();
    }
    if let Some(forward) = &inside.forward {
        resolver.given(forward, &inputs);
    }
    let mut body = resolver.inside(inside, inputs.len(), Role::Trained);
    if !is_forward && inputs.len().max(outputs.len()) > 1 {
        // a stack has one value on each side
        body.results.clear();
    }
    // a `forward` may come where something is half typed
    if !is_forward && resolver.diagnostics.is_empty() {
        resolver.one_each(sides);
    }
    let Resolver { unknown, symbols, assertions, labels, .. } = resolver;
    let constants = parameters.into_iter().map(|parameter| parameter.name).collect();
    let header = Header { attributes, visibility, name, constants, runtime, budget, symbols };
    Resolved { header, inputs, outputs, body, assertions, unknown, labels }
}

struct Resolver<'a> {
    form: Form,
    network: &'a Ident,
    unknown: Placeholder,
    diagnostics: &'a mut Diagnostics,
    symbols: Constants,
    assertions: Assertions,
    /// The blocks that layers may name.
    templates: &'a Templates,
    /// Those whose uses are being read, from outside.
    open: Vec<usize>,
    /// The block that is being read, and what it is told.
    told: Option<(usize, Vec<(Ident, Expr)>)>,
    /// The keys of what is being read, from outside.
    path: Vec<String>,
    /// The names of the outputs, if they have any.
    outputs: Vec<String>,
    /// What blocks are called, the network over.
    labels: Labels,
    /// The words that name no layer, so far.
    unheard: HashSet<String>,
    /// The letter for a batch that the shapes of input and output both begin with.
    batch_letter: Option<Ident>,
    /// Whether it was said that the batch is not part of a shape.
    batch_said: bool,
}

impl Resolver<'_> {
    fn size(&mut self, expr: &Expr) -> Option<Size> {
        let (constants, assertions) = (&mut self.symbols, &mut self.assertions);
        Sizes { diagnostics: self.diagnostics, constants, assertions, network: self.network }.size(expr)
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

    /// What `read` reads, and nothing of what it says: what else is wrong shows once what was said is right.
    fn quietly<R>(&mut self, read: impl FnOnce(&mut Self) -> R) -> R {
        let said = std::mem::take(self.diagnostics);
        let read = read(self);
        *self.diagnostics = said;
        read
    }

    fn layer(&mut self, name: Name, decl: LayerDecl, role: Role) -> Member {
        match self.named(&decl) {
            Some(layer) => self.row(name, layer, &decl, role),
            None => self.unknown(name, &decl),
        }
    }

    /// A row of the book as a member.
    fn row(&mut self, name: Name, layer: &'static dyn Layer, decl: &LayerDecl, role: Role) -> Member {
        let read = |resolver: &mut Self| resolver.layer_arguments(layer, decl);
        let quiet = decl.said || decl.unread || decl.path.is_some();
        let before = self.diagnostics.count();
        let LayerArguments { arguments, places, inits, shared, guessed } =
            if quiet { self.quietly(read) } else { read(self) };
        let doubtful = quiet || self.diagnostics.count() > before;
        // what axes and sizes alone decide is not known where they are doubtful
        let axes = |row: &Argument| {
            !matches!(row.kind, ArgumentKind::Number | ArgumentKind::Flag | ArgumentKind::Word(_))
        };
        let guessed = guessed || doubtful && layer.fields().is_empty() && layer.arguments().iter().any(axes);
        if let Some(place) = decl.frozen.filter(|_| layer.fields().is_empty() && !doubtful) {
            let what = format!("`{}` has no parameters to freeze", layer.name());
            self.diagnostics.error(place, what, "leave `#[frozen]` out");
        }
        if guessed {
            return Member::Unknown(UnknownLayer { name, guess: Some((layer, arguments)) });
        }
        let role = decl.frozen.map_or(role, |_| Role::Frozen);
        Member::Layer(ResolvedLayer {
            name,
            layer,
            arguments,
            places,
            inits,
            shared,
            frozen: decl.frozen,
            role,
            doubtful,
        })
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
        let blocks: Vec<String> = self.templates.names().collect();
        let names = || {
            let blocks = blocks.iter().map(String::as_str);
            blocks.chain(layers::all().map(|layer| layer.name())).chain(["repeat"])
        };
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
        // a block that is not declared is one mistake, however often it is used
        let before = !self.unheard.insert(text.clone()) && close.is_none() && absent.is_none();
        if before {
            self.diagnostics.said_elsewhere();
        } else if !decl.said {
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
