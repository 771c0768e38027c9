//! What a declaration says, with the places where it says it.
use crate::diagnostics::Place;
use proc_macro2::Span;
use syn::{Attribute, Expr, Generics, Ident, LitInt, Path, Visibility};

/// A declared network.
pub struct Network {
    /// Doc comments and other attributes of the struct.
    pub attributes: Vec<Attribute>,
    /// Its visibility.
    pub visibility: Visibility,
    /// Its name.
    pub name: Ident,
    /// Its const parameters, and whatever else stands there.
    pub generics: Generics,
    /// What goes in; nothing where that could not be read, which has been said.
    pub inputs: Vec<Port>,
    /// What comes out, likewise.
    pub outputs: Vec<Port>,
    /// `max_bytes: 4 MB at 64`
    pub budget: Option<Budget>,
    /// `crate: path`, where the runtime is to be found if not at `::plywood`.
    pub runtime: Option<Path>,
    /// The layers, in order.
    pub items: Vec<Item>,
    /// How layers are written, for help texts.
    pub form: Form,
}

/// How a declaration is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `network! { … Linear(64, bias: false) … }`
    Network,
    /// `#[model] struct … Linear<64>`
    Struct,
}

/// One value of a signature: `[1, 28, 28]`, `tokens: u32 [64]`.
pub struct Port {
    /// Its name, if several need telling apart.
    pub name: Option<Ident>,
    /// Its element type, if written.
    pub element: Option<Ident>,
    /// Its sizes.
    pub sizes: Vec<Expr>,
    /// Whether some size could not be read, which has been said.
    pub unread: bool,
    /// Where it stands.
    pub span: Span,
}

/// A limit on the memory of a training step.
pub struct Budget {
    /// The limit.
    pub bytes: usize,
    /// The batch it holds for.
    pub batch: LitInt,
    /// Where it stands.
    pub span: Span,
}

/// A layer or a group of them.
pub enum Item {
    /// One layer.
    Layer(LayerDecl),
    /// A block that runs several times.
    Repeat(RepeatDecl),
    /// What could not be read, which has been said; with its name if it has one.
    Unread(Option<Ident>),
}

/// `fc1: Linear(64, bias: false)`
pub struct LayerDecl {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// The layer's word.
    pub word: Ident,
    /// What stands in its parentheses.
    pub arguments: Vec<ArgumentDecl>,
    /// Whether some argument could not be read, which has been said.
    pub unread: bool,
    /// The path that its word ends, `nn.Linear`, if there is one.
    pub path: Option<Place>,
    /// Whether it has the form of another language, which has been said: then nothing more is said of its arguments.
    pub said: bool,
    /// `#[frozen]`, if it stands before it.
    pub frozen: Option<Span>,
}

/// `64` or `bias: false`
pub struct ArgumentDecl {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
    /// If the value is a word with arguments of its own, `normal(std: 0.02)`: these, and whether some could not be read,
    /// which has been said.
    pub inner: Option<(Vec<ArgumentDecl>, bool)>,
}

/// `blocks: repeat 12 { … }`
pub struct RepeatDecl {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// The word `repeat`.
    pub word: Ident,
    /// How often; nothing where that could not be read, which has been said.
    pub count: Option<Expr>,
    /// One iteration.
    pub items: Vec<Item>,
    /// `#[frozen]`, if it stands before it.
    pub frozen: Option<Span>,
}
