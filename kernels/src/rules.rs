//! The formulas that nearly every network needs: printed once, by the runtime, and named by expansions.
use crate::ops::{BINARY, UNARY};
use crate::scalar::{Expr, argument};

/// A formula with a name.
pub struct Rule {
    /// The name of its type.
    pub name: String,
    /// The names of its arguments.
    pub arguments: Vec<&'static str>,
    /// The formula.
    pub formula: Expr,
}

/// `relu_backward` as `ReluBackward`: the name of a rule made of words.
pub fn type_name(words: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    words.split('_').map(capital).collect()
}

/// Every common rule: for each activation `f` the rules `f(x)`, `f(x + b)` and its gradient; for each binary op its
/// own.
pub fn common() -> Vec<Rule> {
    let (x, b) = (argument(0), argument(1));
    let mut rules = vec![Rule { name: "Add".into(), arguments: vec!["x", "b"], formula: x + b }];
    for row in UNARY {
        let name = type_name(row.name);
        rules.push(Rule { name: format!("Bias{name}"), arguments: vec!["x", "b"], formula: (row.f)(x + b) });
        rules.push(Rule { name, arguments: vec!["x"], formula: row.formula() });
        let slope = row.slope();
        let saved = if slope.uses(0) { "x" } else { "y" };
        let formula = argument(0) * slope.substitute(&[argument(1), argument(1)]);
        // a slope from both input and output has no common form
        if !(slope.uses(0) && slope.uses(1)) {
            rules.push(Rule { name: type_name(row.backward), arguments: vec!["d", saved], formula });
        }
    }
    for row in BINARY {
        let formula = (row.f)(x, b);
        if !rules.iter().any(|rule| rule.formula == formula) {
            rules.push(Rule { name: type_name(row.name), arguments: vec!["a", "b"], formula });
        }
    }
    rules
}
