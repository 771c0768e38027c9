//! What a loss or an optimizer was told, by name.

use std::fmt::Display;

use plywood_kernels::hyperparameter::Values;

use crate::error::{Error, Result};

/// The numbers and choices that a loss or an optimizer of this crate was given, by name: for reports, for files, for a
/// search over them.
///
/// ```
/// use plywood::prelude::*;
///
/// let mut sgd = Sgd::new(0.1).momentum(0.9);
/// sgd.set_hyperparameter("nesterov", 1.0)?;
/// assert_eq!(sgd, Sgd::new(0.1).momentum(0.9).nesterov(true));
/// assert!(sgd.hyperparameters().contains(&("momentum", 0.9)));
/// assert!(sgd.set_hyperparameter("momentum", f64::NAN).is_err());
/// # Ok::<(), plywood::Error>(())
/// ```
pub trait Hyperparameters {
    /// Names and values, in the order of the fields. A choice is 0 for `false` and 1 for `true`.
    fn hyperparameters(&self) -> Vec<(&'static str, f64)>;

    /// Sets the one of that name. A name that it does not have, or a value that means nothing, is an
    /// [`Error::Setting`](crate::Error::Setting) and changes nothing.
    fn set_hyperparameter(&mut self, name: &str, value: f64) -> Result<()>;
}

/// That a hyperparameter has one of these values.
pub(crate) fn check(name: &'static str, values: Values, value: f64) -> Result<()> {
    demand(name, values.words(), value, values.contains(value))
}

/// That what was demanded of a hyperparameter holds.
pub(crate) fn demand(
    name: &'static str,
    expected: &'static str,
    found: impl Display,
    holds: bool,
) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Setting { name, expected, found: found.to_string() }) }
}

/// No hyperparameter has this name.
pub(crate) fn unknown(name: &str, known: &'static str) -> Error {
    Error::Setting { name: "hyperparameter", expected: known, found: format!("`{name}`") }
}

/// An error if a count is 0.
pub(crate) fn not_zero(name: &'static str, n: u64) -> Result<()> {
    if n > 0 {
        return Ok(());
    }
    Err(Error::Setting { name, expected: "1 or more", found: "0".to_owned() })
}
