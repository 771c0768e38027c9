//! The registry of elementwise losses. A loss that is more than an elementwise function is an op with its own folder
//! and a type in the runtime.
mod absolute;
mod cross_entropy;
mod divergence;
mod margin;
mod poisson;
mod squared;

use crate::hyperparameter::{Hyperparameter, Values};
use crate::scalar::{Expr, argument};

/// A formula of output, target and hyperparameters.
pub type Formula = fn(Expr, Expr, &[Expr]) -> Expr;

/// The sum or the mean, over all numbers of a batch, of a function of output and target.
pub struct ElementwiseLoss {
    /// Its type's name.
    pub name: &'static str,
    /// What it computes, for documentation.
    pub doc: &'static str,
    /// What it can be told.
    pub hyperparameters: &'static [Hyperparameter],
    /// What a target may be; [`Values::Finite`] is looked at only where the loss of a batch is not finite.
    pub targets: Values,
    /// What an output must be, for a loss that is not for all numbers.
    pub outputs: Option<Outputs>,
    /// The loss of one number.
    pub f: Formula,
    /// Its derivative by the output, where a better form is known than the one that is derived from `f`.
    pub slope: Option<Formula>,
}

/// What outputs must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outputs {
    /// No output is less.
    pub least: f64,
    /// No output is more.
    pub most: f64,
    /// The same in words, after "expected".
    pub words: &'static str,
    /// How a network comes to have such outputs, or which loss is for others.
    pub help: &'static str,
    /// The flag that takes the demand away.
    pub unless: Option<&'static str>,
}

impl Outputs {
    /// How far from what it must be rounding may bring a probability, its logarithm or a rate. Formulas hold as far.
    const ROUNDING: f64 = 1e-3;

    /// Probabilities.
    pub const fn probabilities(help: &'static str) -> Outputs {
        Outputs { least: 0.0, most: 1.0, words: "a probability, 0 to 1", help, unless: None }
    }
    /// Logarithms of probabilities.
    pub const fn log_probabilities(help: &'static str) -> Outputs {
        let words = "the logarithm of a probability, 0 or below";
        Outputs { least: f64::NEG_INFINITY, most: 0.0, words, help, unless: None }
    }
    /// Whether `y` is none of them, and not for rounding. What is no number is not looked at: it says more about the
    /// network than about its last layer.
    pub fn exclude(&self, y: f32) -> bool {
        let y = f64::from(y);
        y < self.least - Self::ROUNDING || y > self.most + Self::ROUNDING
    }
}

impl ElementwiseLoss {
    /// The loss of one number: argument 0 is the output, 1 the target, then the hyperparameters.
    pub fn value(&self) -> Expr {
        self.formula(self.f)
    }
    /// Its derivative by the output.
    pub fn slope(&self) -> Expr {
        self.slope.map_or_else(|| self.value().derivative(0), |slope| self.formula(slope))
    }
    fn formula(&self, f: Formula) -> Expr {
        let hyperparameters: Vec<Expr> =
            (0..self.hyperparameters.len() as u32).map(|i| argument(2 + i)).collect();
        f(argument(0), argument(1), &hyperparameters)
    }
}

/// Every elementwise loss.
pub static LOSSES: &[&ElementwiseLoss] = &[
    &squared::MSE,
    &absolute::MAE,
    &absolute::HUBER,
    &absolute::SMOOTH_L1,
    &absolute::LOG_COSH,
    &cross_entropy::BCE_WITH_LOGITS,
    &cross_entropy::BCE,
    &divergence::KL_DIVERGENCE,
    &poisson::POISSON_NLL,
    &margin::HINGE,
    &margin::SQUARED_HINGE,
    &margin::SOFT_MARGIN,
];

/// The table of them, in Markdown, for the documentation; a test holds the committed one against it.
pub fn table() -> String {
    let rows = LOSSES.iter().map(|loss| (loss.name, loss.doc, loss.hyperparameters));
    crate::hyperparameter::table("Loss", rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a row is told by default, and another set of the same kinds.
    fn told(loss: &ElementwiseLoss) -> [Vec<f64>; 2] {
        let default = |h: &Hyperparameter| h.default.unwrap_or(1.0);
        let other = |h: &Hyperparameter| if h.is_flag() { 1.0 - default(h) } else { 0.4 * default(h) };
        [loss.hyperparameters.iter().map(default).collect(), loss.hyperparameters.iter().map(other).collect()]
    }

    #[test]
    fn every_slope_is_what_differences_show() {
        for (loss, told) in LOSSES.iter().flat_map(|loss| told(loss).map(|told| (loss, told))) {
            let targets: &[f64] = match loss.targets {
                Values::Sign => &[-1.0, 1.0],
                _ => &[0.0, 0.3, 1.0],
            };
            let set = |flag| loss.hyperparameters.iter().zip(&told).any(|(h, x)| h.name == flag && *x != 0.0);
            let outputs = loss.outputs.filter(|outputs| !outputs.unless.is_some_and(set));
            let defined = |y: &f64| outputs.is_none_or(|outputs| *y > outputs.least && *y < outputs.most);
            for y in [-3.0, -0.37, 0.03, 0.21, 0.55, 0.93, 3.0].into_iter().filter(defined) {
                for t in targets {
                    let at = |y: f64| {
                        let arguments = [&[y, *t], told.as_slice()].concat();
                        (loss.value().evaluate(&arguments), loss.slope().evaluate(&arguments))
                    };
                    let measured = (at(y + 1e-6).0 - at(y - 1e-6).0) / 2e-6;
                    let (_, slope) = at(y);
                    assert!(
                        (slope - measured).abs() < 1e-7 * (1.0 + slope.abs()),
                        "{} of {told:?} at {y}, {t}: {slope}, by differences {measured}",
                        loss.name
                    );
                }
            }
        }
    }

    #[test]
    fn log_cosh_keeps_its_digits_from_tiny_errors_to_large_ones() {
        let loss = LOSSES.iter().find(|loss| loss.name == "LogCosh").expect("a row");
        for i in 0..=1000 {
            let e = 1e-6 * 5e7f64.powf(f64::from(i) / 1000.0);
            // cosh e = 1 + 2 sinh² (e / 2)
            let expected = (2.0 * (e / 2.0).sinh().powi(2)).ln_1p();
            for e in [e, -e] {
                let found = loss.value().evaluate(&[e, 0.0]);
                assert!((found - expected).abs() < 2e-15 * expected, "{e}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn large_scores_neither_overflow_nor_vanish() {
        for name in ["BceWithLogits", "SoftMargin", "LogCosh", "Huber", "SmoothL1", "Hinge"] {
            let loss = LOSSES.iter().find(|loss| loss.name == name).expect("a row");
            for y in [1e4, -1e4] {
                let arguments: Vec<f64> = [y, 1.0]
                    .into_iter()
                    .chain(loss.hyperparameters.iter().map(|h| h.default.unwrap_or(1.0)))
                    .collect();
                let value = loss.value().evaluate(&arguments);
                assert!(value.is_finite() && value >= 0.0, "{name} at {y}: {value}");
                assert!(value > 9e3 || y > 0.0, "{name} at {y}: {value}");
                assert!(loss.slope().evaluate(&arguments).abs() <= 1.0, "{name} at {y}");
            }
        }
    }
}
