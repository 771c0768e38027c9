//! What a network says of itself as data: its parameters, its layers, its graphs.
use super::layout::{Iterations, Layout};
use super::text::{ident, tokens};
use crate::lower::{Entry, Line};
use plywood_kernels::compiler::Forward;
use plywood_kernels::compiler::autodiff::Differentiated;
use plywood_kernels::graph::{Graph, Kind};
use plywood_kernels::init::Init;
use plywood_kernels::listing::Listing;
use plywood_kernels::shape::Size;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

fn sizes(shape: &[Size]) -> TokenStream {
    let sizes = shape.iter().map(|size| tokens(&size.rust()));
    quote! { &[#(#sizes),*] }
}

/// The tree of parameters.
pub fn entries(entries: &[Entry], layout: &Layout, code: &TokenStream) -> TokenStream {
    let mut leaves = layout.leaves.iter();
    let rows = entries.iter().map(|entry| match entry {
        Entry::Layer(layer) => {
            let parameters = layer.parameters.iter().map(|parameter| {
                let constant = leaves.next().cloned().flatten().map(|leaf| ident(&leaf.constant));
                let (frozen, decays) = (layer.frozen, parameter.decays);
                let (name, shape) = (parameter.name, sizes(&parameter.shape));
                let init = init(&parameter.init);
                quote! {
                    ply::Entry::Parameter { name: #name, shape: #shape, offset: #code::#constant.start, init: #init, frozen: #frozen, decays: #decays }
                }
            });
            let (key, parameters) = (&layer.name.key, parameters.collect::<Vec<_>>());
            quote! { ply::Entry::Group { name: #key, entries: &[#(#parameters),*] } }
        }
        Entry::Repeat(repeat) => {
            let Some(block) = layout.blocks.get(&repeat.name.label) else { return TokenStream::new() };
            leaves = leaves.as_slice()[block.inside.leaves.len()..].iter();
            let place = |of: &Option<Iterations>| match of {
                Some(Iterations { start, stride }) => {
                    let (start, stride) = (ident(start), ident(stride));
                    quote! { ply::Iterations { offset: #code::#start, stride: #code::#stride } }
                }
                None => quote! { ply::Iterations::NONE },
            };
            let (trained, frozen) = (place(&block.trained), place(&block.frozen));
            let (key, count) = (&repeat.name.key, tokens(&repeat.count.rust()));
            let inside = self::entries(&repeat.entries, &block.inside, code);
            quote! {
                ply::Entry::Repeat {
                    name: #key, count: #count, trained: #trained, frozen: #frozen, entries: #inside,
                }
            }
        }
    });
    let rows = rows.collect::<Vec<_>>();
    quote! { &[#(#rows),*] }
}

fn init(init: &Init<Size>) -> TokenStream {
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
pub fn graphs(training: &Differentiated, prediction: &Forward) -> TokenStream {
    let Differentiated { graph, output, gradients, .. } = training;
    let training = Listing { graph: graph.clone(), output: *output, gradients: gradients.clone() };
    let prediction =
        Listing { graph: prediction.graph.clone(), output: prediction.output, gradients: vec![] };
    let mut symbols: Vec<String> = vec![];
    collect(&training.graph, &mut symbols);
    collect(&prediction.graph, &mut symbols);
    let pairs = symbols.iter().map(|name| {
        let value = tokens(name);
        quote! { (#name, #value) }
    });
    let (training, prediction) = (training.write(), prediction.write());
    quote! {
        ply::Graphs {
            training: &[#(#training),*],
            prediction: &[#(#prediction),*],
            symbols: &[#(#pairs),*],
        }
    }
}

/// The symbols of every size that the text of a graph has in it.
fn collect(graph: &Graph, symbols: &mut Vec<String>) {
    for node in graph.nodes() {
        let mut note = |size: &Size| {
            for symbol in size.symbols() {
                if !symbols.iter().any(|s| s == symbol) {
                    symbols.push(symbol.to_string());
                }
            }
        };
        node.shape.iter().for_each(&mut note);
        match &node.kind {
            Kind::Apply(_, attrs, _) => attrs.sizes().for_each(&mut note),
            Kind::Repeat(region, _) | Kind::RepeatBackward(region, _) => {
                [&region.count, &region.streams, &region.first_stream].into_iter().for_each(&mut note);
                collect(&region.body, symbols);
            }
            Kind::Input(_) | Kind::Parameter(_) | Kind::Seed | Kind::Part(..) => {}
        }
    }
}
