use super::{Argument, Arguments, Builder, Default, Given, Layer, Parameter, Sample};
use crate::attrs::{Attr, Attrs};
use crate::graph::Value;
use crate::init::Init;
use crate::ops::elementwise::formula;
use crate::ops::{AMAX, GATHER, NOT_EQUAL, RESHAPE, SUM, amax, gather, sum};
use crate::scalar::{argument, select};
use crate::shape::{Mismatch, Requirements, Shape, Size};
use crate::types::Element;

/// The rows of a learned table that indices name: of `[..]` it is `[.., embedding_dim]`. With a `padding_index` that row
/// begins as 0 and does not learn. PyTorch's `Embedding`.
pub struct Embedding;

/// The rows that the indices along the last axis name as one: their sum, mean, or largest numbers. Those that are the
/// `padding_index` do not count, and a bag of nothing else is 0. PyTorch's `EmbeddingBag`; bags that are not equally long
/// are filled up with the `padding_index`.
pub struct EmbeddingBag;

const NUM_EMBEDDINGS: Argument =
    Argument::size("num_embeddings", "rows of the table: every index is below it", Default::Required);
const EMBEDDING_DIM: Argument = Argument::size("embedding_dim", "numbers of each row", Default::Required);
const SPARSE: Argument = Argument::flag("sparse", SPARSE_DOC, false);
const SPARSE_DOC: &str =
    "whether a step updates the rows that have a gradient, and leaves others and their moments as they are";
const PADDING_INDEX: &str = "padding_index";
const MODES: &[&str] = &["mean", "sum", "max"];

fn check(arguments: &Arguments, require: &mut Requirements) -> Result<(), Mismatch> {
    require.of(PADDING_INDEX);
    let Some(padding) = arguments.optional_size(PADDING_INDEX) else { return Ok(()) };
    let (rows, needed) = (arguments.size("num_embeddings"), padding + &Size::known(1));
    match (rows.as_known(), padding.as_known()) {
        (Some(count), Some(index)) if index >= count => {
            Err(require.wrong(format!("below `num_embeddings`, {count}"), index.to_string()))
        }
        _ => require.require_le(0, "rows", &needed, rows),
    }
}

fn parameters(arguments: &Arguments) -> Vec<Parameter> {
    let [rows, columns] = ["num_embeddings", "embedding_dim"].map(|name| arguments.size(name).clone());
    let init = match arguments.optional_size(PADDING_INDEX) {
        Some(padding) => Init::NormalRows { std: 1.0, zero: padding.clone() },
        None => Init::Normal { mean: 0.0, std: 1.0 },
    };
    vec![Parameter {
        name: "weight",
        shape: vec![rows, columns],
        init,
        decays: true,
        sparse: arguments.flag("sparse"),
    }]
}

/// Attributes for a gradient of all rows, or by those that are read.
fn told_sparse(arguments: &Arguments, attrs: Attrs) -> Attrs {
    if arguments.flag("sparse") { gather::sparse(attrs) } else { attrs }
}

/// `1000 -> 64`
fn describe(arguments: &Arguments) -> String {
    let padding = arguments.optional_size(PADDING_INDEX);
    let padding = padding.map_or(String::new(), |padding| format!(", {PADDING_INDEX}: {padding}"));
    let sparse = if arguments.flag("sparse") { ", sparse" } else { "" };
    format!("{} -> {}{padding}{sparse}", arguments.size("num_embeddings"), arguments.size("embedding_dim"))
}

fn told(rows: usize, columns: usize, padding: Option<usize>) -> Vec<(&'static str, Given)> {
    let size = |size: usize| Given::Size(Size::known(size));
    let padding = padding.map(|padding| (PADDING_INDEX, size(padding)));
    [("num_embeddings", size(rows)), ("embedding_dim", size(columns))].into_iter().chain(padding).collect()
}

impl Layer for Embedding {
    fn name(&self) -> &'static str {
        "Embedding"
    }
    fn doc(&self) -> &'static str {
        "The rows of a learned table that indices name."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            NUM_EMBEDDINGS,
            EMBEDDING_DIM,
            Argument::size(
                PADDING_INDEX,
                "the index whose row begins as 0 and does not learn",
                Default::Absent,
            )
            .of_any(),
            SPARSE,
        ];
        ARGUMENTS
    }
    fn fields(&self) -> &'static [&'static str] {
        &["weight"]
    }
    fn operand(&self, _: usize) -> Element {
        Element::U32
    }
    fn limit(&self, arguments: &Arguments) -> Option<Size> {
        arguments.optional_size("num_embeddings").cloned()
    }
    fn check(&self, _: &[&Shape], arguments: &Arguments, require: &mut Requirements) -> Result<(), Mismatch> {
        check(arguments, require)
    }
    fn parameters(
        &self,
        _: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        Ok(parameters(arguments))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let x = builder.inputs[0];
        let Some(weight) = builder.parameter("weight") else { return Ok(x) };
        let padding = arguments.optional_size(PADDING_INDEX).cloned();
        builder.graph.apply(&GATHER, told_sparse(arguments, gather::padded(padding)), &[weight, x])
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("Embedding({})", describe(arguments))
    }
    fn samples(&self) -> Vec<Sample> {
        vec![
            Sample::of(&[3, 4], told(9, 5, None)),
            Sample::of(&[2, 3, 4], told(6, 5, None)),
            // of no index that occurs: the gradient of one that does is no difference
            Sample::of(&[4], told(5, 3, Some(4))),
            Sample::of(&[2, 4], told(7, 3, None).into_iter().chain([("sparse", Given::Flag(true))])),
            Sample::refused(&[3, 4], told(5, 3, Some(5))),
        ]
    }
}

impl Layer for EmbeddingBag {
    fn name(&self) -> &'static str {
        "EmbeddingBag"
    }
    fn doc(&self) -> &'static str {
        "The rows of a learned table that the indices along the last axis name, as one: their mean, sum or maximum."
    }
    fn arguments(&self) -> &'static [Argument] {
        const ARGUMENTS: &[Argument] = &[
            NUM_EMBEDDINGS,
            EMBEDDING_DIM,
            Argument::word("mode", "what is made of the rows, `mean`, `sum` or `max`", MODES),
            Argument::size(
                PADDING_INDEX,
                "the index that stands for nothing, and does not learn",
                Default::Absent,
            )
            .of_any(),
            SPARSE,
        ];
        ARGUMENTS
    }
    fn fields(&self) -> &'static [&'static str] {
        &["weight"]
    }
    fn operand(&self, _: usize) -> Element {
        Element::U32
    }
    fn limit(&self, arguments: &Arguments) -> Option<Size> {
        arguments.optional_size("num_embeddings").cloned()
    }
    fn check(
        &self,
        inputs: &[&Shape],
        arguments: &Arguments,
        require: &mut Requirements,
    ) -> Result<(), Mismatch> {
        require.require_le(0, "axes", &Size::known(1), &Size::known(inputs[0].len() - 1))?;
        check(arguments, require)
    }
    fn parameters(
        &self,
        _: &[&Shape],
        arguments: &Arguments,
        _: &mut Requirements,
    ) -> Result<Vec<Parameter>, Mismatch> {
        Ok(parameters(arguments))
    }
    fn build(&self, builder: &mut Builder, arguments: &Arguments) -> Result<Value, Mismatch> {
        builder.operands(self)?;
        let indices = builder.inputs[0];
        let Some(weight) = builder.parameter("weight") else { return Ok(indices) };
        let graph = &mut *builder.graph;
        let shape = graph.shape(indices).clone();
        let (bag, mode) = (shape.len() - 1..shape.len(), arguments.word("mode"));
        let padding = arguments.optional_size(PADDING_INDEX).cloned();
        let attrs = match &padding {
            // what no sum and no maximum sees
            Some(padding) if mode == "max" => gather::with(padding.clone(), f64::from(f32::MIN)),
            Some(padding) => gather::with(padding.clone(), 0.0),
            None => gather::padded(None),
        };
        let rows = graph.apply(&GATHER, told_sparse(arguments, attrs), &[weight, indices])?;
        let reduced = match mode {
            "max" => graph.apply(&AMAX, amax::over(bag.clone()), &[rows])?,
            "mean" if padding.is_none() => graph.apply(&SUM, sum::mean_over(bag.clone()), &[rows])?,
            _ => graph.apply(&SUM, sum::over(bag.clone()), &[rows])?,
        };
        let Some(padding) = padding.filter(|_| mode != "sum") else { return Ok(reduced) };
        let counted = graph.apply(&NOT_EQUAL, gather::to(padding), &[indices])?;
        let counts = graph.apply(&SUM, sum::over(bag.clone()), &[counted])?;
        let column = [&shape[..bag.start], &[Size::known(1)]].concat();
        let counts = graph.apply(&RESHAPE, Attrs::NONE.with("shape", Attr::Shape(column)), &[counts])?;
        let (y, count) = (argument(0), argument(1));
        Ok(match mode {
            "max" => formula(graph, "counted", select(count, y, 0.0), &[reduced, counts]),
            _ => formula(graph, "mean_of_counted", y / select(count, count, 1.0), &[reduced, counts]),
        })
    }
    fn describe(&self, _: &[&Shape], arguments: &Arguments) -> String {
        format!("EmbeddingBag({}, mode: {})", describe(arguments), arguments.word("mode"))
    }
    fn samples(&self) -> Vec<Sample> {
        let modes = MODES.iter().map(|mode| ("mode", Given::Word(mode)));
        let of = |rows, columns, padding| told(rows, columns, padding).into_iter().chain(modes.clone());
        vec![
            Sample::of(&[3, 4], of(9, 5, None)),
            Sample::of(&[2, 3, 4], of(6, 5, Some(1))),
            // bags of nothing
            Sample::of(&[4, 1], of(5, 3, Some(1))),
            Sample::of(&[2, 3], of(7, 3, Some(1)).chain([("sparse", Given::Flag(true))])),
            Sample::refused(&[4], of(5, 3, None)),
            Sample::refused(&[3, 4], of(5, 3, Some(5))),
        ]
    }
}
