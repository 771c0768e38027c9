//! Tokens to a tree that keeps them: nothing is looked up here, and nothing is refused that has a form.
mod arguments;
pub mod ast;
mod field;
mod foreign;
mod forward;
mod header;
mod item;
mod module;
mod network;
mod part;
mod structure;
mod template;
mod value;

pub use foreign::{function_meant, of_tensor};
pub use module::{MODULE, module};
pub use network::{DECLARED, Declarations, network};
pub use structure::structure;

/// The value that tokens at that place are, with what is wrong with its form said.
pub fn value_in(tokens: proc_macro2::TokenStream, place: Place, diagnostics: &mut Diagnostics) -> ast::Value {
    let mut part = part::Part::of(&tokens, diagnostics);
    if tokens.is_empty() {
        part.error(place, "expected a value", "");
        return ast::Value::unread(place);
    }
    value::value_of(tokens, &mut part)
}

use crate::diagnostics::{Diagnostics, Place};
use syn::{Attribute, Meta};

/// Whether an attribute is `#[frozen]`; arguments that it does not take are said.
fn is_frozen(attribute: &Attribute, diagnostics: &mut Diagnostics) -> bool {
    let frozen = attribute.path().is_ident("frozen");
    if frozen && !matches!(attribute.meta, Meta::Path(_)) {
        diagnostics.error(
            Place::of(&attribute.meta),
            "`#[frozen]` stands before a layer by itself",
            "write `#[frozen]`",
        );
    }
    frozen
}
