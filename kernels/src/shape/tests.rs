use super::random::{Random, value};
use super::*;
use std::iter::Peekable;
use std::str::Chars;

const CASES: u64 = 10_000;

fn symbol(name: &str) -> Atom {
    Atom::Symbol(Symbol { name: name.into(), shown: None })
}

#[test]
fn sizes_are_equal_however_they_were_computed() {
    let (h, n) = (Size::symbol("H"), Size::batch());
    assert_eq!(&(&h * &n) * &Size::known(3), &(&Size::known(3) * &n) * &h);
    assert_eq!((&(&h * &Size::known(784)) + &h).rust(), "785 * H");
    assert_eq!((&(&h * &h) + &Size::known(2)).rust(), "H * H + 2");
    let other = Size::symbol_shown("H_2", "b::H");
    assert_eq!((&h + &other).rust(), "H_2 + H");
    assert_eq!((&h + &other).to_string(), "b::H + H");
    assert_eq!(Size::known(401_408).rust(), "401_408");
    assert_eq!(Size::known(0).rust(), "0");
}

/// Twice as many bits are more than a size has.
const LARGE: u32 = usize::BITS * 5 / 8;

#[test]
fn what_does_not_fit_stays_the_largest() {
    let large = Size::known(1 << LARGE);
    let product = elements(&[large.clone(), large.clone(), Size::symbol("H")]);
    assert_eq!(product, &Size::known(usize::MAX) * &Size::symbol("H"));
    assert_eq!(&Size::known(usize::MAX) + &large, Size::known(usize::MAX));
    assert_eq!((&(&large * &Size::symbol("H")) + &Size::known(3)).least(), (1u64 << LARGE) as f64 + 3.0);
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
    assert!(r.require_le(0, "width", &(&h.quotient(&two) - &six), &h).is_ok());
    assert!(r.require_eq(0, "width", &(&h + &six).quotient(&two), &(&h.quotient(&two) + &3.into())).is_ok());
    assert!(r.deferred.is_empty());
    assert!(r.require_eq(0, "features", &two, &h).is_ok());
    assert_eq!(r.deferred.len(), 1);
    assert!(r.require_le(0, "width", &h, &h.quotient(&two)).is_ok());
    assert_eq!(r.deferred.len(), 2, "only the constant decides what is not covered");
    assert!(r.require_eq(0, "features", &two, &Size::batch()).is_err());
    assert!(r.require_eq(0, "elements", &(&two * &Size::batch()), &(&h * &Size::batch())).is_ok());
    assert_eq!(
        r.deferred.last().map(|d| (&d.left, &d.right)),
        Some((&two, &h)),
        "the batch is the same on both sides"
    );
    assert!(r.require_eq(0, "elements", &(&two * &Size::batch()), &(&six * &Size::batch())).is_err());
}

/// Text of `usize` arithmetic as Rust computes it; `None` where that would fail.
fn computed(text: &str, value: &dyn Fn(&Atom) -> usize) -> Option<usize> {
    type Text<'a> = Peekable<Chars<'a>>;
    fn sum(text: &mut Text, value: &dyn Fn(&Atom) -> usize) -> Option<usize> {
        let mut sum = product(text, value)?;
        while let Some(sign) = text.next_if(|c| "+-".contains(*c)) {
            let next = product(text, value)?;
            sum = if sign == '+' { sum.checked_add(next)? } else { sum.checked_sub(next)? };
        }
        Some(sum)
    }
    fn product(text: &mut Text, value: &dyn Fn(&Atom) -> usize) -> Option<usize> {
        let mut product = factor(text, value)?;
        while let Some(sign) = text.next_if(|c| "*/".contains(*c)) {
            let next = factor(text, value)?;
            product = if sign == '*' { product.checked_mul(next)? } else { product.checked_div(next)? };
        }
        Some(product)
    }
    fn word(text: &mut Text) -> String {
        std::iter::from_fn(|| text.next_if(|c| !"+-*/().".contains(*c))).collect()
    }
    fn parenthesised(text: &mut Text, value: &dyn Fn(&Atom) -> usize) -> Option<usize> {
        text.next_if_eq(&'(')?;
        let inside = sum(text, value)?;
        text.next_if_eq(&')').map(|_| inside)
    }
    fn factor(text: &mut Text, value: &dyn Fn(&Atom) -> usize) -> Option<usize> {
        let word_of = word(text);
        let mut number = match word_of.chars().next() {
            None => parenthesised(text, value)?,
            Some('0'..='9') => word_of.trim_end_matches("usize").replace('_', "").parse().ok()?,
            Some(_) => value(&if word_of == "n" { Atom::Batch } else { symbol(&word_of) }),
        };
        while text.next_if_eq(&'.').is_some() {
            let (method, argument) = (word(text), parenthesised(text, value)?);
            number = match method.as_str() {
                "saturating_sub" => number.checked_sub(argument)?,
                "saturating_add" => number.checked_add(argument)?,
                _ => return None,
            };
        }
        Some(number)
    }
    let text = text.replace(' ', "");
    let mut text = text.chars().peekable();
    sum(&mut text, value).filter(|_| text.next().is_none())
}

#[test]
fn random_sizes_are_what_their_parts_make() {
    let mut quotients = 0;
    for seed in 0..CASES {
        let value = value(seed);
        let sample = Random(seed).sample(1 + seed as u32 % 4, true, &value);
        let wanted = usize::try_from(sample.value).expect("no step fell below 0");
        let (rust, factor) = (sample.size.rust(), sample.size.rust_factor());
        quotients += usize::from(rust.contains('/'));
        assert_eq!(sample.size.evaluate(&value), wanted, "{rust} of case {seed}");
        assert_eq!(computed(&rust, &value), Some(wanted), "{rust} of case {seed}");
        for text in [format!("7 * {factor} * 3"), format!("n - n + 21 * {factor}")] {
            assert_eq!(computed(&text, &value), Some(21 * wanted), "{text} of case {seed}");
        }
        assert!(sample.size.as_known().is_none_or(|known| known == wanted), "{rust} of case {seed}");
        let names: Vec<&str> = sample.size.symbols().collect();
        assert!(["H", "KK", "crate", "Self::LL"].iter().all(|s| rust.contains(s) == names.contains(s)));
        if let Some((per_sample, fixed)) = sample.size.per_sample() {
            assert!(!per_sample.has_batch() && !fixed.has_batch(), "{rust}");
            assert_eq!(&(&per_sample * &Size::batch()) + &fixed, sample.size);
        }
    }
    assert!(quotients > CASES as usize / 10, "{quotients} cases have a quotient that stays");
}

#[test]
fn equal_polynomials_are_equal_sizes() {
    for seed in 0..CASES {
        let (mut random, value) = (Random(seed), value(seed));
        let [a, b, c] = [(); 3].map(|_| random.sample(2, seed % 2 == 0, &value).size);
        assert_eq!(&a + &b, &b + &a);
        for other in [&b, &(&Size::known(0) - &a), &c] {
            let mut sum = a.clone();
            sum += other;
            assert_eq!(sum, &a + other);
        }
        assert_eq!(&a * &b, &b * &a);
        assert_eq!(&(&a + &b) - &b, a);
        assert_eq!(&a * &(&b - &c), &(&a * &b) - &(&a * &c));
        assert_eq!(&(&a * &b) * &c, &a * &(&b * &c));
        let [q, r] = [(); 2].map(|_| Size::known(1 + random.below(12) as usize));
        assert_eq!((&(&q * &a) + &b).quotient(&q), &a + &b.quotient(&q), "{a}, {b} over {q}");
        let term = &q * &Size::symbol("H");
        assert_eq!((&a * &term).quotient(&term), a);
        if seed % 2 == 1 {
            assert_eq!(a.quotient(&q).quotient(&r), a.quotient(&(&q * &r)), "{a} over {q} and {r}");
        }
    }
}

#[test]
fn what_covers_another_is_never_less() {
    let mut covered = 0;
    for seed in 0..CASES {
        let (mut random, value) = (Random(seed), value(seed));
        let [a, b] = [(); 2].map(|_| random.sample(2, true, &value));
        if a.size.covers(&b.size) {
            covered += usize::from(a.size.as_known().is_none());
            assert!(a.value >= b.value, "{} and {} of case {seed}", a.size, b.size);
        }
    }
    assert!(covered > CASES as usize / 20, "{covered} were covered");
    let h = Size::symbol("H");
    assert!(h.covers(&h.quotient(&2.into())) && !h.quotient(&2.into()).covers(&h));
    assert!(!h.covers(&(&h + &1.into())) && h.covers(&(&h - &1.into())));
}

#[test]
fn quotients_are_reduced() {
    let (h, k, n) = (Size::symbol("H"), Size::symbol("K"), Size::batch());
    let over = |p: &Size, q: usize| p.quotient(&Size::known(q));
    let plus = |size: &Size, n: usize| size + &Size::known(n);
    assert_eq!(over(&Size::known(7), 2), Size::known(3));
    assert_eq!(over(&h, 1), h);
    assert_eq!(over(&plus(&(&h * &6.into()), 3), 2), plus(&(&h * &3.into()), 1));
    assert_eq!(over(&plus(&h, 5), 2).to_string(), "(H + 1) / 2 + 2");
    assert_eq!(plus(&over(&(&h - &3.into()), 2), 1).to_string(), "(H + 1) / 2 - 1");
    assert_eq!(over(&(&(&h * &4.into()) + &(&k * &2.into())), 6).to_string(), "(K + 2 * H) / 3");
    assert_eq!(over(&plus(&over(&h, 2), 1), 2).to_string(), "(H + 2) / 4");
    assert_eq!((&h * &k).quotient(&h), k);
    assert_eq!(plus(&(&h * &k), 3).quotient(&h).to_string(), "3 / H + K");
    assert_eq!((&(&h * &k) - &1.into()).quotient(&h).to_string(), "(H * K - 1) / H");
    assert_eq!((&plus(&h, 1) * &k).quotient(&plus(&h, 1)), k);
    assert_eq!((&plus(&h, 1) * &k).quotient(&(&k * &2.into())).to_string(), "(H + 1) / 2");
    assert_eq!(h.quotient(&k).quotient(&n).to_string(), "H / (batch * K)");
    assert_eq!(h.quotient(&Size::known(0)), Size::known(0));
    assert_eq!(h.quotient(&k).evaluate(&|a| if *a == symbol("K") { 0 } else { 4 }), 0);
}

#[test]
fn text_is_grouped_as_rust_reads_it() {
    let (h, k, n) = (Size::symbol("H"), Size::symbol("K"), Size::batch());
    let half = h.quotient(&2.into());
    assert_eq!(half.rust(), "H / 2");
    assert_eq!((&half * &k).rust(), "K * (H / 2)");
    assert_eq!((&half * &3.into()).rust(), "3 * (H / 2)");
    assert_eq!((&k - &half).rust(), "K.saturating_sub(H / 2)");
    assert_eq!((&(&k * &2.into()) - &half).rust(), "(2 * K).saturating_sub(H / 2)");
    assert_eq!((&Size::known(9) - &k).rust(), "9usize.saturating_sub(K)");
    assert_eq!((&(&(&h * &n) - &n) - &k).rust(), "(n * H).saturating_sub(K).saturating_sub(n)");
    assert_eq!(h.quotient(&(&k + &1.into())).rust(), "H / (K + 1)");
    assert_eq!(
        (&h - &k).quotient(&half).rust(),
        "H.saturating_sub(K) / (H / 2).saturating_sub(1).saturating_add(1)"
    );
    let factors = [&h, &(&h * &k), &half, &(&h - &1.into()), &Size::known(12_345)].map(Size::rust_factor);
    assert_eq!(factors, ["H", "H * K", "(H / 2)", "H.saturating_sub(1)", "12_345"]);
}

#[test]
fn the_least_that_a_size_can_be() {
    let (h, k) = (Size::symbol("H"), Size::symbol("K"));
    let large = Size::known(1 << LARGE);
    assert_eq!(Size::known(0).least(), 0.0);
    assert_eq!((&h - &1.into()).least(), 1.0);
    assert_eq!((&(&h * &large) - &5.into()).least(), ((1u64 << LARGE) - 5) as f64);
    assert_eq!((&(&h * &large) - &(&k * &large)).least(), 1.0);
    assert_eq!((&h * &large).quotient(&(&k * &3.into())).least(), 1.0);
    assert_eq!((&(&h * &large) + &1.into()).quotient(&3.into()).least(), ((1u64 << LARGE) / 3) as f64);
    for seed in 0..CASES {
        let sample = Random(seed).sample(3, true, &value(seed));
        assert!(sample.value == 0 || sample.size.least() <= sample.value as f64, "{}", sample.size);
    }
}

#[test]
fn the_batch_in_a_quotient_is_no_multiple_of_it() {
    let (h, n) = (Size::symbol("H"), Size::batch());
    let size = (&n * &h).quotient(&2.into());
    assert!(size.has_batch() && size.per_sample().is_none());
    let size = &n * &(&h.quotient(&2.into()) - &1.into());
    assert_eq!(size.per_sample(), Some((&h.quotient(&2.into()) - &1.into(), Size::known(0))));
}
