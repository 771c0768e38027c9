//! Words and numbers as people read them.

/// `1 epoch`, `5 epochs`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{n} {what}{end}")
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
    fn words_of_types() {
        struct Of<T>(T);
        assert_eq!(type_word::<crate::loss::CrossEntropy>(), "CrossEntropy");
        assert_eq!(type_word::<Of<fmt::Error>>(), "Of");
        let _ = Of(0).0;
    }
}
