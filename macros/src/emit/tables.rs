//! What a network says of itself as data: its parameters, its layers, its graphs.
use super::layout::{Iterations, Layout, Leaf};
use crate::constants::Number;
use crate::lines::Line;
use crate::parameters::{Entry, Parameters};
use crate::role::Role;
use crate::text::{ident, tokens};
use plywood_kernels::graph::{Block, Kind};
use plywood_kernels::init::Init;
use plywood_kernels::layers::Parameter;
use plywood_kernels::listing::Listing;
use plywood_kernels::shape::Size;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use std::collections::HashSet;
use std::rc::Rc;

fn sizes(shape: &[Size]) -> TokenStream {
    let sizes = shape.iter().map(|size| tokens(&size.rust()));
    quote! { &[#(#sizes),*] }
}

/// The tree of parameters.
pub fn entries(parameters: &Parameters, layout: &Layout, code: &TokenStream) -> TokenStream {
    let rows = parameters.entries().iter().map(|entry| match entry {
        Entry::Layer(layer) => {
            let rows = layer.parameters.iter().filter_map(|parameter| {
                let Leaf::Own { constant, role } = layout.leaf(parameter) else { return None };
                let (constant, role) = (ident(constant), format_ident!("{role:?}"));
                let Parameter { name, shape, init, decays, sparse } = &parameter.row;
                let (shape, init) = (sizes(shape), init_of(init));
                Some(quote! {
                    ply::Entry::Parameter {
                        name: #name,
                        shape: #shape,
                        offset: #code::#constant.start,
                        init: #init,
                        role: ply::Role::#role,
                        decays: #decays,
                        sparse: #sparse
                    }
                })
            });
            let (key, rows) = (&layer.name.key, rows.collect::<Vec<_>>());
            quote! { ply::Entry::Group { name: #key, entries: &[#(#rows),*] } }
        }
        Entry::Group(group) => {
            let (key, inside) = (&group.name.key, entries(&group.inside, layout, code));
            quote! { ply::Entry::Group { name: #key, entries: #inside } }
        }
        Entry::Repeat(repeat) => {
            let used = &layout.uses[repeat.number];
            let place = |role: Role| match &used.runs[role] {
                Some(Iterations { start, stride }) => {
                    let (start, stride) = (ident(start), ident(stride));
                    quote! { ply::Iterations { offset: #code::#start, stride: #code::#stride } }
                }
                None => quote! { ply::Iterations::NONE },
            };
            let (trained, frozen) = (place(Role::Trained), place(Role::Frozen));
            let inside = entries(&repeat.inside, &used.inside, code);
            let key = &repeat.name.key;
            let Some(count) = &repeat.count else {
                return quote! {
                    ply::Entry::Block {
                        name: #key, trained: #trained, frozen: #frozen, state: ply::Iterations::NONE, entries: #inside,
                    }
                };
            };
            let count = tokens(&count.rust());
            quote! {
                ply::Entry::Repeat {
                    name: #key, count: #count, trained: #trained, frozen: #frozen, state: ply::Iterations::NONE,
                    entries: #inside,
                }
            }
        }
    });
    let rows = rows.collect::<Vec<_>>();
    quote! { &[#(#rows),*] }
}

fn init_of(init: &Init<Size>) -> TokenStream {
    let size = |size: &Size| tokens(&size.rust());
    let text = |number: f64| tokens(&format!("{number:?}"));
    match init {
        Init::Constant(value) => {
            let value = text(*value);
            quote! { ply::Init::Constant(#value) }
        }
        Init::Uniform { low, high } => {
            let (low, high) = (text(*low), text(*high));
            quote! { ply::Init::Uniform { low: #low, high: #high } }
        }
        Init::Normal { mean, std } => {
            let (mean, std) = (text(*mean), text(*std));
            quote! { ply::Init::Normal { mean: #mean, std: #std } }
        }
        Init::NormalRows { std, zero } => {
            let (std, zero) = (text(*std), size(zero));
            quote! { ply::Init::NormalRows { std: #std, zero: #zero } }
        }
        Init::FanUniform { scale, fan } => {
            let (scale, fan) = (text(*scale), size(fan));
            quote! { ply::Init::FanUniform { scale: #scale, fan: #fan } }
        }
        Init::FanNormal { scale, fan } => {
            let (scale, fan) = (text(*scale), size(fan));
            quote! { ply::Init::FanNormal { scale: #scale, fan: #fan } }
        }
        Init::Orthogonal { gain } => {
            let gain = text(*gain);
            quote! { ply::Init::Orthogonal { gain: #gain } }
        }
    }
}

/// The lines of the table that `Display` prints.
pub fn lines(lines: &[Line]) -> TokenStream {
    let rows = lines.iter().map(|line| {
        let Line { name, layer, output, parameters, flops, depth, times } = line;
        let depth = Literal::usize_unsuffixed(*depth);
        let (output, parameters) = (sizes(&output[1..]), tokens(&parameters.rust()));
        let (flops, times) = (tokens(&flops.rust()), tokens(&times.rust()));
        quote! {
            ply::LayerRow {
                name: #name, layer: #layer, output: #output, parameters: #parameters, flops: #flops, depth: #depth,
                times: #times,
            }
        }
    });
    quote! { &[#(#rows),*] }
}

/// Both graphs as text, and what the symbols in them stand for.
pub fn graphs(training: &Block, prediction: &Block, arithmetic: &[Number]) -> TokenStream {
    let mut symbols = Symbols::default();
    symbols.of(training);
    symbols.of(prediction);
    let pairs = symbols.found.iter().map(|name| {
        let value = tokens(name);
        quote! { (#name, #value) }
    });
    let numbers = arithmetic.iter().map(|number| {
        let (name, value) = (number.name.to_string(), number.value());
        quote! { (#name, #value) }
    });
    let [training, prediction] =
        [training, prediction].map(|network| Listing { network: network.clone() }.write());
    quote! {
        ply::Graphs {
            training: &[#(#training),*],
            prediction: &[#(#prediction),*],
            symbols: &[#(#pairs),*],
            numbers: &[#(#numbers),*],
        }
    }
}

/// The symbols of every size that the text of a graph has in it, in the order in which they are met.
#[derive(Default)]
struct Symbols {
    found: Vec<String>,
    known: HashSet<String>,
    /// Blocks that were looked at, by where they lie.
    blocks: HashSet<usize>,
}

impl Symbols {
    fn note(&mut self, size: &Size) {
        for symbol in size.symbols() {
            if !self.known.contains(symbol) {
                self.known.insert(symbol.to_string());
                self.found.push(symbol.to_string());
            }
        }
    }
    fn of(&mut self, block: &Block) {
        self.note(&block.streams);
        block.body.values().for_each(|v| block.body.shape(v).iter().for_each(|size| self.note(size)));
        for node in block.body.nodes() {
            if let Kind::Apply(_, attrs) = &node.kind {
                attrs.sizes().for_each(|size| self.note(size));
            }
        }
        for node in block.body.nodes() {
            if let Kind::Call(call) = &node.kind {
                self.note(&call.times);
                self.note(&call.first_stream);
                if self.blocks.insert(Rc::as_ptr(&call.block).addr()) {
                    self.of(&call.block);
                }
            }
        }
    }
}
