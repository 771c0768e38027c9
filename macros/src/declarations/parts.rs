//! Parts of random declarations: layers, groups, repeats, branches, and blocks with their uses.
use super::generate::{Maker, Scope, Ty, has_parameters};
use super::print::block_name;
use super::tree::{
    Argument, Block, Body, Branch, CONSTANT, Item, Length, Parameter, Told, Values, Visitor, What, Written,
    visit,
};

/// How deep parts stand in parts at most.
const DEPTH: usize = 5;
/// How many blocks there are at most.
const BLOCKS: usize = 5;

/// Functions without kinks, as layers: differences are compared with slopes.
pub const SMOOTH: [&str; 6] = ["Tanh", "Sigmoid", "Softsign", "Gelu", "Silu", "Tanh"];

impl Maker {
    /// A part that probably takes such a value.
    pub fn item(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let deep = scope.depth < DEPTH;
        let mut item = match self.numbers.below(19) {
            0 | 1 if deep => self.group(scope, ty),
            2 | 3 if deep && !ty.index => self.repeat(scope, ty),
            4 if deep && !ty.index => self.residual(scope, ty),
            5 if deep => self.add(scope, ty),
            6 if deep => self.concat(scope, ty),
            7..12 if deep => self.use_of_block(scope, ty),
            12 if deep => self.row_of_uses(scope, ty),
            _ => self.simple(scope, ty),
        };
        if self.numbers.one_in(5) && has_parameters(&self.program, &item) {
            item.frozen = true;
        }
        item
    }

    fn part(&mut self, word: &str, what: What) -> Item {
        let name = self.numbers.one_in(2).then(|| self.name(word));
        Item { name, frozen: false, what }
    }

    fn simple(&mut self, scope: &Scope, ty: &Ty) -> Item {
        if ty.index {
            let told = self.table(scope);
            let row = self.numbers.of(&["Embedding", "EmbeddingBag"]);
            return self.layer(row, told);
        }
        let rank = ty.sizes.len();
        let axis = self.numbers.below(rank);
        let size = ty.sizes[axis];
        let signed = |maker: &mut Maker| {
            let from_end = maker.numbers.one_in(2);
            Told::Axis(if from_end { axis as i64 - rank as i64 } else { axis as i64 })
        };
        match self.numbers.below(20) {
            0..5 => self.linear(scope, ty),
            5..8 => {
                let row = self.numbers.of(&SMOOTH);
                let mut layer = self.layer(row, vec![]);
                layer.name = layer.name.filter(|_| self.numbers.one_in(3));
                layer
            }
            8 => self.layer("LayerNorm", vec![]),
            9 => self.layer("RmsNorm", vec![]),
            10 => {
                let (row, axis) = (self.numbers.of(&["Softmax", "LogSoftmax"]), signed(self));
                self.layer(row, vec![Argument::first("axis", axis)])
            }
            11 | 18 | 19 => {
                let mut told = vec![];
                if let Some(name) = self.argument(scope, |told| matches!(told, Told::Number(_))) {
                    told.push(Argument::first("p", Told::Argument(name)));
                } else if self.numbers.one_in(2) {
                    told.push(Argument::named("p", Told::Number(0.25)));
                }
                self.layer("Dropout", told)
            }
            12 if rank > 1 => self.layer("Flatten", vec![]),
            12 => {
                let sizes = if size.is_multiple_of(2) { vec![2, size / 2] } else { vec![1, size] };
                let sizes = sizes.into_iter().map(|size| self.size(size, scope)).collect();
                self.layer("Reshape", vec![Argument::first("shape", Told::Shape(sizes))])
            }
            13 if rank > 1 => {
                let axes = (0..rank).rev().map(|axis| axis as i64).collect();
                self.layer("Permute", vec![Argument::first("axes", Told::Axes(axes))])
            }
            14 if rank > 1 => {
                let (row, axis) = (self.numbers.of(&["Mean", "Sum", "Variance"]), signed(self));
                let mut told = vec![Argument::first("axis", axis)];
                if row == "Variance" {
                    told.push(Argument::named("correction", Told::Number(0.0)));
                }
                self.layer(row, told)
            }
            14 => {
                let sizes = [2, size].map(|size| self.size(size, scope)).to_vec();
                self.layer("Broadcast", vec![Argument::first("shape", Told::Shape(sizes))])
            }
            15 if size > 2 => {
                let start = self.numbers.below(size - 1);
                let length = (2 + self.numbers.below(2)).min(size - start);
                let (axis, length) = (signed(self), self.size(length, scope));
                let start = Argument::named("start", Told::Size(Length::Known(start)));
                let length = Argument::named("length", Told::Size(length));
                self.layer("Slice", vec![Argument::first("axis", axis), start, length])
            }
            16 => {
                let axis = Argument::first("axis", signed(self));
                self.layer("Pad", vec![axis, Argument::named("before", Told::Size(Length::Known(1)))])
            }
            _ => self.linear(scope, ty),
        }
    }

    pub fn linear(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let sizes: Vec<usize> = scope.values.iter().filter_map(|(_, told)| sized(told)).collect();
        let size = match self.numbers.below(4) {
            0 => *ty.sizes.last().expect("every value has axes"),
            1 | 2 if !sizes.is_empty() => self.numbers.of(&sizes),
            _ => self.small(),
        };
        let mut told = vec![self.sized("out_features", size, scope)];
        if let Some(name) = self.argument(scope, |told| matches!(told, Told::Flag(_))) {
            told.push(Argument { name: "bias".into(), told: Told::Argument(name), written: Written::Short });
        } else if self.numbers.one_in(3) {
            told.push(Argument::named("bias", Told::Flag(false)));
        }
        self.layer("Linear", told)
    }

    /// The name of an argument of the block around.
    pub fn argument(&mut self, scope: &Scope, is: impl Fn(&Told) -> bool) -> Option<String> {
        let names = scope.values.iter().filter(|(_, told)| is(told)).map(|(name, _)| name.clone());
        let names: Vec<String> = names.collect();
        (!names.is_empty() && !self.numbers.one_in(3)).then(|| self.numbers.of(&names))
    }

    fn group(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let count = 1 + self.numbers.below(3);
        let items = self.items(&scope.deeper(), ty, count, None).0;
        self.part("part", What::Group(items))
    }

    fn repeat(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let count = 1 + self.numbers.below(3);
        let items = self.items(&scope.deeper(), ty, count, Some(ty)).0;
        // a count is not computed of a const parameter, and other arguments may be
        let parameter = self.program.parameter;
        let counts = scope.values.iter().filter(|(name, _)| name == "times" || !parameter).cloned();
        let counts = Scope { values: counts.collect(), depth: 0 };
        let times = match self.argument(&counts, |told| sized(told).is_some_and(|size| size < 5)) {
            Some(name) => Length::Named(name),
            None if self.constant && self.numbers.one_in(2) => Length::Named(CONSTANT.0.into()),
            None => Length::Known(1 + self.numbers.below(3)),
        };
        self.part("loop", What::Repeat(times, items))
    }

    fn residual(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let count = 1 + self.numbers.below(3);
        let items = self.items(&scope.deeper(), ty, count, Some(ty)).0;
        self.part("skip", What::Residual(items))
    }

    fn branch(&mut self, scope: &Scope, ty: &Ty, goal: Option<&Ty>) -> (Branch, Ty) {
        let count = 1 + self.numbers.below(3);
        let (items, made) = self.items(&scope.deeper(), ty, count, goal);
        let frozen = self.numbers.one_in(6) && items.iter().any(|item| has_parameters(&self.program, item));
        let name = self.numbers.one_in(3).then(|| self.name("way"));
        (Branch { name, frozen, items }, made)
    }

    fn add(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let identity = !ty.index && self.numbers.one_in(2);
        let mut branches = vec![];
        let goal = if identity {
            ty.clone()
        } else {
            let (branch, made) = self.branch(scope, ty, None);
            branches.push(branch);
            made
        };
        for _ in 0..1 + self.numbers.below(2) {
            branches.push(self.branch(scope, ty, Some(&goal)).0);
        }
        self.with_identity(&mut branches, identity);
        self.part("sum", What::Add(branches))
    }

    fn with_identity(&mut self, branches: &mut Vec<Branch>, identity: bool) {
        if identity {
            let at = self.numbers.below(branches.len() + 1);
            branches.insert(at, Branch { name: None, frozen: false, items: vec![] });
        }
    }

    fn concat(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let identity = !ty.index && self.numbers.one_in(2);
        let mut branches = vec![];
        let mut goal = if identity {
            ty.clone()
        } else {
            let (branch, made) = self.branch(scope, ty, None);
            branches.push(branch);
            made
        };
        let rank = goal.sizes.len();
        let axis = self.numbers.below(rank);
        for _ in 0..1 + self.numbers.below(2) {
            goal.sizes[axis] = 2 + self.numbers.below(3);
            branches.push(self.branch(scope, ty, Some(&goal)).0);
        }
        self.with_identity(&mut branches, identity);
        let axis = if self.numbers.one_in(2) { axis as i64 } else { axis as i64 - rank as i64 };
        self.part("side", What::Concat(axis, branches))
    }

    fn use_of_block(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let fitting = |block: &&Block| block.arity == (1, 1);
        let any = self.program.blocks.iter().any(|block| fitting(&block));
        if any
            && !self.numbers.one_in(4)
            && let Some(item) = self.another_use(scope, std::slice::from_ref(ty), 1)
        {
            return item;
        }
        match self.program.blocks.len() < BLOCKS {
            true => self.new_block(scope, std::slice::from_ref(ty), 1),
            false => self.simple(scope, ty),
        }
    }

    /// Uses of one block that follow each other.
    fn row_of_uses(&mut self, scope: &Scope, ty: &Ty) -> Item {
        let Item { what, .. } = self.use_of_block(scope, ty);
        let one = Item { name: None, frozen: false, what };
        let count = 2 + self.numbers.below(2);
        self.part("row", What::Group(vec![one; count]))
    }

    /// A use of a block that there is, on these; nothing if none takes them.
    pub fn another_use(&mut self, scope: &Scope, inputs: &[Ty], outputs: usize) -> Option<Item> {
        for _ in 0..6 {
            let fitting: Vec<usize> = (0..self.program.blocks.len())
                .filter(|number| self.program.blocks[*number].arity == (inputs.len(), outputs))
                .collect();
            if fitting.is_empty() {
                return None;
            }
            let number = self.numbers.of(&fitting);
            let parameters = self.program.blocks[number].parameters.clone();
            let other = self.numbers.below(3) > 0;
            let mut told = vec![];
            for parameter in &parameters {
                let value = match &parameter.first {
                    Told::Size(length) if other => {
                        let near = [self.small(), inputs[0].sizes[inputs[0].sizes.len() - 1], length.value()];
                        Told::Size(Length::Known(self.numbers.of(&near)))
                    }
                    Told::Number(_) if other => Told::Number(self.numbers.of(&[0.25, 0.125, 0.5])),
                    Told::Flag(flag) if other => Told::Flag(!flag),
                    first => first.clone(),
                };
                told.push((parameter.name.clone(), value));
            }
            let item = self.told(scope, number, &parameters, told);
            if self.tried(&item, scope, inputs).is_some() {
                return Some(item);
            }
        }
        None
    }

    /// A use that tells a block these values.
    fn told(&mut self, scope: &Scope, number: usize, parameters: &[Parameter], values: Values) -> Item {
        let mut arguments = vec![];
        let mut before: Values = vec![];
        for (at, (name, value)) in values.into_iter().enumerate() {
            let default = parameters[at].default.as_ref().map(|default| default.within(&before));
            let same = match (&default, &value) {
                (Some(Told::Size(a)), Told::Size(b)) => a.value() == b.value(),
                (Some(a), b) => a == b,
                (None, _) => false,
            };
            if same && !self.numbers.one_in(4) {
                before.push((name, default.expect("it is the same")));
                continue;
            }
            let told = match &value {
                Told::Size(length) if name == "times" => Told::Size(self.alone(length.value())),
                Told::Size(length) => Told::Size(self.size(length.value(), scope)),
                other => other.clone(),
            };
            before.push((name.clone(), told.within(&scope.values)));
            let first = at == 0 && self.numbers.below(4) > 0;
            let written = if first { Written::First } else { Written::Named };
            arguments.push(Argument { name, told, written });
        }
        self.part("use", What::Use(number, arguments))
    }

    /// A new block, and a use of it on these values.
    pub fn new_block(&mut self, scope: &Scope, inputs: &[Ty], outputs: usize) -> Item {
        let (parameters, values) = self.parameters(&inputs[0]);
        let inside = Scope { values: values.clone(), depth: scope.depth + 1 };
        let forward = inputs.len() + outputs > 2 || self.numbers.one_in(3);
        let mut body = if forward {
            let names = ["a", "b", "c"];
            let given = inputs.iter().zip(names).map(|(ty, name)| (name.to_string(), ty.clone())).collect();
            Body::Forward(self.forward(&inside, given, outputs, None).0)
        } else {
            let count = 1 + self.numbers.below(4);
            Body::Stack(self.items(&inside, &inputs[0], count, None).0)
        };
        let mut mentioned = Mentioned(vec![]);
        visit(&mut body, &mut mentioned);
        // what a default is made of is used if the default is
        let used = |name: &str| {
            let of_default = |parameter: &Parameter| {
                mentioned.0.contains(&parameter.name)
                    && parameter.default.iter().any(|default| default.names().contains(&name))
            };
            mentioned.0.iter().any(|other| other == name) || parameters.iter().any(of_default)
        };
        let kept: Vec<Parameter> =
            parameters.iter().filter(|parameter| used(&parameter.name)).cloned().collect();
        let values = values.into_iter().filter(|(name, _)| used(name)).collect();
        let number = self.program.blocks.len();
        let arity = (inputs.len(), outputs);
        let block = Block { name: block_name(number), parameters: kept.clone(), body, arity };
        self.program.blocks.push(block);
        self.told(scope, number, &kept, values)
    }

    /// What a new block takes, and what its first use tells it.
    fn parameters(&mut self, ty: &Ty) -> (Vec<Parameter>, Values) {
        let mut parameters = vec![];
        let mut values: Values = vec![];
        let mut add = |name: &str, first: Told, default: Option<Told>| {
            values.push((name.into(), first.clone()));
            parameters.push(Parameter { name: name.into(), first, default });
        };
        let size = |size: usize| Told::Size(Length::Known(size));
        if self.numbers.below(6) > 0 {
            let last = ty.sizes[ty.sizes.len() - 1];
            let width = if self.numbers.one_in(2) && !ty.index { last } else { self.small() };
            add("width", size(width), None);
            if self.numbers.one_in(3) {
                let twice = Told::Size(Length::Times(2, Box::new(Length::Named("width".into()))));
                add("wide", size(2 * width), Some(twice));
            }
        }
        if self.numbers.one_in(3) {
            let times = 1 + self.numbers.below(3);
            add("times", size(times), self.numbers.one_in(2).then(|| size(times)));
        }
        if self.numbers.one_in(2) {
            add("rate", Told::Number(0.25), self.numbers.one_in(2).then_some(Told::Number(0.25)));
        }
        if self.numbers.one_in(2) {
            add("bias", Told::Flag(true), self.numbers.one_in(2).then_some(Told::Flag(true)));
        }
        (parameters, values)
    }
}

/// The size that an argument is.
fn sized(told: &Told) -> Option<usize> {
    match told {
        Told::Size(length) => Some(length.value()),
        _ => None,
    }
}

/// The names that a body is told.
struct Mentioned(Vec<String>);

impl Visitor for Mentioned {
    fn told(&mut self, told: &mut Told) {
        self.0.extend(told.names().into_iter().map(String::from));
    }
    fn expr(&mut self, expr: &mut super::tree::Expr) {
        if let super::tree::Expr::Name(name) = expr {
            self.0.push(name.clone());
        }
    }
}
