//! Amounts of memory: sizes, and the larger of sizes that only the user's constants decide.
use crate::shape::Size;
use std::collections::HashMap;

/// Numbers in a cache line: slots begin at a multiple, since kernels that read two values a fraction of a line apart run
/// many times slower.
const ALIGNMENT: usize = 16;

/// A size, or what is made of sizes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    /// Several together.
    pub fn sum(of: impl IntoIterator<Item = Amount>) -> Amount {
        let (mut size, mut rest) = (Size::known(0), vec![]);
        for amount in of {
            match amount {
                Amount::Size(s) => size += &s,
                Amount::Sum(inner) => rest.extend(inner),
                other => rest.push(other),
            }
        }
        if rest.is_empty() {
            return Amount::Size(size);
        }
        if size.as_known() != Some(0) {
            rest.push(Amount::Size(size));
        }
        if rest.len() == 1 { rest.remove(0) } else { Amount::Sum(rest) }
    }
    /// Becomes the larger of itself and another.
    pub fn grow(&mut self, other: &Amount) {
        if let (Some(a), Some(b)) = (self.known(), other.known()) {
            *self = Amount::Size(Size::known(a.max(b)));
            return;
        }
        let mut of = match std::mem::replace(self, Amount::Max(vec![])) {
            Amount::Max(of) => of,
            one => vec![one],
        };
        let more = if let Amount::Max(of) = other { of.as_slice() } else { std::slice::from_ref(other) };
        let new = more.iter().filter(|part| !of.contains(part)).cloned().collect::<Vec<_>>();
        of.extend(new);
        of.retain(|part| part.known() != Some(0));
        *self = if of.len() == 1 { of.remove(0) } else { Amount::Max(of) };
    }
    /// So many of it.
    pub fn times(&self, count: &Size) -> Amount {
        match self {
            Amount::Size(size) => Amount::Size(count * size),
            Amount::Sum(of) => Amount::sum(of.iter().map(|a| a.times(count))),
            other if count.as_known() == Some(1) => other.clone(),
            other => Amount::Times(count.clone(), Box::new(other.clone())),
        }
    }
    /// The number, where no symbol is in it.
    pub fn known(&self) -> Option<usize> {
        match self {
            Amount::Size(size) => size.as_known(),
            Amount::Max(of) => of.iter().map(Amount::known).try_fold(0, |max, a| Some(max.max(a?))),
            Amount::Sum(of) => {
                of.iter().map(Amount::known).try_fold(0usize, |sum, a| Some(sum.saturating_add(a?)))
            }
            Amount::Times(count, one) => Some(count.as_known()?.saturating_mul(one.known()?)),
        }
    }
    /// Whether this is at least `other` whatever the user's constants are, as far as their summands say.
    pub fn covers(&self, other: &Amount) -> bool {
        let ((mut size, more), (mut less, of)) = (self.summands(), other.summands());
        // the largest of several is at most all of them together, and at least each of them
        for amount in without(&of, &more) {
            let Some(parts) = amount.parts() else { return false };
            parts.into_iter().for_each(|part| less += part);
        }
        for amount in without(&more, &of) {
            let sums = amount.parts().unwrap_or_default().into_iter().map(|part| &size + part);
            size = sums.into_iter().find(|sum| less.covers(sum)).unwrap_or(size);
        }
        size.covers(&less)
    }
    /// The size in a sum, and all else.
    fn summands(&self) -> (Size, Vec<&Amount>) {
        let (mut size, mut rest) = (Size::known(0), vec![]);
        let of = if let Amount::Sum(of) = self { of.as_slice() } else { std::slice::from_ref(self) };
        for amount in of {
            match amount {
                Amount::Size(of) => size += of,
                other => rest.push(other),
            }
        }
        (size, rest)
    }
    /// The sizes of which this is the largest.
    fn parts(&self) -> Option<Vec<&Size>> {
        let Amount::Max(of) = self else { return None };
        of.iter().map(|part| if let Amount::Size(size) = part { Some(size) } else { None }).collect()
    }
    /// Rust text of a constant expression.
    pub fn rust(&self) -> String {
        let list = |of: &[Amount]| of.iter().map(Amount::rust).collect::<Vec<_>>();
        match self {
            Amount::Size(size) => size.rust(),
            Amount::Max(of) => format!("ply::max(&[{}])", list(of).join(", ")),
            Amount::Sum(of) => list(of).join(" + "),
            Amount::Times(count, one) => format!("{} * {}", count.rust_factor(), one.rust_factor()),
        }
    }
    /// As [`rust`](Amount::rust), to stand in a product.
    fn rust_factor(&self) -> String {
        match self {
            Amount::Size(size) => size.rust_factor(),
            Amount::Sum(_) => format!("({})", self.rust()),
            Amount::Max(_) | Amount::Times(..) => self.rust(),
        }
    }
}

/// Some amounts, each of the others taken away once.
fn without<'a>(amounts: &[&'a Amount], others: &[&Amount]) -> Vec<&'a Amount> {
    let mut taken: HashMap<&Amount, usize> = HashMap::new();
    others.iter().for_each(|other| *taken.entry(other).or_default() += 1);
    let mut left = amounts.to_vec();
    left.retain(|amount| match taken.get_mut(amount) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    left
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
    /// Becomes the larger of itself and another, part by part.
    pub fn grow(&mut self, other: &Length) {
        self.per_sample.grow(&other.per_sample);
        self.fixed.grow(&other.fixed);
    }
    /// Several together.
    pub fn sum<'a>(lengths: impl Iterator<Item = &'a Length> + Clone) -> Length {
        Length {
            per_sample: Amount::sum(lengths.clone().map(|l| l.per_sample.clone())),
            fixed: Amount::sum(lengths.map(|l| l.fixed.clone())),
        }
    }
    /// So many of them.
    pub fn times(&self, count: &Size) -> Length {
        Length { per_sample: self.per_sample.times(count), fixed: self.fixed.times(count) }
    }
    /// With room to begin and end at a multiple of 16 numbers, a cache line of `f32`.
    pub fn padded(&self) -> Length {
        let even = |a: &Amount| a.known().is_some_and(|a| a % ALIGNMENT == 0);
        if even(&self.per_sample) && even(&self.fixed) {
            return self.clone();
        }
        let room = Amount::Size(Size::known(ALIGNMENT - 1));
        Length { per_sample: self.per_sample.clone(), fixed: Amount::sum([self.fixed.clone(), room]) }
    }
    /// Whether this is at least `other` whatever the batch and the user's constants are, as far as their summands say.
    pub fn covers(&self, other: &Length) -> bool {
        self.per_sample.covers(&other.per_sample) && self.fixed.covers(&other.fixed)
    }
    /// Both parts as numbers.
    pub fn known(&self) -> Option<(usize, usize)> {
        Some((self.per_sample.known()?, self.fixed.known()?))
    }
    /// Rust text over `n`.
    pub fn rust(&self) -> String {
        let per_sample = match self.per_sample.known() {
            Some(1) => "n".to_string(),
            _ => format!("n * {}", self.per_sample.rust_factor()),
        };
        match (self.per_sample.known(), self.fixed.known()) {
            (Some(0), _) => self.fixed.rust(),
            (_, Some(0)) => per_sample,
            _ => format!("{per_sample} + {}", self.fixed.rust()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn larger(mut of: Amount, other: &Amount) -> Amount {
        of.grow(other);
        of
    }

    #[test]
    fn what_is_multiplied_stands_in_parentheses() {
        let (h, k, n) = (Size::symbol("H"), Size::symbol("K"), Size::batch());
        let (less, half) = (&h - &Size::known(1), h.quotient(&Size::known(2)));
        let length = |size: &Size| Length::of(&(&n * size)).rust();
        assert_eq!(length(&less), "n * H.saturating_sub(1)");
        assert_eq!(length(&half), "n * (H / 2)");
        assert_eq!(length(&(&half * &k)), "n * K * (H / 2)");
        assert_eq!(length(&(&half + &less)), "n * (H / 2 + H).saturating_sub(1)");
        assert_eq!(length(&Size::known(1)), "n");
        let larger = larger(Amount::Size(less.clone()), &Amount::Size(half.clone()));
        assert_eq!(larger.times(&half).rust(), "(H / 2) * ply::max(&[H.saturating_sub(1), H / 2])");
        let sum = Amount::sum([larger, Amount::Size(less)]);
        assert_eq!(sum.rust(), "ply::max(&[H.saturating_sub(1), H / 2]) + H.saturating_sub(1)");
        let length = Length { per_sample: sum, fixed: Amount::Size(Size::known(15)) };
        assert_eq!(length.rust(), "n * (ply::max(&[H.saturating_sub(1), H / 2]) + H.saturating_sub(1)) + 15");
    }

    #[test]
    fn amounts_that_are_certainly_at_least_others() {
        let (h, w) = (|| Amount::Size(Size::symbol("H")), || Amount::Size(Size::symbol("W")));
        let known = |n| Amount::Size(Size::known(n));
        let largest = larger(h(), &known(10));
        let sum = |of: &[&Amount]| Amount::sum(of.iter().copied().cloned());
        let covers = [
            (known(3), known(3)),
            (h(), h()),
            (sum(&[&h(), &known(1)]), h()),
            // what is in both
            (sum(&[&largest, &h()]), largest.clone()),
            // the largest of several is at least each, and at most their sum
            (largest.clone(), h()),
            (largest.clone(), known(10)),
            (sum(&[&h(), &known(10)]), largest.clone()),
            (sum(&[&largest, &h()]), sum(&[&h(), &known(10)])),
        ];
        for (more, less) in &covers {
            assert!(more.covers(less), "{more:?} and {less:?}");
        }
        let not = [
            (known(2), known(3)),
            (h(), w()),
            (h(), sum(&[&h(), &known(1)])),
            (largest.clone(), sum(&[&largest, &largest])),
            (largest.clone(), sum(&[&h(), &known(10)])),
            (largest.clone(), w()),
            (h(), largest.clone()),
            (h(), larger(w(), &known(10)).times(&Size::symbol("H"))),
        ];
        for (more, less) in &not {
            assert!(!more.covers(less), "{more:?} and {less:?}");
        }
        let length = |per_sample, fixed| Length { per_sample, fixed };
        // one sample is a batch
        assert!(!length(known(3), known(0)).covers(&length(known(2), known(50))));
        assert!(length(known(3), known(50)).covers(&length(known(2), known(50))));
        assert!(!length(known(3), known(0)).covers(&length(known(3), known(50))));
        assert!(!length(h(), known(0)).covers(&length(h(), known(15))));
        assert!(length(h(), known(15)).covers(&length(h(), known(15))));
    }
}
