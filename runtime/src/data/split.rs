//! Data sets and tables in parts: which rows go where, decided here for both.

use std::array;
use std::collections::HashMap;
use std::fmt;

use super::Dataset;
use super::stratify::shares;
use crate::error::{Error, Result};
use crate::network::Ports;
use crate::random;

impl<I: Ports, T: Ports> Dataset<I, T> {
    /// Two data sets, in an order that depends on `seed` and the length alone: the first has `fraction` of
    /// the samples, rounded to the nearest number, the second the others.
    ///
    /// A fraction that is not from 0 to 1 leaves both parts empty. A part that is left empty remembers why, and is refused by
    /// all that needs samples: [`fit`](crate::Trainer::fit) with it to train or to [validate](crate::Fit::validate) before
    /// the first epoch, [`evaluate`](crate::Trainer::evaluate) when it comes to it. [`split_into`](Dataset::split_into)
    /// answers at once.
    ///
    /// ```
    /// use plywood::prelude::*;
    ///
    /// network! { struct Line: [1] -> [1] { line: Linear(1) } }
    ///
    /// let data = Dataset::new(vec![[1.0]; 50], vec![[2.0]; 50])?;
    /// let (train, test) = data.split(80.0, 7);
    /// let mut trainer = Trainer::new(Line::init(7), Mse::mean(), Sgd::new(0.1)).on(Device::Cpu)?;
    /// let error = trainer.fit(&train).epochs(1000).validate(&test, Rmse).run().unwrap_err().to_string();
    /// assert!(error.ends_with("a split of 50 at 80 left nothing for it: a fraction is from 0 to 1, such as 0.8"));
    /// assert_eq!(trainer.updates(), 0);
    ///
    /// let error = data.split_into([80.0, 20.0], 7).unwrap_err().to_string();
    /// assert!(error.ends_with("help: it can be numbers from 0 that add up to 1, such as [0.8, 0.1, 0.1]"));
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn split(&self, fraction: f64, seed: u64) -> (Dataset<I, T>, Dataset<I, T>) {
        let parts = two(self.len(), fraction, seed);
        parts.map(|part| self.pick(&part)).into()
    }

    /// As many data sets as there are fractions, which add up to 1, for instance to train, to validate and to test. The
    /// order is that of [`split`](Dataset::split): with the fractions `[f, 1.0 - f]` the parts are the same.
    ///
    /// ```
    /// use plywood::Dataset;
    ///
    /// let data = Dataset::new((0..50).collect::<Vec<_>>(), vec![0; 50])?;
    /// let [train, validation, test] = data.split_into([0.8, 0.1, 0.1], 7)?;
    /// assert_eq!([train.len(), validation.len(), test.len()], [40, 5, 5]);
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn split_into<const N: usize>(&self, fractions: [f64; N], seed: u64) -> Result<[Dataset<I, T>; N]> {
        Ok(several(self.len(), fractions, seed)?.map(|part| self.pick(&part)))
    }

    /// The samples at these indices, in this order.
    fn pick(&self, part: &Part) -> Dataset<I, T> {
        let (mut samples, mut targets) = (I::Owned::default(), T::Owned::default());
        I::gather(&mut samples, self.samples(), &part.rows);
        T::gather(&mut targets, self.targets(), &part.rows);
        Dataset::of(samples, targets, part.rows.len(), part.emptied)
    }
}

impl<I: Ports> Dataset<I, u32> {
    /// As [`split`](Dataset::split), with every class split in the same proportion; see
    /// [`stratified_split_into`](Dataset::stratified_split_into), which answers a wrong fraction at once.
    pub fn stratified_split(&self, fraction: f64, seed: u64) -> (Dataset<I, u32>, Dataset<I, u32>) {
        stratified_two(&self.targets, fraction, seed).map(|part| self.pick(&part)).into()
    }

    /// As [`split_into`](Dataset::split_into), with every class split in the same proportion: of a class with `c`
    /// samples a part with fraction `f` has `f · c`, rounded up or down. So a class of at least `1 / f` samples is in the
    /// part, and one of fewer may be.
    ///
    /// The parts are as long as their fractions say, however many classes are rare: of `n` samples one has `f · n`, rounded
    /// up or down, and of two parts it is the nearer, as in [`split`](Dataset::split). As far as that allows, the largest
    /// remainders of `f · c` are rounded up, so that a class with one sample or two is rather in the largest part.
    ///
    /// The order of the samples in a part is random, and decided by `seed`.
    ///
    /// ```
    /// use plywood::Dataset;
    ///
    /// let classes: Vec<u32> = (0..100).map(|i| (i % 10 == 0) as u32).collect();
    /// let data = Dataset::new((0..100).collect::<Vec<_>>(), classes)?;
    /// let (train, test) = data.stratified_split(0.8, 7);
    /// let rare = |part: &Dataset<i32, u32>| part.targets().iter().filter(|class| **class == 1).count();
    /// assert_eq!((train.len(), rare(&train)), (80, 8));
    /// assert_eq!((test.len(), rare(&test)), (20, 2));
    /// # Ok::<(), plywood::Error>(())
    /// ```
    pub fn stratified_split_into<const N: usize>(
        &self,
        fractions: [f64; N],
        seed: u64,
    ) -> Result<[Dataset<I, u32>; N]> {
        Ok(stratified_several(&self.targets, fractions, seed)?.map(|part| self.pick(&part)))
    }
}

/// The rows of one part of something, in order.
pub(super) struct Part {
    pub rows: Vec<usize>,
    /// Why there is none, though there were some to be split.
    pub emptied: Option<Emptied>,
}

/// The split at `fraction` that left a part of `n` rows empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Emptied {
    fraction: f64,
    n: usize,
}

impl fmt::Display for Emptied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Emptied { fraction, n } = self;
        write!(f, "a split of {n} at {fraction} left nothing for it")?;
        if is_fraction(*fraction) {
            return Ok(());
        }
        write!(f, ": a fraction is from 0 to 1, such as 0.8")
    }
}

/// A part and the others, as near to the fraction as can be.
pub(super) fn two(n: usize, fraction: f64, seed: u64) -> [Part; 2] {
    if !is_fraction(fraction) {
        return nothing(n, fraction);
    }
    cut(n, [until(fraction, n), n], [fraction; 2], seed)
}

fn is_fraction(fraction: f64) -> bool {
    (0.0..=1.0).contains(&fraction)
}

/// Both parts of `n` rows at what is no fraction.
fn nothing(n: usize, fraction: f64) -> [Part; 2] {
    [(); 2].map(|()| Part { rows: vec![], emptied: (n > 0).then_some(Emptied { fraction, n }) })
}

/// A part for each fraction.
pub(super) fn several<const N: usize>(n: usize, fractions: [f64; N], seed: u64) -> Result<[Part; N]> {
    Ok(cut(n, ends(fractions)?.map(|end| until(end, n)), fractions, seed))
}

/// As [`two`], with every class in the same proportion.
pub(super) fn stratified_two(classes: &[u32], fraction: f64, seed: u64) -> [Part; 2] {
    let n = classes.len();
    if !is_fraction(fraction) {
        return nothing(n, fraction);
    }
    stratify(classes, [fraction, 1.0 - fraction], [until(fraction, n), n], [fraction; 2], seed)
}

/// As [`several`], with every class in the same proportion.
pub(super) fn stratified_several<const N: usize>(
    classes: &[u32],
    fractions: [f64; N],
    seed: u64,
) -> Result<[Part; N]> {
    let ends = ends(fractions)?.map(|end| until(end, classes.len()));
    Ok(stratify(classes, fractions, ends, fractions, seed))
}

fn order(n: usize, seed: u64) -> Vec<usize> {
    let mut order = vec![];
    random::shuffle(&mut order, n, seed, 0);
    order
}

/// The rows up to each end, of splits at `said`.
fn cut<const N: usize>(n: usize, ends: [usize; N], said: [f64; N], seed: u64) -> [Part; N] {
    let order = order(n, seed);
    let mut start = 0;
    let rows = ends.map(|end| order[std::mem::replace(&mut start, end)..end].to_vec());
    parts(rows, said)
}

fn stratify<const N: usize>(
    classes: &[u32],
    fractions: [f64; N],
    ends: [usize; N],
    said: [f64; N],
    seed: u64,
) -> [Part; N] {
    // Classes are numbered as they come, so that the seed decides among those of one size, and not their names.
    let order = order(classes.len(), seed);
    let (mut numbers, mut counts) = (HashMap::new(), vec![]);
    for i in &order {
        let number = *numbers.entry(classes[*i]).or_insert(counts.len());
        counts.resize(counts.len().max(number + 1), 0);
        counts[number] += 1;
    }
    let mut start = 0;
    let sizes = ends.map(|end| end - std::mem::replace(&mut start, end));
    let sum: f64 = fractions.iter().sum();
    let mut shares = shares(&counts, fractions.map(|fraction| fraction / sum), sizes);
    // The order of all decides which samples of a class come first, and so go to the first part.
    let mut rows: [Vec<usize>; N] = array::from_fn(|_| vec![]);
    for i in order {
        let left = &mut shares[numbers[&classes[i]]];
        let part = left.iter().position(|left| *left > 0).expect("every sample of it was shared out");
        left[part] -= 1;
        rows[part].push(i);
    }
    parts(rows, said)
}

fn parts<const N: usize>(rows: [Vec<usize>; N], said: [f64; N]) -> [Part; N] {
    let n = rows.iter().map(Vec::len).sum();
    let mut fractions = said.into_iter();
    rows.map(|rows| {
        let fraction = fractions.next().unwrap_or_default();
        let emptied = (rows.is_empty() && n > 0).then_some(Emptied { fraction, n });
        Part { rows, emptied }
    })
}

/// How many of `n` samples lie before the end of a fraction.
fn until(fraction: f64, n: usize) -> usize {
    (n as f64 * fraction.clamp(0.0, 1.0)).round() as usize
}

/// Where the part of each fraction ends.
fn ends<const N: usize>(fractions: [f64; N]) -> Result<[f64; N]> {
    let mut sum = 0.0;
    let mut ends = fractions.map(|fraction| {
        sum += fraction;
        sum
    });
    let Some(last) = ends.last_mut().filter(|end| (**end - 1.0).abs() < 1e-6) else {
        return Err(refuse(&fractions));
    };
    *last = 1.0;
    if fractions.iter().any(|fraction| *fraction < 0.0) { Err(refuse(&fractions)) } else { Ok(ends) }
}

fn refuse(fractions: &[f64]) -> Error {
    Error::Setting {
        name: "fractions",
        expected: "numbers from 0 that add up to 1, such as [0.8, 0.1, 0.1]",
        found: format!("{fractions:?}"),
    }
}
