//! Graphs as text: readable in generated code, and read back by everything that needs the graph when the program runs.
//!
//! One node a line, `%3 fc1.matmul = matmul %0 %1 transpose_a=false transpose_b=true : [batch,8]`. Blocks that are called
//! stand before the network, each once, in braces.
use crate::attrs::{Attr, Attrs};
use crate::graph::{Block, Call, Entering, Graph, Kind, Leaving, Node, Origin, Reverse, Value};
use crate::ops;
use crate::scalar::Expr;
use crate::shape::{Atom, Shape, Size};
use crate::types::{Element, Type};
use std::collections::HashMap;
use std::rc::Rc;

#[cfg(test)]
mod tests;

/// A network as a graph.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The network: its inputs, parameters and outputs, and, in a graph that trains, their gradients.
    pub network: Block,
}

/// Symbols have a `$` before them, so that none is taken for a number or for the batch.
fn size(size: &Size) -> String {
    size.print(&|atom| match atom {
        Atom::Batch => "batch".into(),
        Atom::Symbol(symbol) => format!("${}", symbol.name),
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
        let mut writer = Writer::default();
        writer.block(&self.network, "");
        writer.lines
    }
    /// Reads what [`write`](Listing::write) wrote; `None` for anything else.
    pub fn read(lines: &[&str]) -> Option<Listing> {
        let mut reader = Reader { lines: lines.iter().map(|line| line.trim_start()), blocks: vec![] };
        loop {
            let block = reader.block()?;
            if reader.lines.len() == 0 {
                return Some(Listing { network: block });
            }
            reader.blocks.push(Rc::new(block));
        }
    }
    /// The same, with the values of numbers that only the program knows.
    pub fn read_with(lines: &[&str], numbers: &[(&str, f64)]) -> Option<Listing> {
        let known = |word: &str| {
            let name = word.strip_prefix('$')?;
            Some(format!("{:?}", numbers.iter().find(|(known, _)| *known == name)?.1))
        };
        // formulas are the words with `~` between their parts
        let word = |word: &str| match word.contains('~') {
            true => word.split('~').map(|p| known(p).unwrap_or(p.into())).collect::<Vec<_>>().join("~"),
            false => word.to_string(),
        };
        let line = |line: &&str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = lines.iter().map(line).collect();
        Listing::read(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }
    /// The gradient of each parameter, by its number, in a graph that trains.
    pub fn gradients(&self) -> &[Option<Value>] {
        self.network.reverse.as_ref().map_or(&[], |reverse| &reverse.parameters)
    }
}

#[derive(Default)]
struct Writer {
    lines: Vec<String>,
    /// Blocks that were written, by where they lie: the number of each.
    blocks: HashMap<usize, usize>,
}

/// Values numbered in the order in which they are written.
struct Numbers(Vec<usize>);

impl Numbers {
    fn one(&self, value: Value) -> String {
        format!("%{}", self.0[value.0])
    }
    fn join(&self, values: &[Value]) -> String {
        values.iter().map(|v| format!(" {}", self.one(*v))).collect()
    }
    fn optional(&self, values: &[Option<Value>]) -> String {
        values.iter().map(|v| v.map_or(" -".into(), |v| format!(" {}", self.one(v)))).collect()
    }
}

impl Writer {
    fn block(&mut self, block: &Block, indent: &str) {
        let Block { name, body, inputs, parameters, outputs, states, streams, reverse } = block;
        for node in body.nodes() {
            if let Kind::Call(call) = &node.kind {
                let at = Rc::as_ptr(&call.block).addr();
                if !self.blocks.contains_key(&at) {
                    self.block(&call.block, "");
                    self.blocks.insert(at, self.blocks.len());
                }
            }
        }
        let mut numbers = Numbers(vec![0; body.values().count()]);
        let results = body.nodes().iter().flat_map(|node| &node.results);
        results.enumerate().for_each(|(number, value)| numbers.0[value.0] = number);
        self.lines.push(format!("{indent}{{ '{name} streams={}", size(streams)));
        for node in body.nodes() {
            let line = self.node(body, node, &numbers);
            self.lines.push(format!("{indent}  {line}"));
        }
        let mut last = format!(
            "{indent}}} inputs{} parameters{} outputs{}",
            numbers.join(inputs),
            numbers.join(parameters),
            numbers.join(outputs)
        );
        if !states.is_empty() {
            let states = states.iter().map(|(number, v)| format!(" {number}={}", numbers.one(*v)));
            last += &format!(" states{}", states.collect::<String>());
        }
        if let Some(Reverse { forward, seeds, inputs, parameters, idle, rows }) = reverse {
            let of = [numbers.optional(seeds), numbers.optional(inputs), numbers.optional(parameters)];
            let [seeds, inputs, parameters] = of;
            last += &format!(
                " forward {forward} seeds{seeds} inputs{inputs} parameters{parameters} idle{} rows{}",
                idle.iter().map(|p| format!(" {p}")).collect::<String>(),
                numbers.join(rows)
            );
        }
        self.lines.push(last);
    }

    fn node(&self, body: &Graph, node: &Node, numbers: &Numbers) -> String {
        let name = |v: &Value| {
            let origin = body.origin(*v);
            let word = if origin.word().is_empty() { String::new() } else { format!(".{}", origin.word()) };
            format!("{} {}{word}", numbers.one(*v), origin.layer())
        };
        let types = |v: &Value| {
            let Type { element, shape: sizes } = body.ty(*v);
            let element = if *element == Element::F32 { "" } else { element.name() };
            format!("{element}{}", shape(sizes))
        };
        let what = match &node.kind {
            Kind::Input(k) => format!("input #{k}"),
            Kind::Parameter(k) => format!("parameter #{k}"),
            Kind::State(k) => format!("state #{k}"),
            Kind::Prepared(k) => format!("prepared #{k}"),
            Kind::Seed(k) => format!("seed #{k}"),
            Kind::Apply(op, attrs) => {
                let attrs = attrs.iter().map(|(name, value)| format!(" {name}={}", attribute(value)));
                format!("{}{}{}", op.name(), numbers.join(&node.inputs), attrs.collect::<String>())
            }
            Kind::Call(call) => format!("{}{}", self.call(call), numbers.join(&node.inputs)),
            Kind::Reverse(_, of, onto) => {
                let onto = onto.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
                format!("reverse of={} onto={onto}{}", numbers.one(*of), numbers.join(&node.inputs))
            }
        };
        let list = |text: &dyn Fn(&Value) -> String, between: &str| {
            node.results.iter().map(text).collect::<Vec<_>>().join(between)
        };
        format!("{} = {what} : {}", list(&name, ", "), list(&types, "; "))
    }

    fn call(&self, call: &Call) -> String {
        let Call { block, name, times, inputs, own_parameters, outputs, first_stream } = call;
        let number = self.blocks[&Rc::as_ptr(block).addr()];
        let inputs = inputs.iter().map(|entering| match entering {
            Entering::Carried(k) => format!("carried:{k}"),
            Entering::Shared => "shared".into(),
            Entering::Sliced => "sliced".into(),
        });
        let outputs = outputs.iter().map(|leaving| match leaving {
            Leaving::Last => "last",
            Leaving::Stacked => "stacked",
        });
        let [inputs, outputs] = [inputs.collect::<Vec<_>>().join(","), outputs.collect::<Vec<_>>().join(",")];
        format!(
            "call #{number} name='{name} times={} in={inputs} own={own_parameters} out={outputs} first={}",
            size(times),
            size(first_stream)
        )
    }
}

struct Reader<I> {
    lines: I,
    blocks: Vec<Rc<Block>>,
}

fn number(word: &str, sigil: char) -> Option<usize> {
    word.strip_prefix(sigil)?.parse().ok()
}
fn read_value(word: &str) -> Option<Value> {
    number(word, '%').map(Value)
}
fn read_values(words: &str) -> Option<Vec<Value>> {
    words.split_whitespace().map(read_value).collect()
}
fn read_optional(words: &str) -> Option<Vec<Option<Value>>> {
    words.split_whitespace().map(|w| if w == "-" { Some(None) } else { read_value(w).map(Some) }).collect()
}
/// The text between two words.
fn between<'a>(text: &'a str, first: &str, second: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(first)?.split_once(second)
}

impl<'a, I: ExactSizeIterator<Item = &'a str>> Reader<I> {
    fn block(&mut self) -> Option<Block> {
        let (name, streams) = between(self.lines.next()?, "{ '", " streams=")?;
        let mut body = Graph::default();
        let last = loop {
            let line = self.lines.next()?;
            if line.starts_with('}') {
                break line;
            }
            self.node(&mut body, line)?;
        };
        let (inputs, last) = between(last, "} inputs", " parameters")?;
        let (parameters, last) = last.split_once(" outputs")?;
        let (last, reverse) = match last.split_once(" forward ") {
            Some((last, reverse)) => (last, Some(read_reverse(reverse)?)),
            None => (last, None),
        };
        let (outputs, states) = last.split_once(" states").unwrap_or((last, ""));
        let state =
            |word: &str| word.split_once('=').and_then(|(k, v)| Some((k.parse().ok()?, read_value(v)?)));
        let states: Option<Vec<(usize, Value)>> = states.split_whitespace().map(state).collect();
        let [inputs, parameters, outputs] = [inputs, parameters, outputs].map(read_values);
        let block = Block {
            name: name.into(),
            inputs: inputs?,
            parameters: parameters?,
            outputs: outputs?,
            states: states?,
            streams: read_size(streams)?,
            reverse,
            body,
        };
        let values = block.body.values().count();
        let lists = [&block.inputs, &block.parameters, &block.outputs].into_iter().flatten();
        let reverse = block.reverse.iter().flat_map(|reverse| {
            let some = [&reverse.seeds, &reverse.inputs, &reverse.parameters].into_iter().flatten().flatten();
            some.chain(&reverse.rows)
        });
        let states = block.states.iter().map(|(_, v)| v);
        let known = lists.chain(reverse).chain(states).all(|v| v.0 < values);
        known.then_some(block)
    }

    fn node(&self, body: &mut Graph, line: &str) -> Option<()> {
        let (head, rest) = line.split_once(" = ")?;
        let (what, types) = rest.split_once(" : ")?;
        let next = body.values().count();
        let mut results = vec![];
        for (k, (name, ty)) in head.split(", ").zip(types.split("; ")).enumerate() {
            let (value, name) = name.split_once(' ')?;
            if read_value(value)?.0 != next + k {
                return None;
            }
            let origin = match name.split_once('.') {
                Some((layer, word)) => Origin::of(layer).with(word),
                None => Origin::of(name),
            };
            results.push((read_type(ty)?, origin));
        }
        let mut words = what.split(' ');
        let word = words.next()?;
        let (mut inputs, mut numbered, mut given) = (vec![], None, vec![]);
        for w in words {
            match (w.as_bytes().first()?, w.split_once('=')) {
                (b'%', _) => inputs.push(read_value(w).filter(|v| v.0 < next)?),
                (b'#', _) => numbered = number(w, '#'),
                (_, Some(pair)) => given.push(pair),
                _ => return None,
            }
        }
        let told = |name: &str| given.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
        let kind = match word {
            "input" => Kind::Input(numbered?),
            "parameter" => Kind::Parameter(numbered?),
            "state" => Kind::State(numbered?),
            "prepared" => Kind::Prepared(numbered?),
            "seed" => Kind::Seed(numbered?),
            "call" => {
                let call = Call {
                    block: self.blocks.get(numbered?)?.clone(),
                    name: told("name")?.strip_prefix('\'')?.into(),
                    times: read_size(told("times")?)?,
                    inputs: listed(told("in")?, read_entering)?,
                    own_parameters: told("own")?.parse().ok()?,
                    outputs: listed(told("out")?, read_leaving)?,
                    first_stream: read_size(told("first")?)?,
                };
                Kind::Call(Rc::new(call))
            }
            "reverse" => {
                let of = read_value(told("of")?).filter(|v| v.0 < next)?;
                let Kind::Call(call) = body.kind(of) else { return None };
                Kind::Reverse(call.clone(), of, listed(told("onto")?, |p| p.parse().ok())?)
            }
            op => {
                let attrs = given.iter().try_fold(Attrs::NONE, |attrs, (name, value)| {
                    Some(attrs.with(name.to_string(), read_attribute(value)?))
                });
                Kind::Apply(ops::find(op)?, attrs?)
            }
        };
        let count = results.len();
        (body.push(kind, inputs, results).len() == count && body.values().count() == next + count)
            .then_some(())
    }
}

fn read_reverse(text: &str) -> Option<Reverse> {
    let (forward, rest) = text.split_once(" seeds")?;
    let (seeds, rest) = rest.split_once(" inputs")?;
    let (inputs, rest) = rest.split_once(" parameters")?;
    let (parameters, rest) = rest.split_once(" idle")?;
    let (idle, rows) = rest.split_once(" rows")?;
    let idle: Option<Vec<usize>> = idle.split_whitespace().map(|p| p.parse().ok()).collect();
    let [seeds, inputs, parameters] = [seeds, inputs, parameters].map(read_optional);
    let forward = forward.parse().ok()?;
    Some(Reverse {
        forward,
        seeds: seeds?,
        inputs: inputs?,
        parameters: parameters?,
        idle: idle?,
        rows: read_values(rows)?,
    })
}
fn listed<T>(text: &str, one: fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').filter(|word| !word.is_empty()).map(one).collect()
}
fn read_entering(word: &str) -> Option<Entering> {
    match word {
        "shared" => Some(Entering::Shared),
        "sliced" => Some(Entering::Sliced),
        _ => word.strip_prefix("carried:")?.parse().ok().map(Entering::Carried),
    }
}
fn read_leaving(word: &str) -> Option<Leaving> {
    match word {
        "last" => Some(Leaving::Last),
        "stacked" => Some(Leaving::Stacked),
        _ => None,
    }
}
fn read_type(text: &str) -> Option<Type> {
    let (element, sizes) = text.split_at(text.find('[')?);
    let element = if element.is_empty() { Element::F32 } else { Element::find(element)? };
    Some(Type { element, shape: read_shape(sizes)? })
}
fn read_size(text: &str) -> Option<Size> {
    let mut rest = text;
    read_sum(&mut rest).filter(|_| rest.is_empty())
}
/// Products with `+` or `-` between them.
fn read_sum(rest: &mut &str) -> Option<Size> {
    let mut sum = read_product(rest)?;
    while let Some(sign) = rest.chars().next().filter(|c| "+-".contains(*c)) {
        *rest = &rest[1..];
        let next = read_product(rest)?;
        sum = if sign == '+' { &sum + &next } else { &sum - &next };
    }
    Some(sum)
}
/// Numbers, symbols and what is in parentheses, with `*` or `/` between them.
fn read_product(rest: &mut &str) -> Option<Size> {
    let mut product = read_factor(rest)?;
    while let Some(sign) = rest.chars().next().filter(|c| "*/".contains(*c)) {
        *rest = &rest[1..];
        let next = read_factor(rest)?;
        product = if sign == '*' { &product * &next } else { product.quotient(&next) };
    }
    Some(product)
}
fn read_factor(rest: &mut &str) -> Option<Size> {
    if let Some(inside) = rest.strip_prefix('(') {
        *rest = inside;
        let sum = read_sum(rest)?;
        *rest = rest.strip_prefix(')')?;
        return Some(sum);
    }
    let (word, after) = rest.split_at(rest.find(|c| "+-*/()".contains(c)).unwrap_or(rest.len()));
    *rest = after;
    match word.strip_prefix('$') {
        Some(name) => Some(Size::symbol(name)),
        None if word == "batch" => Some(Size::batch()),
        None => word.replace('_', "").parse().ok().map(Size::known),
    }
}
fn read_shape(text: &str) -> Option<Shape> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').filter(|s| !s.is_empty()).map(read_size).collect()
}
