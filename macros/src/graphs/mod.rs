//! Random networks as code, and some built by hand, for the repository's own tests: each is compiled like a declared one,
//! run, and held against the interpreter of its graph. They reach what no declaration can say.
mod blocks;
pub mod generate;
pub mod shared;
#[cfg(test)]
pub mod uses;

use crate::emit::{Code, Functions, Passes, code, own_type, passes, table_of_entries};
use crate::parameters::Parameters;
use crate::pipeline;
use crate::role::Role;
use crate::text::tokens;
use generate::{Case, SYMBOLS};
use plywood_kernels::compiler::autodiff;
use plywood_kernels::graph::{Block, Value};
use plywood_kernels::listing::Listing;
use plywood_kernels::types::Element;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use std::ops::Range;

/// A case compiled.
pub struct Compiled {
    /// Its parameters.
    pub entries: Parameters,
    /// Its graph, with the backward pass.
    pub differentiated: Block,
    /// Its graph in prediction.
    pub prediction: Block,
    /// Its functions.
    pub functions: Functions,
}

/// Compiles a case as the pipeline compiles a network.
pub fn compile(case: Case) -> Compiled {
    let Case { training, prediction, entries, asked } = case;
    let differentiated = autodiff::autodiff(&training, &entries.learn(), &asked);
    let functions = pipeline::functions(&differentiated, &prediction);
    Compiled { entries, differentiated, prediction, functions }
}

/// `mod case_0 { … } …` for these seeds and for what was built by hand, and `CASES` of type `[Case; …]`, which stands beside
/// the invocation.
pub fn modules(seeds: Range<u64>) -> TokenStream {
    let random = seeds.map(|seed| (format!("case_{seed}"), Case::of(seed)));
    of_cases(random.chain(shared::cases()))
}

/// As [`modules`], of cases with their names.
pub fn of_cases(cases: impl Iterator<Item = (String, Case)>) -> TokenStream {
    let (names, modules): (Vec<Ident>, Vec<TokenStream>) = cases
        .enumerate()
        .map(|(number, (name, case))| (format_ident!("{name}"), module(number as u64, &name, case)))
        .unzip();
    quote! {
        #(#modules)*
        /// The cases.
        pub static CASES: &[Case] = &[#(#names::CASE),*];
    }
}

fn module(number: u64, name: &str, case: Case) -> TokenStream {
    let compiled = compile(case);
    let Compiled { entries, differentiated, prediction, functions } = &compiled;
    let network = format_ident!("Network{number}");
    let Code { layout, rules, items, constants, methods } =
        code(&network, &[], &[], entries, &functions.all());
    let Passes { places, constants: sizes, functions: passes } = passes(&network, &[], functions);
    let (module, own) = (format_ident!("{name}"), own_type(&network));
    let listings = [differentiated, prediction].map(|network| Listing { network: network.clone() }.write());
    let [graph, predicting] = listings;
    let table = table_of_entries(entries, &layout, &quote! { #own });
    let trained = entries.len(Role::Trained).clone();
    let all = &trained + entries.len(Role::Frozen);
    let [trained, all] = [trained, all].map(|size| tokens(&size.rust()));
    let symbols = SYMBOLS.iter().map(|(name, value)| {
        let name = format_ident!("{name}");
        quote! { const #name: usize = #value; }
    });
    let pairs = SYMBOLS.iter().map(|(name, value)| quote! { (#name, #value) });
    let body = body(functions);
    quote! {
        #[allow(dead_code, unused_variables, unused_mut, clippy::all)]
        mod #module {
            use super::{Case, Given, Made};
            use ::plywood::__private as ply;
            use ::plywood::WorkingMemory;
            #(#symbols)*
            #rules
            #items
            struct #own;
            impl #own {
                #constants
                #places
                #methods
            }
            /// What `Network` has of it.
            struct Passes;
            impl Passes {
                #sizes
                #passes
            }
            fn run<T: ply::Real>(given: &Given<'_, T>) -> Made<T> {
                #body
            }
            pub const CASE: Case = Case {
                name: #name,
                seed: #number,
                training: &[#(#graph),*],
                prediction: &[#(#predicting),*],
                symbols: &[#(#pairs),*],
                numbers: &[],
                entries: #table,
                parameters: #all,
                trained: #trained,
                single: run::<f32>,
                double: run::<f64>,
            };
        }
    }
}

/// A step and a prediction as sessions run them, in memory that begins as what is not a number.
fn body(functions: &Functions) -> TokenStream {
    let block = &functions.training.fused.block;
    let inputs = block.inputs.iter().enumerate().map(|(k, value)| match block.body.element(*value) {
        Element::F32 => quote! { ply::Flat::Real(&given.reals[#k]) },
        Element::U32 => quote! { ply::Flat::Index(&given.indices[#k]) },
    });
    let is_real = |y: &(usize, &Value)| block.body.element(*y.1).is_real();
    let seeds = block.outputs.iter().enumerate().filter(is_real).map(|(k, _)| quote! { &given.seeds[#k] });
    let lengths = functions.prediction.fused.block.outputs.iter();
    let lengths = lengths.map(|y| tokens(&functions.prediction.length(*y).rust()));
    let asked = block.reverse.as_ref().map_or(&[][..], |reverse| &reverse.inputs);
    let asked: Vec<usize> = (0..asked.len()).filter(|k| asked[*k].is_some()).collect();
    let asked = (!asked.is_empty()).then(|| {
        quote! {
            Passes::lend_input_gradients(s, n, |ds| {
                made.inputs = [#(#asked),*].into_iter().zip(ds.iter().map(|d| d.to_vec())).collect();
            });
        }
    });
    let prepare = functions.preparation.as_ref().map(|_| {
        quote! { Passes::prepare(cpu, p, state, &mut prepared); }
    });
    quote! {
        let (cpu, n, p, state) = (given.cpu, given.n, given.parameters, given.state);
        let pass = &ply::Pass { cpu, random: given.random, inputs: &[#(#inputs),*], n };
        let nothing = T::from_f64(f64::NAN);
        let mut made = Made::default();
        made.next_state = vec![nothing; Passes::STATE];
        let mut memory = ply::Arena::of(Passes::TRAIN, n);
        memory.fill(nothing);
        let s = &mut Passes::slots(&mut memory, n);
        Passes::forward(pass, p, state, &mut made.next_state, s);
        Passes::outputs(s, n, |ys, ds| {
            made.outputs = ys.iter().map(|y| y.to_vec()).collect();
            ds.iter_mut().zip([#(#seeds),*]).for_each(|(d, seed)| d.copy_from_slice(seed));
        });
        made.gradient = vec![nothing; given.trained];
        let mut to = ::plywood::ops::Stored { parameters: p, gradient: &mut made.gradient, accumulate: false };
        Passes::backward(pass, state, &mut ::plywood::ops::WithInputs::beside(p, &mut to), s);
        #asked
        let mut prepared = vec![nothing; Passes::PREPARED];
        #prepare
        let mut memory = ply::Arena::of(Passes::PREDICT, n);
        memory.fill(nothing);
        made.predicted = [#(#lengths),*].map(|len| vec![nothing; len]).into();
        let mut ys: Vec<&mut [T]> = made.predicted.iter_mut().map(|y| &mut y[..]).collect();
        Passes::predict_with(pass, p, state, &prepared, &mut memory, &mut ys);
        made
    }
}
