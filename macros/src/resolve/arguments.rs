//! What stands in a layer's parentheses, to values of the kinds that its row asks for.
use super::callee::{Callee, example};
use super::meant::{instance, is_constant, is_size, layer_named, meant_otherwise, text, word as word_of};
use super::shared::{SharedParameter, shares};
use super::values::{axes, axis, bare, elements, one_of};
use super::{ResolvedInit, Resolver};
use crate::diagnostics::{Place, list, suggestion};
use crate::sizes::{fits, number, numbers, written};
use crate::syntax::ast::{ArgumentDecl, Form, LayerDecl};
use plywood_kernels::init::{self, Initializer};
use plywood_kernels::layers::{self, Argument, ArgumentKind, Arguments, Default, Elsewhere, Given, Layer};
use plywood_kernels::shape::Size;
use syn::{Expr, Lit};

/// What a layer is told.
pub(super) struct LayerArguments {
    /// The arguments of its row, complete.
    pub arguments: Arguments,
    /// Where each given argument stands.
    pub places: Vec<(&'static str, Place)>,
    /// How its parameters begin, where that is said.
    pub inits: Vec<ResolvedInit>,
    /// Those that are another layer's.
    pub shared: Vec<SharedParameter>,
    /// Whether one that decides what comes out had to be guessed, which has been said.
    pub guessed: bool,
}

impl Resolver<'_> {
    /// The arguments of a layer, complete, whatever is wrong with those that are written.
    pub(super) fn layer_arguments(&mut self, layer: &'static dyn Layer, decl: &LayerDecl) -> LayerArguments {
        let (rows, span) = (layer.arguments(), decl.word.span());
        let together = layer.together();
        let word = decl.word.to_string();
        // a function is said as it is written
        let word = if layers::function(&word).is_some() { word.as_str() } else { layer.name() };
        let callee = Callee { word, rows, together, form: decl.form, span };
        let begins = |argument: &&ArgumentDecl| {
            let name = argument.name.as_ref()?.to_string();
            let field = name.strip_suffix("_init")?;
            layer.fields().iter().copied().find(|f| *f == field)
        };
        let mut inits: Vec<ResolvedInit> = vec![];
        for argument in &decl.arguments {
            let Some(field) = begins(&argument) else { continue };
            let place =
                argument.name.as_ref().map_or_else(|| Place::of(&argument.value), |n| n.span().into());
            if inits.iter().any(|init| init.field == field) {
                self.twice(place, &format!("{field}_init"), callee.word, "write it once");
                continue;
            }
            inits.extend(self.initializer(field, argument));
        }
        let mut shared = vec![];
        for argument in &decl.arguments {
            let Some(field) = shares(layer, argument) else { continue };
            if let Some(init) = inits.iter().find(|init| init.field == field) {
                let what = format!("`{field}` is another layer's, and begins as that says");
                self.diagnostics.error(init.span, what, format!("leave `{field}_init` out"));
            }
            shared.extend(self.shared(field, argument, &shared));
        }
        let read = |argument: &&ArgumentDecl| begins(argument).is_some() || shares(layer, argument).is_some();
        let others: Vec<&ArgumentDecl> = decl.arguments.iter().filter(|argument| !read(argument)).collect();
        let initialisers: Vec<String> = layer.fields().iter().map(|field| format!("{field}_init")).collect();
        let Read { arguments, places, guessed } =
            self.arguments(&callee, &others, decl.unread, &initialisers);
        LayerArguments { arguments, places, inits, shared, guessed }
    }

    /// `normal(std: 0.02)` as a row with its arguments.
    fn initializer(&mut self, field: &'static str, argument: &ArgumentDecl) -> Option<ResolvedInit> {
        let (call, path) = match &argument.value {
            Expr::Call(call) => (true, &*call.func),
            other => (argument.inner.is_some(), other),
        };
        let (word, place) = (written(path), Place::of(path));
        let quoted =
            text(path).filter(|word| init::find(word).is_some() || layers::initialiser(word).is_some());
        if let Some(word) = quoted {
            let ours = layers::initialiser(&word).unwrap_or(&word);
            let what = format!("`{field}_init` is an initialiser, found `\"{word}\"`");
            self.diagnostics.error(place, what, format!("write `{field}_init: {ours}`"));
            return None;
        }
        if !matches!(path, Expr::Path(_)) {
            let what = format!("`{field}_init` is an initialiser, found `{word}`");
            self.diagnostics.error(place, what, "write, for instance, `zeros` or `constant(0.5)`");
            return None;
        }
        let names = || init::INITIALIZERS.iter().map(|row| row.name);
        // PyTorch's have an underscore at their end, as they change a tensor in place
        let Some(row) = init::find(word.trim_end_matches('_')) else {
            let what = format!("unknown initialiser `{word}`");
            let help = layers::initialiser(&word).map(|ours| format!("did you mean `{ours}`?"));
            self.diagnostics.error(
                place,
                what,
                help.unwrap_or_else(|| suggestion(&word, "initialiser", names())),
            );
            return None;
        };
        let empty = (vec![], false);
        let (given, unread) = argument.inner.as_ref().filter(|_| call).unwrap_or(&empty);
        let Initializer { name: word, arguments: rows, together, .. } = row;
        let span = place.start();
        let callee = Callee { word, rows, together, form: Form::Network, span };
        let arguments = self.arguments(&callee, &given.iter().collect::<Vec<_>>(), *unread, &[]).arguments;
        Some(ResolvedInit { field, row, arguments, span })
    }

    /// The arguments of a row, complete, whatever is wrong with those that are written; `besides` are names of others
    /// that it takes.
    fn arguments(
        &mut self,
        callee: &Callee,
        declared: &[&ArgumentDecl],
        unread: bool,
        besides: &[String],
    ) -> Read {
        let Callee { word, rows, span, .. } = *callee;
        let mut given: Vec<(&'static str, Given)> = vec![];
        let mut places: Vec<(&'static str, Place)> = vec![];
        let (mut guessed, mut texts) = (false, vec![]);
        let positional: Vec<&ArgumentDecl> = declared.iter().copied().filter(|a| a.name.is_none()).collect();
        let first = self.positional(callee, &positional);
        let mut unread = unread || (first.is_none() && !positional.is_empty()) || positional.len() > 1;
        let mut wrong = false;
        let named = declared.iter().copied().filter(|a| a.name.is_some());
        for argument in first.into_iter().chain(named) {
            // what takes nothing is said once
            let nothing = rows.is_empty() && !positional.is_empty();
            let Some(row) = (if nothing { None } else { self.argument_row(callee, argument, besides) })
            else {
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
                self.twice(place, row.name, word, &help);
                continue;
            }
            places.push((row.name, Place::of(&argument.value)));
            texts.push(written(&argument.value));
            // of several without names the first may stand in another's place
            let several = argument.name.is_none() && positional.len() > 1;
            let value = if several {
                self.quietly(|resolver| resolver.value(word, row, &argument.value))
            } else {
                self.value(word, row, &argument.value)
            };
            wrong |= value.is_none();
            guessed |= value.is_none() && guess(row);
            given.extend(value.or_else(|| self.stand_in(row)).map(|value| (row.name, value)));
        }
        let is_missing = |row: &&Argument| !places.iter().any(|(name, _)| *name == row.name);
        let required = rows.iter().filter(is_missing).filter(|row| row.default == Default::Required);
        let required: Vec<&Argument> = required.collect();
        if !required.is_empty() && !unread {
            let names: Vec<&str> = required.iter().map(|row| row.name).collect();
            let what = match required.as_slice() {
                [only] => format!("`{word}` needs `{}`: {}", only.name, only.doc),
                _ => format!("`{word}` needs {}", list(&names)),
            };
            let texts =
                places.iter().zip(&texts).map(|((name, _), text)| (*name, text.clone())).collect::<Vec<_>>();
            self.diagnostics.error(span, what, callee.example(&texts));
        }
        for row in rows.iter().filter(is_missing) {
            guessed |= guess(row);
            given.extend(self.stand_in(row).map(|value| (row.name, value)));
        }
        let arguments = Arguments(given);
        if !unread && !wrong {
            self.together(callee, &arguments, &places);
        }
        Read { arguments, places, guessed }
    }

    fn twice(&mut self, place: Place, name: &str, word: &str, help: &str) {
        self.diagnostics.error(place, format!("the argument `{name}` of `{word}` is given twice"), help);
    }

    /// The one argument without a name.
    fn positional<'d>(
        &mut self,
        callee: &Callee,
        positional: &[&'d ArgumentDecl],
    ) -> Option<&'d ArgumentDecl> {
        let Callee { word, rows, form, .. } = *callee;
        let (open, close) = if form == Form::Struct { ('<', '>') } else { ('(', ')') };
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
        let named = word_of(&first.value).filter(|name| rows.iter().any(|row| row.name == name));
        if let Some(name) = named {
            let what = format!("expected `:` after the argument's name `{name}`, found `,`");
            let help = callee.told(None, &name, &written(&second.value));
            self.diagnostics.error(from.to(Place::of(&second.value)), what, help);
            return None;
        }
        let inferred = rows.iter().find(|row| row.default == Default::Absent && row.name.starts_with("in_"));
        let sizes = positional[..2].iter().all(|argument| is_size(&argument.value));
        if let Some(inferred) = inferred.filter(|_| sizes && positional.len() <= rows.len()) {
            // as in PyTorch: what goes in, what comes out, and the rest in order
            let what = format!("`{word}` takes `{}` without a name, and nothing else", rows[0].name);
            let rest = positional[2..].iter().zip(&rows[1..]);
            let rest = rest.map(|(argument, row)| format!(", {}: {}", row.name, written(&argument.value)));
            let all = format!("{}{}", written(&second.value), rest.collect::<String>());
            let help = format!("`{}` is inferred: write `{word}{open}{all}{close}`", inferred.name);
            self.diagnostics.error(from.to(to), what, help);
            return Some(*second);
        }
        if let Some((place, what, help)) =
            positional[1..].iter().find_map(|wrong| meant_otherwise(callee, first, wrong))
        {
            self.diagnostics.error(place, what, help);
            return Some(*first);
        }
        let what = format!("only the first argument of `{word}` may stand without a name");
        // of several axes without brackets the second is no other argument
        let lists = !takes_list(rows) || elements(&first.value).is_some();
        let help = match rows {
            rows if form != Form::Struct && in_order(rows, positional) && lists => {
                let named = positional.iter().zip(rows).skip(1);
                let named = named
                    .map(|(argument, row)| format!(", {}", form.named(row.name, &written(&argument.value))));
                format!("write `{word}({}{})`", written(&first.value), named.collect::<String>())
            }
            [
                Argument {
                    kind: kind @ (ArgumentKind::AxisOrAxes | ArgumentKind::Axes | ArgumentKind::Shape),
                    ..
                },
                ..,
            ] => {
                let list: Vec<String> = positional.iter().map(|argument| written(&argument.value)).collect();
                let (list, what) =
                    (list.join(", "), if *kind == ArgumentKind::Shape { "sizes" } else { "axes" });
                match form {
                    Form::Struct => format!("several {what} are a list: write `{word}<{{ [{list}] }}>`"),
                    _ => format!("several {what} are a list: write `{word}([{list}])`"),
                }
            }
            [only] => format!("its only argument is `{}`", only.name),
            _ => {
                let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
                format!("its arguments are {}", list(&names))
            }
        };
        self.diagnostics.error(Place::of(&second.value).to(to), what, help);
        // of a list that is none, no element is the argument
        Some(*first).filter(|_| !takes_list(rows))
    }

    fn argument_row(
        &mut self,
        callee: &Callee,
        argument: &ArgumentDecl,
        besides: &[String],
    ) -> Option<&'static Argument> {
        let Callee { word, rows, .. } = *callee;
        let Some(name) = &argument.name else { return rows.first() };
        if let Some(row) = rows.iter().find(|row| name == row.name) {
            return Some(row);
        }
        let other = layers::renamed(&format!("{word}({name})"));
        let text = name.to_string();
        let exists =
            |ours: &&&str| rows.iter().any(|row| row.name == **ours) || besides.iter().any(|b| b == **ours);
        let elsewhere = match layers::argument(&text) {
            Some(Elsewhere::Called(ours)) => {
                ours.iter().find(exists).map(|ours| format!("did you mean `{ours}`?"))
            }
            // what is said of layers is not said of initialisers
            Some(Elsewhere::Otherwise(help))
                if layers::find(word).or_else(|| layers::function(word)).is_some() =>
            {
                Some(help.to_string())
            }
            _ => None,
        };
        let init = format!("{text}_init");
        let help = match rows {
            _ if besides.contains(&init) => {
                format!(
                    "a `{text}` that is another layer's is `{text}: embed.{text}`; how one begins is `{init}`"
                )
            }
            _ if let Some(other) = other => format!("did you mean `{}`?", other.name()),
            _ if let Some(help) = elsewhere => help,
            [] => format!("`{word}` takes no arguments: write `{word}`"),
            rows => {
                let known = rows.iter().map(|row| row.name).chain(besides.iter().map(String::as_str));
                suggestion(&name.to_string(), "argument", known)
            }
        };
        self.diagnostics.error(name.span(), format!("`{word}` has no argument `{name}`"), help);
        None
    }

    /// What an argument is where nothing, or nothing right, is written.
    fn stand_in(&self, row: &Argument) -> Option<Given> {
        match (row.default, row.kind) {
            (Default::Number(number), _) => Some(Given::Number(number)),
            (Default::Flag(flag), _) => Some(Given::Flag(flag)),
            (Default::Word(word), _) => Some(Given::Word(word)),
            (Default::Size(size), _) => Some(Given::Size(Size::known(size))),
            (Default::Axis(axis), _) => Some(Given::Axis(axis)),
            (Default::Absent, _) => None,
            (Default::Required, ArgumentKind::Size) => Some(Given::Size(self.unknown.stand_in())),
            (Default::Required, ArgumentKind::Number) => Some(Given::Number(0.0)),
            (Default::Required, ArgumentKind::Flag) => Some(Given::Flag(false)),
            (Default::Required, ArgumentKind::Word(words)) => words.first().map(|word| Given::Word(word)),
            (Default::Required, ArgumentKind::Axis) => Some(Given::Axis(0)),
            (Default::Required, ArgumentKind::Axes) => Some(Given::Axes(vec![])),
            (Default::Required, ArgumentKind::AxisOrAxes) => Some(Given::Axes(vec![0])),
            (Default::Required, ArgumentKind::Shape) => Some(Given::Shape(vec![])),
        }
    }

    /// A size that is not 0.
    pub(super) fn length(&mut self, expr: &Expr) -> Option<Size> {
        let size = self.size(expr)?;
        if size.as_known() == Some(0) {
            let help = "give the axis a length, or leave it out";
            self.diagnostics.error(Place::of(expr), "a size is at least 1, found `0`", help);
            return None;
        }
        Some(size)
    }

    fn value(&mut self, word: &str, row: &'static Argument, value: &Expr) -> Option<Given> {
        let value = bare(value);
        if let Some(layer) = layer_named(value).filter(|_| row.kind == ArgumentKind::Size) {
            let what = format!("`{}` of `{word}` is a size, found the layer `{}`", row.name, layer.name());
            let help = format!(
                "{}: write, for instance, `{}`; a layer follows after a comma",
                row.doc,
                example(row)
            );
            self.diagnostics.error(Place::of(value), what, help);
            return None;
        }
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
            ArgumentKind::Word(words) => one_of(words, value).map(Given::Word),
            ArgumentKind::Axis => axis(value).map(Given::Axis),
            ArgumentKind::Axes => axes(value).map(Given::Axes),
            ArgumentKind::AxisOrAxes => {
                axis(value).map(|axis| vec![axis]).or_else(|| axes(value)).map(Given::Axes)
            }
            ArgumentKind::Shape => match elements(value) {
                Some(sizes) if !sizes.is_empty() => {
                    let read: Vec<Option<Size>> = sizes.iter().map(|size| self.length(size)).collect();
                    let shape: Vec<Size> = read.into_iter().collect::<Option<_>>()?;
                    if !fits(numbers(&shape)) {
                        let what = format!("`{}` of `{word}` has more numbers than fit a machine", row.name);
                        self.diagnostics.error(Place::of(value), what, "");
                        return None;
                    }
                    Some(Given::Shape(shape))
                }
                _ => None,
            },
        };
        let text = written(value);
        let Some(given) = given else {
            let kind = match row.kind {
                ArgumentKind::Flag => "`true` or `false`".into(),
                ArgumentKind::Word(words) => format!("one of {}", list(words)),
                ArgumentKind::Axis => "the number of an axis".into(),
                ArgumentKind::Axes => "a list of axes".into(),
                ArgumentKind::AxisOrAxes => "the number of an axis or a list of axes".into(),
                ArgumentKind::Shape => "a list of sizes".into(),
                ArgumentKind::Size | ArgumentKind::Number => "a number".to_string(),
            };
            let what = format!("`{}` of `{word}` is {kind}, found `{text}`", row.name);
            let help = if is_constant(value) {
                format!(
                    "constants stand in sizes and in arithmetic: write it out here, for instance `{}`",
                    instance(row, value)
                )
            } else {
                format!("{}: write, for instance, `{}`", row.doc, instance(row, value))
            };
            self.diagnostics.error(Place::of(value), what, help);
            return None;
        };
        // what generated code computes with is `f32`
        let fits = f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX);
        let unfit = matches!(given, Given::Number(x) if x != 0.0 && !fits.contains(&x.abs()));
        let check = if unfit { Some(("a number that an `f32` can be", false)) } else { None };
        let check = check.or(row.check.map(|(words, holds)| (words, holds(&given))));
        if let Some((words, false)) = check {
            let what = format!("`{}` of `{word}` must be {words}, found `{text}`", row.name);
            self.diagnostics.error(
                Place::of(value),
                what,
                format!("{}: write, for instance, `{}`", row.doc, instance(row, value)),
            );
            return None;
        }
        Some(given)
    }
}

/// What was read of arguments.
struct Read {
    /// All of them.
    pub arguments: Arguments,
    /// Where each that was written stands.
    pub places: Vec<(&'static str, Place)>,
    /// Whether one that decides what comes out had to be guessed, which has been said.
    pub guessed: bool,
}

/// Whether arguments without names are, in order, what the rows ask for.
fn in_order(rows: &[Argument], positional: &[&ArgumentDecl]) -> bool {
    let fits = |(row, argument): (&Argument, &&ArgumentDecl)| match row.kind {
        ArgumentKind::Size => is_size(&argument.value),
        ArgumentKind::Number => number(&argument.value).is_some(),
        ArgumentKind::Flag => {
            matches!(bare(&argument.value), Expr::Lit(lit) if matches!(lit.lit, Lit::Bool(_)))
        }
        ArgumentKind::Word(words) => one_of(words, bare(&argument.value)).is_some(),
        ArgumentKind::Axis => axis(&argument.value).is_some(),
        ArgumentKind::Axes | ArgumentKind::AxisOrAxes => axes(&argument.value).is_some(),
        ArgumentKind::Shape => elements(&argument.value).is_some(),
    };
    positional.len() <= rows.len() && rows.iter().zip(positional).all(fits)
}

/// Whether the first argument is, or may be, a list.
fn takes_list(rows: &[Argument]) -> bool {
    use ArgumentKind::{Axes, AxisOrAxes, Shape};
    rows.first().is_some_and(|row| matches!(row.kind, AxisOrAxes | Axes | Shape))
}

/// Whether what stands in for an argument says nothing: there is no unknown axis, as there is an unknown size.
fn guess(row: &Argument) -> bool {
    use ArgumentKind::{Flag, Number, Size, Word};
    let sizes = matches!(row.kind, Size | Number | Flag | Word(_));
    !sizes && row.default == Default::Required
}
