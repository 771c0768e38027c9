//! Losses between several outputs.
//!
//! They are losses of the generated struct itself, whatever it is called: the compiler says of every struct of ports that are
//! alike that it is [`Alike`]. So a network is declared with the outputs that PyTorch's loss has as arguments, and
//! `TripletMargin::mean()` stands where any loss does.

use plywood_kernels::cpu::Cpu;
use plywood_kernels::hyperparameter::Values;

use super::{Loss, Reduction, check_numbers, refuse_nothing, same_length};
use crate::error::{Error, Result};
use crate::hyperparameters::{self, demand};
use crate::network::Sample;
use crate::network::ports::Alike;

macro_rules! told {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident = $value:expr),* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            /// How the losses of samples become one.
            pub reduction: Reduction,
            $($(#[$field_doc])* pub $field: f64),*
        }
        #[cfg(feature = "serde")]
        crate::settings::table! { $name { reduction = Default::default(), $($field = $value),* } }

        impl $name {
            /// The mean over samples.
            pub const fn mean() -> Self {
                Self { reduction: Reduction::Mean, $($field: $value),* }
            }
            /// The sum over samples.
            pub const fn sum() -> Self {
                Self { reduction: Reduction::Sum, $($field: $value),* }
            }
            $(
                $(#[$field_doc])*
                #[must_use]
                pub const fn $field(self, $field: f64) -> Self {
                    Self { $field, ..self }
                }
            )*
        }
    };
}

told! {
    /// Of two outputs `x₁` and `x₂` that are vectors: `1 - cos(x₁, x₂)` where the target is 1 and they are to be alike,
    /// `max(0, cos(x₁, x₂) - margin)` where it is -1 and they are not.
    ///
    /// PyTorch's `CosineEmbeddingLoss`: `cos = x₁·x₂ / √((|x₁|² + 1e-12) (|x₂|² + 1e-12))`. The network has two outputs of one
    /// length, whatever they are called; the target is an `f32` for every sample.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! {
    ///     struct Siamese: (left: [6], right: [6]) -> (left: [4], right: [4]) {
    ///         body: Linear(4),
    ///         fn forward(left, right) { (left: body(left), right: body(right)) }
    ///     }
    /// }
    ///
    /// let loss = CosineEmbedding::mean().margin(0.2);
    /// let mut trainer = Trainer::new(Siamese::init(1), loss, Adam::new(1e-2)).on(Device::best())?;
    /// let (left, right) = (random::normal::<[f32; 6]>(8, 1), random::normal::<[f32; 6]>(8, 2));
    /// let alike: [f32; 8] = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0];
    /// trainer.step(SiameseInput { left: &left, right: &right }, &alike)?;
    /// # Ok::<(), plywood::Error>(())
    /// ```
    CosineEmbedding {
        /// The cosine up to which two outputs count as not alike, from -1 to 1: 0 if it is not set.
        margin = 0.0
    }
}

told! {
    /// `max(0, |anchor - positive| - |anchor - negative| + margin)` of three outputs that are vectors: what is like the anchor
    /// is to lie nearer to it than what is not.
    ///
    /// PyTorch's `TripletMarginLoss` with `p = 2`: distances are Euclidean, `√Σ (x - y + eps)²`. The network has three outputs
    /// of one length called `anchor`, `positive` and `negative`, in any order; under other names they are refused, lest two
    /// be exchanged. There is nothing to compare with: a target is `()`.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! {
    ///     struct Faces: (anchor: [6], positive: [6], negative: [6]) -> (anchor: [4], positive: [4], negative: [4]) {
    ///         body: Linear(4),
    ///         fn forward(anchor, positive, negative) {
    ///             (anchor: body(anchor), positive: body(positive), negative: body(negative))
    ///         }
    ///     }
    /// }
    ///
    /// let [anchor, positive, negative] = [1, 2, 3].map(|seed| random::normal::<[f32; 6]>(8, seed).into_vec());
    /// let data = Dataset::new(FacesInput { anchor, positive, negative }, vec![(); 8])?;
    /// let loss = TripletMargin::mean().margin(0.5);
    /// let mut trainer = Trainer::new(Faces::init(1), loss, Adam::new(1e-2)).quiet().on(Device::best())?;
    /// trainer.epoch(&data)?;
    /// # Ok::<(), plywood::Error>(())
    /// ```
    TripletMargin {
        /// By how much nearer, above 0: 1 if it is not set.
        margin = 1.0,
        /// What is added to every difference, so that the distance of equal vectors has a slope: `1e-6` if it is not set.
        eps = 1e-6
    }
}

told! {
    /// `max(0, -t (x₁ - x₂) + margin)`, number by number, of two outputs: the first declared is to be larger where the target
    /// is 1, the second where it is -1.
    ///
    /// PyTorch's `MarginRankingLoss`. Targets are of the shape of one output.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! {
    ///     struct Ranker: (first: [6], second: [6]) -> (first: [1], second: [1]) {
    ///         score: Linear(1),
    ///         fn forward(first, second) { (first: score(first), second: score(second)) }
    ///     }
    /// }
    ///
    /// let loss = MarginRanking::mean().margin(0.1);
    /// let mut trainer = Trainer::new(Ranker::init(1), loss, Adam::new(1e-2)).on(Device::best())?;
    /// let (first, second) = (random::normal::<[f32; 6]>(2, 1), random::normal::<[f32; 6]>(2, 2));
    /// trainer.step(RankerInput { first: &first, second: &second }, &[[1.0], [-1.0]])?;
    /// # Ok::<(), plywood::Error>(())
    /// ```
    MarginRanking {
        /// By how much larger: 0 if it is not set.
        margin = 0.0
    }
}

impl MarginRanking {
    /// The sum over the numbers of a sample, the mean over samples.
    pub const fn batch_mean() -> Self {
        Self { reduction: Reduction::BatchMean, ..Self::mean() }
    }
}

/// What the members of all three have in common: what differs is what their targets are, what is looked at before, and `$loss`
/// of a batch.
macro_rules! between {
    ($name:ident, $count:literal, [$($generics:tt)*], $port:ty, $target:ty, $check:ident, $loss:ident) => {
        #[diagnostic::do_not_recommend]
        impl<O: Alike<$count, Port = $port>, $($generics)*> Loss<O> for $name {
            type Target = $target;

            fn reduction(&self) -> Reduction {
                self.reduction
            }

            fn describe(&self) -> String {
                format!("{self:?}")
            }

            fn check(&self) -> Result<()> {
                self.$check(&O::PORTS.iter().map(|port| port.name).collect::<Vec<_>>())
            }

            fn gradient(
                &self,
                _: &Cpu,
                d: O::BatchMut<'_>,
                output: O::Batch<'_>,
                targets: &[$target],
                scale: f64,
            ) -> Result<f64> {
                let (d, output) = (O::each_mut(d), O::each(output));
                for d in &d {
                    same_length("gradients", output[0].len(), d.len())?;
                }
                let d = Some((d.map(|d| <$port>::flat_mut(d)), scale));
                let batch = Batch::of::<O, $port>(output, targets.len())?;
                self.$loss(&batch, targets, d)
            }

            fn value(&self, output: O::Batch<'_>, targets: &[$target]) -> Result<f64> {
                let batch = Batch::of::<O, $port>(O::each(output), targets.len())?;
                self.$loss(&batch, targets, None)
            }
        }
    };
}
between!(CosineEmbedding, 2, [const E: usize], [f32; E], f32, check_cosine, cosine);
between!(TripletMargin, 3, [const E: usize], [f32; E], (), check_triplet, triplet);
between!(MarginRanking, 2, [S: Sample], S, S, check_ranking, ranking);

/// Outputs as numbers.
struct Batch<'a, const N: usize> {
    /// What each is called.
    names: [&'static str; N],
    y: [&'a [f32]; N],
    samples: usize,
    /// Numbers in a sample of one output.
    width: usize,
}

/// Where a gradient goes, and what it is multiplied by.
type Wanted<'a, const N: usize> = Option<([&'a mut [f32]; N], f64)>;

impl<'a, const N: usize> Batch<'a, N> {
    fn of<O: Alike<N, Port = S>, S: Sample>(output: [&'a [S]; N], targets: usize) -> Result<Self> {
        let samples = output[0].len();
        for y in &output {
            same_length("samples of an output", samples, y.len())?;
        }
        same_length("targets", samples, targets)?;
        refuse_nothing(samples, S::LEN)?;
        let names = std::array::from_fn(|i| O::PORTS[i].name);
        Ok(Batch { names, y: output.map(S::flat), samples, width: S::LEN })
    }

    /// The sum of `one` over the samples, which is given a sample of each output and returns its loss and, for every output,
    /// the factors of all outputs that its derivative is the sum of, and a number that is added to that.
    fn sum(
        &self,
        weight: f64,
        mut d: Wanted<'_, N>,
        one: impl Fn(usize, [&[f32]; N]) -> (f64, [([f64; N], f64); N]),
    ) -> f64 {
        let mut sum = 0.0;
        for (i, first) in (0..self.samples).map(|i| (i, i * self.width)) {
            let at = first..first + self.width;
            let y = self.y.map(|y| &y[at.clone()]);
            let (loss, slopes) = one(i, y);
            sum += loss;
            let Some((d, scale)) = &mut d else { continue };
            for (d, (factors, more)) in d.iter_mut().zip(slopes) {
                for (k, d) in d[at.clone()].iter_mut().enumerate() {
                    let of_outputs = factors.iter().zip(y).map(|(factor, y)| factor * f64::from(y[k]));
                    *d = (*scale * weight * (of_outputs.sum::<f64>() + more)) as f32;
                }
            }
        }
        weight * sum
    }
}

/// `Σ f(x, y)` over the numbers of two vectors, in f64.
fn sum(x: &[f32], y: &[f32], f: impl Fn(f64, f64) -> f64) -> f64 {
    x.iter().zip(y).map(|(x, y)| f(f64::from(*x), f64::from(*y))).sum()
}

/// `x` above 0, else 0; what is no number stays none.
fn above_0(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { x }
}

impl CosineEmbedding {
    fn check_cosine(&self, _: &[&str]) -> Result<()> {
        let holds = (-1.0..=1.0).contains(&self.margin);
        demand("margin", "any number from -1 to 1", self.margin, holds)
    }

    fn cosine(&self, batch: &Batch<'_, 2>, targets: &[f32], d: Wanted<'_, 2>) -> Result<f64> {
        check_numbers(targets, 1, Values::Sign)?;
        const EPS: f64 = 1e-12;
        let weight = self.reduction.weight(batch.samples, 1);
        Ok(batch.sum(weight, d, |i, [x, y]| {
            let (xx, yy) = (sum(x, x, |a, b| a * b) + EPS, sum(y, y, |a, b| a * b) + EPS);
            let product = (xx * yy).sqrt();
            let cosine = sum(x, y, |a, b| a * b) / product;
            let (loss, slope) = if targets[i] > 0.0 {
                (1.0 - cosine, -1.0)
            } else {
                let loss = above_0(cosine - self.margin);
                (loss, if loss == 0.0 { 0.0 } else { 1.0 })
            };
            let across = slope / product;
            (loss, [([-slope * cosine / xx, across], 0.0), ([across, -slope * cosine / yy], 0.0)])
        }))
    }
}

const TRIPLET: [&str; 3] = ["anchor", "positive", "negative"];

impl TripletMargin {
    fn check_triplet(&self, outputs: &[&str]) -> Result<()> {
        hyperparameters::check("margin", Values::Positive, self.margin)?;
        hyperparameters::check("eps", Values::NotNegative, self.eps)?;
        places(outputs).map(|_| ())
    }

    fn triplet(&self, batch: &Batch<'_, 3>, _: &[()], d: Wanted<'_, 3>) -> Result<f64> {
        let [anchor, positive, negative] = places(&batch.names)?;
        let weight = self.reduction.weight(batch.samples, 1);
        Ok(batch.sum(weight, d, |_, y| {
            let distance = |other: usize| sum(y[anchor], y[other], |a, b| (a - b + self.eps).powi(2)).sqrt();
            let (near, far) = (distance(positive), distance(negative));
            let loss = above_0(near - far + self.margin);
            let mut slopes = [([0.0; 3], 0.0); 3];
            if loss != 0.0 {
                // that of a distance of 0 is 0
                let slope = |distance: f64| if distance == 0.0 { 0.0 } else { 1.0 / distance };
                for (other, slope) in [(positive, slope(near)), (negative, -slope(far))] {
                    for (of, sign) in [(anchor, 1.0), (other, -1.0)] {
                        let (factors, more) = &mut slopes[of];
                        factors[anchor] += sign * slope;
                        factors[other] -= sign * slope;
                        *more += sign * slope * self.eps;
                    }
                }
            }
            (loss, slopes)
        }))
    }
}

/// Which outputs are anchor, positive and negative.
fn places(outputs: &[&str]) -> Result<[usize; 3]> {
    let place = |name: &str| outputs.iter().position(|output| *output == name);
    if let [Some(anchor), Some(positive), Some(negative)] = TRIPLET.map(place) {
        return Ok([anchor, positive, negative]);
    }
    let expected =
        "for those called `anchor`, `positive` and `negative`, in any order: names say which is which";
    let found = format!("for outputs called `{}`", outputs.join("`, `"));
    Err(Error::Setting { name: "TripletMargin", expected, found })
}

impl MarginRanking {
    fn check_ranking(&self, _: &[&str]) -> Result<()> {
        hyperparameters::check("margin", Values::Finite, self.margin)
    }

    fn ranking<S: Sample>(&self, batch: &Batch<'_, 2>, targets: &[S], d: Wanted<'_, 2>) -> Result<f64> {
        let targets = S::flat(targets);
        check_numbers(targets, batch.width, Values::Sign)?;
        let weight = self.reduction.weight(batch.samples, batch.width);
        // number by number
        let numbers = Batch { samples: targets.len(), width: 1, ..*batch };
        Ok(numbers.sum(weight, d, |i, [x, y]| {
            let t = f64::from(targets[i]);
            let loss = above_0(self.margin - t * (f64::from(x[0]) - f64::from(y[0])));
            let slope = if loss == 0.0 { 0.0 } else { t };
            (loss, [([0.0; 2], -slope), ([0.0; 2], slope)])
        }))
    }
}
