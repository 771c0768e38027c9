//! What a network says of itself as data: its parameters, its layers, its graphs.
use super::layout::Layout;
use super::text::{ident, tokens};
use crate::autodiff::Differentiated;
use crate::lower::{Entry, Forward, Line};
use plywood_kernels::layers::Init;
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
                let constant = leaves.next().cloned().flatten().map(|c| ident(&c));
                let (name, shape) = (parameter.name, sizes(&parameter.shape));
                let init = match &parameter.init {
                    Init::Uniform { fan_in } => {
                        let fan_in = tokens(&fan_in.rust());
                        quote! { ply::Init::Uniform { fan_in: #fan_in } }
                    }
                    Init::Zeros => quote! { ply::Init::Zeros },
                    Init::Ones => quote! { ply::Init::Ones },
                    Init::Constant(number) => quote! { ply::Init::Constant(#number) },
                };
                quote! {
                    ply::Entry::Parameter { name: #name, shape: #shape, offset: #code::#constant.start, init: #init }
                }
            });
            let (key, parameters) = (&layer.name.key, parameters.collect::<Vec<_>>());
            quote! { ply::Entry::Group { name: #key, entries: &[#(#parameters),*] } }
        }
        Entry::Repeat(repeat) => {
            let Some(block) = layout.blocks.get(&repeat.name.label) else { return TokenStream::new() };
            leaves = leaves.as_slice()[block.inside.leaves.len()..].iter();
            let (start, stride) = (ident(&block.constant), ident(&block.stride));
            let (key, count) = (&repeat.name.key, tokens(&repeat.count.rust()));
            let inside = self::entries(&repeat.entries, &block.inside, code);
            quote! {
                ply::Entry::Repeat {
                    name: #key, count: #count, offset: #code::#start, stride: #code::#stride, entries: #inside,
                }
            }
        }
    });
    let rows = rows.collect::<Vec<_>>();
    quote! { &[#(#rows),*] }
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

fn collect(graph: &plywood_kernels::graph::Graph, symbols: &mut Vec<String>) {
    use plywood_kernels::graph::Kind;
    for node in graph.nodes() {
        let mut note = |size: &Size| {
            for symbol in size.symbols() {
                if !symbols.iter().any(|s| s == symbol) {
                    symbols.push(symbol.to_string());
                }
            }
        };
        node.shape.iter().for_each(&mut note);
        if let Kind::Repeat(region, _) | Kind::RepeatBackward(region, _) = &node.kind {
            note(&region.count);
            collect(&region.body, symbols);
        }
    }
}
