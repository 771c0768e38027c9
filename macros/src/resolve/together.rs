//! Arguments of which each is right by itself, and which are wrong together.
use super::Resolver;
use super::callee::{Callee, example};
use crate::diagnostics::Place;
use plywood_kernels::layers::{Arguments, Default, Together};

impl Resolver<'_> {
    /// Says what is wrong between arguments that were read; `places` are those of the given ones.
    pub(super) fn together(
        &mut self,
        callee: &Callee,
        arguments: &Arguments,
        places: &[(&'static str, Place)],
    ) {
        let place = |name: &str| places.iter().find(|(n, _)| *n == name).map(|(_, place)| *place);
        let Callee { word, rows, together, span, .. } = *callee;
        if rows.iter().any(|row| row.default == Default::Required && place(row.name).is_none()) {
            return;
        }
        for Together { arguments: names, words, .. } in together.iter().filter(|t| !(t.holds)(arguments)) {
            let (given, left): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| place(name).is_some());
            let text = |names: Vec<&str>| {
                let value = |name: &str| arguments.0.iter().find(|(n, _)| *n == name).map(|(_, given)| given);
                let texts = names.iter().filter_map(|name| Some(format!("`{name}: {}`", value(name)?)));
                texts.collect::<Vec<_>>().join(" and ")
            };
            let subject = names[0];
            let mut what = format!("`{subject}` of `{word}` must be {words}");
            let help = if given.is_empty() {
                let value = rows.iter().find(|row| row.name == subject).map_or("", example);
                format!("write, for instance, `{word}({subject}: {value})`")
            } else {
                what += &format!(", found {}", text(given));
                match text(left) {
                    left if left.is_empty() => "exchange them, or change one".into(),
                    left => format!("what is not given is {left}"),
                }
            };
            self.diagnostics.error(
                names.iter().find_map(|name| place(name)).unwrap_or(span.into()),
                what,
                help,
            );
        }
    }
}
