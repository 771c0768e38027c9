//! Parameters that a layer has in common with one beside it.
use super::{Called, ShapedLayer, ShapedMember, Stage, called};
use crate::diagnostics::{Place, suggestion};
use crate::resolve::{Member, SharedParameter};
use plywood_kernels::layers::Parameter;
use plywood_kernels::shape::Size;
use plywood_kernels::types::Type;
use proc_macro2::Span;
use syn::ext::IdentExt;

/// A parameter of a layer that is another's.
#[derive(Clone)]
pub struct Shared {
    /// What the layer calls it, and its shape.
    pub row: Parameter,
    /// The member that has it, by its number in the body.
    pub member: usize,
    /// What that member calls it.
    pub parameter: &'static str,
}

/// What stands beside a layer in its body.
pub(super) struct Beside {
    name: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Layer,
    /// A group, a use of a block, a `repeat`.
    Several,
    /// What could not be read, which has been said.
    Unknown,
}

impl Beside {
    /// A member.
    pub(super) fn of(member: &Member) -> Beside {
        let (name, kind) = match member {
            Member::Layer(layer) if layer.doubtful => (&layer.name, Kind::Unknown),
            Member::Layer(layer) => (&layer.name, Kind::Layer),
            Member::Repeat(repeat) => (&repeat.name, Kind::Several),
            Member::Group(group) => (&group.name, Kind::Several),
            Member::Unknown(layer) => (&layer.name, Kind::Unknown),
        };
        let name = if name.declared { name.key.clone() } else { String::new() };
        Beside { name, kind }
    }
}

/// A parameter that was found for one that is shared.
pub(super) struct Found {
    field: &'static str,
    shared: Shared,
    /// `embed.weight`
    written: String,
    place: Place,
}

impl Stage<'_> {
    /// The parameters beside `member` that it shares.
    pub(super) fn shared_of(
        &mut self,
        member: &Member,
        beside: &[Beside],
        called: &[Option<Called>],
    ) -> Vec<Found> {
        let Member::Layer(layer) = member else { return vec![] };
        let mut found = vec![];
        for wanted in &layer.shared {
            let word = wanted.layer.unraw().to_string();
            if layer.name.key == word {
                let what = format!("`{word}` shares a parameter with itself");
                self.diagnostics.error(wanted.layer.span(), what, "name the layer that has it");
                continue;
            }
            let at = beside.iter().position(|one| one.name == word);
            let applied = at.and_then(|at| match &called[at].as_ref()?.member {
                ShapedMember::Layer(layer) => Some(layer),
                _ => None,
            });
            found.extend(self.found(wanted, at.map(|at| (at, beside[at].kind, applied)), beside));
        }
        found
    }

    /// The parameter that is wanted, of the member of that number.
    fn found(
        &mut self,
        wanted: &SharedParameter,
        at: Option<(usize, Kind, Option<&ShapedLayer>)>,
        beside: &[Beside],
    ) -> Option<Found> {
        let SharedParameter { field, layer: word, parameter, place } = wanted;
        let span = word.span();
        let Some((member, kind, layer)) = at else {
            let names = beside.iter().filter(|one| one.kind == Kind::Layer && !one.name.is_empty());
            let help = suggestion(&word.to_string(), "layer", names.map(|one| one.name.as_str()));
            self.diagnostics.error(span, format!("there is no layer `{word}` beside this one"), help);
            return None;
        };
        let layer = match (kind, layer) {
            (Kind::Unknown, _) => return None,
            (Kind::Several, _) => {
                let what = format!("`{word}` is several layers, and a parameter is shared by a layer beside");
                self.diagnostics.error(span, what, "write both layers in the same braces");
                return None;
            }
            (Kind::Layer, None) => {
                let what = format!("`{word}` is applied after the layer that shares its `{parameter}`");
                self.diagnostics.error(span, what, "let the one that is applied first have the parameter");
                return None;
            }
            (Kind::Layer, Some(layer)) => layer,
        };
        let own = layer.parameters.iter().find(|row| parameter == row.name);
        let shared = layer.shared.iter().find(|shared| parameter == shared.row.name);
        let shared = match (own, shared) {
            (Some(row), _) => Shared { row: row.clone(), member, parameter: row.name },
            (None, Some(shared)) => shared.clone(),
            (None, None) => {
                let own = layer.parameters.iter().map(|row| row.name);
                let names: Vec<&str> = own.chain(layer.shared.iter().map(|shared| shared.row.name)).collect();
                let what = format!("`{word}` has no parameter `{parameter}`");
                let help = match names.is_empty() {
                    true => format!("`{word}` has no parameters"),
                    false => suggestion(&parameter.to_string(), "parameter", names.into_iter()),
                };
                self.diagnostics.error(parameter.span(), what, help);
                return None;
            }
        };
        Some(Found { field, shared, written: format!("{word}.{parameter}"), place: *place })
    }

    /// Takes the parameters that were found in place of a layer's own.
    pub(super) fn share(&mut self, layer: &mut ShapedLayer, found: Vec<Found>, frozen: Option<Span>) {
        let subject = called(&layer.name, layer.layer.name());
        let shares = !found.is_empty();
        for Found { field, shared, written, place } in found {
            let Some(at) = layer.parameters.iter().position(|row| row.name == field) else {
                let what = format!("{subject} has no `{field}` to share");
                self.diagnostics.error(place, what, format!("leave `{field}` out"));
                continue;
            };
            let row = layer.parameters[at].clone();
            let [wanted, given] =
                [&row, &shared.row].map(|row| Type::real([&[Size::batch()], row.shape.as_slice()].concat()));
            let text = (format!("`{field}` of {subject} is"), "but what it shares is");
            let help = "a shared parameter has one shape: let the layers agree";
            self.agree(&wanted, &given, &format!("`{written}`"), place, (&text.0, text.1), help);
            if row.sparse && !shared.row.sparse {
                let what = format!("{subject} is `sparse`, and `{written}`, which it shares, is not");
                self.diagnostics.error(place, what, "say `sparse` where the parameter is");
            }
            layer.parameters.remove(at);
            layer.description = match layer.description.strip_suffix(')') {
                Some(told) => format!("{told}, {field}: {written})"),
                None => format!("{}({field}: {written})", layer.description),
            };
            layer.shared.push(Shared { row, ..shared });
        }
        if let Some(place) = frozen.filter(|_| shares && layer.parameters.is_empty()) {
            let what = format!("{subject} has no parameters of its own to freeze");
            self.diagnostics.error(place, what, "write `#[frozen]` before the layer that has them");
        }
    }
}
