//! Names that rows and generated code share.

/// `relu_backward` as `ReluBackward`: the name of a rule made of words.
pub fn type_name(words: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    words.split('_').map(capital).collect()
}

/// `LeakyRelu` as `leaky_relu`, `ResNet18` as `res_net18`.
pub fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() && !words.ends_with('_') {
            words.push('_');
        }
        words.extend(c.to_lowercase());
    }
    words
}
