//! Rust text as tokens, and the identifiers of generated code: whatever writes Rust needs them.
use plywood_kernels::names::type_name;
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;

/// What generated code calls the size that is not known: a constant that is an error, so that the compiler says nothing of
/// what is made of it.
pub const UNKNOWN: &str = "UNKNOWN";

/// Rust text as tokens.
///
/// # Panics
/// If the emitter wrote something that is not Rust: a bug of the compiler.
pub fn tokens(text: &str) -> TokenStream {
    // most texts are sizes, and most sizes are numbers, which need no parser
    if let Ok(number) = text.parse::<usize>()
        && number.to_string() == text
    {
        return TokenTree::from(Literal::usize_unsuffixed(number)).into();
    }
    text.parse().unwrap_or_else(|error| panic!("the emitter wrote `{text}`: {error}"))
}
/// An identifier of generated code.
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
/// What a local of generated code is called for what the user calls so: without the mark of a raw name, and not as the word of
/// Rust's own that needs it.
pub fn local(name: &Ident) -> String {
    let word = name.unraw().to_string();
    if syn::parse_str::<Ident>(&word).is_ok() { word } else { format!("{word}_") }
}
/// `layer1` and `fc` as `LAYER1_FC`.
pub fn constant(path: &[&str]) -> String {
    path.join("_").to_uppercase()
}
/// `blocks_inner` and `Slots` as `BlocksInnerSlots`: a type of generated code's own, called otherwise than the network.
pub fn type_ident(path: &str, suffix: &str, network: &Ident) -> Ident {
    let name = format!("{}{suffix}", type_name(path));
    if network == &name { ident(&format!("{name}Own")) } else { ident(&name) }
}
