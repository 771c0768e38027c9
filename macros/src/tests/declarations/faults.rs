//! Faults of the compiler's reading, as a declaration that says something else than the program that it is held against.
use super::{check, compiled};
use crate::declarations::print::expr;
use crate::declarations::tree::{
    Branch, Expr, Forward, Item, Length, Operator, Pattern, Program, Told, Visitor, What, visit,
};

/// What could be read wrongly.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// `a - b` is read as `b - a`.
    OperandsExchanged,
    /// A `residual` does not add what went in.
    IdentityLost,
    /// What is joined stands in another order.
    BranchesExchanged,
    /// A part of a value begins one number further on.
    OffsetShifted,
    /// A name that is taken again stands for what it was before.
    FirstBindingRead,
    /// One of several results is given in place of another.
    ResultsExchanged,
    /// What is frozen learns.
    FrozenForgotten,
    /// The gradient of an input is not asked for.
    GradientForgotten,
    /// A member that is applied again is applied to what it was applied to first.
    CallForgotten,
}

const FAULTS: [Fault; 9] = [
    Fault::OperandsExchanged,
    Fault::IdentityLost,
    Fault::BranchesExchanged,
    Fault::OffsetShifted,
    Fault::FirstBindingRead,
    Fault::ResultsExchanged,
    Fault::FrozenForgotten,
    Fault::GradientForgotten,
    Fault::CallForgotten,
];

/// Plants a fault in the first place that there is.
struct Planted {
    fault: Fault,
    done: bool,
}

impl Fault {
    /// A program with the fault, if there is a place for it.
    fn planted(self, program: &Program) -> Option<Program> {
        let mut program = program.clone();
        let mut planted = Planted { fault: self, done: false };
        visit(&mut program.body, &mut planted);
        for block in &mut program.blocks {
            visit(&mut block.body, &mut planted);
        }
        if let (Fault::GradientForgotten, Some(port)) =
            (self, program.inputs.iter_mut().find(|port| port.gradient))
        {
            port.gradient = false;
            planted.done = true;
        }
        planted.done.then_some(program)
    }
}

impl Visitor for Planted {
    fn item(&mut self, item: &mut Item) {
        if self.done {
            return;
        }
        match (self.fault, &mut item.what) {
            (Fault::FrozenForgotten, _) if item.frozen => item.frozen = false,
            (Fault::IdentityLost, What::Residual(items)) => item.what = What::Group(std::mem::take(items)),
            (Fault::BranchesExchanged, What::Concat(_, branches)) => {
                let named = |branch: &Branch| branch.name.is_some();
                if branches.iter().any(named) {
                    // another order of their parameters would be found without looking at a number
                    return;
                }
                branches.rotate_left(1);
            }
            (Fault::OffsetShifted, What::Layer(row, told)) if row.name() == "Slice" => {
                for argument in told.iter_mut().filter(|argument| argument.name == "start") {
                    if let Told::Size(Length::Known(start)) = &mut argument.told {
                        *start += 1;
                    }
                }
            }
            _ => return,
        }
        self.done = true;
    }

    fn expr(&mut self, expr: &mut Expr) {
        if let (false, Fault::OperandsExchanged, Expr::Binary(Operator::Sub, left, right)) =
            (self.done, self.fault, expr)
        {
            std::mem::swap(left, right);
            self.done = true;
        }
    }

    fn forward(&mut self, forward: &mut Forward) {
        match self.fault {
            _ if self.done => {}
            Fault::FirstBindingRead => {
                let mut bound = forward.inputs.clone();
                for (pattern, _) in &mut forward.statements {
                    let Pattern::Name(name) = pattern else { continue };
                    if bound.contains(name) {
                        *name = format!("_{name}");
                        self.done = true;
                        return;
                    }
                    bound.push(name.clone());
                }
            }
            Fault::ResultsExchanged => {
                if let [(first, _), (second, _), ..] = &mut forward.results[..]
                    && forward.names.is_some()
                {
                    std::mem::swap(first, second);
                    self.done = true;
                }
            }
            Fault::CallForgotten => {
                let mut first: Vec<Expr> = vec![];
                let values = forward.statements.iter_mut().map(|(_, value)| value);
                for value in values.chain(forward.results.iter_mut().map(|(_, value)| value)) {
                    let text = expr(value);
                    let Expr::Member(name, _) = &*value else { continue };
                    let same = |other: &&Expr| {
                        matches!(other, Expr::Member(other, _) if other == name) && expr(other) != text
                    };
                    if let Some(before) = first.iter().find(same) {
                        *value = before.clone();
                        self.done = true;
                        return;
                    }
                    first.push(value.clone());
                }
            }
            _ => {}
        }
    }
}

#[test]
fn faults_in_what_is_declared_are_found() {
    for fault in FAULTS {
        let (mut planted, mut found) = (0, 0);
        for seed in 0..400 {
            let program = Program::random(seed);
            let Some(wrong) = fault.planted(&program) else { continue };
            let text = wrong.beside(&program.flat());
            // one that no longer agrees in its shapes is found by anybody
            if compiled(&text).is_err() {
                continue;
            }
            planted += 1;
            found += usize::from(check(&text, &program).is_err());
            if planted == 4 {
                break;
            }
        }
        assert!(found >= 2 && 2 * found >= planted, "{fault:?}: found in {found} of {planted}");
    }
}
