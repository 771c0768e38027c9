//! Which forms of the language a declaration has.
use super::tree::{
    Argument, Body, CONSTANT, Expr, Form, Forward, Item, Length, Operator, Pattern, Program, Told, Visitor,
    What, Written, visit,
};
use std::collections::{BTreeSet, HashMap};

/// Every form. A part in another is `child in parent`.
pub const FORMS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "-x",
    "1 + x",
    "x + 1",
    "1 + 1",
    "f(x)",
    "x.f()",
    "f([x, y])",
    "add",
    "concat",
    "residual",
    "repeat",
    "group",
    "block",
    "add: name",
    "concat: name",
    "residual: name",
    "repeat: name",
    "group: name",
    "block: name",
    "layer: name",
    "add: no name",
    "concat: no name",
    "residual: no name",
    "repeat: no name",
    "group: no name",
    "block: no name",
    "layer: no name",
    "frozen add",
    "frozen concat",
    "frozen residual",
    "frozen repeat",
    "frozen group",
    "frozen block",
    "frozen layer",
    "frozen branch",
    "branches in block",
    "branches in branch",
    "branches in group",
    "branches in repeat",
    "group in block",
    "group in branch",
    "group in group",
    "group in repeat",
    "repeat in block",
    "repeat in branch",
    "repeat in group",
    "repeat in repeat",
    "block in block",
    "block in branch",
    "block in group",
    "block in repeat",
    "depth 3",
    "depth 4",
    "depth 5",
    "identity",
    "named branch",
    "a row of uses",
    "repeat of a constant",
    "repeat of an argument",
    "size of a constant",
    "size of an argument",
    "2 * size",
    "size + 1",
    "size / 2",
    "shape of sizes",
    "constant",
    "const parameter",
    "used once",
    "used again alike",
    "used with other arguments",
    "default taken",
    "default not taken",
    "default of an argument",
    "argument without a name",
    "argument by name",
    "argument alone",
    "argument in arithmetic",
    "argument of a function",
    "a block with a forward in a stack",
    "a block with a forward in a forward",
    "a block of layers in a forward",
    "a block of several values",
    "a block of several results",
    "a layer applied again",
    "a block applied again",
    "a group applied again",
    "let",
    "let (a, b) = (x, y)",
    "let (a, b) = f(x)",
    "let (a, (b, c)) = (x, f(y))",
    "let all = f(x)",
    "let number",
    "_",
    "all results at once",
    "a layer of several values",
    "a name taken again",
    "a stack",
    "a forward",
    "results by name",
    "results in order",
    "several inputs",
    "several outputs",
    "u32",
    "gradient",
    "gradient of the only input",
    "gradient of some inputs",
    "dropout",
    "embedding",
    "a shared weight",
    "a constant in arithmetic",
];

impl Program {
    /// Those of this one.
    pub fn forms(&self) -> BTreeSet<&'static str> {
        let forwards = self.blocks.iter().map(|block| is_forward(&block.body)).collect();
        let mut found = Found { forms: BTreeSet::new(), forwards, outputs: self.outputs.len() };
        let Program { parameter, inputs, outputs, body, blocks } = self;
        found.is(*parameter, "const parameter");
        found.is(!parameter && self.text().contains(CONSTANT.0), "constant");
        found.is(inputs.len() > 1, "several inputs");
        found.is(outputs.len() > 1, "several outputs");
        found.is(inputs.iter().any(|port| port.index), "u32");
        let asked = inputs.iter().filter(|port| port.gradient).count();
        found.is(asked > 0, "gradient");
        found.is(asked == 1 && inputs.len() == 1, "gradient of the only input");
        found.is(asked > 0 && asked < inputs.len(), "gradient of some inputs");
        found.is(is_forward(body), "a forward");
        found.is(!is_forward(body), "a stack");
        found.body(body);
        let mut uses = Uses(vec![vec![]; blocks.len()]);
        visit(&mut body.clone(), &mut uses);
        for block in blocks {
            found.is(block.arity.0 > 1, "a block of several values");
            found.is(block.arity.1 > 1, "a block of several results");
            let of_argument = |told: &Told| !told.names().is_empty();
            found.is(
                block.parameters.iter().any(|one| one.default.iter().any(of_argument)),
                "default of an argument",
            );
            found.outputs = block.arity.1;
            found.body(&block.body);
            visit(&mut block.body.clone(), &mut uses);
        }
        for (told, block) in uses.0.iter().zip(blocks) {
            found.is(told.len() == 1, "used once");
            let again = |k: usize| told[..k].contains(&told[k]);
            found.is((0..told.len()).any(again), "used again alike");
            found.is((1..told.len()).any(|k| !again(k)), "used with other arguments");
            let defaults = block.parameters.iter().filter(|one| one.default.is_some()).count();
            let given = |arguments: &[(String, String)]| {
                let is = |one: &&super::tree::Parameter| {
                    one.default.is_some() && arguments.iter().any(|(name, _)| *name == one.name)
                };
                block.parameters.iter().filter(is).count()
            };
            found.is(told.iter().any(|arguments| given(arguments) < defaults), "default taken");
            found.is(told.iter().any(|arguments| given(arguments) > 0), "default not taken");
        }
        let depth = self.depth(body);
        for (least, form) in [(3, "depth 3"), (4, "depth 4"), (5, "depth 5")] {
            found.is(depth >= least, form);
        }
        self.within(body, None, &mut found);
        found.forms
    }

    /// How deep parts stand in parts, those of blocks where these are used.
    fn depth(&self, body: &Body) -> usize {
        let all = |items: &[Item]| items.iter().map(|item| self.depth_of(item)).max().unwrap_or(0);
        match body {
            Body::Stack(items) => all(items),
            Body::Forward(forward) => all(&forward.members),
        }
    }
    fn depth_of(&self, item: &Item) -> usize {
        let all = |items: &[Item]| items.iter().map(|item| self.depth_of(item)).max().unwrap_or(0);
        1 + match &item.what {
            What::Layer(..) => 0,
            What::Use(number, _) => self.depth(&self.blocks[*number].body),
            What::Group(items) | What::Residual(items) | What::Repeat(_, items) => all(items),
            What::Add(branches) | What::Concat(_, branches) => {
                branches.iter().map(|branch| all(&branch.items)).max().unwrap_or(0)
            }
        }
    }

    /// What stands in what.
    fn within(&self, body: &Body, around: Option<&str>, found: &mut Found) {
        match body {
            Body::Stack(items) => self.within_items(items, around, found),
            Body::Forward(forward) => self.within_items(&forward.members, around, found),
        }
    }
    fn within_items(&self, items: &[Item], around: Option<&str>, found: &mut Found) {
        for item in items {
            let word = match &item.what {
                What::Layer(..) => continue,
                What::Use(..) => "block",
                What::Group(_) => "group",
                What::Repeat(..) => "repeat",
                What::Residual(_) | What::Add(_) | What::Concat(..) => "branches",
            };
            if let Some(around) = around {
                let text = format!("{word} in {around}");
                let known = FORMS.iter().find(|form| **form == text).expect("a form");
                found.is(true, known);
            }
            match &item.what {
                What::Layer(..) => {}
                What::Use(number, _) => self.within(&self.blocks[*number].body, Some("block"), found),
                What::Group(items) => self.within_items(items, Some("group"), found),
                What::Repeat(_, items) => self.within_items(items, Some("repeat"), found),
                What::Residual(items) => self.within_items(items, Some("branch"), found),
                What::Add(branches) | What::Concat(_, branches) => {
                    branches
                        .iter()
                        .for_each(|branch| self.within_items(&branch.items, Some("branch"), found));
                }
            }
        }
    }
}

fn is_forward(body: &Body) -> bool {
    matches!(body, Body::Forward(_))
}

/// What each block is told, use by use.
struct Uses(Vec<Vec<Vec<(String, String)>>>);

impl Visitor for Uses {
    fn item(&mut self, item: &mut Item) {
        if let What::Use(number, arguments) = &item.what {
            let told = arguments.iter().map(|argument| (argument.name.clone(), argument.told.to_string()));
            self.0[*number].push(told.collect());
        }
    }
}

/// What was seen so far.
struct Found {
    forms: BTreeSet<&'static str>,
    /// Whether each block has a `forward`.
    forwards: Vec<bool>,
    /// How many values the body gives that is looked at.
    outputs: usize,
}

impl Found {
    fn is(&mut self, is: bool, form: &'static str) {
        assert!(FORMS.contains(&form), "`{form}` is no form");
        if is {
            self.forms.insert(form);
        }
    }

    fn body(&mut self, body: &Body) {
        let items = match body {
            Body::Stack(items) => items,
            Body::Forward(forward) => &forward.members,
        };
        let forward = is_forward(body);
        for item in items {
            if let What::Use(number, _) = item.what {
                let inner = self.forwards[number];
                self.is(inner && !forward, "a block with a forward in a stack");
                self.is(inner && forward, "a block with a forward in a forward");
                self.is(!inner && forward, "a block of layers in a forward");
            }
        }
        visit(&mut body.clone(), self);
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            self.is(argument.written == Written::First, "argument without a name");
            self.is(argument.written == Written::Named, "argument by name");
            self.is(argument.written == Written::Short, "argument alone");
        }
    }

    fn length(&mut self, length: &Length) {
        match length {
            Length::Known(_) => {}
            Length::Named(name) => {
                let constant = name == CONSTANT.0;
                self.is(constant, "size of a constant");
                self.is(!constant, "size of an argument");
            }
            Length::Times(_, of) => {
                self.is(true, "2 * size");
                self.length(of);
            }
            Length::Plus(of, _) => {
                self.is(true, "size + 1");
                self.length(of);
            }
            Length::Half(of) => {
                self.is(true, "size / 2");
                self.length(of);
            }
        }
    }
}

impl Visitor for Found {
    fn item(&mut self, item: &mut Item) {
        let (named, frozen) = (item.name.is_some(), item.frozen);
        let forms = match &item.what {
            What::Layer(row, arguments) => {
                self.arguments(arguments);
                self.is(row.name() == "Dropout", "dropout");
                self.is(row.name() == "Bilinear", "a layer of several values");
                self.is(row.name().starts_with("Embedding"), "embedding");
                ["", "layer: name", "layer: no name", "frozen layer"]
            }
            What::Use(_, arguments) => {
                self.arguments(arguments);
                ["block", "block: name", "block: no name", "frozen block"]
            }
            What::Group(items) => {
                let is_row = |two: &[Item]| match (&two[0].what, &two[1].what) {
                    (What::Use(a, _), What::Use(b, _)) => a == b,
                    _ => false,
                };
                self.is(items.len() > 1 && items.windows(2).all(is_row), "a row of uses");
                ["group", "group: name", "group: no name", "frozen group"]
            }
            What::Repeat(count, _) => {
                let name = count.names();
                self.is(name == Some(CONSTANT.0), "repeat of a constant");
                self.is(name.is_some_and(|name| name != CONSTANT.0), "repeat of an argument");
                ["repeat", "repeat: name", "repeat: no name", "frozen repeat"]
            }
            What::Residual(_) => ["residual", "residual: name", "residual: no name", "frozen residual"],
            What::Add(branches) | What::Concat(_, branches) => {
                self.is(branches.iter().any(|branch| branch.items.is_empty()), "identity");
                self.is(branches.iter().any(|branch| branch.name.is_some()), "named branch");
                self.is(branches.iter().any(|branch| branch.frozen), "frozen branch");
                match &item.what {
                    What::Add(_) => ["add", "add: name", "add: no name", "frozen add"],
                    _ => ["concat", "concat: name", "concat: no name", "frozen concat"],
                }
            }
        };
        let [word, name, no_name, frozen_form] = forms;
        if !word.is_empty() {
            self.is(true, word);
        }
        self.is(named, name);
        self.is(!named, no_name);
        self.is(frozen, frozen_form);
    }

    fn told(&mut self, told: &mut Told) {
        match told {
            Told::Size(length) => self.length(length),
            Told::Weight(_) => self.is(true, "a shared weight"),
            Told::Shape(lengths) => {
                self.is(lengths.iter().any(|length| length.names().is_some()), "shape of sizes");
            }
            _ => {}
        }
    }

    fn forward(&mut self, forward: &mut Forward) {
        let mut bound: Vec<String> = forward.inputs.clone();
        for (pattern, value) in &forward.statements {
            let nested = |pattern: &Pattern| matches!(pattern, Pattern::Tuple(_));
            let form = match (pattern, value) {
                (Pattern::Tuple(patterns), _) if patterns.iter().any(nested) => "let (a, (b, c)) = (x, f(y))",
                (Pattern::Name(name), _) if name.starts_with("all") => "let all = f(x)",
                (Pattern::Name(name), _) if name.starts_with("by") => "let number",
                (Pattern::Tuple(_), Expr::Tuple(_)) => "let (a, b) = (x, y)",
                (Pattern::Tuple(_), _) => "let (a, b) = f(x)",
                _ => "let",
            };
            self.is(true, form);
            for pattern in match pattern {
                Pattern::Tuple(patterns) => patterns.as_slice(),
                one => std::slice::from_ref(one),
            } {
                match pattern {
                    Pattern::Name(name) => {
                        self.is(bound.contains(name), "a name taken again");
                        bound.push(name.clone());
                    }
                    Pattern::Nothing => self.is(true, "_"),
                    Pattern::Tuple(_) => {}
                }
            }
        }
        self.is(forward.names.is_some(), "results by name");
        self.is(forward.names.is_none() && forward.results.len() > 1, "results in order");
        let outputs = forward.results.len();
        self.is(outputs == 1 && self.outputs > 1, "all results at once");
        let mut calls = Calls(HashMap::new());
        visit(&mut Body::Forward(forward.clone()), &mut calls);
        for member in &forward.members {
            let again =
                member.name.as_ref().and_then(|name| calls.0.get(name)).is_some_and(|count| *count > 1);
            let form = match member.what {
                What::Layer(..) => "a layer applied again",
                What::Use(..) => "a block applied again",
                _ => "a group applied again",
            };
            self.is(again, form);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Binary(operator, left, right) => {
                let form = match operator {
                    Operator::Add => "+",
                    Operator::Sub => "-",
                    Operator::Mul => "*",
                    Operator::Div => "/",
                };
                self.is(true, form);
                let numbers = [left, right].map(|of| matches!(**of, Expr::Number(_)));
                self.is(numbers == [true, false], "1 + x");
                self.is(numbers == [false, true], "x + 1");
                self.is(numbers == [true, true], "1 + 1");
            }
            Expr::Negative(_) => self.is(true, "-x"),
            Expr::Function { row, told, form, .. } => {
                self.is(row.name() == "Dropout", "dropout");
                self.arguments(told);
                self.is(
                    told.iter().any(|argument| !argument.told.names().is_empty()),
                    "argument of a function",
                );
                let form = match form {
                    Form::Call => "f(x)",
                    Form::Method => "x.f()",
                    Form::List => "f([x, y])",
                };
                self.is(true, form);
            }
            Expr::Name(name) => self.is(name == "rate", "argument in arithmetic"),
            Expr::Constant => self.is(true, "a constant in arithmetic"),
            Expr::Number(_) | Expr::Member(..) | Expr::Tuple(_) => {}
        }
    }
}

/// How often each member of a `forward` is applied; those of forwards within it are others.
struct Calls(HashMap<String, usize>);

impl Visitor for Calls {
    fn expr(&mut self, expr: &mut Expr) {
        if let Expr::Member(name, _) = expr {
            *self.0.entry(name.clone()).or_default() += 1;
        }
    }
}
