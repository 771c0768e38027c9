//! Runs the shape rules of the book along the statements. The only place that words a [`Mismatch`].
//!
//! [`Mismatch`]: plywood_kernels::shape::Mismatch
mod agree;
mod begin;
mod body;
mod layer;

use crate::assertions::{Assertion, Assertions};
use crate::body::Body;
use crate::diagnostics::{Diagnostics, Place};
use crate::resolve::{Header, Name, Resolved};
use crate::role::Role;
use crate::sizes::Placeholder;
use plywood_kernels::layers::{Arguments, Layer, Parameter};
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use proc_macro2::Ident;

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
}

/// What is known of a declaration that has a mistake.
pub struct Sketch {
    /// What stands before the layers.
    pub header: Header,
    /// The type of each input, batch first, if it is known.
    pub inputs: Vec<Option<Type>>,
    /// That of each output, likewise.
    pub outputs: Vec<Option<Type>>,
    /// What happens between them; what stands for an unknown layer has parameters of any shape.
    pub body: Body<ShapedMember>,
}

/// What owns parameters and a name.
pub enum ShapedMember {
    /// A layer of the book.
    Layer(ShapedLayer),
    /// A block that runs several times.
    Repeat(ShapedRepeat),
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
    /// How often it runs.
    pub count: Size,
    /// What goes in and comes out of every iteration.
    pub carried: Type,
    /// One iteration.
    pub body: Body<ShapedMember>,
    /// How often it is applied.
    pub calls: usize,
}

/// Checks every shape. After a mistake, here or before, what follows is judged by what is known all the same.
pub fn shape(resolved: Resolved, diagnostics: &mut Diagnostics) -> Result<Shaped, Box<Sketch>> {
    let Resolved { header, inputs, outputs, body, assertions, unknown } = resolved;
    let mut stage = Stage { diagnostics, assertions, unknown, wide: None };
    for (ports, what) in [(&inputs, "a size of the input"), (&outputs, "a size of the output")] {
        for port in ports {
            for size in port.ty.iter().flat_map(|ty| &ty.shape) {
                stage.positive(size, what, port.span);
            }
        }
    }
    let several = inputs.len() > 1;
    let given = inputs.iter().map(|port| {
        let from = match &port.name {
            Some(name) if several => format!("the input `{name}`"),
            _ => INPUT.into(),
        };
        Bound { ty: port.ty.clone(), from, doubtful: false }
    });
    let (body, results) = stage.body(body, given.collect());
    for (port, result) in outputs.iter().zip(&results) {
        let (Some(declared), Some(found), false) = (&port.ty, &result.ty, result.doubtful) else { continue };
        let input = inputs.first().and_then(|port| port.ty.as_ref());
        let help = stage.end_help(input, &declared.shape, &found.shape);
        let text = ("the declared output is", "but the layers give");
        stage.agree(declared, found, &result.from, port.span.into(), text, &help);
    }
    // a mistake that nobody said must not become code
    let (assertions, guessed) = (stage.assertions.into_list(), stage.unknown.stands_in());
    let known = |ports: &[crate::resolve::Port]| -> Option<Vec<Port>> {
        ports.iter().map(|port| Some(Port { name: port.name.clone(), ty: port.ty.clone()? })).collect()
    };
    match (known(&inputs), known(&outputs)) {
        (Some(inputs), Some(outputs)) if diagnostics.is_empty() && !guessed => {
            Ok(Shaped { header, inputs, outputs, body, assertions })
        }
        _ => {
            let [inputs, outputs] =
                [inputs, outputs].map(|ports| ports.into_iter().map(|port| port.ty).collect());
            Err(Box::new(Sketch { header, inputs, outputs, body }))
        }
    }
}

/// What a stack's only input is called.
const INPUT: &str = "the input";

/// A value of a body.
#[derive(Clone, Default)]
struct Bound {
    /// Nothing where it is not known, which has been said.
    ty: Option<Type>,
    /// What made it, for messages.
    from: String,
    /// Whether what decided its shape is wrong, which has been said: another may be meant.
    doubtful: bool,
}

struct Stage<'a> {
    diagnostics: &'a mut Diagnostics,
    assertions: Assertions,
    unknown: Placeholder,
    /// The first layer with parameters that works on the last of several axes.
    wide: Option<String>,
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
    if name.declared { format!("`{}`", name.key) } else { format!("`{word}`") }
}
