//! How parameters begin, where the declaration says it: their shapes are known here.
use super::{ShapedLayer, Stage};
use crate::resolve::ResolvedInit;
use plywood_kernels::init::Fans;

impl Stage<'_> {
    /// Says how parameters begin, where the declaration does.
    pub(super) fn begin(&mut self, layer: &mut ShapedLayer, subject: &str, inits: Vec<ResolvedInit>) {
        for ResolvedInit { field, row, arguments, span } in inits {
            let Some(parameter) = layer.parameters.iter_mut().find(|p| p.name == field) else {
                let what = format!("{subject} has no `{field}` to begin with `{}`", row.name);
                self.diagnostics.error(span, what, format!("leave `{field}_init` out"));
                continue;
            };
            let axes = parameter.shape.len();
            if axes < row.axes {
                let name = row.name;
                let what = format!(
                    "`{name}` is for parameters of {} axes or more, but `{field}` of {subject} has {axes}",
                    row.axes
                );
                self.diagnostics.error(span, what, "write, for instance, `zeros` or `normal(std: 0.02)`");
                continue;
            }
            parameter.init = (row.init)(&arguments, &Fans::of(&parameter.shape));
        }
    }
}
