//! The types of what goes in and what comes out.
use super::{Port, Resolver};
use crate::diagnostics::{Place, list};
use crate::sizes::{fits, number, numbers, written};
use crate::syntax::ast::{self, Form, ForwardDecl};
use plywood_kernels::shape::Size;
use plywood_kernels::types::{Element, Type};
use syn::ext::IdentExt;
use syn::{Expr, Ident};

/// Which values of a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Input => "input",
            Side::Output => "output",
        }
    }
}

impl Resolver<'_> {
    /// The letter for a batch that the shapes of input and output both begin with, unless a const parameter is called so.
    pub(super) fn batch_letter(&self, inputs: &[ast::Port], outputs: &[ast::Port]) -> Option<Ident> {
        let first = |ports: &[ast::Port]| match ports {
            [port] if port.sizes.len() > 1 => word(&port.sizes[0]).cloned(),
            _ => None,
        };
        let letter = first(inputs).filter(|word| word == "N" || word == "B")?;
        let alike = first(outputs).is_some_and(|other| other == letter);
        (alike && self.symbols.parameter(&letter).is_none()).then_some(letter)
    }

    /// The values of a network that is a stack, or that has a `forward`.
    pub(super) fn ports(&mut self, ports: &[ast::Port], side: Side, forward: bool) -> Vec<Port> {
        let [port] = ports else {
            if ports.is_empty() {
                // which has been said
                let span = self.network.span();
                return vec![Port { name: None, ty: None, gradient: false, span }];
            }
            // that a stack has several is said, and what uses it finds them
            return if forward {
                self.several(ports, side)
            } else {
                self.quietly(|resolver| resolver.several(ports, side))
            };
        };
        let (ty, gradient) = (self.port(port, side), self.gradient(port, side));
        vec![Port { name: port.name.clone(), ty, gradient, span: port.span }]
    }

    /// Says that a stack has one value on each side, where it is declared with several.
    pub(super) fn one_each(&mut self, sides: [(&[ast::Port], Side); 2]) {
        let Some((ports, side)) = sides.into_iter().find(|(ports, _)| ports.len() > 1) else { return };
        let what = side.word();
        let names: Vec<String> = ports.iter().filter_map(|p| Some(p.name.as_ref()?.to_string())).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let named = if names.is_empty() { String::new() } else { format!(": {}", list(&names)) };
        let found = format!("a stack of layers has one {what}, found {}{named}", ports.len());
        let help = format!(
            "write one shape: `[64]`, joining the {what}s into one; or say in a `fn forward` what is done with each"
        );
        self.diagnostics.error(ports[1].span, found, help);
    }

    /// Several values by name.
    fn several(&mut self, ports: &[ast::Port], side: Side) -> Vec<Port> {
        let what = side.word();
        let mut names: Vec<String> = vec![];
        let mut nameless = false;
        let one = |port: &ast::Port| {
            let (ty, gradient) = (self.port(port, side), self.gradient(port, side));
            let Some(name) = &port.name else {
                let help = format!("write `name: [64]`: several {what}s are told apart by their names");
                if !std::mem::replace(&mut nameless, true) {
                    self.diagnostics.error(port.span, format!("this {what} has no name"), help);
                }
                return Port { name: None, ty: None, gradient, span: port.span };
            };
            let text = name.to_string();
            if names.contains(&text) {
                let text = format!("the {what} `{text}` is declared twice");
                self.diagnostics.error(name.span(), text, "give each its own name");
                return Port { name: None, ty: None, gradient, span: port.span };
            }
            names.push(text);
            Port { name: Some(name.clone()), ty, gradient, span: port.span }
        };
        ports.iter().map(one).collect()
    }

    /// Whether the gradient with respect to a value is asked for.
    fn gradient(&mut self, port: &ast::Port, side: Side) -> bool {
        let Some(place) = port.gradient else { return false };
        let index = port.element.as_ref().is_some_and(|word| word == "u32");
        if side == Side::Output {
            let help = "leave it out: the gradients of outputs are what a loss gives";
            self.diagnostics.error(place, "`#[gradient]` stands before an input", help);
        } else if index {
            let help = "leave it out: the gradient of what an index picks is that of the table";
            self.diagnostics.error(place, "an index has no gradient", help);
        }
        side == Side::Input && !index
    }

    /// How a `forward` of these inputs begins.
    fn forward_of(&self, names: &[String]) -> String {
        match self.form {
            Form::Network => format!("fn forward({})", names.join(", ")),
            _ => format!("fn forward(&self, {}: _) -> _", names.join(": _, ")),
        }
    }

    /// Says where `forward` is given something else than the network is.
    pub(super) fn given(&mut self, forward: &ForwardDecl, inputs: &[Port]) {
        let named: Vec<&Ident> = inputs.iter().filter_map(|port| port.name.as_ref()).collect();
        // what is not known has been said
        if forward.unread || inputs.iter().any(|port| port.ty.is_none()) {
            return;
        }
        if forward.inputs.len() != inputs.len() {
            let (found, wanted) = (forward.inputs.len(), inputs.len());
            let what = format!(
                "the network has {wanted} input{}, `forward` {found}",
                if wanted == 1 { "" } else { "s" }
            );
            let mut names: Vec<String> = named.iter().map(ToString::to_string).collect();
            if names.is_empty() {
                names.push("x".into());
            }
            let place = forward.inputs.get(wanted).unwrap_or(&forward.word);
            self.diagnostics.error(place.span(), what, format!("write `{}`", self.forward_of(&names)));
            return;
        }
        if inputs.len() < 2 {
            return;
        }
        let wrong = forward.inputs.iter().zip(&named).find(|(given, name)| {
            let given = given.unraw().to_string();
            let name = name.unraw().to_string();
            given != name && given.strip_prefix('_') != Some(name.as_str())
        });
        if let Some((given, name)) = wrong {
            let names: Vec<String> = named.iter().map(ToString::to_string).collect();
            let what = format!("expected the input `{name}` here, found `{given}`");
            let help = format!(
                "inputs stand in the order in which they are declared: `{}`",
                self.forward_of(&names)
            );
            self.diagnostics.error(given.span(), what, help);
        }
    }

    /// The type of a value that a network takes or gives.
    fn port(&mut self, port: &ast::Port, side: Side) -> Option<Type> {
        let what = side.word();
        let element = match &port.element {
            None => Some(Element::F32),
            Some(word) => {
                let found = Element::find(&word.to_string());
                let output = side == Side::Output && found.is_some_and(|element| !element.is_real());
                if output || found.is_none() {
                    let what = format!(
                        "an {what} is of numbers of type `f32`{}, found `{word}`",
                        match side {
                            Side::Input => " or of indices of type `u32`",
                            Side::Output => "",
                        }
                    );
                    let index =
                        !output && ["i32", "i64", "u8", "u16", "u64", "usize"].iter().any(|int| word == int);
                    let help = if index { "write `u32`".into() } else { format!("leave `{word}` out") };
                    self.diagnostics.error(word.span(), what, help);
                }
                found.filter(|_| !output)
            }
        };
        let mut shape = vec![Size::batch()];
        let batch = port.sizes.first().filter(|first| {
            let letter = self.batch_letter.as_ref();
            stands_for_batch(first, port.sizes.len()) || letter.is_some() && word(first) == letter
        });
        if let Some(expr) = batch
            && !self.batch_said
        {
            let rest: Vec<String> = port.sizes[1..].iter().map(written).collect();
            let what = format!("the batch is not part of a shape, found `{}`", written(expr));
            let mut help = format!("leave it out: `[{}]`; batches of any size go in", rest.join(", "));
            if let Some(letter) = &self.batch_letter {
                help += &format!("; where `{letter}` is an axis of every sample, give it a longer name");
            }
            self.diagnostics.error(Place::of(expr), what, help);
            self.batch_said = true;
        }
        if port.unread {
            return None;
        }
        for expr in port.sizes.iter().skip(usize::from(batch.is_some())) {
            let read = self.length(expr);
            let of = format!("a size of the {what}");
            let alone = |size: &Size, resolver: &mut Self| resolver.alone(size, expr, &of);
            let size = read.filter(|size| alone(size, self)).unwrap_or_else(|| self.unknown.stand_in());
            shape.push(size);
        }
        if !fits(numbers(&shape)) {
            self.diagnostics.error(port.span, format!("the {what} has more numbers than fit a machine"), "");
            return None;
        }
        element.map(|element| Type { element, shape })
    }
}

/// Whether the first of so many sizes is what other libraries write for the batch.
fn stands_for_batch(first: &Expr, sizes: usize) -> bool {
    const WORDS: [&str; 8] = ["None", "batch", "batch_size", "bs", "n", "b", "BATCH", "BATCH_SIZE"];
    match first {
        Expr::Infer(_) => sizes > 1,
        Expr::Path(_) => word(first).is_some_and(|word| WORDS.iter().any(|w| word == w)) && sizes > 1,
        other => number(other) == Some(-1.0),
    }
}

/// The word that a size is, if it is one.
fn word(size: &Expr) -> Option<&Ident> {
    if let Expr::Path(path) = size { path.path.get_ident() } else { None }
}
