//! Words that other libraries have for what this one has under another name, or has not: so that nobody is led to a layer
//! that only looks alike.
use super::{Layer, all};

/// The layer that is called `name` elsewhere. What takes an argument that makes it another layer here is written with it:
/// `Gelu(approximate)`.
pub fn renamed(name: &str) -> Option<&'static dyn Layer> {
    all().find(|layer| layer.also().iter().any(|also| also.eq_ignore_ascii_case(name)))
}

/// What to do for lack of a layer `name`, if others have one. A word that ends in `*` stands for all that begin so.
pub fn absent(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let meant = |word: &&str| match word.strip_suffix('*') {
        Some(start) => name.starts_with(&start.to_ascii_lowercase()),
        None => name.eq_ignore_ascii_case(word),
    };
    ABSENT.iter().find(|(words, _)| words.iter().any(&meant)).map(|(_, help)| *help)
}

const ABSENT: &[(&[&str], &str)] = &[
    (
        &["Conv*", "LazyConv*", "Unfold", "Fold", "Upsample*", "PixelShuffle"],
        "there are no convolutions; `Flatten` and `Linear` work on all of a sample",
    ),
    (
        &["MaxPool*", "AvgPool*", "AdaptiveMaxPool*", "AdaptiveAvgPool*", "GlobalMaxPool*", "GlobalAvgPool*"],
        "there is no pooling; `Max` and `Mean` go over whole axes",
    ),
    (
        &["BatchNorm*", "LazyBatchNorm*", "SyncBatchNorm", "InstanceNorm*", "GroupNorm", "LocalResponseNorm"],
        "of the normalisations there are `LayerNorm` and `RmsNorm`, which need no other samples",
    ),
    (&["Rnn*", "Lstm*", "Gru*"], "there are no recurrent layers; `repeat 3 { layers }` repeats a block"),
    (&["Embedding*"], "a stack takes numbers: make categories numbers with one-hot encoding"),
    (
        &["Attention", "MultiheadAttention", "Transformer*"],
        "there is no attention: a stack of layers hands on one value",
    ),
    (
        &["Add", "Sub", "Mul", "Div", "Cat", "Concat", "Concatenate", "Stack", "Matmul", "Glu", "SwiGlu"],
        "a stack of layers hands on one value, and has no layer that joins two",
    ),
    (
        &["ArgMax", "ArgMin", "Sign", "Floor", "Ceil", "Round"],
        "a stack learns by slopes, and this has none: apply it to what `predict` gives",
    ),
    (&["Identity"], "a layer that does nothing is left out"),
    (&["Softmin"], "write `Neg, Softmax`"),
    (&["Rsqrt"], "write `Pow(-0.5)`"),
    (&["RRelu"], "there is none with a random slope: `LeakyRelu` has a fixed one, `PRelu` learns it"),
    (
        &["AlphaDropout", "FeatureAlphaDropout", "Dropout1d", "Dropout2d", "Dropout3d"],
        "there is `Dropout` of single numbers",
    ),
    (&["Softmax2d"], "write `Softmax(0)`: the axes of a sample are counted from 0"),
    (&["Sequential"], "layers follow each other without a word for it; `repeat 1 { layers }` makes a block"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::find;

    #[test]
    fn other_libraries_words_lead_to_one_layer_or_to_none() {
        for layer in all() {
            for also in layer.also() {
                assert!(find(also).is_none(), "`{also}` is a layer");
                assert!(absent(also).is_none(), "`{also}` is said not to be there");
                let same = all().filter(|other| other.also().contains(also)).count();
                assert_eq!(same, 1, "`{also}` is {same} layers");
            }
            assert!(absent(layer.name()).is_none(), "`{}` is said not to be there", layer.name());
        }
        // what the help names is there
        for (_, help) in ABSENT {
            let quoted = help.split('`').skip(1).step_by(2).flat_map(|code| code.split([',', ' ', '(']));
            for word in quoted.filter(|word| word.starts_with(char::is_uppercase)) {
                assert!(find(word).is_some(), "`{word}` in: {help}");
            }
        }
    }
}
