//! What losses and optimizers have in common: numbers and choices that are fields, setters, and known by name.
use crate::text::tokens;
use plywood_kernels::hyperparameter::{Hyperparameter, Values};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The parts of a type with these hyperparameters.
pub struct Parts {
    /// Its fields.
    pub fields: Vec<TokenStream>,
    /// The parameters of its constructor.
    pub parameters: Vec<TokenStream>,
    /// Its fields with the constructor's parameters and the defaults.
    pub values: Vec<TokenStream>,
    /// A method per hyperparameter with a default, or per group of them.
    pub setters: Vec<TokenStream>,
    /// Its fields as a file of configuration has them, with what they are where it does not.
    pub tabled: Vec<TokenStream>,
    /// The body of a method that checks each by itself.
    pub checks: TokenStream,
}

fn name(h: &Hyperparameter) -> Ident {
    format_ident!("{}", h.name)
}
fn kind(h: &Hyperparameter) -> TokenStream {
    if h.is_flag() {
        quote! { bool }
    } else {
        quote! { f64 }
    }
}
/// Numbers that mean something, as the runtime names them.
pub fn range(values: Values) -> TokenStream {
    let name = format_ident!("{}", format!("{values:?}"));
    quote! { ::plywood_kernels::hyperparameter::Values::#name }
}
/// A number as the type's field holds it.
fn value(h: &Hyperparameter, value: f64) -> TokenStream {
    let yes = value != 0.0;
    if h.is_flag() {
        quote! { #yes }
    } else {
        quote! { #value }
    }
}
/// The field as a number, as formulas are printed with it.
pub fn text(h: &Hyperparameter) -> String {
    if h.is_flag() { format!("f64::from(self.{})", h.name) } else { format!("self.{}", h.name) }
}
/// The same as tokens.
pub fn number(h: &Hyperparameter) -> TokenStream {
    tokens(&text(h))
}
/// `0.9 if not set.`
fn doc(h: &Hyperparameter, default: f64) -> String {
    format!(" {} {} if not set.", h.doc, value(h, default).to_string().trim_end_matches("f64"))
}

pub fn parts(rows: &[Hyperparameter]) -> Parts {
    let fields = rows.iter().map(|h| {
        let (name, kind, doc) = (name(h), kind(h), format!(" {}", h.doc));
        quote! { #[doc = #doc] pub #name: #kind }
    });
    let tabled = rows.iter().map(|h| {
        let (name, default) = (name(h), h.default.map(|default| value(h, default)));
        let default = default.map(|value| quote! { = #value });
        quote! { #name #default }
    });
    let parameters = rows.iter().filter(|h| h.default.is_none()).map(|h| {
        let (name, kind) = (name(h), kind(h));
        quote! { #name: #kind }
    });
    let values = rows.iter().map(|h| {
        let name = name(h);
        h.default.map_or_else(
            || quote! { #name },
            |default| {
                let value = value(h, default);
                quote! { #name: #value }
            },
        )
    });
    let with_default: Vec<(&Hyperparameter, f64)> =
        rows.iter().filter_map(|h| Some((h, h.default?))).collect();
    let together = |a: &(&Hyperparameter, f64), b: &(&Hyperparameter, f64)| {
        a.0.setter.is_some() && a.0.setter == b.0.setter
    };
    let setters = with_default.chunk_by(together).map(|group| {
        let setter = format_ident!("{}", group[0].0.setter.unwrap_or(group[0].0.name));
        let names: Vec<Ident> = group.iter().map(|(h, _)| name(h)).collect();
        let kinds = group.iter().map(|(h, _)| kind(h));
        let docs = group.iter().map(|(h, default)| match group {
            [_] => doc(h, *default),
            _ => format!(" `{}`: {}", h.name, doc(h, *default).trim()),
        });
        quote! {
            #(#[doc = #docs] #[doc = ""])*
            #[must_use]
            pub fn #setter(self, #(#names: #kinds),*) -> Self {
                Self { #(#names,)* ..self }
            }
        }
    });
    let checks = rows.iter().map(|h| {
        let (name, values, number) = (h.name, range(h.values), number(h));
        quote! { crate::hyperparameters::check(#name, #values, #number)?; }
    });
    Parts {
        fields: fields.collect(),
        parameters: parameters.collect(),
        values: values.collect(),
        setters: setters.collect(),
        tabled: tabled.collect(),
        checks: checks.collect(),
    }
}

/// The implementation of `Hyperparameters` for `of`.
pub fn by_name(of: &Ident, rows: &[Hyperparameter]) -> TokenStream {
    let names: Vec<&str> = rows.iter().map(|h| h.name).collect();
    let numbers = rows.iter().map(number);
    let arms = rows.iter().map(|h| {
        let (text, field, values) = (h.name, name(h), range(h.values));
        let value = if h.is_flag() {
            quote! { value != 0.0 }
        } else {
            quote! { value }
        };
        quote! {
            #text => {
                crate::hyperparameters::check(#text, #values, value)?;
                self.#field = #value;
            }
        }
    });
    let list = match rows {
        [] => "nothing: it has no hyperparameters".to_owned(),
        _ => format!("one of `{}`", names.join("`, `")),
    };
    quote! {
        impl crate::hyperparameters::Hyperparameters for #of {
            fn hyperparameters(&self) -> ::std::vec::Vec<(&'static str, f64)> {
                ::std::vec![#((#names, #numbers)),*]
            }
            #[allow(unused_variables)]
            fn set_hyperparameter(&mut self, name: &str, value: f64) -> crate::Result<()> {
                match name {
                    #(#arms)*
                    _ => return Err(crate::hyperparameters::unknown(name, #list)),
                }
                #[allow(unreachable_code)]
                Ok(())
            }
        }
    }
}
