//! What a declaration computes, without the compiler's own reading of it: one flat graph of the book's rows, with a parameter
//! of its own for each run of each layer.
use super::run::{Applied, Machine, Meaning, Place, Refused, Run};
use super::tree::{Length, Operator, Program, Told};
use plywood_kernels::attrs::Attrs;
use plywood_kernels::compiler::own;
use plywood_kernels::graph::{Block, Graph, Kind, Origin, Value};
use plywood_kernels::layers::{ArgumentKind, Arguments, Builder, Given};
use plywood_kernels::ops::{self, elementwise::formula};
use plywood_kernels::scalar::{Expr, argument, constant};
use plywood_kernels::shape::{Requirements, Size, elements};
use plywood_kernels::types::{Element, Type};
use std::collections::HashMap;

/// Numbers that a value of one sample has at most: cases stay small.
const MOST: usize = 48;

/// A graph under construction.
pub struct Reference {
    pub graph: Graph,
    training: bool,
    streams: Size,
    leaves: HashMap<Place, Vec<(&'static str, Value)>>,
    /// The place of each parameter, by its number in the graph, and whether it is frozen.
    pub parameters: Vec<(Place, bool)>,
}

impl Reference {
    /// One that does nothing yet.
    pub fn new(training: bool) -> Reference {
        Reference {
            graph: Graph::default(),
            training,
            streams: Size::known(0),
            leaves: HashMap::new(),
            parameters: vec![],
        }
    }

    /// An input of a sample of these sizes.
    pub fn input(&mut self, number: usize, index: bool, sizes: &[usize]) -> Value {
        let sizes = sizes.iter().map(|size| Size::known(*size));
        let shape = std::iter::once(Size::batch()).chain(sizes).collect();
        self.graph.begin(Origin::of(&format!("in_{number}")));
        let ty = if index { Type::index(shape) } else { Type::real(shape) };
        self.graph.leaf_of(Kind::Input(number), ty)
    }

    /// The network of a program, and the number of each of its parameters in the order in which they are declared, with
    /// whether it is frozen.
    pub fn of(program: &Program, training: bool) -> Result<(Block, Vec<(usize, bool)>), Refused> {
        let mut machine = Reference::new(training);
        let inputs = program.inputs.iter().enumerate().map(|(number, port)| {
            let sizes: Vec<usize> = port.shape.iter().map(Length::value).collect();
            machine.input(number, port.index, &sizes)
        });
        let inputs = inputs.collect();
        let mut outputs = Run::new(program, &mut machine).network(inputs)?;
        let Reference { mut graph, streams, parameters, .. } = machine;
        own(&mut graph, outputs.iter_mut());
        let mut order: Vec<usize> = (0..parameters.len()).collect();
        order.sort_by_key(|number| &parameters[*number].0);
        let order = order.into_iter().map(|number| (number, parameters[number].1)).collect();
        Ok((Block::of("", graph, outputs, streams), order))
    }

    /// A formula of one value.
    fn formula(&mut self, of: Expr, x: Value) -> Result<Value, Refused> {
        if !self.graph.element(x).is_real() {
            return Err("a formula of indices".into());
        }
        Ok(formula(&mut self.graph, "of_one", of, &[x]))
    }

    fn checked(&self, value: Value) -> Result<Value, Refused> {
        let numbers = elements(&self.graph.shape(value)[1..]).as_known().unwrap_or(0);
        if numbers == 0 || numbers > MOST || self.graph.shape(value).len() < 2 {
            return Err(format!("{numbers} numbers"));
        }
        Ok(value)
    }

    fn new_leaves(&mut self, applied: &Applied, told: &Arguments, values: &[Value]) -> Result<(), Refused> {
        let shapes: Vec<_> = values.iter().map(|value| self.graph.shape(*value).clone()).collect();
        let shapes: Vec<&_> = shapes.iter().collect();
        let mut require = Requirements::default();
        let wrong = |mismatch| format!("{mismatch:?}");
        applied.row.check(&shapes, told, &mut require).map_err(wrong)?;
        let rows = applied.row.parameters(&shapes, told, &mut require).map_err(wrong)?;
        let weight = match applied.weight_of {
            Some(place) => {
                let leaves = self.leaves.get(place).ok_or("it is applied later")?;
                let weight = leaves.iter().find(|(name, _)| *name == "weight").ok_or("it has none")?.1;
                if rows.iter().any(|row| row.name == "weight" && row.shape != *self.graph.shape(weight)) {
                    return Err("its weight is of another shape".into());
                }
                Some(weight)
            }
            None => None,
        };
        let leaves = rows.into_iter().enumerate().map(|(number, row)| {
            if let Some(weight) = weight.filter(|_| row.name == "weight") {
                return (row.name, weight);
            }
            let place = [applied.place.as_slice(), &[number]].concat();
            self.parameters.push((place, applied.frozen));
            self.graph.begin(Origin::of(&format!("p_{}", self.parameters.len())));
            (row.name, self.graph.leaf(Kind::Parameter(self.parameters.len() - 1), row.shape))
        });
        let leaves = leaves.collect();
        self.leaves.insert(applied.place.clone(), leaves);
        Ok(())
    }
}

/// What a layer is told, with the defaults of the rest.
fn complete(applied: &Applied) -> Arguments {
    let mut complete = crate::graphs::generate::defaults(applied.row);
    for given in applied.told.iter().filter(|given| !matches!(given.told, Told::Weight(_))) {
        let row = applied.row.arguments().iter().find(|row| row.name == given.name);
        let row = row.unwrap_or_else(|| panic!("`{}` has no argument `{}`", applied.row.name(), given.name));
        let value = match (given.told.given(), row.kind) {
            (Given::Axis(axis), ArgumentKind::AxisOrAxes) => Given::Axes(vec![axis]),
            (value, _) => value,
        };
        complete.0.retain(|(name, _)| *name != row.name);
        complete.0.push((row.name, value));
    }
    complete
}

impl Machine for Reference {
    type Value = Value;

    fn apply(&mut self, applied: &Applied, values: &[Value]) -> Result<Value, Refused> {
        let told = complete(applied);
        // what is nearly the same number often has slopes that nobody could compare
        let few = |value: &Value| self.graph.shape(*value).last().and_then(Size::as_known) < Some(3);
        if applied.row.name().ends_with("Norm") && values.iter().any(few) {
            return Err("few numbers are normalised".into());
        }
        if !applied.row.inputs().takes(values.len()) {
            return Err(format!("{} values", values.len()));
        }
        for (k, value) in values.iter().enumerate() {
            let found = self.graph.element(*value);
            if found != applied.row.operand(k) {
                return Err(format!("{found} numbers"));
            }
        }
        let has_parameters = !applied.row.fields().is_empty();
        if !has_parameters || !self.leaves.contains_key(applied.place) {
            self.new_leaves(applied, &told, values)?;
        }
        let leaves = self.leaves[applied.place].clone();
        self.graph.begin(Origin::of(&format!("value_{}", self.graph.len())));
        let Reference { graph, training, streams, .. } = self;
        let mut builder =
            Builder { graph, inputs: values, training: *training, parameters: &leaves, streams };
        let made = applied.row.build(&mut builder, &told).map_err(|mismatch| format!("{mismatch:?}"))?;
        self.checked(made)
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Meaning<Value>,
        right: &Meaning<Value>,
    ) -> Result<Value, Refused> {
        let of = |a: Expr, b: Expr| match operator {
            Operator::Add => a + b,
            Operator::Sub => a - b,
            Operator::Mul => a * b,
            Operator::Div => a / b,
        };
        self.graph.begin(Origin::of(&format!("value_{}", self.graph.len())));
        match (left, right) {
            (Meaning::One(a), Meaning::One(b)) => {
                if self.graph.ty(*a) != self.graph.ty(*b) || self.graph.element(*a) != Element::F32 {
                    return Err("values of several shapes".into());
                }
                let op = match operator {
                    Operator::Add => &ops::ADD,
                    Operator::Sub => &ops::SUB,
                    Operator::Mul => &ops::MUL,
                    Operator::Div => &ops::DIV,
                };
                let made = self.graph.apply(op, Attrs::NONE, &[*a, *b]);
                made.map_err(|mismatch| format!("{mismatch:?}"))
            }
            (Meaning::One(x), Meaning::Number(by)) => self.formula(of(argument(0), constant(*by)), *x),
            (Meaning::Number(by), Meaning::One(x)) => self.formula(of(constant(*by), argument(0)), *x),
            _ => Err("several values".into()),
        }
    }

    fn negative(&mut self, value: &Value) -> Result<Value, Refused> {
        self.graph.begin(Origin::of(&format!("value_{}", self.graph.len())));
        self.formula(-argument(0), *value)
    }

    fn alike(&self, one: &Value, other: &Value) -> bool {
        self.graph.ty(*one) == self.graph.ty(*other)
    }
}
