//! Quotients in their normal form, so that most that are equal compare equal.
//!
//! Every step holds for all values that a divisor of at least 1 and a dividend of at least 0 allow, and leaves both so.
use super::size::{Factor, Size, Term, divided};

impl Size {
    /// `self / by`, rounded down. A rule demands `by` of at least 1; by the number 0 it is 0.
    ///
    /// What is common to both is cancelled, whole multiples of the divisor are taken out of the sum that it divides, and
    /// a quotient of a quotient is one: `(6 * H + 3) / 2` is `3 * H + 1`, `H * K / H` is `K`, and `(H / 2 + 1) / 2` is
    /// `(H + 2) / 4`.
    pub fn quotient(&self, by: &Size) -> Size {
        match (self.as_number(), by.as_number()) {
            (Some(p), Some(q)) => return Size::number(divided(p, q)),
            (Some(0), _) => return Size::known(0),
            (_, Some(1)) => return self.clone(),
            (_, Some(q)) if q < 1 => return Size::known(0),
            _ => {}
        }
        if let Some((p, q)) = cancelled(self, by) {
            return p.quotient(&q);
        }
        if let Some((whole, rest)) = whole(self, by) {
            return &whole + &rest.quotient(by);
        }
        if let Some((p, q, added)) = nested(self) {
            // floor(p / q) + added is floor((p + q * added) / q)
            return (&p + &(&q * &added)).quotient(&(&q * by));
        }
        Size::product(1, vec![Factor::Quotient(Box::new((self.clone(), by.clone())))])
    }
}

/// Both without what they have in common; `None` if that is nothing.
fn cancelled(p: &Size, q: &Size) -> Option<(Size, Size)> {
    let coefficients = p.terms.iter().map(|(c, _)| *c).chain(q.all_terms().map(|(c, _)| c));
    let divisor = coefficients.fold(0, greatest_common_divisor);
    if divisor > 1 {
        // what a number has over a multiple of the divisor never makes the quotient larger
        let over = |size: &Size| Size {
            number: size.number.div_euclid(divisor),
            terms: size.terms.iter().map(|(c, factors)| (c / divisor, factors.clone())).collect(),
        };
        return Some((over(p), over(q)));
    }
    let mut products = p.all_terms().chain(q.all_terms()).map(|(_, factors)| factors);
    let first = products.next()?.to_vec();
    let common = products.fold(first, |common, factors| {
        let mut left = factors.to_vec();
        let mut take = |factor: &Factor| left.iter().position(|f| f == factor).map(|at| left.remove(at));
        common.into_iter().filter_map(|factor| take(&factor)).collect()
    });
    if common.is_empty() {
        return None;
    }
    let over = |size: &Size| {
        let term = |(c, factors): (i128, &[Factor])| Some((c, without(factors, &common)?));
        size.all_terms().map(term).collect::<Option<Vec<Term>>>().map(Size::sum)
    };
    Some((over(p)?, over(q)?))
}

/// `(whole, rest)` with `p = whole * q + rest`; `None` if there is no such whole number that leaves the rest a size.
fn whole(p: &Size, q: &Size) -> Option<(Size, Size)> {
    let mut terms = q.all_terms();
    let ((divisor, of), None) = (terms.next()?, terms.next()) else { return multiple(p, q) };
    if divisor < 1 {
        return None;
    }
    let (mut whole, mut rest) = (vec![], vec![]);
    for (c, factors) in p.all_terms() {
        match without(factors, of) {
            Some(others) => {
                whole.push((c.div_euclid(divisor), others));
                rest.push((c.rem_euclid(divisor), factors.to_vec()));
            }
            None => rest.push((c, factors.to_vec())),
        }
    }
    let (whole, rest) = (Size::sum(whole), Size::sum(rest));
    let is_size = rest.all_terms().all(|(c, _)| c > 0);
    (is_size && whole != Size::known(0)).then_some((whole, rest))
}

/// As [`whole`], by several terms: only where one term times `q` is all of `p`.
fn multiple(p: &Size, q: &Size) -> Option<(Size, Size)> {
    let (divisor, of) = q.all_terms().next()?;
    let candidates = p.all_terms().filter(|(c, _)| c % divisor == 0);
    let mut candidates =
        candidates.filter_map(|(c, factors)| Some(Size::product(c / divisor, without(factors, of)?)));
    candidates.find(|whole| &(whole * q) == p).map(|whole| (whole, Size::known(0)))
}

/// `(a, b, added)` with `p = floor(a / b) + added`; `None` where another quotient in it would come to stand twice.
fn nested(p: &Size) -> Option<(Size, Size, Size)> {
    let is_quotient = |factor: &Factor| matches!(factor, Factor::Quotient(_));
    let is_plain = |size: &Size| !size.terms.iter().any(|(_, factors)| factors.iter().any(is_quotient));
    let found = p.terms.iter().find_map(|(c, factors)| match (c, factors.as_slice()) {
        (1, [Factor::Quotient(of)]) => Some((&**of, Size::product(1, factors.clone()))),
        _ => None,
    });
    let ((a, b), quotient) = found?;
    let added = p - &quotient;
    (is_plain(&added) && is_plain(b)).then(|| (a.clone(), b.clone(), added))
}

/// The factors but for those of `of`, if all of those are among them.
fn without(factors: &[Factor], of: &[Factor]) -> Option<Vec<Factor>> {
    let mut rest = factors.to_vec();
    for factor in of {
        rest.remove(rest.iter().position(|f| f == factor)?);
    }
    Some(rest)
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
