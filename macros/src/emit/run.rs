//! Statements that run blocks, forward and backward.
//!
//! ```text
//! for i in 0..3 {
//!     let (before, y) = ply::entry(s.blocks, i, ply::round(n * 8), n * 8);
//!     let x = if i == 0 { &*s.fc1 } else { before };
//!     Self::blocks_forward(cpu, random, &p[…], &mut BlocksKept::of(…, n), x, y, n);
//! }
//! ```
use super::context::{Context, KEPT, PREDICT_SLOTS, SLOTS, parts};
use super::layout::{Iterations, Leaf, Use};
use super::step::{Statement, stream};
use super::text::{ident, tokens};
use plywood_kernels::compiler::amount::Length;
use plywood_kernels::compiler::plan::{Back, Left, Place, RunPlan};
use plywood_kernels::compiler::steps::{Run, RunBack, Step, Work};
use plywood_kernels::graph::{Call, Entering, Leaving, Value};
use plywood_kernels::shape::elements;
use plywood_kernels::types::Element;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The use of a block that step `at` runs; nothing for one without parameters.
pub fn used<'a>(context: &Context<'a>, at: usize) -> Option<&'a Use> {
    let (Work::Call(run) | Work::Reverse(RunBack { run, .. })) = &context.function.steps()[at].work else {
        return None;
    };
    let first = run.parameters.first()?;
    let plywood_kernels::graph::Kind::Parameter(number) = context.function.graph().kind(*first) else {
        return None;
    };
    match context.layout.leaves.get(*number)? {
        Leaf::Within(used, _) => context.layout.uses.get(*used),
        Leaf::Own { .. } => None,
    }
}

/// Whether the runs are a loop, whose variable is `i`.
fn is_loop(call: &Call) -> bool {
    !call.is_single() || call.inputs.contains(&Entering::Sliced) || call.outputs.contains(&Leaving::Stacked)
}

/// The last run's number.
fn last(call: &Call) -> TokenStream {
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
        let kept = self.kept(at, &plan, call);
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

    /// The runs of a block backward, the last first.
    pub fn run_back(&mut self, at: usize, step: &Step, back: &RunBack) -> TokenStream {
        let _ = step;
        let plan = self.context.function.runs[&at].clone();
        let call = &back.run.call;
        let (looped, several, count) = (is_loop(call), !call.is_single(), tokens(&call.times.rust()));
        let last = last(call);
        let forward = self.forward_step(back);
        let left = self.context.function.runs[&forward].outputs.clone();
        let reads = back.run.function.reads_back.clone();
        let (mut before, mut inside, mut after) =
            (TokenStream::new(), TokenStream::new(), TokenStream::new());
        // gradients that are handed back from run to run come first: seeds read them
        let mut gradients = vec![];
        for (k, back_to) in plan.inputs.iter().enumerate() {
            let (Some(back_to), Some(result)) = (back_to, back.results.inputs[k]) else { continue };
            let written = self.hand_back(result, back_to, k, call);
            before.extend(std::mem::take(&mut self.bindings));
            before.extend(written.before);
            inside.extend(written.inside);
            after.extend(written.after);
            gradients.push(written.expression);
        }
        let (mut inputs, mut carried) = (vec![], Carried::default());
        for (k, entering) in call.inputs.iter().enumerate().filter(|(k, _)| reads.inputs[*k]) {
            let given = self.read(back.run.inputs[k]);
            before.extend(std::mem::take(&mut self.bindings));
            inputs.push(match entering {
                Entering::Carried(output) if several => {
                    let slice = self.context.slice(back.run.inputs[k]);
                    let earlier = self.left_entry(back.outputs[*output], &left[*output], &quote! { (i - 1) });
                    before.extend(std::mem::take(&mut self.bindings));
                    let x = numbered("x", call.inputs.len(), k);
                    carried.push(&x, quote! { &#slice }, quote! { if i == 0 { #given } else { #earlier } });
                    quote! { #x }
                }
                Entering::Sliced => self.entry(&given, back.run.inputs[k]),
                Entering::Carried(_) | Entering::Shared => given,
            });
        }
        let mut outputs = vec![];
        for k in (0..reads.outputs.len()).filter(|k| reads.outputs[*k]) {
            outputs.push(self.left_entry(back.outputs[k], &left[k], &quote! { i }));
            before.extend(std::mem::take(&mut self.bindings));
        }
        let mut seeds = vec![];
        for (k, seed) in back.seeds.iter().enumerate() {
            let Some(seed) = *seed else { continue };
            let given = self.read(seed);
            before.extend(std::mem::take(&mut self.bindings));
            let d_y = numbered("d_y", back.seeds.len(), k);
            seeds.push(match (call.outputs[k], call.carried_into(k)) {
                (Leaving::Stacked, _) => self.entry(&given, seed),
                (Leaving::Last, Some(input)) if several => {
                    let handed = numbered("before", call.inputs.len(), input);
                    carried.push(&d_y, quote! { &[T] }, quote! { if i == #last { #given } else { #handed } });
                    quote! { #d_y }
                }
                (Leaving::Last, None) if several => {
                    let zeros = plan.zeros[k].clone().expect("only the last run has a gradient");
                    let (field, len) = (self.context.field(&zeros), self.context.length(seed));
                    before.extend(quote! { ply::ops::full::forward(cpu, &mut #field[..#len], 0.0); });
                    carried.push(
                        &d_y,
                        quote! { &[T] },
                        quote! { if i == #last { #given } else { &#field[..#len] } },
                    );
                    quote! { #d_y }
                }
                (Leaving::Last, _) => given,
            });
        }
        inside.extend(carried.bind());
        let mut rows = vec![];
        for value in &back.results.rows {
            let whole = self.write(*value);
            before.extend(std::mem::take(&mut self.bindings));
            rows.push(self.entry_mut(&whole, *value));
        }
        let start = self.parameters_of(at, call, true);
        let to = match &plan.collected {
            None => quote! { to },
            Some(place) => {
                let (field, first) = (self.context.field(place), self.first_start(at));
                before.extend(quote! {
                    let mut collected = ply::Collected::new(to.parameters(), #field, #first);
                });
                let first_run = several.then(|| quote! { collected.accumulate = i != #last; });
                inside.extend(first_run);
                quote! { &mut collected }
            }
        };
        let kept = self.kept(at, &plan, call);
        let (function, scratch) = (self.function(&plan, "backward"), self.scratch(&plan));
        let random = self.random(call);
        let body = quote! {
            #inside
            Self::#function(
                cpu, #random, #to, #start #kept #scratch #(#inputs,)* #(#outputs,)* #(#seeds,)* #(#gradients,)*
                #(#rows,)* n,
            );
            #after
        };
        if looped {
            quote! { #before for i in ply::last_first(#count) { #body } }
        } else {
            quote! { #before #body }
        }
    }

    /// The step that ran forward what a reverse runs back.
    fn forward_step(&self, back: &RunBack) -> usize {
        let first = back.outputs.first();
        let ran = |step: &Step| matches!(step.work, Work::Call(_)) && step.outputs.first() == first;
        self.context.function.steps().iter().position(ran).expect("what runs backward ran forward")
    }

    fn function(&mut self, plan: &RunPlan, direction: &str) -> Ident {
        let name = self.context.names.of(&plan.function);
        ident(&format!("{name}_{direction}"))
    }

    fn random(&self, call: &Call) -> TokenStream {
        let [first, streams] = [&call.first_stream, &call.block.streams].map(stream);
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
    fn pair_field(&mut self, place: &Place) -> TokenStream {
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
            let whole = self.write_at(value, place);
            quote! { #whole }
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
    fn entry(&self, whole: &TokenStream, value: Value) -> TokenStream {
        let ((_, len), whole) = (self.strides(value, false), operand(whole));
        quote! { &#whole[i * (#len)..][..#len] }
    }
    fn entry_mut(&self, whole: &TokenStream, value: Value) -> TokenStream {
        let ((_, len), whole) = (self.strides(value, false), operand(whole));
        quote! { &mut #whole[i * (#len)..][..#len] }
    }

    /// What run `at` left.
    fn left_entry(&mut self, value: Value, left: &Left, at: &TokenStream) -> TokenStream {
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
    fn kept(&mut self, at: usize, plan: &RunPlan, call: &Call) -> TokenStream {
        if plan.kept.iter().all(Option::is_none) {
            return TokenStream::new();
        }
        let _ = at;
        let name = self.context.names.of(&plan.function);
        let ty = self.context.type_ident(&name, KEPT);
        let looped = is_loop(call);
        let mut parts = TokenStream::new();
        for ((place, word), _) in plan.kept.iter().zip(["kept", "indices"]).zip(Element::ALL) {
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
    fn scratch(&mut self, plan: &RunPlan) -> TokenStream {
        if plan.scratch.iter().all(Option::is_none) {
            return TokenStream::new();
        }
        let name = self.context.names.of(&plan.function);
        let ty = self.context.type_ident(&name, if self.context.training { SLOTS } else { PREDICT_SLOTS });
        let mut parts = TokenStream::new();
        for (place, element) in plan.scratch.iter().zip(Element::ALL) {
            match place {
                Some(place) => {
                    let field = self.context.field(place);
                    parts.extend(quote! { #field, });
                }
                // the other direction works in such slots
                None if plan.function.slots.iter().any(|slot| slot.element == element) => {
                    parts.extend(quote! { &mut [], });
                }
                None => {}
            }
        }
        let generics = self.context.turbofish();
        quote! { &mut #ty::of #generics(#parts n), }
    }

    /// The run's parameters as arguments: `forward` takes slices, `backward` where these start.
    fn parameters_of(&self, at: usize, call: &Call, backward: bool) -> TokenStream {
        let used = used(self.context, at);
        let trained = self.part(used.and_then(|used| used.trained.as_ref()), call, false, backward);
        let frozen = used.filter(|used| used.inside.has_frozen);
        let frozen = frozen.map(|used| self.part(used.frozen.as_ref(), call, true, backward));
        quote! { #trained #frozen }
    }

    /// Those that learn, or the frozen ones.
    fn part(&self, of: Option<&Iterations>, call: &Call, frozen: bool, backward: bool) -> TokenStream {
        let own = parts(frozen);
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
                let start = self.start(of, call, frozen);
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
    fn start(&self, of: &Iterations, call: &Call, frozen: bool) -> TokenStream {
        let (first, stride) = (ident(&of.start), ident(&of.stride));
        let outer = (!self.context.is_network()).then(|| {
            let start = parts(frozen).start;
            quote! { #start + }
        });
        let run = (call.own_parameters && is_loop(call)).then(|| quote! { + i * Self::#stride });
        quote! { #outer Self::#first #run }
    }

    /// Where the parameters of a use that learn start.
    fn first_start(&self, at: usize) -> TokenStream {
        let trained = used(self.context, at).and_then(|used| used.trained.as_ref());
        trained.map_or(quote! { 0 }, |of| {
            let first = ident(&of.start);
            if self.context.is_network() {
                quote! { Self::#first }
            } else {
                quote! { at + Self::#first }
            }
        })
    }

    /// A gradient that was collected around the runs of step `at`, to its destination.
    pub fn hand_over(&mut self, number: usize, at: usize) -> TokenStream {
        let place = self.context.function.runs[&at].collected.clone().expect("it collects");
        let field = self.context.field(&place);
        let Some(Leaf::Within(used, leaf)) = self.context.layout.leaves.get(number) else {
            unreachable!("what is collected is of a block's parameters")
        };
        let used = &self.context.layout.uses[*used];
        let base = self.first_start(at);
        let own = matches!(
            &self.context.function.steps()[at].work,
            Work::Reverse(back) if back.run.call.own_parameters
        );
        let (loops, offset) = path(used, own, 0);
        let (body_loops, inner, constant) = within(&used.inside, *leaf, 1);
        let range = ident(&constant);
        let offset = quote! { #offset #inner };
        let store = quote! {
            to.store(
                cpu, ply::shift(Self::#range, #base #offset), &#field[ply::shift(Self::#range, 0 #offset)],
            );
        };
        let store = body_loops.into_iter().rev().fold(store, |body, head| quote! { #head { #body } });
        loops.into_iter().rev().fold(store, |body, head| quote! { #head { #body } })
    }

    /// What is bound around a run backward for the gradient of an input, and the expression for it.
    fn hand_back(&mut self, result: Value, to: &Back, k: usize, call: &Call) -> HandBack {
        let mut back = HandBack::default();
        match to {
            Back::Once(place) => back.expression = self.write_at(result, place),
            Back::Stack(place) => {
                let whole = self.write_at(result, place);
                back.expression = self.entry_mut(&whole, result);
            }
            Back::Pair(place, next) => {
                let count = call.inputs.len();
                let (earlier, d_x) = (numbered("before", count, k), numbered("d_x", count, k));
                let len = self.context.length(result);
                let (first, second) = (self.pair_field(place), self.pair_field(next));
                back.inside = quote! {
                    let (#earlier, #d_x) = ply::turn(i, &mut #first[..#len], &mut #second[..#len]);
                };
                back.expression = quote! { #d_x };
            }
            Back::Sum(place, next) => {
                let sum = self.write_at(result, place);
                let (len, field) = (self.context.length(result), self.context.field(next));
                back.before = quote! { ply::ops::full::forward(cpu, #sum, 0.0); };
                back.after = quote! { ply::accumulate(cpu, #sum, &#field[..#len]); };
                back.expression = quote! { &mut #field[..#len] };
            }
        }
        back
    }
}

/// What is handed from run to run, to be bound before a run.
#[derive(Default)]
struct Carried {
    names: Vec<Ident>,
    types: Vec<TokenStream>,
    values: Vec<TokenStream>,
}

impl Carried {
    fn push(&mut self, name: &Ident, ty: TokenStream, value: TokenStream) {
        self.names.push(name.clone());
        self.types.push(ty);
        self.values.push(value);
    }
    /// `let (x, y) = (…, …);`: bound at once, so that no name is taken for another's.
    fn bind(&self) -> TokenStream {
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

#[derive(Default)]
struct HandBack {
    before: TokenStream,
    inside: TokenStream,
    after: TokenStream,
    expression: TokenStream,
}

/// `y`, or `y_2` where there are several.
fn numbered(word: &str, count: usize, k: usize) -> Ident {
    ident(&if count == 1 { word.to_string() } else { format!("{word}_{k}") })
}

/// The loop over the runs of a use, and how far a run's parameters are from the first's.
fn path(used: &Use, own: bool, depth: usize) -> (Vec<TokenStream>, TokenStream) {
    if !own {
        return (vec![], quote! {});
    }
    let (variable, count) = (ident(&format!("i_{depth}")), tokens(&used.count.rust()));
    let stride = used.trained.as_ref().map(|of| ident(&of.stride));
    (vec![quote! { for #variable in 0..#count }], quote! { + #variable * Self::#stride })
}

/// The loops over uses within, how far the parameter is from the start, and the constant of its range.
fn within(
    layout: &super::layout::Layout,
    leaf: usize,
    depth: usize,
) -> (Vec<TokenStream>, TokenStream, String) {
    match &layout.leaves[leaf] {
        Leaf::Own { constant, .. } => (vec![], quote! {}, constant.clone()),
        Leaf::Within(used, inner) => {
            let used = &layout.uses[*used];
            let (mut loops, offset) = path(used, true, depth);
            let start = used.trained.as_ref().map(|of| ident(&of.start));
            let (more, inner, constant) = within(&used.inside, *inner, depth + 1);
            loops.extend(more);
            (loops, quote! { + Self::#start #offset #inner }, constant)
        }
    }
}
