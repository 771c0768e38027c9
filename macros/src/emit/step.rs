//! One statement per planned step.
use super::context::{Context, parts};
use super::layout::Leaf;
use crate::call::{self, Named};
use crate::role::Role;
use crate::text::{ident, tokens};
use plywood_kernels::compiler::plan::Place;
use plywood_kernels::compiler::steps::{
    Contribution, Factor, Kernel, Operand, Rule, Source, Step, Summed, Work,
};
use plywood_kernels::graph::Value;
use plywood_kernels::scalar::argument;
use proc_macro2::TokenStream;
use quote::quote;
use std::borrow::Cow;

/// A statement under construction: bindings for values that lie in another's slot, then the call.
pub struct Statement<'a, 'b> {
    pub context: &'a mut Context<'b>,
    pub backward: bool,
    pub bindings: TokenStream,
}

/// The statements of step `at`.
pub fn statements(context: &mut Context, at: usize) -> TokenStream {
    let step = context.function.steps()[at].clone();
    let mut statement = Statement { context, backward: step.backward, bindings: TokenStream::new() };
    let call = statement.call(at, &step);
    let bindings = statement.bindings;
    quote! { #bindings #call }
}

impl Statement<'_, '_> {
    fn call(&mut self, at: usize, step: &Step) -> TokenStream {
        match &step.work {
            Work::Gradient(number, contribution) => self.gradient(*number, contribution),
            Work::Call(run) => self.run(at, step, run),
            Work::Reverse(back) => self.run_back(at, back),
            Work::Kernel(kernel) => self.kernel(at, step, kernel),
            work => {
                let output = step.outputs[0];
                let (kernel, arguments) = self.arguments(work, output);
                let y = self.write(output);
                let kernel = tokens(&kernel);
                quote! { ply::#kernel(cpu, #y, #arguments); }
            }
        }
    }

    /// A kernel and what it is given after the output.
    fn arguments(&mut self, work: &Work, output: Value) -> (Cow<'static, str>, TokenStream) {
        match work {
            Work::Map { rule, operands, columns } => {
                let (operands, rule) = self.formula(rule, operands, output);
                ("map".into(), call::map(columns, &operands, &rule))
            }
            Work::Product { a, b, rule, operands } => {
                let (a, b) = (self.factor(a), self.factor(b));
                if rule.formula == argument(0) && operands.len() == 1 {
                    return ("product".into(), call::product(&a, &b));
                }
                let (operands, rule) = self.formula(rule, operands, output);
                ("matmul".into(), call::matmul(&a, &b, &operands, &rule))
            }
            Work::Sum(summed) => {
                let (kernel, arguments) = self.summed(summed);
                (kernel.into(), arguments)
            }
            Work::Broadcast { x, from, mean } => {
                let (x, to) = (self.read(*x), self.context.function.graph().shape(output).clone());
                ("broadcast".into(), call::broadcast(&x, from, &to, *mean))
            }
            Work::Kernel(_) | Work::Gradient(..) | Work::Call(_) | Work::Reverse(_) => {
                unreachable!("they write what they give themselves")
            }
        }
    }

    fn kernel(&mut self, at: usize, step: &Step, kernel: &Kernel) -> TokenStream {
        let Kernel { path, inputs, shapes, arguments, workspace, .. } = kernel;
        let workspace = self.context.function.workspaces.get(&at).map(|place| {
            let (field, len) = (self.context.field(place), tokens(&workspace.rust()));
            quote! { &mut #field[..#len] }
        });
        let mut name = |named| match named {
            Named::Input(k) => self.read(inputs[k]),
            Named::Workspace => workspace.clone().unwrap_or_else(|| quote! { &mut [] }),
        };
        let arguments = call::arguments(arguments, shapes, &mut name);
        let results = step.outputs.iter().map(|output| self.write(*output)).collect::<Vec<_>>();
        let path = tokens(&format!("ops::{path}"));
        quote! { ply::#path(cpu, #(#results,)* #arguments); }
    }

    fn formula(
        &mut self,
        rule: &Rule,
        operands: &[Operand],
        output: Value,
    ) -> (Vec<TokenStream>, TokenStream) {
        let place = |value: &Value| self.context.function.places.get(value);
        let in_place: Vec<bool> = operands.iter().map(|o| place(&o.value) == place(&output)).collect();
        let texts = operands.iter().zip(in_place).map(|(operand, in_place)| match operand.source {
            Source::Sums => quote! { ply::Sums },
            Source::Full if in_place => quote! { ply::InPlace },
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

    fn summed(&mut self, summed: &Summed) -> (&'static str, TokenStream) {
        let of = self.context.function.graph().shape(summed.value).clone();
        call::sum(&self.read(summed.value), &of, &summed.len, &summed.inner, summed.mean)
    }

    fn gradient(&mut self, number: usize, contribution: &Contribution) -> TokenStream {
        if let Contribution::Nothing = contribution {
            return self.hand_over_nothing(number);
        }
        if let Contribution::Store(value) = contribution
            && let Some(Place::Collected(at, p)) = self.context.function.places.get(value)
        {
            return self.hand_over(*at, *p);
        }
        let (range, _) = self.range(number);
        match contribution {
            Contribution::Product(a, b) => {
                let (a, b) = (self.factor(a), self.factor(b));
                quote! { to.product(cpu, #range, #a, #b); }
            }
            Contribution::Sum(summed) => {
                let (kernel, summed) = self.summed(summed);
                let kernel = tokens(kernel);
                quote! { to.#kernel(cpu, #range, #summed); }
            }
            Contribution::Rows { indices, values, order, columns, padding } => {
                let columns = tokens(&columns.rust());
                let [indices, order, values] = [indices, order, values].map(|value| self.read(*value));
                let without = padding.as_ref().map(|padding| {
                    let padding = tokens(&padding.rust());
                    quote! { .without(#padding) }
                });
                quote! {
                    to.rows(cpu, #range, ply::TableRows::new(#indices, #order, #values, #columns)#without);
                }
            }
            Contribution::Store(value) => {
                let value = self.read(*value);
                quote! { to.store(cpu, #range, #value); }
            }
            Contribution::Nothing => TokenStream::new(),
        }
    }

    /// An expression for the numbers of a value.
    pub fn read(&mut self, value: Value) -> TokenStream {
        let function = self.context.function;
        let ports = &function.ports;
        let name = |names: &[String], k: usize| ident(&names[k]);
        match function.places.get(&value).cloned() {
            Some(Place::Input(k)) => {
                let x = name(&ports.inputs, k);
                quote! { #x }
            }
            Some(Place::Output(k)) => {
                let y = name(&ports.outputs, k);
                quote! { &*#y }
            }
            Some(Place::Seed(k)) => {
                let d_y = name(&ports.seeds, k);
                quote! { #d_y }
            }
            Some(Place::Gradient(k)) => {
                let d_x = name(&ports.gradients, k);
                quote! { &*#d_x }
            }
            Some(Place::Rows(r)) => {
                let rows = name(&ports.rows, r);
                quote! { &*#rows }
            }
            Some(Place::Parameter(number)) => self.parameter(number),
            Some(Place::State(number)) => {
                let constant = ident(&format!("STATE_{number}"));
                quote! { &state[Self::#constant] }
            }
            Some(place @ (Place::Slot(_) | Place::Kept(_))) => self.in_slot(value, &place, false),
            Some(Place::NextState(number)) => {
                let constant = ident(&format!("STATE_{number}"));
                quote! { &next_state[Self::#constant] }
            }
            Some(Place::Prepared(k)) => {
                let constant = ident(&format!("PREPARED_{k}"));
                quote! { &prepared[Self::#constant] }
            }
            Some(Place::Last(at, k)) => self.last_entry(value, at, k),
            Some(Place::Collected(at, p)) => self.collected(at, p),
            None => unreachable!("every value that is read was placed"),
        }
    }

    pub fn write(&mut self, value: Value) -> TokenStream {
        let function = self.context.function;
        let place = function.places.get(&value).cloned();
        match place {
            Some(place) => self.write_at(value, &place),
            None => unreachable!("every value that is written was placed"),
        }
    }

    /// An expression for a place that a value is written to.
    pub fn write_at(&mut self, value: Value, place: &Place) -> TokenStream {
        let ports = &self.context.function.ports;
        let named = |names: &[String], k: usize| {
            let name = ident(&names[k]);
            quote! { &mut *#name }
        };
        match place {
            Place::Output(k) => named(&ports.outputs, *k),
            Place::Gradient(k) => named(&ports.gradients, *k),
            Place::Rows(r) => named(&ports.rows, *r),
            Place::NextState(number) => {
                let constant = ident(&format!("STATE_{number}"));
                quote! { &mut next_state[Self::#constant] }
            }
            place => self.in_slot(value, place, true),
        }
    }

    fn parameter(&self, number: usize) -> TokenStream {
        let (range, role) = self.range(number);
        if self.backward {
            return quote! { &to.parameters()[#range] };
        }
        let (range, _) = self.range_from(number, &TokenStream::new());
        let part = if self.context.is_network() { ident("p") } else { parts(role).slice };
        quote! { &#part[#range] }
    }

    /// Where a parameter lies in the whole block, and among those of which role.
    fn range(&self, number: usize) -> (TokenStream, Role) {
        if self.context.is_network() {
            return self.range_from(number, &TokenStream::new());
        }
        let start = parts(self.context.layout.role(number)).start;
        self.range_from(number, &quote! { #start })
    }

    /// Where a parameter lies if what it lies in starts there. One of a block that is called lies where the call's do, as all
    /// runs share it.
    fn range_from(&self, number: usize, start: &TokenStream) -> (TokenStream, Role) {
        let mut layout = self.context.layout;
        let (mut number, mut starts) = (number, if start.is_empty() { vec![] } else { vec![start.clone()] });
        loop {
            match &layout.leaves[number] {
                Leaf::Own { constant, role } => {
                    let constant = ident(constant);
                    let range = if starts.is_empty() {
                        quote! { Self::#constant }
                    } else {
                        quote! { ply::shift(Self::#constant, #(#starts)+*) }
                    };
                    return (range, *role);
                }
                Leaf::Within(used, inner) => {
                    let used = &layout.uses[*used];
                    let of = &used.runs[used.inside.role(*inner)];
                    let first = of.as_ref().map(|of| ident(&of.start));
                    starts.push(quote! { Self::#first });
                    (layout, number) = (&used.inside, *inner);
                }
            }
        }
    }

    /// A slot's own name where it holds just this value; else a local with the value's name.
    fn in_slot(&mut self, value: Value, place: &Place, write: bool) -> TokenStream {
        let function = self.context.function;
        let length = function.length(value);
        let field = self.context.field(place);
        // not the slot itself: its list of what it holds may be long
        let slot = self.context.slot(place);
        let (name, whole) = (function.names.get(&value).unwrap_or(&slot.name).clone(), slot.length == length);
        if slot.name == name && whole {
            return field;
        }
        let (local, len) = (ident(&name), tokens(&length.rust()));
        if !self.context.bound.insert((self.backward, name)) {
            return quote! { #local };
        }
        let slice = match (write, whole) {
            (true, true) => quote! { &mut *#field },
            (true, false) => quote! { &mut #field[..#len] },
            (false, true) => quote! { &*#field },
            (false, false) => quote! { &#field[..#len] },
        };
        self.bindings.extend(quote! { let #local = #slice; });
        quote! { #local }
    }
}
