//! Names that rows and generated code share.

/// `relu_backward` as `ReluBackward`: the name of a rule made of words.
pub fn type_name(words: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    words.split('_').map(capital).collect()
}
