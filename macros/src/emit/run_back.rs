//! Statements that run blocks backward, and hand on what their runs collected.
use super::layout::{Layout, Leaf, Use};
use super::run::{Carried, is_loop, last, numbered};
use super::step::Statement;
use crate::role::Role;
use crate::text::{ident, tokens};
use plywood_kernels::compiler::plan::{Back, Collected, Place};
use plywood_kernels::compiler::steps::{RunBack, Work};
use plywood_kernels::graph::{Call, Entering, Leaving, Value};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

impl Statement<'_, '_> {
    /// The runs of a block backward, the last first.
    pub fn run_back(&mut self, at: usize, back: &RunBack) -> TokenStream {
        let plan = self.context.function.runs[&at].clone();
        let call = &back.run.call;
        let (looped, several, count) = (is_loop(call), !call.is_single(), tokens(&call.times.rust()));
        let last = last(call);
        let left = self.context.function.runs[&plan.forward].outputs.clone();
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
            let handed_back = call.carried_into(k).filter(|input| back.results.inputs[*input].is_some());
            seeds.push(match (call.outputs[k], handed_back) {
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
            Some(Collected { place, begins }) => {
                let (field, first) = (self.context.field(place), self.first_start(at));
                let begin = begins.then(|| quote! { ply::ops::full::forward(cpu, #field, 0.0); });
                let there = back.onto.iter().filter(|_| *begins);
                let there: Vec<TokenStream> =
                    there.map(|(p, value)| self.take_over(at, *p, *value, &first)).collect();
                before.extend(std::mem::take(&mut self.bindings));
                before.extend(quote! {
                    #begin
                    let mut collected = ply::Collected::new(to.parameters(), #field, #first);
                    #(#there)*
                });
                quote! { &mut collected }
            }
        };
        let kept = self.kept(&plan, call);
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

    /// Where the gradient of a block's parameter of that number lies among what the runs of step `at` collect: the loops
    /// over runs that have their own, the constant of its range, and how far it is from there.
    fn among_collected(&self, at: usize, p: usize) -> (Vec<TokenStream>, Ident, TokenStream) {
        let Some(used) = self.context.used(at) else {
            unreachable!("what is collected is of a block's parameters")
        };
        let step = &self.context.function.steps()[at];
        let own = matches!(&step.work, Work::Reverse(back) if back.run.call.own_parameters);
        let (mut loops, offset) = path(used, own, 0);
        let (more, inner, constant) = within(&used.inside, p, 1);
        loops.extend(more);
        (loops, ident(&constant), quote! { #offset #inner })
    }

    fn collecting(&self, at: usize) -> TokenStream {
        let collected = self.context.function.runs[&at].collected.as_ref().expect("it collects");
        self.context.field(&collected.place)
    }

    /// What was made before of the gradient of a block's parameter of that number, to where the runs of step `at` collect.
    fn take_over(&mut self, at: usize, p: usize, value: Value, first: &TokenStream) -> TokenStream {
        let (loops, range, offset) = self.among_collected(at, p);
        let there = match self.context.function.places.get(&value) {
            // it lies as it is to lie
            Some(Place::Collected(other, _)) => {
                let field = self.collecting(*other);
                quote! { &#field[ply::shift(Self::#range, 0 #offset)] }
            }
            _ => self.read(value),
        };
        let store = quote! {
            ply::Gradients::store(&mut collected, cpu, ply::shift(Self::#range, #first #offset), #there);
        };
        nested(loops, store)
    }

    /// A gradient that was collected around the runs of step `at`, of the block's parameter of that number.
    pub fn collected(&mut self, at: usize, p: usize) -> TokenStream {
        let (loops, range, offset) = self.among_collected(at, p);
        assert!(loops.is_empty(), "only calls read the parameters of runs that have their own");
        let field = self.collecting(at);
        if offset.is_empty() {
            return quote! { &#field[Self::#range] };
        }
        quote! { &#field[ply::shift(Self::#range, 0 #offset)] }
    }

    /// A gradient that was collected around the runs of step `at`, of the block's parameter of that number, to its
    /// destination.
    pub fn hand_over(&mut self, at: usize, p: usize) -> TokenStream {
        let (loops, range, offset) = self.among_collected(at, p);
        let (field, base) = (self.collecting(at), self.first_start(at));
        let store = quote! {
            to.store(
                cpu, ply::shift(Self::#range, #base #offset), &#field[ply::shift(Self::#range, 0 #offset)],
            );
        };
        nested(loops, store)
    }

    /// The gradient of a parameter on which nothing depends, to its destination: a sum of nothing.
    pub fn hand_over_nothing(&mut self, number: usize) -> TokenStream {
        let layout = self.context.layout;
        let (loops, offset, constant) = within(layout, number, 0);
        let range = ident(&constant);
        let range = quote! { ply::shift(Self::#range, 0 #offset) };
        nested(loops, quote! { to.column_sums(cpu, #range, &[], 0); })
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

/// What is written around a run backward for the gradient of an input.
#[derive(Default)]
struct HandBack {
    before: TokenStream,
    inside: TokenStream,
    after: TokenStream,
    expression: TokenStream,
}

fn nested(loops: Vec<TokenStream>, body: TokenStream) -> TokenStream {
    loops.into_iter().rev().fold(body, |body, head| quote! { #head { #body } })
}

/// The loop over the runs of a use, and how far a run's parameters are from the first's.
fn path(used: &Use, own: bool, depth: usize) -> (Vec<TokenStream>, TokenStream) {
    if !own || used.count.as_known() == Some(1) {
        return (vec![], quote! {});
    }
    let (variable, count) = (ident(&format!("i_{depth}")), tokens(&used.count.rust()));
    let stride = used.runs[Role::Trained].as_ref().map(|of| ident(&of.stride));
    (vec![quote! { for #variable in 0..#count }], quote! { + #variable * Self::#stride })
}

/// The loops over uses within, how far the parameter is from the start, and the constant of its range.
fn within(layout: &Layout, leaf: usize, depth: usize) -> (Vec<TokenStream>, TokenStream, String) {
    match &layout.leaves[leaf] {
        Leaf::Own { constant, .. } => (vec![], quote! {}, constant.clone()),
        Leaf::Within(used, inner) => {
            let used = &layout.uses[*used];
            let (mut loops, offset) = path(used, true, depth);
            let start = used.runs[Role::Trained].as_ref().map(|of| ident(&of.start));
            let (more, inner, constant) = within(&used.inside, *inner, depth + 1);
            loops.extend(more);
            (loops, quote! { + Self::#start #offset #inner }, constant)
        }
    }
}
