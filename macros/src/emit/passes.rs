//! What a session calls: the parts of `Network` that divide memory, run the functions and lend what they leave.
use super::context::{CODE, PREDICT_SLOTS, PREPARE_SLOTS, SLOTS};
use super::offsets::Offsets;
use crate::text::{ident, tokens, type_ident};
use plywood_kernels::compiler::plan::{Function, Place};
use plywood_kernels::compiler::root;
use plywood_kernels::graph::{Block, Kind, Value};
use plywood_kernels::shape::{Size, elements};
use plywood_kernels::types::Element;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use std::collections::BTreeMap;

/// The functions of a network.
pub struct Functions {
    /// Forward and backward.
    pub training: Function,
    /// Forward alone.
    pub prediction: Function,
    /// What makes what the prediction reads besides, if it reads anything.
    pub preparation: Option<Function>,
}

impl Functions {
    /// Each of them.
    pub fn all(&self) -> Vec<&Function> {
        [&self.training, &self.prediction].into_iter().chain(&self.preparation).collect()
    }
}

/// Constants of the hidden type, which say where states and prepared numbers lie; and the parts of `Network`, as constants
/// and as functions.
pub struct Passes {
    /// `const STATE_0: Range<usize> = 0..3;`
    pub places: TokenStream,
    /// `const STATE: usize = 3;`
    pub constants: TokenStream,
    /// `fn slots…`
    pub functions: TokenStream,
}

/// The passes of a network whose hidden type is `#code`.
pub fn passes(network: &Ident, arguments: &[Ident], functions: &Functions) -> Passes {
    let Functions { training, prediction, preparation } = functions;
    let graphs = functions.all();
    let (state_places, state) = places(&graphs, "STATE", |kind| match kind {
        Kind::State(number) => Some(*number),
        _ => None,
    });
    let (prepared_places, prepared) = places(&graphs, "PREPARED", |kind| match kind {
        Kind::Prepared(number) => Some(*number),
        _ => None,
    });
    let (train, predict) = (memory(training), memory(prediction));
    let (state, prepared) = (tokens(&state.rust()), tokens(&prepared.rust()));
    let emit = Emit { network, arguments };
    let (step, predicts) = (emit.step(training), emit.prediction(prediction));
    let prepares = preparation.as_ref().map(|function| emit.preparation(function));
    Passes {
        places: quote! { #state_places #prepared_places },
        constants: quote! {
            const STATE: usize = #state;
            const PREPARED: usize = #prepared;
            const TRAIN: ply::Memory = #train;
            const PREDICT: ply::Memory = #predict;
        },
        functions: quote! { #step #predicts #prepares },
    }
}

/// How much memory a function works in.
pub fn memory(function: &Function) -> TokenStream {
    let [reals, indices] = [Element::F32, Element::U32].map(|element| {
        let length = function.slots_length(element);
        [tokens(&length.per_sample.rust()), tokens(&length.fixed.rust())]
    });
    let ([per_sample, fixed], [indices, fixed_indices]) = (reals, indices);
    if function.slots.iter().all(|slot| slot.element != Element::U32) {
        return quote! { ply::Memory::reals(#per_sample, #fixed) };
    }
    quote! {
        ply::Memory {
            reals: ply::Amount { per_sample: #per_sample, fixed: #fixed },
            indices: ply::Amount { per_sample: #indices, fixed: #fixed_indices },
        }
    }
}

/// Numbers of a kind lie one after the other: `const STATE_0: Range<usize> = 0..3;`, …; and how many there are.
fn places(functions: &[&Function], word: &str, number: fn(&Kind) -> Option<usize>) -> (TokenStream, Size) {
    let mut found: BTreeMap<usize, Size> = BTreeMap::new();
    for graph in functions.iter().map(|function| function.graph()) {
        for value in graph.values() {
            let Some(number) = number(graph.kind(value)) else { continue };
            found.entry(number).or_insert_with(|| elements(graph.shape(value)));
        }
    }
    let mut all = Size::known(0);
    found.values().for_each(|len| all += len);
    let mut offsets = Offsets::new(&Size::known(0), &all, || format!("{word}_OFFSETS"));
    let constants = found.iter().map(|(number, len)| {
        let (name, (from, to)) = (format_ident!("{word}_{number}"), offsets.next(len));
        quote! { const #name: ply::Range<usize> = #from..#to; }
    });
    let mut constants: TokenStream = constants.collect();
    constants.extend(offsets.declaration());
    (constants, all)
}

struct Emit<'a> {
    network: &'a Ident,
    arguments: &'a [Ident],
}

impl Emit<'_> {
    fn own(&self, suffix: &str) -> Ident {
        type_ident("", suffix, self.network)
    }
    fn code(&self) -> TokenStream {
        let (code, arguments) = (self.own(CODE), self.arguments);
        if arguments.is_empty() {
            quote! { #code }
        } else {
            quote! { #code::<#(#arguments),*> }
        }
    }
    /// `Slots::of(memory.reals(), n)`
    fn divide(&self, function: &Function, slots: &str) -> TokenStream {
        let (slots, arguments) = (self.own(slots), self.arguments);
        let generics = (!arguments.is_empty()).then(|| quote! { ::<#(#arguments),*> });
        if function.slots.iter().all(|slot| slot.element != Element::U32) {
            return quote! { #slots::of #generics(memory.reals(), n) };
        }
        quote! {{
            let (memory, indices) = memory.parts();
            #slots::of #generics(memory, indices, n)
        }}
    }

    fn step(&self, function: &Function) -> TokenStream {
        let block = &function.fused.block;
        let (code, slots) = (self.code(), self.own(SLOTS));
        let (divided, inputs) = (self.divide(function, SLOTS), inputs(block));
        let state = reads_state(block).then(|| quote! { state, });
        let next = (!block.states.is_empty()).then(|| quote! { next_state, });
        let reverse = block.reverse.as_ref();
        let real = || (0..block.outputs.len()).filter(|k| block.body.element(block.outputs[*k]).is_real());
        let outputs = real().map(|k| slots_field(function, root(&block.body, block.outputs[k]), false));
        let seeds = real().map(|k| match reverse.and_then(|reverse| reverse.seeds[k]) {
            Some(seed) => slots_field(function, seed, true),
            None => quote! { &mut [] },
        });
        let gradients: Vec<TokenStream> = reverse
            .into_iter()
            .flat_map(|reverse| reverse.inputs.iter().flatten())
            .map(|gradient| slots_field(function, root(&block.body, *gradient), false))
            .collect();
        let gradients = (!gradients.is_empty()).then(|| {
            quote! {
                fn lend_input_gradients<T: ply::Real>(
                    s: &#slots<'_, T>,
                    n: usize,
                    with: impl ply::FnOnce(&[&[T]]),
                ) {
                    with(&[#(#gradients),*]);
                }
            }
        });
        quote! {
            #[inline]
            fn slots<T: ply::Real>(memory: &mut ply::Arena<T>, n: usize) -> #slots<'_, T> {
                #divided
            }
            fn forward<T: ply::Real>(
                pass: &ply::Pass<'_, T>,
                p: &[T],
                state: &[T],
                next_state: &mut [T],
                s: &mut #slots<'_, T>,
            ) {
                #code::forward(pass.cpu, pass.random, p, #state #next s, #(#inputs,)* pass.n);
            }
            #[inline]
            fn outputs<T: ply::Real>(
                s: &mut #slots<'_, T>,
                n: usize,
                with: impl ply::FnOnce(&[&[T]], &mut [&mut [T]]),
            ) {
                with(&[#(#outputs),*], &mut [#(#seeds),*]);
            }
            fn backward<T: ply::Real>(
                pass: &ply::Pass<'_, T>,
                state: &[T],
                to: &mut dyn ply::Gradients<T>,
                s: &mut #slots<'_, T>,
            ) {
                #code::backward(pass.cpu, pass.random, to, #state s, #(#inputs,)* pass.n);
            }
            #gradients
        }
    }

    fn prediction(&self, function: &Function) -> TokenStream {
        let block = &function.fused.block;
        let (code, inputs) = (self.code(), inputs(block));
        let state = reads_state(block).then(|| quote! { state, });
        let prepared = has(block, |kind| matches!(kind, Kind::Prepared(_))).then(|| quote! { prepared, });
        let works = Element::ALL.into_iter().any(|element| function.works_in(element, false));
        let (divided, s) = if works {
            let divided = self.divide(function, PREDICT_SLOTS);
            (quote! { let n = pass.n; let s = &mut #divided; }, quote! { s, })
        } else {
            (quote! {}, quote! {})
        };
        let names = (0..block.outputs.len()).map(|k| ident(&format!("y_{k}")));
        let names: Vec<Ident> = names.collect();
        let (bind, handed) = if names.len() == 1 {
            (quote! {}, quote! { ys[0], })
        } else {
            (quote! { let [#(#names),*] = ply::exactly(ys); }, quote! { #(#names,)* })
        };
        quote! {
            fn predict_with<T: ply::Real>(
                pass: &ply::Pass<'_, T>,
                p: &[T],
                state: &[T],
                prepared: &[T],
                memory: &mut ply::Arena<T>,
                ys: &mut [&mut [T]],
            ) {
                #bind
                #divided
                #code::predict(pass.cpu, p, #state #prepared #s #(#inputs,)* #handed pass.n);
            }
        }
    }

    /// What it makes lies one after the other. It is called once for each change of the parameters, so it may allocate.
    fn preparation(&self, function: &Function) -> TokenStream {
        let block = &function.fused.block;
        let code = self.code();
        let state = reads_state(block).then(|| quote! { state, });
        let works = Element::ALL.into_iter().any(|element| function.works_in(element, false));
        let (divided, s) = if works {
            let (divided, memory) = (self.divide(function, PREPARE_SLOTS), memory(function));
            let divided = quote! {
                let n = 0;
                let mut memory = ply::Arena::of(#memory, n);
                let s = &mut #divided;
            };
            (divided, quote! { s, })
        } else {
            (quote! {}, quote! {})
        };
        let (mut cut, mut handed) = (quote! {}, quote! {});
        for (k, y) in block.outputs.iter().enumerate() {
            let (name, len) = (ident(&format!("y_{k}")), tokens(&function.length(*y).rust()));
            cut.extend(quote! { let (#name, prepared) = prepared.split_at_mut(#len); });
            handed.extend(quote! { #name, });
        }
        quote! {
            fn prepare<T: ply::Real>(cpu: &ply::Cpu, p: &[T], state: &[T], prepared: &mut [T]) {
                #cut
                #divided
                #code::prepare(cpu, p, #state #s #handed 0);
            }
        }
    }
}

/// The inputs as the functions take them.
fn inputs(block: &Block) -> Vec<TokenStream> {
    let one = |(k, value): (usize, &Value)| {
        let k = Literal::usize_unsuffixed(k);
        match block.body.element(*value) {
            Element::F32 => quote! { pass.real(#k) },
            Element::U32 => quote! { pass.indices(#k) },
        }
    };
    block.inputs.iter().enumerate().map(one).collect()
}

fn has(block: &Block, is: fn(&Kind) -> bool) -> bool {
    block.body.nodes().iter().any(|node| is(&node.kind))
}
fn reads_state(block: &Block) -> bool {
    has(block, |kind| matches!(kind, Kind::State(_)))
}

/// The numbers of a value of the network that lies in its slots: `&s.fc2[..n * 10]`.
fn slots_field(function: &Function, value: Value, write: bool) -> TokenStream {
    let Some(place @ Place::Slot(_)) = function.places.get(&value) else {
        unreachable!("what a session sees of a step is in a slot")
    };
    let name = function.slot(place).map(|slot| ident(&slot.name));
    let (len, mutability) = (tokens(&function.length(value).rust()), write.then(|| quote! { mut }));
    quote! { &#mutability s.#name[..#len] }
}
