//! A declaration as it is written.
use super::flat::Flat;
use super::run::Run;
use super::tree::{
    Argument, Block, Body, Branch, CONSTANT, Expr, Form, Forward, Item, NUMBER, Operator, Pattern, Port,
    Program, What,
};
use plywood_kernels::names::words;

impl Program {
    /// What stands in the `network!` of a program: this network as `Net`, and as `Flat` the same in one `fn forward`.
    pub fn text(&self) -> String {
        self.beside(&self.flat())
    }

    /// The same, with another `Flat`.
    pub fn beside(&self, flat: &Flat) -> String {
        format!("{}\n{}\n{}", self.network("Net", &body(&self.body, 1)), flat.text(), self.blocks())
    }

    /// Its steps, one after the other.
    pub fn flat(&self) -> Flat {
        let mut flat = Flat::default();
        let inputs: Vec<String> = self.inputs.iter().map(|port| input(port).to_string()).collect();
        let run = Run::new(self, &mut flat).network(inputs.clone());
        flat.results = run.expect("it was tried when it was made");
        flat.results.clone().iter().for_each(|name| flat.read(name));
        flat.signature = self.network("Flat", "BODY");
        flat.inputs = inputs;
        flat
    }

    fn network(&self, name: &str, body: &str) -> String {
        let generics = if self.parameter { format!("<const {}: usize>", CONSTANT.0) } else { String::new() };
        let [inputs, outputs] = [ports(&self.inputs), ports(&self.outputs)];
        format!("pub struct {name}{generics}: {inputs} -> {outputs} {{\n{body}}}")
    }

    fn blocks(&self) -> String {
        self.blocks.iter().map(block).collect::<Vec<_>>().join("\n")
    }
}

/// What `fn forward` calls an input.
pub fn input(port: &Port) -> &str {
    port.name.as_deref().unwrap_or("x")
}

fn list<T>(of: &[T], text: impl Fn(&T) -> String) -> String {
    of.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn ports(ports: &[Port]) -> String {
    let one = |port: &Port| {
        let gradient = if port.gradient { "#[gradient] " } else { "" };
        let name = port.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
        let element = if port.index { "u32 " } else { "" };
        format!("{gradient}{name}{element}[{}]", list(&port.shape, ToString::to_string))
    };
    match ports {
        [only] if only.name.is_none() && !only.gradient => one(only),
        several => format!("({})", list(several, one)),
    }
}

fn block(block: &Block) -> String {
    let parameters = list(&block.parameters, |parameter| match &parameter.default {
        Some(default) => format!("{}: {default}", parameter.name),
        None => parameter.name.clone(),
    });
    let parameters = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
    format!("block {}{parameters} {{\n{}}}", block.name, body(&block.body, 1))
}

fn body(body: &Body, depth: usize) -> String {
    match body {
        Body::Stack(parts) => items(parts, depth),
        Body::Forward(forward) => self::forward(forward, depth),
    }
}

fn items(items: &[Item], depth: usize) -> String {
    let indent = "    ".repeat(depth);
    items.iter().map(|one| format!("{indent}{},\n", item(one, depth))).collect()
}

fn item(item: &Item, depth: usize) -> String {
    let frozen = if item.frozen { "#[frozen] " } else { "" };
    let name = item.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
    let indent = "    ".repeat(depth);
    let within = |items: &[Item]| format!("{{\n{}{indent}}}", self::items(items, depth + 1));
    let branches = |branches: &[Branch]| {
        let indent = "    ".repeat(depth + 1);
        let one = |branch: &Branch| {
            let frozen = if branch.frozen { "#[frozen] " } else { "" };
            let name = branch.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
            if branch.items.is_empty() {
                return format!("{indent}{{}},\n");
            }
            let items = items(&branch.items, depth + 2);
            format!("{indent}{frozen}{name}{{\n{items}{indent}}},\n")
        };
        branches.iter().map(one).collect::<String>()
    };
    let what = match &item.what {
        What::Layer(row, told) => format!("{}{}", row.name(), arguments(told)),
        What::Use(number, told) => format!("{}{}", block_name(*number), arguments(told)),
        What::Group(items) => within(items),
        What::Repeat(count, items) => format!("repeat {count} {}", within(items)),
        What::Residual(items) => format!("residual {}", within(items)),
        What::Add(of) => format!("add {{\n{}{indent}}}", branches(of)),
        What::Concat(axis, of) => format!("concat(axis: {axis}) {{\n{}{indent}}}", branches(of)),
    };
    format!("{frozen}{name}{what}")
}

/// What the block of that number is called.
pub fn block_name(number: usize) -> String {
    format!("Block{}", ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"][number])
}

fn arguments(told: &[Argument]) -> String {
    if told.is_empty() { String::new() } else { format!("({})", list(told, ToString::to_string)) }
}

fn forward(forward: &Forward, depth: usize) -> String {
    let indent = "    ".repeat(depth);
    let members = items(&forward.members, depth);
    let statements: String = forward
        .statements
        .iter()
        .map(|(pattern, value)| format!("{indent}    let {} = {};\n", self::pattern(pattern), expr(value)))
        .collect();
    let result = match (&forward.names, forward.results.as_slice()) {
        (Some(names), results) => {
            format!("({})", list(results, |(number, value)| format!("{}: {}", names[*number], expr(value))))
        }
        (None, [(_, only)]) => expr(only),
        (None, results) => format!("({})", list(results, |(_, value)| expr(value))),
    };
    let inputs = forward.inputs.join(", ");
    format!("{members}{indent}fn forward({inputs}) {{\n{statements}{indent}    {result}\n{indent}}}\n")
}

fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Name(name) => name.clone(),
        Pattern::Nothing => "_".into(),
        Pattern::Tuple(patterns) => format!("({})", list(patterns, self::pattern)),
    }
}

/// How strongly the parts of an expression hold together.
fn binds(of: &Expr) -> usize {
    match of {
        Expr::Binary(Operator::Add | Operator::Sub, ..) => 1,
        Expr::Binary(Operator::Mul | Operator::Div, ..) => 2,
        Expr::Negative(_) => 3,
        _ => 4,
    }
}

/// An expression as it is written.
pub fn expr(of: &Expr) -> String {
    // in parentheses only where it binds less
    let bound = |of: &Expr, least: usize| match binds(of) < least {
        true => format!("({})", expr(of)),
        false => expr(of),
    };
    match of {
        Expr::Name(name) => name.clone(),
        Expr::Number(number) => format!("{number:?}"),
        Expr::Constant => NUMBER.0.into(),
        Expr::Member(name, values) => format!("{name}({})", list(values, expr)),
        Expr::Binary(operator, left, right) => {
            let least = binds(of);
            format!("{} {} {}", bound(left, least), operator.sign(), bound(right, least + 1))
        }
        Expr::Negative(of) => format!("-{}", bound(of, 3)),
        Expr::Tuple(values) => format!("({})", list(values, expr)),
        Expr::Function { row, values, told, form } => {
            let name = words(row.name());
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            let (on, values) = match form {
                Form::Call => (String::new(), values.iter().map(expr).collect()),
                Form::Method => {
                    (format!("{}.", bound(&values[0], 4)), values[1..].iter().map(expr).collect::<Vec<_>>())
                }
                Form::List => (String::new(), vec![format!("[{}]", list(values, expr))]),
            };
            format!("{on}{name}({})", [values, told].concat().join(", "))
        }
    }
}
