//! Names to what they name: layers to rows of the book, arguments to values, sizes to numbers and symbols. What is not
//! known is said and marked, so that the rest can still be judged; without a message, no name is unknown and no argument
//! is missing.
use crate::diagnostics::{Diagnostics, Place, list, nearest, suggestion};
use crate::header::{constants, derives};
use crate::sizes::{Sizes, number, written};
use crate::syntax::ast::{ArgumentDecl, Budget, Form, Item, LayerDecl, Network, Port, RepeatDecl};
use plywood_kernels::layers::{self, Argument, ArgumentKind, Arguments, Default, Given, Layer};
use plywood_kernels::rules::type_name;
use plywood_kernels::shape::{Shape, Size};
use proc_macro2::Span;
use quote::ToTokens;
use std::collections::HashSet;
use syn::{Attribute, Expr, Ident, Lit, Path, Visibility};

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
    /// The names in sizes, and where the user wrote them.
    pub symbols: Vec<(String, Span)>,
}

/// A declaration whose names are known.
pub struct Resolved {
    /// What stands before the layers.
    pub header: Header,
    /// Shape of the input, batch first; nothing where that is not known, which has been said.
    pub input: Option<Shape>,
    /// Shape of the output, likewise.
    pub output: Option<Shape>,
    /// Where the output's shape stands.
    pub output_span: Span,
    /// The layers.
    pub items: Vec<ResolvedItem>,
    /// Stands for every size that is not known, which has been said.
    pub unknown: Size,
}

/// A layer or a block of them.
pub enum ResolvedItem {
    /// One layer.
    Layer(ResolvedLayer),
    /// A block.
    Repeat(ResolvedRepeat),
    /// What no row of the book is, which has been said.
    Unknown(UnknownLayer),
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

/// What stands where a layer should, for the views of a network that has a mistake.
pub struct UnknownLayer {
    /// Its names.
    pub name: Name,
    /// What it was probably meant to be.
    pub guess: Option<(&'static dyn Layer, Arguments)>,
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

/// Resolves a declaration.
pub fn resolve(network: Network, diagnostics: &mut Diagnostics) -> Resolved {
    let Network { attributes, visibility, name, generics, inputs, outputs, budget, runtime, items, form } =
        network;
    derives(&attributes, diagnostics);
    let constants = constants(&generics, diagnostics);
    if let Some(budget) = &budget
        && budget.batch.base10_parse::<usize>().is_ok_and(|n| n == 0)
    {
        let help = "write the batch that the budget is for: `4 MB at 64`";
        diagnostics.error(budget.batch.span(), "a batch has at least one sample, found `0`", help);
    }
    // inside generated types there is no alias for the runtime
    let runtime_text = runtime
        .as_ref()
        .map_or("::plywood".into(), |path| path.to_token_stream().to_string().replace(' ', ""));
    let unknown = Size::symbol(format!("{runtime_text}::__private::UNKNOWN"));
    let mut resolver = Resolver {
        form,
        constants: &constants,
        unknown,
        diagnostics,
        symbols: vec![],
        blocks: HashSet::new(),
    };
    // the views of the whole are called so
    resolver.blocks.extend(["Parameters", "ParametersMut"].map(String::from));
    let input = resolver.port(&inputs, "input");
    let output = resolver.port(&outputs, "output");
    let output_span = outputs.first().map_or_else(|| name.span(), |port| port.span);
    let items = resolver.items(items);
    let Resolver { unknown, symbols, .. } = resolver;
    let header = Header { attributes, visibility, name, constants, runtime, budget, symbols };
    Resolved { header, input, output, output_span, items, unknown }
}

struct Resolver<'a> {
    form: Form,
    constants: &'a [Ident],
    unknown: Size,
    diagnostics: &'a mut Diagnostics,
    symbols: Vec<(String, Span)>,
    /// What blocks are called in generated types, the network over.
    blocks: HashSet<String>,
}

impl Resolver<'_> {
    fn size(&mut self, expr: &Expr) -> Option<Size> {
        Sizes { diagnostics: self.diagnostics, symbols: &mut self.symbols, constants: self.constants }
            .size(expr)
    }

    fn port(&mut self, ports: &[Port], what: &str) -> Option<Shape> {
        let [port] = ports else {
            // none at all has been said
            let second = ports.get(1)?;
            let names: Vec<String> =
                ports.iter().filter_map(|p| Some(p.name.as_ref()?.to_string())).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let named = if names.is_empty() { String::new() } else { format!(": {}", list(&names)) };
            let found = format!("a stack of layers has one {what}, found {}{named}", ports.len());
            self.diagnostics.error(
                second.span,
                found,
                format!("write one shape: `[64]`, joining the {what}s into one"),
            );
            return None;
        };
        let mut known = true;
        if let Some(element) = port.element.as_ref().filter(|e| *e != "f32") {
            let verb = if what == "input" { "takes" } else { "gives" };
            let what = format!("a stack of layers {verb} numbers of type `f32`, found `{element}`");
            self.diagnostics.error(element.span(), what, format!("leave `{element}` out"));
            known = false;
        }
        let mut shape = vec![Size::batch()];
        for expr in &port.sizes {
            let mut size = self.size(expr).unwrap_or_else(|| self.unknown.clone());
            if !self.alone(&size, expr, &format!("a size of the {what}")) {
                size = self.unknown.clone();
                known = false;
            }
            if size.as_known() == Some(0) {
                let help = "give the axis a length, or leave it out";
                self.diagnostics.error(Place::of(expr), "a size is at least 1, found `0`", help);
            }
            shape.push(size);
        }
        let elements: f64 = shape.iter().filter_map(Size::as_known).map(|size| size as f64).product();
        if elements > crate::sizes::LARGEST as f64 {
            self.diagnostics.error(port.span, format!("the {what} has more numbers than fit a machine"), "");
            return None;
        }
        known.then_some(shape)
    }

    fn items(&mut self, items: Vec<Item>) -> Vec<ResolvedItem> {
        let words = items.iter().map(|item| match item {
            Item::Layer(layer) => layer.word.to_string().to_lowercase(),
            Item::Repeat(_) => "repeat".into(),
            Item::Unread(_) => "unread".into(),
        });
        let words: Vec<String> = words.collect();
        let mut fields: Vec<(String, bool, bool)> = vec![];
        let mut resolved = vec![];
        for (position, item) in items.into_iter().enumerate() {
            let (declared, span) = match &item {
                Item::Layer(layer) => (layer.name.clone(), layer.word.span()),
                Item::Repeat(repeat) => (repeat.name.clone(), repeat.word.span()),
                Item::Unread(name) => (name.clone(), Span::call_site()),
            };
            let once = words.iter().filter(|w| **w == words[position]).count() == 1;
            let mut name = match declared {
                Some(ident) => self.declared(ident),
                None => Name {
                    key: position.to_string(),
                    field: Ident::new(&format!("layer_{position}"), span),
                    label: if once {
                        words[position].clone()
                    } else {
                        format!("{}_{position}", words[position])
                    },
                    declared: false,
                },
            };
            // a view has fields only for what learns
            let learns = match &item {
                Item::Layer(decl) => {
                    layers::find(&decl.word.to_string()).is_none_or(|layer| !layer.fields().is_empty())
                }
                Item::Repeat(_) | Item::Unread(_) => true,
            };
            let (field, declared) = (name.field.to_string(), name.declared);
            let same = |(other, both_declared, both_learn): &(String, bool, bool)| {
                *other == field && (*both_declared && declared || *both_learn && learns)
            };
            if fields.iter().any(same) {
                let what = format!("the name `{field}` is given twice");
                let help = "names are the keys of checkpoints: give each layer its own; a layer without one has its position, `layer_0`";
                self.diagnostics.error(name.field.span(), what, help);
                name.field = Ident::new(&format!("{field}_{position}"), Span::call_site());
            }
            fields.push((field, declared, learns));
            resolved.push(match item {
                Item::Layer(layer) => self.layer(name, layer),
                Item::Repeat(repeat) => ResolvedItem::Repeat(self.repeat(name, repeat)),
                Item::Unread(_) => ResolvedItem::Unknown(UnknownLayer { name, guess: None }),
            });
        }
        resolved
    }

    fn declared(&mut self, ident: Ident) -> Name {
        let text = ident.to_string();
        let key = text.strip_prefix("r#").unwrap_or(&text).to_string();
        let plain = syn::parse_str::<Ident>(&key).is_ok();
        let mut field = ident;
        if !plain && text == key {
            let raw = syn::parse_str::<Ident>(&format!("r#{key}"));
            let help = raw
                .as_ref()
                .map_or("choose another name".into(), |raw| format!("write `{raw}`, or choose another name"));
            self.diagnostics.error(field.span(), format!("`{key}` is a word of Rust's own"), help);
            field = raw.unwrap_or_else(|_| Ident::new("unnamed", Span::call_site()));
        }
        // a local cannot be called what only a raw field can
        Name { label: if plain { key.clone() } else { format!("{key}_") }, key, field, declared: true }
    }

    /// A label whose type names no other block has: blocks are functions and types of generated code, side by side.
    fn block_label(&mut self, label: &str) -> String {
        let mut candidates = std::iter::once(label.to_string()).chain((2..).map(|i| format!("{label}_{i}")));
        let names = |label: &str| [type_name(label), format!("{}Mut", type_name(label))];
        let free = |label: &String| names(label).iter().all(|name| !self.blocks.contains(name));
        let label = candidates.find(free).unwrap_or_default();
        self.blocks.extend(names(&label));
        label
    }

    /// An array's length must be a const parameter alone: Rust computes none from one.
    fn alone(&mut self, size: &Size, expr: &Expr, what: &str) -> bool {
        let of_parameter = size.symbols().any(|s| self.constants.iter().any(|c| c == s));
        let alone = self.constants.iter().any(|c| *size == Size::symbol(c.to_string()));
        if of_parameter && !alone {
            let text = format!("{what} cannot be computed of a const parameter, found `{}`", written(expr));
            let help = "here a const parameter stands alone: declare one more for this size";
            self.diagnostics.error(Place::of(expr), text, help);
        }
        alone || !of_parameter
    }

    fn repeat(&mut self, mut name: Name, repeat: RepeatDecl) -> ResolvedRepeat {
        name.label = self.block_label(&name.label);
        let RepeatDecl { word, count, items, .. } = repeat;
        let items = self.items(items);
        let mut known = count.as_ref().and_then(|count| self.size(count));
        if let (Some(expr), Some(size)) = (&count, known.clone())
            && !self.alone(&size, expr, "a count")
        {
            known = None;
        }
        if let (Some(expr), Some(size)) = (&count, &known) {
            match size.as_known() {
                Some(0) => self.diagnostics.error(
                    Place::of(expr),
                    "a block runs at least once, found `0`",
                    "take it out, or write `repeat 1`",
                ),
                Some(n) if n > MOST_ITERATIONS => {
                    self.diagnostics.error(
                        Place::of(expr),
                        format!("a block runs at most {MOST_ITERATIONS} times, found `{n}`"),
                        "",
                    );
                    known = None;
                }
                _ => {}
            }
        }
        let count = known.unwrap_or_else(|| self.unknown.clone());
        ResolvedRepeat { name, count, items, span: word.span() }
    }

    fn layer(&mut self, mut name: Name, decl: LayerDecl) -> ResolvedItem {
        let word = decl.word.to_string();
        let span = decl.word.span();
        if let Some(layer) = layers::find(&word) {
            let (arguments, places) = self.arguments(layer, &decl);
            return ResolvedItem::Layer(ResolvedLayer { name, layer, arguments, places, span });
        }
        let names = || layers::all().map(|layer| layer.name()).chain(["repeat"]);
        let close = nearest(&word, names());
        let lower = word.starts_with(char::is_lowercase);
        let help = match close {
            Some("repeat") => "a block is written as `repeat 3 { layers }`".into(),
            None if lower && !name.declared => {
                "a name is followed by `:` and a layer, as in `fc1: Linear(64)`".into()
            }
            _ => suggestion(&word, "layer", names()),
        };
        self.diagnostics.error(span, format!("unknown layer `{word}`"), help);
        if lower && !name.declared && close.is_none() {
            // half typed: what will be the layer's name
            name.field = decl.word.clone();
        }
        // what else is wrong with it shows once its name is right
        let mut unsaid = Diagnostics::default();
        let (form, constants, unknown) = (self.form, self.constants, self.unknown.clone());
        let mut quiet = Resolver {
            form,
            constants,
            unknown,
            diagnostics: &mut unsaid,
            symbols: vec![],
            blocks: HashSet::new(),
        };
        let guess = close.and_then(layers::find).map(|layer| (layer, quiet.arguments(layer, &decl).0));
        ResolvedItem::Unknown(UnknownLayer { name, guess })
    }

    /// The arguments of a layer, complete, whatever is wrong with those that are written.
    fn arguments(
        &mut self,
        layer: &'static dyn Layer,
        decl: &LayerDecl,
    ) -> (Arguments, Vec<(&'static str, Span)>) {
        let (word, rows) = (layer.name(), layer.arguments());
        let mut given: Vec<(&'static str, Given)> = vec![];
        let mut places: Vec<(&'static str, Span)> = vec![];
        let positional: Vec<&ArgumentDecl> = decl.arguments.iter().filter(|a| a.name.is_none()).collect();
        let first = self.positional(layer, &positional);
        let mut unread = decl.unread || (first.is_none() && !positional.is_empty());
        let named = decl.arguments.iter().filter(|a| a.name.is_some());
        for argument in first.into_iter().chain(named) {
            let Some(row) = self.row(word, rows, argument) else {
                unread = true;
                continue;
            };
            if places.iter().any(|(name, _)| *name == row.name) {
                let place = argument
                    .name
                    .as_ref()
                    .map_or_else(|| Place::of(&argument.value), |name| name.span().into());
                let help = if row.name == rows[0].name && !positional.is_empty() {
                    format!("the argument without a name is `{}`", row.name)
                } else {
                    "write it once".into()
                };
                self.diagnostics.error(
                    place,
                    format!("the argument `{}` of `{word}` is given twice", row.name),
                    help,
                );
                continue;
            }
            places.push((row.name, Place::of(&argument.value).start()));
            let value = self.value(word, row, &argument.value).or_else(|| self.stand_in(row));
            given.extend(value.map(|value| (row.name, value)));
        }
        for row in rows.iter().filter(|row| !places.iter().any(|(name, _)| *name == row.name)) {
            if row.default == Default::Required && !unread {
                let (open, close) = if self.form == Form::Network { ('(', ')') } else { ('<', '>') };
                let what = format!("`{word}` needs `{}`: {}", row.name, row.doc);
                let help = format!("write `{word}{open}{}{close}`", example(row.kind));
                self.diagnostics.error(decl.word.span(), what, help);
            }
            given.extend(self.stand_in(row).map(|value| (row.name, value)));
        }
        (Arguments(given), places)
    }

    /// The one argument without a name.
    fn positional<'d>(
        &mut self,
        layer: &dyn Layer,
        positional: &[&'d ArgumentDecl],
    ) -> Option<&'d ArgumentDecl> {
        let (word, rows) = (layer.name(), layer.arguments());
        let (first, last) = (positional.first()?, positional.last()?);
        let (from, to) = (Place::of(&first.value), Place::of(&last.value));
        if rows.is_empty() {
            self.diagnostics.error(
                from.to(to),
                format!("`{word}` takes no arguments"),
                format!("write `{word}`"),
            );
            return None;
        }
        let Some(second) = positional.get(1) else { return Some(*first) };
        let (open, close) = if self.form == Form::Network { ('(', ')') } else { ('<', '>') };
        let inferred = rows.iter().find(|row| row.default == Default::Absent && row.name.starts_with("in_"));
        if let Some(inferred) = inferred.filter(|_| positional.len() <= rows.len()) {
            // as in PyTorch: what goes in, what comes out, and the rest in order
            let what = format!("`{word}` takes `{}` without a name, and nothing else", rows[0].name);
            let rest = positional[2..].iter().zip(&rows[1..]);
            let rest = rest.map(|(argument, row)| format!(", {}: {}", row.name, written(&argument.value)));
            let all = format!("{}{}", written(&second.value), rest.collect::<String>());
            let help = format!("`{}` is inferred: write `{word}{open}{all}{close}`", inferred.name);
            self.diagnostics.error(from.to(to), what, help);
            return Some(*second);
        }
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        let what = format!("only the first argument of `{word}` may stand without a name");
        let help = match names.as_slice() {
            [only] => format!("its only argument is `{only}`"),
            _ => format!("its arguments are {}", list(&names)),
        };
        self.diagnostics.error(Place::of(&second.value).to(to), what, help);
        Some(*first)
    }

    fn row(
        &mut self,
        word: &str,
        rows: &'static [Argument],
        argument: &ArgumentDecl,
    ) -> Option<&'static Argument> {
        let Some(name) = &argument.name else { return rows.first() };
        if let Some(row) = rows.iter().find(|row| name == row.name) {
            return Some(row);
        }
        let help = match rows {
            [] => format!("`{word}` takes no arguments: write `{word}`"),
            rows => suggestion(&name.to_string(), "argument", rows.iter().map(|row| row.name)),
        };
        self.diagnostics.error(name.span(), format!("`{word}` has no argument `{name}`"), help);
        None
    }

    /// What an argument is where nothing, or nothing right, is written.
    fn stand_in(&self, row: &Argument) -> Option<Given> {
        match (row.default, row.kind) {
            (Default::Number(number), _) => Some(Given::Number(number)),
            (Default::Flag(flag), _) => Some(Given::Flag(flag)),
            (Default::Absent, _) => None,
            (Default::Required, ArgumentKind::Size) => Some(Given::Size(self.unknown.clone())),
            (Default::Required, ArgumentKind::Number) => Some(Given::Number(0.0)),
            (Default::Required, ArgumentKind::Flag) => Some(Given::Flag(false)),
        }
    }

    fn value(&mut self, word: &str, row: &'static Argument, value: &Expr) -> Option<Given> {
        let given = match row.kind {
            ArgumentKind::Size => Some(Given::Size(self.size(value)?)),
            ArgumentKind::Number => number(value).map(Given::Number),
            ArgumentKind::Flag => match value {
                Expr::Lit(lit) => match &lit.lit {
                    Lit::Bool(flag) => Some(Given::Flag(flag.value)),
                    _ => None,
                },
                _ => None,
            },
        };
        let text = written(value);
        let Some(given) = given else {
            let kind = if row.kind == ArgumentKind::Flag { "`true` or `false`" } else { "a number" };
            let what = format!("`{}` of `{word}` is {kind}, found `{text}`", row.name);
            self.diagnostics.error(
                Place::of(value),
                what,
                format!("{}: write, for instance, `{}`", row.doc, example(row.kind)),
            );
            return None;
        };
        if let Some((words, holds)) = row.check
            && !holds(&given)
        {
            let what = format!("`{}` of `{word}` must be {words}, found `{text}`", row.name);
            self.diagnostics.error(
                Place::of(value),
                what,
                format!("{}: write, for instance, `{}`", row.doc, example(row.kind)),
            );
            return None;
        }
        Some(given)
    }
}

/// More than anybody repeats, and few enough that every iteration gets its own random numbers.
const MOST_ITERATIONS: usize = 1 << 16;

fn example(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Size => "64",
        ArgumentKind::Number => "0.5",
        ArgumentKind::Flag => "false",
    }
}
