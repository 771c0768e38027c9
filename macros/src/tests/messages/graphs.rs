//! Mistakes in groups, blocks, branches, `forward` and signatures: each is one message, word for word.
use super::{flat, grouped};
use crate::tests::{expand, planned};
use std::path::Path;

/// The tables. A line that begins with `#` is what stands around the declarations after it, in place of `…`; each is
/// followed by its message.
const TABLES: [&str; 6] = ["groups", "blocks", "forward", "elsewhere", "ports", "modules"];

/// A declaration, and what is said of it.
struct Mistake {
    written: String,
    declaration: String,
    message: String,
}

fn table(text: &str) -> Vec<Mistake> {
    let (mut around, mut mistakes) = ("…", Vec::<Mistake>::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(frame) = line.strip_prefix("# ") {
            around = frame;
        } else if let Some(said) = line.strip_prefix("    ") {
            let message = &mut mistakes.last_mut().expect("a declaration before its message").message;
            *message += if message.is_empty() { "" } else { "\n" };
            *message += said;
        } else {
            let (written, declaration) = (line.to_string(), around.replace('…', line));
            mistakes.push(Mistake { written, declaration, message: String::new() });
        }
    }
    mistakes
}

/// `PLYWOOD_BLESS=1` writes the messages anew: read the diff.
#[test]
fn a_mistake_in_a_graph_is_one_message() {
    let bless = std::env::var("PLYWOOD_BLESS").is_ok_and(|v| v == "1");
    let mut wrong = vec![];
    for name in TABLES {
        let file = format!("src/tests/messages/{name}.txt");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let mut text = std::fs::read_to_string(&path).expect("a table of messages");
        let mistakes = table(&text);
        assert!(mistakes.len() > 20, "{name} has {}", mistakes.len());
        for Mistake { written, declaration, message } in mistakes {
            let said = planned(&declaration).1.join("\n\n");
            let errors = expand(&declaration).matches("compile_error").count();
            if errors != 1 {
                wrong.push(format!("{declaration}: {errors} errors"));
            }
            if said != message {
                wrong.push(format!("{declaration}:\n{said}\nexpected\n{message}"));
            }
            let listed =
                |message: &str| message.lines().map(|line| format!("    {line}\n")).collect::<String>();
            text = text.replace(
                &format!("{written}\n{}", listed(&message)),
                &format!("{written}\n{}", listed(&said)),
            );
        }
        if bless {
            std::fs::write(&path, text).expect("a table can be written");
        }
    }
    assert!(bless || wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A stack with groups and blocks, a `forward`, and several values in and out.
const PROGRAMS: [&str; 3] = [
    "block Basic(out) { residual { fc1: Linear(out), Relu, fc2: Linear(out) }, Relu }
    /// halves
    block Down(out, rate: 0.1) {
        add { { fc: Linear(out), Dropout(rate) }, downsample: { Linear(out, bias: false) } }, Relu,
    }
    pub struct Net: [8] -> [3] {
        stem: Linear(4), Relu, layer1: { Basic(4), #[frozen] Basic(4) }, layer2: { Down(6, rate: 0.2), Basic(6) },
        concat(axis: 0) { { a: Linear(2) }, {} }, repeat 2 { Linear(8), Tanh }, out: Linear(3),
    }",
    "block Double(width) { fc: Linear(width), fn forward(x) { let h = fc(x).tanh(); h * 2.0 } }
    pub struct Net: [1, 8] -> [2] {
        enc1: Double(16), enc2: Linear(16), out: Linear(2), norm: LayerNorm,
        fn forward(image) {
            let x = image.reshape([8]);
            let a = enc1(x);
            let (b, _) = (enc2(a.relu()), x);
            let a = norm(-a * 0.5 + 1.0 / (b - 2.0).exp());
            out(concat([a, dropout(b, p: 0.1)], axis: 0)).softmax(axis: -1)
        }
    }",
    "pub struct Net: (user: u32 [1], #[gradient] dense: [3], mask: [2, 4]) -> (next: [5], value: [1]) {
        users: Embedding(20, embedding_dim: 4), head: Linear(5), v: Linear(1),
        fn forward(user, dense, mask) {
            let u = users(user).reshape([4]);
            let m = (mask.sum(axis: 0) * u).abs();
            let h = concat([m, dense], axis: 0);
            (next: head(h), value: v(h))
        }
    }",
];

/// Whatever is half typed is said once, and the struct is there as soon as its name is.
#[test]
fn half_typed_graphs_are_answered_once() {
    let mut wrong = vec![];
    for program in PROGRAMS {
        assert!(planned(program).1.is_empty(), "{:?}", planned(program).1);
        let tokens = flat(program.parse().expect("a test declares Rust tokens"));
        for count in 0..tokens.len() {
            let text = grouped(tokens[..count].iter().cloned()).to_string();
            let expansion = expand(&text);
            let errors = expansion.matches("compile_error").count();
            let (network, said) = planned(&text);
            if errors != usize::from(network.is_none() || !said.is_empty()) {
                wrong.push(format!("{errors} errors: {text}: {said:?}"));
            }
            if text.contains("struct Net") && !expansion.contains("pub struct Net") {
                wrong.push(format!("no struct: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
