//! Whether the calls of a graph read the parameters that are theirs, as the network's parameters are laid out: what stands in
//! for `lower` builds both, and code is emitted by where parameters lie.
use crate::parameters::{Entry, Parameters, RepeatEntry};
use plywood_kernels::graph::{Block, Graph, Kind, Value};
use plywood_kernels::shape::Size;

/// What is wrong with the parameters of a network's calls, or of a block's, or nothing.
pub fn check(entries: &Parameters, block: &Block) -> Result<(), String> {
    let (declared, found) = (entries.roles().len(), block.parameters.len());
    let within = if block.name.is_empty() { "the network".into() } else { format!("`{}`", block.name) };
    if declared != found {
        return Err(format!("{within} has {declared} parameters, its graph reads {found}"));
    }
    for node in block.body.nodes() {
        let Kind::Call(call) = &node.kind else { continue };
        let wrong = |what: String| Err(format!("in {within}, the call `{}` {what}", call.name));
        let read = &node.inputs[call.inputs.len()..];
        let numbers: Vec<usize> = read.iter().filter_map(|leaf| number(&block.body, *leaf)).collect();
        let Some(first) = numbers.first() else {
            check(&Parameters::none(), &call.block)?;
            continue;
        };
        let Some(used) = uses(entries).into_iter().find(|used| used.first == *first) else {
            let leaf = block.body.origin(read[0]);
            return wrong(format!(
                "takes `{leaf}` for the first of its own parameters, which no use of a block begins with: what somebody else \
                 has too is handed over as an input"
            ));
        };
        let last = used.first + used.inside.roles().len();
        let its = (used.first..last).collect::<Vec<_>>();
        if numbers != its {
            return wrong(format!(
                "reads the parameters {numbers:?}; those of `{}` are {its:?}",
                used.name.label
            ));
        }
        let runs = if call.own_parameters { call.times.clone() } else { Size::known(1) };
        if used.times() != runs {
            return wrong(format!(
                "has parameters for {runs} runs; `{}` has them for {}",
                used.name.label,
                used.times()
            ));
        }
        check(&used.inside, &call.block)?;
    }
    Ok(())
}

/// The uses of blocks: groups are part of the level around them.
fn uses(entries: &Parameters) -> Vec<&RepeatEntry> {
    let mut all = vec![];
    for entry in entries.entries() {
        match entry {
            Entry::Repeat(used) => all.push(&**used),
            Entry::Group(group) => all.extend(uses(&group.inside)),
            Entry::Layer(_) => {}
        }
    }
    all
}

fn number(graph: &Graph, leaf: Value) -> Option<usize> {
    match graph.kind(leaf) {
        Kind::Parameter(number) => Some(*number),
        _ => None,
    }
}
