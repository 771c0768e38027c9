//! What stands around a struct's name: which attributes and which parameters a network has.
use crate::diagnostics::{Diagnostics, Place};
use crate::text::UNKNOWN;
use plywood_kernels::shape::Size;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, GenericParam, Generics, Ident, TypeParam};

/// An attribute that takes the struct away would leave what is implemented for it.
pub fn conditions(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("cfg")) {
        let what = "`#[cfg]` in here reaches the struct alone, and nothing that is implemented for it";
        diagnostics.error(Place::of(attribute), what, "write it before `network!`");
    }
}

/// Traits that an expansion implements cannot be derived as well, and none can be of what it consists of.
pub fn derives(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        let _ = attribute.parse_nested_meta(|meta| {
            let name = meta.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            let (what, help) = match name.as_str() {
                "Clone" | "Debug" | "PartialEq" => {
                    (format!("every network implements `{name}` already"), "leave it out of the `derive`")
                }
                "Default" => (
                    "a network has no default".into(),
                    "leave it out: `Net::init(seed)` draws new parameters from a seed",
                ),
                "Copy" => (
                    "a network owns its parameters, and is not `Copy`".into(),
                    "leave it out, and call `clone`",
                ),
                "Serialize" | "Deserialize" => (
                    format!("a network does not derive `{name}`"),
                    "leave it out: `save` and `load` write and read safetensors files",
                ),
                _ => (
                    format!("a network does not derive `{name}`"),
                    "leave it out, and implement it by hand with `parameters()` or `named_parameters()`",
                ),
            };
            diagnostics.error(Place::of(&meta.path), what, help);
            Ok(())
        });
    }
}

/// A const parameter.
pub struct Parameter {
    /// What the user calls it, without `r#`.
    pub written: Ident,
    /// What generated code calls it.
    pub name: Ident,
}

impl Parameter {
    /// The size that it is.
    pub fn size(&self) -> Size {
        Size::symbol_shown(self.name.to_string(), self.written.to_string())
    }
}

/// The const parameters; what else is declared there is said.
pub fn parameters(generics: &Generics, diagnostics: &mut Diagnostics) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    if let Some(bounds) = &generics.where_clause {
        let help = "leave it out: what sizes must satisfy is asserted where a network is made";
        diagnostics.error(Place::of(bounds), "a network has no `where` clause", help);
    }
    for parameter in &generics.params {
        match parameter {
            GenericParam::Const(constant) => {
                if constant.ty.to_token_stream().to_string() != "usize" {
                    let what = format!("a size is a `usize`, found `{}`", constant.ty.to_token_stream());
                    diagnostics.error(
                        Place::of(&constant.ty),
                        what,
                        format!("write `const {}: usize`", constant.ident),
                    );
                } else if let Some((_, default)) = &constant.default {
                    let help = "name the size where the network is used: `Net::<64>::init(1)`";
                    diagnostics.error(Place::of(default), "a network's const parameter has no default", help);
                }
                let plain = constant.ident.unraw().to_string();
                if plain.starts_with(char::is_lowercase) {
                    let upper = plain.to_uppercase();
                    let what =
                        format!("a const parameter is written in upper case, found `{}`", constant.ident);
                    diagnostics.error(constant.ident.span(), what, format!("call it `{upper}`"));
                }
                declare(&mut parameters, &constant.ident, diagnostics);
            }
            GenericParam::Type(parameter) => {
                let help =
                    format!("write `const {}: usize` for a size; numbers are always `f32`", parameter.ident);
                diagnostics.error(Place::of(parameter), "a network's parameters are sizes", help);
                // what was meant as a size is one from here on
                if is_size(parameter) {
                    declare(&mut parameters, &parameter.ident, diagnostics);
                }
            }
            GenericParam::Lifetime(other) => {
                let help = "write `<const H: usize>` for a size; numbers are always `f32`";
                diagnostics.error(Place::of(other), "a network's parameters are sizes", help);
            }
        }
    }
    parameters
}

/// One more const parameter. Generated code calls it as the user does, unless something else is called so there: `T` is the
/// type of numbers, [`UNKNOWN`] a constant, and locals have small letters.
fn declare(parameters: &mut Vec<Parameter>, name: &Ident, diagnostics: &mut Diagnostics) {
    let written = name.unraw();
    if parameters.iter().any(|other| other.written == written) {
        let what = format!("the const parameter `{written}` is declared twice");
        diagnostics.error(name.span(), what, "give each size its own name");
    }
    let plain = written.to_string();
    let mut text = if plain.starts_with(char::is_lowercase) { plain.to_uppercase() } else { plain };
    while text == "T" || text == UNKNOWN || parameters.iter().any(|other| other.name == text) {
        text.push('_');
    }
    parameters.push(Parameter { written, name: Ident::new(&text, name.span()) });
}

/// Whether a type parameter was meant as a size: `H: usize`, and every one but `T`.
pub fn is_size(parameter: &TypeParam) -> bool {
    let bounds = parameter.bounds.to_token_stream().to_string();
    bounds == "usize" || bounds.is_empty() && parameter.ident != "T"
}
