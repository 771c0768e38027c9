//! One statement per planned step.
use super::context::{Context, KEPT, PREDICT_SLOTS, SLOTS, parts};
use super::layout::{Iterations, Leaf};
use super::text::{ident, tokens};
use crate::call::{self, Named};
use plywood_kernels::compiler::plan::{Block, Place};
use plywood_kernels::compiler::steps::{Contribution, Factor, Operand, Rule, Source, Step, Summed, Work};
use plywood_kernels::graph::Value;
use proc_macro2::TokenStream;
use quote::quote;
use std::borrow::Cow;

/// A statement under construction: bindings for values that lie in another's slot, then the call.
struct Statement<'a, 'b> {
    context: &'a mut Context<'b>,
    backward: bool,
    bindings: TokenStream,
}

/// The statements of step `at`.
pub fn statements(context: &mut Context, at: usize) -> TokenStream {
    let step = context.function.steps[at].clone();
    let mut statement = Statement { context, backward: step.backward, bindings: TokenStream::new() };
    let call = statement.call(at, &step);
    let bindings = statement.bindings;
    quote! { #bindings #call }
}

impl Statement<'_, '_> {
    fn call(&mut self, at: usize, step: &Step) -> TokenStream {
        match &step.work {
            Work::Gradient(leaf, contribution) => self.gradient(*leaf, contribution),
            Work::Repeat { inputs, .. } if self.context.function.blocks[&at].kept.is_some() => {
                self.repeat(at, inputs[0])
            }
            Work::Repeat { inputs, .. } => self.pass_repeat(at, step, inputs[0]),
            Work::RepeatBackward { inputs, .. } => self.repeat_backward(at, step, inputs),
            work => {
                let Some(output) = step.output else { return TokenStream::new() };
                let arguments = self.arguments(work, output);
                let y = self.write(output);
                let (kernel, arguments) = arguments;
                let kernel = tokens(&kernel);
                quote! { ply::#kernel(cpu, #y, #arguments); }
            }
        }
    }

    /// A kernel and what it is given after the output.
    fn arguments(&mut self, work: &Work, output: Value) -> (Cow<'static, str>, TokenStream) {
        match work {
            Work::Map { rule, operands, columns } => {
                let (operands, rule) = self.formula(rule, operands);
                ("map".into(), call::map(columns, &operands, &rule))
            }
            Work::Product { a, b, rule, operands } => {
                let (a, b) = (self.factor(a), self.factor(b));
                let (operands, rule) = self.formula(rule, operands);
                ("matmul".into(), call::product(&a, &b, &operands, &rule))
            }
            Work::Sum(summed) => ("sum".into(), self.summed(summed)),
            Work::Broadcast { x, from, mean } => {
                let (x, to) = (self.read(*x), self.context.function.graph.shape(output).clone());
                ("broadcast".into(), call::broadcast(&x, from, &to, *mean))
            }
            Work::Call { kernel, inputs, shapes, arguments } => {
                let mut name = |named| match named {
                    Named::Input(k) => self.read(inputs[k]),
                    Named::Workspace => unreachable!("no row asks for one yet"),
                };
                (format!("ops::{kernel}").into(), call::arguments(arguments, shapes, &mut name))
            }
            Work::Gradient(..) | Work::Repeat { .. } | Work::RepeatBackward { .. } => {
                ("".into(), TokenStream::new())
            }
        }
    }

    fn formula(&mut self, rule: &Rule, operands: &[Operand]) -> (Vec<TokenStream>, TokenStream) {
        let texts = operands.iter().map(|operand| match operand.source {
            Source::Sums => quote! { ply::Sums },
            Source::Uniform => call::uniform(self.context.stream(operand.value)),
            source => call::operand(source, &self.read(operand.value)),
        });
        let texts = texts.collect();
        let rule = self.context.rules.name(rule, operands, self.backward);
        (texts, rule)
    }

    fn factor(&mut self, factor: &Factor) -> TokenStream {
        call::factor(&self.read(factor.value), &factor.columns, factor.transposed)
    }

    fn summed(&mut self, summed: &Summed) -> TokenStream {
        call::sum(&self.read(summed.value), &summed.len, &summed.inner, summed.mean)
    }

    fn gradient(&mut self, leaf: usize, contribution: &Contribution) -> TokenStream {
        let Some(Leaf { constant, .. }) = self.context.layout.leaves.get(leaf).cloned().flatten() else {
            return TokenStream::new();
        };
        let constant = ident(&constant);
        let range = if self.context.path.is_empty() {
            quote! { Self::#constant }
        } else {
            quote! { ply::shift(Self::#constant, at) }
        };
        match contribution {
            Contribution::Product { a, b } => {
                let (a, b) = (self.factor(a), self.factor(b));
                quote! { to.product(cpu, #range, #a, #b); }
            }
            Contribution::Sum(summed) => {
                let summed = self.summed(summed);
                quote! { to.sum(cpu, #range, #summed); }
            }
            Contribution::Store(value) => {
                let value = self.read(*value);
                quote! { to.store(cpu, #range, #value); }
            }
        }
    }

    /// An expression for the numbers of a value.
    fn read(&mut self, value: Value) -> TokenStream {
        match self.context.function.places.get(&value).cloned() {
            Some(Place::Input) => quote! { x },
            Some(Place::Output) => quote! { &*y },
            Some(Place::Seed) => quote! { d_y },
            Some(Place::HandedOn) => quote! { &*d_x },
            Some(Place::Parameter(leaf)) => self.parameter(leaf),
            Some(place @ (Place::Slot(_) | Place::Kept(_))) => self.in_slot(value, &place, false),
            Some(Place::Last(at)) => {
                let block = &self.context.function.blocks[&at];
                let kept = self.kept(block);
                let (last, each) = (tokens(&self.context.last(at)), self.kept_each(at));
                let len = tokens(&self.context.function.length(value).rust());
                quote! { &#kept[#last * #each..][..#len] }
            }
            None => unreachable!("every value that is read was placed"),
        }
    }

    fn write(&mut self, value: Value) -> TokenStream {
        match self.context.function.places.get(&value).cloned() {
            Some(Place::Output) => quote! { y },
            Some(Place::HandedOn) => quote! { d_x },
            Some(place) => self.in_slot(value, &place, true),
            None => unreachable!("every value that is written was placed"),
        }
    }

    fn parameter(&self, leaf: usize) -> TokenStream {
        let Some(Leaf { constant, frozen }) = self.context.layout.leaves.get(leaf).cloned().flatten() else {
            return quote! { p };
        };
        let (constant, own) = (ident(&constant), parts(frozen));
        match (self.backward, self.context.path.is_empty()) {
            (false, true) => quote! { &p[Self::#constant] },
            (false, false) => {
                let part = own.slice;
                quote! { &#part[Self::#constant] }
            }
            (true, true) => quote! { &to.parameters()[Self::#constant] },
            (true, false) => {
                let at = own.start;
                quote! { &to.parameters()[ply::shift(Self::#constant, #at)] }
            }
        }
    }

    /// A slot's own name where it holds just this value; else a local with the value's name.
    fn in_slot(&mut self, value: Value, place: &Place, write: bool) -> TokenStream {
        let function = self.context.function;
        let (slot, length) = (self.context.slot(place).clone(), function.length(value));
        let field = self.context.field(place);
        let name = function.names.get(&value).cloned().unwrap_or_else(|| slot.name.clone());
        if slot.name == name && slot.length == length {
            return field;
        }
        let (local, len) = (ident(&name), tokens(&length.rust()));
        if !self.context.bound.insert((self.backward, name)) {
            return quote! { #local };
        }
        let whole = slot.length == length;
        let slice = match (write, whole) {
            (true, true) => quote! { &mut *#field },
            (true, false) => quote! { &mut #field[..#len] },
            (false, true) => quote! { &*#field },
            (false, false) => quote! { &#field[..#len] },
        };
        self.bindings.extend(quote! { let #local = #slice; });
        quote! { #local }
    }

    fn kept(&self, block: &Block) -> TokenStream {
        block.kept.as_ref().map(|place| self.context.field(place)).unwrap_or_default()
    }

    /// How many numbers an iteration of the block that step `at` runs keeps.
    fn kept_each(&self, at: usize) -> TokenStream {
        let kept = ident(&format!("{}_kept", self.context.region(at).name));
        quote! { Self::#kept(n) }
    }

    /// `&mut BlocksSlots::of(s.blocks_scratch, n),`
    fn scratch(&self, block: &Block, path: &str, suffix: &str) -> TokenStream {
        let Some(place) = &block.scratch else { return TokenStream::new() };
        let (field, slots) = (self.context.field(place), self.context.type_ident(path, suffix));
        let generics = self.context.turbofish();
        quote! { &mut #slots::of #generics(#field, n), }
    }

    /// The iteration's parameters as arguments: `forward` takes slices, `backward` where these start.
    fn iteration(&self, region: &str, backward: bool) -> TokenStream {
        let block = self.context.layout.blocks.get(region);
        let trained = self.part(block.and_then(|block| block.trained.as_ref()), false, backward);
        let frozen = block.and_then(|block| block.frozen.as_ref());
        let frozen = frozen.map(|frozen| self.part(Some(frozen), true, backward));
        quote! { #trained #frozen }
    }

    /// Those that learn, or the frozen ones.
    fn part(&self, of: Option<&Iterations>, frozen: bool, backward: bool) -> TokenStream {
        let whole = self.context.path.is_empty();
        let own = parts(frozen);
        let (slice, start) = (own.slice, own.start);
        let slice = if whole {
            quote! { p }
        } else {
            quote! { #slice }
        };
        let start = (!whole).then(|| quote! { #start + });
        match (of, backward) {
            (None, false) => quote! { &#slice[..0], },
            (None, true) => quote! { 0, },
            (Some(Iterations { start: first, stride }), _) => {
                let (first, stride) = (ident(first), ident(stride));
                if backward {
                    quote! { #start Self::#first + i * Self::#stride, }
                } else {
                    quote! { &#slice[Self::#first + i * Self::#stride..][..Self::#stride], }
                }
            }
        }
    }

    fn region(&self, at: usize) -> (String, String, TokenStream, TokenStream) {
        let region = self.context.region(at);
        let path = region.name.clone();
        let [first, streams] = [&region.first_stream, &region.streams].map(call::stream_number);
        let random = match region.streams.as_known() {
            Some(0) => quote! { random },
            _ => quote! { random.skip(#first + i as u32 * #streams) },
        };
        (region.name.clone(), path, tokens(&region.count.rust()), random)
    }

    /// ```text
    /// for i in 0..3 {
    ///     let (before, here) = s.blocks.split_at_mut(i * Self::blocks_kept(n));
    ///     let x = if i == 0 { &*s.fc1 } else { &before[(i - 1) * Self::blocks_kept(n)..][..n * 8] };
    ///     Self::blocks_forward(cpu, random, &p[…], &mut BlocksKept::of(here, n), x, n);
    /// }
    /// ```
    fn repeat(&mut self, at: usize, x: Value) -> TokenStream {
        let block = self.context.function.blocks[&at].clone();
        let (name, path, count, random) = self.region(at);
        let kept = self.kept(&block);
        let x_text = self.read(x);
        let len = tokens(&self.context.function.length(x).rust());
        let each = self.kept_each(at);
        let p = self.iteration(&name, false);
        let scratch = self.scratch(&block, &path, SLOTS);
        let (forward, kept_type) = (ident(&format!("{path}_forward")), self.context.type_ident(&path, KEPT));
        let generics = self.context.turbofish();
        quote! {
            for i in 0..#count {
                let (before, here) = #kept.split_at_mut(i * #each);
                let x: &[T] = if i == 0 { #x_text } else { &before[(i - 1) * #each..][..#len] };
                Self::#forward(cpu, #random, #p &mut #kept_type::of #generics(here, n), #scratch x, n);
            }
        }
    }

    /// Where no backward pass reads the iterations; in training with random numbers.
    ///
    /// ```text
    /// for i in 0..3 {
    ///     let x = if i == 0 { &*s.fc1 } else { &*s.blocks };
    ///     Self::blocks_predict(cpu, &p[…], x, s.blocks_next, n);
    ///     ply::swap(&mut s.blocks, &mut s.blocks_next);
    /// }
    /// ```
    fn pass_repeat(&mut self, at: usize, step: &Step, x: Value) -> TokenStream {
        let block = self.context.function.blocks[&at].clone();
        let (name, path, count, random) = self.region(at);
        let Some((y, next)) = self.pair(&block, step) else { return TokenStream::new() };
        let x_text = self.read(x);
        let p = self.iteration(&name, false);
        let (slots, direction, random) = match self.context.training {
            true => (SLOTS, "forward", quote! { #random, }),
            false => (PREDICT_SLOTS, "predict", quote! {}),
        };
        let scratch = self.scratch(&block, &path, slots);
        let pass = ident(&format!("{path}_{direction}"));
        quote! {
            for i in 0..#count {
                let x: &[T] = if i == 0 { #x_text } else { &*#y };
                Self::#pass(cpu, #random #p #scratch x, #next, n);
                ply::swap(&mut #y, &mut #next);
            }
        }
    }

    /// As [`repeat`](Self::repeat), from the last iteration to the first; the gradient changes places.
    fn repeat_backward(&mut self, at: usize, step: &Step, inputs: &[Value]) -> TokenStream {
        let block = self.context.function.blocks[&at].clone();
        let (name, path, count, random) = self.region(at);
        let Some((d_x, next)) = self.pair(&block, step) else { return TokenStream::new() };
        let kept = self.kept(&block);
        let dy = inputs[inputs.len() - 1];
        let (x_text, dy_text) = (self.read(inputs[0]), self.read(dy));
        let len = tokens(&self.context.function.length(inputs[0]).rust());
        let each = self.kept_each(at);
        let last = tokens(&self.context.last(at));
        let start = self.iteration(&name, true);
        let scratch = self.scratch(&block, &path, SLOTS);
        let (backward, kept_type) =
            (ident(&format!("{path}_backward")), self.context.type_ident(&path, KEPT));
        let generics = self.context.turbofish();
        quote! {
            for i in 0..#count {
                let i = #last - i;
                let (before, here) = #kept.split_at_mut(i * #each);
                let x: &[T] = if i == 0 { #x_text } else { &before[(i - 1) * #each..][..#len] };
                let d_y: &[T] = if i == #last { #dy_text } else { &*#d_x };
                Self::#backward(
                    cpu, #random, to, #start &mut #kept_type::of #generics(here, n), #scratch x, d_y, #next, n,
                );
                ply::swap(&mut #d_x, &mut #next);
            }
        }
    }

    fn pair(&self, block: &Block, step: &Step) -> Option<(TokenStream, TokenStream)> {
        let place = self.context.function.places.get(&step.output?)?;
        Some((self.context.field(place), self.context.field(block.pair.as_ref()?)))
    }
}
