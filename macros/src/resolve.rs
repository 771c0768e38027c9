//! Names to what they name: layers to rows of the book, arguments to values, sizes to numbers and symbols. After this
//! no name is unknown and no argument is missing.
use crate::diagnostics::{Diagnostics, list, suggestion};
use crate::syntax::ast::{ArgumentDecl, Budget, Form, Item, LayerDecl, Network, Port, RepeatDecl};
use plywood_kernels::layers::{self, Argument, ArgumentKind, Arguments, Default, Given, Layer};
use plywood_kernels::shape::{Shape, Size};
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, BinOp, Expr, GenericParam, Ident, Lit, Path, UnOp, Visibility};

/// What a declaration says before its layers: the later stages hand it on.
pub struct Header {
    /// Doc comments and other attributes.
    pub attributes: Vec<Attribute>,
    /// Its visibility.
    pub visibility: Visibility,
    /// Its name.
    pub name: Ident,
    /// Its const parameters.
    pub constants: Vec<Ident>,
    /// Where the runtime is.
    pub runtime: Option<Path>,
    /// The limit on memory.
    pub budget: Option<Budget>,
}

/// A declaration whose names are known.
pub struct Resolved {
    /// What stands before the layers.
    pub header: Header,
    /// Shape of the input, batch first.
    pub input: Shape,
    /// Shape of the output, batch first.
    pub output: Shape,
    /// Where the output's shape stands.
    pub output_span: Span,
    /// The layers.
    pub items: Vec<ResolvedItem>,
}

/// A layer or a block of them.
pub enum ResolvedItem {
    /// One layer.
    Layer(ResolvedLayer),
    /// A block.
    Repeat(ResolvedRepeat),
}

/// How a thing is called: in checkpoints, as a field, in generated code, in messages.
#[derive(Clone)]
pub struct Name {
    /// Key in a checkpoint: the declared name, or the position.
    pub key: String,
    /// Field of the views.
    pub field: Ident,
    /// Local in generated code.
    pub label: String,
    /// Whether it was declared.
    pub declared: bool,
}

/// A layer with its row and its arguments.
pub struct ResolvedLayer {
    /// Its names.
    pub name: Name,
    /// Its row.
    pub layer: &'static dyn Layer,
    /// Its arguments, complete.
    pub arguments: Arguments,
    /// Where each given argument stands.
    pub places: Vec<(&'static str, Span)>,
    /// The layer's word.
    pub span: Span,
}

/// A block with its count.
pub struct ResolvedRepeat {
    /// Its names.
    pub name: Name,
    /// How often it runs.
    pub count: Size,
    /// One iteration.
    pub items: Vec<ResolvedItem>,
    /// The word `repeat`.
    pub span: Span,
}

/// Resolves a declaration; what could not be resolved is reported and left out.
pub fn resolve(network: Network, diagnostics: &mut Diagnostics) -> Option<Resolved> {
    let Network { attributes, visibility, name, generics, inputs, outputs, signature, budget, runtime, items, form } = network;
    let mut constants = vec![];
    for parameter in &generics.params {
        match parameter {
            GenericParam::Const(constant) if constant.ty.to_token_stream().to_string() == "usize" => {
                constants.push(constant.ident.clone());
            }
            other => diagnostics.error(
                other.span(),
                "a network's parameters are sizes",
                "write `<const H: usize>`; numbers are always f32",
            ),
        }
    }
    let resolver = Resolver { form, diagnostics };
    let header = Header { attributes, visibility, name, constants, runtime, budget };
    resolver.network(header, &inputs, &outputs, signature, items)
}

struct Resolver<'a> {
    form: Form,
    diagnostics: &'a mut Diagnostics,
}

impl Resolver<'_> {
    fn network(mut self, header: Header, inputs: &[Port], outputs: &[Port], signature: Span, items: Vec<Item>) -> Option<Resolved> {
        let input = self.port(inputs, "input", signature)?;
        let output = self.port(outputs, "output", signature)?;
        if let Some(budget) = &header.budget
            && budget.batch.base10_parse::<usize>().is_ok_and(|n| n == 0)
        {
            self.diagnostics.error(budget.batch.span(), "a batch has at least one sample", "");
        }
        let items = self.items(items);
        let output_span = outputs[0].span;
        Some(Resolved { header, input, output, output_span, items })
    }

    fn port(&mut self, ports: &[Port], what: &str, signature: Span) -> Option<Shape> {
        let [port] = ports else {
            let names: Vec<String> = ports.iter().filter_map(|p| Some(p.name.as_ref()?.to_string())).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let named = if names.is_empty() { String::new() } else { format!(": {}", list(&names)) };
            let found = format!("a stack of layers has one {what}, found {}{named}", ports.len());
            let span = ports.get(1).map_or(signature, |p| p.span);
            self.diagnostics.error(span, found, format!("write one shape: `[64]`, joining the {what}s into one"));
            return None;
        };
        if let Some(element) = port.element.as_ref().filter(|e| *e != "f32") {
            let what = format!("a stack of layers takes numbers of type `f32`, found `{element}`");
            self.diagnostics.error(element.span(), what, "no layer of a stack reads integers");
        }
        let mut shape = vec![Size::batch()];
        for size in &port.sizes {
            let size_span = size.span();
            let size = self.size(size)?;
            if size.as_known() == Some(0) {
                self.diagnostics.error(size_span, "a size is at least 1", "");
                return None;
            }
            shape.push(size);
        }
        Some(shape)
    }

    fn items(&mut self, items: Vec<Item>) -> Vec<ResolvedItem> {
        let mut taken: Vec<(String, Span)> = vec![];
        let words: Vec<String> = items.iter().map(|item| match item {
            Item::Layer(layer) => layer.word.to_string().to_lowercase(),
            Item::Repeat(_) => "repeat".into(),
        }).collect();
        let mut resolved = vec![];
        for (position, item) in items.into_iter().enumerate() {
            let (declared, word) = match &item {
                Item::Layer(layer) => (layer.name.clone(), layer.word.clone()),
                Item::Repeat(repeat) => (repeat.name.clone(), repeat.word.clone()),
            };
            if let Some(name) = &declared {
                let text = name.to_string();
                if taken.iter().any(|(other, _)| *other == text) {
                    let what = format!("the name `{text}` is given twice");
                    self.diagnostics.error(name.span(), what, "names are the keys of checkpoints: each layer needs its own");
                }
                taken.push((text, name.span()));
            }
            let once = words.iter().filter(|w| **w == words[position]).count() == 1;
            let name = match declared {
                Some(ident) => {
                    let key = ident.to_string();
                    let key = key.strip_prefix("r#").unwrap_or(&key).to_string();
                    // a local cannot be called what only a raw field can
                    let label = syn::parse_str::<Ident>(&key).map_or_else(|_| format!("{key}_"), |_| key.clone());
                    Name { label, key, field: ident, declared: true }
                }
                None => Name {
                    key: position.to_string(),
                    field: Ident::new(&format!("layer_{position}"), word.span()),
                    label: if once { words[position].clone() } else { format!("{}_{position}", words[position]) },
                    declared: false,
                },
            };
            match item {
                Item::Layer(layer) => resolved.extend(self.layer(name, layer).map(ResolvedItem::Layer)),
                Item::Repeat(repeat) => resolved.extend(self.repeat(name, repeat).map(ResolvedItem::Repeat)),
            }
        }
        resolved
    }

    fn repeat(&mut self, name: Name, repeat: RepeatDecl) -> Option<ResolvedRepeat> {
        let RepeatDecl { word, count, items, .. } = repeat;
        let items = self.items(items);
        let count_span = count.span();
        let count = self.size(&count)?;
        if count.as_known() == Some(0) {
            self.diagnostics.error(count_span, "a block runs at least once", "");
            return None;
        }
        Some(ResolvedRepeat { name, count, items, span: word.span() })
    }

    fn layer(&mut self, name: Name, decl: LayerDecl) -> Option<ResolvedLayer> {
        let word = decl.word.to_string();
        let Some(layer) = layers::find(&word) else {
            let help = suggestion(&word, "layer", layers::all().map(|l| l.name()));
            self.diagnostics.error(decl.word.span(), format!("unknown layer `{word}`"), help);
            return None;
        };
        let rows = layer.arguments();
        let mut given: Vec<(&'static str, Given)> = vec![];
        let mut places = vec![];
        let mut complete = true;
        for (position, argument) in decl.arguments.iter().enumerate() {
            let Some(row) = self.argument_row(&word, rows, position, argument) else {
                complete = false;
                continue;
            };
            if places.iter().any(|(name, _)| *name == row.name) {
                let span = argument.name.as_ref().map_or(argument.value.span(), Ident::span);
                let help = "the first without a name is the first of the layer's arguments";
                self.diagnostics.error(span, format!("`{}` is given twice", row.name), help);
                complete = false;
                continue;
            }
            places.push((row.name, argument.value.span()));
            match self.value(&word, row, &argument.value) {
                Some(value) => given.push((row.name, value)),
                None => complete = false,
            }
        }
        for row in rows.iter().filter(|row| !places.iter().any(|(name, _)| *name == row.name)) {
            match row.default {
                Default::Required => {
                    let (open, close) = if self.form == Form::Network { ('(', ')') } else { ('<', '>') };
                    let example = if row.kind == ArgumentKind::Size { "64" } else { "0.5" };
                    let what = format!("`{word}` needs `{}`: {}", row.name, row.doc);
                    self.diagnostics.error(decl.word.span(), what, format!("write `{word}{open}{example}{close}`"));
                    complete = false;
                }
                Default::Absent => {}
                Default::Number(number) => given.push((row.name, Given::Number(number))),
                Default::Flag(flag) => given.push((row.name, Given::Flag(flag))),
            }
        }
        complete.then(|| ResolvedLayer { name, layer, arguments: Arguments(given), places, span: decl.word.span() })
    }

    fn argument_row(&mut self, word: &str, rows: &'static [Argument], position: usize, argument: &ArgumentDecl) -> Option<&'static Argument> {
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        let (span, what) = match &argument.name {
            Some(name) => {
                if let Some(row) = rows.iter().find(|row| name == row.name) {
                    return Some(row);
                }
                (name.span(), format!("`{word}` has no argument `{name}`"))
            }
            None if position == 0 && !rows.is_empty() => return Some(&rows[0]),
            None if rows.is_empty() => (argument.value.span(), format!("`{word}` takes no arguments")),
            None => (
                argument.value.span(),
                format!("only the first argument of `{word}` may stand without a name"),
            ),
        };
        let help = match (&argument.name, names.as_slice()) {
            (_, []) => format!("write `{word}`"),
            (Some(name), _) => suggestion(&name.to_string(), "argument", names.iter().copied()),
            (None, [first, ..]) if word == "Linear" => {
                format!("`in_features` is inferred: write `{word}({first})`; its arguments are {}", list(&names))
            }
            (None, _) => format!("its arguments are {}", list(&names)),
        };
        self.diagnostics.error(span, what, help);
        None
    }

    fn value(&mut self, word: &str, row: &'static Argument, value: &Expr) -> Option<Given> {
        let given = match row.kind {
            ArgumentKind::Size => Given::Size(self.size(value)?),
            ArgumentKind::Number => match number(value) {
                Some(number) => Given::Number(number),
                None => {
                    let what = format!("`{}` of `{word}` is a number, found `{}`", row.name, value.to_token_stream());
                    self.diagnostics.error(value.span(), what, format!("{}: for instance `0.5`", row.doc));
                    return None;
                }
            },
            ArgumentKind::Flag => match value {
                Expr::Lit(lit) if matches!(lit.lit, Lit::Bool(_)) => {
                    Given::Flag(matches!(&lit.lit, Lit::Bool(b) if b.value))
                }
                other => {
                    let what = format!("`{}` of `{word}` is `true` or `false`, found `{}`", row.name, other.to_token_stream());
                    self.diagnostics.error(value.span(), what, row.doc);
                    return None;
                }
            },
        };
        if let Some((words, holds)) = row.check
            && !holds(&given)
        {
            let what = format!("`{}` of `{word}` must be {words}, found `{}`", row.name, value.to_token_stream());
            self.diagnostics.error(value.span(), what, row.doc);
            return None;
        }
        Some(given)
    }

    fn size(&mut self, expr: &Expr) -> Option<Size> {
        let wrong = |what: String| (expr.span(), what);
        let (span, what) = match expr {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Int(int) if matches!(int.suffix(), "" | "usize") => match int.base10_parse() {
                    Ok(number) => return Some(Size::known(number)),
                    Err(_) => wrong(format!("`{int}` does not fit a machine word")),
                },
                other => wrong(format!("a size is a whole number, found `{}`", other.to_token_stream())),
            },
            Expr::Path(path) => return Some(Size::symbol(path.to_token_stream().to_string().replace(' ', ""))),
            Expr::Paren(inner) => return self.size(&inner.expr),
            Expr::Group(inner) => return self.size(&inner.expr),
            Expr::Binary(binary) if matches!(binary.op, BinOp::Add(_) | BinOp::Mul(_)) => {
                let (left, right) = (self.size(&binary.left)?, self.size(&binary.right)?);
                return Some(if matches!(binary.op, BinOp::Add(_)) { &left + &right } else { &left * &right });
            }
            other => wrong(format!("`{}` is not a size", other.to_token_stream())),
        };
        let help = "a size is a whole number, the name of a `const`, or sums and products of them; \
                    for anything else declare a `const` and name it";
        self.diagnostics.error(span, what, help);
        None
    }
}

fn number(value: &Expr) -> Option<f64> {
    match value {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Float(float) => float.base10_parse().ok(),
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|n| -n),
        Expr::Group(inner) => number(&inner.expr),
        Expr::Paren(inner) => number(&inner.expr),
        _ => None,
    }
}
