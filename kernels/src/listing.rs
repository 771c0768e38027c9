//! Graphs as text: readable in generated code, and read back by everything that needs the graph when the program runs.
//!
//! One node a line, `%3 fc1 = matmul %0 %1 transpose_a=false transpose_b=true : [batch, 8]`; a block's body between
//! braces after its line.
use crate::attrs::{Attr, Attrs};
use crate::graph::{Graph, Kind, Region, Value};
use crate::ops;
use crate::scalar::Expr;
use crate::shape::{Atom, Shape, Size};
use std::rc::Rc;

/// A graph with the values that somebody asks for.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The nodes.
    pub graph: Graph,
    /// What comes out.
    pub output: Value,
    /// The gradient of each parameter leaf, in a graph that trains.
    pub gradients: Vec<Option<Value>>,
}

fn join(values: &[Value]) -> String {
    values.iter().map(|v| format!(" %{}", v.0)).collect()
}
fn optional(values: &[Option<Value>]) -> String {
    values.iter().map(|v| v.map_or(" -".into(), |v| format!(" %{}", v.0))).collect()
}
/// Symbols have a `$` before them, so that none is taken for a number or for the batch.
fn size(size: &Size) -> String {
    size.print(&|atom| match atom {
        Atom::Batch => "batch".into(),
        Atom::Symbol(name) => format!("${name}"),
    })
    .replace(' ', "")
}
fn shape(shape: &Shape) -> String {
    format!("[{}]", shape.iter().map(size).collect::<Vec<_>>().join(","))
}
/// A sigil says of what kind a value is.
fn attribute(value: &Attr) -> String {
    match value {
        Attr::Flag(flag) => flag.to_string(),
        Attr::Number(number) => format!("{number:?}"),
        Attr::Axes(axes) => format!("({})", axes.iter().map(usize::to_string).collect::<Vec<_>>().join(",")),
        Attr::Shape(s) => shape(s),
        Attr::Formula(formula) => format!("~{}", formula.to_string().replace(' ', "~")),
        Attr::Size(number) => format!("#{}", size(number)),
        Attr::Name(word) => format!("'{word}"),
    }
}
fn read_attribute(text: &str) -> Option<Attr> {
    let after = |sigil: char| text.strip_prefix(sigil);
    if let Some(axes) = after('(') {
        let axes = axes.strip_suffix(')')?.split(',').map(|a| a.parse().ok());
        return axes.collect::<Option<_>>().map(Attr::Axes);
    }
    if let Some(formula) = after('~') {
        return Expr::parse(&formula.replace('~', " ")).map(Attr::Formula);
    }
    if let Some(number) = after('#') {
        return read_size(number).map(Attr::Size);
    }
    if let Some(word) = after('\'') {
        return Some(Attr::Name(word.into()));
    }
    if text.starts_with('[') {
        return read_shape(text).map(Attr::Shape);
    }
    text.parse().ok().map(Attr::Flag).or_else(|| text.parse().ok().map(Attr::Number))
}

impl Listing {
    /// The text, line by line.
    pub fn write(&self) -> Vec<String> {
        let mut lines = vec![];
        write_graph(&self.graph, "", &mut lines);
        lines.push(format!("output{} gradients{}", join(&[self.output]), optional(&self.gradients)));
        lines
    }
    /// Reads what [`write`](Listing::write) wrote; `None` for anything else.
    pub fn read(lines: &[&str]) -> Option<Listing> {
        let (graph, last) = read_until(&mut lines.iter().map(|line| line.trim_start()), "output")?;
        let (output, gradients) = last.strip_prefix("output ")?.split_once(" gradients")?;
        Some(Listing { graph, output: read_value(output)?, gradients: read_optional(gradients)? })
    }
}

fn write_graph(graph: &Graph, indent: &str, lines: &mut Vec<String>) {
    for (i, node) in graph.nodes().iter().enumerate() {
        let (what, region) = match &node.kind {
            Kind::Input(k) => (format!("input #{k}"), None),
            Kind::Parameter(k) => (format!("parameter #{k}"), None),
            Kind::Seed => ("seed".into(), None),
            Kind::Part(of, k) => (format!("part #{k}{}", join(&[*of])), None),
            Kind::Apply(op, attrs, inputs) => (
                format!(
                    "{}{}{}",
                    op.name(),
                    join(inputs),
                    attrs
                        .iter()
                        .map(|(name, value)| format!(" {name}={}", attribute(value)))
                        .collect::<String>()
                ),
                None,
            ),
            Kind::Repeat(region, inputs) => (format!("repeat{}", join(inputs)), Some(region)),
            Kind::RepeatBackward(region, inputs) => {
                (format!("repeat_backward{}", join(inputs)), Some(region))
            }
        };
        lines.push(format!("{indent}%{i} {} = {what} : {}", node.label, shape(&node.shape)));
        if let Some(region) = region {
            let Region { name, count, streams, first_stream, output, gradients, body } = &**region;
            lines.push(format!("{indent}{{ {name} {} {} {}", size(count), size(streams), size(first_stream)));
            write_graph(body, &format!("{indent}  "), lines);
            lines.push(format!("{indent}}}{} gradients{}", join(&[*output]), optional(gradients)));
        }
    }
}

fn read_value(word: &str) -> Option<Value> {
    word.strip_prefix('%')?.parse().ok().map(Value)
}
fn read_optional(words: &str) -> Option<Vec<Option<Value>>> {
    words.split_whitespace().map(|w| if w == "-" { Some(None) } else { read_value(w).map(Some) }).collect()
}
fn read_size(text: &str) -> Option<Size> {
    let atom = |word: &str| match word.strip_prefix('$') {
        Some(name) => Some(Size::symbol(name)),
        None if word == "batch" => Some(Size::batch()),
        None => word.replace('_', "").parse().ok().map(Size::known),
    };
    let term =
        |term: &str| term.split('*').try_fold(Size::known(1), |product, word| Some(&product * &atom(word)?));
    text.split('+').try_fold(Size::known(0), |sum, text| Some(&sum + &term(text)?))
}
fn read_shape(text: &str) -> Option<Shape> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').filter(|s| !s.is_empty()).map(read_size).collect()
}

/// Nodes up to the line that starts with `end`, and that line.
fn read_until<'a>(lines: &mut impl Iterator<Item = &'a str>, end: &str) -> Option<(Graph, &'a str)> {
    let mut graph = Graph::default();
    loop {
        let line = lines.next()?;
        if line.starts_with(end) {
            return Some((graph, line));
        }
        let (head, rest) = line.split_once(" = ")?;
        let (what, node_shape) = rest.split_once(" : ")?;
        graph.label = head.split_once(' ')?.1.to_string();
        let mut words = what.split(' ');
        let word = words.next()?;
        let mut inputs = vec![];
        let (mut number, mut attrs) = (None, Attrs::NONE);
        for w in words {
            match (w.as_bytes().first()?, w.split_once('=')) {
                (b'%', _) => inputs.push(read_value(w)?),
                (b'#', _) => number = w[1..].parse().ok(),
                (_, Some((name, value))) => attrs = attrs.with(name.to_string(), read_attribute(value)?),
                _ => return None,
            }
        }
        let kind = match word {
            "input" => Kind::Input(number?),
            "parameter" => Kind::Parameter(number?),
            "seed" => Kind::Seed,
            "part" => Kind::Part(*inputs.first()?, number?),
            "repeat" => Kind::Repeat(Rc::new(read_region(lines)?), inputs),
            "repeat_backward" => Kind::RepeatBackward(Rc::new(read_region(lines)?), inputs),
            op => Kind::Apply(ops::find(op)?, attrs, inputs),
        };
        graph.push(kind, read_shape(node_shape)?);
    }
}

fn read_region<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Region> {
    let mut words = lines.next()?.strip_prefix("{ ")?.split(' ');
    let (name, count) = (words.next()?.to_string(), read_size(words.next()?)?);
    let (streams, first_stream) = (read_size(words.next()?)?, read_size(words.next()?)?);
    // a plain `dyn Iterator` ends the recursion of types
    let lines: &mut dyn Iterator<Item = &'a str> = lines;
    let (body, end) = read_until(&mut { lines }, "}")?;
    let (output, gradients) = end.strip_prefix("} ")?.split_once(" gradients")?;
    let (output, gradients) = (read_value(output)?, read_optional(gradients)?);
    Some(Region { name, count, body, output, gradients, streams, first_stream })
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::*;
    use crate::compiler::autodiff::differentiate;
    use crate::shape;

    #[test]
    fn a_graph_reads_back_as_what_was_written() {
        let mut graph = Graph::default();
        graph.label = "x".into();
        let x = graph.leaf(Kind::Input(0), vec![Size::batch(), Size::symbol("crate::H")]);
        let w = graph.leaf(Kind::Parameter(0), vec![Size::known(3), Size::symbol("crate::H")]);
        let y = graph.must(&ops::MATMUL, ops::matmul::transposed(false, true), &[x, w]);
        let y = graph.must(ops::UNARY[0], Attrs::NONE, &[y]);
        let mut body = Graph::default();
        body.label = "x".into();
        let carried = body.leaf(Kind::Input(0), vec![Size::batch(), Size::known(3)]);
        let b = body.leaf(Kind::Parameter(0), shape::shape(&[3]));
        let output = body.must(&ops::ADD, Attrs::NONE, &[carried, b]);
        let count = Size::symbol("DEPTH");
        let stacked = graph.leaf(Kind::Parameter(1), vec![count.clone(), Size::known(3)]);
        let (name, gradients) = ("blocks".to_string(), vec![]);
        let region = Region {
            name,
            count,
            body,
            output,
            gradients,
            streams: 2.into(),
            first_stream: Size::symbol("batch"),
        };
        let shape = graph.shape(y).clone();
        let z = graph.push(Kind::Repeat(Rc::new(region), vec![y, stacked]), shape.clone());
        let seed = graph.leaf(Kind::Seed, shape);
        let gradients = differentiate(&mut graph, z, seed, &[w, stacked]);
        let written = Listing { graph, output: z, gradients }.write();
        let lines: Vec<&str> = written.iter().map(String::as_str).collect();
        let read = Listing::read(&lines).expect("what was written can be read");
        assert_eq!(read.write(), written);
        assert!(crate::check::check(&read.graph).is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        for lines in [
            &[][..],
            &["nonsense"],
            &["%0 x = input #0 : [batch,2]"],
            &["%0 x = unheard : [2]", "output %0 gradients"],
        ] {
            assert!(Listing::read(lines).is_none(), "{lines:?}");
        }
    }
}
