//! What a function computes, step by step, for its documentation: ``1. `hidden` = tanh(x · hidden.weightᵀ + hidden.bias)``.
use super::context::Context;
use plywood_kernels::compiler::plan::Place;
use plywood_kernels::compiler::steps::{Contribution, Factor, Operand, Rule, Source, Step, Summed, Work};
use plywood_kernels::graph::{Kind, Origin, Value};
use plywood_kernels::scalar::print;
use plywood_kernels::shape::{Size, display};
use plywood_kernels::types::Element;

/// A formula that takes more room than this is called by its name.
const LONGEST: usize = 72;

/// The lines of the documentation of one direction of a function.
pub fn steps(context: &Context, backward: bool) -> Vec<String> {
    let steps = context.function.steps().iter().filter(|step| step.backward == backward);
    let lines = steps.enumerate().map(|(i, step)| format!(" {}. {}", i + 1, line(context, step)));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { lines } else { [vec![String::new()], lines].concat() }
}

fn line(context: &Context, step: &Step) -> String {
    let made = step.outputs.iter().map(|v| format!("`{}`", name(context, *v))).collect::<Vec<_>>().join(", ");
    let shapes = step.outputs.iter().map(|v| shape(context, *v)).collect::<Vec<_>>().join(", ");
    let what = match &step.work {
        Work::Map { rule, operands, .. } => formula(context, rule, operands, ""),
        Work::Product { a, b, rule, operands } => formula(context, rule, operands, &product(context, a, b)),
        Work::Sum(summed) => sum(context, summed),
        Work::Broadcast { x, mean, .. } => {
            let repeated = format!("{} repeated", name(context, *x));
            if *mean { format!("{repeated}, divided by how often") } else { repeated }
        }
        Work::Kernel(kernel) => {
            let inputs = kernel.inputs.iter().map(|v| name(context, *v)).collect::<Vec<_>>().join(", ");
            format!("{}({inputs})", kernel.op.name())
        }
        Work::Call(run) => {
            let inputs = run.inputs.iter().map(|v| name(context, *v)).collect::<Vec<_>>().join(", ");
            format!("`{}`({inputs}){}", run.call.block.name, times(&run.call.times))
        }
        Work::Reverse(back) => {
            let seeds = back.seeds.iter().flatten().map(|v| name(context, *v)).collect::<Vec<_>>().join(", ");
            let (block, times) = (&back.run.call.block.name, times(&back.run.call.times));
            let handed: Vec<String> =
                back.results.inputs.iter().flatten().map(|v| format!("`{}`", name(context, *v))).collect();
            let handed = if handed.is_empty() { String::new() } else { format!("{} = ", handed.join(", ")) };
            return format!("{handed}`{block}` backward({seeds}){times}");
        }
        Work::Gradient(number, contribution) => {
            let parameter = context.function.graph().parameter(*number).map(|leaf| name(context, leaf));
            let gradient = match contribution {
                Contribution::Product(a, b) => product(context, a, b),
                Contribution::Sum(summed) => sum(context, summed),
                Contribution::Rows { indices, values, .. } => {
                    format!("scatter({}, {})", name(context, *indices), name(context, *values))
                }
                Contribution::Store(value) => name(context, *value),
                Contribution::Nothing => "0".into(),
            };
            return format!("gradient of `{}` = {gradient}", parameter.unwrap_or_default());
        }
    };
    format!("{made} = {what}, `{shapes}`")
}

fn times(times: &Size) -> String {
    match times.as_known() {
        Some(1) => String::new(),
        _ => format!(", {times} times"),
    }
}

/// `[n][3]`, `[3, 2]`
fn shape(context: &Context, value: Value) -> String {
    let ty = context.function.graph().ty(value);
    let element = if ty.element == Element::F32 { "" } else { ty.element.name() };
    let batch = if ty.shape.first() == Some(&Size::batch()) { "[n]" } else { "" };
    format!("{element}{batch}{}", display(&ty.shape))
}

/// What a value is called in the function; a parameter by its layer.
fn name(context: &Context, value: Value) -> String {
    let function = context.function;
    let dotted = |origin: &Origin| match origin.word() {
        "" => origin.layer().to_string(),
        word => format!("{}.{word}", origin.layer()),
    };
    let ports = &function.ports;
    match function.places.get(&value) {
        Some(Place::Input(k)) => ports.inputs[*k].clone(),
        Some(Place::Output(k)) => ports.outputs[*k].clone(),
        Some(Place::Seed(k)) => ports.seeds[*k].clone(),
        Some(Place::Gradient(k)) => ports.gradients[*k].clone(),
        Some(Place::Rows(r)) => ports.rows[*r].clone(),
        Some(Place::Parameter(_) | Place::State(_) | Place::Prepared(_) | Place::NextState(_)) => {
            dotted(function.graph().origin(value))
        }
        _ => match function.graph().kind(value) {
            Kind::Apply(op, _) if op.name() == "uniform" => "u".into(),
            _ => {
                let own = function.names.get(&value).cloned();
                own.unwrap_or_else(|| function.graph().origin(value).to_string())
            }
        },
    }
}

fn product(context: &Context, a: &Factor, b: &Factor) -> String {
    let factor = |factor: &Factor| {
        format!("{}{}", name(context, factor.value), if factor.transposed { "ᵀ" } else { "" })
    };
    format!("{} · {}", factor(a), factor(b))
}

fn sum(context: &Context, summed: &Summed) -> String {
    let (word, name) = (if summed.mean { "mean" } else { "sum" }, name(context, summed.value));
    let over = if summed.inner.as_known() == Some(1) { "each row" } else { "rows" };
    format!("{word} of {name} over {over}")
}

/// A formula with the names of what it reads; `sums` are those of a product.
fn formula(context: &Context, rule: &Rule, operands: &[Operand], sums: &str) -> String {
    let plain = |source: Source| source == Source::Sums;
    let names: Vec<String> = operands
        .iter()
        .map(|operand| if plain(operand.source) { sums.to_string() } else { name(context, operand.value) })
        .collect();
    let text = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        print::rust(&[rule.formula], &names)
    };
    let printed = text(&names);
    if !printed.bindings.is_empty() || printed.results[0].len() > LONGEST {
        return format!("{}({})", rule.words, names.join(", "));
    }
    // a product keeps its parentheses beside another operator than a sum
    let bound = |i: usize| {
        let marked: Vec<String> =
            (0..names.len()).map(|k| if k == i { "§".into() } else { "_".into() }).collect();
        let text = text(&marked).block();
        ["* §", "§ *", "/ §", "§ /", "-§", "- §"].iter().any(|near| text.contains(near))
    };
    let names: Vec<String> = names
        .iter()
        .enumerate()
        .map(
            |(i, name)| {
                if plain(operands[i].source) && bound(i) { format!("({name})") } else { name.clone() }
            },
        )
        .collect();
    text(&names).block()
}
