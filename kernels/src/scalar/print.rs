//! Formulas as source text. Shared parts become `let`s, so that the text is as small as the formula.
use super::{Expr, Term};
use std::collections::HashMap;

/// A target language: how it writes a number, and which column of the table it reads.
struct Language {
    number: fn(f64) -> String,
    template: fn(&super::table::Primitive) -> &'static str,
    binding: fn(&str, &str) -> String,
}
const RUST: Language = Language {
    number: |v| format!("{v:?}"),
    template: |p| p.rust,
    binding: |name, value| format!("let {name} = {value};"),
};
const CUDA: Language = Language {
    number: |v| format!("{v:?}f"),
    template: |p| p.cuda,
    binding: |name, value| format!("const float {name} = {value};"),
};

/// Bindings for the shared parts, then the text of each result.
pub struct Printed {
    /// One statement per shared part, in order.
    pub bindings: Vec<String>,
    /// One expression per formula.
    pub results: Vec<String>,
}
impl Printed {
    /// One Rust expression: the formula alone, or a block with its bindings.
    pub fn block(self) -> String {
        let value = match self.results.as_slice() {
            [one] => bare(one).to_string(),
            several => format!("[{}]", several.iter().map(|r| bare(r)).collect::<Vec<_>>().join(", ")),
        };
        if self.bindings.is_empty() { value } else { format!("{{ {} {value} }}", self.bindings.join(" ")) }
    }
}

/// Rust text of several formulas that share their bindings, argument `i` written as `names[i]`.
pub fn rust(formulas: &[Expr], names: &[&str]) -> Printed {
    print(formulas, names, &RUST)
}
/// CUDA text of the same.
pub fn cuda(formulas: &[Expr], names: &[&str]) -> Printed {
    print(formulas, names, &CUDA)
}

fn print(formulas: &[Expr], names: &[&str], language: &Language) -> Printed {
    let mut order: Vec<Expr> = vec![];
    for part in formulas.iter().flat_map(|f| f.parts()) {
        if !order.contains(&part) {
            order.push(part);
        }
    }
    let mut uses: HashMap<Expr, usize> = HashMap::new();
    order
        .iter()
        .flat_map(|part| part.operands())
        .chain(formulas.iter().copied())
        .for_each(|e| *uses.entry(e).or_default() += 1);
    let mut texts: HashMap<Expr, String> = HashMap::new();
    let mut bindings = vec![];
    for part in order {
        let text = match part.term() {
            Term::Argument(i) => names[i as usize].to_string(),
            Term::Constant(v) if v < 0.0 => format!("({})", (language.number)(v)),
            Term::Constant(v) => (language.number)(v),
            Term::Named(_) => part.name().unwrap_or_default(),
            Term::Apply(primitive, arguments) => {
                let template = (language.template)(primitive);
                // between a call's own parentheses and commas an operand needs none of its own
                let call = !template.starts_with('(');
                let mut text = template.to_string();
                for (i, argument) in arguments[..primitive.arity].iter().enumerate() {
                    let operand = &texts[argument];
                    text = text.replace(&format!("{{{i}}}"), if call { bare(operand) } else { operand });
                }
                if uses[&part] > 1 {
                    let name = fresh(bindings.len(), names);
                    bindings.push((language.binding)(&name, bare(&text)));
                    name
                } else {
                    text
                }
            }
        };
        texts.insert(part, text);
    }
    Printed { bindings, results: formulas.iter().map(|f| texts[f].clone()).collect() }
}

/// A name for a binding that no argument has.
fn fresh(i: usize, names: &[&str]) -> String {
    let candidates =
        ["s", "t", "u", "v", "w"].map(String::from).into_iter().chain((0..).map(|k| format!("t{k}")));
    candidates.filter(|c| !names.contains(&c.as_str())).nth(i).unwrap_or_default()
}

/// The text without a pair of parentheses around all of it.
fn bare(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { return text };
    let mut depth = 0i32;
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return text;
        }
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::super::argument;
    use super::*;

    #[test]
    fn text_is_what_a_person_would_write() {
        let (x, b) = (argument(0), argument(1));
        assert_eq!(rust(&[(x + b).max(0.0)], &["x", "b"]).block(), "max(x + b, 0.0)");
        assert_eq!(rust(&[x * (1.0 - b * b)], &["d", "y"]).block(), "d * (1.0 - (y * y))");
        assert_eq!(rust(&[(x + b) * (x - b)], &["x", "b"]).block(), "(x + b) * (x - b)");
        assert_eq!(cuda(&[(x + b).max(0.0)], &["x", "b"]).block(), "fmaxf(x + b, 0.0f)");
    }

    #[test]
    fn shared_parts_are_bound_once() {
        let x = argument(0);
        let y = (x + 1.0).exp();
        assert_eq!(rust(&[y * (1.0 - y)], &["x"]).block(), "{ let s = exp(x + 1.0); s * (1.0 - s) }");
        assert_eq!(rust(&[y * (1.0 - y)], &["s"]).block(), "{ let t = exp(s + 1.0); t * (1.0 - t) }");
    }
}
