//! `fn forward` to statements, and what its names and values stand for.
use super::name::Level;
use super::{Member, Resolver};
use crate::body::{Body, Callee, Local};
use crate::diagnostics::{Place, list, suggestion};
use crate::role::Role;
use crate::sizes::number;
use crate::syntax::ast::{Binding, Form, ForwardDecl, Item, Operator, Pattern, Value, ValueKind};
use crate::syntax::of_tensor;
use crate::text;
use plywood_kernels::layers;
use plywood_kernels::ops::elementwise::{Formula, named};
use plywood_kernels::scalar::{Expr as Scalar, Term, argument, constant};
use proc_macro2::Span;
use std::collections::HashMap;
use syn::ext::IdentExt;
use syn::{BinOp, Expr, Ident, UnOp};

/// What an expression stands for.
#[derive(Clone)]
pub(super) enum Meaning {
    /// A value, by its number.
    One(Local),
    /// Several.
    Several(Vec<Meaning>),
    /// A number: a formula without arguments.
    Number(Scalar),
    /// What is not known, which has been said.
    Unknown,
}

/// What a name stands for.
pub(super) struct Named {
    pub meaning: Meaning,
    /// Where it was bound, if it must be read.
    place: Option<Place>,
}

/// A `forward` under way.
pub(super) struct Forward<'r, 'a> {
    pub resolver: &'r mut Resolver<'a>,
    pub body: Body<Member>,
    /// What each name stands for just now.
    pub names: HashMap<String, Named>,
    /// The members by name, without the mark of a raw one.
    pub members: HashMap<String, usize>,
    pub role: Role,
    /// What nothing reads, with the place at which it was bound.
    unread: Vec<(String, Place)>,
    /// Whether something else is wrong with how it is written, which has been said: a name that nothing is bound to may
    /// follow from that.
    pub doubtful: bool,
}

impl Resolver<'_> {
    /// What `forward` says; `items` are the members that it applies.
    pub(super) fn forward(
        &mut self,
        decl: ForwardDecl,
        items: Vec<Item>,
        inputs: usize,
        role: Role,
    ) -> Body<Member> {
        let before = self.diagnostics.count();
        let mut level = Level::of(&items);
        let mut body = Body::of(inputs);
        let mut members = HashMap::new();
        for item in items {
            let (name, span) = self.name(&item, &mut level);
            if !name.declared && !decl.unread && !matches!(item, Item::Unread(_)) {
                let help =
                    "write `name: ` before it, or, without parameters, apply it by its function: `x.relu()`";
                let what = "`forward` applies members by their names, and this has none";
                self.diagnostics.error(span, what, help);
                self.unknown.stand_in();
            }
            let key = name.key.clone();
            let member = self.member(name, item, role);
            body.declare(member);
            members.insert(key, body.members.len() - 1);
        }
        let doubtful = decl.unread || decl.inputs.len() != inputs;
        let mut forward =
            Forward { resolver: self, body, names: HashMap::new(), members, role, unread: vec![], doubtful };
        for (number, input) in decl.inputs.iter().enumerate() {
            let meaning = if number < inputs { Meaning::One(Local(number)) } else { Meaning::Unknown };
            forward.bind(input, meaning);
        }
        for Binding { pattern, value } in &decl.bindings {
            let meaning = value.as_ref().map_or(Meaning::Unknown, |value| forward.value(value));
            forward.pattern(pattern, meaning);
        }
        let result = decl.result.as_ref().map_or(Meaning::Unknown, |value| forward.result(value));
        let Forward { mut body, names, mut unread, doubtful, .. } = forward;
        let mut left: Vec<(String, Place)> =
            names.into_iter().filter_map(|(name, named)| Some((name, named.place?))).collect();
        left.sort_by(|a, b| a.0.cmp(&b.0));
        unread.extend(left);
        if let Some((place, what, help)) = decl.end
            && !doubtful
            && self.diagnostics.count() == before
        {
            self.diagnostics.error(place, what, help);
        }
        // what is wrong may be what should read it
        body.doubtful = doubtful || self.diagnostics.count() > before;
        for (name, place) in unread.into_iter().filter(|_| !body.doubtful) {
            let help = format!("take it out, or write `_{name}` to say that it is not needed");
            self.diagnostics.error(place, format!("`{name}` is never used"), help);
        }
        let results = match result {
            Meaning::One(local) => vec![local],
            Meaning::Several(several) => {
                let one = |meaning: &Meaning| match meaning {
                    Meaning::One(local) => Some(*local),
                    _ => None,
                };
                several.iter().map(one).collect::<Option<_>>().unwrap_or_default()
            }
            Meaning::Number(_) | Meaning::Unknown => vec![],
        };
        if results.is_empty() {
            // what it gives is not known, which has been said
            self.unknown.stand_in();
        }
        body.results = results;
        body
    }
}

impl Forward<'_, '_> {
    pub(super) fn error(
        &mut self,
        place: impl Into<Place>,
        what: impl Into<String>,
        help: impl AsRef<str>,
    ) -> Meaning {
        self.resolver.diagnostics.error(place, what, help);
        Meaning::Unknown
    }

    fn bind(&mut self, name: &Ident, meaning: Meaning) {
        let text = name.to_string();
        if text == "_" {
            return;
        }
        // in Rust's own items a field and a value may have one name
        if self.members.contains_key(&name.unraw().to_string()) && self.resolver.form == Form::Network {
            let what = format!("`{text}` is a layer of the network, and cannot be a value as well");
            self.error(name.span(), what, "choose another name");
        }
        let is_known = !matches!(meaning, Meaning::Unknown);
        let place = (is_known && !text.starts_with('_')).then(|| Place::from(name.span()));
        if let Some(Named { place: Some(place), .. }) =
            self.names.insert(text.clone(), Named { meaning, place })
        {
            self.unread.push((text, place));
        }
    }

    fn pattern(&mut self, pattern: &Pattern, meaning: Meaning) {
        match (pattern, meaning) {
            (Pattern::Name(name), meaning) => {
                if let Meaning::One(local) = &meaning {
                    self.body.bind(*local, text::local(name));
                }
                self.bind(name, meaning);
            }
            (Pattern::Tuple(patterns, place), Meaning::Several(meanings)) => {
                if patterns.len() != meanings.len() {
                    let what = format!("expected {} names, found {}", meanings.len(), patterns.len());
                    self.error(*place, what, "`_` stands for a value that is not needed");
                }
                let missing = std::iter::repeat(Meaning::Unknown);
                for (pattern, meaning) in patterns.iter().zip(meanings.into_iter().chain(missing)) {
                    self.pattern(pattern, meaning);
                }
            }
            (Pattern::Tuple(patterns, place), meaning) => {
                if !matches!(meaning, Meaning::Unknown) {
                    let help = "write one name: `let h = …;`";
                    self.error(*place, "this is one value, and is bound to one name", help);
                }
                patterns.iter().for_each(|pattern| self.pattern(pattern, Meaning::Unknown));
            }
        }
    }

    /// What `forward` gives.
    fn result(&mut self, value: &Value) -> Meaning {
        let meaning = match &value.kind {
            ValueKind::Named(values) => return self.by_name(values, value.place),
            ValueKind::Tuple(values) => {
                Meaning::Several(values.iter().map(|value| self.value(value)).collect())
            }
            _ => self.value(value),
        };
        match &meaning {
            Meaning::Several(parts) if parts.is_empty() => {
                self.error(value.place, "`forward` gives nothing", "end with a value: `fc2(h)`")
            }
            Meaning::Number(_) => self.error(
                value.place,
                "`forward` gives a value, found a number",
                "end with a value: `fc2(h)`",
            ),
            Meaning::Several(parts) if parts.iter().any(|part| matches!(part, Meaning::Number(_))) => {
                self.error(value.place, "`forward` gives values, found a number", "end with values: `(a, b)`")
            }
            Meaning::Several(parts) if parts.iter().any(|part| matches!(part, Meaning::Several(_))) => {
                self.error(value.place, "a tuple within a tuple is given", "write one tuple: `(a, b, c)`")
            }
            _ => meaning,
        }
    }

    /// `(next: a, value: b)`, in the order in which outputs are declared.
    fn by_name(&mut self, values: &[(Ident, Value)], place: Place) -> Meaning {
        let outputs = self.resolver.outputs.clone();
        let before = self.resolver.diagnostics.count();
        let meanings: Vec<Meaning> = values.iter().map(|(_, value)| self.value(value)).collect();
        if outputs.is_empty() || !self.resolver.open.is_empty() {
            return self.error(place, "these values have no names here", "write `(a, b)`");
        }
        let mut given: HashMap<String, Meaning> = HashMap::new();
        // what is not given may be half typed
        let mut wrong = self.doubtful || self.resolver.diagnostics.count() > before;
        for ((name, _), meaning) in values.iter().zip(meanings) {
            let text = name.to_string();
            if !outputs.contains(&text) {
                let help = suggestion(&text, "output", outputs.iter().map(String::as_str));
                self.error(name.span(), format!("there is no output `{text}`"), help);
                wrong = true;
            } else if given.insert(text.clone(), meaning).is_some() {
                self.error(name.span(), format!("the output `{text}` is given twice"), "give each once");
                wrong = true;
            }
        }
        let missing: Vec<&str> =
            outputs.iter().filter(|name| !given.contains_key(*name)).map(String::as_str).collect();
        if !missing.is_empty() && !wrong {
            let given = self.resolver.form.of_calls().named(missing[0], "…");
            let help = format!("write `{given}` among the others");
            self.error(place, format!("{} is not given", list(&missing)), help);
            wrong = true;
        }
        if wrong {
            return Meaning::Unknown;
        }
        Meaning::Several(outputs.iter().filter_map(|name| given.remove(name)).collect())
    }

    pub(super) fn value(&mut self, value: &Value) -> Meaning {
        match &value.kind {
            ValueKind::Name(name) => self.name(name),
            ValueKind::Number(expr) => self.number(expr),
            ValueKind::Call { callee, arguments } => self.call(callee, arguments, value.place),
            ValueKind::Method { on, method, arguments } => self.method(on, method, arguments, value.place),
            ValueKind::Binary { left, operator, span, right } => self.binary(left, *operator, *span, right),
            ValueKind::Negative(of) => match self.value(of) {
                Meaning::Number(number) => Meaning::Number(-number),
                Meaning::One(local) => {
                    let word = Ident::new("neg", value.place.start());
                    self.function(&word, vec![(local, of.place)], vec![], value.place)
                }
                Meaning::Several(_) => self.several(of.place),
                Meaning::Unknown => Meaning::Unknown,
            },
            ValueKind::Tuple(values) => {
                Meaning::Several(values.iter().map(|value| self.value(value)).collect())
            }
            ValueKind::Named(values) => {
                values.iter().for_each(|(_, value)| drop(self.value(value)));
                self.error(value.place, "these values have no names here", "write `(a, b)`")
            }
            ValueKind::List(values) => {
                values.iter().for_each(|value| drop(self.value(value)));
                let help = "a list stands in the parentheses of what joins it: `concat([a, b], axis: 0)`";
                self.error(value.place, "a list is no value", help)
            }
            ValueKind::Field(on, field) => {
                if !matches!(self.value(on), Meaning::Unknown) {
                    let text = field.to_string();
                    let help = match layers::function(&text) {
                        Some(_) => format!("write `.{field}()`"),
                        None if let Some(help) = of_tensor(&text) => help.into(),
                        None => "several values are bound by `let (a, b) = …;`".into(),
                    };
                    self.error(field.span(), format!("a value has no field `{field}`"), help);
                }
                Meaning::Unknown
            }
            ValueKind::Unread => Meaning::Unknown,
        }
    }

    pub(super) fn several(&mut self, place: Place) -> Meaning {
        let help = "bind them by `let (a, b) = …;`, and name one";
        self.error(place, "expected one value, found several", help)
    }

    fn name(&mut self, name: &Ident) -> Meaning {
        let text = name.to_string();
        if let Some(named) = self.names.get_mut(&text) {
            named.place = None;
            return named.meaning.clone();
        }
        if self.members.contains_key(&name.unraw().to_string()) {
            let what = format!("`{text}` is a layer, not a value");
            return self.error(name.span(), what, format!("apply it to a value: `{text}(x)`"));
        }
        if text.starts_with(char::is_uppercase) && !text.contains(char::is_lowercase) {
            return Meaning::Number(self.resolver.symbols.number(&name.clone().into()));
        }
        if self.doubtful {
            return Meaning::Unknown;
        }
        let mut known: Vec<String> = self.names.keys().cloned().collect();
        known.sort();
        if layers::find(&text).is_some() {
            let help = self.instead(&text, false);
            return self.error(name.span(), format!("`{text}` is a layer, not a value"), help);
        }
        let help = suggestion(&text, "value", known.iter().map(String::as_str));
        self.error(name.span(), format!("there is no value `{text}`"), help)
    }

    fn number(&mut self, expr: &Expr) -> Meaning {
        let fits = f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX);
        let read = match self.arithmetic(expr) {
            Some(read) => read,
            None if crate::sizes::written(expr).contains("Self::") => {
                let (network, text) = (self.resolver.network, crate::sizes::written(expr));
                let help = format!("write `{}`", text.replace("Self::", &format!("{network}::")));
                return self.error(
                    Place::of(expr),
                    format!("`Self` is not known here, found `{text}`"),
                    help,
                );
            }
            None => {
                let what = format!("expected a number, found `{}`", crate::sizes::written(expr));
                return self.error(Place::of(expr), what, "write the number, for instance `0.5`");
            }
        };
        match read.term() {
            Term::Constant(number) if number != 0.0 && !fits.contains(&number.abs()) => {
                let text = crate::sizes::written(expr);
                self.error(Place::of(expr), format!("`{text}` is no number that an `f32` can be"), "")
            }
            _ => Meaning::Number(read),
        }
    }

    /// What numbers and constants of Rust's make, which an argument of a block may be.
    fn arithmetic(&mut self, expr: &Expr) -> Option<Scalar> {
        match expr {
            Expr::Group(inner) => self.arithmetic(&inner.expr),
            Expr::Paren(inner) => self.arithmetic(&inner.expr),
            Expr::Path(path) if path.path.segments.first().is_some_and(|first| first.ident == "Self") => None,
            Expr::Path(path) if path.qself.is_none() => Some(self.resolver.symbols.number(&path.path)),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => Some(-self.arithmetic(&unary.expr)?),
            Expr::Binary(binary) => {
                let (a, b) = (self.arithmetic(&binary.left)?, self.arithmetic(&binary.right)?);
                match binary.op {
                    BinOp::Add(_) => Some(a + b),
                    BinOp::Sub(_) => Some(a - b),
                    BinOp::Mul(_) => Some(a * b),
                    BinOp::Div(_) => {
                        self.divides(b, Place::of(&binary.right));
                        Some(a / b)
                    }
                    _ => None,
                }
            }
            other => number(other).map(constant),
        }
    }

    /// Sees to it that this is not 0.
    fn divides(&mut self, by: Scalar, place: Place) {
        let parameter = self.resolver.symbols.divides(by, place);
        if let (Some(size), Some(name)) = (parameter, by.name()) {
            let what = format!("`{name}`, by which a value is divided,");
            self.resolver.assertions.positive(&size, &what, place);
        }
    }

    fn binary(&mut self, left: &Value, operator: Operator, span: Span, right: &Value) -> Meaning {
        let (places, meanings) = ([left.place, right.place], [self.value(left), self.value(right)]);
        let of = |a: Scalar, b: Scalar| match operator {
            Operator::Add => a + b,
            Operator::Sub => a - b,
            Operator::Mul => a * b,
            Operator::Div => a / b,
        };
        let word = match operator {
            Operator::Add => "add",
            Operator::Sub => "sub",
            Operator::Mul => "mul",
            Operator::Div => "div",
        };
        if let (Operator::Div, Meaning::Number(by)) = (operator, &meanings[1]) {
            self.divides(*by, places[1]);
        }
        match meanings {
            [Meaning::Unknown, _] | [_, Meaning::Unknown] => Meaning::Unknown,
            [Meaning::Several(_), _] => self.several(places[0]),
            [_, Meaning::Several(_)] => self.several(places[1]),
            [Meaning::Number(a), Meaning::Number(b)] => {
                let number = of(a, b);
                if matches!(number.term(), Term::Constant(value) if !value.is_finite()) {
                    return self.error(
                        places[0].to(places[1]),
                        "these numbers give none",
                        "divide by another",
                    );
                }
                Meaning::Number(number)
            }
            [Meaning::One(a), Meaning::One(b)] => {
                let word = Ident::new(word, span);
                self.function(&word, vec![(a, places[0]), (b, places[1])], vec![], places[0].to(places[1]))
            }
            [Meaning::One(x), Meaning::Number(number)] => {
                if operator == Operator::Div && matches!(number.term(), Term::Constant(by) if by == 0.0) {
                    return self.error(places[1], "a value is divided by 0", "divide by another number");
                }
                self.formula(word, of(argument(0), number), x, span)
            }
            [Meaning::Number(number), Meaning::One(x)] => {
                self.formula(word, of(number, argument(0)), x, span)
            }
        }
    }

    /// A formula of one value.
    fn formula(&mut self, word: &str, formula: Scalar, x: Local, span: Span) -> Meaning {
        if formula == argument(0) {
            return Meaning::One(x);
        }
        let callee = Callee::Op(&Formula, named(word, formula));
        Meaning::One(self.body.apply(callee, &[x], 1, span)[0])
    }
}
