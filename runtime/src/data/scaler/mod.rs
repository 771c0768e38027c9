//! Numbers scaled to a size that networks learn from, and back.

mod file;

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::error::{Error, NOT_FINITE_SAMPLE, Result};
use crate::network::sample::Sample;

/// Scales every number of a sample to mean 0 and standard deviation 1: `(x - mean) / scale`.
///
/// As scikit-learn's: `scale` is the standard deviation of the population, the square root of the mean of
/// `(x - mean)²`, and 1 where a number is the same in all samples; such a number is scaled to 0. Computed in `f64`.
///
/// ```
/// use plywood::data::StandardScaler;
///
/// let mut xs = vec![[1.0f32, 5.0], [3.0, 5.0]];
/// let scaler = StandardScaler::fit(&xs)?;
/// scaler.apply(&mut xs);
/// assert_eq!(xs, [[-1.0, 0.0], [1.0, 0.0]]);
/// assert_eq!(scaler.constant().collect::<Vec<_>>(), [1]);
/// scaler.invert(&mut xs);
/// assert_eq!(xs, [[1.0, 5.0], [3.0, 5.0]]);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// Fit it to what is trained on alone, and apply it to everything: what it knows of the test data is not known when
/// the network is used. A number that is not finite stays so.
#[derive(Clone, Debug, PartialEq)]
pub struct StandardScaler<S> {
    mean: Vec<f64>,
    variance: Vec<f64>,
    line: Line,
    of: PhantomData<fn() -> S>,
}

impl<S: Sample> StandardScaler<S> {
    /// The mean and the standard deviation of each number over some samples. One that is not finite is an error.
    pub fn fit(samples: &[S]) -> Result<StandardScaler<S>> {
        let Moments { low, high, mean, variance } = moments(samples)?;
        // A mean of equal numbers is off by their rounding.
        let constant = low.iter().zip(&high).map(|(low, high)| low == high);
        let exact = constant.zip(low.iter().zip(mean.iter().zip(variance)));
        let both = exact.map(|(c, (low, (mean, variance)))| if c { (*low, 0.0) } else { (*mean, variance) });
        let (mean, variance) = both.unzip();
        Ok(StandardScaler::of(mean, variance))
    }

    fn of(mean: Vec<f64>, variance: Vec<f64>) -> StandardScaler<S> {
        let scale = variance.iter().map(|v| if *v == 0.0 { 1.0 } else { v.sqrt() }).collect();
        let line = Line { origin: mean.clone(), scale, low: 0.0, high: 1.0 };
        StandardScaler { mean, variance, line, of: PhantomData }
    }

    /// Scales samples in place.
    pub fn apply(&self, samples: &mut [S]) {
        self.line.apply(S::flat_mut(samples));
    }

    /// Scales samples back in place, for instance what a network predicts: `y · scale + mean`.
    pub fn invert(&self, samples: &mut [S]) {
        self.line.invert(S::flat_mut(samples));
    }

    /// What each number has to lose to have mean 0.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// What each number is divided by then: the standard deviation, or 1 where that is 0.
    pub fn scale(&self) -> &[f64] {
        &self.line.scale
    }

    /// The positions of numbers that were the same in all samples, from which nothing can be learned.
    pub fn constant(&self) -> impl Iterator<Item = usize> {
        self.variance.iter().enumerate().filter(|(_, variance)| **variance == 0.0).map(|(i, _)| i)
    }

    /// Writes it to a file, for programs that use the network: in safetensors, as `mean` and `variance`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let tensors = [("mean", S::SHAPE, &self.mean[..]), ("variance", S::SHAPE, &self.variance)];
        file::save(path.as_ref(), "StandardScaler", &tensors)
    }

    /// Reads what [`save`](StandardScaler::save) wrote. A file of another scaler, or for samples of another shape, is
    /// an error.
    pub fn load(path: impl AsRef<Path>) -> Result<StandardScaler<S>> {
        let path = path.as_ref();
        let names = [("mean", S::SHAPE), ("variance", S::SHAPE)];
        let [mean, variance] = file::load(path, "StandardScaler", names)?;
        if variance.iter().any(|variance| *variance < 0.0) {
            return Err(file::damaged(path, "a variance is negative"));
        }
        if variance.iter().any(|variance| *variance > 0.0 && *variance < LEAST_VARIANCE) {
            return Err(file::damaged(path, "a variance is smaller than that of any samples"));
        }
        Ok(StandardScaler::of(mean, variance))
    }
}

/// Scales every number of a sample from the range that it had to 0 … 1, or to another range:
/// `(x - data_min) / (data_max - data_min) · (high - low) + low`.
///
/// As scikit-learn's: a number that is the same in all samples is scaled to `low`; numbers outside the range that was
/// fitted are scaled to outside of the other. Computed in `f64`.
///
/// ```
/// use plywood::data::MinMaxScaler;
///
/// let mut prices = vec![100.0f32, 300.0, 200.0];
/// let scaler = MinMaxScaler::fit(&prices)?;
/// scaler.apply(&mut prices);
/// assert_eq!(prices, [0.0, 1.0, 0.5]);
///
/// let mut predicted = vec![0.25f32];
/// scaler.invert(&mut predicted);
/// assert_eq!(predicted, [150.0]);
/// # Ok::<(), plywood::Error>(())
/// ```
///
/// Fit it to what is trained on alone, and apply it to everything. A number that is not finite stays so.
#[derive(Clone, Debug, PartialEq)]
pub struct MinMaxScaler<S> {
    data_min: Vec<f64>,
    data_max: Vec<f64>,
    line: Line,
    of: PhantomData<fn() -> S>,
}

impl<S: Sample> MinMaxScaler<S> {
    /// The least and the largest of each number over some samples, for the range 0 … 1. One that is not finite is an
    /// error.
    pub fn fit(samples: &[S]) -> Result<MinMaxScaler<S>> {
        MinMaxScaler::fit_range(samples, 0.0..=1.0)
    }

    /// As [`fit`](MinMaxScaler::fit), for another range, such as `-1.0..=1.0`.
    pub fn fit_range(samples: &[S], range: RangeInclusive<f32>) -> Result<MinMaxScaler<S>> {
        let (low, high) = range.clone().into_inner();
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(Error::Setting {
                name: "range",
                expected: "any finite numbers of which the second is larger, such as -1.0..=1.0",
                found: format!("{range:?}"),
            });
        }
        let moments = moments(samples)?;
        Ok(MinMaxScaler::of(moments.low, moments.high, low.into(), high.into()))
    }

    fn of(data_min: Vec<f64>, data_max: Vec<f64>, low: f64, high: f64) -> MinMaxScaler<S> {
        let width = |(min, max): (&f64, &f64)| if min == max { 1.0 } else { max - min };
        let scale = data_min.iter().zip(&data_max).map(width).collect();
        let line = Line { origin: data_min.clone(), scale, low, high };
        MinMaxScaler { data_min, data_max, line, of: PhantomData }
    }

    /// Scales samples in place.
    pub fn apply(&self, samples: &mut [S]) {
        self.line.apply(S::flat_mut(samples));
    }

    /// Scales samples back in place, for instance what a network predicts.
    pub fn invert(&self, samples: &mut [S]) {
        self.line.invert(S::flat_mut(samples));
    }

    /// The least of each number.
    pub fn data_min(&self) -> &[f64] {
        &self.data_min
    }

    /// The largest of each number.
    pub fn data_max(&self) -> &[f64] {
        &self.data_max
    }

    /// The positions of numbers that were the same in all samples, from which nothing can be learned.
    pub fn constant(&self) -> impl Iterator<Item = usize> {
        let both = self.data_min.iter().zip(&self.data_max).enumerate();
        both.filter(|(_, (min, max))| min == max).map(|(i, _)| i)
    }

    /// Writes it to a file, for programs that use the network: in safetensors, as `data_min`, `data_max` and
    /// `feature_range`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let range = [self.line.low, self.line.high];
        let tensors = [
            ("data_min", S::SHAPE, &self.data_min[..]),
            ("data_max", S::SHAPE, &self.data_max),
            ("feature_range", &[2], &range),
        ];
        file::save(path.as_ref(), "MinMaxScaler", &tensors)
    }

    /// Reads what [`save`](MinMaxScaler::save) wrote. A file of another scaler, or for samples of another shape, is an
    /// error.
    pub fn load(path: impl AsRef<Path>) -> Result<MinMaxScaler<S>> {
        let path = path.as_ref();
        let names = [("data_min", S::SHAPE), ("data_max", S::SHAPE), ("feature_range", &[2])];
        let [min, max, range] = file::load(path, "MinMaxScaler", names)?;
        if min.iter().zip(&max).any(|(min, max)| min > max) || range[0] >= range[1] {
            return Err(file::damaged(path, "a range ends before it begins"));
        }
        Ok(MinMaxScaler::of(min, max, range[0], range[1]))
    }
}

/// What no variance but 0 is below: that of numbers of which one is the least of `f32` and 2⁶⁰ are 0.
const LEAST_VARIANCE: f64 = 1e-108;

/// `(x - origin) / scale · (high - low) + low` for each number of a sample.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    origin: Vec<f64>,
    scale: Vec<f64>,
    low: f64,
    high: f64,
}

impl Line {
    fn apply(&self, numbers: &mut [f32]) {
        let Line { low, high, .. } = *self;
        self.each(numbers, |x, origin, scale| (x - origin) / scale * (high - low) + low);
    }

    fn invert(&self, numbers: &mut [f32]) {
        let Line { low, high, .. } = *self;
        self.each(numbers, |y, origin, scale| (y - low) / (high - low) * scale + origin);
    }

    fn each(&self, numbers: &mut [f32], change: impl Fn(f64, f64, f64) -> f64) {
        for sample in numbers.chunks_exact_mut(self.origin.len().max(1)) {
            for ((x, origin), scale) in sample.iter_mut().zip(&self.origin).zip(&self.scale) {
                *x = change(f64::from(*x), *origin, *scale) as f32;
            }
        }
    }
}

/// What each number of a sample is like, over some samples.
struct Moments {
    low: Vec<f64>,
    high: Vec<f64>,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

fn moments<S: Sample>(samples: &[S]) -> Result<Moments> {
    if samples.is_empty() {
        return Err(Error::empty("the data set that a scaler is fitted to"));
    }
    let (numbers, width) = (S::flat(samples), S::LEN.max(1));
    if let Some(i) = numbers.iter().position(|x| !x.is_finite()) {
        let at = format!("number {} of sample {}", i % width, i / width);
        return Err(Error::NotFinite { what: "fitting a scaler", at, help: NOT_FINITE_SAMPLE });
    }
    Ok(of_flat(numbers, S::LEN, samples.len() as f64))
}

/// What is not generic is compiled here. One row after the other, and the deviations in a second pass, since the
/// difference of large sums has no digits left.
fn of_flat(numbers: &[f32], width: usize, n: f64) -> Moments {
    let rows = || numbers.chunks_exact(width.max(1));
    let (mut low, mut high) = (vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]);
    let (mut mean, mut variance, mut rest) = (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
    for row in rows() {
        for (i, x) in row.iter().enumerate() {
            let x = f64::from(*x);
            (low[i], high[i]) = (low[i].min(x), high[i].max(x));
            mean[i] += x;
        }
    }
    mean.iter_mut().for_each(|mean| *mean /= n);
    for row in rows() {
        for (i, x) in row.iter().enumerate() {
            let far = f64::from(*x) - mean[i];
            variance[i] += far * far;
            rest[i] += far;
        }
    }
    // without what the mean was rounded by
    let exact = |(sum, rest): (&mut f64, &f64)| *sum = (*sum - rest * rest / n) / n;
    variance.iter_mut().zip(&rest).for_each(exact);
    Moments { low, high, mean, variance }
}
