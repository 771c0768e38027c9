//! Tokens to a tree that keeps them: nothing is looked up here, and nothing is refused that has a form.
mod arguments;
pub mod ast;
mod foreign;
mod header;
mod network;
mod part;
mod structure;

pub use network::network;
pub use structure::structure;

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
