//! The stages in order. The only file that knows them all.
use crate::diagnostics::Diagnostics;
use crate::emit::{Functions, Planned, emit};
use crate::resolve::Resolved;
use crate::shape::Sketch;
use crate::syntax::ast::Network;
use crate::{budget, fallback, lower, resolve, shape, syntax};
use plywood_kernels::compiler::plan::Purpose;
use plywood_kernels::compiler::{autodiff, fuse, plan, prepare, rewrite};
use plywood_kernels::graph::Block;
use proc_macro2::TokenStream;

/// `network! { … }`
pub fn network(tokens: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    match syntax::network(tokens, &mut diagnostics) {
        Some(network) => compile(network, diagnostics),
        None => diagnostics.into_tokens(),
    }
}

/// `#[model(…)] struct …`
pub fn model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    match syntax::structure(attribute, item, &mut diagnostics) {
        Ok(network) => compile(network, diagnostics),
        Err(item) => {
            let errors = diagnostics.into_tokens();
            quote::quote! { #errors #item }
        }
    }
}

/// After a mistake the struct and its methods still exist, so that what uses them brings no further messages.
fn compile(network: Network, mut diagnostics: Diagnostics) -> TokenStream {
    let (name, generics) = (network.name.clone(), network.generics.clone());
    let sketch = match stages(network, &mut diagnostics) {
        Ok(planned) => {
            let (errors, expansion) = (diagnostics.into_tokens(), emit(&planned));
            return quote::quote! { #errors #expansion };
        }
        Err(sketch) => sketch,
    };
    if diagnostics.is_empty() {
        diagnostics.error(
            name.span(),
            format!("`{name}` could not be read"),
            "a network's layers are written as `fc1: Linear(64)`",
        );
    }
    let (errors, last) = diagnostics.with_last_apart();
    let stub = fallback::stub(*sketch, &generics, last);
    quote::quote! { #errors #stub }
}

/// `syntax → resolve → shape → lower → autodiff → prepare → rewrite → fuse → plan`; after a mistake, what is known by then.
pub fn stages(network: Network, diagnostics: &mut Diagnostics) -> Result<Planned, Box<Sketch>> {
    let resolved = resolve::resolve(network, diagnostics);
    planned(resolved, diagnostics)
}

/// The stages after `resolve`, which know nothing of how a body was written.
pub fn planned(resolved: Resolved, diagnostics: &mut Diagnostics) -> Result<Planned, Box<Sketch>> {
    let shaped = shape::shape(resolved, diagnostics)?;
    let lower::Lowered { header, inputs, outputs, assertions, training, prediction, parameters, lines } =
        lower::lower(shaped);
    let asked = vec![false; inputs.len()];
    let differentiated = autodiff::autodiff(&training, &parameters.learn(), &asked);
    let functions = functions(&differentiated, &prediction);
    let planned = Planned {
        header,
        inputs,
        outputs,
        assertions,
        parameters,
        lines,
        differentiated,
        forward: prediction,
        functions,
    };
    budget::check(&planned, diagnostics);
    Ok(planned)
}

/// `prepare → rewrite → fuse → plan`, of what trains and of what predicts.
pub fn functions(differentiated: &Block, prediction: &Block) -> Functions {
    let function = |block: &Block, purpose| plan::plan(&fuse::fuse(rewrite::readable(block)), purpose);
    let parts = prepare::prepare(prediction);
    Functions {
        training: function(differentiated, Purpose::Training),
        prediction: function(&parts.predict, Purpose::Prediction),
        preparation: parts.prepare.map(|block| function(&block, Purpose::Preparation)),
    }
}
