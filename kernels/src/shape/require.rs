//! What a shape rule may demand of sizes, and what becomes of it.
use super::{Shape, Size};
use crate::relation::Relation;

/// A shape rule's complaint, without place or name: the compiler knows both and words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which of the op's inputs is wrong.
    pub input: usize,
    /// The layer's argument that asked for something else, if one did.
    pub argument: Option<&'static str>,
    /// What was measured: `features`, `axes`; nothing where the argument itself is wrong.
    pub what: &'static str,
    /// What the rule wanted, in words or as a number.
    pub expected: String,
    /// What it got.
    pub found: String,
}

/// A relation that only the user's constants decide; it becomes a `const` assertion beside the generated code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// How `left` and `right` must relate.
    pub relation: Relation,
    /// What the rule wanted.
    pub left: Size,
    /// What it got.
    pub right: Size,
    /// What was measured.
    pub what: &'static str,
    /// Of which input.
    pub input: usize,
    /// The layer's argument that asked for it, if one did.
    pub argument: Option<&'static str>,
}

/// Collects what a shape rule demands: decided at once where sizes are known, kept for later where they are symbols.
#[derive(Debug, Default)]
pub struct Requirements {
    /// What is left to assert once the symbols have values.
    pub deferred: Vec<Deferred>,
    argument: Option<&'static str>,
}
impl Requirements {
    /// What is demanded from here on comes of that argument of a layer.
    pub fn of(&mut self, argument: &'static str) {
        self.argument = Some(argument);
    }
    /// A complaint about the argument itself, whatever is received.
    pub fn wrong(&self, expected: String, found: String) -> Mismatch {
        self.mismatch(0, "", expected, found)
    }
    /// A complaint that no relation of sizes says.
    pub fn mismatch(&self, input: usize, what: &'static str, expected: String, found: String) -> Mismatch {
        Mismatch { input, argument: self.argument, what, expected, found }
    }
    /// Demands `expected == found`.
    pub fn require_eq(
        &mut self,
        input: usize,
        what: &'static str,
        expected: &Size,
        found: &Size,
    ) -> Result<(), Mismatch> {
        self.require(Relation::Equal, input, what, expected, found)
    }
    /// Demands `least <= found`.
    pub fn require_le(
        &mut self,
        input: usize,
        what: &'static str,
        least: &Size,
        found: &Size,
    ) -> Result<(), Mismatch> {
        self.require(Relation::AtMost, input, what, least, found)
    }
    /// Demands that `found` has the axes of `expected`, as long.
    pub fn require_same(&mut self, input: usize, expected: &Shape, found: &Shape) -> Result<(), Mismatch> {
        self.require_eq(input, "axes", &Size::known(expected.len()), &Size::known(found.len()))?;
        let mut pairs = expected.iter().zip(found);
        pairs.try_for_each(|(a, b)| self.require_eq(input, "elements along an axis", a, b))
    }
    /// Demands that `found` is a multiple of `divisor`.
    pub fn require_divides(
        &mut self,
        input: usize,
        what: &'static str,
        divisor: &Size,
        found: &Size,
    ) -> Result<(), Mismatch> {
        self.require(Relation::Divides, input, what, divisor, found)
    }
    fn require(
        &mut self,
        relation: Relation,
        input: usize,
        what: &'static str,
        left: &Size,
        right: &Size,
    ) -> Result<(), Mismatch> {
        if left == right && (relation != Relation::Divides || left.as_known() != Some(0)) {
            return Ok(());
        }
        if relation == Relation::AtMost && right.covers(left) {
            return Ok(());
        }
        let holds = match (left.as_known(), right.as_known()) {
            (Some(l), Some(r)) => relation.holds(l, r),
            // the batch is nobody's constant: it equals nothing but itself, so what it is multiplied by must be equal
            _ if left.has_batch() && right.has_batch() && relation == Relation::Equal => {
                match (left.per_sample(), right.per_sample()) {
                    (Some((l, l_fixed)), Some((r, r_fixed))) => {
                        self.require(relation, input, what, &l, &r).is_ok()
                            && self.require(relation, input, what, &l_fixed, &r_fixed).is_ok()
                    }
                    _ => false,
                }
            }
            _ if left.has_batch() || right.has_batch() => false,
            _ => {
                let (left, right) = (left.clone(), right.clone());
                self.deferred.push(Deferred { relation, left, right, what, input, argument: self.argument });
                true
            }
        };
        if holds {
            return Ok(());
        }
        let expected = format!("{}{left}", relation.words());
        Err(self.mismatch(input, what, expected, right.to_string()))
    }
}
