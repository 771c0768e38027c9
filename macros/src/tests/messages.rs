//! The wording of messages, stage by stage.
mod graphs;

use super::{expand, planned};
use crate::diagnostics::{list, nearest, suggestion};

const NAMES: [&str; 5] = ["Linear", "Relu", "Dropout", "Flatten", "Tanh"];

/// The messages on a network `[784] -> [10]` with these layers.
fn messages(layers: &str) -> Vec<String> {
    let (planned, messages) = planned(&format!("struct Net: [784] -> [10] {{ {layers} }}"));
    assert_eq!(planned.is_none(), !messages.is_empty(), "{layers}: {messages:?}");
    messages
}

/// The only message on them.
fn message(layers: &str) -> String {
    let messages = messages(layers);
    let [message] = messages.as_slice() else { panic!("{layers}: {messages:?}") };
    message.clone()
}

#[test]
fn the_nearest_name_is_a_few_letters_off_or_half_typed() {
    let near = |name: &str| nearest(name, NAMES.iter().copied());
    assert_eq!(near("Liner"), Some("Linear"));
    assert_eq!(near("ReLU"), Some("Relu"));
    assert_eq!(near("relu"), Some("Relu"));
    assert_eq!(near("Tahn"), Some("Tanh"));
    assert_eq!(near("Lin"), Some("Linear"));
    assert_eq!(near("Flattten"), Some("Flatten"));
    assert_eq!(near("Conv2d"), None);
    assert_eq!(near("fc1"), None);
    assert_eq!(near("x"), None, "one letter is no hint");
    assert_eq!(near(""), None);
}

#[test]
fn a_suggestion_is_the_nearest_name_or_all_of_them() {
    let suggest = |name: &str, known: &[&'static str]| suggestion(name, "layer", known.iter().copied());
    assert_eq!(suggest("Liner", &NAMES), "did you mean `Linear`?");
    assert_eq!(suggest("Conv", &NAMES[..3]), "the layers are `Linear`, `Relu` and `Dropout`");
    assert_eq!(suggest("Conv", &NAMES[..1]), "the only layer is `Linear`");
    assert_eq!(suggest("Conv", &[]), "there is no layer here");
    let many = suggest("Conv", &["Relu"; 60]);
    assert!(many.starts_with("the layers are `Relu`, ") && many.contains("`Relu` and 49 more; "), "{many}");
}

#[test]
fn lists_read_as_a_sentence() {
    assert_eq!(list(&[]), "");
    assert_eq!(list(&["a"]), "`a`");
    assert_eq!(list(&["a", "b"]), "`a` and `b`");
    assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
}

#[test]
fn values_are_quoted_as_they_are_written() {
    assert!(message("Linear(-3)").starts_with("`-3` is not a size\n"));
    assert!(message("Linear(20 % 2)").starts_with("`20 % 2` is not a size\n"));
    assert!(message("Linear(10), Dropout(-0.5)").contains("found `-0.5`"));
    assert!(
        message("Linear(10), Dropout(\"half\")").contains("`p` of `Dropout` is a number, found `\"half\"`")
    );
}

#[test]
fn a_size_is_computed_of_numbers_at_once() {
    assert_eq!(planned("struct Net: [4] -> [10] { Linear(20 / 2) }").1, [""; 0]);
    assert_eq!(planned("struct Net: [4] -> [10] { Linear(12 - H + H - 2) }").1, [""; 0]);
    assert_eq!(message("Linear(3 - 5)"), "`3 - 5` is less than 0\nhelp: take less away");
    assert_eq!(message("Linear(H / (5 - 5))"), "`H / (5 - 5)` divides by 0\nhelp: divide by 1 or more");
    let none = "`out_features` of `Linear` must be at least 1, found `10 - 10`";
    assert_eq!(message("Linear(10 - 10)").lines().next(), Some(none));
}

#[test]
fn what_constants_keep_from_falling_below_0_is_asserted() {
    let asserted = |size: &str| {
        let text = format!("struct Net: [4] -> [10] {{ fc1: Linear({size}), fc2: Linear(10) }}");
        let (network, messages) = planned(&text);
        let network = network.unwrap_or_else(|| panic!("{messages:?}"));
        let texts = network.assertions.iter().map(|a| format!("{} {} <= {}", a.subject, a.left, a.right));
        texts.collect::<Vec<_>>()
    };
    let positive = "expected `out_features` of `fc1` to be 1 <=";
    assert_eq!(asserted("H - 5"), ["expected `H` in `H - 5` to be 6 <= H"], "one mistake is one message");
    assert_eq!(
        asserted("2 * H / K"),
        ["expected `K` in `2 * H / K` to be 1 <= K".to_string(), format!("{positive} 2 * H / K")]
    );
    assert_eq!(asserted("3 * H - H"), [format!("{positive} 2 * H")], "whatever the constant is");
    assert_eq!(
        asserted("(H - K + K) * 1"),
        ["expected `H` in `H - K` to be K <= H".to_string(), format!("{positive} H")],
        "`K` may be 0"
    );
}

#[test]
fn pytorch_arguments_are_answered_with_ours() {
    assert!(message("Linear(784, 10)").ends_with("`in_features` is inferred: write `Linear(10)`"));
    assert!(
        message("Linear(784, 10, false)")
            .ends_with("`in_features` is inferred: write `Linear(10, bias: false)`")
    );
    // two that are no sizes are something else
    assert!(message("Linear(10, false)").ends_with("write `Linear(10, bias: false)`"));
    assert!(message("Linear(10, Softmax)").ends_with("write `Linear(10), Softmax`"));
}

#[test]
fn shapes_are_judged_after_a_mistake_as_far_as_they_are_known() {
    // what comes out of a layer with wrong arguments is known
    assert_eq!(messages("Linear(64, bais: false), Linear(10, in_features: 32)").len(), 2);
    assert_eq!(messages("Linear(64, in_features: 3), Linear(10, in_features: 32)").len(), 2);
    // what comes out of an unknown layer is not
    assert_eq!(messages("Unheard(64), Linear(10, in_features: 32)").len(), 1);
    assert_eq!(messages("Unheard(64)").len(), 1);
    assert_eq!(messages("Liner(12)").len(), 1);
    // and what a wrong size would have been is not
    assert_eq!(messages("Linear(0.5), Linear(12, in_features: 3), Linear(10)").len(), 1);
    assert_eq!(messages("Linear(12.5)").len(), 1);
    // a block that changes the shape hands on what its layers give
    assert_eq!(messages("Linear(64), repeat 2 { Linear(10) }").len(), 1);
}

#[test]
fn mistakes_of_every_layer_are_found_in_one_build() {
    let all = messages(
        "fc1: Liner(64), Dropout(2), type: Relu, fc1: Linear(0), Linear(10) Relu, blocks: repeat 2 { Tahn, Linear }",
    );
    let firsts: Vec<&str> = all.iter().map(|text| text.lines().next().unwrap_or_default()).collect();
    assert_eq!(
        firsts,
        [
            "expected `,` before `Relu`",
            "unknown layer `Liner`",
            "`p` of `Dropout` must be at least 0 and less than 1, found `2`",
            "`type` is a word of Rust's own",
            "the name `fc1` is given twice",
            "`out_features` of `Linear` must be at least 1, found `0`",
            "unknown layer `Tahn`",
            "`Linear` needs `out_features`: features of each output",
        ]
    );
}

#[test]
fn a_mismatch_says_both_numbers_and_where_they_come_from() {
    let text = message("fc1: Linear(64), Gelu, fc2: Linear(10, in_features: 32)");
    assert!(text.starts_with("expected `fc2` to receive 32 features, found 64 from `Gelu`\n"), "{text}");
    let text = message("fc1: Linear(64), repeat 3 { fc: Linear(32), Relu }, Linear(10)");
    assert!(
        text.starts_with("a repeated block receives `[64]`, but hands on `[32]`, from `Relu`\n"),
        "{text}"
    );
    let text = message("fc1: Linear(12), Dropout");
    assert!(
        text.starts_with("the declared output is `[10]`, but the layers give `[12]`, from `Dropout`\n"),
        "{text}"
    );
}

/// Whatever is written, the macro says what is wrong with it once and does not stop; what it writes is Rust.
#[test]
fn half_typed_declarations_are_answered_once() {
    let wholes = [
        "pub struct Net<const H: usize>: [2, H] -> (y: [10]), max_bytes: 4 MB at 64 {
            Flatten, /// hidden\nfc1: Linear(H + 4, bias: false), Dropout(p: 0.5),
            blocks: repeat 3 { Linear(H + 4), Tanh }, out: Linear(10, in_features: H + 4),
        }",
        "struct Net: [4, 8] -> [10] {
            Flatten, blocks: repeat 3 { fc: Linear(32, bias: false), Gelu, Linear(32) }, norm: LayerNorm([32], eps: 1e-3),
            #[frozen] out: Linear(10, weight_init: normal(std: 0.02)), Softmax(axis: -1)
        }",
    ];
    let mut several = vec![];
    for whole in wholes {
        assert!(planned(whole).0.is_some(), "{:?}", planned(whole).1);
        let tokens: Vec<proc_macro2::TokenTree> = flat(whole.parse().expect("a test declares Rust tokens"));
        // without any one token, with any one twice, and up to any one
        for i in 0..tokens.len() {
            let without = tokens.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, t)| t.clone());
            let twice = tokens
                .iter()
                .enumerate()
                .flat_map(|(k, t)| std::iter::repeat_n(t.clone(), 1 + usize::from(k == i)));
            let up_to = tokens[..i].iter().cloned();
            // a delimiter without its other half never comes to a macro
            let delimiter = matches!(&tokens[i], proc_macro2::TokenTree::Ident(word) if word == OPEN || word == CLOSE)
                || matches!(&tokens[i], proc_macro2::TokenTree::Group(_));
            for (typed, counts) in
                [(grouped(without), !delimiter), (grouped(twice), !delimiter), (grouped(up_to), true)]
            {
                let text = typed.to_string();
                expand(&text);
                let said = planned(&text).1;
                if counts && said.len() > 1 {
                    several.push(format!("{text}: {said:?}"));
                }
            }
        }
    }
    assert!(several.is_empty(), "{}", several.join("\n"));
}

const OPEN: &str = "__open";
const CLOSE: &str = "__close";

/// Tokens without groups: a word stands where one opens, with its delimiter after it, and one where it closes.
fn flat(tokens: proc_macro2::TokenStream) -> Vec<proc_macro2::TokenTree> {
    use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
    let word = |name: &str| TokenTree::Ident(Ident::new(name, Span::call_site()));
    let mut all = vec![];
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                all.extend([word(OPEN), TokenTree::Group(Group::new(group.delimiter(), TokenStream::new()))]);
                all.extend(flat(group.stream()));
                all.push(word(CLOSE));
            }
            other => all.push(other),
        }
    }
    all
}

/// The groups again; what is not closed closes at the end.
fn grouped(tokens: impl Iterator<Item = proc_macro2::TokenTree>) -> proc_macro2::TokenStream {
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
    let mut open: Vec<(Delimiter, Vec<TokenTree>)> = vec![(Delimiter::None, vec![])];
    let mut opens = false;
    let close = |open: &mut Vec<(Delimiter, Vec<TokenTree>)>| {
        if open.len() > 1
            && let Some((delimiter, inside)) = open.pop()
            && let Some((_, outside)) = open.last_mut()
        {
            outside.push(TokenTree::Group(Group::new(delimiter, inside.into_iter().collect())));
        }
    };
    for token in tokens {
        match &token {
            TokenTree::Ident(word) if word == OPEN => opens = true,
            TokenTree::Ident(word) if word == CLOSE => close(&mut open),
            TokenTree::Group(group) if opens && group.stream().is_empty() => {
                open.push((group.delimiter(), vec![]));
                opens = false;
            }
            _ => open.last_mut().expect("the outermost stays").1.push(token),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, tokens)| tokens.into_iter().collect::<TokenStream>()).unwrap_or_default()
}

#[test]
fn a_block_is_written_once_however_often_it_runs() {
    let lines = |times: usize| {
        let text = format!(
            "struct Net: [64] -> [10] {{ fc1: Linear(32), blocks: repeat {times} {{ fc: Linear(32), Relu, Dropout(0.1), \
             Linear(32) }}, out: Linear(10) }}"
        );
        expand(&text).lines().count()
    };
    let (few, many) = (lines(2), lines(100));
    assert!(many * 10 <= few * 13, "{few} lines for 2, {many} for 100");
}

#[test]
fn what_is_no_constant_is_said_to_be_none() {
    let first = |layers: &str| message(layers).lines().next().unwrap_or_default().to_string();
    assert_eq!(
        first("Linear(hidden), fc: Linear(10)"),
        "a size names constants, which are written in upper case, found `hidden`"
    );
    let qualified = message("Linear(<F as Sizes>::WIDTH), fc: Linear(10)");
    assert!(qualified.contains("has no name of its own"), "{qualified}");
}

#[test]
fn array_lengths_are_not_computed_of_const_parameters() {
    let of = |declaration: &str| planned(declaration).1.join("; ");
    let port = of("struct Net<const H: usize>: [2 * H] -> [10] { fc: Linear(10) }");
    assert!(port.starts_with("a size of the input cannot be computed of a const parameter"), "{port}");
    let count = of("struct Net<const H: usize>: [4] -> [4] { repeat 2 * H { fc: Linear(4) } }");
    assert!(count.starts_with("a count cannot be computed of a const parameter"), "{count}");
    let lower = of("struct Net<const n: usize>: [4] -> [4] { fc: Linear(4) }");
    assert!(lower.starts_with("a const parameter is written in upper case, found `n`"), "{lower}");
    assert_eq!(of("struct Net<const H: usize>: [H] -> [4] { repeat H { fc: Linear(H) }, Linear(4) }"), "");
}

#[test]
fn a_const_parameter_is_the_word_that_is_declared() {
    let of = |declaration: &str| planned(declaration).1.join("; ");
    let other = of("struct Net<const H: usize>: [H] -> [4] { Linear(h), Linear(4) }");
    assert!(other.ends_with("in upper case, found `h`\nhelp: did you mean `H`?"), "{other}");
    let raw = "struct Net<const r#fn: usize>: [4] -> [4] { Linear(r#fn), Linear(4) }";
    let said = of(raw);
    assert!(said.starts_with("a const parameter is written in upper case, found `r#fn`"), "{said}");
    assert!(said.ends_with("call it `FN`"), "{said}");
    assert!(expand(raw).contains("struct Net<const FN: usize>"));
    let constant = of("struct Net: [4] -> [4] { Linear(r#fn), Linear(4) }");
    assert!(constant.contains("found `r#fn`\nhelp: declare `const FN: usize = …;`"), "{constant}");
    let both = "struct Net<const n: usize, const N: usize>: [n] -> [N] { Linear(N) }";
    assert!(of(both).ends_with("in upper case, found `n`\nhelp: call it `N`"), "{}", of(both));
    assert!(expand(both).contains("struct Net<const N: usize, const N_: usize>"));
    let twice = of("struct Net<const N: usize, const N: usize>: [N] -> [N] { Linear(N) }");
    assert!(twice.starts_with("the const parameter `N` is declared twice"), "{twice}");
    let called = of("struct Net<const T: usize>: [3, T] -> [T] { Linear(T) }");
    assert!(called.contains("`[3, T]`") && !called.contains("T_"), "{called}");
    assert_eq!(of("struct Net<const H: usize>: [H] -> [4] { Linear(r#H), Linear(4) }"), "");
    // what generated code calls otherwise
    for name in ["T", "UNKNOWN"] {
        let declaration =
            format!("struct Net<const {name}: usize>: [{name}] -> [4] {{ Linear({name}), Linear(4) }}");
        assert_eq!(of(&declaration), "");
        let expansion = expand(&declaration);
        assert!(expansion.contains(&format!("const {name}_: usize")) && !expansion.contains("NetSizes"));
    }
}

/// Wherever a word that does not belong there is typed, nothing panics, and no message has a name of generated code.
#[test]
fn what_does_not_belong_there_is_answered_in_the_users_words() {
    const WORDS: [&str; 16] = [
        "foo", "7", "-", ",", ":", "fn", "\"s\"", "2.5", "=", "()", "Relu", "repeat", "# ?", "H - 5", "a::H",
        "[-1]",
    ];
    let whole = "struct Net<const N: usize>: [2, 784] -> [10], max_bytes: 4 MB at 64 {
        fc-1: Linear(64), Softmax(axis: 1), Flatten, blocks: repeat 3 { Linear(a::H) }, Linear(b::H), out: Linear(10)
    }";
    let tokens: Vec<proc_macro2::TokenTree> = flat(whole.parse().expect("a test declares Rust tokens"));
    for i in 0..=tokens.len() {
        for word in WORDS {
            let word: proc_macro2::TokenStream = word.parse().expect("Rust tokens");
            for kept in [i, (i + 1).min(tokens.len())] {
                let typed =
                    tokens[..i].iter().cloned().chain(word.clone()).chain(tokens[kept..].iter().cloned());
                let text = grouped(typed).to_string();
                expand(&text);
                for message in planned(&text).1 {
                    let internal =
                        ["UNKNOWN", "__private", "H_2", "4096"].iter().find(|word| message.contains(*word));
                    assert!(internal.is_none(), "{text}: {message}");
                }
            }
        }
    }
}
