//! Which blocks are functions of their own: those that are used more than once. What is used once is part of what is around
//! it, so that fusion sees through it.
use crate::body::{Body, Callee};
use crate::shape::ShapedMember;
use std::collections::{HashMap, HashSet};

/// The kinds of groups that are called, for a network that does this.
pub fn called(body: &Body<ShapedMember>) -> HashSet<String> {
    let mut uses = HashMap::new();
    count(body, &mut uses);
    uses.into_iter().filter(|(_, count)| *count > 1).map(|(kind, _)| kind).collect()
}

/// What is within a kind is counted once, however often that is used.
fn count(body: &Body<ShapedMember>, uses: &mut HashMap<String, usize>) {
    let mut applied = vec![0; body.members.len()];
    for statement in &body.statements {
        if let Callee::Member(number) = statement.callee {
            applied[number] += 1;
        }
    }
    for (member, times) in body.members.iter().zip(applied) {
        match member {
            ShapedMember::Layer(_) => {}
            // a function of its own anyhow
            ShapedMember::Repeat(repeat) => kind(&repeat.kind, 2, &repeat.body, uses),
            ShapedMember::Group(group) => kind(&group.kind, times, &group.body, uses),
        }
    }
}

fn kind(kind: &str, times: usize, body: &Body<ShapedMember>, uses: &mut HashMap<String, usize>) {
    let so_far = uses.entry(kind.to_string()).or_default();
    let is_new = *so_far == 0;
    *so_far += times;
    if is_new {
        count(body, uses);
    }
}
