//! Random networks as code, for the repository's own tests: each is compiled like a declared one, run, and held against the
//! interpreter of its graph. They reach what no declaration can say yet.
mod blocks;
pub mod generate;

use crate::emit::{Code, code, memory, slots_field, table_of_entries, tokens};
use crate::lower::{Entry, frozen, total};
use generate::{Case, SYMBOLS};
use plywood_kernels::compiler::plan::{Function, Place, Role};
use plywood_kernels::compiler::prepare::prepare;
use plywood_kernels::compiler::{autodiff, fuse, plan, rewrite, root};
use plywood_kernels::graph::{Block, Kind, Value};
use plywood_kernels::listing::Listing;
use plywood_kernels::shape::{Size, elements};
use plywood_kernels::types::Element;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// A case compiled.
pub struct Compiled {
    /// Its parameters.
    pub entries: Vec<Entry>,
    /// Its graph, with the backward pass.
    pub differentiated: Block,
    /// Its graph in prediction.
    pub prediction: Block,
    /// The functions of training and prediction.
    pub functions: [Function; 2],
    /// What makes what the prediction reads besides, if it reads anything.
    pub prepared: Option<Function>,
}

/// Compiles the case of a seed as the pipeline compiles a network.
pub fn compile(seed: u64) -> Compiled {
    let Case { training, prediction, entries, asked } = Case::of(seed);
    let learns: Vec<bool> = frozen(&entries).into_iter().map(|frozen| !frozen).collect();
    let differentiated = autodiff::autodiff(&training, &learns, &asked);
    let parts = prepare(&prediction);
    let function = |block: &Block, role| plan::plan(&fuse::fuse(rewrite::readable(block)), role);
    let functions = [function(&differentiated, Role::Training), function(&parts.predict, Role::Prediction)];
    let prepared = parts.prepare.as_ref().map(|block| function(block, Role::Prediction));
    Compiled { entries, differentiated, prediction, functions, prepared }
}

/// `mod case_0 { … } …` for these seeds, and `CASES` of type `[Case; …]`, which stands beside the invocation.
pub fn modules(seeds: std::ops::Range<u64>) -> TokenStream {
    let names: Vec<Ident> = seeds.clone().map(|seed| format_ident!("case_{seed}")).collect();
    let modules = seeds.map(module);
    quote! {
        #(#modules)*
        /// The cases.
        pub static CASES: &[Case] = &[#(#names::CASE),*];
    }
}

fn module(seed: u64) -> TokenStream {
    let compiled = compile(seed);
    let Compiled { entries, differentiated, prediction, functions: [training, predict], prepared } =
        &compiled;
    let network = format_ident!("Network{seed}");
    let Code { layout, rules, items, constants, methods } =
        code(&network, &[], entries, &[training, predict]);
    let name = format_ident!("case_{seed}");
    let listings = [differentiated, prediction].map(|network| Listing { network: network.clone() }.write());
    let [graph, predicting] = listings;
    let table = table_of_entries(entries, &layout, &quote! { Code });
    let [trained, all] = [total(entries, false), &total(entries, false) + &total(entries, true)];
    let [trained, all] = [trained, all].map(|size| tokens(&size.rust()));
    let symbols = SYMBOLS.iter().map(|(name, value)| {
        let name = format_ident!("{name}");
        quote! { const #name: usize = #value; }
    });
    let pairs = SYMBOLS.iter().map(|(name, value)| quote! { (#name, #value) });
    let (train_body, predict_body) = (train(training), predicting_body(predict, prepared.is_some()));
    // a prediction may read a state that a step does not
    let states =
        if has(training, |kind| matches!(kind, Kind::State(_))) { states(training) } else { states(predict) };
    let (prepare_module, prepare_body) = preparing(prepared.as_ref(), entries, seed);
    let prepared_ranges = ranges(predict, "PREPARED", |kind| match kind {
        Kind::Prepared(number) => Some(*number),
        _ => None,
    });
    quote! {
        #[allow(dead_code, unused_variables, unused_mut, clippy::all)]
        mod #name {
            use super::{Case, Given, Made};
            use ::plywood::__private as ply;
            #(#symbols)*
            #rules
            #items
            struct Code;
            impl Code {
                #constants
                #states
                #prepared_ranges
                #methods
            }
            #prepare_module
            fn run<T: ply::Real>(given: &Given<'_, T>) -> Made<T> {
                let (cpu, random, n, p, state) = (given.cpu, given.random, given.n, given.parameters, given.state);
                let mut made = Made::default();
                #train_body
                #prepare_body
                #predict_body
                made
            }
            pub const CASE: Case = Case {
                seed: #seed,
                training: &[#(#graph),*],
                prediction: &[#(#predicting),*],
                symbols: &[#(#pairs),*],
                entries: #table,
                parameters: #all,
                trained: #trained,
                single: run::<f32>,
                double: run::<f64>,
            };
        }
    }
}

/// `const STATE_0: Range<usize> = 0..3;`, and as much for what is prepared.
fn states(function: &Function) -> TokenStream {
    ranges(function, "STATE", |kind| match kind {
        Kind::State(number) => Some(*number),
        _ => None,
    })
}

fn ranges(function: &Function, word: &str, number: fn(&Kind) -> Option<usize>) -> TokenStream {
    let graph = function.graph();
    let mut found: Vec<(usize, Value)> =
        graph.values().filter_map(|v| number(graph.kind(v)).map(|number| (number, v))).collect();
    found.sort_unstable();
    let mut at = Size::known(0);
    let constants = found.into_iter().map(|(number, value)| {
        let (name, end) = (format_ident!("{word}_{number}"), &at + &elements(graph.shape(value)));
        let (from, to) = (tokens(&at.rust()), tokens(&end.rust()));
        at = end;
        quote! { const #name: ply::Range<usize> = #from..#to; }
    });
    constants.collect()
}

/// The inputs as the functions take them.
fn inputs(function: &Function) -> Vec<TokenStream> {
    let block = &function.fused.block;
    let one = |(k, value): (usize, &Value)| match block.body.element(*value) {
        Element::F32 => quote! { &given.reals[#k] },
        Element::U32 => quote! { &given.indices[#k] },
    };
    block.inputs.iter().enumerate().map(one).collect()
}

fn has(function: &Function, is: fn(&Kind) -> bool) -> bool {
    function.graph().nodes().iter().any(|node| is(&node.kind))
}

/// Memory for a function, poisoned, and the slots in it.
fn slots(function: &Function, word: &str) -> (TokenStream, TokenStream) {
    let ty = format_ident!("{word}");
    let works = match function.role {
        Role::Training => !function.slots.is_empty(),
        _ => Element::ALL.into_iter().any(|element| function.works_in(element, false)),
    };
    if !works {
        return (quote! {}, quote! {});
    }
    let mut parts = quote! {};
    let mut bound = quote! {};
    for (element, name) in [(Element::F32, "memory"), (Element::U32, "index_memory")] {
        if element == Element::U32 && function.slots.iter().all(|slot| slot.element != element) {
            continue;
        }
        if function.slots.iter().all(|slot| slot.element != element) {
            let name = format_ident!("{name}");
            bound.extend(quote! { let mut #name: Vec<T> = vec![]; });
            parts.extend(quote! { &mut #name, });
            continue;
        }
        let (name, length) = (format_ident!("{name}"), memory(&function.slots_length(element)));
        let poison = match element {
            Element::F32 => quote! { T::from_f64(f64::NAN) },
            Element::U32 => quote! { u32::MAX },
        };
        bound.extend(quote! { let mut #name = vec![#poison; #length.floats(n)]; });
        parts.extend(quote! { &mut #name, });
    }
    bound.extend(quote! { let s = &mut #ty::of(#parts n); });
    (bound, quote! { s, })
}

fn train(function: &Function) -> TokenStream {
    let block = &function.fused.block;
    let reverse = block.reverse.as_ref().expect("a network that trains");
    let (memory, s) = slots(function, "Slots");
    let inputs = inputs(function);
    let reads_state = has(function, |kind| matches!(kind, Kind::State(_)));
    let state = reads_state.then(|| quote! { state, });
    let next = (!block.states.is_empty()).then(|| quote! { &mut made.next_state, });
    let slot = |value: Value, write: bool| slots_field(function, root(&block.body, value), write);
    let outputs = block.outputs.iter().filter(|y| block.body.element(**y).is_real()).map(|y| {
        let y = slot(*y, false);
        quote! { made.outputs.push((#y).to_vec()); }
    });
    let seeds = reverse.seeds.iter().enumerate().filter_map(|(k, seed)| {
        let d = slot((*seed)?, true);
        Some(quote! { (#d).copy_from_slice(&given.seeds[#k]); })
    });
    let gradients = reverse.inputs.iter().enumerate().filter_map(|(k, gradient)| {
        let value = root(&block.body, (*gradient)?);
        let d = match function.places.get(&value) {
            Some(Place::Slot(_)) => slots_field(function, value, false),
            other => unreachable!("the gradient of an input is in a slot, not in {other:?}"),
        };
        Some(quote! { made.inputs.push((#k, (#d).to_vec())); })
    });
    quote! {
        #memory
        made.next_state = vec![T::from_f64(f64::NAN); state.len()];
        Code::forward(cpu, random, p, #state #next #s #(#inputs,)* n);
        #(#outputs)*
        #(#seeds)*
        made.gradient = vec![T::from_f64(f64::NAN); given.trained];
        let mut to = ::plywood::ops::Stored { parameters: p, gradient: &mut made.gradient, accumulate: false };
        Code::backward(cpu, random, &mut to, #state #s #(#inputs,)* n);
        #(#gradients)*
    }
}

fn predicting_body(function: &Function, prepared: bool) -> TokenStream {
    let block = &function.fused.block;
    let (memory, s) = slots(function, "SlotsToPredict");
    let inputs = inputs(function);
    let state = has(function, |kind| matches!(kind, Kind::State(_))).then(|| quote! { state, });
    let prepared = prepared.then(|| quote! { &prepared, });
    let mut names = vec![];
    let mut bound = quote! {};
    for (k, output) in block.outputs.iter().enumerate() {
        let name = format_ident!("y_{k}");
        let len = tokens(&function.length(*output).rust());
        bound.extend(quote! { let mut #name = vec![T::from_f64(f64::NAN); #len]; });
        names.push(name);
    }
    quote! {
        {
            #memory
            #bound
            Code::predict(cpu, p, #state #prepared #s #(#inputs,)* #(&mut #names,)* n);
            #(made.predicted.push(#names);)*
        }
    }
}

/// The function that prepares, in a module of its own, and its call.
fn preparing(function: Option<&Function>, entries: &[Entry], seed: u64) -> (TokenStream, TokenStream) {
    let Some(function) = function else { return (quote! {}, quote! {}) };
    let network = format_ident!("Preparing{seed}");
    let Code { rules, items, constants, methods, .. } = code(&network, &[], entries, &[function]);
    let (states, body) = (states(function), predicting_body(function, false));
    let module = quote! {
        mod preparing {
            use super::*;
            #rules
            #items
            struct Code;
            impl Code {
                #constants
                #states
                #methods
            }
            pub fn run<T: ply::Real>(given: &Given<'_, T>) -> Vec<T> {
                let (cpu, n, p, state) = (given.cpu, given.n, given.parameters, given.state);
                let mut made = Made::default();
                #body
                made.predicted.concat()
            }
        }
    };
    (module, quote! { let prepared = preparing::run(given); })
}
