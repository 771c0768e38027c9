//! Every row's kernel as a call, for the tests: one for each sample that the row accepts, written as generated code writes
//! it. So a row that names what its kernel does not take is an error of this repository, and what is tested is what is
//! emitted.
use crate::call::{self, Named};
use crate::emit::rules::Rules;
use crate::text::tokens;
use plywood_kernels::compiler::rewrite::readable;
use plywood_kernels::compiler::steps::{Operand, Rule, Source};
use plywood_kernels::graph::{Block, Graph, Kind, Value};
use plywood_kernels::op::{CallArgument, Lowered, Op, Sample};
use plywood_kernels::ops;
use plywood_kernels::scalar::argument;
use plywood_kernels::shape::broadcast::Reading;
use plywood_kernels::shape::{Shape, Size, elements, shape};
use plywood_kernels::types::{Element, Type};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use std::collections::BTreeMap;

/// The tables `CALLS`, `FAULTS` and `KERNELS`, of types that stand beside the invocation.
///
/// ```text
/// fn softmax_0<T: ply::Real>(operands: Operands<'_, T>) {
///     let Operands { cpu, random, inputs, results, workspace } = operands;
///     let [x0] = inputs else { unreachable!() };
///     let x0 = x0.real();
///     let [y0] = results else { unreachable!() };
///     let y0 = y0.real_mut();
///     ply::ops::softmax::forward(cpu, y0, x0, 5);
/// }
/// pub static CALLS: &[Call] = &[Call { row: "softmax", sample: 0, single: softmax_0::<f32>, double: softmax_0::<f64> }];
/// ```
pub fn calls() -> TokenStream {
    let mut rules = Rules::new(&format_ident!("Calls"), &[]);
    let (mut functions, mut calls, mut faults) = (TokenStream::new(), vec![], vec![]);
    // a kernel's name, how many results and arguments it has, and whether there are real numbers among them
    let mut kernels: BTreeMap<&str, (usize, usize, bool)> = BTreeMap::new();
    for op in ops::tested() {
        let name = op.name();
        for (i, sample) in op.samples().into_iter().filter(|sample| sample.accepted).enumerate() {
            let own = Written::of(op, &sample);
            let function = format_ident!("{name}_{i}");
            functions.extend(own.function(&function, &own.statements(&mut rules)));
            calls.push(quote! {
                Call { row: #name, sample: #i, single: #function::<f32>, double: #function::<f64> }
            });
            let Lowered::Call { kernel, arguments } = op.lower(&sample.attrs) else { continue };
            let elements = own.inputs.iter().map(|(_, element)| element).chain(&own.results);
            let real = elements.into_iter().any(|element| element.is_real());
            kernels.insert(kernel, (own.results.len(), arguments.len(), real));
            for (a, b) in own.interchangeable(&arguments) {
                let mut exchanged = arguments.clone();
                exchanged.swap(a, b);
                let (right, wrong) = (own.call(kernel, &arguments), own.call(kernel, &exchanged));
                if right.to_string() != wrong.to_string() {
                    let function = format_ident!("{name}_{i}_{a}_{b}");
                    functions.extend(own.function(&function, &wrong));
                    faults.push(quote! {
                        Fault { row: #name, sample: #i, arguments: [#a, #b], double: #function::<f64> }
                    });
                }
            }
        }
    }
    let kernels = kernels.into_iter().map(|(path, (results, arguments, real))| {
        let [y, a] = [("y", results), ("a", arguments)]
            .map(|(name, count)| (0..count).map(|k| format_ident!("{name}{k}")).collect::<Vec<_>>());
        let kernel = tokens(path);
        let of = real.then(|| quote! { ::<f32> });
        quote! {
            Kernel { path: #path, run: |cpu, results, arguments| {
                let [#(#y),*] = results else { unreachable!("another number of results") };
                let [#(#a),*] = arguments else { unreachable!("another number of arguments") };
                ply::ops::#kernel #of(cpu, #(#y.take(),)* #(#a.take()),*);
            } }
        }
    });
    let kernels = kernels.collect::<Vec<_>>();
    let rules = rules.into_tokens();
    quote! {
        use ::plywood::__private as ply;
        #rules
        #functions
        /// Every row with every sample that it accepts.
        pub static CALLS: &[Call] = &[#(#calls),*];
        /// The same with two arguments of one type exchanged.
        pub static FAULTS: &[Fault] = &[#(#faults),*];
        /// Every kernel that a row names.
        pub static KERNELS: &[Kernel] = &[#(#kernels),*];
    }
}

/// A sample's op in a graph of its own, with what a call of it is written of.
struct Written {
    graph: Graph,
    /// The shapes and types of what goes in.
    inputs: Vec<(Shape, Element)>,
    /// The types of what comes out.
    results: Vec<Element>,
}

impl Written {
    fn of(op: &'static dyn Op, sample: &Sample) -> Written {
        let mut graph = Graph::default();
        let typed = |(k, sizes): (usize, &Vec<usize>)| (shape(sizes), op.operand(k));
        let inputs: Vec<(Shape, Element)> = sample.shapes.iter().enumerate().map(typed).collect();
        let leaves: Vec<Value> = (inputs.iter().enumerate())
            .map(|(k, (shape, element))| {
                graph.leaf_of(Kind::Input(k), Type { element: *element, shape: shape.clone() })
            })
            .collect();
        let results = graph
            .apply_all(op, sample.attrs.clone(), &leaves)
            .unwrap_or_else(|mismatch| panic!("`{}` refuses a sample of its own: {mismatch:?}", op.name()));
        let elements = results.iter().map(|result| graph.element(*result)).collect();
        let graph = readable(&Block::of("", graph, results, 0.into())).body;
        Written { graph, inputs, results: elements }
    }

    fn function(&self, name: &proc_macro2::Ident, body: &TokenStream) -> TokenStream {
        let reading = |(k, element): (usize, Element), mutable: bool| {
            let name = if mutable { format_ident!("y{k}") } else { format_ident!("x{k}") };
            let read = match (element, mutable) {
                (Element::F32, false) => quote! { real },
                (Element::F32, true) => quote! { real_mut },
                (Element::U32, false) => quote! { index },
                (Element::U32, true) => quote! { index_mut },
            };
            (quote! { #name }, quote! { let #name = #name.#read(); })
        };
        let inputs = self.inputs.iter().map(|(_, element)| *element).enumerate();
        let (x, read): (Vec<_>, Vec<_>) = inputs.map(|input| reading(input, false)).unzip();
        let results = self.results.iter().copied().enumerate();
        let (y, write): (Vec<_>, Vec<_>) = results.map(|result| reading(result, true)).unzip();
        quote! {
            fn #name<T: ply::Real>(operands: Operands<'_, T>) {
                let Operands { cpu, random, inputs, results, workspace } = operands;
                let [#(#x),*] = inputs else { unreachable!("another number of inputs") };
                #(#read)*
                let [#(#y),*] = results else { unreachable!("another number of results") };
                #(#write)*
                #body
            }
        }
    }

    /// The op, after what its graph repeats in memory for it.
    fn statements(&self, rules: &mut Rules) -> TokenStream {
        let applied = |i: &usize| matches!(self.graph.nodes()[*i].kind, Kind::Apply(..));
        let nodes: Vec<usize> = (0..self.graph.len()).filter(applied).collect();
        let mut text = TokenStream::new();
        for i in &nodes {
            let node = &self.graph.nodes()[*i];
            let (Kind::Apply(op, _), value) = (&node.kind, node.results[0]) else { continue };
            let y = if Some(i) == nodes.last() {
                quote! { y0 }
            } else {
                let (own, len) = (format_ident!("t{}", value.0), elements(self.graph.shape(value)).rust());
                let len = tokens(&len);
                text.extend(quote! { let mut #own = vec![T::ZERO; #len]; });
                quote! { &mut #own }
            };
            text.extend(self.statement(*op, value, &node.inputs, &y, rules));
        }
        text
    }

    /// `x0`, or what was repeated in memory.
    fn value(&self, value: Value) -> TokenStream {
        let name = match self.graph.kind(value) {
            Kind::Input(k) => format_ident!("x{k}"),
            _ => {
                let own = format_ident!("t{}", value.0);
                return quote! { &#own };
            }
        };
        quote! { #name }
    }

    fn statement(
        &self,
        op: &dyn Op,
        value: Value,
        inputs: &[Value],
        y: &TokenStream,
        rules: &mut Rules,
    ) -> TokenStream {
        let (to, from) = (self.graph.shape(value), |k: usize| self.graph.shape(inputs[k]));
        let Kind::Apply(_, attrs) = self.graph.kind(value) else { return TokenStream::new() };
        let identity = Rule { formula: argument(0), words: "identity".into() };
        let last = |shape: &Shape| shape.last().cloned().unwrap_or(Size::known(1));
        match op.lower(attrs) {
            Lowered::Map { formula, word } => {
                let readings: Vec<Reading> = (0..inputs.len())
                    .map(|k| Reading::of(from(k), to).expect("the graph repeats what cannot be read"))
                    .collect();
                let width = readings.iter().find_map(|reading| reading.width().cloned());
                let operand = |(reading, input): (&Reading, &Value)| {
                    let source = match reading {
                        Reading::Full => Source::Full,
                        Reading::Row(_) => Source::Row,
                        Reading::Column(_) => Source::Column,
                        Reading::Scalar => Source::Scalar,
                    };
                    Operand { source, value: *input }
                };
                let operands: Vec<Operand> = readings.iter().zip(inputs).map(operand).collect();
                let written: Vec<TokenStream> =
                    operands.iter().map(|o| call::operand(o.source, &self.value(o.value))).collect();
                let rule = rules.name(&Rule { formula, words: word }, &operands, false);
                let arguments = call::map(&width.unwrap_or_else(|| last(to)), &written, &rule);
                quote! { ply::map(cpu, #y, #arguments); }
            }
            Lowered::Product { transpose_a, transpose_b } => {
                let [a, b] = [(0, transpose_a), (1, transpose_b)]
                    .map(|(k, transposed)| call::factor(&self.value(inputs[k]), &last(from(k)), transposed));
                let arguments = call::product(&a, &b);
                quote! { ply::product(cpu, #y, #arguments); }
            }
            Lowered::Sum { axes, mean } => {
                let x = from(0);
                let (len, inner) = (elements(&x[axes.clone()]), elements(&x[axes.end..]));
                let (kernel, arguments) = call::sum(&self.value(inputs[0]), x, &len, &inner, mean);
                let kernel = tokens(kernel);
                quote! { ply::#kernel(cpu, #y, #arguments); }
            }
            Lowered::Broadcast { mean } => {
                let arguments = call::broadcast(&self.value(inputs[0]), from(0), to, mean);
                quote! { ply::broadcast(cpu, #y, #arguments); }
            }
            Lowered::Same => {
                let x = self.value(inputs[0]);
                quote! { #y.copy_from_slice(#x); }
            }
            Lowered::Uniform(stream) => {
                let rule = rules.name(&identity, &[Operand { source: Source::Uniform, value }], false);
                let arguments = call::map(&last(to), &[call::uniform(&stream)], &rule);
                quote! { ply::map(cpu, #y, #arguments); }
            }
            Lowered::Call { kernel, arguments } => self.call(kernel, &arguments),
        }
    }

    /// `ply::ops::softmax::forward(cpu, y0, x0, 5);`
    fn call(&self, kernel: &str, arguments: &[CallArgument]) -> TokenStream {
        let shapes: Vec<Shape> = self.inputs.iter().map(|(shape, _)| shape.clone()).collect();
        let arguments = call::arguments(arguments, &shapes, &mut |named| match named {
            Named::Input(k) => {
                let x = format_ident!("x{k}");
                quote! { #x }
            }
            Named::Workspace => quote! { workspace },
        });
        let (kernel, y) = (tokens(kernel), (0..self.results.len()).map(|k| format_ident!("y{k}")));
        quote! { ply::ops::#kernel(cpu, #(#y,)* #arguments); }
    }

    /// Pairs of arguments that have one type, so that no compiler sees them exchanged.
    fn interchangeable(&self, arguments: &[CallArgument]) -> Vec<(usize, usize)> {
        let kind = |argument: &CallArgument| match argument {
            CallArgument::Input(k) if self.inputs[*k].1 == Element::U32 => "indices",
            CallArgument::Input(_) | CallArgument::Nothing => "numbers",
            CallArgument::Inputs => "several",
            CallArgument::ShapeOf(_) | CallArgument::Axes(_) => "sizes",
            CallArgument::LastOf(_) | CallArgument::Size(_) => "size",
            CallArgument::Range(_) => "range",
            CallArgument::Number(_) => "number",
            CallArgument::Flag(_) => "flag",
            CallArgument::Workspace => "workspace",
        };
        let pairs = (0..arguments.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        pairs.filter(|(a, b)| kind(&arguments[*a]) == kind(&arguments[*b])).collect()
    }
}
