//! A planned network to Rust that a person can read. Nothing here changes a graph.
//!
//! Types stand where the declaration stands; everything else is in one `const _`, reached through one alias, so that
//! an expansion works inside functions and beside any other names.
mod constants;
mod context;
mod describe;
mod function;
mod layout;
mod model;
mod offsets;
mod passes;
pub mod ports;
pub mod rules;
mod run;
mod run_back;
mod step;
mod tables;
pub mod views;

use crate::assertions::Assertion;
use crate::constants::{Constants, Number};
use crate::lines::Line;
use crate::parameters::Parameters;
use crate::resolve::Header;
use crate::shape::Port;
use crate::text::{ident, tokens, type_ident};
use plywood_kernels::compiler::plan::{Function, Purpose};
use plywood_kernels::graph::Block;
use plywood_kernels::types::Element;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashSet;
use syn::{Attribute, Visibility};

pub use constants::HeldConstants;
#[cfg(any(test, feature = "graphs"))]
pub use passes::Passes;
pub use passes::{Functions, passes};
#[cfg(any(test, feature = "graphs"))]
pub use tables::entries as table_of_entries;

/// All that is known of a network when it is emitted.
pub struct Planned {
    /// What stands before the layers.
    pub header: Header,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// What is left to assert.
    pub assertions: Vec<Assertion>,
    /// The parameters.
    pub parameters: Parameters,
    /// The lines of its table.
    pub lines: Vec<Line>,
    /// The graph that trains.
    pub differentiated: Block,
    /// The graph that predicts.
    pub forward: Block,
    /// Its functions.
    pub functions: Functions,
}

/// The names that everything emitted for a network needs.
pub struct Target<'a> {
    /// The network.
    pub name: &'a Ident,
    /// Its doc comments and other attributes.
    pub attributes: &'a [Attribute],
    /// Its visibility.
    pub visibility: &'a Visibility,
    /// The runtime: `::plywood`.
    pub runtime: TokenStream,
    /// Its const parameters' names.
    pub constants: &'a [Ident],
    /// The constants in its sizes.
    pub symbols: &'a Constants,
    /// `const H: usize`, …
    pub generics: Vec<TokenStream>,
    /// `H`, …
    pub arguments: Vec<TokenStream>,
}

impl<'a> Target<'a> {
    /// The names in a header.
    pub fn of(header: &'a Header) -> Target<'a> {
        let runtime = header.runtime.as_ref().map_or_else(|| quote! { ::plywood }, |path| quote! { #path });
        let generics = header.constants.iter().map(|c| quote! { const #c: usize }).collect();
        let arguments = header.constants.iter().map(|c| quote! { #c }).collect();
        Target {
            name: &header.name,
            attributes: &header.attributes,
            visibility: &header.visibility,
            runtime,
            constants: &header.constants,
            symbols: &header.symbols,
            generics,
            arguments,
        }
    }
    /// The lints that are allowed, or expected, for the network: what is generated for it is part of it.
    pub fn allowed(&self) -> TokenStream {
        let lints =
            self.attributes.iter().filter(|a| a.path().is_ident("allow") || a.path().is_ident("expect"));
        let lints = lints.filter_map(|attribute| attribute.meta.require_list().ok()).map(|list| &list.tokens);
        quote! { #(#[allow(#lints)])* }
    }
    /// A type of generated code's own.
    pub fn own(&self, suffix: &str) -> Ident {
        type_ident("", suffix, self.name)
    }
    /// `<const H: usize>`, or nothing.
    pub fn declared(&self) -> TokenStream {
        let generics = &self.generics;
        if generics.is_empty() {
            quote! {}
        } else {
            quote! { <#(#generics),*> }
        }
    }
    /// `<H>`, or nothing.
    pub fn applied(&self) -> TokenStream {
        let arguments = &self.arguments;
        if arguments.is_empty() {
            quote! {}
        } else {
            quote! { <#(#arguments),*> }
        }
    }
}

/// A shape as Rust's array type: `[1, 28, 28]` as `[[[f32; 28]; 28]; 1]`.
pub fn array(element: Element, sizes: &[plywood_kernels::shape::Size]) -> TokenStream {
    let number = ident(element.name());
    sizes.iter().rev().fold(quote! { #number }, |inner, size| {
        let size = tokens(&size.rust());
        quote! { [#inner; #size] }
    })
}

/// A network's functions, and what they name.
pub struct Code {
    /// Where its parameters lie.
    pub layout: layout::Layout,
    /// The rules that it declares itself.
    pub rules: TokenStream,
    /// The structs that divide memory.
    pub items: TokenStream,
    /// The constants of the hidden type: ranges of parameters.
    pub constants: TokenStream,
    /// The methods of the hidden type.
    pub methods: TokenStream,
}

/// The functions of a network that is called `name`, with these parameters and these constants in its formulas.
pub fn code(
    name: &Ident,
    constants: &[Ident],
    numbers: &[Number],
    parameters: &Parameters,
    functions: &[&Function],
) -> Code {
    let (layout, ranges) = layout::layout(parameters);
    let mut rules = rules::Rules::new(name, numbers);
    let mut emitted = function::Emitted::default();
    for function in functions {
        let mut context = context::Context {
            function,
            layout: &layout,
            rules: &mut rules,
            names: &mut context::Names::default(),
            path: String::new(),
            training: function.purpose == Purpose::Training,
            bound: HashSet::new(),
            network: name,
            constants,
        };
        function::emit(&mut context, &mut emitted);
    }
    let function::Emitted { items, methods } = emitted;
    Code { layout, rules: rules.into_tokens(), items, constants: ranges, methods }
}

/// The hidden type that the functions of a network are methods of.
#[cfg(any(test, feature = "graphs"))]
pub fn own_type(network: &Ident) -> Ident {
    type_ident("", context::CODE, network)
}

/// The whole expansion.
pub fn emit(planned: &Planned) -> TokenStream {
    let Planned { header, parameters, functions, .. } = planned;
    let target = Target::of(header);
    let Code { layout, rules, items, constants, methods } =
        code(target.name, target.constants, target.symbols.arithmetic(), parameters, &functions.all());
    let passes = passes(target.name, target.constants, functions);
    let places = &passes.places;
    let views = views::views(&target, parameters);
    let (types, constructors) = (views.types, views.constructors);
    let model = model::model(planned, &target, &layout, &passes);
    let model::Model { declaration, assertions, implementations, degree } = model;
    let HeldConstants { guards, locals } = target.held_constants(degree, None);
    let (declared, applied) = (target.declared(), target.applied());
    let (runtime, code, allowed) = (&target.runtime, target.own(context::CODE), target.allowed());
    quote! {
        #declaration
        #guards
        #types
        // nothing in here can meet a name of the user's
        #allowed
        #[allow(dead_code, unreachable_pub, unused_variables, unused_qualifications, clippy::all, clippy::pedantic)]
        const _: () = {
            use #runtime::__private as ply;
            #locals
            #assertions
            struct #code #declared;
            impl #declared #code #applied {
                #methods
                #constants
                #places
            }
            #items
            #rules
            #constructors
            #implementations
        };
    }
}
