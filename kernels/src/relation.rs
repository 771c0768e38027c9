//! What shape rules demand of two sizes, when a network is compiled and when the constants of its program have values.

/// How two sizes must relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `left == right`
    Equal,
    /// `left <= right`
    AtMost,
    /// `right` is a multiple of `left`
    Divides,
}
impl Relation {
    /// Whether two numbers relate so.
    pub const fn holds(self, left: usize, right: usize) -> bool {
        match self {
            Relation::Equal => left == right,
            Relation::AtMost => left <= right,
            Relation::Divides => left != 0 && right.is_multiple_of(left),
        }
    }
    /// What stands before `left` where `right` was expected to relate so: "at least ".
    pub const fn words(self) -> &'static str {
        match self {
            Relation::Equal => "",
            Relation::AtMost => "at least ",
            Relation::Divides => "a multiple of ",
        }
    }
}
