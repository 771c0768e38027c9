//! The lines of the table that `Display` prints.
use crate::body::{Body, Callee};
use crate::role::Role;
use crate::shape::{ShapedGroup, ShapedLayer, ShapedMember, ShapedRepeat};
use plywood_kernels::shape::{Shape, Size, elements};

/// One line of the table of layers.
pub struct Line {
    /// Declared name or position.
    pub name: String,
    /// The layer with its inferred sizes.
    pub layer: String,
    /// What comes out, batch first.
    pub output: Shape,
    /// Numbers in its parameters, one iteration.
    pub parameters: Size,
    /// Operations for one sample, one iteration.
    pub flops: Size,
    /// How many blocks it is in.
    pub depth: usize,
    /// How often it runs.
    pub times: Size,
}

/// One line for each member of a body, and for those within.
pub fn lines(body: &Body<ShapedMember>) -> Vec<Line> {
    let mut lines = vec![];
    add(body, &Around { depth: 0, times: Size::known(1), calls: 1 }, &mut lines);
    lines
}

/// The blocks around a member.
struct Around {
    depth: usize,
    /// How often they run.
    times: Size,
    /// How often they are called.
    calls: usize,
}

fn add(body: &Body<ShapedMember>, around: &Around, lines: &mut Vec<Line>) {
    // in the order in which they are applied first
    let mut applied = vec![false; body.members.len()];
    for statement in &body.statements {
        let Callee::Member(number) = statement.callee else { continue };
        if std::mem::replace(&mut applied[number], true) {
            continue;
        }
        let member = &body.members[number];
        let (depth, times) = (around.depth, around.times.clone());
        match member {
            ShapedMember::Layer(ShapedLayer {
                name,
                description,
                role,
                output,
                parameters,
                flops,
                calls,
                ..
            }) => {
                let numbers = parameters.iter().fold(Size::known(0), |sum, row| &sum + &elements(&row.shape));
                lines.push(Line {
                    name: name.key.clone(),
                    layer: format!("{description}{}", if *role == Role::Frozen { ", frozen" } else { "" }),
                    output: output.shape.clone(),
                    parameters: numbers,
                    flops: flops * &Size::known(around.calls * calls),
                    depth,
                    times,
                });
            }
            ShapedMember::Repeat(ShapedRepeat { name, of, count, carried, body, calls, .. }) => {
                let inside = Around { depth: depth + 1, times: &times * count, calls: around.calls * calls };
                lines.push(Line {
                    name: name.key.clone(),
                    layer: of.as_ref().map_or(format!("repeat {count}"), |of| format!("{count} × {of}")),
                    output: carried.shape.clone(),
                    parameters: Size::known(0),
                    flops: Size::known(0),
                    depth,
                    times,
                });
                add(body, &inside, lines);
            }
            ShapedMember::Group(ShapedGroup { name, description, outputs, body, calls, .. }) => {
                let inside = Around { depth: depth + 1, times: times.clone(), calls: around.calls * calls };
                lines.push(Line {
                    name: name.key.clone(),
                    layer: description.clone(),
                    output: outputs.first().map_or(vec![Size::batch()], |ty| ty.shape.clone()),
                    parameters: Size::known(0),
                    flops: Size::known(0),
                    depth,
                    times,
                });
                add(body, &inside, lines);
            }
        }
    }
}
