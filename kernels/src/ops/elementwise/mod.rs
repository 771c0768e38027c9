//! Elementwise ops: the row types that make one a formula and nothing else, and the registry of such rows.
mod abs;
mod arith;
mod elu;
mod exp;
mod gelu;
mod hardtanh;
mod leaky_relu;
mod mish;
mod power;
mod prelu;
mod relu;
mod sigmoid;
mod silu;
mod softplus;
mod softsign;
mod tanh;
mod threshold;

use crate::arguments::{Argument, Arguments, Default, Given, Together};
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Value};
use crate::op::{Application, Lowered, Op, Sample, Tensor, Tested};
use crate::random::Random;
use crate::scalar::{Expr, argument, constant};
use crate::shape::broadcast::{broadcast, broadcast_index};
use crate::shape::{Mismatch, Requirements, Shape, Size, elements};

pub use arith::{ADD, DIV, MAX, MIN, MUL, POW, SUB};
pub use prelu::PRELU;

/// Elementwise ops of one value; each is a layer too.
pub static UNARY: &[&Unary] = &[
    &relu::RELU,
    &tanh::TANH,
    &sigmoid::SIGMOID,
    &gelu::GELU,
    &gelu::GELU_TANH,
    &leaky_relu::LEAKY_RELU,
    &elu::ELU,
    &elu::SELU,
    &elu::CELU,
    &silu::SILU,
    &mish::MISH,
    &softplus::SOFTPLUS,
    &softplus::LOG_SIGMOID,
    &softsign::SOFTSIGN,
    &hardtanh::HARDTANH,
    &hardtanh::RELU6,
    &hardtanh::HARDSIGMOID,
    &hardtanh::HARDSWISH,
    &hardtanh::CLAMP,
    &threshold::THRESHOLD,
    &threshold::HARDSHRINK,
    &threshold::SOFTSHRINK,
    &threshold::TANHSHRINK,
    &exp::EXP,
    &exp::LN,
    &power::SQRT,
    &power::SQUARE,
    &power::RECIPROCAL,
    &power::POWF,
    &abs::ABS,
    &abs::NEG,
];
/// Elementwise ops of two values.
pub static BINARY: &[&Binary] = &[&ADD, &SUB, &MUL, &DIV, &MAX, &MIN, &POW, &PRELU];

/// The numbers that an elementwise function was told, in the order of its arguments; 0 beyond them.
pub type Numbers = [f64; 3];

/// An elementwise function of one value. Every such row is also a layer by the name `layer`.
pub struct Unary {
    /// Name in graphs.
    pub name: &'static str,
    /// Name as a layer, and of the rules printed for it.
    pub layer: &'static str,
    /// What the layer is called in other libraries; see [`renamed`](crate::layers::renamed).
    pub also: &'static [&'static str],
    /// Name of its gradient in generated code.
    pub backward: &'static str,
    /// What it computes, for documentation.
    pub doc: &'static str,
    /// The numbers it is told, three at most: attributes of the op, arguments of the layer, constants in the formula.
    pub arguments: &'static [Argument],
    /// What those must be together.
    pub together: &'static [Together],
    /// The function.
    pub f: fn(Expr, Numbers) -> Expr,
    /// Its slope from the input and the output, where that is cheaper or safer than the derived one; the tests hold
    /// the two against each other.
    pub slope: Option<fn(Expr, Expr, Numbers) -> Expr>,
    /// Between which inputs tests compare its slope with differences: where it is defined, and on all its sides.
    pub domain: (f64, f64),
    /// What else than the defaults tests tell it.
    pub samples: &'static [&'static [f64]],
    /// How far its rule in `f32` may be from the formula: so many units in the last place, and then so much; the
    /// second only where it has to be, as where two numbers cancel.
    pub error: (f64, f64),
}
impl Unary {
    /// What a row leaves out.
    pub const DEFAULT: Unary = Unary {
        name: "",
        layer: "",
        also: &[],
        backward: "",
        doc: "",
        arguments: &[],
        together: &[],
        f: |x, _| x,
        slope: None,
        domain: (-1.0, 1.0),
        samples: &[],
        error: (4.0, 1e-36),
    };

    /// The function of argument 0.
    pub fn formula(&self, numbers: Numbers) -> Expr {
        (self.f)(argument(0), numbers)
    }
    /// The slope, from the input (argument 0) and the output (argument 1).
    pub fn slope(&self, numbers: Numbers) -> Expr {
        match self.slope {
            Some(slope) => slope(argument(0), argument(1), numbers),
            None => self.formula(numbers).derivative(0),
        }
    }
    /// What it is told if it is told nothing; `None` where that is not enough.
    pub fn defaults(&self) -> Option<Numbers> {
        let mut numbers = [0.0; 3];
        for (number, argument) in numbers.iter_mut().zip(self.arguments) {
            let Default::Number(default) = argument.default else { return None };
            *number = default;
        }
        let given = self.given(numbers);
        self.together.iter().all(|together| (together.holds)(&given)).then_some(numbers)
    }
    /// Every set of numbers that tests tell it.
    pub fn sets(&self) -> Vec<Numbers> {
        let filled = |set: &&[f64]| std::array::from_fn(|i| set.get(i).copied().unwrap_or_default());
        self.defaults().into_iter().chain(self.samples.iter().map(filled)).collect()
    }
    /// As the op's attributes.
    pub fn attrs(&self, numbers: Numbers) -> Attrs {
        let named = self.arguments.iter().zip(numbers);
        named.fold(Attrs::NONE, |attrs, (argument, n)| attrs.with(argument.name, Attr::Number(n)))
    }
    /// As the layer's arguments.
    pub fn given(&self, numbers: Numbers) -> Arguments {
        Arguments(self.arguments.iter().zip(numbers).map(|(a, n)| (a.name, Given::Number(n))).collect())
    }
    /// The numbers by the names of the arguments.
    pub fn numbers(&self, by: impl Fn(&str) -> f64) -> Numbers {
        std::array::from_fn(|i| self.arguments.get(i).map_or(0.0, |argument| by(argument.name)))
    }
}

/// The slopes by both inputs, from these and the output.
pub type Slopes = fn(Expr, Expr, Expr) -> [Expr; 2];

/// An elementwise function of two values, the smaller broadcast to the larger by NumPy's rule.
pub struct Binary {
    /// Name in graphs.
    pub name: &'static str,
    /// Name of its gradients in generated code.
    pub backward: &'static str,
    /// What it computes, for documentation.
    pub doc: &'static str,
    /// The function.
    pub f: fn(Expr, Expr) -> Expr,
    /// Its slopes, where the derived ones are not what is wanted: at ties, or
    /// where they are no number. The tests hold them against the derived ones elsewhere.
    pub slopes: Option<Slopes>,
    /// Between which inputs tests compare its slopes with differences.
    pub domains: [(f64, f64); 2],
}
impl Binary {
    /// What a row leaves out.
    pub const DEFAULT: Binary =
        Binary { name: "", backward: "", doc: "", f: |a, _| a, slopes: None, domains: [(-1.0, 1.0); 2] };

    /// The function of arguments 0 and 1.
    pub fn formula(&self) -> Expr {
        (self.f)(argument(0), argument(1))
    }
    /// The slope by input `k`, from the inputs (arguments 0 and 1) and the output (argument 2).
    pub fn slope(&self, k: usize) -> Expr {
        match self.slopes {
            Some(slopes) => slopes(argument(0), argument(1), argument(2))[k],
            None => self.formula().derivative(k as u32),
        }
    }
}

/// An elementwise formula over any number of values: what the gradients of elementwise ops are made of.
/// Attributes `formula`, and `name` for generated code.
pub struct Formula;

/// A formula applied to values; those it does not use are dropped, so that nothing is kept for them.
pub fn formula(graph: &mut Graph, name: &str, formula: Expr, inputs: &[Value]) -> Value {
    let mut by: Vec<Expr> = vec![argument(0); inputs.len()];
    let mut used = vec![];
    for (i, input) in inputs.iter().enumerate() {
        if formula.uses(i as u32) {
            let at = used.iter().position(|v| v == input).unwrap_or_else(|| {
                used.push(*input);
                used.len() - 1
            });
            by[i] = argument(at as u32);
        }
    }
    let formula = formula.substitute(&by);
    if formula == argument(0) {
        return used[0];
    }
    graph.must(&Formula, named(name, formula), &used)
}

/// A gradient as a formula; `None` where that is 0 whatever the inputs, and so has no shape.
fn gradient(graph: &mut Graph, name: &str, slope: Expr, inputs: &[Value]) -> Option<Value> {
    (slope != constant(0.0)).then(|| formula(graph, name, slope, inputs))
}

/// Attributes for a formula of that name.
pub fn named(name: &str, formula: Expr) -> Attrs {
    Attrs::NONE.with("name", Attr::Name(name.into())).with("formula", Attr::Formula(formula))
}

fn evaluate(formula: Expr, inputs: &[Tensor], output: &[usize]) -> Vec<f64> {
    let count: usize = output.iter().product();
    let element = |i: usize| -> Vec<f64> {
        inputs.iter().map(|t| t.data[broadcast_index(i, output, t.shape)]).collect()
    };
    (0..count).map(|i| formula.evaluate(&element(i))).collect()
}

/// What an elementwise row says of itself; the rest of being an op follows.
trait Elementwise: Sync {
    fn name(&self) -> &'static str;
    /// The formula over the inputs.
    fn formula(&self, attrs: &Attrs) -> Expr;
    /// What it contributes to the name of a rule.
    fn word(&self, _: &Attrs) -> String {
        Elementwise::name(self).into()
    }
    /// The gradient of input `k` as a formula: its name, the formula, and over which values. Argument 0 is the
    /// output's gradient.
    fn gradient(&self, at: &Application, k: usize, dy: Value) -> (String, Expr, Vec<Value>);
    fn samples(&self) -> Vec<Sample>;
}

impl<E: Elementwise> Op for E {
    fn name(&self) -> &'static str {
        Elementwise::name(self)
    }
    fn shape(&self, inputs: &[&Shape], _: &Attrs, require: &mut Requirements) -> Result<Shape, Mismatch> {
        broadcast(inputs, require)
    }
    fn grad(&self, graph: &mut Graph, at: &Application, k: usize, dy: Value) -> Option<Value> {
        let (name, formula, inputs) = Elementwise::gradient(self, at, k, dy);
        gradient(graph, &name, formula, &inputs)
    }
    fn flops(&self, _: &[&Shape], output: &Shape, attrs: &Attrs) -> Size {
        &Size::known(self.formula(attrs).flops()) * &elements(output)
    }
    fn lower(&self, attrs: &Attrs) -> Lowered {
        Lowered::Map { formula: self.formula(attrs), word: self.word(attrs) }
    }
}

impl<E: Elementwise> Tested for E {
    fn reference(&self, inputs: &[Tensor], attrs: &Attrs, output: &[usize], _: Random) -> Vec<f64> {
        evaluate(self.formula(attrs), inputs, output)
    }
    fn samples(&self) -> Vec<Sample> {
        Elementwise::samples(self)
    }
}

impl Elementwise for Unary {
    fn name(&self) -> &'static str {
        self.name
    }
    fn formula(&self, attrs: &Attrs) -> Expr {
        Unary::formula(self, self.numbers(|name| attrs.number(name)))
    }
    fn gradient(&self, at: &Application, _: usize, dy: Value) -> (String, Expr, Vec<Value>) {
        let slope = self.slope(self.numbers(|name| at.attrs.number(name)));
        let d = argument(0) * slope.substitute(&[argument(1), argument(2)]);
        (self.backward.into(), d, vec![dy, at.inputs[0], at.output])
    }
    fn samples(&self) -> Vec<Sample> {
        let shapes: [&[&[usize]]; 2] = [&[&[3, 7]], &[&[2, 3, 17]]];
        let of =
            |numbers| shapes.map(|shapes| Sample::of(shapes, self.attrs(numbers)).within(&[self.domain]));
        self.sets().into_iter().flat_map(of).collect()
    }
}

impl Elementwise for Binary {
    fn name(&self) -> &'static str {
        self.name
    }
    fn formula(&self, _: &Attrs) -> Expr {
        Binary::formula(self)
    }
    fn gradient(&self, at: &Application, k: usize, dy: Value) -> (String, Expr, Vec<Value>) {
        let d = argument(0) * self.slope(k).substitute(&[argument(1), argument(2), argument(3)]);
        (self.backward.into(), d, vec![dy, at.inputs[0], at.inputs[1], at.output])
    }
    fn samples(&self) -> Vec<Sample> {
        let of = |shapes: &[&[usize]]| Sample::of(shapes, Attrs::NONE).within(&self.domains);
        vec![
            of(&[&[3, 7], &[3, 7]]),
            of(&[&[3, 17], &[17]]),
            of(&[&[3, 1], &[1, 5]]),
            of(&[&[2, 3, 5], &[3, 1]]),
            Sample::refused(&[&[3, 7], &[3, 5]], Attrs::NONE),
            Sample::refused(&[&[7, 3], &[7]], Attrs::NONE),
        ]
    }
}

impl Elementwise for Formula {
    fn name(&self) -> &'static str {
        "formula"
    }
    fn formula(&self, attrs: &Attrs) -> Expr {
        attrs.formula("formula")
    }
    fn word(&self, attrs: &Attrs) -> String {
        attrs.name("name").into()
    }
    fn gradient(&self, at: &Application, k: usize, dy: Value) -> (String, Expr, Vec<Value>) {
        let shifted: Vec<Expr> = (1..=at.inputs.len() as u32).map(argument).collect();
        let d = argument(0) * at.attrs.formula("formula").derivative(k as u32).substitute(&shifted);
        let name = at.attrs.name("name");
        let name = if name.ends_with("_backward") { name.to_string() } else { format!("{name}_backward") };
        (name, d, [&[dy], at.inputs].concat())
    }
    fn samples(&self) -> Vec<Sample> {
        let (x, y, d) = (argument(0), argument(1), argument(2));
        let attrs = named("sample", (x * d).tanh() + y * y);
        vec![
            Sample::of(&[&[3, 5], &[5], &[3, 1]], attrs.clone()),
            Sample::of(&[&[2, 3, 5], &[3, 1], &[5]], attrs.clone()),
            Sample::refused(&[&[3, 5], &[4], &[3, 1]], attrs),
        ]
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_stated_slope_is_the_derived_one() {
        let between = |(low, high): (f64, f64), i: i32| low + (high - low) * (f64::from(i) + 0.43) / 80.0;
        let agree = |derived: f64, stated: f64| (derived - stated).abs() < 1e-12 * (1.0 + derived.abs());
        for row in crate::ops::UNARY.iter().filter(|row| row.slope.is_some()) {
            for (numbers, i) in row.sets().into_iter().flat_map(|set| (0..80).map(move |i| (set, i))) {
                let far = if row.domain.0 < 0.0 { 4.0 } else { 1.0 };
                let x = between((far * row.domain.0, far * row.domain.1), i);
                let y = row.formula(numbers).evaluate(&[x]);
                let derived = row.formula(numbers).derivative(0).evaluate(&[x]);
                let stated = row.slope(numbers).evaluate(&[x, y]);
                assert!(agree(derived, stated), "{} at {x}: {derived} {stated}", row.name);
            }
        }
        for row in crate::ops::BINARY.iter().filter(|row| row.slopes.is_some()) {
            for (i, k) in (0..80).flat_map(|i| (0..2).map(move |k| (i, k))) {
                let [a, b] = [between(row.domains[0], i), between(row.domains[1], (i * 31 + 7) % 80)];
                let y = row.formula().evaluate(&[a, b]);
                let derived = row.formula().derivative(k as u32).evaluate(&[a, b]);
                let stated = row.slope(k).evaluate(&[a, b, y]);
                assert!(agree(derived, stated), "{} by {k} at {a}, {b}: {derived} {stated}", row.name);
            }
        }
    }
}
