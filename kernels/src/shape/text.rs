//! Sizes as text.
use super::size::{Atom, Factor, Size};
use std::fmt;

impl Size {
    /// Rust text for it: a literal, or an expression over `n` and the symbols. What is taken away comes after everything
    /// that is added, so that nothing in it is below 0 on the way.
    ///
    /// Where the constants are wrong, which an assertion says in words, the text is a number all the same: it stands in many
    /// places, and each would fail beside the assertion.
    pub fn rust(&self) -> String {
        RUST.sum(self)
    }
    /// As [`rust`](Size::rust), each symbol as `symbol` writes it.
    pub fn rust_with(&self, symbol: &dyn Fn(&str) -> String) -> String {
        let atom = |atom: &Atom| match atom {
            Atom::Symbol(of) => symbol(&of.name),
            Atom::Batch => (RUST.atom)(atom),
        };
        Writer { atom: &atom, rust: true }.sum(self)
    }
    /// As [`rust`](Size::rust), to stand in a product: sums and quotients are in parentheses.
    pub fn rust_factor(&self) -> String {
        RUST.factor(self)
    }
    /// Text, each atom as `atom` writes it.
    pub fn print(&self, atom: &dyn Fn(&Atom) -> String) -> String {
        Writer { atom, rust: false }.sum(self)
    }
    /// The only term, if there is one alone.
    fn one_term(&self) -> Option<(i128, &[Factor])> {
        let mut terms = self.all_terms();
        terms.next().filter(|_| terms.next().is_none())
    }
}

struct Writer<'a> {
    atom: &'a dyn Fn(&Atom) -> String,
    /// Whether the text is computed by Rust.
    rust: bool,
}

const RUST: Writer<'static> = Writer {
    atom: &|atom| match atom {
        Atom::Batch => String::from("n"),
        Atom::Symbol(symbol) => symbol.name.clone(),
    },
    rust: true,
};

impl Writer<'_> {
    fn sum(&self, size: &Size) -> String {
        let part = |sign: i128| size.all_terms().filter(move |(c, _)| c.signum() == sign);
        let added: Vec<String> = part(1).map(|(c, factors)| self.term(c, factors)).collect();
        let mut taken = part(-1).map(|(c, factors)| self.term(-c, factors)).peekable();
        let text = if added.is_empty() { "0".into() } else { added.join(" + ") };
        if !self.rust || taken.peek().is_none() {
            return taken.fold(text, |text, taken| format!("{text} - {taken}"));
        }
        let from = match part(1).collect::<Vec<_>>().as_slice() {
            [] | [(_, [])] => format!("{text}usize"),
            [(1, [Factor::Atom(_)])] => text,
            _ => format!("({text})"),
        };
        taken.fold(from, |text, taken| format!("{text}.saturating_sub({taken})"))
    }

    fn factor(&self, size: &Size) -> String {
        let is_quotient = matches!(size.one_term(), Some((1, [Factor::Quotient(_)])));
        let text = self.sum(size);
        if self.is_sum(size) || is_quotient { format!("({text})") } else { text }
    }

    /// Whether the text has a `+` or a `-` outside of parentheses.
    fn is_sum(&self, size: &Size) -> bool {
        let is_difference = size.all_terms().any(|(c, _)| c < 0);
        if is_difference { !self.rust } else { size.all_terms().count() > 1 }
    }

    fn term(&self, coefficient: i128, factors: &[Factor]) -> String {
        let alone = coefficient == 1 && factors.len() == 1;
        let factor = |factor: &Factor| match factor {
            Factor::Atom(of) => (self.atom)(of),
            Factor::Quotient(of) if alone => self.quotient(of),
            Factor::Quotient(of) => format!("({})", self.quotient(of)),
        };
        let number = (coefficient != 1 || factors.is_empty()).then(|| grouped(coefficient as usize));
        number.into_iter().chain(factors.iter().map(factor)).collect::<Vec<_>>().join(" * ")
    }

    fn quotient(&self, (p, q): &(Size, Size)) -> String {
        let (mut over, mut by) = (self.sum(p), self.sum(q));
        if self.is_sum(p) {
            over = format!("({over})");
        }
        if q.as_known().is_none() && !matches!(q.one_term(), Some((1, [Factor::Atom(_)]))) {
            by = format!("({by})");
        }
        let may_be_0 = q.number < 1 || q.all_terms().any(|(c, _)| c < 0);
        // the larger of the divisor and 1, as a constant expression can say it
        let at_least_1 = if self.rust && may_be_0 { ".saturating_sub(1).saturating_add(1)" } else { "" };
        format!("{over} / {by}{at_least_1}")
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

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.print(&|atom| match atom {
            Atom::Batch => "batch".into(),
            Atom::Symbol(symbol) => symbol.shown().into(),
        }))
    }
}
