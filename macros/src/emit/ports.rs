//! What a network takes and gives, as types: of one value an array, of several a struct with their names.
use super::{Target, array};
use crate::text::ident;
use plywood_kernels::shape::display;
use plywood_kernels::types::{Element, Type};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// A value of the signature.
#[derive(Clone)]
pub struct PortType {
    /// Its name; nothing where there is one.
    pub name: Option<Ident>,
    /// The array that one sample of it is.
    pub array: TokenStream,
}

impl PortType {
    /// Of a value of that name and type, batch first.
    pub fn of(name: Option<&Ident>, ty: &Type) -> PortType {
        PortType { name: name.cloned(), array: array(ty.element, &ty.shape[1..]) }
    }
}

/// The types of one side of a signature.
pub struct Side {
    /// The struct for several values, and that of their losses; at the invocation's scope.
    pub declaration: TokenStream,
    /// What one sample is: `[f32; 784]`, `NetInput<[f32; 4], [u32; 2]>`.
    pub sample: TokenStream,
    /// A batch that is lent: `&[[f32; 784]]`.
    pub batch: TokenStream,
    /// A batch that is owned.
    pub owned: TokenStream,
}

impl Side {
    /// What goes in.
    pub fn inputs(target: &Target, ports: &[PortType]) -> Side {
        Side::of(target, ports, "Input", quote! {})
    }
    /// What comes out.
    pub fn outputs(target: &Target, ports: &[PortType]) -> Side {
        let losses = format_ident!("{}Loss", target.name);
        Side::of(target, ports, "Output", quote! { , #losses })
    }

    fn of(target: &Target, ports: &[PortType], word: &str, losses: TokenStream) -> Side {
        let arrays: Vec<&TokenStream> = ports.iter().map(|port| &port.array).collect();
        if let [only] = arrays.as_slice() {
            let sample = quote! { #only };
            let (batch, owned) = (quote! { &[#sample] }, quote! { ply::Vec<#sample> });
            return Side { declaration: quote! {}, sample, batch, owned };
        }
        let (runtime, visibility) = (&target.runtime, target.visibility);
        let name = format_ident!("{}{word}", target.name);
        let fields = ports.iter().enumerate().map(|(number, port)| {
            let unnamed = ident(&format!("port_{number}"));
            let field = port.name.as_ref().unwrap_or(&unnamed);
            let [of, measured, compared] = ["P", "V", "T"].map(|word| format_ident!("{word}{number}_"));
            quote! { #field: #of #measured #compared }
        });
        let what = if word == "Input" { "What goes into" } else { "What comes out of" };
        let doc = format!(" {what} [`{}`], by name.", target.name);
        Side {
            declaration: quote! {
                #runtime::__private::ports! { #[doc = #doc] #visibility #name #losses { #(#fields),* } }
            },
            sample: quote! { #name<#(#arrays),*> },
            batch: quote! { #name<#(&[#arrays]),*> },
            owned: quote! { #name<#(ply::Vec<#arrays>),*> },
        }
    }
}

/// `[1, 28, 28]`, `(tokens: u32 [64], mask: [64])`
pub fn signature(ports: &[crate::shape::Port]) -> String {
    let one = |ty: &Type| match ty.element {
        Element::F32 => display(&ty.shape),
        element => format!("{element} {}", display(&ty.shape)),
    };
    match ports {
        [port] => one(&port.ty),
        ports => {
            let named = |port: &crate::shape::Port| {
                let name = port.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
                format!("{name}{}", one(&port.ty))
            };
            format!("({})", ports.iter().map(named).collect::<Vec<_>>().join(", "))
        }
    }
}
