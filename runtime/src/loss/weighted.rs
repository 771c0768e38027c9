//! A loss times a number.

use plywood_kernels::cpu::Cpu;

use super::{Loss, LossRow, Reduction};
use crate::error::{Error, Result};
use crate::network::{Numbers, Ports};

/// A loss times a number: `Weighted(0.5, Mse::mean())`, for instance beside the losses of other outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted<L>(
    /// What it is multiplied by.
    pub f64,
    /// The loss.
    pub L,
);
#[cfg(feature = "serde")]
crate::settings::table! { Weighted [L: serde::Deserialize<'de>, serde::Serialize] { 0 => weight, 1 => loss } }

impl<O: Numbers, L: Loss<O>> Loss<O> for Weighted<L> {
    type Target = L::Target;

    fn reduction(&self) -> Reduction {
        self.1.reduction()
    }

    fn share(&self, targets: <L::Target as Ports>::Batch<'_>) -> f64 {
        self.1.share(targets)
    }

    fn name(&self) -> String {
        format!("{} {}", self.0, self.1.name())
    }

    fn check(&self) -> Result<()> {
        if !self.0.is_finite() {
            let expected = "any finite number";
            return Err(Error::Setting { name: "Weighted", expected, found: self.0.to_string() });
        }
        self.1.check()
    }

    fn describe(&self) -> String {
        format!("{} times {}", self.0, self.1.describe())
    }

    fn row(&self) -> Option<LossRow> {
        let row = self.1.row()?;
        Some(LossRow { weight: self.0 * row.weight, ..row })
    }

    fn gradient(
        &self,
        cpu: &Cpu,
        d: <O as Ports>::BatchMut<'_>,
        output: <O as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
        scale: f64,
    ) -> Result<f64> {
        Ok(self.0 * self.1.gradient(cpu, d, output, targets, self.0 * scale)?)
    }

    fn parts(&self) -> &'static [&'static str] {
        self.1.parts()
    }

    fn gradient_by_part(
        &self,
        cpu: &Cpu,
        d: <O as Ports>::BatchMut<'_>,
        output: <O as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
        scale: f64,
        parts: &mut [f64],
    ) -> Result<f64> {
        let loss = self.1.gradient_by_part(cpu, d, output, targets, self.0 * scale, parts)?;
        parts.iter_mut().for_each(|part| *part *= self.0);
        Ok(self.0 * loss)
    }

    fn value(
        &self,
        output: <O as Ports>::Batch<'_>,
        targets: <L::Target as Ports>::Batch<'_>,
    ) -> Result<f64> {
        Ok(self.0 * self.1.value(output, targets)?)
    }
}
