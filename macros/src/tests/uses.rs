//! What uses of blocks become: one function and one view of each kind, however often it is used.
use super::{expand, planned};
use crate::parameters::Entry;

const BLOCK: &str =
    "block B(width) { residual { fc1: Linear(width), Gelu, norm: LayerNorm, fc2: Linear(width) }, Tanh }";

fn lines(uses: &str) -> usize {
    expand(&format!("struct Net: [8] -> [3] {{ {uses}, out: Linear(3) }} {BLOCK}")).lines().count()
}

#[test]
fn generated_code_grows_with_the_kinds_of_blocks() {
    let (twice, often) =
        (lines("layers: { B(8), B(8) }"), lines(&format!("layers: {{ {} }}", vec!["B(8)"; 100].join(", "))));
    assert!(often * 2 <= twice * 3, "{twice} lines for two uses, {often} for a hundred");
    let (twice, often) = (lines("layers: repeat 2 { B(8) }"), lines("layers: repeat 100 { B(8) }"));
    assert!(often * 10 <= twice * 13, "{twice} lines for two runs, {often} for a hundred");
}

#[test]
fn uses_of_one_kind_share_a_function_and_others_have_their_own() {
    let functions = |declaration: &str| {
        let text = expand(declaration);
        let forward = text.lines().filter(|line| line.contains("fn ") && line.contains("_forward<"));
        forward.map(|line| line.trim().to_string()).collect::<Vec<_>>()
    };
    // the gradient of what goes into the first is not asked for, which would make it another function
    let of = |uses: &str| functions(&format!("struct Net: [8] -> [8] {{ stem: Linear(8), {uses} }} {BLOCK}"));
    assert_eq!(of("B(8)").len(), 0, "what is used once is part of what is around it");
    assert_eq!(of("a: B(8), b: B(8)").len(), 1);
    assert_eq!(of("a: B(8), Linear(4), b: B(4), Linear(8)").len(), 0, "two kinds, each used once");
    assert_eq!(of("a: B(8), b: B(8), Linear(4), c: B(4), d: B(4), Linear(8)").len(), 2);
    assert_eq!(of("a: B(8), #[frozen] b: B(8)").len(), 0, "frozen parameters make another kind");
    assert_eq!(of("a: { B(8), B(8) }, b: B(8), c: { B(8), B(8), B(8) }").len(), 1);
}

#[test]
fn a_member_that_is_applied_twice_has_one_set_of_parameters() {
    let (network, messages) = planned(&format!(
        "struct Net: (a: [8], b: [8]) -> [8] {{ body: B(8), fn forward(a, b) {{ body(a) - body(b) }} }} {BLOCK}"
    ));
    let network = network.unwrap_or_else(|| panic!("{messages:?}"));
    assert_eq!(network.parameters.roles().len(), 6);
}

/// What is declared in Rust's own items is what `network!` declares.
#[test]
fn a_module_expands_to_what_the_same_declarations_do() {
    let module = "#[model] mod net {
        #[model((left: [4], right: [4]) -> (apart: [1], both: [3]))]
        pub struct Net {
            #[with(DEEP: 5)]
            body: Body<6>,
            #[frozen]
            #[repeat(2)]
            #[residual]
            often: (Linear<6>, (LayerNorm, Tanh)),
            out: Linear<1>,
        }
        impl Net {
            fn forward(&self, left: _, right: _) -> _ {
                let (a, b) = (self.body(left), self.often(self.body(right)));
                (both = concat([a, b], axis = 0).slice(axis = 0, start = 2, length = 3), apart = self.out(a - 2.0 * b))
            }
        }
        #[block]
        struct Body<const WIDTH: usize, const DEEP: usize = 7> { fc1: Linear<DEEP>, fc2: Linear<WIDTH> }
    }";
    let same = "pub struct Net: (left: [4], right: [4]) -> (apart: [1], both: [3]) {
        body: Body(6, DEEP: 5),
        #[frozen] often: repeat 2 { residual { Linear(6), { LayerNorm, Tanh } } },
        out: Linear(1),
        fn forward(left, right) {
            let (a, b) = (body(left), often(body(right)));
            (both: concat([a, b], axis: 0).slice(axis: 0, start: 2, length: 3), apart: out(a - 2.0 * b))
        }
    }
    block Body(WIDTH, DEEP: 7) { fc1: Linear(DEEP), fc2: Linear(WIDTH) }";
    let [module, same] = [module, same].map(expand);
    // what stands deeper is broken into other lines
    let told = |text: &str| text.split_whitespace().collect::<String>().replace(",)", ")");
    let (module, same) = (told(&module), format!("modnet{{{}}}", told(&same)));
    let differs = module.bytes().zip(same.bytes()).position(|(a, b)| a != b);
    let from = differs.unwrap_or(0).saturating_sub(60);
    let [left, right] = [&module, &same].map(|text| text.get(from..from + 120).unwrap_or_default());
    assert!(module == same, "{left}\n{right}");
}

#[test]
fn an_argument_may_be_for_the_default_of_another_alone() {
    let messages = |of: &str, inside: &str| {
        let text = "block B(width, wide: 2 * width)";
        planned(&format!("struct Net: [8] -> [12] {{ {of} }} {text} {{ {inside} }}")).1
    };
    assert_eq!(messages("B(6)", "Linear(wide)"), [""; 0]);
    assert_eq!(messages("B(6, wide: 12)", "Linear(wide)"), [""; 0]);
    let said = messages("B(6)", "Linear(12)");
    assert_eq!(said, ["the argument `wide` of `B` is not used in it\nhelp: take it out, or use it"]);
}

/// The second use of `B` is applied first: both are one function, in which `part` is called.
#[test]
fn what_is_in_uses_of_one_kind_is_of_one_kind_too() {
    let (network, messages) = planned(
        "struct Net: [4] -> [4] {
            stem: Linear(4), one: B, two: B,
            fn forward(x) { let x = stem(x); two(x) * one(x) }
        }
        block B {
            part: { #[frozen] norm: LayerNorm, fc: Linear(4) }, steps: repeat 2 { Linear(4) },
            fn forward(x) { part(steps(x)) - part(x) }
        }",
    );
    let network = network.unwrap_or_else(|| panic!("{messages:?}"));
    let inside = |entry: &Entry| match entry {
        Entry::Repeat(used) => used.inside.entries().iter().map(kind).collect::<Vec<_>>(),
        _ => vec![],
    };
    let [_, one, two] = network.parameters.entries() else { panic!("three members") };
    assert_eq!(inside(one), inside(two));
    assert_eq!(inside(two), ["part_2 is called", "steps_2 is called"], "called as where it is first applied");
}

fn kind(entry: &Entry) -> String {
    match entry {
        Entry::Repeat(used) => format!("{} is called", used.kind),
        Entry::Group(group) => format!("{} is not", group.kind),
        Entry::Layer(layer) => layer.name.key.clone(),
    }
}

#[test]
fn an_input_that_is_not_needed_has_a_mark() {
    let of = |inputs: &str| {
        let text = format!(
            "struct Net: (a: [4], b: [4]) -> [3] {{ fc: Linear(3), fn forward({inputs}) {{ fc(a) }} }}"
        );
        planned(&text).1
    };
    assert_eq!(of("a, _b"), [""; 0]);
    assert!(of("a, b")[0].starts_with("`b` is never used"), "{:?}", of("a, b"));
    assert!(of("a, _c")[0].starts_with("expected the input `b` here"), "{:?}", of("a, _c"));
}
