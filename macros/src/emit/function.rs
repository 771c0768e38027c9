//! The functions of the network and of its blocks, and the structs that divide memory between their values.
use super::context::{Context, KEPT, Parts, parts, slice};
use super::describe;
use super::layout::Layout;
use super::step::statements;
use crate::role::Role;
use crate::text::{ident, tokens};
use plywood_kernels::compiler::plan::{Function, Purpose, Slot};
use plywood_kernels::compiler::root;
use plywood_kernels::compiler::steps::Work;
use plywood_kernels::graph::{Kind, Value};
use plywood_kernels::shape::display;
use plywood_kernels::types::Element;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashSet;
use std::rc::Rc;

/// What is declared beside the methods, and the methods.
#[derive(Default)]
pub struct Emitted {
    /// Structs.
    pub items: TokenStream,
    /// Methods of the hidden type.
    pub methods: TokenStream,
}

/// The function, and behind it those of the blocks that it calls.
pub fn emit(context: &mut Context, emitted: &mut Emitted) {
    let methods = match context.function.purpose {
        Purpose::Training | Purpose::TrainedBlock => trained(context),
        Purpose::Prediction | Purpose::Preparation | Purpose::PassedBlock => passed(context),
    };
    emitted.methods.extend(methods);
    let function = context.function;
    if !function.slots.is_empty() {
        let what = match function.purpose {
            Purpose::Training => "The memory of a training step.".to_string(),
            Purpose::Prediction => "The memory of a prediction.".to_string(),
            Purpose::Preparation => "The memory of what is made before the first prediction.".to_string(),
            _ => format!("The memory of one run of `{}`, free again after it.", context.path),
        };
        emitted.items.extend(slots_struct(&context.slots_type(), &what, &function.slots, context.constants));
    }
    if !function.kept.is_empty() {
        let what = format!("What one run of `{}` leaves for the backward pass.", context.path);
        let name = context.type_ident(&context.path, KEPT);
        emitted.items.extend(slots_struct(&name, &what, &function.kept, context.constants));
        emitted.methods.extend(kept_lengths(&context.path, &function.kept));
    }
    blocks(context, emitted);
}

fn blocks(context: &mut Context, emitted: &mut Emitted) {
    let mut steps: Vec<usize> = context.function.runs.keys().copied().collect();
    steps.sort_unstable();
    for at in steps {
        let callee: Rc<Function> = context.function.runs[&at].function.clone();
        if !context.names.begin(&callee) {
            continue;
        }
        let path = context.names.of(&callee);
        let empty = Layout::default();
        let layout = context.used(at).map(|used| used.inside.clone());
        let mut inner = Context {
            function: &callee,
            layout: layout.as_deref().unwrap_or(&empty),
            path,
            rules: context.rules,
            names: context.names,
            training: context.training,
            bound: HashSet::new(),
            network: context.network,
            constants: context.constants,
        };
        emit(&mut inner, emitted);
    }
}

/// The slots of numbers of one type.
fn of_type(slots: &[Slot], element: Element) -> Vec<&Slot> {
    slots.iter().filter(|slot| slot.element == element).collect()
}

/// ```text
/// /// | slot | numbers | holds |
/// pub struct Slots<'a, T> { fc1: &'a mut [T], … }
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
        let element = if slot.element == Element::F32 { String::new() } else { format!("{} ", slot.element) };
        doc.push(format!(
            " | `{}` | {element}`{}` | {} |",
            slot.name,
            slot.length.rust(),
            holds.join(", then ")
        ));
    }
    let (mut arguments, mut splits) = (TokenStream::new(), TokenStream::new());
    for (element, memory) in [(Element::F32, "memory"), (Element::U32, "indices")] {
        let own = of_type(slots, element);
        // a struct of indices alone is still generic over the scalar
        if own.is_empty() && element == Element::U32 {
            continue;
        }
        let (memory, slice) = (ident(memory), slice(element));
        arguments.extend(quote! { #memory: &'a mut #slice, });
        for (i, slot) in own.iter().enumerate() {
            let (field, length) = (ident(&slot.name), tokens(&slot.length.rust()));
            let rest = if i + 1 < own.len() {
                quote! { #memory }
            } else {
                quote! { _ }
            };
            splits.extend(quote! { let (#field, #rest) = ply::slot(#memory, #length); });
        }
    }
    let types = slots.iter().map(|slot| slice(slot.element));
    let generics = if constants.is_empty() {
        quote! {}
    } else {
        quote! { <#(const #constants: usize),*> }
    };
    let marker = of_type(slots, Element::F32).is_empty();
    let (marker, made) = if marker {
        (quote! { , of: ply::PhantomData<T> }, quote! { , of: ply::PhantomData })
    } else {
        (quote! {}, quote! {})
    };
    quote! {
        #(#[doc = #doc])*
        pub struct #name<'a, T> { #(#fields: &'a mut #types),* #marker }
        impl<'a, T> #name<'a, T> {
            fn of #generics(#arguments n: usize) -> Self {
                #splits
                #name { #(#fields),* #made }
            }
        }
    }
}

/// ```text
/// /// How many numbers one run of `blocks` keeps.
/// fn blocks_kept(n: usize) -> usize { ply::round(n * 8) + ply::round(n * 3) }
/// ```
fn kept_lengths(path: &str, kept: &[Slot]) -> TokenStream {
    let mut methods = TokenStream::new();
    for (element, word, what) in [(Element::F32, "kept", "numbers"), (Element::U32, "indices", "indices")] {
        let own = of_type(kept, element);
        if own.is_empty() {
            continue;
        }
        let (name, doc) =
            (ident(&format!("{path}_{word}")), format!(" How many {what} one run of `{path}` keeps."));
        let lengths = own.iter().map(|slot| tokens(&slot.length.rust()));
        methods.extend(quote! {
            #[doc = #doc]
            fn #name(n: usize) -> usize {
                #(ply::round(#lengths))+*
            }
        });
    }
    methods
}

/// The parameters of a function that say where it works.
fn memory(context: &Context, backward: bool) -> TokenStream {
    let (slots, function) = (context.slots_type(), context.function);
    let works = Element::ALL.into_iter().any(|element| function.works_in(element, backward));
    let works = works || function.purpose == Purpose::Training && !function.slots.is_empty();
    let own = works.then(|| quote! { s: &mut #slots<'_, T>, });
    let kept = context.type_ident(&context.path, KEPT);
    let kept = (!function.kept.is_empty()).then(|| quote! { k: &mut #kept<'_, T>, });
    quote! { #kept #own }
}

/// A function's parameters that are the network's: slices in `forward`, starts in a block's `backward`.
fn parameters(context: &Context) -> (TokenStream, TokenStream) {
    let all = [Role::Trained, Role::Frozen].into_iter().take(1 + usize::from(context.has_frozen()));
    let names =
        all.map(parts).map(|Parts { slice, start }| (quote! { #slice: &[T], }, quote! { #start: usize, }));
    names.unzip()
}

/// `x: &[T],` for those values of a list that are handed over.
fn handed<'a>(
    context: &Context,
    names: &[String],
    values: impl IntoIterator<Item = &'a Value>,
    handed: &dyn Fn(usize) -> bool,
    mutable: bool,
) -> TokenStream {
    let all = names.iter().zip(values).enumerate().filter(|(k, _)| handed(*k));
    let mutability = mutable.then(|| quote! { mut });
    all.map(|(_, (name, value))| {
        let (name, slice) = (ident(name), context.slice(*value));
        quote! { #name: &#mutability #slice, }
    })
    .collect()
}

/// `[n][784] -> [n][10]`
fn shapes(context: &Context) -> String {
    let block = &context.function.fused.block;
    let list = |values: &[Value]| {
        let all = values.iter().map(|v| {
            let ty = block.body.ty(*v);
            let element = if ty.element == Element::F32 { "" } else { ty.element.name() };
            format!("{element}[n]{}", display(&ty.shape))
        });
        all.collect::<Vec<_>>().join(", ")
    };
    format!("`{} -> {}`", list(&block.inputs), list(&block.outputs))
}

/// What the network's own functions are handed besides: states, what becomes of them, what was prepared.
fn besides(context: &Context, forward: bool) -> TokenStream {
    let block = &context.function.fused.block;
    let has = |is: fn(&Kind) -> bool| block.body.nodes().iter().any(|node| is(&node.kind));
    let state = has(|kind| matches!(kind, Kind::State(_))).then(|| quote! { state: &[T], });
    let next = (forward && !block.states.is_empty()).then(|| quote! { next_state: &mut [T], });
    let prepared = has(|kind| matches!(kind, Kind::Prepared(_))).then(|| quote! { prepared: &[T], });
    quote! { #state #next #prepared }
}

fn steps(context: &mut Context, backward: bool) -> TokenStream {
    let chosen: Vec<usize> = (0..context.function.steps().len())
        .filter(|i| context.function.steps()[*i].backward == backward)
        .collect();
    let ends = ends(context.function);
    let statement = |at: usize| {
        let asks = match ends[at] {
            _ if !backward => None,
            Ends::Both => None,
            Ends::Parameters => Some(quote! { takes_parameters }),
            Ends::Inputs => Some(quote! { takes_inputs }),
        };
        let Some(asks) = asks else { return statements(context, at) };
        // what it binds is bound there alone
        let bound = context.bound.clone();
        let statement = statements(context, at);
        context.bound = bound;
        quote! { if to.#asks() { #statement } }
    };
    chosen.into_iter().map(statement).collect()
}

/// What a step of a backward pass is for.
#[derive(Clone, Copy)]
enum Ends {
    /// The gradients of parameters, where no others are asked for too.
    Parameters,
    /// Those of inputs.
    Inputs,
    /// Either, or there is but one of them.
    Both,
}

/// What each step of a function is for. Within a block that is called that is not told apart.
fn ends(function: &Function) -> Vec<Ends> {
    let steps = function.steps();
    let block = &function.fused.block;
    let asked = block.reverse.as_ref().map_or(&[][..], |reverse| &reverse.inputs);
    let mut of_inputs: HashSet<Value> =
        asked.iter().flatten().map(|value| root(&block.body, *value)).collect();
    if function.purpose != Purpose::Training || of_inputs.is_empty() {
        return vec![Ends::Both; steps.len()];
    }
    let mut of_parameters: HashSet<Value> = HashSet::new();
    let mut ends: Vec<Ends> = steps
        .iter()
        .rev()
        .map(|step| {
            let hands_over = matches!(step.work, Work::Gradient(..) | Work::Reverse(_));
            let makes = |needed: &HashSet<Value>| step.outputs.iter().any(|value| needed.contains(value));
            let (parameters, inputs) = (hands_over || makes(&of_parameters), makes(&of_inputs));
            if parameters {
                of_parameters.extend(step.reads());
            }
            if inputs {
                of_inputs.extend(step.reads());
            }
            match (parameters, inputs) {
                // what is not wanted goes nowhere
                _ if matches!(step.work, Work::Gradient(..)) => Ends::Both,
                (true, true) => Ends::Both,
                (true, false) => Ends::Parameters,
                (false, _) => Ends::Inputs,
            }
        })
        .collect();
    ends.reverse();
    ends
}

/// The inputs and, of a function that does not leave them in its memory, the outputs.
fn ports(context: &Context, outputs: bool) -> TokenStream {
    let (function, block) = (context.function, &context.function.fused.block);
    let inputs = handed(context, &function.ports.inputs, &block.inputs, &|_| true, false);
    let outputs = outputs.then(|| handed(context, &function.ports.outputs, &block.outputs, &|_| true, true));
    quote! { #inputs #outputs }
}

fn trained(context: &mut Context) -> TokenStream {
    let (forward, backward) = (steps(context, false), steps(context, true));
    let (memory, memory_back) = (memory(context, false), memory(context, true));
    let shapes = shapes(context);
    if context.is_network() {
        let inputs = ports(context, false);
        let (states, states_back) = (besides(context, true), besides(context, false));
        let first = format!(" {shapes}, keeping what the backward pass needs.");
        let (forward_steps, backward_steps) =
            (describe::steps(context, false), describe::steps(context, true));
        return quote! {
            #[doc = #first]
            #(#[doc = #forward_steps])*
            fn forward<T: ply::Real>(
                cpu: &ply::Cpu, random: ply::Random, p: &[T], #states #memory #inputs n: usize,
            ) {
                #forward
            }
            /// From the gradient of the output to every parameter's, which goes to `to`.
            #(#[doc = #backward_steps])*
            fn backward<T: ply::Real>(
                cpu: &ply::Cpu, random: ply::Random, to: &mut dyn ply::Gradients<T>, #states_back #memory_back
                #inputs n: usize,
            ) {
                #backward
            }
        };
    }
    let path = &context.path;
    let (slices, starts) = parameters(context);
    let frozen = if context.has_frozen() { ", `q` of the frozen ones" } else { "" };
    let first = format!(" One run of `{path}`, {shapes}; `p` is its part of the parameters{frozen}.");
    let frozen = if context.has_frozen() { ", the frozen ones at `frozen_at`" } else { "" };
    let second = format!(
        " One run of `{path}` backward: from the gradients of what it gave to those of what it was given; its \
         parameters start at `at`{frozen}."
    );
    let (forward_name, backward_name) =
        (ident(&format!("{path}_forward")), ident(&format!("{path}_backward")));
    let given = ports(context, true);
    let (function, block) = (context.function, context.function.fused.block.clone());
    let (reads, ports) = (&function.fused.reads_back, &function.ports);
    let reverse = block.reverse.as_ref().expect("a trained block");
    let back = [
        handed(context, &ports.inputs, &block.inputs, &|k| reads.inputs[k], false),
        handed(context, &ports.outputs, &block.outputs, &|k| reads.outputs[k], false),
        handed(context, &ports.seeds, &block.outputs, &|k| reverse.seeds[k].is_some(), false),
        handed(context, &ports.gradients, &block.inputs, &|k| reverse.inputs[k].is_some(), true),
        handed(context, &ports.rows, &reverse.rows, &|_| true, true),
    ];
    let (forward_steps, backward_steps) = (describe::steps(context, false), describe::steps(context, true));
    quote! {
        #[doc = #first]
        #(#[doc = #forward_steps])*
        fn #forward_name<T: ply::Real>(cpu: &ply::Cpu, random: ply::Random, #slices #memory #given n: usize) {
            #forward
        }
        #[doc = #second]
        #(#[doc = #backward_steps])*
        fn #backward_name<T: ply::Real>(
            cpu: &ply::Cpu, random: ply::Random, to: &mut dyn ply::Gradients<T>, #starts #memory_back
            #(#back)* n: usize,
        ) {
            #backward
        }
    }
}

/// A function that keeps nothing: the network's and its blocks' in prediction, and a block's in training where there is
/// no backward pass.
fn passed(context: &mut Context) -> TokenStream {
    let body = steps(context, false);
    let (memory, given) = (memory(context, false), ports(context, true));
    let (slices, _) = parameters(context);
    let (shapes, states) = (shapes(context), besides(context, false));
    let (name, doc) = match context.path.as_str() {
        "" if context.function.purpose == Purpose::Preparation => {
            (ident("prepare"), " What predictions read besides, of parameters and state.".into())
        }
        "" => (ident("predict"), format!(" {shapes}, keeping nothing.")),
        path => (
            ident(&format!("{path}_{}", if context.training { "forward" } else { "predict" })),
            format!(" One run of `{path}`, {shapes}, keeping nothing."),
        ),
    };
    let random = context.training.then(|| quote! { random: ply::Random, });
    let lines = describe::steps(context, false);
    quote! {
        #[doc = #doc]
        #(#[doc = #lines])*
        fn #name<T: ply::Real>(cpu: &ply::Cpu, #random #slices #states #memory #given n: usize) {
            #body
        }
    }
}
