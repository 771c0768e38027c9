//! The statements of a body in order, each on what is known of the values that it reads.
use super::shared::{Beside, Found};
use super::{
    At, Bound, Called, Kind as UseKind, ShapedGroup, ShapedLayer, ShapedMember, ShapedRepeat, Stage, called,
};
use crate::body::{Body, Callee, Local, Statement};
use crate::resolve::{Instance, Member, Port, ResolvedGroup, ResolvedRepeat, UnknownLayer};
use crate::sizes::{fits, numbers};
use plywood_kernels::attrs::Attrs;
use plywood_kernels::graph::{Graph, Kind, Value};
use plywood_kernels::layers::{Argument, ArgumentKind, Arity, Default};
use plywood_kernels::op::Op;
use plywood_kernels::shape::{Mismatch, Size, display};
use plywood_kernels::types::Type;
use proc_macro2::Span;

impl Stage<'_> {
    /// The members of a body and what it gives, for these inputs.
    pub(super) fn body(
        &mut self,
        mut body: Body<Member>,
        inputs: Vec<Bound>,
    ) -> (Body<ShapedMember>, Vec<Bound>) {
        let mut declared: Vec<Option<Member>> =
            std::mem::take(&mut body.members).into_iter().map(Some).collect();
        let mut called: Vec<Option<Called>> = declared.iter().map(|_| None).collect();
        let names: Vec<Beside> = declared.iter().flatten().map(Beside::of).collect();
        let mut values = inputs;
        for Statement { callee, inputs, outputs, span, places, .. } in &body.statements {
            let given: Vec<Bound> = inputs.iter().map(|local| values[local.0].clone()).collect();
            let at = At { span: *span, places };
            let mut made = match callee {
                Callee::Op(op, attrs) => self.op(*op, attrs, &given, *span),
                Callee::Member(number) => match (declared[*number].take(), &mut called[*number]) {
                    (Some(member), None) => {
                        let found = self.shared_of(&member, &names, &called);
                        called[*number].insert(self.call(member, found, given, at)).outputs.clone()
                    }
                    (_, Some(first)) => self.call_again(first, &given, at),
                    (None, None) => vec![],
                },
            };
            made.resize(*outputs, Bound::default());
            values.extend(made);
        }
        let (mut members, before) = (vec![], self.diagnostics.count());
        for (declared, called) in declared.into_iter().zip(called) {
            let called = match (declared, called) {
                (Some(member), _) => self.never_called(member, body.doubtful),
                (None, Some(called)) => called,
                (None, None) => continue,
            };
            members.push(called.finished());
        }
        // the value that is given may be meant to go through what nothing applies
        let unapplied = body.doubtful || self.diagnostics.count() > before;
        let result = |local: &Local| {
            let mut value = values[local.0].clone();
            value.doubtful |= unapplied;
            value
        };
        let results = body.results.iter().map(result).collect();
        (body.with(members), results)
    }

    /// A member on its first inputs.
    fn call(&mut self, member: Member, shared: Vec<Found>, inputs: Vec<Bound>, at: At) -> Called {
        // each input has a port of its own here, so that what is demanded of its indices is known for further calls
        let first = self.limits.len();
        let own = |(k, input): (usize, &Bound)| Bound { ports: vec![first + k], ..input.clone() };
        let own: Vec<Bound> = inputs.iter().enumerate().map(own).collect();
        self.limits.resize(first + inputs.len(), vec![]);
        let mut called = self.applied(member, shared, own, at);
        called.limits = self.limits.split_off(first);
        let from = |bound: &Bound| bound.ports.iter().map(|port| port - first).collect();
        called.through = called.outputs.iter().map(from).collect();
        called.outputs = self.handed_on(&called, &inputs);
        called.inputs = inputs;
        called
    }

    /// What a member gives of these inputs, whose indices are below what it demands.
    fn handed_on(&mut self, called: &Called, given: &[Bound]) -> Vec<Bound> {
        for (input, limits) in given.iter().zip(&called.limits) {
            for port in &input.ports {
                let known = &mut self.limits[*port];
                limits.iter().for_each(|limit| {
                    if !known.contains(limit) {
                        known.push(limit.clone());
                    }
                });
            }
        }
        let outputs = called.outputs.iter().zip(&called.through);
        let handed = outputs.map(|(output, through)| {
            let ports = through.iter().filter_map(|k| given.get(*k)).flat_map(|input| input.ports.clone());
            Bound { ports: ports.collect(), ..output.clone() }
        });
        handed.collect()
    }

    fn applied(&mut self, member: Member, shared: Vec<Found>, inputs: Vec<Bound>, at: At) -> Called {
        let span = at.span;
        let (member, subject, outputs) = match member {
            Member::Layer(layer) => {
                let subject = called(&layer.name, layer.layer.name());
                let takes = self.takes(&subject, layer.layer.inputs(), &inputs, span);
                let (wrong, takes) = (layer.doubtful, takes.unwrap_or_default());
                let ports: Vec<usize> = takes.iter().flat_map(|input| input.ports.clone()).collect();
                if let Some(limit) = layer.layer.limit(&layer.arguments) {
                    ports.iter().for_each(|port| self.limits[*port].push(limit.clone()));
                }
                let (layer, ty) = self.layer(layer, shared, takes, at);
                let decided = takes.first().is_some_and(|input| input.doubtful && input.ty == ty);
                let is_index = ty.as_ref().is_some_and(|ty| !ty.element.is_real());
                let ports = if is_index { ports } else { vec![] };
                let given = Bound { ty, from: subject.clone(), ports, doubtful: wrong || decided };
                (ShapedMember::Layer(layer), subject, vec![given])
            }
            Member::Repeat(repeat) => {
                let subject = called(&repeat.name, "repeat");
                let unknown = [Bound::default()];
                let takes = self.takes(&subject, Arity::Exactly(1), &inputs, span).unwrap_or(&unknown);
                let (repeat, mut given) = self.repeat(repeat, &takes[0], span);
                given.from.clone_from(&subject);
                (ShapedMember::Repeat(repeat), subject, vec![given])
            }
            Member::Group(group) => {
                let subject = called(&group.name, group.instance.as_ref().map_or("group", |i| &i.call));
                let wanted = Arity::Exactly(group.body.inputs);
                let unknown = vec![Bound::default(); group.body.inputs];
                let takes = self.takes(&subject, wanted, &inputs, span).map_or(unknown, <[Bound]>::to_vec);
                let (group, given) = self.group(group, takes);
                (in_a_row(group), subject, given)
            }
            Member::Unknown(UnknownLayer { name, guess }) => {
                let types: Option<Vec<Type>> = inputs.iter().map(|input| input.ty.clone()).collect();
                let layer = self.unknown(name, guess, types);
                (ShapedMember::Layer(layer), String::new(), vec![Bound::default()])
            }
        };
        Called { member, subject, inputs, outputs, limits: vec![], through: vec![], calls: 1 }
    }

    /// A member on further inputs, which must be as the first ones were: it has one set of parameters.
    fn call_again(&mut self, first: &mut Called, given: &[Bound], at: At) -> Vec<Bound> {
        first.calls += 1;
        let subject = &first.subject;
        let wanted = Arity::Exactly(first.inputs.len());
        if subject.is_empty() || self.takes(subject, wanted, given, at.span).is_none() {
            return first.outputs.clone();
        }
        for (k, (before, now)) in first.inputs.iter().zip(given).enumerate() {
            let (Some(wanted), Some(found)) = (&before.ty, &now.ty) else { continue };
            let text = (format!("{subject} received"), "but here it receives");
            let help = "all its calls share its parameters: declare another for values of another shape, which may share them, \
                        `weight: first.weight`";
            self.agree(wanted, found, &now.from, at.input(k), (&text.0, text.1), help);
        }
        self.handed_on(first, given)
    }

    /// A member that no statement applies: a mistake, unless it is one already.
    fn never_called(&mut self, member: Member, said: bool) -> Called {
        let (name, word, inputs) = match &member {
            Member::Layer(layer) => (&layer.name, layer.layer.name(), layer.layer.inputs().least()),
            Member::Repeat(repeat) => (&repeat.name, "repeat", 1),
            Member::Group(group) => (&group.name, "group", group.body.inputs),
            Member::Unknown(layer) => (&layer.name, "", 1),
        };
        let span = name.field.span();
        if !word.is_empty() && !said {
            let what = format!("{} is never applied", called(name, word));
            self.diagnostics.error(span, what, "apply it to a value, or take it out");
        }
        self.call(member, vec![], vec![Bound::default(); inputs], At { span, places: &[] })
    }

    /// The inputs, if they are as many as `subject` takes; if not, that is said.
    fn takes<'b>(
        &mut self,
        subject: &str,
        wanted: Arity,
        given: &'b [Bound],
        span: Span,
    ) -> Option<&'b [Bound]> {
        if wanted.takes(given.len()) {
            return Some(given);
        }
        let help =
            "a stack hands on one value; in a `fn forward` `concat([a, b], axis: 0)` makes one of several";
        self.diagnostics.error(span, format!("{subject} takes {wanted}, found {}", given.len()), help);
        None
    }

    fn repeat(&mut self, repeat: ResolvedRepeat, given: &Bound, span: Span) -> (ShapedRepeat, Bound) {
        let ResolvedRepeat { name, count, body } = repeat;
        self.positive(&count, &format!("the count of {}", called(&name, "repeat")), span);
        let (body, results) = self.body(body, vec![given.clone()]);
        let end = results.into_iter().next().unwrap_or_default();
        let mut agreed = false;
        if let (Some(wanted), Some(found), false) = (&given.ty, &end.ty, given.doubtful || end.doubtful) {
            let help = format!(
                "every iteration runs on the result of the one before: let {} give `{}`",
                decides(&body).unwrap_or_else(|| end.from.clone()),
                display(&wanted.shape)
            );
            let text = ("a repeated block receives", "but hands on");
            agreed = self.agree(wanted, found, &end.from, span.into(), text, &help);
        }
        if !fits(count.least() * total(&body)) {
            let what = format!("{} has more numbers than fit a machine", called(&name, "repeat"));
            self.diagnostics.error(span, what, "repeat it less often, or take fewer features");
        }
        let carried = given.ty.clone().or(end.ty.clone()).unwrap_or_else(|| Type::real(vec![]));
        // what only constants decide is asserted, and taken for true; where they do not agree, nobody knows which is meant
        let known = given.ty.is_none() || agreed;
        let ty = if agreed { given.ty.clone() } else { end.ty.filter(|_| known) };
        let doubtful = given.doubtful || end.doubtful;
        let output = Bound { ty, from: String::new(), ports: given.ports.clone(), doubtful };
        let kind = name.label.clone();
        (ShapedRepeat { name, kind, of: None, count, carried, body, calls: 1 }, output)
    }

    /// A group, or a use of a block, on values.
    fn group(&mut self, group: ResolvedGroup, given: Vec<Bound>) -> (ShapedGroup, Vec<Bound>) {
        let ResolvedGroup { name, body, instance, .. } = group;
        self.path.push(name.key.clone());
        if let Some(instance) = &instance {
            let text = format!("in `{}`, a `{}`", self.path.join("."), instance.call);
            self.diagnostics.enter(text, instance.said.get());
        }
        let types: Option<Vec<Type>> = given.iter().map(|bound| bound.ty.clone()).collect();
        let description = instance.as_ref().map_or("group".into(), |instance| instance.call.clone());
        let use_kind = match (&instance, &types) {
            (Some(Instance { template, arguments, role, .. }), Some(inputs)) => Some(UseKind {
                template: *template,
                arguments: arguments.clone(),
                role: *role,
                inputs: inputs.clone(),
            }),
            _ => None,
        };
        let known = use_kind.as_ref().and_then(|kind| self.kinds.get(kind)).cloned();
        let kind = match (&instance, &known) {
            (_, Some(known)) => known[0].clone(),
            (Some(instance), None) => self.labels.take(&instance.kind),
            (None, None) => name.label.clone(),
        };
        let (mut body, results) = self.body(body, given);
        // uses of one kind are one function and one view, down to what is in them
        if let Some(known) = known {
            kinds(&mut body).into_iter().zip(&known[1..]).for_each(|(kind, known)| kind.clone_from(known));
        } else if let Some(use_kind) = use_kind {
            let inside = kinds(&mut body).into_iter().map(|kind| kind.clone());
            self.kinds.insert(use_kind, std::iter::once(kind.clone()).chain(inside).collect());
        }
        if let Some(instance) = &instance
            && self.diagnostics.leave()
        {
            instance.said.set(true);
        }
        self.path.pop();
        let of = |bound: &Bound| bound.ty.clone().unwrap_or_else(|| Type::real(vec![]));
        let outputs = results.iter().map(of).collect();
        let inputs = types.unwrap_or_default();
        let instance = instance.is_some();
        (ShapedGroup { name, kind, instance, description, inputs, outputs, body, calls: 1 }, results)
    }

    /// Says if a network gives more values than it declares, or fewer.
    pub(super) fn as_many(&mut self, outputs: &[Port], results: &[Bound], span: Span) {
        if outputs.len() == results.len() || results.is_empty() {
            return;
        }
        let (declared, found) = (outputs.len(), results.len());
        let values = if declared == 1 { "output" } else { "outputs" };
        let what = format!("{declared} {values} declared, but `forward` gives {found}");
        let help =
            "several outputs have names: `-> (next: [64], value: [1])`, and `forward` ends with `(a, b)`";
        self.diagnostics.error(outputs.last().map_or(span, |port| port.span), what, help);
    }

    /// An op on values: what it gives.
    fn op(&mut self, op: &'static dyn Op, attrs: &Attrs, given: &[Bound], span: Span) -> Vec<Bound> {
        let Some(types) = given.iter().map(|value| value.ty.as_ref()).collect::<Option<Vec<&Type>>>() else {
            return vec![];
        };
        let mut graph = Graph::default();
        let leaf = |(k, ty): (usize, &&Type)| graph.leaf_of(Kind::Input(k), (*ty).clone());
        let values: Vec<Value> = types.iter().enumerate().map(leaf).collect();
        let subject = format!("`{}`", op.name());
        let results = match graph.apply_all(op, attrs.clone(), &values) {
            Ok(results) => results,
            Err(Mismatch { input, what, expected, found, .. }) => {
                let from = given.get(input).map_or("", |value| &value.from);
                let what =
                    format!("expected {subject} to receive {expected} {what}, found {found} from {from}");
                self.diagnostics.error(span, what, "");
                return vec![];
            }
        };
        let from = given.first().map_or("", |value| &value.from);
        for deferred in std::mem::take(&mut graph.requirements) {
            self.assert(deferred, format!("expected {subject} to receive"), from, span.into(), "");
        }
        if !results.iter().all(|value| fits(numbers(graph.shape(*value)))) {
            let what = format!("{subject} has more numbers than fit a machine");
            self.diagnostics.error(span, what, "take fewer features, or fewer axes");
            return vec![];
        }
        results
            .iter()
            .map(|value| {
                let ty = Some(graph.ty(*value).clone());
                Bound { ty, from: subject.clone(), ports: vec![], doubtful: false }
            })
            .collect()
    }
}

impl Called {
    fn finished(self) -> ShapedMember {
        let calls = self.calls;
        match self.member {
            ShapedMember::Layer(layer) => ShapedMember::Layer(ShapedLayer { calls, ..layer }),
            ShapedMember::Repeat(repeat) => ShapedMember::Repeat(ShapedRepeat { calls, ..repeat }),
            ShapedMember::Group(group) => ShapedMember::Group(ShapedGroup { calls, ..group }),
        }
    }
}

/// The kinds of groups and repeats in a body, but for what is in uses of blocks, which are of one kind anyway.
fn kinds(body: &mut Body<ShapedMember>) -> Vec<&mut String> {
    let mut all = vec![];
    for member in &mut body.members {
        match member {
            ShapedMember::Repeat(ShapedRepeat { kind, of: None, body, .. })
            | ShapedMember::Group(ShapedGroup { kind, instance: false, body, .. }) => {
                all.push(kind);
                all.extend(kinds(body));
            }
            ShapedMember::Layer(_) | ShapedMember::Repeat(_) | ShapedMember::Group(_) => {}
        }
    }
    all
}

/// A group of nothing but uses of one block, each on what the one before it gives, is a repeat of that block.
fn in_a_row(mut group: ShapedGroup) -> ShapedMember {
    let follow = group.body.statements.iter().enumerate().all(|(number, statement)| {
        matches!(statement.callee, Callee::Member(member) if member == number)
            && statement.inputs == [Local(number)]
            && statement.outputs == 1
    });
    let count = group.body.members.len();
    let (follow, first) =
        (follow && group.body.statements.len() == count && count > 1, group.body.members.first());
    let Some(ShapedMember::Group(first)) = first.filter(|_| follow) else {
        return ShapedMember::Group(group);
    };
    let kind = first.kind.clone();
    let alike = |member: &ShapedMember| match member {
        ShapedMember::Group(other) => other.kind == kind && !other.name.declared && other.instance,
        _ => false,
    };
    if !group.body.members.iter().all(alike) {
        return ShapedMember::Group(group);
    }
    let Some(ShapedMember::Group(one)) = group.body.members.drain(..).next() else {
        unreachable!("there are two")
    };
    let carried = one.inputs.into_iter().next().unwrap_or_else(|| Type::real(vec![]));
    ShapedMember::Repeat(ShapedRepeat {
        name: group.name,
        kind,
        of: Some(one.description),
        count: Size::known(count),
        carried,
        body: one.body,
        calls: 1,
    })
}

/// The last layer that is told what to give.
fn decides(body: &Body<ShapedMember>) -> Option<String> {
    body.members.iter().rev().find_map(|member| match member {
        ShapedMember::Layer(ShapedLayer { name, layer, .. }) => {
            let told = layer.arguments().first().is_some_and(|row| row.default == Default::Required);
            let sizes = |row: &Argument| matches!(row.kind, ArgumentKind::Size | ArgumentKind::Shape);
            (told && layer.arguments().first().is_some_and(sizes)).then(|| called(name, layer.name()))
        }
        ShapedMember::Repeat(repeat) => decides(&repeat.body),
        ShapedMember::Group(group) => decides(&group.body),
    })
}

/// How many numbers the values and parameters of members have at least.
fn total(body: &Body<ShapedMember>) -> f64 {
    let one = |member: &ShapedMember| match member {
        ShapedMember::Layer(layer) => {
            let parameters: f64 = layer.parameters.iter().map(|p| numbers(&p.shape)).sum();
            parameters + numbers(&layer.output.shape)
        }
        ShapedMember::Repeat(repeat) => repeat.count.least() * total(&repeat.body),
        ShapedMember::Group(group) => total(&group.body),
    };
    body.members.iter().map(one).sum()
}
