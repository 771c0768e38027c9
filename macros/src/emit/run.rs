//! Statements that run blocks, forward and backward.
//!
//! ```text
//! for i in 0..3 {
//!     let (before, y) = ply::entry(s.blocks, i, ply::round(n * 8), n * 8);
//!     let x = if i == 0 { &*s.fc1 } else { before };
//!     Self::blocks_forward(cpu, random, &p[…], &mut BlocksKept::of(…, n), x, y, n);
//! }
//! ```
use super::context::{KEPT, PREDICT_SLOTS, SLOTS, parts};
use super::layout::Iterations;
use super::step::Statement;
use crate::call::stream_number;
use crate::role::Role;
use crate::text::{ident, tokens};
use plywood_kernels::compiler::amount::Length;
use plywood_kernels::compiler::plan::{Left, Place, RunPlan};
use plywood_kernels::compiler::steps::{Run, Step, Work};
use plywood_kernels::graph::{Call, Entering, Leaving, Value};
use plywood_kernels::shape::elements;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Whether the runs are a loop, whose variable is `i`.
pub(super) fn is_loop(call: &Call) -> bool {
    !call.is_single() || call.inputs.contains(&Entering::Sliced) || call.outputs.contains(&Leaving::Stacked)
}

/// The last run's number.
pub(super) fn last(call: &Call) -> TokenStream {
    match call.times.as_known() {
        Some(times) => tokens(&(times - 1).to_string()),
        None => {
            let times = tokens(&call.times.rust());
            quote! { (#times - 1) }
        }
    }
}

impl Statement<'_, '_> {
    /// The runs of a block.
    pub fn run(&mut self, at: usize, step: &Step, run: &Run) -> TokenStream {
        let plan = self.context.function.runs[&at].clone();
        let call = &run.call;
        let (looped, several, count) = (is_loop(call), !call.is_single(), tokens(&call.times.rust()));
        let (mut before, mut inside) = (TokenStream::new(), TokenStream::new());
        let mut outputs = vec![];
        for (k, left) in plan.outputs.iter().enumerate() {
            let carried = call.carried_into(k).is_some();
            let written = self.leave(step.outputs[k], left, k, call, several && carried);
            before.extend(std::mem::take(&mut self.bindings));
            inside.extend(written.0);
            outputs.push(written.1);
        }
        let (mut inputs, mut carried) = (vec![], Carried::default());
        for (k, entering) in call.inputs.iter().enumerate() {
            let given = self.read(run.inputs[k]);
            before.extend(std::mem::take(&mut self.bindings));
            inputs.push(match entering {
                Entering::Carried(output) if several => {
                    let handed = numbered("before", call.outputs.len(), *output);
                    let slice = self.context.slice(run.inputs[k]);
                    let x = numbered("x", call.inputs.len(), k);
                    carried.push(&x, quote! { &#slice }, quote! { if i == 0 { #given } else { #handed } });
                    quote! { #x }
                }
                Entering::Sliced => self.entry(&given, run.inputs[k]),
                Entering::Carried(_) | Entering::Shared => given,
            });
        }
        inside.extend(carried.bind());
        let p = self.parameters_of(at, call, false);
        let kept = self.kept(&plan, call);
        let direction = if self.context.training { "forward" } else { "predict" };
        let (function, scratch) = (self.function(&plan, direction), self.scratch(&plan));
        let random = self.random(call);
        let random = self.context.training.then(|| quote! { #random, });
        let body =
            quote! { #inside Self::#function(cpu, #random #p #kept #scratch #(#inputs,)* #(#outputs,)* n); };
        if looped {
            quote! { #before for i in 0..#count { #body } }
        } else {
            quote! { #before #body }
        }
    }

    pub(super) fn function(&mut self, plan: &RunPlan, direction: &str) -> Ident {
        let name = self.context.names.of(&plan.function);
        ident(&format!("{name}_{direction}"))
    }

    pub(super) fn random(&self, call: &Call) -> TokenStream {
        let [first, streams] = [&call.first_stream, &call.block.streams].map(stream_number);
        let looped = is_loop(call);
        let first = (call.first_stream.as_known() != Some(0)).then_some(first);
        match (call.block.streams.as_known(), first) {
            (Some(0), _) => quote! { random },
            (Some(1), None) if looped => quote! { random.skip(i as u32) },
            (Some(1), Some(first)) if looped => quote! { random.skip(#first + i as u32) },
            (_, None) if looped => quote! { random.skip(i as u32 * #streams) },
            (_, Some(first)) if looped => quote! { random.skip(#first + i as u32 * #streams) },
            (_, None) => quote! { random },
            (_, Some(first)) => quote! { random.skip(#first) },
        }
    }

    /// What is bound before each run for an output, and the expression for it.
    fn leave(
        &mut self,
        value: Value,
        left: &Left,
        k: usize,
        call: &Call,
        carried: bool,
    ) -> (TokenStream, TokenStream) {
        let (earlier, y) = (numbered("before", call.outputs.len(), k), numbered("y", call.outputs.len(), k));
        match left {
            Left::Once(place) => (TokenStream::new(), self.write_at(value, place)),
            Left::Stack { place, padded } => {
                let whole = self.whole(value, place, *padded);
                let (each, len) = self.strides(value, *padded);
                let earlier = if carried {
                    quote! { #earlier }
                } else {
                    quote! { _ }
                };
                (quote! { let (#earlier, #y) = ply::entry(#whole, i, #each, #len); }, quote! { #y })
            }
            Left::Pair(place, next) => {
                let len = self.context.length(value);
                let (first, second) = (self.pair_field(place), self.pair_field(next));
                let last = last(call);
                (
                    quote! {
                        let (#earlier, #y) = ply::turn(#last - i, &mut #first[..#len], &mut #second[..#len]);
                    },
                    quote! { #y },
                )
            }
        }
    }

    /// A slot or a port that is one of two.
    pub(super) fn pair_field(&mut self, place: &Place) -> TokenStream {
        let ports = &self.context.function.ports;
        match place {
            Place::Output(k) => {
                let name = ident(&ports.outputs[*k]);
                quote! { #name }
            }
            Place::Gradient(k) => {
                let name = ident(&ports.gradients[*k]);
                quote! { #name }
            }
            place => self.context.field(place),
        }
    }

    /// All entries of a stack, to be written.
    fn whole(&mut self, value: Value, place: &Place, padded: bool) -> TokenStream {
        if padded {
            let field = self.context.field(place);
            quote! { &mut *#field }
        } else {
            self.write_at(value, place)
        }
    }

    /// How far apart the entries of a stack lie, and how long one is.
    fn strides(&self, value: Value, padded: bool) -> (TokenStream, TokenStream) {
        let shape = self.context.function.graph().shape(value);
        // a stack that is a value itself has one more axis in front
        let one = if padded { shape.as_slice() } else { &shape[1..] };
        let len = tokens(&Length::of(&elements(one)).rust());
        if padded { (quote! { ply::round(#len) }, len) } else { (len.clone(), len) }
    }

    /// Entry `i` of a value along the axis of runs.
    pub(super) fn entry(&self, whole: &TokenStream, value: Value) -> TokenStream {
        let ((_, len), whole) = (self.strides(value, false), operand(whole));
        quote! { &#whole[i * (#len)..][..#len] }
    }
    pub(super) fn entry_mut(&self, whole: &TokenStream, value: Value) -> TokenStream {
        let ((_, len), whole) = (self.strides(value, false), operand(whole));
        quote! { &mut #whole[i * (#len)..][..#len] }
    }

    /// What run `at` left.
    pub(super) fn left_entry(&mut self, value: Value, left: &Left, at: &TokenStream) -> TokenStream {
        match left {
            Left::Once(_) => self.read(value),
            Left::Stack { place, padded } => {
                let (each, len) = self.strides(value, *padded);
                let each = if *padded {
                    each
                } else {
                    quote! { (#each) }
                };
                let whole = match place {
                    Place::Slot(_) | Place::Kept(_) if *padded => self.context.field(place),
                    _ => operand(&self.read(value)),
                };
                quote! { &#whole[#at * #each..][..#len] }
            }
            Left::Pair(..) => unreachable!("what is read back is kept of every run"),
        }
    }

    /// The last run's output.
    pub fn last_entry(&mut self, value: Value, at: usize, k: usize) -> TokenStream {
        let (left, call) = (
            self.context.function.runs[&at].outputs[k].clone(),
            match &self.context.function.steps()[at].work {
                Work::Call(run) => run.call.clone(),
                _ => unreachable!("a forward step"),
            },
        );
        self.left_entry(value, &left, &last(&call))
    }

    /// `&mut BlocksKept::of(&mut s.blocks_kept[i * Self::blocks_kept(n)..], n),`
    pub(super) fn kept(&mut self, plan: &RunPlan, call: &Call) -> TokenStream {
        if plan.kept.iter().all(Option::is_none) {
            return TokenStream::new();
        }
        let name = self.context.names.of(&plan.function);
        let ty = self.context.type_ident(&name, KEPT);
        let looped = is_loop(call);
        let mut parts = TokenStream::new();
        for (place, word) in plan.kept.iter().zip(["kept", "indices"]) {
            let Some(place) = place else { continue };
            let (field, each) = (self.context.field(place), ident(&format!("{name}_{word}")));
            parts.extend(if looped {
                quote! { &mut #field[i * Self::#each(n)..], }
            } else {
                quote! { #field, }
            });
        }
        let generics = self.context.turbofish();
        quote! { &mut #ty::of #generics(#parts n), }
    }

    /// `&mut BlocksSlots::of(s.blocks_scratch, n),`
    pub(super) fn scratch(&mut self, plan: &RunPlan) -> TokenStream {
        if plan.scratch.iter().all(Option::is_none) {
            return TokenStream::new();
        }
        let name = self.context.names.of(&plan.function);
        let ty = self.context.type_ident(&name, if self.context.training { SLOTS } else { PREDICT_SLOTS });
        let mut parts = TokenStream::new();
        for place in plan.scratch.iter().flatten() {
            let field = self.context.field(place);
            parts.extend(quote! { #field, });
        }
        let generics = self.context.turbofish();
        quote! { &mut #ty::of #generics(#parts n), }
    }

    /// The run's parameters as arguments: `forward` takes slices, `backward` where these start.
    pub(super) fn parameters_of(&self, at: usize, call: &Call, backward: bool) -> TokenStream {
        let used = self.context.used(at);
        let runs = |role: Role| used.and_then(|used| used.runs[role].as_ref());
        let trained = self.part(runs(Role::Trained), call, Role::Trained, backward);
        let frozen = used.filter(|used| used.inside.has(Role::Frozen));
        let frozen = frozen.map(|_| self.part(runs(Role::Frozen), call, Role::Frozen, backward));
        quote! { #trained #frozen }
    }

    /// Those of that role.
    fn part(&self, of: Option<&Iterations>, call: &Call, role: Role, backward: bool) -> TokenStream {
        let own = parts(role);
        let network = self.context.is_network();
        let slice = if network {
            quote! { p }
        } else {
            let slice = own.slice;
            quote! { #slice }
        };
        match (of, backward) {
            (None, false) => quote! { &#slice[..0], },
            (None, true) => quote! { 0, },
            (Some(of), true) => {
                let start = self.start(of, call, role);
                quote! { #start, }
            }
            (Some(Iterations { start, stride }), false) => {
                let (first, stride) = (ident(start), ident(stride));
                let run = (call.own_parameters && is_loop(call)).then(|| quote! { + i * Self::#stride });
                quote! { &#slice[Self::#first #run..][..Self::#stride], }
            }
        }
    }

    /// Where a run's parameters start.
    fn start(&self, of: &Iterations, call: &Call, role: Role) -> TokenStream {
        let (first, stride) = (ident(&of.start), ident(&of.stride));
        let outer = (!self.context.is_network()).then(|| {
            let start = parts(role).start;
            quote! { #start + }
        });
        let run = (call.own_parameters && is_loop(call)).then(|| quote! { + i * Self::#stride });
        quote! { #outer Self::#first #run }
    }

    /// Where the parameters of a use that learn start.
    pub(super) fn first_start(&self, at: usize) -> TokenStream {
        let trained = self.context.used(at).and_then(|used| used.runs[Role::Trained].as_ref());
        trained.map_or(quote! { 0 }, |of| {
            let first = ident(&of.start);
            if self.context.is_network() {
                quote! { Self::#first }
            } else {
                quote! { at + Self::#first }
            }
        })
    }
}

/// What is handed from run to run, to be bound before a run.
#[derive(Default)]
pub(super) struct Carried {
    names: Vec<Ident>,
    types: Vec<TokenStream>,
    values: Vec<TokenStream>,
}

impl Carried {
    pub(super) fn push(&mut self, name: &Ident, ty: TokenStream, value: TokenStream) {
        self.names.push(name.clone());
        self.types.push(ty);
        self.values.push(value);
    }
    /// `let (x, y) = (…, …);`: bound at once, so that no name is taken for another's.
    pub(super) fn bind(&self) -> TokenStream {
        let Carried { names, types, values } = self;
        match (names.as_slice(), types.as_slice(), values.as_slice()) {
            ([], ..) => quote! {},
            ([name], [ty], [value]) => quote! { let #name: #ty = #value; },
            _ => quote! { let (#(#names),*): (#(#types),*) = (#(#values),*); },
        }
    }
}

/// An expression that can be indexed.
fn operand(whole: &TokenStream) -> TokenStream {
    match whole.to_string().starts_with('&') {
        true => quote! { (#whole) },
        false => quote! { #whole },
    }
}

/// `y`, or `y_2` where there are several.
pub(super) fn numbered(word: &str, count: usize, k: usize) -> Ident {
    ident(&if count == 1 { word.to_string() } else { format!("{word}_{k}") })
}
