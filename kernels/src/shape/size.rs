//! Sizes: polynomials with integer coefficients over the batch, named symbols and quotients.
use std::cmp::Ordering;

/// What a size may contain besides numbers and [`quotients`](Size::quotient).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// The number of samples of a call, known when the program runs.
    Batch,
    /// A `const` item or a const parameter.
    Symbol(Symbol),
}

/// A constant in a size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// The text that names it in generated code.
    pub name: String,
    /// What people call it, where that is not its name.
    pub(super) shown: Option<String>,
}

impl Symbol {
    /// What people call it.
    pub fn shown(&self) -> &str {
        self.shown.as_ref().unwrap_or(&self.name)
    }
}

/// What is multiplied in a term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Factor {
    Atom(Atom),
    /// The first over the second, rounded down.
    Quotient(Box<(Size, Size)>),
}

impl Factor {
    fn atoms(&self) -> Vec<&Atom> {
        match self {
            Factor::Atom(atom) => vec![atom],
            Factor::Quotient(of) => [of.0.atoms(), of.1.atoms()].concat(),
        }
    }
    fn has_batch(&self) -> bool {
        match self {
            Factor::Atom(atom) => *atom == Atom::Batch,
            Factor::Quotient(of) => of.0.has_batch() || of.1.has_batch(),
        }
    }
}

/// A coefficient, never 0, and the product that it multiplies: sorted, and never empty.
pub(super) type Term = (i128, Vec<Factor>);

/// A sum of products of [`Atom`]s and of quotients of sizes: `64`, `n * 64`, `784 * HIDDEN + HIDDEN`,
/// `(WIDTH + 1) / 2 - 1`.
///
/// No size is below 0. Its terms may be, so whoever subtracts or divides demands first what keeps the result a size.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// The term without a product. It stands apart because most sizes are known, and those then own no memory.
    pub(super) number: i128,
    /// The others, from the greatest product to the least, each product once.
    pub(super) terms: Vec<Term>,
}

/// The largest coefficient. What does not fit is this: whoever takes a size from a user asks [`least`](Size::least)
/// whether it is sane.
const LARGEST: i128 = usize::MAX as i128;

fn fit(coefficient: i128) -> i128 {
    coefficient.clamp(-LARGEST, LARGEST)
}

impl Size {
    /// The number `n`.
    pub const fn known(n: usize) -> Size {
        Size::number(n as i128)
    }
    /// The number of samples of a call.
    pub fn batch() -> Size {
        Size::product(1, vec![Factor::Atom(Atom::Batch)])
    }
    /// The constant that the text `name` stands for.
    pub fn symbol(name: impl Into<String>) -> Size {
        Size::product(1, vec![Factor::Atom(Atom::Symbol(Symbol { name: name.into(), shown: None }))])
    }
    /// As [`symbol`](Size::symbol), of a constant that people call `shown`.
    pub fn symbol_shown(name: impl Into<String>, shown: impl Into<String>) -> Size {
        let (name, shown) = (name.into(), shown.into());
        let shown = (shown != name).then_some(shown);
        Size::product(1, vec![Factor::Atom(Atom::Symbol(Symbol { name, shown }))])
    }
    pub(super) const fn number(number: i128) -> Size {
        Size { number, terms: Vec::new() }
    }
    /// One term; `factors` are sorted.
    pub(super) fn product(coefficient: i128, factors: Vec<Factor>) -> Size {
        if factors.is_empty() {
            return Size::number(coefficient);
        }
        Size { number: 0, terms: if coefficient == 0 { vec![] } else { vec![(coefficient, factors)] } }
    }
    /// The number, if nothing else is in it.
    pub fn as_known(&self) -> Option<usize> {
        self.as_number().and_then(|n| usize::try_from(n).ok())
    }
    /// The number, if nothing else is in it, even below 0.
    pub(super) fn as_number(&self) -> Option<i128> {
        self.terms.is_empty().then_some(self.number)
    }
    /// A lower bound, to tell what certainly fits no machine: what it is with one sample and constants of 1. Where that
    /// says nothing, since a larger constant may make it smaller or a requirement keeps it above, the bound is 1: only
    /// the number 0 is less.
    pub fn least(&self) -> f64 {
        if self.terms.is_empty() {
            return self.number.max(0) as f64;
        }
        self.least_of_terms().map_or(1.0, |least| least.max(1.0))
    }
    /// `None` if some term takes away what grows with a constant.
    fn least_of_terms(&self) -> Option<f64> {
        let mut sum = self.number as f64;
        for (coefficient, factors) in &self.terms {
            if *coefficient < 0 {
                return None;
            }
            let least = factors.iter().map(|factor| match factor {
                Factor::Atom(_) => 1.0,
                // a divisor that constants decide may be as large as what it divides
                Factor::Quotient(of) => of.1.as_known().map_or(0.0, |by| (of.0.least() / by as f64).floor()),
            });
            sum += *coefficient as f64 * least.product::<f64>();
        }
        Some(sum)
    }
    /// Whether the size depends on the number of samples.
    pub fn has_batch(&self) -> bool {
        self.terms.iter().any(|(_, factors)| factors.iter().any(Factor::has_batch))
    }
    /// Whether the size is one symbol and nothing else.
    pub fn is_symbol(&self) -> bool {
        let [(1, factors)] = self.terms.as_slice() else { return false };
        self.number == 0 && matches!(factors.as_slice(), [Factor::Atom(Atom::Symbol(_))])
    }
    /// Whether the size depends on a symbol.
    pub fn has_symbol(&self) -> bool {
        self.symbols().next().is_some()
    }
    /// The names in it, those inside quotients too.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.atoms().into_iter().filter_map(|atom| match atom {
            Atom::Symbol(symbol) => Some(symbol.name.as_str()),
            Atom::Batch => None,
        })
    }
    /// How many names are multiplied with each other at most.
    pub fn degree(&self) -> usize {
        let symbols = |factors: &[Factor]| {
            let atoms = factors.iter().flat_map(Factor::atoms);
            atoms.filter(|atom| matches!(atom, Atom::Symbol(_))).count()
        };
        self.terms.iter().map(|(_, factors)| symbols(factors)).max().unwrap_or(0)
    }
    fn atoms(&self) -> Vec<&Atom> {
        self.terms.iter().flat_map(|(_, factors)| factors).flat_map(Factor::atoms).collect()
    }
    /// `self = per_sample * n + fixed`, with `n` the batch; `None` if the batch occurs squared or inside a quotient.
    pub fn per_sample(&self) -> Option<(Size, Size)> {
        let (mut per_sample, mut fixed) = (Size::known(0), Size::number(self.number));
        for (coefficient, factors) in &self.terms {
            // the batch is the least of all factors: it comes first
            let rest = match factors.split_first() {
                Some((Factor::Atom(Atom::Batch), rest)) => rest,
                _ => factors,
            };
            if rest.iter().any(Factor::has_batch) {
                return None;
            }
            if rest.len() == factors.len() {
                fixed.terms.push((*coefficient, rest.to_vec()));
            } else if rest.is_empty() {
                per_sample.number = *coefficient;
            } else {
                per_sample.terms.push((*coefficient, rest.to_vec()));
            }
        }
        Some((per_sample, fixed))
    }
    /// Whether this is at least `other` whatever the atoms are, as far as their terms say.
    pub(crate) fn covers(&self, other: &Size) -> bool {
        let mut rest = self - other;
        // a quotient that is taken away is at most what is divided, over the divisor where that is known
        let taken = |size: &Size| {
            let is_quotient = |factor: &Factor| matches!(factor, Factor::Quotient(_));
            let mut terms = size.terms.iter().filter(|(coefficient, _)| *coefficient < 0);
            terms.find_map(|(c, factors)| Some((*c, factors.clone(), factors.iter().position(is_quotient)?)))
        };
        while let Some((coefficient, mut factors, at)) = taken(&rest) {
            let term = Size::product(coefficient, factors.clone());
            let Factor::Quotient(of) = factors.remove(at) else { return false };
            let by = Size::known(of.1.as_known().unwrap_or(1));
            let bound = &Size::product(coefficient, factors) * &of.0;
            rest = &(&(&rest - &term) * &by) + &bound;
        }
        rest.number >= 0 && rest.terms.iter().all(|(coefficient, _)| *coefficient > 0)
    }
    /// The number this is when `value` gives each atom's. What would be below 0 is 0, what does not fit the largest
    /// there is, and what is divided by 0 is 0.
    pub fn evaluate(&self, value: &dyn Fn(&Atom) -> usize) -> usize {
        self.total(value).clamp(0, LARGEST) as usize
    }
    fn total(&self, value: &dyn Fn(&Atom) -> usize) -> i128 {
        let factor = |factor: &Factor| match factor {
            Factor::Atom(atom) => value(atom) as i128,
            Factor::Quotient(of) => divided(of.0.total(value), of.1.total(value)),
        };
        let term = |(coefficient, factors): &Term| {
            factors.iter().fold(*coefficient, |product, f| product.saturating_mul(factor(f)))
        };
        self.terms.iter().map(term).fold(self.number, i128::saturating_add)
    }
    /// The sum of these terms.
    pub(super) fn sum(mut terms: Vec<Term>) -> Size {
        terms.sort_unstable_by(|a, b| b.1.cmp(&a.1));
        let mut sum = Size { number: 0, terms: Vec::with_capacity(terms.len()) };
        for (coefficient, factors) in terms {
            match sum.terms.last_mut() {
                _ if factors.is_empty() => sum.number = fit(sum.number + coefficient),
                Some((total, same)) if *same == factors => *total = fit(*total + coefficient),
                _ => sum.terms.push((coefficient, factors)),
            }
        }
        sum.terms.retain(|(coefficient, _)| *coefficient != 0);
        sum
    }
    /// All terms, the number among them.
    pub(super) fn all_terms(&self) -> impl Iterator<Item = (i128, &[Factor])> {
        let number = (self.number != 0).then_some((self.number, [].as_slice()));
        self.terms.iter().map(|(coefficient, factors)| (*coefficient, factors.as_slice())).chain(number)
    }
    /// Every coefficient times `by`, which is not 0.
    fn scaled(&self, by: i128) -> Size {
        let times = |coefficient: i128| fit(coefficient.saturating_mul(by));
        let terms = self.terms.iter().map(|(coefficient, factors)| (times(*coefficient), factors.clone()));
        Size { number: times(self.number), terms: terms.collect() }
    }
    /// `self + sign * other`
    fn plus(&self, other: &Size, sign: i128) -> Size {
        let number = fit(self.number + sign * other.number);
        let (mut own, mut others) = (self.terms.iter().peekable(), other.terms.iter().peekable());
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        loop {
            let order = match (own.peek(), others.peek()) {
                (None, None) => return Size { number, terms },
                (Some(_), None) => Ordering::Greater,
                (None, Some(_)) => Ordering::Less,
                (Some(a), Some(b)) => a.1.cmp(&b.1),
            };
            let a = if order.is_ge() { own.next() } else { None };
            let b = if order.is_le() { others.next() } else { None };
            let coefficient = a.map_or(0, |a| a.0) + b.map_or(0, |b| sign * b.0);
            if let (Some((_, factors)), true) = (a.or(b), coefficient != 0) {
                terms.push((fit(coefficient), factors.clone()));
            }
        }
    }
}

/// `p / by`, rounded down; 0 if there is nothing to divide by.
pub(super) fn divided(p: i128, by: i128) -> i128 {
    if by > 0 { p.div_euclid(by) } else { 0 }
}

/// Takes as long as `other` has terms: what collects many sums is not copied for each.
impl std::ops::AddAssign<&Size> for Size {
    fn add_assign(&mut self, other: &Size) {
        self.number = fit(self.number + other.number);
        for (coefficient, factors) in &other.terms {
            // from the greatest to the least
            match self.terms.binary_search_by(|(_, own)| factors.cmp(own)) {
                Ok(at) => {
                    let sum = fit(self.terms[at].0 + coefficient);
                    if sum == 0 {
                        self.terms.remove(at);
                    } else {
                        self.terms[at].0 = sum;
                    }
                }
                Err(at) => self.terms.insert(at, (*coefficient, factors.clone())),
            }
        }
    }
}
impl std::ops::Add for &Size {
    type Output = Size;
    fn add(self, other: &Size) -> Size {
        self.plus(other, 1)
    }
}
/// A rule calls [`require_le(small, large)`](super::Requirements::require_le) before it takes `small` from `large`: that
/// is what keeps the difference from falling below 0, where it is no size.
impl std::ops::Sub for &Size {
    type Output = Size;
    fn sub(self, other: &Size) -> Size {
        self.plus(other, -1)
    }
}
impl std::ops::Mul for &Size {
    type Output = Size;
    fn mul(self, other: &Size) -> Size {
        match (self.as_number(), other.as_number()) {
            (Some(0), _) | (_, Some(0)) => Size::known(0),
            (_, Some(by)) => self.scaled(by),
            (Some(by), _) => other.scaled(by),
            _ => {
                let mut terms = vec![];
                for (a, x) in self.all_terms() {
                    for (b, y) in other.all_terms() {
                        let mut factors = [x, y].concat();
                        factors.sort_unstable();
                        terms.push((fit(a.saturating_mul(b)), factors));
                    }
                }
                Size::sum(terms)
            }
        }
    }
}
impl From<usize> for Size {
    fn from(n: usize) -> Size {
        Size::known(n)
    }
}
