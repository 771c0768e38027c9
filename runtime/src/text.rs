//! Words and numbers as people read them.

use std::fmt;
use std::time::Duration;

/// `1 epoch`, `5 epochs`, of `epochs`.
pub(crate) fn counted(n: impl fmt::Display, plural: &str) -> String {
    let n = n.to_string();
    let what = noun(&n, plural);
    format!("{n} {what}")
}

/// What there is `1` of, or another number: `epoch` or `epochs`, of `epochs`. Of several words, as in `samples in the data
/// set` and `more rows`, it is the first with an `s` at its end.
pub(crate) fn noun(n: &str, plural: &str) -> String {
    let singular = |word: &str| {
        let bare = word.strip_suffix("es").filter(|bare| bare.ends_with("ss") || bare.ends_with("ch"));
        bare.or(word.strip_suffix('s')).map(str::to_owned)
    };
    let mut words: Vec<String> = plural.split(' ').map(str::to_owned).collect();
    let found = words.iter_mut().filter(|_| n == "1").find_map(|word| Some((singular(word)?, word)));
    if let Some((one, word)) = found {
        *word = one;
    }
    words.join(" ")
}

/// The one of some names that was probably meant: most of it was written.
pub(crate) fn nearest<'a, S>(written: &str, names: impl IntoIterator<Item = &'a S>) -> Option<&'a str>
where
    S: AsRef<str> + ?Sized + 'a,
{
    // a distance costs the product of both lengths
    const LONGEST: usize = 64;
    const MOST: usize = 10_000;
    if written.len() > LONGEST {
        return None;
    }
    let known = names.into_iter().map(AsRef::as_ref).filter(|name| name.len() <= LONGEST).take(MOST);
    let distance = |name: &str| strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase());
    let (far, name) = known.map(|name| (distance(name), name)).min_by_key(|(far, _)| *far)?;
    let (found, expected) = (written.chars().count(), name.chars().count());
    (far <= (expected / 3).max(1) && 2 * far < found.max(expected)).then_some(name)
}

/// A time in the unit that fits it: `1.50 s`, `12.30 ms`, `4.20 µs`.
pub(crate) fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.2} µs", s * 1e6),
    }
}

/// A text as a cell of a table, in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The last word of a type's path: `Adam` for `plywood::optimizer::Adam`, `Of` for `my::Of<f32>`.
pub(crate) fn type_word<T: ?Sized>() -> &'static str {
    let path = std::any::type_name::<T>();
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        let said = |n: usize| {
            ["epochs", "classes", "batches", "more rows", "samples in the data set"].map(|w| counted(n, w))
        };
        assert_eq!(said(1), ["1 epoch", "1 class", "1 batch", "1 more row", "1 sample in the data set"]);
        assert_eq!(
            said(0),
            ["0 epochs", "0 classes", "0 batches", "0 more rows", "0 samples in the data set"]
        );
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        let said = |nanos| time(Duration::from_nanos(nanos));
        assert_eq!(
            [0, 4_200, 999_000, 12_300_000, 1_500_000_000, 90_000_000_000].map(said),
            ["0.00 µs", "4.20 µs", "999.00 µs", "12.30 ms", "1.50 s", "90.00 s"]
        );
    }

    #[test]
    fn words_of_types() {
        struct Of<T>(T);
        assert_eq!(type_word::<std::path::PathBuf>(), "PathBuf");
        assert_eq!(type_word::<Of<fmt::Error>>(), "Of");
        let _ = Of(0).0;
    }
}
