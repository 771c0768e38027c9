//! Words and numbers as people read them.

use std::time::Duration;

/// `1 epoch`, `5 epochs`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{n} {what}{end}")
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
    use std::fmt;

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
        assert_eq!(type_word::<crate::loss::CrossEntropy>(), "CrossEntropy");
        assert_eq!(type_word::<Of<fmt::Error>>(), "Of");
        let _ = Of(0).0;
    }
}
