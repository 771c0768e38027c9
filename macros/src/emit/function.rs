//! The functions of the network and of its blocks, and the structs that divide memory between their values.
use super::context::{Context, KEPT, Parts, parts};
use super::layout::Layout;
use super::step::statements;
use super::text::{ident, tokens};
use plywood_kernels::compiler::plan::Slot;
use plywood_kernels::compiler::steps::Work;
use plywood_kernels::shape::display;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashSet;

/// What is declared beside the methods, and the methods.
#[derive(Default)]
pub struct Emitted {
    /// Structs.
    pub items: TokenStream,
    /// Methods of the hidden type.
    pub methods: TokenStream,
}

/// The function, and those of the blocks inside.
pub fn emit(context: &mut Context, emitted: &mut Emitted) {
    blocks(context, emitted);
    let function = context.function;
    if !function.slots.is_empty() {
        let what = match (context.path.as_str(), context.training) {
            ("", true) => "The memory of a training step.".to_string(),
            ("", false) => "The memory of a prediction.".to_string(),
            (path, _) => format!("The memory of one iteration of `{path}`, free again after it."),
        };
        emitted.items.extend(slots_struct(&context.slots_type(), &what, &function.slots, context.constants));
    }
    if !function.kept.is_empty() {
        let what = format!("What one iteration of `{}` leaves for the backward pass.", context.path);
        let name = context.type_ident(&context.path, KEPT);
        emitted.items.extend(slots_struct(&name, &what, &function.kept, context.constants));
        emitted.methods.extend(kept_length(&context.path, &function.kept));
    }
    let passed = !context.training || !context.path.is_empty() && function.kept.is_empty();
    let methods = if passed { pass(context) } else { training(context) };
    emitted.methods.extend(methods);
}

fn blocks(context: &mut Context, emitted: &mut Emitted) {
    let mut steps: Vec<usize> = context.function.blocks.keys().copied().collect();
    steps.sort();
    for at in steps {
        // the backward step runs the same block as the forward one, which comes first
        if matches!(context.function.steps[at].work, Work::RepeatBackward { .. }) {
            continue;
        }
        let (block, region) = (context.function.blocks[&at].clone(), context.region(at));
        let empty = Layout::default();
        let own = context.layout.blocks.get(&region.name);
        let layout = own.map_or(&empty, |block| &block.inside);
        let mut inner = Context {
            function: &block.function,
            layout,
            frozen: own.is_some_and(|block| block.frozen.is_some()),
            path: region.name.clone(),
            rules: context.rules,
            training: context.training,
            bound: HashSet::new(),
            network: context.network,
            constants: context.constants,
        };
        emit(&mut inner, emitted);
    }
}

/// ```text
/// /// | slot | numbers | holds |
/// struct Slots<'a, T> { fc1: &'a mut [T], … }
/// impl<'a, T> Slots<'a, T> { fn of(memory: &'a mut [T], n: usize) -> Self { … } }
/// ```
fn slots_struct(name: &Ident, what: &str, slots: &[Slot], constants: &[Ident]) -> TokenStream {
    let fields: Vec<Ident> = slots.iter().map(|slot| ident(&slot.name)).collect();
    let mut doc = vec![
        format!(" {what}"),
        String::new(),
        " | slot | numbers | holds |".into(),
        " |---|---|---|".into(),
    ];
    for slot in slots {
        let holds: Vec<String> = slot.holds.iter().map(|h| format!("`{h}`")).collect();
        doc.push(format!(" | `{}` | `{}` | {} |", slot.name, slot.length.rust(), holds.join(", then ")));
    }
    let lengths = slots.iter().map(|slot| tokens(&slot.length.rust()));
    let splits = fields.iter().zip(lengths).enumerate().map(|(i, (field, length))| {
        let rest = if i + 1 < slots.len() {
            quote! { memory }
        } else {
            quote! { _ }
        };
        quote! { let (#field, #rest) = ply::slot(memory, #length); }
    });
    let generics = if constants.is_empty() {
        quote! {}
    } else {
        quote! { <#(const #constants: usize),*> }
    };
    quote! {
        #(#[doc = #doc])*
        struct #name<'a, T> { #(#fields: &'a mut [T]),* }
        impl<'a, T> #name<'a, T> {
            fn of #generics(memory: &'a mut [T], n: usize) -> Self {
                #(#splits)*
                #name { #(#fields),* }
            }
        }
    }
}

/// ```text
/// /// How many numbers one iteration of `blocks` keeps.
/// fn blocks_kept(n: usize) -> usize { ply::round(n * 8) + ply::round(n * 3) }
/// ```
fn kept_length(path: &str, kept: &[Slot]) -> TokenStream {
    let (name, doc) =
        (ident(&format!("{path}_kept")), format!(" How many numbers one iteration of `{path}` keeps."));
    let lengths = kept.iter().map(|slot| tokens(&slot.length.rust()));
    quote! {
        #[doc = #doc]
        fn #name(n: usize) -> usize {
            #(ply::round(#lengths))+*
        }
    }
}

/// The last part of a function's parameters: where it works.
fn memory(context: &Context, backward: bool) -> TokenStream {
    let slots = context.slots_type();
    let works = context.path.is_empty() && context.training || context.function.works_in_slots(backward);
    let own = works.then(|| quote! { s: &mut #slots<'_, T>, });
    let kept = context.type_ident(&context.path, KEPT);
    let kept = (!context.function.kept.is_empty()).then(|| quote! { k: &mut #kept<'_, T>, });
    quote! { #kept #own }
}

/// A function's parameters that are the network's: slices in `forward`, starts in a block's `backward`.
fn parameters(context: &Context) -> (TokenStream, TokenStream) {
    let all = [false, true].into_iter().take(1 + usize::from(context.frozen));
    let names =
        all.map(parts).map(|Parts { slice, start }| (quote! { #slice: &[T], }, quote! { #start: usize, }));
    names.unzip()
}

fn shapes(context: &Context) -> (String, String) {
    let function = context.function;
    let shape = |value| display(function.graph.shape(value));
    (function.input.map_or_else(String::new, shape), shape(function.output))
}

fn steps(context: &mut Context, backward: bool) -> TokenStream {
    let chosen: Vec<usize> = (0..context.function.steps.len())
        .filter(|i| context.function.steps[*i].backward == backward)
        .collect();
    chosen.into_iter().map(|at| statements(context, at)).collect()
}

fn training(context: &mut Context) -> TokenStream {
    let (from, to) = shapes(context);
    let (forward, backward) = (steps(context, false), steps(context, true));
    let (memory, memory_back) = (memory(context, false), memory(context, true));
    if context.path.is_empty() {
        let first = format!(" `[n]{from} -> [n]{to}`, keeping what the backward pass needs.");
        return quote! {
            #[doc = #first]
            fn forward<T: ply::Real>(cpu: &ply::Cpu, random: ply::Random, p: &[T], #memory x: &[T], n: usize) {
                #forward
            }
            /// From the gradient of the output to every parameter's, which goes to `to`.
            fn backward<T: ply::Real>(
                cpu: &ply::Cpu, random: ply::Random, to: &mut dyn ply::Gradients<T>, #memory_back x: &[T], n: usize,
            ) {
                #backward
            }
        };
    }
    let path = &context.path;
    let (slices, starts) = parameters(context);
    let frozen = if context.frozen { ", `q` of the frozen ones" } else { "" };
    let first = format!(
        " One iteration of `{path}`, `[n]{from} -> [n]{to}`; `p` is its part of the parameters{frozen}."
    );
    let frozen = if context.frozen { ", the frozen ones at `frozen_at`" } else { "" };
    let second = format!(
        " One iteration of `{path}` backward: from the gradient of its output to that of its input; its parameters start at `at`{frozen}."
    );
    let (forward_name, backward_name) =
        (ident(&format!("{path}_forward")), ident(&format!("{path}_backward")));
    let backward = context.function.seed.map(|_| {
        quote! {
            #[doc = #second]
            fn #backward_name<T: ply::Real>(
                cpu: &ply::Cpu, random: ply::Random, to: &mut dyn ply::Gradients<T>, #starts #memory_back
                x: &[T], d_y: &[T], d_x: &mut [T], n: usize,
            ) {
                #backward
            }
        }
    });
    quote! {
        #[doc = #first]
        fn #forward_name<T: ply::Real>(cpu: &ply::Cpu, random: ply::Random, #slices #memory x: &[T], n: usize) {
            #forward
        }
        #backward
    }
}

/// A function that keeps nothing: the network's and its blocks' in prediction, and a block's in training where there is
/// no backward pass.
fn pass(context: &mut Context) -> TokenStream {
    let (from, to) = shapes(context);
    let body = steps(context, false);
    let memory = memory(context, false);
    let (slices, _) = parameters(context);
    let (name, doc) = match context.path.as_str() {
        "" => (ident("predict"), format!(" `[n]{from} -> [n]{to}`, keeping nothing.")),
        path => (
            ident(&format!("{path}_{}", if context.training { "forward" } else { "predict" })),
            format!(" One iteration of `{path}`, `[n]{from} -> [n]{to}`, keeping nothing."),
        ),
    };
    let random = context.training.then(|| quote! { random: ply::Random, });
    quote! {
        #[doc = #doc]
        fn #name<T: ply::Real>(cpu: &ply::Cpu, #random #slices #memory x: &[T], y: &mut [T], n: usize) {
            #body
        }
    }
}
