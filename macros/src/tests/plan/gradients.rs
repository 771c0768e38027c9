//! Where the gradients of parameters go: each whole, once, and after all that still reads the parameter; what several calls
//! contribute is followed through the slots where it is collected.
use super::run::{Checked, Held, Machine, ensure, key};
use plywood_kernels::compiler::root;
use plywood_kernels::compiler::steps::{Contribution, RunBack, Step, Work};
use plywood_kernels::graph::{Gradient, Kind, Value};
use std::collections::{BTreeMap, HashMap};

impl Machine<'_> {
    /// What a step adds to where it lies, without reading it from elsewhere.
    pub(super) fn added_to(&self, at: usize, step: &Step) -> Vec<Value> {
        let Work::Reverse(back) = &step.work else { return vec![] };
        let collected = self.function.runs.get(&at).and_then(|plan| plan.collected.as_ref());
        match collected {
            Some(collected) if !collected.begins => back.onto.iter().map(|(_, value)| *value).collect(),
            _ => vec![],
        }
    }

    /// What lies where a reverse collects, afterwards: what it made, which is added to what the graph says, and to nothing
    /// else.
    pub(super) fn collect(
        &self,
        at: usize,
        back: &RunBack,
        name: &str,
    ) -> Result<Option<(String, Held)>, String> {
        self.is_told(back, name)?;
        let plan = self.plan(at)?;
        ensure(plan.collected.is_some() == back.collects, || format!("{name} collects nowhere"))?;
        let Some(collected) = &plan.collected else {
            return ensure(back.onto.is_empty(), || format!("{name} adds to what it does not collect"))
                .map(|()| None);
        };
        let here = key(&collected.place);
        // one that begins takes over what there is: it was read, and is not written over
        let mut all = match self.memory.get(&here) {
            _ if collected.begins => back.onto.iter().copied().collect::<BTreeMap<usize, Value>>(),
            Some(Held::Collected(all)) => all.clone(),
            other => return Err(format!("{name} adds to {other:?}, which was not collected")),
        };
        for (p, result) in back.results.parameters.iter().enumerate() {
            let there = back.onto.iter().find(|(onto, _)| *onto == p).map(|(_, value)| *value);
            ensure(result.is_some() || there.is_none(), || {
                format!("{name} adds to parameter {p}, of which it makes nothing")
            })?;
            let Some(result) = *result else { continue };
            ensure(all.get(&p).copied() == there, || {
                format!("{name} adds to {:?} what belongs to {there:?}, of parameter {p}", all.get(&p))
            })?;
            let place = self.function.places.get(&result);
            let lies = place.map(|place| self.memory_of(place)).transpose()?.map(|place| key(&place));
            ensure(lies.as_ref() == Some(&here), || {
                format!("{name} collects {result:?} in {here}, not in {lies:?}")
            })?;
            all.insert(p, result);
        }
        Ok(Some((here, Held::Collected(all))))
    }

    /// A reverse adds to what its node says.
    fn is_told(&self, back: &RunBack, name: &str) -> Checked {
        let graph = self.function.graph();
        let Some(result) = back
            .results
            .inputs
            .iter()
            .chain(&back.results.parameters)
            .flatten()
            .chain(&back.results.rows)
            .next()
        else {
            return Err(format!("{name} makes nothing"));
        };
        let node = graph.node(*result);
        let Kind::Reverse(_, _, onto) = &node.kind else { return Err(format!("{name} is no reverse")) };
        let there = node.inputs[node.inputs.len() - onto.len()..].iter().map(|value| root(graph, *value));
        let there: Vec<(usize, Value)> = onto.iter().copied().zip(there).collect();
        ensure(there == back.onto, || {
            format!("{name} adds to {:?}, where the graph says {there:?}", back.onto)
        })
    }

    /// What goes to the destination of a parameter is its whole gradient, and lies where that of the parameter is looked
    /// for.
    pub(super) fn handed_over(&self, number: usize, contribution: &Contribution, name: &str) -> Checked {
        let graph = self.function.graph();
        let gradient = self.gradient_of(number).map(|value| root(graph, value));
        let made = gradient
            .map(|value| graph.node(value).inputs.iter().map(|v| root(graph, *v)).collect::<Vec<_>>());
        let wrong = || format!("{name} hands over {number} what is not its gradient, {gradient:?}");
        match contribution {
            Contribution::Nothing => ensure(gradient.is_none(), wrong),
            Contribution::Store(value) => {
                ensure(gradient == Some(*value), wrong)?;
                let Some(plywood_kernels::compiler::plan::Place::Collected(at, p)) =
                    self.function.places.get(value)
                else {
                    return Ok(());
                };
                let Work::Reverse(back) = &self.function.steps()[*at].work else {
                    return Err(format!("{name} hands over what no reverse collects"));
                };
                let of = back.run.parameters.get(*p).map(|leaf| graph.kind(*leaf));
                ensure(matches!(of, Some(Kind::Parameter(of)) if *of == number), || {
                    format!("{name} hands over {number} what was collected of {of:?}")
                })
            }
            Contribution::Product(a, b) => ensure(made == Some(vec![a.value, b.value]), wrong),
            Contribution::Sum(summed) => ensure(made == Some(vec![summed.value]), wrong),
            Contribution::Rows { indices, values, order, .. } => {
                ensure(made == Some(vec![*indices, *values, *order]), wrong)
            }
        }
    }

    /// The gradient of the parameter of that number.
    fn gradient_of(&self, number: usize) -> Option<Value> {
        let block = &self.function.fused.block;
        let is =
            |leaf: &Value| matches!(self.function.graph().kind(*leaf), Kind::Parameter(of) if *of == number);
        let p = block.parameters.iter().position(is)?;
        block.reverse.as_ref()?.made(Gradient::Parameter(p))
    }

    /// Every parameter's gradient is handed over once, after the last step that reads the parameter.
    pub fn gradients(&self) -> Checked {
        let Some(reverse) = &self.function.fused.block.reverse else { return Ok(()) };
        let graph = self.function.graph();
        let steps = self.function.steps();
        let number = |leaf: &Value| match graph.kind(*leaf) {
            Kind::Parameter(number) => Some(*number),
            _ => None,
        };
        let mut made: HashMap<usize, usize> = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            let numbers: Vec<usize> = match &step.work {
                Work::Gradient(number, _) => vec![*number],
                Work::Reverse(back) if !back.collects => {
                    let made = back.run.parameters.iter().zip(&back.results.parameters);
                    let handed = made.filter_map(|(leaf, result)| Some((number(leaf)?, (*result)?)));
                    let handed: Vec<_> = handed.collect();
                    for (number, result) in &handed {
                        ensure(self.gradient_of(*number) == Some(*result), || {
                            format!("step {at} hands over {number} what is not its gradient")
                        })?;
                    }
                    handed.into_iter().map(|(number, _)| number).collect()
                }
                _ => vec![],
            };
            for number in numbers {
                ensure(made.insert(number, at).is_none(), || {
                    format!("the gradient of parameter {number} is handed over twice")
                })?;
            }
        }
        for (p, leaf) in self.function.fused.block.parameters.iter().enumerate() {
            let Some(number) = number(leaf) else { continue };
            let Some(at) = made.get(&number) else {
                let learns = self.learns.is_some_and(|learns| learns[p]);
                ensure(!learns && reverse.parameters[p].is_none(), || {
                    format!("parameter {number} gets no gradient")
                })?;
                continue;
            };
            let known = reverse.parameters[p].is_some() || reverse.idle.contains(&p);
            ensure(known, || format!("parameter {number} gets a gradient"))?;
            let later = steps.iter().skip(at + 1).find(|step| step.reads().contains(leaf));
            ensure(later.is_none(), || format!("parameter {number} is read after it may have changed"))?;
        }
        Ok(())
    }
}
