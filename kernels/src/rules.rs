//! The formulas that nearly every network needs: printed once, by the runtime, and named by expansions.
use crate::names::type_name;
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

/// Every common rule, equal formulas once: for each activation `f`, told nothing, the rules `f(x)`, `f(x + b)` and its
/// gradient; for each binary op its own. What is told other numbers is declared where it is used.
pub fn common() -> Vec<Rule> {
    let (x, b) = (argument(0), argument(1));
    let mut rules: Vec<Rule> = vec![];
    let mut add = |name: String, arguments: &[&'static str], formula: Expr| {
        if formula != x && !rules.iter().any(|rule| rule.formula == formula) {
            rules.push(Rule { name, arguments: arguments.to_vec(), formula });
        }
    };
    add("Add".into(), &["x", "b"], x + b);
    for (row, numbers) in UNARY.iter().filter_map(|row| Some((row, row.defaults()?))) {
        let name = type_name(row.name);
        add(format!("Bias{name}"), &["x", "b"], (row.f)(x + b, numbers));
        add(name, &["x"], row.formula(numbers));
        let slope = row.slope(numbers);
        let arguments: &[&str] = match (slope.uses(0), slope.uses(1)) {
            (true, false) => &["d", "x"],
            (false, true) => &["d", "y"],
            (false, false) => &["d"],
            // a slope from both input and output has no common form
            (true, true) => continue,
        };
        add(type_name(row.backward), arguments, argument(0) * slope.substitute(&[argument(1), argument(1)]));
    }
    for row in BINARY {
        add(type_name(row.name), &["a", "b"], row.formula());
    }
    rules
}
