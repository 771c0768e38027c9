//! Parameters that a layer has in common with another: `out: Linear(1000, weight: embed.weight)`.
use super::Resolver;
use crate::diagnostics::Place;
use crate::sizes::written;
use crate::syntax::ast::ArgumentDecl;
use plywood_kernels::layers::Layer;
use syn::{Expr, Ident, Member};

/// `weight: embed.weight`
pub struct SharedParameter {
    /// The parameter of the layer that says it.
    pub field: &'static str,
    /// The layer that has it.
    pub layer: Ident,
    /// What that layer calls it.
    pub parameter: Ident,
    /// Where it stands.
    pub place: Place,
}

/// The parameter of a layer that an argument shares: one that is told another layer's.
pub(super) fn shares(layer: &dyn Layer, argument: &ArgumentDecl) -> Option<&'static str> {
    let name = argument.name.as_ref()?;
    let field = layer.fields().iter().copied().find(|field| name == field)?;
    matches!(argument.value, Expr::Field(_)).then_some(field)
}

impl Resolver<'_> {
    /// What `weight: embed.weight` says.
    pub(super) fn shared(
        &mut self,
        field: &'static str,
        argument: &ArgumentDecl,
        so_far: &[SharedParameter],
    ) -> Option<SharedParameter> {
        let place = Place::of(&argument.value);
        let Expr::Field(value) = &argument.value else { return None };
        let (Expr::Path(base), Member::Named(parameter)) = (&*value.base, &value.member) else {
            let what = format!("expected a layer and its parameter, found `{}`", written(&argument.value));
            let help = "a parameter is shared by a layer beside the one that has it, in the same braces: `weight: embed.weight`";
            self.diagnostics.error(place, what, help);
            return None;
        };
        let Some(layer) = base.path.get_ident() else {
            let what = format!("expected a layer and its parameter, found `{}`", written(&argument.value));
            self.diagnostics.error(place, what, "write `weight: embed.weight`");
            return None;
        };
        if so_far.iter().any(|shared| shared.field == field) {
            let what = format!("the argument `{field}` is given twice");
            self.diagnostics.error(place, what, "write it once");
            return None;
        }
        Some(SharedParameter { field, layer: layer.clone(), parameter: parameter.clone(), place })
    }
}
