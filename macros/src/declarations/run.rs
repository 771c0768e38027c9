//! What a declaration does, step by step: its blocks written out, its repeats run by run, its branches one after the other.
//! A machine says what comes of each step.
use super::tree::{
    Argument, Block, Body, Branch, Expr, Forward, Item, NUMBER, Operator, Pattern, Program, Told, Values,
    What,
};
use plywood_kernels::layers::{self, Layer};
use std::cell::RefCell;
use std::collections::HashMap;

/// Where a layer stands: its number in its level, from outside, with the numbers of branches and of runs. What is declared
/// first has the lesser place, and so have the parameters of an earlier run.
pub type Place = Vec<usize>;

/// Why something cannot be applied so.
pub type Refused = String;

/// A layer or a function as it is applied: all that it is told stands in numbers and constants.
pub struct Applied<'a> {
    pub row: &'static dyn Layer,
    pub told: &'a [Argument],
    pub place: &'a Place,
    pub frozen: bool,
    /// The place of the layer whose weight it has.
    pub weight_of: Option<&'a Place>,
}

/// What is done with each step.
pub trait Machine {
    type Value: Clone;
    /// A layer or a function on values.
    fn apply(&mut self, applied: &Applied, values: &[Self::Value]) -> Result<Self::Value, Refused>;
    /// An operator between values, of which one may be a number.
    fn binary(
        &mut self,
        operator: Operator,
        left: &Meaning<Self::Value>,
        right: &Meaning<Self::Value>,
    ) -> Result<Self::Value, Refused>;
    fn negative(&mut self, value: &Self::Value) -> Result<Self::Value, Refused>;
    /// Whether these are of one shape.
    fn alike(&self, _one: &Self::Value, _other: &Self::Value) -> bool {
        true
    }
}

/// What an expression stands for.
#[derive(Clone)]
pub enum Meaning<V> {
    One(V),
    Number(f64),
    Several(Vec<Meaning<V>>),
}

/// A program on a machine.
pub struct Run<'a, M> {
    program: &'a Program,
    machine: &'a mut M,
    /// The layers with a name, by their level and that.
    named: HashMap<(Place, String), Place>,
}

/// What is around a part.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    pub values: &'a Values,
    pub place: &'a Place,
    pub frozen: bool,
}

impl Around<'_> {
    fn at(&self, number: usize) -> Place {
        [self.place.as_slice(), &[number]].concat()
    }
}

impl<'a, M: Machine> Run<'a, M> {
    pub fn new(program: &'a Program, machine: &'a mut M) -> Run<'a, M> {
        Run { program, machine, named: HashMap::new() }
    }

    /// What the network gives.
    pub fn network(&mut self, inputs: Vec<M::Value>) -> Result<Vec<M::Value>, Refused> {
        let around = Around { values: &vec![], place: &vec![], frozen: false };
        self.body(&self.program.body, around, inputs)
    }

    fn body(&mut self, body: &Body, around: Around, inputs: Vec<M::Value>) -> Result<Vec<M::Value>, Refused> {
        match body {
            Body::Stack(items) => Ok(vec![self.items(items, around, inputs[0].clone())?]),
            Body::Forward(forward) => self.forward(forward, around, inputs),
        }
    }

    fn items(&mut self, items: &[Item], around: Around, value: M::Value) -> Result<M::Value, Refused> {
        items.iter().enumerate().try_fold(value, |value, (number, item)| {
            let made = self.item(item, &around.at(number), around, vec![value])?;
            made.into_iter().next().ok_or_else(|| "nothing is given".into())
        })
    }

    /// What a part gives that stands at `place`.
    pub fn item(
        &mut self,
        item: &Item,
        place: &Place,
        around: Around,
        inputs: Vec<M::Value>,
    ) -> Result<Vec<M::Value>, Refused> {
        let inside = Around { place, frozen: around.frozen || item.frozen, ..around };
        if let What::Group(items) | What::Repeat(_, items) | What::Residual(items) = &item.what
            && items.is_empty()
        {
            return Err("there are no layers".into());
        }
        match &item.what {
            What::Layer(row, told) => {
                if let Some(name) = &item.name {
                    let level = place[..place.len() - 1].to_vec();
                    self.named.insert((level, name.clone()), place.clone());
                }
                Ok(vec![self.layer(*row, told, inside, &inputs)?])
            }
            What::Use(number, arguments) => {
                let block = &self.program.blocks[*number];
                let values = self.program.told(block, arguments, around.values);
                self.block(block, Around { values: &values, ..inside }, inputs)
            }
            What::Group(items) => Ok(vec![self.items(items, inside, inputs[0].clone())?]),
            What::Repeat(count, items) => {
                let mut value = inputs[0].clone();
                for run in 0..count.within(around.values).value() {
                    value = self.items(items, Around { place: &inside.at(run), ..inside }, value)?;
                    if !self.machine.alike(&inputs[0], &value) {
                        return Err("a repeat gives another shape".into());
                    }
                }
                Ok(vec![value])
            }
            What::Residual(items) => {
                let x = inputs[0].clone();
                let y = self.items(items, Around { place: &inside.at(0), ..inside }, x.clone())?;
                Ok(vec![self.join("add", &[], inside, &[y, x])?])
            }
            What::Add(branches) => {
                let made = self.branches(branches, inside, &inputs[0])?;
                Ok(vec![self.join("add", &[], inside, &made)?])
            }
            What::Concat(axis, branches) => {
                let made = self.branches(branches, inside, &inputs[0])?;
                let axis = Argument::named("axis", Told::Axis(*axis));
                Ok(vec![self.join("concat", &[axis], inside, &made)?])
            }
        }
    }

    fn block(
        &mut self,
        block: &Block,
        around: Around,
        inputs: Vec<M::Value>,
    ) -> Result<Vec<M::Value>, Refused> {
        if inputs.len() != block.arity.0 || matches!(&block.body, Body::Stack(items) if items.is_empty()) {
            return Err(format!("`{}` takes {} values", block.name, block.arity.0));
        }
        self.body(&block.body, around, inputs)
    }

    fn branches(
        &mut self,
        branches: &[Branch],
        around: Around,
        value: &M::Value,
    ) -> Result<Vec<M::Value>, Refused> {
        let one = |(number, branch): (usize, &Branch)| {
            let inside =
                Around { place: &around.at(number), frozen: around.frozen || branch.frozen, ..around };
            match branch.name {
                Some(_) if branch.items.is_empty() => Err("the value itself has no name".into()),
                _ => self.items(&branch.items, inside, value.clone()),
            }
        };
        branches.iter().enumerate().map(one).collect()
    }

    fn join(
        &mut self,
        name: &str,
        told: &[Argument],
        around: Around,
        values: &[M::Value],
    ) -> Result<M::Value, Refused> {
        let row = layers::function(name).ok_or("no function")?;
        self.layer(row, told, around, values)
    }

    fn layer(
        &mut self,
        row: &'static dyn Layer,
        told: &[Argument],
        around: Around,
        values: &[M::Value],
    ) -> Result<M::Value, Refused> {
        let told: Vec<Argument> = told
            .iter()
            .map(|argument| Argument { told: argument.told.within(around.values), ..argument.clone() })
            .collect();
        let weight_of = told.iter().find_map(|argument| match &argument.told {
            Told::Weight(name) => Some((around.place[..around.place.len() - 1].to_vec(), name.clone())),
            _ => None,
        });
        let weight_of =
            weight_of.map(|key| self.named.get(&key).ok_or("there is no such layer")).transpose()?;
        let applied = Applied { row, told: &told, place: around.place, frozen: around.frozen, weight_of };
        self.machine.apply(&applied, values)
    }

    fn forward(
        &mut self,
        forward: &Forward,
        around: Around,
        inputs: Vec<M::Value>,
    ) -> Result<Vec<M::Value>, Refused> {
        let inputs = forward.inputs.iter().cloned().zip(inputs.into_iter().map(Meaning::One));
        let mut scope = Scope { forward, around, names: inputs.collect(), first: RefCell::default() };
        for (pattern, value) in &forward.statements {
            let meaning = self.expr(value, &scope)?;
            bind(pattern, meaning, &mut scope.names)?;
        }
        let mut results = vec![];
        for (number, value) in &forward.results {
            match self.expr(value, &scope)? {
                Meaning::One(value) => results.push((*number, value)),
                Meaning::Several(several) => {
                    for (number, one) in several.into_iter().enumerate() {
                        let Meaning::One(value) = one else { return Err("no value".into()) };
                        results.push((number, value));
                    }
                }
                Meaning::Number(_) => return Err("a number is given".into()),
            }
        }
        results.sort_by_key(|(number, _)| *number);
        Ok(results.into_iter().map(|(_, value)| value).collect())
    }

    fn one(&mut self, expr: &Expr, scope: &Scope<M::Value>) -> Result<M::Value, Refused> {
        match self.expr(expr, scope)? {
            Meaning::One(value) => Ok(value),
            _ => Err("no value".into()),
        }
    }

    fn expr(&mut self, expr: &Expr, scope: &Scope<M::Value>) -> Result<Meaning<M::Value>, Refused> {
        Ok(match expr {
            Expr::Number(number) => Meaning::Number(*number),
            Expr::Constant => Meaning::Number(NUMBER.1),
            Expr::Name(name) => match scope.names.get(name) {
                Some(meaning) => meaning.clone(),
                None => match scope.around.values.iter().find(|(other, _)| other == name) {
                    Some((_, Told::Number(number))) => Meaning::Number(*number),
                    _ => return Err(format!("there is no `{name}`")),
                },
            },
            Expr::Tuple(values) => Meaning::Several(
                values.iter().map(|value| self.expr(value, scope)).collect::<Result<_, _>>()?,
            ),
            Expr::Negative(of) => match self.expr(of, scope)? {
                Meaning::One(value) => Meaning::One(self.machine.negative(&value)?),
                Meaning::Number(number) => Meaning::Number(-number),
                Meaning::Several(_) => return Err("several values".into()),
            },
            Expr::Binary(operator, left, right) => {
                let (left, right) = (self.expr(left, scope)?, self.expr(right, scope)?);
                match (&left, &right) {
                    (Meaning::Number(a), Meaning::Number(b)) => Meaning::Number(match operator {
                        Operator::Add => a + b,
                        Operator::Sub => a - b,
                        Operator::Mul => a * b,
                        Operator::Div => a / b,
                    }),
                    _ => Meaning::One(self.machine.binary(*operator, &left, &right)?),
                }
            }
            Expr::Function { row, values, told, .. } => {
                let values: Vec<M::Value> =
                    values.iter().map(|value| self.one(value, scope)).collect::<Result<_, _>>()?;
                Meaning::One(self.layer(*row, told, scope.around, &values)?)
            }
            Expr::Member(name, values) => {
                let values: Vec<M::Value> =
                    values.iter().map(|value| self.one(value, scope)).collect::<Result<_, _>>()?;
                let members = &scope.forward.members;
                let number = members.iter().position(|member| member.name.as_ref() == Some(name));
                let number = number.ok_or_else(|| format!("there is no member `{name}`"))?;
                let place = scope.around.at(number);
                let first = scope.first.borrow_mut().entry(number).or_insert_with(|| values.clone()).clone();
                if first.iter().zip(&values).any(|(first, value)| !self.machine.alike(first, value)) {
                    return Err(format!("`{name}` is applied to two shapes"));
                }
                let mut made = self.item(&members[number], &place, scope.around, values)?;
                match made.len() {
                    1 => Meaning::One(made.remove(0)),
                    _ => Meaning::Several(made.into_iter().map(Meaning::One).collect()),
                }
            }
        })
    }
}

/// What names stand for in a `forward`.
struct Scope<'a, V> {
    forward: &'a Forward,
    around: Around<'a>,
    names: HashMap<String, Meaning<V>>,
    /// What each member was applied to first.
    first: RefCell<HashMap<usize, Vec<V>>>,
}

fn bind<V>(
    pattern: &Pattern,
    meaning: Meaning<V>,
    names: &mut HashMap<String, Meaning<V>>,
) -> Result<(), Refused> {
    match (pattern, meaning) {
        (Pattern::Nothing, _) => {}
        (Pattern::Name(name), meaning) => drop(names.insert(name.clone(), meaning)),
        (Pattern::Tuple(patterns), Meaning::Several(meanings)) if patterns.len() == meanings.len() => {
            let mut pairs = patterns.iter().zip(meanings);
            pairs.try_for_each(|(pattern, meaning)| bind(pattern, meaning, names))?;
        }
        _ => return Err("other names than values".into()),
    }
    Ok(())
}
