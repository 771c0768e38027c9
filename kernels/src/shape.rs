//! Sizes and shapes. A size is a polynomial with natural coefficients over the batch and named symbols, so that a
//! `const` item or a const parameter can stand wherever a number can, and equal sizes compare equal however they
//! were computed.
use std::fmt;

/// What a size may contain besides numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// The number of samples of a call, known when the program runs.
    Batch,
    /// A `const` item or a const parameter, by the text that names it.
    Symbol(String),
}

/// A sum of products of [`Atom`]s: `64`, `n * 64`, `784 * HIDDEN + HIDDEN`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// `(factor, atoms)`, atoms sorted, terms sorted by their atoms, no zero factors. A factor that does not fit is the
    /// largest there is: whoever takes a size from a user asks [`least`](Size::least) whether it is sane.
    terms: Vec<(usize, Vec<Atom>)>,
}

/// The size of every axis, outermost first.
pub type Shape = Vec<Size>;

impl Size {
    /// The number `n`.
    pub fn known(n: usize) -> Size {
        Size { terms: if n == 0 { vec![] } else { vec![(n, vec![])] } }
    }
    /// The number of samples of a call.
    pub fn batch() -> Size {
        Size { terms: vec![(1, vec![Atom::Batch])] }
    }
    /// The constant that the text `name` stands for.
    pub fn symbol(name: impl Into<String>) -> Size {
        Size { terms: vec![(1, vec![Atom::Symbol(name.into())])] }
    }
    /// The number, if nothing else is in it.
    pub fn as_known(&self) -> Option<usize> {
        match self.terms.as_slice() {
            [] => Some(0),
            [(n, atoms)] if atoms.is_empty() => Some(*n),
            _ => None,
        }
    }
    /// The least it can be: with one sample, and constants of 1.
    pub fn least(&self) -> f64 {
        self.terms.iter().map(|(factor, _)| *factor as f64).sum()
    }
    /// Whether the size depends on the number of samples.
    pub fn has_batch(&self) -> bool {
        self.terms.iter().any(|(_, atoms)| atoms.contains(&Atom::Batch))
    }
    /// Whether the size depends on a symbol.
    pub fn has_symbol(&self) -> bool {
        self.symbols().next().is_some()
    }
    /// The names in it.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().flat_map(|(_, atoms)| atoms).filter_map(|a| match a {
            Atom::Symbol(name) => Some(name.as_str()),
            Atom::Batch => None,
        })
    }
    /// `self = per_sample * n + fixed`, with `n` the batch; `None` if the batch occurs squared.
    pub fn per_sample(&self) -> Option<(Size, Size)> {
        let (mut per_sample, mut fixed) = (Size::known(0), Size::known(0));
        for (factor, atoms) in &self.terms {
            let rest: Vec<Atom> = atoms.iter().filter(|a| **a != Atom::Batch).cloned().collect();
            match atoms.len() - rest.len() {
                0 => fixed.terms.push((*factor, rest)),
                1 => per_sample.terms.push((*factor, rest)),
                _ => return None,
            }
        }
        Some((per_sample.normal(), fixed.normal()))
    }
    /// Whether this is at least `other` whatever the atoms are: it has every term as often.
    fn covers(&self, other: &Size) -> bool {
        let has = |(factor, atoms): &(usize, Vec<Atom>)| {
            self.terms.iter().any(|(own, same)| same == atoms && own >= factor)
        };
        other.terms.iter().all(has)
    }
    /// The number this is when `value` gives each atom's.
    pub fn evaluate(&self, value: &dyn Fn(&Atom) -> usize) -> usize {
        self.terms.iter().map(|(factor, atoms)| factor * atoms.iter().map(value).product::<usize>()).sum()
    }
    /// Rust text for it: a literal, or an expression over `n` and the symbols.
    pub fn rust(&self) -> String {
        self.print(&|atom| match atom {
            Atom::Batch => "n".into(),
            Atom::Symbol(name) => name.clone(),
        })
    }
    /// Text, each atom as `atom` writes it.
    pub fn print(&self, atom: &dyn Fn(&Atom) -> String) -> String {
        if self.terms.is_empty() {
            return "0".into();
        }
        let term = |(factor, atoms): &(usize, Vec<Atom>)| {
            let mut parts: Vec<String> = atoms.iter().map(atom).collect();
            if *factor != 1 || parts.is_empty() {
                parts.insert(0, grouped(*factor));
            }
            parts.join(" * ")
        };
        self.terms.iter().map(term).collect::<Vec<_>>().join(" + ")
    }
    fn normal(mut self) -> Size {
        for (_, atoms) in &mut self.terms {
            atoms.sort();
        }
        self.terms.sort_by(|a, b| b.1.cmp(&a.1));
        let mut terms: Vec<(usize, Vec<Atom>)> = vec![];
        for (factor, atoms) in self.terms {
            match terms.last_mut() {
                Some((sum, same)) if *same == atoms => *sum = sum.saturating_add(factor),
                _ => terms.push((factor, atoms)),
            }
        }
        terms.retain(|(factor, _)| *factor != 0);
        Size { terms }
    }
}

/// `535818` as `535_818`: numbers in generated code and in tables are read by people.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('_');
        }
        text.push(c);
    }
    text
}

impl std::ops::Add for &Size {
    type Output = Size;
    fn add(self, other: &Size) -> Size {
        Size { terms: [self.terms.clone(), other.terms.clone()].concat() }.normal()
    }
}
impl std::ops::Mul for &Size {
    type Output = Size;
    fn mul(self, other: &Size) -> Size {
        let mut terms = vec![];
        for (a, x) in &self.terms {
            for (b, y) in &other.terms {
                terms.push((a.saturating_mul(*b), [x.clone(), y.clone()].concat()));
            }
        }
        Size { terms }.normal()
    }
}
impl From<usize> for Size {
    fn from(n: usize) -> Size {
        Size::known(n)
    }
}
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.print(&|atom| match atom {
            Atom::Batch => "batch".into(),
            Atom::Symbol(name) => name.clone(),
        }))
    }
}

/// A shape of known sizes.
pub fn shape(sizes: &[usize]) -> Shape {
    sizes.iter().map(|n| Size::known(*n)).collect()
}
/// How many numbers a value of this shape has: the product of its sizes.
pub fn elements(shape: &[Size]) -> Size {
    shape.iter().fold(Size::known(1), |product, size| &product * size)
}
/// `[1, 28, 28]`, without the batch axis that every activation begins with.
pub fn display(shape: &[Size]) -> String {
    let axes = shape.strip_prefix(&[Size::batch()]).unwrap_or(shape);
    format!("[{}]", axes.iter().map(Size::to_string).collect::<Vec<_>>().join(", "))
}

/// How two sizes must relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `left == right`
    Equal,
    /// `left <= right`
    AtMost,
    /// `right` is a multiple of `left`
    Divides,
}
impl Relation {
    /// Whether two numbers relate so.
    pub fn holds(self, left: usize, right: usize) -> bool {
        match self {
            Relation::Equal => left == right,
            Relation::AtMost => left <= right,
            Relation::Divides => left != 0 && right.is_multiple_of(left),
        }
    }
}

/// A shape rule's complaint, without place or name: the compiler knows both and words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which of the op's inputs is wrong.
    pub input: usize,
    /// The layer's argument that asked for something else, if one did.
    pub argument: Option<&'static str>,
    /// What was measured: `features`, `axes`; nothing where the argument itself is wrong.
    pub what: &'static str,
    /// What the rule wanted, in words or as a number.
    pub expected: String,
    /// What it got.
    pub found: String,
}

/// A relation that only the user's constants decide; it becomes a `const` assertion beside the generated code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// How `left` and `right` must relate.
    pub relation: Relation,
    /// What the rule wanted.
    pub left: Size,
    /// What it got.
    pub right: Size,
    /// What was measured.
    pub what: &'static str,
    /// The layer's argument that asked for it, if one did.
    pub argument: Option<&'static str>,
}

/// Collects what a shape rule demands: decided at once where sizes are known, kept for later where they are symbols.
#[derive(Debug, Default)]
pub struct Requirements {
    /// What is left to assert once the symbols have values.
    pub deferred: Vec<Deferred>,
    argument: Option<&'static str>,
}
impl Requirements {
    /// What is demanded from here on comes of that argument of a layer.
    pub fn of(&mut self, argument: &'static str) {
        self.argument = Some(argument);
    }
    /// A complaint about the argument itself, whatever is received.
    pub fn wrong(&self, expected: String, found: String) -> Mismatch {
        self.mismatch(0, "", expected, found)
    }
    /// A complaint that no relation of sizes says.
    pub fn mismatch(&self, input: usize, what: &'static str, expected: String, found: String) -> Mismatch {
        Mismatch { input, argument: self.argument, what, expected, found }
    }
    /// Demands `expected == found`.
    pub fn require_eq(
        &mut self,
        input: usize,
        what: &'static str,
        expected: &Size,
        found: &Size,
    ) -> Result<(), Mismatch> {
        self.require(Relation::Equal, input, what, expected, found)
    }
    /// Demands `least <= found`.
    pub fn require_le(
        &mut self,
        input: usize,
        what: &'static str,
        least: &Size,
        found: &Size,
    ) -> Result<(), Mismatch> {
        self.require(Relation::AtMost, input, what, least, found)
    }
    /// Demands that `found` has the axes of `expected`, as long.
    pub fn require_same(&mut self, input: usize, expected: &Shape, found: &Shape) -> Result<(), Mismatch> {
        self.require_eq(input, "axes", &Size::known(expected.len()), &Size::known(found.len()))?;
        let mut pairs = expected.iter().zip(found);
        pairs.try_for_each(|(a, b)| self.require_eq(input, "elements along an axis", a, b))
    }
    /// Demands that `found` is a multiple of `divisor`.
    pub fn require_divides(
        &mut self,
        input: usize,
        what: &'static str,
        divisor: &Size,
        found: &Size,
    ) -> Result<(), Mismatch> {
        self.require(Relation::Divides, input, what, divisor, found)
    }
    fn require(
        &mut self,
        relation: Relation,
        input: usize,
        what: &'static str,
        left: &Size,
        right: &Size,
    ) -> Result<(), Mismatch> {
        if left == right && (relation != Relation::Divides || left.as_known() != Some(0)) {
            return Ok(());
        }
        if relation == Relation::AtMost && right.covers(left) {
            return Ok(());
        }
        let holds = match (left.as_known(), right.as_known()) {
            (Some(l), Some(r)) => relation.holds(l, r),
            // the batch is nobody's constant: it equals nothing but itself, so what it is multiplied by must be equal
            _ if left.has_batch() && right.has_batch() && relation == Relation::Equal => {
                match (left.per_sample(), right.per_sample()) {
                    (Some((l, l_fixed)), Some((r, r_fixed))) => {
                        self.require(relation, input, what, &l, &r).is_ok()
                            && self.require(relation, input, what, &l_fixed, &r_fixed).is_ok()
                    }
                    _ => false,
                }
            }
            _ if left.has_batch() || right.has_batch() => false,
            _ => {
                let (left, right) = (left.clone(), right.clone());
                self.deferred.push(Deferred { relation, left, right, what, argument: self.argument });
                true
            }
        };
        if holds {
            return Ok(());
        }
        let expected = match relation {
            Relation::Equal => left.to_string(),
            Relation::AtMost => format!("at least {left}"),
            Relation::Divides => format!("a multiple of {left}"),
        };
        Err(self.mismatch(input, what, expected, right.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_equal_however_they_were_computed() {
        let (h, n) = (Size::symbol("H"), Size::batch());
        assert_eq!(&(&h * &n) * &Size::known(3), &(&Size::known(3) * &n) * &h);
        assert_eq!((&(&h * &Size::known(784)) + &h).rust(), "785 * H");
        assert_eq!((&(&h * &h) + &Size::known(2)).rust(), "H * H + 2");
        assert_eq!(Size::known(401_408).rust(), "401_408");
        assert_eq!(Size::known(0).rust(), "0");
    }

    #[test]
    fn what_does_not_fit_stays_the_largest() {
        let large = Size::known(1 << 40);
        let product = elements(&[large.clone(), large.clone(), Size::symbol("H")]);
        assert_eq!(product, &Size::known(usize::MAX) * &Size::symbol("H"));
        assert_eq!(&Size::known(usize::MAX) + &large, Size::known(usize::MAX));
        assert_eq!((&(&large * &Size::symbol("H")) + &Size::known(3)).least(), (1u64 << 40) as f64 + 3.0);
    }

    #[test]
    fn a_size_splits_into_per_sample_and_fixed() {
        let (h, n) = (Size::symbol("H"), Size::batch());
        let size = &(&(&h * &n) + &Size::known(7)) + &(&n * &Size::known(2));
        let (per_sample, fixed) = size.per_sample().expect("linear in the batch");
        assert_eq!((per_sample, fixed), (&h + &Size::known(2), Size::known(7)));
        assert_eq!((&n * &n).per_sample(), None);
    }

    #[test]
    fn known_sizes_are_decided_at_once_and_symbols_later() {
        let mut r = Requirements::default();
        let (two, six, h) = (Size::known(2), Size::known(6), Size::symbol("H"));
        assert!(r.require_divides(0, "channels", &two, &six).is_ok());
        assert!(r.require_le(0, "width", &two, &six).is_ok());
        let wrong = r.require_eq(1, "features", &two, &six).expect_err("2 is not 6");
        assert_eq!((wrong.expected.as_str(), wrong.found.as_str(), wrong.input), ("2", "6", 1));
        assert!(r.require_le(0, "width", &(&h + &two), &(&(&h * &two) + &six)).is_ok());
        assert!(r.deferred.is_empty());
        assert!(r.require_eq(0, "features", &two, &h).is_ok());
        assert_eq!(r.deferred.len(), 1);
        assert!(r.require_eq(0, "features", &two, &Size::batch()).is_err());
        assert!(r.require_eq(0, "elements", &(&two * &Size::batch()), &(&h * &Size::batch())).is_ok());
        assert_eq!(
            r.deferred.last().map(|d| (&d.left, &d.right)),
            Some((&two, &h)),
            "the batch is the same on both sides"
        );
        assert!(r.require_eq(0, "elements", &(&two * &Size::batch()), &(&six * &Size::batch())).is_err());
    }
}
