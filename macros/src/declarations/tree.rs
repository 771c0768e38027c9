//! Declarations as trees, from which they are printed and run.
use plywood_kernels::layers::{Given, Layer};
use plywood_kernels::shape::Size;
use std::fmt;

/// What the constant in sizes is called, and what it is.
pub const CONSTANT: (&str, usize) = ("H", 4);

/// What the constant in arithmetic is called, and what it is.
pub const NUMBER: (&str, f64) = ("SCALE", 0.75);

/// A network and the blocks that it uses.
#[derive(Clone)]
pub struct Program {
    /// Whether the constant in sizes is a const parameter of the network.
    pub parameter: bool,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    pub body: Body,
    pub blocks: Vec<Block>,
}

/// A value of the signature.
#[derive(Clone)]
pub struct Port {
    /// Nothing where it is the only one.
    pub name: Option<String>,
    pub index: bool,
    pub gradient: bool,
    pub shape: Vec<Length>,
}

/// A block that is used by its name.
#[derive(Clone)]
pub struct Block {
    pub name: String,
    pub parameters: Vec<Parameter>,
    pub body: Body,
    /// How many values it takes, and how many it gives.
    pub arity: (usize, usize),
}

/// What a block is told.
#[derive(Clone)]
pub struct Parameter {
    pub name: String,
    /// What it is where the block is written: what holds for that holds for its first use.
    pub first: Told,
    pub default: Option<Told>,
}

/// What stands between braces.
#[derive(Clone)]
pub enum Body {
    Stack(Vec<Item>),
    Forward(Forward),
}

/// One part of it.
#[derive(Clone)]
pub struct Item {
    pub name: Option<String>,
    pub frozen: bool,
    pub what: What,
}

#[derive(Clone)]
pub enum What {
    Layer(&'static dyn Layer, Vec<Argument>),
    Use(usize, Vec<Argument>),
    Group(Vec<Item>),
    Repeat(Length, Vec<Item>),
    Residual(Vec<Item>),
    Add(Vec<Branch>),
    Concat(i64, Vec<Branch>),
}

/// A branch; an empty one is the value itself.
#[derive(Clone)]
pub struct Branch {
    pub name: Option<String>,
    pub frozen: bool,
    pub items: Vec<Item>,
}

/// What a layer, a function or a block is told.
#[derive(Clone)]
pub struct Argument {
    pub name: String,
    pub told: Told,
    /// How it is written.
    pub written: Written,
}

impl Argument {
    pub fn named(name: &str, told: Told) -> Argument {
        Argument { name: name.into(), told, written: Written::Named }
    }
    pub fn first(name: &str, told: Told) -> Argument {
        Argument { name: name.into(), told, written: Written::First }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Written {
    /// `name: value`
    Named,
    /// `value`, as the first.
    First,
    /// `name`, of what an argument of the block around is called so too.
    Short,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Size(Length),
    Number(f64),
    Flag(bool),
    Axis(i64),
    Axes(Vec<i64>),
    Shape(Vec<Length>),
    /// What an argument of the block around is.
    Argument(String),
    /// The weight of a layer beside this one.
    Weight(String),
}

/// A size as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Length {
    Known(usize),
    /// The constant, or an argument of the block around.
    Named(String),
    Times(usize, Box<Length>),
    Plus(Box<Length>, usize),
    Half(Box<Length>),
}

/// `fn forward`
#[derive(Clone)]
pub struct Forward {
    pub members: Vec<Item>,
    pub inputs: Vec<String>,
    pub statements: Vec<(Pattern, Expr)>,
    /// Each with the number of the output that it is, in the order in which they are written; or one that is all of them.
    pub results: Vec<(usize, Expr)>,
    /// The names of the outputs, if it gives them by name.
    pub names: Option<Vec<String>>,
}

#[derive(Clone)]
pub enum Pattern {
    Name(String),
    Nothing,
    Tuple(Vec<Pattern>),
}

#[derive(Clone)]
pub enum Expr {
    Name(String),
    Number(f64),
    /// A constant of the program.
    Constant,
    Member(String, Vec<Expr>),
    Function {
        row: &'static dyn Layer,
        values: Vec<Expr>,
        told: Vec<Argument>,
        form: Form,
    },
    Binary(Operator, Box<Expr>, Box<Expr>),
    Negative(Box<Expr>),
    Tuple(Vec<Expr>),
}

/// How a function is written.
#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    /// `relu(x)`, `add(a, b)`
    Call,
    /// `x.relu()`, `a.matmul(b)`
    Method,
    /// `concat([a, b])`
    List,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
}

/// What the arguments of a block are; nothing in them is an argument itself.
pub type Values = Vec<(String, Told)>;

impl Length {
    /// With what arguments are in place of their names.
    pub fn within(&self, values: &Values) -> Length {
        match self {
            Length::Known(_) => self.clone(),
            Length::Named(name) => match values.iter().find(|(other, _)| other == name) {
                Some((_, Told::Size(size))) => size.clone(),
                _ => self.clone(),
            },
            Length::Times(by, of) => Length::Times(*by, Box::new(of.within(values))),
            Length::Plus(of, more) => Length::Plus(Box::new(of.within(values)), *more),
            Length::Half(of) => Length::Half(Box::new(of.within(values))),
        }
    }
    /// What it is, where no argument is in it.
    pub fn value(&self) -> usize {
        match self {
            Length::Known(value) => *value,
            Length::Named(name) => {
                assert_eq!(name, CONSTANT.0, "an argument has no value here");
                CONSTANT.1
            }
            Length::Times(by, of) => by * of.value(),
            Length::Plus(of, more) => of.value() + more,
            Length::Half(of) => of.value() / 2,
        }
    }
    /// Whether it is written as one word.
    fn is_one(&self) -> bool {
        matches!(self, Length::Known(_) | Length::Named(_))
    }
    pub fn names(&self) -> Option<&str> {
        match self {
            Length::Known(_) => None,
            Length::Named(name) => Some(name),
            Length::Times(_, of) | Length::Plus(of, _) | Length::Half(of) => of.names(),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let one = |of: &Length| if of.is_one() { of.to_string() } else { format!("({of})") };
        match self {
            Length::Known(value) => write!(f, "{value}"),
            Length::Named(name) => write!(f, "{name}"),
            Length::Times(by, of) => write!(f, "{by} * {}", one(of)),
            Length::Plus(of, more) => write!(f, "{of} + {more}"),
            Length::Half(of) => write!(f, "{} / 2", one(of)),
        }
    }
}

impl Told {
    pub fn within(&self, values: &Values) -> Told {
        match self {
            Told::Size(size) => Told::Size(size.within(values)),
            Told::Shape(sizes) => Told::Shape(sizes.iter().map(|size| size.within(values)).collect()),
            Told::Argument(name) => {
                let found = values.iter().find(|(other, _)| other == name);
                found.map_or_else(|| self.clone(), |(_, told)| told.clone())
            }
            _ => self.clone(),
        }
    }
    /// What a layer is given, where no argument is in it.
    pub fn given(&self) -> Given {
        let size = |length: &Length| Size::known(length.value());
        match self {
            Told::Size(length) => Given::Size(size(length)),
            Told::Number(number) => Given::Number(*number),
            Told::Flag(flag) => Given::Flag(*flag),
            Told::Axis(axis) => Given::Axis(*axis),
            Told::Axes(axes) => Given::Axes(axes.clone()),
            Told::Shape(sizes) => Given::Shape(sizes.iter().map(size).collect()),
            Told::Argument(name) | Told::Weight(name) => unreachable!("`{name}` is no value"),
        }
    }
    /// The names in it.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Told::Size(size) => size.names().into_iter().collect(),
            Told::Shape(sizes) => sizes.iter().filter_map(Length::names).collect(),
            Told::Argument(name) => vec![name],
            _ => vec![],
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Argument { name, told, written } = self;
        match written {
            Written::Named => write!(f, "{name}: {told}"),
            Written::First | Written::Short => write!(f, "{told}"),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Told::Size(size) => write!(f, "{size}"),
            Told::Number(number) => write!(f, "{number:?}"),
            Told::Flag(flag) => write!(f, "{flag}"),
            Told::Axis(axis) => write!(f, "{axis}"),
            Told::Axes(axes) => write!(f, "{axes:?}"),
            Told::Shape(sizes) => {
                write!(f, "[{}]", sizes.iter().map(Length::to_string).collect::<Vec<_>>().join(", "))
            }
            Told::Argument(name) => write!(f, "{name}"),
            Told::Weight(name) => write!(f, "{name}.weight"),
        }
    }
}

impl Operator {
    pub const ALL: [Operator; 4] = [Operator::Add, Operator::Sub, Operator::Mul, Operator::Div];

    pub fn sign(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
        }
    }
}

impl Program {
    /// What the arguments of a block are where it is told this.
    pub fn told(&self, block: &Block, arguments: &[Argument], values: &Values) -> Values {
        let mut told: Values = vec![];
        for parameter in &block.parameters {
            let given = arguments.iter().find(|argument| argument.name == parameter.name);
            let value = match (given, &parameter.default) {
                (Some(argument), _) => argument.told.within(values),
                (None, Some(default)) => default.within(&told),
                (None, None) => unreachable!("`{}` is needed", parameter.name),
            };
            told.push((parameter.name.clone(), value));
        }
        told
    }
}

/// Whatever is in a body, looked at or changed.
pub trait Visitor {
    fn item(&mut self, _: &mut Item) {}
    fn told(&mut self, _: &mut Told) {}
    fn forward(&mut self, _: &mut Forward) {}
    fn expr(&mut self, _: &mut Expr) {}
}

pub fn visit(body: &mut Body, visitor: &mut dyn Visitor) {
    match body {
        Body::Stack(items) => visit_items(items, visitor),
        Body::Forward(forward) => {
            visitor.forward(forward);
            visit_items(&mut forward.members, visitor);
            let statements = forward.statements.iter_mut().map(|(_, value)| value);
            for value in statements.chain(forward.results.iter_mut().map(|(_, value)| value)) {
                visit_expr(value, visitor);
            }
        }
    }
}

fn visit_items(items: &mut [Item], visitor: &mut dyn Visitor) {
    for item in items {
        visitor.item(item);
        match &mut item.what {
            What::Layer(_, arguments) | What::Use(_, arguments) => {
                arguments.iter_mut().for_each(|argument| visitor.told(&mut argument.told));
            }
            What::Group(items) | What::Residual(items) => visit_items(items, visitor),
            What::Repeat(count, items) => {
                let mut told = Told::Size(count.clone());
                visitor.told(&mut told);
                if let Told::Size(changed) = told {
                    *count = changed;
                }
                visit_items(items, visitor);
            }
            What::Add(branches) | What::Concat(_, branches) => {
                branches.iter_mut().for_each(|branch| visit_items(&mut branch.items, visitor));
            }
        }
    }
}

fn visit_expr(expr: &mut Expr, visitor: &mut dyn Visitor) {
    visitor.expr(expr);
    match expr {
        Expr::Name(_) | Expr::Number(_) | Expr::Constant => {}
        Expr::Member(_, values) | Expr::Tuple(values) => {
            values.iter_mut().for_each(|value| visit_expr(value, visitor));
        }
        Expr::Function { values, told, .. } => {
            values.iter_mut().for_each(|value| visit_expr(value, visitor));
            told.iter_mut().for_each(|argument| visitor.told(&mut argument.told));
        }
        Expr::Binary(_, left, right) => {
            visit_expr(left, visitor);
            visit_expr(right, visitor);
        }
        Expr::Negative(of) => visit_expr(of, visitor),
    }
}

/// Whether a layer that is told this has a parameter of its own.
pub fn has_own(row: &dyn Layer, told: &[Argument]) -> bool {
    let shares = told.iter().any(|given| matches!(given.told, Told::Weight(_)));
    let bias =
        told.iter().find(|given| given.name == "bias").is_none_or(|given| given.told == Told::Flag(true));
    !row.fields().is_empty() && (!shares || bias)
}
