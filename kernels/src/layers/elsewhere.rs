//! Words that other libraries have for what this one has under another name, or has not: so that nobody is led to a layer
//! that only looks alike.
use super::{Layer, all};

/// The layer that is called `name` elsewhere. What takes an argument that makes it another layer here is written with it:
/// `Gelu(approximate)`.
pub fn renamed(name: &str) -> Option<&'static dyn Layer> {
    all().find(|layer| layer.also().iter().any(|also| also.eq_ignore_ascii_case(name)))
}

/// What an argument that is called `name` elsewhere is here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Elsewhere {
    /// The first of these that there is.
    Called(&'static [&'static str]),
    /// No argument: what to do instead.
    Otherwise(&'static str),
}

/// What to do about an argument of other libraries' layers.
pub fn argument(name: &str) -> Option<Elsewhere> {
    ARGUMENTS.iter().find(|(words, _)| words.contains(&name)).map(|(_, meant)| *meant)
}

const ARGUMENTS: &[(&[&str], Elsewhere)] = &[
    (
        &[
            "units",
            "features",
            "out",
            "output",
            "outputs",
            "out_dim",
            "output_dim",
            "output_size",
            "d_output",
            "num_hidden",
            "num_units",
            "n_units",
            "hidden",
            "hidden_size",
            "hidden_units",
            "hidden_dim",
            "out_channels",
        ],
        Elsewhere::Called(&["out_features"]),
    ),
    (
        &["dim", "dims", "axis", "axes", "perm", "permutation"],
        Elsewhere::Called(&["axis", "axes", "axis0", "embedding_dim"]),
    ),
    (
        &["vocab_size", "vocabulary", "vocab", "num_tokens", "n_tokens", "num_words", "num_categories"],
        Elsewhere::Called(&["num_embeddings"]),
    ),
    (&["embed_dim", "embedding_size", "emb_dim", "d_model"], Elsewhere::Called(&["embedding_dim"])),
    (&["padding_idx", "pad_idx", "pad_index", "pad_token_id"], Elsewhere::Called(&["padding_index"])),
    (&["combiner", "aggregation", "pooling"], Elsewhere::Called(&["mode"])),
    (
        &["shape", "target_shape", "size", "sizes", "new_shape"],
        Elsewhere::Called(&["shape", "normalized_shape"]),
    ),
    (&["use_bias", "has_bias", "with_bias", "biases"], Elsewhere::Called(&["bias"])),
    (
        &["rate", "prob", "probability", "dropout", "dropout_rate", "drop_prob", "keep_prob"],
        Elsewhere::Called(&["p"]),
    ),
    (&["stddev", "sigma", "std_dev"], Elsewhere::Called(&["std"])),
    (&["epsilon", "e", "variance_epsilon"], Elsewhere::Called(&["eps"])),
    (&["slope", "alpha", "negative_slope", "leak"], Elsewhere::Called(&["negative_slope", "alpha", "slope"])),
    (&["affine", "scale", "center", "elementwise_affine"], Elsewhere::Called(&["elementwise_affine"])),
    (
        &["kernel_initializer", "kernel_init", "weight_initializer", "weights_init", "w_init", "weights"],
        Elsewhere::Called(&["weight_init"]),
    ),
    (&["bias_initializer", "b_init"], Elsewhere::Called(&["bias_init"])),
    (&["init", "initializer", "initialiser"], Elsewhere::Called(&["weight_init"])),
    (&["unbiased", "ddof"], Elsewhere::Called(&["correction"])),
    (&["min", "min_value", "lo", "a_min"], Elsewhere::Called(&["min", "min_val"])),
    (&["max", "max_value", "hi", "a_max"], Elsewhere::Called(&["max", "max_val"])),
    (
        &["activation", "act", "activation_fn", "nonlinearity"],
        Elsewhere::Otherwise("an activation is a layer of its own, after a comma: `Linear(64), Relu`"),
    ),
    (
        &["input_shape", "input_dim", "in_channels", "num_features", "in_dim", "input_size"],
        Elsewhere::Otherwise("what goes into a layer is inferred: leave it out"),
    ),
    (
        &["keepdim", "keepdims", "keep_dims", "keep_dim"],
        Elsewhere::Otherwise("the axis goes: a `Reshape` after it brings an axis of 1 back"),
    ),
    (
        &["frozen", "trainable", "requires_grad", "freeze", "learnable"],
        Elsewhere::Otherwise("a layer that does not learn has `#[frozen]` before it"),
    ),
    (&["name", "label"], Elsewhere::Otherwise("a layer's name stands before it: `fc1: Linear(64)`")),
    (&["inplace", "device", "dtype"], Elsewhere::Otherwise("there is nothing to choose: leave it out")),
    (
        &["weight_decay", "kernel_regularizer", "bias_regularizer", "l1", "l2", "regularizer"],
        Elsewhere::Otherwise("weight decay is the optimizer's: `AdamW::new(1e-3)`"),
    ),
    (
        &["learning_rate", "lr", "lr_mult"],
        Elsewhere::Otherwise("the learning rate is the optimizer's: `Adam::new(1e-3)`"),
    ),
    (
        &["training", "train", "eval"],
        Elsewhere::Otherwise("training and predicting are functions of their own: leave it out"),
    ),
];

/// The initialiser that is called `name` elsewhere.
pub fn initialiser(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('_').to_ascii_lowercase();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    INITIALISERS.iter().find(|(words, _)| words.contains(&name.as_str())).map(|(_, ours)| *ours)
}

/// Without underscores, in small letters.
const INITIALISERS: &[(&[&str], &str)] = &[
    (&["henormal", "kaiming", "he", "kaimingnorm"], "kaiming_normal"),
    (&["heuniform"], "kaiming_uniform"),
    (&["glorotnormal", "xavier", "glorot"], "xavier_normal"),
    (&["glorotuniform"], "xavier_uniform"),
    (&["zero", "zeroes", "none"], "zeros"),
    (&["one"], "ones"),
    (&["const", "fill", "full", "value"], "constant"),
    (&["randomuniform", "rand", "unif"], "uniform"),
    (&["randomnormal", "randn", "gaussian", "truncatednormal", "truncnormal", "lecunnormal"], "normal"),
    (&["orthogonalinitializer", "ortho"], "orthogonal"),
];

/// What to do for lack of a layer `name`, if others have one. A word that ends in `*` stands for all that begin so, one that
/// begins with it for all that end so.
pub fn absent(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let meant = |word: &&str| match word.strip_suffix('*') {
        Some(start) => name.starts_with(&start.to_ascii_lowercase()),
        None if word.starts_with('*') => name.ends_with(&word[1..].to_ascii_lowercase()),
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
        &[
            "MaxPool*",
            "AvgPool*",
            "AdaptiveMaxPool*",
            "AdaptiveAvgPool*",
            "GlobalMaxPool*",
            "GlobalAvgPool*",
            "*Pooling1d",
            "*Pooling2d",
            "*Pooling3d",
        ],
        "there is no pooling; `Max` and `Mean` go over whole axes",
    ),
    (
        &["BatchNorm*", "LazyBatchNorm*", "SyncBatchNorm", "InstanceNorm*", "GroupNorm", "LocalResponseNorm"],
        "of the normalisations there are `LayerNorm` and `RmsNorm`, which need no other samples",
    ),
    (&["Rnn*", "Lstm*", "Gru*"], "there are no recurrent layers; `repeat 3 { layers }` repeats a block"),
    (
        &["Attention", "MultiheadAttention", "Transformer*"],
        "there is no attention; `fn forward` can say what it is made of: `softmax(a.matmul(b)).matmul(c)`",
    ),
    (
        &["Add", "Sub", "Mul", "Div", "Cat", "Concat", "Concatenate", "Stack", "Matmul", "Glu", "SwiGlu"],
        "branches are joined by `add { … }` or `concat(axis: 0) { … }`, and values with names in `fn forward`",
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
    (
        &["Activation", "Act", "ActivationLayer", "NonLinearity"],
        "an activation is a layer of its own name: `Relu`, `Gelu`, `Tanh`",
    ),
    (
        &["Input", "InputLayer", "In", "Inputs"],
        "what goes in stands before the layers: `struct Net: [784] -> [10] { … }`",
    ),
    (
        &["Output", "OutputLayer", "Out", "Outputs"],
        "what comes out stands before the layers, `struct Net: [784] -> [10] { … }`, and is the last layer's: `Linear(10)`",
    ),
    (
        &["Residual*", "Skip*", "Shortcut", "ResBlock", "ResNet*"],
        "what goes around layers is written `residual { … }`, or `add { … }` with branches",
    ),
    (
        &["CosineSimilarity", "PairwiseDistance"],
        "of two values it is a function of `fn forward`: `cosine_similarity(a, b)`, `pairwise_distance(a, b)`",
    ),
    (&["TimeDistributed"], "a layer works on the last axis, at every place of the others: leave it out"),
    (&["Option", "Box", "Rc", "Arc"], "a layer stands there by itself, with nothing around it"),
    (
        &["Vec", "ModuleList", "ModuleDict", "Array", "List"],
        "layers that repeat are `repeat 3 { layers }`, or `#[repeat(3)]` before the field of a `#[model]`; others under one name \
         are a group, `body: { layers }`",
    ),
    (
        &[
            "PhantomData",
            "usize",
            "f32",
            "f64",
            "u32",
            "i32",
            "i64",
            "u64",
            "bool",
            "String",
            "Tensor",
            "Parameter",
            "Param",
        ],
        "a network has layers alone: their parameters, and nothing else, are in its struct",
    ),
    (
        &["*Loss", "Loss", "Mse", "CrossEntropy", "Bce*"],
        "a loss is no layer: it is given to `Trainer::new(model, CrossEntropy, optimizer)`",
    ),
    (
        &["Adam*", "Sgd", "RmsProp", "Optimizer"],
        "an optimizer is no layer: it is given to `Trainer::new(model, loss, Adam::new(1e-3))`",
    ),
    (
        &["Lambda", "Function", "Apply", "Map"],
        "what is no layer is written in a `fn forward`, over values with names: `(fc1(x) - fc1(y)).abs()`",
    ),
    (
        &["Sequential"],
        "layers under one name stand in braces without a word for it: `body: { Linear(64), Relu }`",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init;
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
        // what the help names is there; what has a path or a word of Rust's in it is no layer
        let others = ARGUMENTS.iter().filter_map(|(_, meant)| match meant {
            Elsewhere::Otherwise(help) => Some(*help),
            Elsewhere::Called(_) => None,
        });
        for help in ABSENT.iter().map(|(_, help)| *help).chain(others) {
            let code = help.split('`').skip(1).step_by(2);
            let code = code.filter(|code| !code.contains("::") && !code.contains("struct"));
            let quoted = code.flat_map(|code| code.split([',', ' ', '(']));
            for word in quoted.filter(|word| word.starts_with(char::is_uppercase)) {
                assert!(find(word).is_some(), "`{word}` in: {help}");
            }
        }
    }

    #[test]
    fn other_libraries_arguments_and_initialisers_lead_to_some_that_there_are() {
        let takes = |name: &str| {
            let begins =
                |layer: &dyn Layer| layer.fields().iter().any(|field| name == format!("{field}_init"));
            let initialisers = init::INITIALIZERS.iter().flat_map(|row| row.arguments);
            all().any(|layer| begins(layer) || layer.arguments().iter().any(|row| row.name == name))
                || initialisers.into_iter().any(|row| row.name == name)
        };
        for (words, meant) in ARGUMENTS {
            if let Elsewhere::Called(ours) = meant {
                assert!(
                    ours.iter().any(|name| takes(name)),
                    "none of {ours:?} is an argument, for {words:?}"
                );
            }
            for word in *words {
                assert!(argument(word).is_some_and(|first| first == *meant), "`{word}` is listed twice");
            }
        }
        for (words, ours) in INITIALISERS {
            assert!(init::find(ours).is_some(), "there is no initialiser `{ours}`");
            for word in *words {
                assert!(init::find(word).is_none(), "`{word}` is an initialiser");
                assert_eq!(initialiser(word), Some(*ours), "`{word}` is listed twice");
            }
        }
    }
}
