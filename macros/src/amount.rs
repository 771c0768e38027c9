//! Amounts of memory: sizes, and the larger of sizes that only the user's constants decide.
use plywood_kernels::shape::Size;

/// Numbers in a cache line: slots begin at a multiple, since kernels that read two values a fraction of a line apart run
/// many times slower.
const ALIGNMENT: usize = 16;

/// A size, or what is made of sizes.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    /// A size without the batch.
    Size(Size),
    /// The largest of several.
    Max(Vec<Amount>),
    /// Several together.
    Sum(Vec<Amount>),
    /// One, so many times.
    Times(Size, Box<Amount>),
}

impl Amount {
    /// The number, where no symbol is in it.
    pub fn known(&self) -> Option<usize> {
        match self {
            Amount::Size(size) => size.as_known(),
            Amount::Max(of) => of.iter().map(Amount::known).try_fold(0, |max, a| Some(max.max(a?))),
            Amount::Sum(of) => of.iter().map(Amount::known).try_fold(0, |sum, a| Some(sum + a?)),
            Amount::Times(count, one) => Some(count.as_known()? * one.known()?),
        }
    }
    /// Rust text of a constant expression.
    pub fn rust(&self) -> String {
        if let Some(known) = self.known() {
            return Size::known(known).rust();
        }
        let list = |of: &[Amount]| of.iter().filter(|a| a.known() != Some(0)).map(Amount::rust).collect::<Vec<_>>();
        match self {
            Amount::Size(size) => size.rust(),
            Amount::Max(of) => match list(of).as_slice() {
                [one] => one.clone(),
                several => format!("ply::max(&[{}])", several.join(", ")),
            },
            Amount::Sum(of) => list(of).join(" + "),
            Amount::Times(count, one) => format!("({}) * ({})", count.rust(), one.rust()),
        }
    }
}

/// A length that grows with the batch: `per_sample * n + fixed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Length {
    /// Numbers per sample.
    pub per_sample: Amount,
    /// Numbers whatever the batch.
    pub fixed: Amount,
}

impl Length {
    /// The length of a value with that many elements.
    ///
    /// # Panics
    /// If it holds batch times batch numbers, which no op of the book makes.
    pub fn of(elements: &Size) -> Length {
        let (per_sample, fixed) = elements.per_sample().expect("no value grows with the square of the batch");
        Length { per_sample: Amount::Size(per_sample), fixed: Amount::Size(fixed) }
    }
    /// The larger of two, part by part.
    pub fn max(&self, other: &Length) -> Length {
        let max = |a: &Amount, b: &Amount| {
            if a == b {
                return a.clone();
            }
            match (a.known(), b.known()) {
                (Some(a), Some(b)) => Amount::Size(Size::known(a.max(b))),
                _ => {
                    let mut of = match a {
                        Amount::Max(of) => of.clone(),
                        one => vec![one.clone()],
                    };
                    if !of.contains(b) {
                        of.push(b.clone());
                    }
                    Amount::Max(of)
                }
            }
        };
        Length { per_sample: max(&self.per_sample, &other.per_sample), fixed: max(&self.fixed, &other.fixed) }
    }
    /// Several together.
    pub fn sum<'a>(lengths: impl Iterator<Item = &'a Length> + Clone) -> Length {
        Length {
            per_sample: Amount::Sum(lengths.clone().map(|l| l.per_sample.clone()).collect()),
            fixed: Amount::Sum(lengths.map(|l| l.fixed.clone()).collect()),
        }
    }
    /// So many of them.
    pub fn times(&self, count: &Size) -> Length {
        let times = |a: &Amount| Amount::Times(count.clone(), Box::new(a.clone()));
        Length { per_sample: times(&self.per_sample), fixed: times(&self.fixed) }
    }
    /// With room to begin and end at a multiple of [`ALIGNMENT`].
    pub fn padded(&self) -> Length {
        let even = |a: &Amount| a.known().is_some_and(|a| a % ALIGNMENT == 0);
        if even(&self.per_sample) && even(&self.fixed) {
            return self.clone();
        }
        let room = Amount::Size(Size::known(ALIGNMENT - 1));
        Length { per_sample: self.per_sample.clone(), fixed: Amount::Sum(vec![self.fixed.clone(), room]) }
    }
    /// Both parts as numbers.
    pub fn known(&self) -> Option<(usize, usize)> {
        Some((self.per_sample.known()?, self.fixed.known()?))
    }
    /// Rust text over `n`.
    pub fn rust(&self) -> String {
        let product = |factor: &Amount| match factor.rust() {
            one if one == "1" => "n".to_string(),
            text if text.contains(" + ") => format!("n * ({text})"),
            text => format!("n * {text}"),
        };
        match (self.per_sample.known(), self.fixed.known()) {
            (_, Some(0)) if self.per_sample.known() != Some(0) => product(&self.per_sample),
            (Some(0), _) => self.fixed.rust(),
            _ => format!("{} + {}", product(&self.per_sample), self.fixed.rust()),
        }
    }
}
