//! What weights the classes of a loss.

use std::fmt;

use plywood_kernels::hyperparameter::Values;

use super::Reduction;
use crate::error::{Error, Result};

/// What weights the classes of a loss: `()` for none, or `[f32; C]`, one for each of `C` classes. Another number of them
/// does not build:
///
/// ```compile_fail,E0277
/// use plywood::prelude::*;
///
/// network! { struct Net: [4] -> [3] { fc: Linear(3) } }
/// let loss = CrossEntropy.class_weights([1.0, 2.0]);
/// let trainer = Trainer::new(Net::init(1), loss, Adam::new(1e-3));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no weight for each of {C} classes",
    note = "give as many weights as the network has outputs"
)]
pub trait ClassWeights<const C: usize>: sealed::Sealed + Copy + fmt::Debug + Send + Sync + 'static {
    /// They, if there are any.
    fn as_slice(&self) -> Option<&[f32]>;
}
impl<const C: usize> ClassWeights<C> for () {
    fn as_slice(&self) -> Option<&[f32]> {
        None
    }
}
impl<const C: usize> ClassWeights<C> for [f32; C] {
    fn as_slice(&self) -> Option<&[f32]> {
        Some(self)
    }
}
mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<const C: usize> Sealed for [f32; C] {}
}

/// How much samples with these classes count.
pub(super) fn share(reduction: Reduction, weights: Option<&[f32]>, targets: &[u32]) -> f64 {
    match (reduction, weights) {
        (Reduction::Mean, Some(weights)) => {
            targets.iter().map(|t| weights.get(*t as usize).map_or(0.0, |w| f64::from(*w))).sum()
        }
        _ => reduction.share(targets.len()),
    }
}

pub(super) fn check_weights(weights: Option<&[f32]>) -> Result<()> {
    let name = "class_weights";
    let weights = weights.unwrap_or_default();
    if let Some(w) = weights.iter().find(|w| !Values::NotNegative.contains(f64::from(**w))) {
        let expected = "0 or any number above for every class";
        return Err(Error::Setting { name, expected, found: w.to_string() });
    }
    if !weights.is_empty() && weights.iter().all(|w| *w == 0.0) {
        let expected = "above 0 for one class at least: a class of weight 0 is not learned";
        return Err(Error::Setting { name, expected, found: "0 for every class".to_owned() });
    }
    Ok(())
}
