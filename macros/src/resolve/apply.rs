//! What `forward` applies: members, and functions of the book.
use super::callee::example;
use super::forward::{Forward, Meaning};
use super::meant::argument_meant;
use super::name::Name;
use crate::body::{Callee, Local};
use crate::diagnostics::{Place, nearest, suggestion};
use crate::syntax::ast::{ArgumentDecl, CallArgument, LayerDecl, Value, ValueKind};
use crate::syntax::{function_meant, of_tensor, value_in};
use plywood_kernels::layers::{self, Arity, Layer};
use syn::ext::IdentExt;
use syn::visit_mut::VisitMut;
use syn::{Expr, Ident};

impl Forward<'_, '_> {
    pub(super) fn call(&mut self, callee: &Ident, arguments: &[CallArgument], place: Place) -> Meaning {
        let text = callee.to_string();
        if let Some(number) = self.members.get(&callee.unraw().to_string()).copied() {
            return self.member(number, callee, arguments, place);
        }
        if layers::function(&text).is_none() {
            for argument in arguments {
                self.read_quietly(argument);
            }
            match self.names.get(&text).map(|named| matches!(named.meaning, Meaning::Unknown)) {
                None if self.doubtful => return Meaning::Unknown,
                Some(true) => return Meaning::Unknown,
                Some(false) => {
                    let help = "what is applied is a layer that is declared before `forward`, or a function";
                    return self.error(callee.span(), format!("`{text}` is a value, not a layer"), help);
                }
                None => {}
            }
            let help = self.instead(&text, false);
            return self.error(callee.span(), format!("there is nothing called `{text}` to apply"), help);
        }
        self.applied(callee, None, arguments, place)
    }

    pub(super) fn method(
        &mut self,
        on: &Value,
        method: &Ident,
        arguments: &[CallArgument],
        place: Place,
    ) -> Meaning {
        let text = method.to_string();
        if layers::function(&text).is_none() {
            if !matches!(on.kind, ValueKind::List(_)) {
                self.value(on);
            }
            arguments.iter().for_each(|argument| self.read_quietly(argument));
            let help = match self.members.contains_key(&text) {
                true => format!("a layer is applied as `{text}(x)`"),
                false => self.instead(&text, true),
            };
            return self.error(method.span(), format!("a value has no method `{text}`"), help);
        }
        self.applied(method, Some(on), arguments, place)
    }

    /// What to write in place of a word that nothing is called.
    pub(super) fn instead(&self, text: &str, method: bool) -> String {
        let plain = text.replace('_', "");
        let functions = || layers::functions();
        if let Some(function) = function_meant(text) {
            return format!("did you mean `{function}`?");
        }
        let with_parameters = layers::all().find(|layer| {
            let name = layer.name();
            !layer.fields().is_empty() && (name == text || plain.eq_ignore_ascii_case(name))
        });
        if let Some(layer) = with_parameters {
            let name = layer.name();
            return format!(
                "`{name}` has parameters, and is declared before `forward`: `name: {name}(…)`, and applied as `name(x)`"
            );
        }
        if let Some((function, _)) = functions().find(|(_, layer)| layer.name() == text) {
            return format!("write `{function}(x)`, or `x.{function}()`");
        }
        if self.resolver.templates.names().any(|name| name == text) {
            return format!("a block is declared before `forward`, `name: {text}`, and applied as `name(x)`");
        }
        if let Some(help) = of_tensor(text) {
            return help.into();
        }
        let mut members: Vec<String> = self.members.keys().cloned().collect();
        members.sort();
        let names: Vec<String> = members.iter().cloned().chain(functions().map(|(name, _)| name)).collect();
        if let Some(nearest) = nearest(text, names.iter().map(String::as_str)) {
            return format!("did you mean `{nearest}`?");
        }
        if let Some(absent) = layers::absent(text) {
            return absent.into();
        }
        if method || members.is_empty() {
            return "functions have the names of layers without parameters and of operations: `x.relu()`, `x.sum(axis: -1)`"
                .into();
        }
        suggestion(text, "layer", members.iter().map(String::as_str))
    }

    /// A member on values.
    fn member(&mut self, number: usize, word: &Ident, arguments: &[CallArgument], place: Place) -> Meaning {
        let (mut values, mut places, mut wrong) = (vec![], vec![], false);
        if arguments.is_empty() {
            return self.error(
                place,
                format!("`{word}` is applied to nothing"),
                format!("write `{word}(x)`"),
            );
        }
        for argument in arguments {
            if let Some(name) = &argument.name {
                let help = format!("what `{word}` is told stands where it is declared");
                self.error(name.span(), format!("`{word}` is applied to values alone"), help);
                wrong = true;
                continue;
            }
            match self.read(argument) {
                Meaning::One(local) => {
                    values.push(local);
                    places.push(argument.place);
                }
                Meaning::Unknown => wrong = true,
                Meaning::Number(_) => {
                    let what = format!("`{word}` is applied to values, found a number");
                    self.error(argument.place, what, "what a layer is told stands where it is declared");
                    wrong = true;
                }
                Meaning::Several(_) => {
                    self.several(argument.place);
                    wrong = true;
                }
            }
        }
        let outputs = self.body.members[number].outputs();
        if wrong {
            return Meaning::Unknown;
        }
        let made = self.body.apply_at(Callee::Member(number), &values, outputs.max(1), word.span(), places);
        match made.as_slice() {
            _ if outputs == 0 => Meaning::Unknown,
            [only] => Meaning::One(*only),
            several => Meaning::Several(several.iter().copied().map(Meaning::One).collect()),
        }
    }

    /// A function on values, told what stands behind them.
    fn applied(
        &mut self,
        word: &Ident,
        on: Option<&Value>,
        arguments: &[CallArgument],
        place: Place,
    ) -> Meaning {
        let Some(layer) = layers::function(&word.to_string()) else { return Meaning::Unknown };
        let before = self.resolver.diagnostics.count();
        let (mut values, mut wrong) = (vec![], false);
        let mut settings = vec![];
        let mut take = |forward: &mut Self, meaning: Meaning, at: Place| match meaning {
            Meaning::One(local) => values.push((local, at)),
            Meaning::Several(parts) if layer.inputs() != Arity::Exactly(1) => {
                for part in parts {
                    match part {
                        Meaning::One(local) => values.push((local, at)),
                        Meaning::Unknown => wrong = true,
                        _ => {
                            forward.error(at, format!("`{word}` is applied to values"), "");
                            wrong = true;
                        }
                    }
                }
            }
            Meaning::Several(_) => {
                forward.several(at);
                wrong = true;
            }
            Meaning::Number(_) => {
                let what = format!("`{word}` is applied to values, found a number");
                let help = match layer.arguments().first() {
                    Some(row) => {
                        let told = forward.resolver.form.of_calls().named(row.name, example(row));
                        format!("it is told by name: `{told}`")
                    }
                    None => "numbers stand between operators: `0.5 * x`".into(),
                };
                if !forward.doubtful {
                    forward.error(at, what, help);
                }
                wrong = true;
            }
            Meaning::Unknown => wrong = true,
        };
        let mut count = 0;
        if let Some(on) = on {
            let meaning = self.list(on);
            take(self, meaning, on.place);
            count += 1;
        }
        for argument in arguments {
            let more = layer.inputs().takes_more_than(count);
            if argument.name.is_none() && more {
                let value = self.parsed(argument);
                let meaning = self.list(&value);
                take(self, meaning, argument.place);
                count += 1;
            } else {
                settings.push(argument);
            }
        }
        let count = settings.len();
        let settings: Vec<ArgumentDecl> =
            settings.into_iter().filter_map(|argument| self.setting(word, layer, argument)).collect();
        if wrong {
            return Meaning::Unknown;
        }
        // what is missing may follow where something is half typed
        let unread = settings.len() < count || self.resolver.diagnostics.count() > before;
        self.function_told(word, values, (settings, unread), place)
    }

    /// A value, or a list of them.
    fn list(&mut self, value: &Value) -> Meaning {
        match &value.kind {
            ValueKind::List(values) => {
                Meaning::Several(values.iter().map(|value| self.value(value)).collect())
            }
            _ => self.value(value),
        }
    }

    /// What a function is told.
    fn setting(
        &mut self,
        word: &Ident,
        layer: &'static dyn Layer,
        argument: &CallArgument,
    ) -> Option<ArgumentDecl> {
        if argument.assigned
            && let Some(name) = &argument.name
        {
            let what = format!("expected `:` after the argument's name `{name}`, found `=`");
            let name_here = argument_meant(layer.arguments(), &name.to_string());
            let help = format!("write `{word}(…, {}: …)`", name_here.unwrap_or(&name.to_string()));
            if !self.doubtful {
                self.error(name.span(), what, help);
            }
            return None;
        }
        match syn::parse2::<Expr>(argument.tokens.clone()) {
            Ok(mut value) => {
                self.resolver.substitute(|arguments| arguments.visit_expr_mut(&mut value));
                Some(ArgumentDecl { name: argument.name.clone(), value, inner: None })
            }
            Err(_) => {
                self.error(argument.place, format!("expected what `{word}` is told"), "");
                None
            }
        }
    }

    fn parsed(&mut self, argument: &CallArgument) -> Value {
        let before = self.resolver.diagnostics.count();
        let mut value = value_in(argument.tokens.clone(), argument.place, self.resolver.diagnostics);
        self.resolver.substitute(|arguments| arguments.forward(&mut value));
        self.doubtful |= self.resolver.diagnostics.count() > before;
        value
    }

    fn read(&mut self, argument: &CallArgument) -> Meaning {
        let value = self.parsed(argument);
        self.value(&value)
    }

    /// Reads the values in an argument of something that is not known, so that it is not said that nothing reads them.
    fn read_quietly(&mut self, argument: &CallArgument) {
        let (said, doubtful) = (std::mem::take(self.resolver.diagnostics), self.doubtful);
        if argument.name.is_none() {
            let value = self.parsed(argument);
            self.list(&value);
        }
        *self.resolver.diagnostics = said;
        self.doubtful = doubtful;
    }

    /// A row of the book on values.
    pub(super) fn function(
        &mut self,
        word: &Ident,
        values: Vec<(Local, Place)>,
        settings: Vec<ArgumentDecl>,
        place: Place,
    ) -> Meaning {
        self.function_told(word, values, (settings, false), place)
    }

    /// The same; whether some of what it is told could not be read, which has been said.
    fn function_told(
        &mut self,
        word: &Ident,
        values: Vec<(Local, Place)>,
        (arguments, unread): (Vec<ArgumentDecl>, bool),
        place: Place,
    ) -> Meaning {
        let Some(layer) = layers::function(&word.to_string()) else { return Meaning::Unknown };
        if !layer.inputs().takes(values.len()) {
            let what = format!("`{word}` is applied to {}, found {}", layer.inputs(), values.len());
            return self.error(place, what, layer.doc());
        }
        let decl = LayerDecl {
            name: None,
            word: word.clone(),
            arguments,
            unread,
            path: None,
            said: false,
            frozen: None,
            form: self.resolver.form.of_calls(),
        };
        let member = self.resolver.row(Name::of_function(word), layer, &decl, self.role);
        let callee = self.body.declare(member);
        let (locals, places): (Vec<Local>, Vec<Place>) = values.into_iter().unzip();
        Meaning::One(self.body.apply_at(callee, &locals, 1, word.span(), places)[0])
    }
}
