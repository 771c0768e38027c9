//! Which of two results is the better one.

/// Whether a result is the better for being higher, as an accuracy, or lower, as a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Better {
    /// A larger number is better; PyTorch's mode `max`.
    Higher,
    /// A smaller number is better; PyTorch's mode `min`.
    Lower,
}

impl Better {
    /// Whether `a` is better than `b` by more than `margin`; never if one of them is not a number.
    pub(crate) fn by(self, margin: f64, a: f64, b: f64) -> bool {
        match self {
            Better::Higher => a > b + margin,
            Better::Lower => a < b - margin,
        }
    }
}
