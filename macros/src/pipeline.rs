//! The stages in order. The only file that knows them all.
use crate::diagnostics::Diagnostics;
use crate::emit::{Functions, Planned, emit};
use crate::resolve::{Resolved, Templates};
use crate::shape::Sketch;
use crate::syntax::Declarations;
use crate::syntax::ast::Network;
use crate::{budget, fallback, lower, resolve, shape, syntax};
use plywood_kernels::compiler::plan::Purpose;
use plywood_kernels::compiler::{autodiff, fuse, plan, prepare, rewrite};
use plywood_kernels::graph::Block;
use proc_macro2::{Span, TokenStream};
use syn::{Generics, Ident};

/// `network! { … }`
pub fn network(tokens: TokenStream) -> TokenStream {
    let none = "no network is declared here, only blocks";
    declared(syntax::network(tokens), (Span::call_site(), none, syntax::DECLARED))
}

/// What is declared together, as code; `none` is what is wrong if no network is.
fn declared(declarations: Declarations, none: (Span, &str, &str)) -> TokenStream {
    let Declarations { networks, templates, mut diagnostics } = declarations;
    let templates = Templates::of(templates, &mut diagnostics);
    if networks.is_empty() {
        if diagnostics.is_empty() {
            diagnostics.error(none.0, none.1, none.2);
        }
        return diagnostics.into_tokens();
    }
    let compiled = networks.into_iter().map(|(network, said)| Compiled::of(network, &templates, said));
    let compiled: Vec<Compiled> = compiled.collect();
    if compiled.iter().all(|compiled| compiled.diagnostics.is_empty()) {
        templates.unused(&mut diagnostics);
    }
    // What is wrong with a block is said once. A network that has nothing to say itself names one that has, or else the
    // first such has what is said of the blocks.
    let says = |compiled: &&Compiled| compiled.planned.is_err() && !compiled.diagnostics.is_quiet();
    let mut elsewhere = compiled.iter().find(says).map(|compiled| fallback::unknown(&compiled.name));
    let mut expansions = vec![];
    for compiled in compiled {
        let mut error = None;
        if compiled.planned.is_err() && compiled.diagnostics.is_quiet() {
            error = elsewhere.clone().or_else(|| diagnostics.pop());
            elsewhere.get_or_insert_with(|| fallback::unknown(&compiled.name));
        }
        expansions.push(compiled.into_tokens(error));
    }
    let errors = diagnostics.into_tokens();
    quote::quote! { #errors #(#expansions)* }
}

/// `#[model(…)] struct …`, `#[model] mod …`
pub fn model(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Some(mut module) = syntax::module(&attribute, &item) {
        let none = "no network is declared in this module";
        let declarations = std::mem::take(&mut module.declarations);
        let expansions = declared(declarations, (module.name.span(), none, syntax::MODULE));
        return module.around(expansions);
    }
    let mut diagnostics = Diagnostics::default();
    match syntax::structure(attribute, item, &mut diagnostics) {
        Ok(network) => Compiled::of(network, &Templates::default(), diagnostics).into_tokens(None),
        Err(item) => {
            let errors = diagnostics.into_tokens();
            quote::quote! { #errors #item }
        }
    }
}

/// A network, and what is wrong with it.
struct Compiled {
    name: Ident,
    generics: Generics,
    planned: Result<Planned, Box<Sketch>>,
    diagnostics: Diagnostics,
}

impl Compiled {
    fn of(network: Network, templates: &Templates, mut diagnostics: Diagnostics) -> Compiled {
        let (name, generics) = (network.name.clone(), network.generics.clone());
        let planned = stages(network, templates, &mut diagnostics);
        Compiled { name, generics, planned, diagnostics }
    }

    /// After a mistake the struct and its methods still exist, so that what uses them brings no further messages.
    /// `elsewhere` is an expression that is an error, where what is wrong has been said of something else.
    fn into_tokens(self, elsewhere: Option<TokenStream>) -> TokenStream {
        let Compiled { name, generics, planned, mut diagnostics } = self;
        let sketch = match planned {
            Ok(planned) => {
                let (errors, expansion) = (diagnostics.into_tokens(), emit(&planned));
                return quote::quote! { #errors #expansion };
            }
            Err(sketch) => sketch,
        };
        if diagnostics.is_quiet() && elsewhere.is_none() {
            diagnostics.error(
                name.span(),
                format!("`{name}` could not be read"),
                "a network's layers are written as `fc1: Linear(64)`",
            );
        }
        let (errors, last) = diagnostics.with_last_apart();
        let stub = fallback::stub(*sketch, &generics, last.or(elsewhere));
        quote::quote! { #errors #stub }
    }
}

/// `syntax → resolve → shape → lower → autodiff → prepare → rewrite → fuse → plan`; after a mistake, what is known by then.
pub fn stages(
    network: Network,
    templates: &Templates,
    diagnostics: &mut Diagnostics,
) -> Result<Planned, Box<Sketch>> {
    let resolved = resolve::resolve(network, templates, diagnostics);
    planned(resolved, diagnostics)
}

/// The stages after `resolve`, which know nothing of how a body was written.
pub fn planned(resolved: Resolved, diagnostics: &mut Diagnostics) -> Result<Planned, Box<Sketch>> {
    let shaped = shape::shape(resolved, diagnostics)?;
    let lower::Lowered { header, inputs, outputs, assertions, training, prediction, parameters, lines } =
        lower::lower(shaped);
    let asked: Vec<bool> = inputs.iter().map(|port| port.gradient).collect();
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
