//! Layers that follow each other, groups, branches and repeats, to statements.
use super::name::{Level, Name};
use super::{Member, ResolvedGroup, ResolvedLayer, ResolvedRepeat, Resolver, UnknownLayer};
use crate::body::{Body, Local};
use crate::diagnostics::Place;
use crate::role::Role;
use crate::syntax::ast::{BranchesDecl, Form, GroupDecl, Inside, Item, Join, LayerDecl, RepeatDecl};
use plywood_kernels::layers;
use syn::Ident;

/// More than anybody repeats, and few enough that every iteration gets its own random numbers.
const MOST_ITERATIONS: usize = 1 << 16;

impl Resolver<'_> {
    /// What a network or a block consists of. `role` is that of the parameters around it.
    pub(super) fn inside(&mut self, inside: Inside, inputs: usize, role: Role) -> Body<Member> {
        match inside.forward {
            Some(forward) => self.forward(forward, inside.items, inputs, role),
            None => self.stack(inside.items, role),
        }
    }

    /// Layers that follow each other: each is applied to what the one before it gives.
    pub(super) fn stack(&mut self, items: Vec<Item>, role: Role) -> Body<Member> {
        let mut level = Level::of(&items);
        let mut body = Body::of(1);
        let value = self.follow(items, Local(0), &mut level, &mut body, role);
        body.results = vec![value];
        body
    }

    /// The same, as part of a body.
    fn follow(
        &mut self,
        items: Vec<Item>,
        mut value: Local,
        level: &mut Level,
        body: &mut Body<Member>,
        role: Role,
    ) -> Local {
        for item in items {
            value = match item {
                Item::Branches(decl) if decl.name.is_none() => self.branches(decl, value, level, body, role),
                item => self.next(item, value, level, body, role),
            };
        }
        value
    }

    /// One more member, applied to a value.
    fn next(
        &mut self,
        item: Item,
        value: Local,
        level: &mut Level,
        body: &mut Body<Member>,
        role: Role,
    ) -> Local {
        let (name, span) = self.name(&item, level);
        let member = self.member(name, item, role);
        let outputs = member.outputs();
        // how many values a body gives that has a mistake is not known
        if outputs > 1 {
            let what = format!("a stack of layers hands on one value, and this gives {outputs}");
            self.diagnostics.error(span, what, "apply it in a `fn forward`, which can name them");
        }
        let callee = body.declare(member);
        body.apply(callee, &[value], outputs.max(1), span)[0]
    }

    /// A member that is called so.
    pub(super) fn member(&mut self, name: Name, item: Item, role: Role) -> Member {
        self.path.push(name.key.clone());
        let member = match item {
            Item::Layer(decl) => match self.templates.find(&decl.word) {
                Some(number) => self.instance(name, decl, number, role),
                None => self.layer(name, decl, role),
            },
            Item::Repeat(repeat) => Member::Repeat(self.repeat(name, repeat, role)),
            Item::Group(group) => self.group(name, group, role),
            Item::Branches(decl) => {
                let (name, word, frozen) = (self.block(name), decl.word.clone(), decl.frozen);
                let mut level = Level::default();
                let mut body = Body::of(1);
                let value = self.branches(decl, Local(0), &mut level, &mut body, role);
                body.results = vec![value];
                self.freezes(&body, frozen, &format!("`{word}`"));
                Member::Group(ResolvedGroup { name, body, instance: None })
            }
            Item::Unread(_) => Member::Unknown(UnknownLayer { name, guess: None }),
        };
        self.path.pop();
        member
    }

    /// A name whose label no other block has.
    pub(super) fn block(&mut self, mut name: Name) -> Name {
        name.label = self.labels.take(&name.label);
        name
    }

    fn group(&mut self, name: Name, group: GroupDecl, role: Role) -> Member {
        let GroupDecl { span, items, frozen, .. } = group;
        let name = self.block(name);
        if items.is_empty() {
            let what = match name.declared {
                true => format!("`{}` has no layers", name.key),
                false => "a group has no layers".into(),
            };
            let help = match self.form {
                Form::Network => "take it out, or write its layers into the braces",
                _ => "take it out, or write its layers into the parentheses",
            };
            self.diagnostics.error(span, what, help);
        }
        let empty = items.is_empty();
        let mut body = self.stack(items, frozen.map_or(role, |_| Role::Frozen));
        body.doubtful |= empty;
        self.freezes(&body, frozen, "the group");
        Member::Group(ResolvedGroup { name, body, instance: None })
    }

    /// Says of `#[frozen]` before something without parameters that there is nothing to freeze.
    pub(super) fn freezes(&mut self, body: &Body<Member>, frozen: Option<proc_macro2::Span>, what: &str) {
        if let Some(place) = frozen.filter(|_| !has_parameters(body)) {
            let what = format!("{what} has no parameters to freeze");
            self.diagnostics.error(place, what, "leave `#[frozen]` out");
        }
    }

    /// A value along several ways, and what joins their results. Ways without a name are part of what is around them.
    fn branches(
        &mut self,
        decl: BranchesDecl,
        value: Local,
        level: &mut Level,
        body: &mut Body<Member>,
        role: Role,
    ) -> Local {
        let BranchesDecl { word, join, arguments: (arguments, arguments_unread), branches, frozen, .. } =
            decl;
        let role = frozen.map_or(role, |_| Role::Frozen);
        let (first, before) = (body.members.len(), self.diagnostics.count());
        let unread = |item: &Item| matches!(item, Item::Unread(_));
        let half_typed = branches.iter().any(|branch| branch.items.iter().any(unread));
        let (mut results, mut places) = (vec![], vec![]);
        for branch in branches {
            places.push(Place::from(branch.span));
            results.push(match branch.name {
                Some(_) if branch.items.is_empty() => {
                    let help = "leave the name out: `{}` is the value itself";
                    let place = branch.name.as_ref().map_or(branch.span, Ident::span);
                    self.diagnostics.error(place, "the value itself has no name", help);
                    value
                }
                Some(_) => self.next(Item::Group(branch), value, level, body, role),
                None => {
                    let role = branch.frozen.map_or(role, |_| Role::Frozen);
                    self.follow(branch.items, value, level, body, role)
                }
            });
        }
        if join == Join::Residual {
            results.push(value);
            places.push(word.span().into());
        } else if results.len() < 2 {
            if !half_typed && self.diagnostics.count() == before {
                let help = match self.form {
                    Form::Network => "`{}` is the value itself, as in `add { { Linear(64), Relu }, {} }`",
                    _ => "`()` is the value itself, as in `#[add] both: ((Linear<64>, Relu), ())`",
                };
                let what = format!("`{word}` joins two branches or more, found one");
                self.diagnostics.error(word.span(), what, help);
            }
            body.doubtful = true;
            return results[0];
        }
        if let Some(place) = frozen.filter(|_| !body.members[first..].iter().any(Member::has_parameters)) {
            let what = format!("`{word}` has no parameters to freeze");
            self.diagnostics.error(place, what, "leave `#[frozen]` out");
        }
        let row = match join {
            Join::Add | Join::Residual => "add",
            Join::Concat => "concat",
        };
        let Some(layer) = layers::function(row) else { return results[0] };
        let decl = LayerDecl {
            name: None,
            word: word.clone(),
            arguments,
            unread: arguments_unread,
            path: None,
            said: arguments_unread,
            frozen: None,
            form: self.form.of_branches(),
        };
        let name = Name::of_function(&word);
        let member = self.row(name, layer, &decl, role);
        let callee = body.declare(member);
        body.apply_at(callee, &results, 1, word.span(), places)[0]
    }

    fn repeat(&mut self, name: Name, repeat: RepeatDecl, role: Role) -> ResolvedRepeat {
        let name = self.block(name);
        let RepeatDecl { count, items, frozen, .. } = repeat;
        let body = self.stack(items, frozen.map_or(role, |_| Role::Frozen));
        self.freezes(&body, frozen, "`repeat`");
        let mut known = count.as_ref().and_then(|count| self.size(count));
        if let (Some(expr), Some(size)) = (&count, known.clone())
            && !self.alone(&size, expr, "a count")
        {
            known = None;
        }
        if let (Some(expr), Some(size)) = (&count, &known) {
            match size.as_known() {
                Some(0) => {
                    let help = match self.form {
                        Form::Network => "take it out, or write `repeat 1`",
                        _ => "take it out, or write `#[repeat(1)]`",
                    };
                    self.diagnostics.error(Place::of(expr), "a block runs at least once, found `0`", help);
                    known = None;
                }
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
        let count = known.unwrap_or_else(|| self.unknown.stand_in());
        ResolvedRepeat { name, count, body }
    }
}

impl Member {
    /// How many values it gives.
    pub fn outputs(&self) -> usize {
        match self {
            Member::Group(group) => group.body.results.len(),
            Member::Layer(ResolvedLayer { .. }) | Member::Repeat(_) | Member::Unknown(_) => 1,
        }
    }
    /// Whether it has parameters, as far as that is known.
    pub fn has_parameters(&self) -> bool {
        match self {
            Member::Layer(layer) => !layer.layer.fields().is_empty(),
            Member::Repeat(repeat) => has_parameters(&repeat.body),
            Member::Group(group) => has_parameters(&group.body),
            Member::Unknown(_) => true,
        }
    }
}

/// Whether some member has parameters, as far as that is known.
fn has_parameters(body: &Body<Member>) -> bool {
    body.members.iter().any(Member::has_parameters)
}
