//! Random declarations, valid as they are made: every part is tried on the shapes that reach it before it is kept.
use super::reference::Reference;
use super::run::{Around, Run};
use super::tree::{Argument, Body, CONSTANT, Item, Length, Port, Program, Told, Values, What, has_own};
use crate::graphs::generate::Numbers;
use plywood_kernels::layers;

/// What a value is: of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Ty {
    pub index: bool,
    pub sizes: Vec<usize>,
}

/// How many steps a program has at most, written out.
const MOST: usize = 120;

/// A program under construction.
pub struct Maker {
    pub numbers: Numbers,
    pub program: Program,
    /// Whether sizes may be written with the constant.
    pub constant: bool,
    named: usize,
}

/// What is around the part that is written.
#[derive(Clone)]
pub struct Scope {
    /// The arguments of the block, as its first use tells them.
    pub values: Values,
    pub depth: usize,
}

impl Scope {
    pub fn deeper(&self) -> Scope {
        Scope { depth: self.depth + 1, ..self.clone() }
    }
}

impl Program {
    /// The program of that seed.
    pub fn random(seed: u64) -> Program {
        let mut numbers = Numbers(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(77));
        let parameter = numbers.one_in(6);
        let constant = parameter || numbers.one_in(3);
        loop {
            let body = Body::Stack(vec![]);
            let program = Program { parameter, inputs: vec![], outputs: vec![], body, blocks: vec![] };
            let mut maker = Maker { numbers, program, constant, named: 0 };
            maker.network();
            let steps = Reference::of(&maker.program, true).map_or(0, |(block, _)| block.body.len());
            // a network of thousands of steps tests nothing that a smaller one does not
            if (3..MOST).contains(&steps) {
                return maker.program;
            }
            numbers = maker.numbers;
        }
    }
}

impl Maker {
    fn network(&mut self) {
        let count = self.numbers.of(&[1, 1, 1, 2, 2, 3]);
        let tys: Vec<Ty> = (0..count).map(|_| self.input()).collect();
        let scope = Scope { values: vec![], depth: 0 };
        let outputs = self.numbers.of(&[1, 1, 1, 2, 3]);
        let names = ["image", "other", "mask"];
        let made = if count == 1 && outputs == 1 && self.numbers.below(5) < 3 {
            let many = 2 + self.numbers.below(5);
            let (items, ty) = self.items(&scope, &tys[0], many, None);
            self.program.body = Body::Stack(items);
            vec![ty]
        } else {
            let inputs = (0..count).map(|k| if count == 1 { "x".into() } else { names[k].to_string() });
            let given = (outputs > 1).then(|| ["score", "value", "next"][..outputs].iter());
            let given = given.map(|names| names.map(ToString::to_string).collect());
            let (forward, made) =
                self.forward(&scope, inputs.zip(tys.iter().cloned()).collect(), outputs, given);
            self.program.body = Body::Forward(forward);
            made
        };
        let port = |maker: &mut Maker, k: usize, ty: &Ty, of: usize, names: &[&str], input: bool| Port {
            name: (of > 1).then(|| names[k].to_string()),
            index: ty.index,
            gradient: input && !ty.index && maker.numbers.one_in(3),
            shape: ty.sizes.iter().map(|size| maker.alone(*size)).collect(),
        };
        self.program.inputs =
            tys.iter().enumerate().map(|(k, ty)| port(self, k, ty, count, &names, true)).collect();
        let names = ["score", "value", "next"];
        self.program.outputs =
            made.iter().enumerate().map(|(k, ty)| port(self, k, ty, outputs, &names, false)).collect();
    }

    fn input(&mut self) -> Ty {
        let index = self.numbers.one_in(5);
        let sizes = if index {
            vec![3 + self.numbers.below(2)]
        } else if self.numbers.one_in(3) {
            vec![2 + self.numbers.below(2), self.small()]
        } else {
            vec![self.small()]
        };
        Ty { index, sizes }
    }
    pub fn small(&mut self) -> usize {
        3 + self.numbers.below(4)
    }
    /// A size that stands alone.
    pub fn alone(&mut self, size: usize) -> Length {
        match self.constant && size == CONSTANT.1 && self.numbers.one_in(2) {
            true => Length::Named(CONSTANT.0.into()),
            false => Length::Known(size),
        }
    }
    /// A way to write a size.
    pub fn size(&mut self, size: usize, scope: &Scope) -> Length {
        let mut ways = vec![Length::Known(size)];
        let sized = |(name, told): &(String, Told)| match told {
            Told::Size(length) => Some((name.clone(), length.value())),
            _ => None,
        };
        let mut names: Vec<(String, usize)> = scope.values.iter().filter_map(sized).collect();
        if self.constant {
            names.push((CONSTANT.0.into(), CONSTANT.1));
        }
        for (name, value) in names {
            let named = Length::Named(name);
            // what follows a size is what makes a block fit elsewhere
            if value == size {
                ways.extend([named.clone(), named.clone(), named.clone()]);
            }
            if 2 * value == size {
                ways.push(Length::Times(2, Box::new(named.clone())));
            }
            if value + 1 == size {
                ways.push(Length::Plus(Box::new(named.clone()), 1));
            }
            if value / 2 == size {
                ways.push(Length::Half(Box::new(named)));
            }
        }
        self.numbers.of(&ways)
    }
    /// A size that a layer is told first.
    pub fn sized(&mut self, name: &str, size: usize, scope: &Scope) -> Argument {
        Argument::first(name, Told::Size(self.size(size, scope)))
    }
    pub fn name(&mut self, word: &str) -> String {
        self.named += 1;
        format!("{word}{}", self.named)
    }

    /// What a part gives for such values; nothing if it does not take them.
    pub fn tried(&self, item: &Item, scope: &Scope, inputs: &[Ty]) -> Option<Vec<Ty>> {
        let mut machine = Reference::new(false);
        let given = inputs.iter().enumerate().map(|(k, ty)| machine.input(k, ty.index, &ty.sizes));
        let given = given.collect();
        let mut run = Run::new(&self.program, &mut machine);
        let around = Around { values: &scope.values, place: &vec![], frozen: false };
        let made = run.item(item, &vec![0], around, given).ok()?;
        let ty = |value| {
            let sizes = machine.graph.shape(value)[1..].iter().map(|size| size.as_known().unwrap_or(0));
            Ty { index: !machine.graph.element(value).is_real(), sizes: sizes.collect() }
        };
        (machine.graph.len() < MOST / 2).then(|| made.into_iter().map(ty).collect())
    }

    /// Parts that follow each other, and what they give; with a goal, that.
    pub fn items(&mut self, scope: &Scope, ty: &Ty, count: usize, goal: Option<&Ty>) -> (Vec<Item>, Ty) {
        let (mut items, mut at) = (vec![], ty.clone());
        let mut tries = 0;
        while items.len() < count && tries < 4 * count {
            tries += 1;
            let before = self.program.blocks.len();
            let item = self.item(scope, &at);
            match self.tried(&item, scope, std::slice::from_ref(&at)).as_deref() {
                Some([one]) => {
                    at = one.clone();
                    items.push(item);
                    self.tie(scope, ty, &mut items);
                }
                _ => self.program.blocks.truncate(before),
            }
        }
        self.finish(scope, &mut items, &mut at, goal);
        (items, at)
    }

    /// Lets the last layer have the weight of one before it, if there is one that fits.
    fn tie(&mut self, scope: &Scope, ty: &Ty, items: &mut [Item]) {
        let has_weight = |item: &Item| match &item.what {
            What::Layer(row, _) => ["Linear", "Embedding"].contains(&row.name()),
            _ => false,
        };
        let Some((last, before)) = items.split_last_mut() else { return };
        let before = before.to_vec();
        let names = before.iter().filter(|item| has_weight(item)).filter_map(|item| item.name.clone());
        let names: Vec<String> = names.collect();
        let What::Layer(row, _) = &last.what else { return };
        if names.is_empty() || row.name() != "Linear" {
            return;
        }
        let mut tied = last.clone();
        let What::Layer(_, told) = &mut tied.what else { return };
        told.push(Argument::named("weight", Told::Weight(self.numbers.of(&names))));
        tied.frozen &= has_parameters(&self.program, &tied);
        let group = What::Group([before, vec![tied.clone()]].concat());
        let group = Item { name: None, frozen: false, what: group };
        if self.tried(&group, scope, std::slice::from_ref(ty)).is_some() {
            *last = tied;
        }
    }

    /// Goes on until the goal is reached.
    fn finish(&mut self, scope: &Scope, items: &mut Vec<Item>, at: &mut Ty, goal: Option<&Ty>) {
        if at.index {
            let told = self.table(scope);
            self.append(scope, items, at, "Embedding", told);
        }
        let Some(goal) = goal.filter(|goal| *goal != at) else { return };
        let (last, leading) = goal.sizes.split_last().expect("every value has axes");
        if at.sizes.len() == goal.sizes.len() && at.sizes.starts_with(leading) {
            let told = vec![self.sized("out_features", *last, scope)];
            return self.append(scope, items, at, "Linear", told);
        }
        if at.sizes.len() > 1 {
            self.append(scope, items, at, "Flatten", vec![]);
        }
        let all: usize = goal.sizes.iter().product();
        if at.sizes != [all] {
            let told = vec![self.sized("out_features", all, scope)];
            self.append(scope, items, at, "Linear", told);
        }
        if goal.sizes.len() > 1 {
            let sizes = goal.sizes.iter().map(|size| self.size(*size, scope)).collect();
            self.append(scope, items, at, "Reshape", vec![Argument::first("shape", Told::Shape(sizes))]);
        }
    }

    fn append(&mut self, scope: &Scope, items: &mut Vec<Item>, at: &mut Ty, row: &str, told: Vec<Argument>) {
        let mut item = self.layer(row, told);
        if !has_parameters(&self.program, &item) && self.numbers.one_in(3) {
            item.name = None;
        }
        // where there would be too many numbers the goal is not reached, and what is around is given up
        if let Some(mut made) = self.tried(&item, scope, std::slice::from_ref(at)) {
            *at = made.remove(0);
            items.push(item);
        }
    }

    /// A layer that may have a name.
    pub fn layer(&mut self, row: &str, told: Vec<Argument>) -> Item {
        let row = layers::find(row).unwrap_or_else(|| panic!("`{row}` is no layer"));
        let name = (!self.numbers.one_in(3)).then(|| self.name("fc"));
        Item { name, frozen: false, what: What::Layer(row, told) }
    }

    /// How many rows a table has, and how long they are: indices are below 3.
    pub fn table(&mut self, scope: &Scope) -> Vec<Argument> {
        let (rows, long) = (self.small(), self.small());
        let long = Told::Size(self.size(long, scope));
        vec![self.sized("num_embeddings", rows, scope), Argument::named("embedding_dim", long)]
    }
}

/// Whether a part has parameters.
pub fn has_parameters(program: &Program, item: &Item) -> bool {
    let any = |items: &[Item]| items.iter().any(|item| has_parameters(program, item));
    match &item.what {
        What::Layer(row, told) => has_own(*row, told),
        What::Use(number, _) => match &program.blocks[*number].body {
            Body::Stack(items) => any(items),
            Body::Forward(forward) => any(&forward.members),
        },
        What::Group(items) | What::Repeat(_, items) | What::Residual(items) => any(items),
        What::Add(branches) | What::Concat(_, branches) => branches.iter().any(|branch| any(&branch.items)),
    }
}
