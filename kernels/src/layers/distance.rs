//! How alike two values are, along an axis.
use super::axes::{at, axis, last};
use super::{Argument, Arguments, Arity, Builder, Default, Given, Layer, Sample};
use crate::attrs::Attrs;
use crate::graph::{Graph, Value};
use crate::ops::elementwise::formula;
use crate::ops::{MUL, SUM, sum};
use crate::scalar::{argument, select};
use crate::shape::{Mismatch, Requirements, Shape, Size};

const EPS: fn(&Given) -> bool = |given| matches!(given, Given::Number(eps) if *eps >= 0.0);

/// `x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps))` along an axis, which disappears. PyTorch's `CosineSimilarity`: it too
/// bounds each norm by itself.
pub struct CosineSimilarity;

/// `‖x1 - x2 + eps‖ₚ` along the last axis, which disappears. PyTorch's `PairwiseDistance`.
pub struct PairwiseDistance;

/// Demands that both have one shape.
fn same(inputs: &[&Shape], require: &mut Requirements) -> Result<(), Mismatch> {
    require.require_same(1, inputs[0], inputs[1])
}

impl Layer for CosineSimilarity {
    fn name(&self) -> &'static str {
        "cosine_similarity"
    }
    fn doc(&self) -> &'static str {
        "`x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps))` of two values of one shape, along an axis, which disappears."
    }
    fn also(&self) -> &'static [&'static str] {
        &["cosine", "cos_sim", "cosine_sim"]
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::axis("the axis of the vectors that are compared, which disappears", Default::Axis(0)),
            Argument::number("eps", "the least that a norm counts as", 1e-8).must_be("at least 0", EPS),
        ];
        ARGUMENTS
    }
    fn inputs(&self) -> Arity {
        Arity::Exactly(2)
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        same(inputs, require)?;
        require.of("axis");
        axis(inputs[0], arguments.axis("axis"), require).map(drop)
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let (x1, x2) = (builder.inputs[0], builder.inputs[1]);
        let graph = &mut *builder.graph;
        let (axis, eps) = (at(graph.shape(x1), arguments.axis("axis")), arguments.number("eps"));
        let sum = |graph: &mut Graph, a: Value, b: Value| {
            let products = graph.apply(&MUL, Attrs::NONE, &[a, b])?;
            graph.apply(&SUM, sum::over(axis..axis + 1), &[products])
        };
        let parts = [sum(graph, x1, x2)?, sum(graph, x1, x1)?, sum(graph, x2, x2)?];
        // a choice: the slope of a root at 0, where `eps` is taken, is infinite
        let norm = |k: u32| select(argument(k).gt(eps * eps), argument(k).sqrt(), eps);
        Ok(formula(graph, "cosine", argument(0) / (norm(1) * norm(2)), &parts))
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("cosine_similarity(axis: {})", arguments.axis("axis"))
    }
    fn samples(&self) -> Vec<Sample> {
        let along = |axis: i64| [("axis", Given::Axis(axis))];
        vec![
            Sample::of(&[3, 5], []).and(&[3, 5]),
            Sample::of(&[2, 3, 5], along(-1)).and(&[2, 3, 5]),
            Sample::of(&[2, 3, 5], along(0)).and(&[2, 3, 5]),
            Sample::refused(&[3, 5], along(0)).and(&[3, 4]),
            Sample::refused(&[3, 5], along(1)).and(&[3, 5]),
        ]
    }
}

impl Layer for PairwiseDistance {
    fn name(&self) -> &'static str {
        "pairwise_distance"
    }
    fn doc(&self) -> &'static str {
        "`‖x1 - x2 + eps‖ₚ` of two values of one shape, along the last axis, which disappears."
    }
    fn also(&self) -> &'static [&'static str] {
        &["distance", "euclidean_distance", "dist"]
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            Argument::number("p", "the power of the norm: 1 adds distances up, 2 is Euclid's", 2.0)
                .must_be("at least 1", |given| matches!(given, Given::Number(p) if *p >= 1.0)),
            Argument::number("eps", "what is added to each difference", 1e-6).must_be("at least 0", EPS),
        ];
        ARGUMENTS
    }
    fn inputs(&self) -> Arity {
        Arity::Exactly(2)
    }
    fn check(&self, inputs: &[&Shape], _: &Arguments, require: &mut Requirements) -> Result<(), Mismatch> {
        same(inputs, require)?;
        require.require_le(0, "axes", &Size::known(1), &Size::known(inputs[0].len() - 1))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let (graph, inputs) = (&mut *builder.graph, builder.inputs);
        let (p, axis) = (arguments.number("p"), graph.shape(inputs[0]).len() - 1);
        let (apart, s) = (argument(0) - argument(1) + arguments.number("eps"), argument(0));
        // a choice: the slope of a root at 0 is infinite, and PyTorch's of a norm is 0
        let (power, root) = match p {
            1.0 => (apart.abs(), s),
            2.0 => (apart * apart, select(s, s.sqrt(), 0.0)),
            p => (apart.abs().pow(p), select(s, s.pow(1.0 / p), 0.0)),
        };
        let powers = formula(graph, "power_of_distance", power, inputs);
        let total = graph.apply(&SUM, sum::over(axis..axis + 1), &[powers])?;
        Ok(formula(graph, "distance", root, &[total]))
    }
    fn describe(&self, inputs: &[&Shape], arguments: &Arguments) -> String {
        format!("pairwise_distance({}, p: {})", last(inputs[0]), arguments.number("p"))
    }
    fn samples(&self) -> Vec<Sample> {
        let to = |p: f64| [("p", Given::Number(p)), ("eps", Given::Number(0.125))];
        vec![
            Sample::of(&[3, 5], []).and(&[3, 5]),
            Sample::of(&[2, 3, 5], to(1.0)).and(&[2, 3, 5]),
            Sample::of(&[2, 3, 5], to(3.5)).and(&[2, 3, 5]),
            Sample::refused(&[3, 5], []).and(&[3, 4]),
            Sample::refused(&[3], []).and(&[3]),
        ]
    }
}
