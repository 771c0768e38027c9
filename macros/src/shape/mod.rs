//! Runs the shape rules of the book along the statements. The only place that words a [`Mismatch`].
//!
//! [`Mismatch`]: plywood_kernels::shape::Mismatch
mod agree;
mod begin;
mod body;
mod layer;
mod shared;

use crate::assertions::{Assertion, Assertions};
use crate::body::Body;
use crate::diagnostics::{Diagnostics, Place};
use crate::resolve::{Header, Labels, Name, Resolved};
use crate::role::Role;
use crate::sizes::Placeholder;
use plywood_kernels::layers::{Arguments, Layer, Parameter};
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use proc_macro2::{Ident, Span};
use std::collections::HashMap;

pub use shared::Shared;

/// A declaration whose shapes agree.
pub struct Shaped {
    /// What stands before the layers.
    pub header: Header,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// What happens between them.
    pub body: Body<ShapedMember>,
    /// What is left to assert, since only the user's constants decide it.
    pub assertions: Vec<Assertion>,
}

/// A value of the signature.
pub struct Port {
    /// Its name, if it was given one.
    pub name: Option<Ident>,
    /// Its type, batch first.
    pub ty: Type,
    /// Whether the gradient with respect to it is asked for.
    pub gradient: bool,
    /// What its indices are below; nothing for real numbers.
    pub limits: Vec<Size>,
}

/// What is known of a declaration that has a mistake.
pub struct Sketch {
    /// What stands before the layers.
    pub header: Header,
    /// The name and the type of each input, batch first, as far as they are known.
    pub inputs: Vec<(Option<Ident>, Option<Type>)>,
    /// Whether the gradient with respect to each is asked for.
    pub gradients: Vec<bool>,
    /// That of each output, likewise.
    pub outputs: Vec<(Option<Ident>, Option<Type>)>,
    /// What happens between them; what stands for an unknown layer has parameters of any shape.
    pub body: Body<ShapedMember>,
}

/// What owns parameters and a name.
pub enum ShapedMember {
    /// A layer of the book.
    Layer(ShapedLayer),
    /// A block that runs several times.
    Repeat(ShapedRepeat),
    /// Members under one name.
    Group(ShapedGroup),
}

/// A layer with its shapes.
pub struct ShapedLayer {
    /// Its names.
    pub name: Name,
    /// Its row.
    pub layer: &'static dyn Layer,
    /// Its arguments.
    pub arguments: Arguments,
    /// What comes out.
    pub output: Type,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Those that are another layer's.
    pub shared: Vec<Shared>,
    /// What training does to them.
    pub role: Role,
    /// The layer with its inferred sizes.
    pub description: String,
    /// Operations of one call for one sample.
    pub flops: Size,
    /// How often it is applied.
    pub calls: usize,
}

/// A block that runs several times.
pub struct ShapedRepeat {
    /// Its names.
    pub name: Name,
    /// What its functions and its view are called; a row of uses of one block has their kind.
    pub kind: String,
    /// What is repeated, where that is a block: `Basic(64)`.
    pub of: Option<String>,
    /// How often it runs.
    pub count: Size,
    /// What goes in and comes out of every iteration.
    pub carried: Type,
    /// One iteration.
    pub body: Body<ShapedMember>,
    /// How often it is applied.
    pub calls: usize,
}

/// A group, or a use of a block.
pub struct ShapedGroup {
    /// Its names.
    pub name: Name,
    /// What its functions and its view are called; uses of one block on the same types have one kind.
    pub kind: String,
    /// Whether it is a use of a block.
    pub instance: bool,
    /// The use as it is written, or `group`.
    pub description: String,
    /// What goes in.
    pub inputs: Vec<Type>,
    /// What comes out.
    pub outputs: Vec<Type>,
    /// What it does.
    pub body: Body<ShapedMember>,
    /// How often it is applied.
    pub calls: usize,
}

/// Checks every shape. After a mistake, here or before, what follows is judged by what is known all the same.
pub fn shape(resolved: Resolved, diagnostics: &mut Diagnostics) -> Result<Shaped, Box<Sketch>> {
    let Resolved { header, inputs, outputs, body, assertions, unknown, labels } = resolved;
    let mut stage = Stage {
        diagnostics,
        assertions,
        unknown,
        wide: None,
        path: vec![],
        kinds: HashMap::new(),
        labels,
        limits: vec![vec![]; inputs.len()],
    };
    for (ports, what) in [(&inputs, "a size of the input"), (&outputs, "a size of the output")] {
        for port in ports {
            for size in port.ty.iter().flat_map(|ty| &ty.shape) {
                stage.positive(size, what, port.span);
            }
        }
    }
    let several = inputs.len() > 1;
    let given = inputs.iter().enumerate().map(|(number, port)| {
        let from = match &port.name {
            Some(name) if several => format!("the input `{name}`"),
            _ => INPUT.into(),
        };
        let indices = port.ty.as_ref().is_some_and(|ty| !ty.element.is_real());
        Bound {
            ty: port.ty.clone(),
            from,
            ports: indices.then_some(number).into_iter().collect(),
            doubtful: false,
        }
    });
    let mut given: Vec<Bound> = given.collect();
    if given.len() != body.inputs {
        // which has been said
        given = vec![Bound::default(); body.inputs];
    }
    let (body, results) = stage.body(body, given);
    stage.as_many(&outputs, &results, header.name.span());
    for (port, result) in outputs.iter().zip(&results) {
        let (Some(declared), Some(found), false) = (&port.ty, &result.ty, result.doubtful) else { continue };
        let input = inputs.first().and_then(|port| port.ty.as_ref());
        let help = stage.end_help(input, &declared.shape, &found.shape);
        let named = port.name.as_ref().filter(|_| outputs.len() > 1);
        let exchanged =
            named.is_some() && outputs.iter().any(|other| other.ty != port.ty && other.ty == result.ty);
        let help = if exchanged {
            let names: Vec<String> =
                outputs.iter().filter_map(|port| Some(format!("{}: …", port.name.as_ref()?))).collect();
            format!("another output has this shape: `forward` may end with names, `({})`", names.join(", "))
        } else {
            help
        };
        let declared_as =
            named.map_or("the declared output is".into(), |name| format!("the output `{name}` is"));
        let text = (declared_as.as_str(), "but the layers give");
        if !stage.agree(declared, found, &result.from, port.span.into(), text, &help) && exchanged {
            break;
        }
    }
    // a mistake that nobody said must not become code
    let mut limits = std::mem::take(&mut stage.limits).into_iter();
    let (assertions, guessed) = (stage.assertions.into_list(), stage.unknown.stands_in());
    let mut known = |ports: &[crate::resolve::Port]| -> Option<Vec<Port>> {
        ports
            .iter()
            .map(|port| {
                let limits = limits.next().unwrap_or_default();
                Some(Port { name: port.name.clone(), ty: port.ty.clone()?, gradient: port.gradient, limits })
            })
            .collect()
    };
    match (known(&inputs), known(&outputs)) {
        (Some(inputs), Some(outputs)) if diagnostics.is_empty() && !guessed => {
            Ok(Shaped { header, inputs, outputs, body, assertions })
        }
        _ => {
            let gradients = inputs.iter().map(|port| port.gradient).collect();
            let [inputs, outputs] =
                [inputs, outputs].map(|ports| ports.into_iter().map(|port| (port.name, port.ty)).collect());
            Err(Box::new(Sketch { header, inputs, gradients, outputs, body }))
        }
    }
}

/// What a stack's only input is called.
const INPUT: &str = "the input";

/// Where a statement stands.
#[derive(Clone, Copy)]
struct At<'b> {
    /// What is applied.
    span: Span,
    /// What it is applied to, where that has places of its own.
    places: &'b [Place],
}

impl At<'_> {
    /// The place of that input.
    fn input(&self, number: usize) -> Place {
        self.places.get(number).copied().unwrap_or(self.span.into())
    }
}

/// A value of a body.
#[derive(Clone, Default)]
struct Bound {
    /// Nothing where it is not known, which has been said.
    ty: Option<Type>,
    /// What made it, for messages.
    from: String,
    /// The inputs whose indices are in it.
    ports: Vec<usize>,
    /// Whether what decided its shape is wrong, which has been said: another may be meant.
    doubtful: bool,
}

/// A member that was applied.
struct Called {
    member: ShapedMember,
    /// Its name in messages.
    subject: String,
    /// What it was applied to first.
    inputs: Vec<Bound>,
    /// What it gave.
    outputs: Vec<Bound>,
    /// What the indices of each input are below.
    limits: Vec<Vec<Size>>,
    /// The inputs whose indices are in each output.
    through: Vec<Vec<usize>>,
    calls: usize,
}

struct Stage<'a> {
    diagnostics: &'a mut Diagnostics,
    assertions: Assertions,
    unknown: Placeholder,
    /// The first layer with parameters that works on the last of several axes.
    wide: Option<String>,
    /// The keys of what is being looked at, from outside.
    path: Vec<String>,
    /// What uses of blocks are called and then what is in them, by what decides what they compute.
    kinds: HashMap<Kind, Vec<String>>,
    labels: Labels,
    /// What the indices of each input are below.
    limits: Vec<Vec<Size>>,
}

/// What decides what a use of a block computes.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    template: usize,
    arguments: Vec<String>,
    role: Role,
    inputs: Vec<Type>,
}

impl Stage<'_> {
    /// Asserts that a size that constants decide is at least 1; known ones were judged where they were read.
    fn positive(&mut self, size: &Size, what: &str, place: impl Into<Place>) {
        if !self.unknown.is(size) {
            self.assertions.positive(size, what, place.into());
        }
    }
}

/// `` `fc1` ``, or `` `Relu` `` for a layer without a name.
fn called(name: &Name, word: &str) -> String {
    if name.declared || name.is_function() { format!("`{}`", name.key) } else { format!("`{word}`") }
}
