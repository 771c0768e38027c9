//! What stands around a struct's name: which attributes and which parameters a network has.
use crate::diagnostics::{Diagnostics, Place};
use quote::ToTokens;
use syn::{Attribute, GenericParam, Generics, Ident};

/// Traits that an expansion implements cannot be derived as well.
pub fn derives(attributes: &[Attribute], diagnostics: &mut Diagnostics) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if let Some(name) = ["Clone", "Debug", "PartialEq"].iter().find(|name| meta.path.is_ident(name)) {
                let what = format!("every network implements `{name}` already");
                diagnostics.error(Place::of(&meta.path), what, "leave it out of the `derive`");
            }
            Ok(())
        });
    }
}

/// The names of the const parameters; what else is declared there is said.
pub fn constants(generics: &Generics, diagnostics: &mut Diagnostics) -> Vec<Ident> {
    let mut constants = vec![];
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
                if constant.ident.to_string().starts_with(char::is_lowercase) {
                    let upper = constant.ident.to_string().to_uppercase();
                    let what =
                        format!("a const parameter is written in upper case, found `{}`", constant.ident);
                    diagnostics.error(constant.ident.span(), what, format!("call it `{upper}`"));
                }
                constants.push(unlike_scalar(&constant.ident));
            }
            other => {
                let help = "write `<const H: usize>` for a size; numbers are always `f32`";
                diagnostics.error(Place::of(other), "a network's parameters are sizes", help);
            }
        }
    }
    constants
}

/// What a const parameter is called in generated code, where `T` is the type of numbers.
pub fn unlike_scalar(name: &Ident) -> Ident {
    if name == "T" { Ident::new("T_", name.span()) } else { name.clone() }
}
