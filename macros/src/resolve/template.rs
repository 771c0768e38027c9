//! Blocks that are written once: each use is resolved with what it is told in place of their arguments.
use super::name::Name;
use super::{Instance, Member, ResolvedGroup, Resolver, UnknownLayer};
use crate::diagnostics::{Diagnostics, Place, list, suggestion};
use crate::role::Role;
use crate::sizes::written;
use crate::syntax::ast::{
    ArgumentDecl, Binding, Form, ForwardDecl, Inside, Item, LayerDecl, Pattern, Template, TemplateParameter,
    Value, ValueKind,
};
use plywood_kernels::layers;
use plywood_kernels::names::words;
use proc_macro2::TokenStream;
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, ExprGroup, Ident, token};

/// The blocks of a `network!`.
#[derive(Default)]
pub struct Templates {
    list: Vec<Known>,
}

/// A block, and what became of it.
struct Known {
    template: Template,
    /// Whether what is wrong with it has been said.
    said: Rc<Cell<bool>>,
    used: Cell<bool>,
    /// Whether each parameter is read.
    read: Vec<Cell<bool>>,
}

impl Templates {
    /// These, of which those that no name leads to are said.
    pub fn of(templates: Vec<Template>, diagnostics: &mut Diagnostics) -> Templates {
        let mut list: Vec<Known> = vec![];
        for mut template in templates {
            let name = template.name.to_string();
            let mut said = template.unread;
            let arguments = &template.parameters;
            let mut wrong = |place: proc_macro2::Span, what: String, help: &str| {
                diagnostics.error(place, what, help);
                said = true;
            };
            if list.iter().any(|other| other.template.name == name) {
                let what = format!("the block `{name}` is declared twice");
                wrong(template.name.span(), what, "give each block its own name");
            } else if layers::find(&name).is_some() || name == "repeat" {
                wrong(template.name.span(), format!("`{name}` is a layer"), "give the block another name");
            } else if name.starts_with(char::is_lowercase) {
                let what = format!("a block's name begins with a capital letter, found `{name}`");
                wrong(template.name.span(), what, "names in small letters are those of layers");
            }
            let taken = template.inside.forward.iter().flat_map(bound);
            for value in taken.filter(|value| arguments.iter().any(|argument| argument.name == **value)) {
                let what = format!("`{value}` is an argument of `{name}`, and cannot be a value as well");
                wrong(value.span(), what, "choose another name");
            }
            for (at, parameter) in arguments.iter().enumerate() {
                let other = &arguments[..at];
                if other.iter().any(|other| other.name == parameter.name) {
                    let what = format!("the argument `{}` of `{name}` is declared twice", parameter.name);
                    wrong(parameter.name.span(), what, "");
                }
            }
            let named = |parameter: &TemplateParameter| Cell::new(names(arguments, &parameter.name));
            let read = arguments.iter().map(named).collect();
            template.unread = said;
            list.push(Known { template, said: Rc::new(Cell::new(said)), used: Cell::new(false), read });
        }
        Templates { list }
    }

    /// The block of that name.
    pub fn find(&self, word: &Ident) -> Option<usize> {
        self.list.iter().position(|known| known.template.name == *word)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.list.iter().map(|known| known.template.name.to_string())
    }

    /// What is declared and not used: it was not checked.
    pub fn unused(&self, diagnostics: &mut Diagnostics) {
        for Known { template, said, used, read } in self.list.iter().filter(|known| !known.said.get()) {
            let Template { name, parameters, .. } = template;
            if !used.get() {
                let help = format!("write `{name}` where a layer stands, or take the block out");
                diagnostics.error(name.span(), format!("the block `{name}` is never used"), help);
                said.set(true);
                continue;
            }
            for (parameter, _) in parameters.iter().zip(read).filter(|(_, read)| !read.get()) {
                let what = format!("the argument `{}` of `{name}` is not used in it", parameter.name);
                diagnostics.error(parameter.name.span(), what, "take it out, or use it");
            }
        }
    }
}

/// Whether the default of one of these is made of the argument `name`.
fn names(parameters: &[TemplateParameter], name: &Ident) -> bool {
    let values = [(name.clone(), Expr::Verbatim(TokenStream::new()))];
    let mut found = Substituted { values: &values, read: vec![false] };
    parameters.iter().filter_map(|parameter| parameter.default.clone()).for_each(|mut default| {
        found.visit_expr_mut(&mut default);
    });
    found.read[0]
}

/// The names that `forward` binds.
fn bound(forward: &ForwardDecl) -> Vec<&Ident> {
    fn names(pattern: &Pattern) -> Vec<&Ident> {
        match pattern {
            Pattern::Name(name) => vec![name],
            Pattern::Tuple(patterns, _) => patterns.iter().flat_map(names).collect(),
        }
    }
    forward.inputs.iter().chain(forward.bindings.iter().flat_map(|binding| names(&binding.pattern))).collect()
}

impl Resolver<'_> {
    /// A use of a block.
    pub(super) fn instance(&mut self, name: Name, decl: LayerDecl, number: usize, role: Role) -> Member {
        let templates = self.templates;
        let known = &templates.list[number];
        let Known { template, said, used, .. } = known;
        used.set(true);
        let span = decl.word.span();
        if self.open.contains(&number) {
            let around = self.open.iter().skip_while(|open| **open != number);
            let names = around.map(|open| templates.list[*open].template.name.to_string());
            let chain: Vec<String> = names.chain([template.name.to_string()]).collect();
            let several = chain.len() > 2;
            let chain = chain.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" in ");
            if !said.replace(true) {
                let mut what = format!("the block `{}` is used in itself", template.name);
                if several {
                    what += &format!(": {chain}");
                }
                let help = "a block that runs several times is a `repeat`";
                self.diagnostics.error_in_every_use(span, what, help);
            } else {
                self.diagnostics.said_elsewhere();
            }
            return Member::Unknown(UnknownLayer { name, guess: None });
        }
        // what a block takes that is declared wrongly is not known
        if template.unread {
            self.diagnostics.enter(String::new(), true);
        }
        let values = self.told(template, &decl);
        if template.unread {
            self.diagnostics.leave();
        }
        let Some(values) = values else {
            return Member::Unknown(UnknownLayer { name, guess: None });
        };
        let arguments = decl.arguments.iter().map(text).collect::<Vec<_>>().join(", ");
        let call = match arguments.as_str() {
            "" => template.name.to_string(),
            arguments => format!("{}({arguments})", template.name),
        };
        let key = values.iter().map(|(_, value)| written(value)).collect::<Vec<_>>();
        let mut inside = template.inside.clone();
        let around = self.told.replace((number, values));
        self.substitute(|arguments| arguments.inside(&mut inside));
        self.diagnostics.enter(format!("in `{}`, a `{call}`", self.path.join(".")), said.get());
        self.open.push(number);
        let role = decl.frozen.map_or(role, |_| Role::Frozen);
        let inputs = inside.forward.as_ref().map_or(1, |forward| forward.inputs.len());
        let body = self.inside(inside, inputs, role);
        self.told = around;
        self.open.pop();
        if self.diagnostics.leave() {
            said.set(true);
        } else if template.unread {
            self.diagnostics.said_elsewhere();
        }
        self.freezes(&body, decl.frozen.filter(|_| !template.unread), &format!("`{}`", template.name));
        let kind = words(&template.name.to_string());
        let instance = Instance { template: number, kind, arguments: key, call, role, said: said.clone() };
        Member::Group(ResolvedGroup { name, body, instance: Some(instance) })
    }

    /// Puts what the block that is read is told in place of its arguments.
    pub(super) fn substitute(&mut self, put: impl FnOnce(&mut Substituted)) {
        let Some((number, values)) = &self.told else { return };
        let mut arguments = Substituted { values, read: vec![false; values.len()] };
        put(&mut arguments);
        let read = arguments.read.iter().zip(&self.templates.list[*number].read);
        read.filter(|(now, _)| **now).for_each(|(_, read)| read.set(true));
    }

    /// What a block is told for each of its parameters; nothing where some are missing, which has been said.
    fn told(&mut self, template: &Template, decl: &LayerDecl) -> Option<Vec<(Ident, Expr)>> {
        let Template { name: word, parameters, .. } = template;
        let names: Vec<String> = parameters.iter().map(|parameter| parameter.name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut given: HashMap<usize, Expr> = HashMap::new();
        let mut wrong = decl.unread || decl.said;
        for (at, ArgumentDecl { name, value, .. }) in decl.arguments.iter().enumerate() {
            let found = match name {
                Some(name) => names.iter().position(|known| name == known),
                // angle brackets are told what they are told in their order
                None => {
                    (at == 0 || self.form == Form::Struct).then_some(at).filter(|at| *at < parameters.len())
                }
            };
            let place = name.as_ref().map_or_else(|| Place::of(value), |name| name.span().into());
            let Some(found) = found else {
                let (what, help) = match name {
                    Some(name) => (
                        format!("`{word}` has no argument `{name}`"),
                        suggestion(&name.to_string(), "argument", names.iter().copied()),
                    ),
                    None if parameters.is_empty() => {
                        (format!("`{word}` takes no arguments"), format!("write `{word}`"))
                    }
                    None if self.form == Form::Struct => {
                        let many = if names.len() == 1 { "one argument" } else { "the arguments" };
                        let what = format!("`{word}` has {many} {}, and is told one more", list(&names));
                        (what, "take it out".into())
                    }
                    None => (
                        format!("only the first argument of `{word}` may stand without a name"),
                        match names.get(at) {
                            Some(name) => format!("write `{name}: {}`", written(value)),
                            None if names.len() == 1 => format!("its only argument is `{}`", names[0]),
                            None => format!("its arguments are {}", list(&names)),
                        },
                    ),
                };
                self.diagnostics.error(place, what, help);
                wrong = true;
                continue;
            };
            if given.insert(found, value.clone()).is_some() {
                let what = format!("the argument `{}` of `{word}` is given twice", names[found]);
                self.diagnostics.error(place, what, "write it once");
                wrong = true;
            }
        }
        let is_missing = |(at, parameter): &(usize, &TemplateParameter)| {
            !given.contains_key(at) && parameter.default.is_none()
        };
        let missing = parameters.iter().enumerate().filter(is_missing);
        let missing: Vec<&str> = missing.map(|(at, _)| names[at]).collect();
        if !missing.is_empty() && !wrong {
            let needed =
                (0..names.len()).filter(|at| given.contains_key(at) || missing.contains(&names[*at]));
            let example = needed.map(|at| match (given.get(&at).map(written), at) {
                (Some(value), 0) => value,
                (None, 0) => "64".into(),
                (value, _) if self.form == Form::Struct => value.unwrap_or("1".into()),
                (value, _) => format!("{}: {}", names[at], value.unwrap_or("1".into())),
            });
            let example = example.collect::<Vec<_>>().join(", ");
            let what = format!("`{word}` needs {}", list(&missing));
            self.diagnostics.error(
                decl.word.span(),
                what,
                match self.form {
                    Form::Network => format!("write, for instance, `{word}({example})`"),
                    _ => format!("write, for instance, `{word}<{example}>`"),
                },
            );
            wrong = true;
        }
        if wrong {
            return None;
        }
        let mut values: Vec<(Ident, Expr)> = vec![];
        for (at, TemplateParameter { name, default }) in parameters.iter().enumerate() {
            let mut value = given.remove(&at).or_else(|| default.clone())?;
            // a default may name what stands before it
            let mut earlier = Substituted { values: &values, read: vec![false; values.len()] };
            earlier.visit_expr_mut(&mut value);
            values.push((name.clone(), value));
        }
        Some(values)
    }
}

/// `stride: 2`
fn text(ArgumentDecl { name, value, .. }: &ArgumentDecl) -> String {
    match name {
        Some(name) => format!("{name}: {}", written(value)),
        None => written(value),
    }
}

/// Values in place of the names of arguments.
pub(super) struct Substituted<'a> {
    values: &'a [(Ident, Expr)],
    /// Which were.
    read: Vec<bool>,
}

impl Substituted<'_> {
    fn value(&mut self, name: &Ident) -> Option<Expr> {
        let at = self.values.iter().position(|(argument, _)| argument == name)?;
        self.read[at] = true;
        Some(self.values[at].1.clone())
    }

    fn inside(&mut self, Inside { items, forward }: &mut Inside) {
        self.items(items);
        let Some(ForwardDecl { bindings, result, .. }) = forward else { return };
        for Binding { value, .. } in bindings {
            value.iter_mut().for_each(|value| self.forward(value));
        }
        result.iter_mut().for_each(|value| self.forward(value));
    }

    fn items(&mut self, items: &mut [Item]) {
        for item in items {
            match item {
                Item::Layer(layer) => self.arguments(&mut layer.arguments),
                Item::Repeat(repeat) => {
                    repeat.count.iter_mut().for_each(|count| self.visit_expr_mut(count));
                    self.items(&mut repeat.items);
                }
                Item::Group(group) => self.items(&mut group.items),
                Item::Branches(decl) => {
                    self.arguments(&mut decl.arguments.0);
                    decl.branches.iter_mut().for_each(|branch| self.items(&mut branch.items));
                }
                Item::Unread(_) => {}
            }
        }
    }

    /// Of arguments behind the first, a name alone is that of the layer's argument too: `Conv2d(64, stride)`.
    fn arguments(&mut self, arguments: &mut [ArgumentDecl]) {
        for (at, ArgumentDecl { name, value, inner }) in arguments.iter_mut().enumerate() {
            if let Expr::Path(path) = &*value
                && let Some(word) = path.path.get_ident().filter(|_| at > 0 && name.is_none())
                && self.values.iter().any(|(argument, _)| argument == word)
            {
                *name = Some(word.clone());
            }
            if let Some((inner, _)) = inner {
                self.arguments(inner);
            }
            self.visit_expr_mut(value);
        }
    }

    pub(super) fn forward(&mut self, value: &mut Value) {
        let kind = &mut value.kind;
        match kind {
            ValueKind::Name(name) => {
                if let Some(value) = self.value(name) {
                    *kind = ValueKind::Number(value);
                }
            }
            ValueKind::Number(number) => self.visit_expr_mut(number),
            // what is called is told where its arguments are read
            ValueKind::Call { .. } | ValueKind::Unread => {}
            ValueKind::Method { on, .. } => self.forward(on),
            ValueKind::Binary { left, right, .. } => {
                self.forward(left);
                self.forward(right);
            }
            ValueKind::Negative(of) | ValueKind::Field(of, _) => self.forward(of),
            ValueKind::Tuple(values) | ValueKind::List(values) => {
                values.iter_mut().for_each(|value| self.forward(value));
            }
            ValueKind::Named(values) => values.iter_mut().for_each(|(_, value)| self.forward(value)),
        }
    }
}

impl VisitMut for Substituted<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let named = match &*expr {
            Expr::Path(path) => path.path.get_ident().and_then(|name| self.value(name)),
            _ => None,
        };
        match named {
            // what is written as one stays one
            Some(value @ (Expr::Path(_) | Expr::Lit(_))) => *expr = value,
            Some(value) => {
                *expr = Expr::Group(ExprGroup {
                    attrs: vec![],
                    group_token: token::Group::default(),
                    expr: Box::new(value),
                });
            }
            None => visit_expr_mut(self, expr),
        }
    }
}
