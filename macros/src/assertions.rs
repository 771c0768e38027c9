//! What is left to assert of sizes, since only the user's constants decide it.
use crate::diagnostics::Place;
use plywood_kernels::relation::Relation;
use plywood_kernels::shape::Size;
use std::collections::{HashMap, HashSet};

/// A relation between sizes that holds for the right constants only.
pub struct Assertion {
    /// How they must relate.
    pub relation: Relation,
    /// What was wanted.
    pub left: Size,
    /// What there is.
    pub right: Size,
    /// The message, up to the wanted number: ``expected `fc2` to receive``.
    pub subject: String,
    /// What is counted.
    pub what: &'static str,
    /// Where it came from, and what to do about it: `` from `fc1` ``.
    pub origin: String,
    /// The user's tokens.
    pub place: Place,
}

/// Assertions in the order in which they were made, found again without a search.
#[derive(Default)]
pub struct Assertions {
    list: Vec<Assertion>,
    /// The sizes that one of them keeps at 1 or more.
    positive: HashSet<Size>,
    /// Which have that difference between what there is and what was wanted.
    differences: HashMap<Size, Vec<usize>>,
}

impl Assertions {
    /// One more.
    pub fn push(&mut self, assertion: Assertion) {
        self.list.push(assertion);
        self.index(self.list.len() - 1);
    }
    /// One more, of [`AtMost`](Relation::AtMost), unless it or a stronger one is there.
    pub fn at_least(&mut self, assertion: Assertion) {
        let least = &assertion.right - &assertion.left;
        // one of them may have been made stronger
        let said = [least.clone(), &least - &Size::known(1)].iter().any(|difference| {
            let same = self.differences.get(difference).into_iter().flatten();
            same.map(|at| &self.list[*at]).any(|a| a.relation == Relation::AtMost)
        });
        if !said {
            self.push(assertion);
        }
    }
    /// All of them.
    pub fn into_list(self) -> Vec<Assertion> {
        self.list
    }
    /// Asserts that a size is at least 1, which `what` calls it, unless that is asserted or the size has no symbol.
    pub fn positive(&mut self, size: &Size, what: &str, place: Place) {
        if !size.has_symbol() || self.positive.contains(size) {
            return;
        }
        // the one demand that keeps this difference from falling below 0 is made stronger: both would fail together
        if let Some([only]) = self.differences.get(size).map(Vec::as_slice)
            && self.list[*only].relation == Relation::AtMost
        {
            let only = *only;
            self.differences.remove(size);
            self.positive.insert(size.clone());
            self.list[only].left = &self.list[only].left + &Size::known(1);
            self.index(only);
            return;
        }
        let (left, right, subject) = (Size::known(1), size.clone(), format!("expected {what} to be"));
        let (relation, origin) = (Relation::AtMost, String::new());
        self.push(Assertion { relation, left, right, subject, what: "", origin, place });
    }

    fn index(&mut self, at: usize) {
        let Assertion { relation, left, right, .. } = &self.list[at];
        if *relation == Relation::AtMost && left.as_known().is_some_and(|least| least > 0) {
            self.positive.insert(right.clone());
        }
        self.differences.entry(right - left).or_default().push(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_most(left: Size, right: Size) -> Assertion {
        let (relation, subject, origin) = (Relation::AtMost, String::new(), String::new());
        Assertion { relation, left, right, subject, what: "", origin, place: here() }
    }
    fn here() -> Place {
        proc_macro2::Span::call_site().into()
    }
    fn asserted(assertions: Assertions) -> Vec<String> {
        assertions.into_list().iter().map(|a| format!("{} <= {}", a.left, a.right)).collect()
    }

    #[test]
    fn a_size_is_asserted_to_be_positive_once() {
        let (h, mut assertions) = (Size::symbol("H"), Assertions::default());
        for size in [&h, &h, &Size::known(3), &(&h + &Size::known(1)), &h] {
            assertions.positive(size, "a size", here());
        }
        assert_eq!(asserted(assertions), ["1 <= H", "1 <= H + 1"]);
    }

    #[test]
    fn what_is_demanded_twice_is_asserted_once() {
        let (h, five, mut assertions) = (Size::symbol("H"), Size::known(5), Assertions::default());
        assertions.at_least(at_most(five.clone(), h.clone()));
        assertions.at_least(at_most(five.clone(), h.clone()));
        assertions.positive(&(&h - &five), "a size", here());
        assertions.at_least(at_most(five.clone(), h.clone()));
        assertions.positive(&(&h - &five), "a size", here());
        assert_eq!(asserted(assertions), ["6 <= H"]);
    }

    #[test]
    fn the_only_demand_for_a_difference_is_made_stronger() {
        let (h, five, mut assertions) = (Size::symbol("H"), Size::known(5), Assertions::default());
        assertions.push(at_most(five.clone(), h.clone()));
        assertions.positive(&(&h - &five), "a size", here());
        assertions.positive(&(&h - &five), "a size", here());
        // what is at least 6 is at least 1
        assertions.positive(&h, "a size", here());
        assert_eq!(asserted(assertions), ["6 <= H"]);
        let mut two = Assertions::default();
        two.push(at_most(five.clone(), h.clone()));
        two.push(at_most(Size::known(0), &h - &five));
        two.positive(&(&h - &five), "a size", here());
        assert_eq!(asserted(two), ["5 <= H", "0 <= H - 5", "1 <= H - 5"]);
    }
}
