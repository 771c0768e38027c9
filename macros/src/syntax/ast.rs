//! What a declaration says, with the places where it says it.
use crate::diagnostics::Place;
use proc_macro2::{Span, TokenStream};
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
    /// What it consists of.
    pub inside: Inside,
    /// How layers are written, for help texts.
    pub form: Form,
}

/// A block that is written once and used by its name: `block Basic(out, stride: 1) { … }`.
pub struct Template {
    /// Its name.
    pub name: Ident,
    /// What it is told where it is used.
    pub parameters: Vec<TemplateParameter>,
    /// What it consists of.
    pub inside: Inside,
    /// Whether something of it could not be read, which has been said.
    pub unread: bool,
}

impl Template {
    /// One of which nothing but the name could be read, which has been said.
    pub fn unread(name: Ident) -> Template {
        Template { name, parameters: vec![], inside: Inside::default(), unread: true }
    }
}

/// `stride: 1` in a block's parentheses.
pub struct TemplateParameter {
    /// Its name.
    pub name: Ident,
    /// What it is if it is not given.
    pub default: Option<Expr>,
}

/// What a network or a block consists of.
#[derive(Clone, Default)]
pub struct Inside {
    /// The layers in order; with a `forward`, the members that it applies.
    pub items: Vec<Item>,
    /// What happens, where that is not one layer after the other.
    pub forward: Option<ForwardDecl>,
}

/// How a declaration is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `network! { … Linear(64, bias: false) … }`
    Network,
    /// `#[model] struct … Linear<64>`
    Struct,
    /// `self.fc1(x).sum(axis = 0)` in a `#[model]`
    Call,
    /// `#[concat(axis: 0)]` in a `#[model]`
    Attribute,
}

impl Form {
    /// How functions are written in a `forward` beside layers in this form.
    pub fn of_calls(self) -> Form {
        if self == Form::Network { Form::Network } else { Form::Call }
    }
    /// How branches are joined beside layers in this form.
    pub fn of_branches(self) -> Form {
        if self == Form::Network { Form::Network } else { Form::Attribute }
    }
    /// An argument with its name.
    pub fn named(self, name: &str, value: &str) -> String {
        match self {
            Form::Network | Form::Struct | Form::Attribute => format!("{name}: {value}"),
            Form::Call => format!("{name} = {value}"),
        }
    }
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
    /// `#[gradient]`, if it stands before it.
    pub gradient: Option<Place>,
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
#[derive(Clone)]
pub enum Item {
    /// One layer, or a block by its name.
    Layer(LayerDecl),
    /// A block that runs several times.
    Repeat(RepeatDecl),
    /// Layers under one name.
    Group(GroupDecl),
    /// Several ways for one value, whose results are joined.
    Branches(BranchesDecl),
    /// What could not be read, which has been said; with its name if it has one.
    Unread(Option<Ident>),
}

/// `fc1: Linear(64, bias: false)`
#[derive(Clone)]
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
    /// How it is written.
    pub form: Form,
}

/// `64` or `bias: false`
#[derive(Clone)]
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
#[derive(Clone)]
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

/// `layer1: { … }`, or a branch.
#[derive(Clone)]
pub struct GroupDecl {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// The brace.
    pub span: Span,
    /// What is in it; nothing in a branch that is the value itself.
    pub items: Vec<Item>,
    /// `#[frozen]`, if it stands before it.
    pub frozen: Option<Span>,
}

/// `add { … }`, `concat(axis: 0) { … }`, `residual { … }`
#[derive(Clone)]
pub struct BranchesDecl {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// The word.
    pub word: Ident,
    /// How the branches are joined.
    pub join: Join,
    /// What stands in its parentheses, and whether some of it could not be read, which has been said.
    pub arguments: (Vec<ArgumentDecl>, bool),
    /// The branches; of a `residual`, the one that is not the value itself.
    pub branches: Vec<GroupDecl>,
    /// `#[frozen]`, if it stands before it.
    pub frozen: Option<Span>,
}

/// How branches are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Their sum.
    Add,
    /// One after the other along an axis.
    Concat,
    /// The sum of the one branch and the value itself.
    Residual,
}

impl Join {
    /// All of them.
    pub const ALL: [Join; 3] = [Join::Add, Join::Concat, Join::Residual];

    /// The word in a declaration.
    pub fn word(self) -> &'static str {
        match self {
            Join::Add => "add",
            Join::Concat => "concat",
            Join::Residual => "residual",
        }
    }
    /// How it is written.
    pub fn form(self) -> &'static str {
        match self {
            Join::Add => "branches are written as `add { { Linear(64), Relu }, {} }`",
            Join::Concat => "branches are written as `concat(axis: 0) { { Linear(64), Relu }, {} }`",
            Join::Residual => "a residual is written as `residual { Linear(64), Relu }`",
        }
    }
}

/// `fn forward(left, right) { … }`
#[derive(Clone)]
pub struct ForwardDecl {
    /// The word `forward`.
    pub word: Ident,
    /// What it is given.
    pub inputs: Vec<Ident>,
    /// What it does, in order.
    pub bindings: Vec<Binding>,
    /// What it gives; nothing where that could not be read, which has been said.
    pub result: Option<Value>,
    /// What is wrong with where it ends, unless something before is.
    pub end: Option<(Place, &'static str, &'static str)>,
    /// Whether something of it could not be read, which has been said.
    pub unread: bool,
}

/// `let (a, b) = …;`
#[derive(Clone)]
pub struct Binding {
    /// What is bound.
    pub pattern: Pattern,
    /// To what; nothing where that could not be read, which has been said.
    pub value: Option<Value>,
}

/// What a `let` binds.
#[derive(Clone)]
pub enum Pattern {
    /// One name; `_` binds nothing.
    Name(Ident),
    /// Several, with the place of the parentheses.
    Tuple(Vec<Pattern>, Place),
}

/// An expression of `forward`.
#[derive(Clone)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it stands.
    pub place: Place,
}

/// What an expression of `forward` is.
#[derive(Clone)]
pub enum ValueKind {
    /// A name: a value, a constant.
    Name(Ident),
    /// A number, or a constant by its path.
    Number(Expr),
    /// `fc1(x)`, `concat([a, b], axis: 0)`
    Call {
        /// What is applied.
        callee: Ident,
        /// To what.
        arguments: Vec<CallArgument>,
    },
    /// `x.relu()`
    Method {
        /// What it is applied to.
        on: Box<Value>,
        /// What is applied.
        method: Ident,
        /// What else it is told.
        arguments: Vec<CallArgument>,
    },
    /// `a + b`
    Binary {
        /// The first operand.
        left: Box<Value>,
        /// What is done.
        operator: Operator,
        /// Where that stands.
        span: Span,
        /// The second operand.
        right: Box<Value>,
    },
    /// `-x`
    Negative(Box<Value>),
    /// `(a, b)`
    Tuple(Vec<Value>),
    /// `(left: a, right: b)`
    Named(Vec<(Ident, Value)>),
    /// `[a, b]`
    List(Vec<Value>),
    /// `x.left`, one of several named outputs
    Field(Box<Value>, Ident),
    /// What could not be read, which has been said.
    Unread,
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

/// What stands in the parentheses of a call.
#[derive(Clone)]
pub struct CallArgument {
    /// The name before the colon.
    pub name: Option<Ident>,
    /// What follows; whether that is a value or a setting is up to what is called.
    pub tokens: TokenStream,
    /// Where it stands.
    pub place: Place,
    /// Whether `=` stands in place of the colon.
    pub assigned: bool,
}
