//! The struct, what it implements, and the methods that need no `use`.
use super::context::{CODE, SLOTS};
use super::layout::Layout;
use super::passes::{Passes, memory};
use super::ports::{PortType, Side, signature};
use super::{Planned, Target, tables, views};
use crate::assertions::Assertion;
use crate::role::Role;
use crate::shape::Port;
use crate::text::tokens;
use plywood_kernels::check::flops;
use plywood_kernels::relation::Relation;
use plywood_kernels::shape::Size;
use plywood_kernels::types::Element;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

/// The struct, which stands at the invocation's scope, and its implementations, which do not.
pub struct Model {
    /// The struct.
    pub declaration: TokenStream,
    /// What is left to assert.
    pub assertions: TokenStream,
    /// `impl`s.
    pub implementations: TokenStream,
    /// How many constants are multiplied with each other at most.
    pub degree: usize,
}

/// Both for a network.
pub fn model(planned: &Planned, target: &Target, layout: &Layout, passes: &Passes) -> Model {
    let Planned { inputs, outputs, forward, parameters, .. } = planned;
    let sides = sides(target, inputs, outputs);
    let cost = flops(&forward.body, &forward.outputs)
        .per_sample()
        .map_or(Size::known(0), |(per_sample, _)| per_sample);
    let trained = parameters.len(Role::Trained).clone();
    let numbers = &trained + parameters.len(Role::Frozen);
    let counts = match (numbers.as_known(), cost.as_known()) {
        (Some(parameters), Some(cost)) => format!(", {parameters} parameters, {cost} FLOPs a sample"),
        _ => String::new(),
    };
    let summary = format!(" `{} -> {}`{counts}.", signature(inputs), signature(outputs));
    let declaration = declaration(target, &summary);
    let ports = sides.iter().map(|side| &side.declaration);
    let declaration = quote! { #declaration #(#ports)* };
    let (own, applied) = (target.own(CODE), target.arguments.as_slice());
    let code = if applied.is_empty() {
        quote! { #own }
    } else {
        quote! { #own::<#(#applied),*> }
    };
    let (checks, check) = assertions(&planned.assertions, planned, target);
    let implementation =
        implementation(planned, target, (layout, passes), &code, [&numbers, &trained, &cost], &check, &sides);
    // one input of numbers agrees with itself, and has no limit
    let fails = inputs.len() > 1 || inputs.iter().any(|port| !port.ty.element.is_real());
    let inherent = inherent(target, &sides, inputs, fails);
    let degree = numbers.degree().max(cost.degree());
    Model { declaration, assertions: checks, implementations: quote! { #inherent #implementation }, degree }
}

/// What goes in and what comes out.
fn sides(target: &Target, inputs: &[Port], outputs: &[Port]) -> [Side; 2] {
    let [inputs, outputs] = [inputs, outputs]
        .map(|ports| ports.iter().map(|port| PortType::of(port.name.as_ref(), &port.ty)).collect::<Vec<_>>());
    [Side::inputs(target, &inputs), Side::outputs(target, &outputs)]
}

/// The struct itself.
pub fn declaration(target: &Target, summary: &str) -> TokenStream {
    let Target { name, attributes, visibility, runtime, .. } = target;
    let declared = target.declared();
    quote! {
        #(#attributes)*
        ///
        #[doc = #summary]
        #visibility struct #name #declared { blocks: #runtime::__private::Blocks }
    }
}

/// What holds only for the right constants: beside the code for `const` items, where a network is made for const
/// parameters, which have values only there.
fn assertions(assertions: &[Assertion], planned: &Planned, target: &Target) -> (TokenStream, TokenStream) {
    let (mut items, mut checks) = (TokenStream::new(), vec![]);
    for assertion in assertions {
        let Assertion { relation, left, right, subject, what, origin, place } = assertion;
        let before = format!("{subject} ");
        let after: String = if what.is_empty() { ", found ".into() } else { format!(" {what}, found ") };
        let (l, r) = (tokens(&left.rust()), tokens(&right.rust()));
        let relation = match relation {
            Relation::Equal => quote! { ply::Relation::Equal },
            Relation::AtMost => quote! { ply::Relation::AtMost },
            Relation::Divides => quote! { ply::Relation::Divides },
        };
        let function = quote_spanned! {place.start()=> ply::require };
        let told = quote_spanned! {place.end()=> (#relation, #l, #r, #before, #after, #origin) };
        let check = quote! { #function #told };
        if [left, right].into_iter().any(|size| target.symbols.has_parameter(size)) {
            checks.push(check);
        } else {
            items.extend(quote_spanned! {place.start()=> const _: () = #check; });
        }
    }
    let training = &planned.functions.training;
    let is_known = Element::ALL.into_iter().all(|element| training.slots_length(element).known().is_some());
    if let Some(budget) = planned.header.budget.as_ref().filter(|_| !is_known) {
        let (length, bytes, batch) = (memory(training), budget.bytes, &budget.batch);
        let check =
            quote_spanned! {budget.span=> ply::require_budget(#length.bytes(#batch), #bytes, #batch) };
        if target.constants.is_empty() {
            items.extend(quote_spanned! {budget.span=> const _: () = #check; });
        } else {
            checks.push(check);
        }
    }
    if checks.is_empty() {
        return (items, TokenStream::new());
    }
    let (declared, applied, arguments) = (target.declared(), target.applied(), &target.arguments);
    let code = target.own(CODE);
    let check = quote! { let () = #code::<#(#arguments),*>::CHECK; };
    (quote! { #items impl #declared #code #applied { const CHECK: () = { #(#checks;)* }; } }, check)
}

fn implementation(
    planned: &Planned,
    target: &Target,
    (layout, passes): (&Layout, &Passes),
    code: &TokenStream,
    [numbers, trained, cost]: [&Size; 3],
    check: &TokenStream,
    [inputs, outputs]: &[Side; 2],
) -> TokenStream {
    let Planned { parameters, lines, differentiated, forward, .. } = planned;
    let limits = limits(&planned.inputs);
    let (inputs, outputs) = (&inputs.sample, &outputs.sample);
    let (name, declared, applied) = (target.name, target.declared(), target.applied());
    let text = name.to_string();
    let [numbers, trained, cost] = [numbers, trained, cost].map(|size| tokens(&size.rust()));
    let table = tables::lines(lines);
    let graphs = tables::graphs(differentiated, forward, target.symbols.arithmetic());
    let entries = tables::entries(parameters, layout, code);
    let (slots, Passes { constants, functions, .. }) = (target.own(SLOTS), passes);
    let gradients = views::gradients(target, parameters);
    let arguments = &target.arguments;
    quote! {
        impl #declared ply::Clone for #name #applied {
            fn clone(&self) -> Self {
                #name { blocks: ply::Clone::clone(&self.blocks) }
            }
        }
        impl #declared ply::PartialEq for #name #applied {
            fn eq(&self, other: &Self) -> bool {
                ply::PartialEq::eq(&self.blocks, &other.blocks)
            }
        }
        impl #declared ply::fmt::Debug for #name #applied {
            fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
                ply::debug(self, f)
            }
        }
        impl #declared ply::fmt::Display for #name #applied {
            fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result {
                ply::display::<Self>(f)
            }
        }
        impl #declared ply::Network for #name #applied {
            type Input = #inputs;
            type Output = #outputs;
            type Memory<T: ply::Real> = ply::Arena<T>;
            type Slots<'m, T: ply::Real> = #slots<'m, T>;
            type Gradients<'a> = #gradients<'a, #(#arguments),*>;
            const NAME: &'static str = #text;
            const PARAMETERS: usize = #numbers;
            const TRAINABLE: usize = #trained;
            const FLOPS: usize = #cost;
            #constants
            #limits

            fn from_blocks(blocks: ply::Blocks) -> Self {
                #check
                #name { blocks }
            }
            fn gradients(block: &[f32]) -> Self::Gradients<'_> {
                #gradients::of(block)
            }
            fn blocks(&self) -> &ply::Blocks {
                &self.blocks
            }
            fn blocks_mut(&mut self) -> &mut ply::Blocks {
                &mut self.blocks
            }
            #functions
            const ENTRIES: &'static [ply::Entry] = #entries;
            const LAYERS: &'static [ply::LayerRow] = #table;
            const GRAPHS: ply::Graphs = #graphs;
        }
    }
}

/// What the indices of each input are below, if there are any.
fn limits(inputs: &[Port]) -> Option<TokenStream> {
    if inputs.iter().all(|port| port.ty.element.is_real()) {
        return None;
    }
    let limits = inputs.iter().map(|port| {
        let limits = port.limits.iter().map(|limit| tokens(&limit.rust()));
        match port.limits.as_slice() {
            [] => quote! { ply::NO_LIMIT },
            [_] => quote! { #(#limits)* },
            _ => quote! { ply::least(&[#(#limits),*]) },
        }
    });
    Some(quote! { const LIMITS: &'static [usize] = &[#(#limits),*]; })
}

/// The gradients with respect to the inputs that were declared so.
fn input_gradients(inputs: &Side, outputs: &Side, asked: &[PortType]) -> TokenStream {
    let (batch, output) = (&inputs.batch, &outputs.sample);
    let arrays: Vec<&TokenStream> = asked.iter().map(|port| &port.array).collect();
    let names: Vec<String> = asked
        .iter()
        .map(|port| port.name.as_ref().map_or("the input".into(), |name| format!("`{name}`")))
        .collect();
    let what = format!(
        " The gradients of a loss with respect to {}, in this order, one for each sample;",
        names.join(", ")
    );
    let owned = match arrays.as_slice() {
        [only] => quote! { ply::Vec<#only> },
        arrays => quote! { (#(ply::Vec<#arrays>,)*) },
    };
    let parts = arrays.iter().map(|array| quote! { ply::samples::<#array>(&mut all)? });
    let parts = match arrays.len() {
        1 => quote! { #(#parts)* },
        _ => quote! { (#(#parts,)*) },
    };
    quote! {
        #[doc = #what]
        /// computed as in a training step, with the dropout of one seed, by which nothing is updated. It allocates.
        pub fn input_gradients<Loss_: ply::Loss<#output>>(
            &self,
            xs: #batch,
            loss: &Loss_,
            targets: <Loss_::Target as ply::Ports>::Batch<'_>,
        ) -> ply::Result<#owned> {
            let mut all = ply::input_gradients(self, xs, loss, targets)?;
            ply::Ok(#parts)
        }
    }
}

/// Short forms of what every model has: they need no `use`.
fn inherent(target: &Target, [inputs, outputs]: &[Side; 2], ports: &[Port], fails: bool) -> TokenStream {
    let asked = ports.iter().filter(|port| port.gradient);
    let asked: Vec<PortType> = asked.map(|port| PortType::of(port.name.as_ref(), &port.ty)).collect();
    let gradients = (!asked.is_empty()).then(|| input_gradients(inputs, outputs, &asked));
    let (batch, owned) = (&inputs.batch, &outputs.owned);
    let predict = if fails {
        quote! {
            /// The outputs for `xs`; an error where inputs disagree about the number of samples.
            #[must_use = "a prediction changes nothing in the network"]
            #[doc(alias = "forward", alias = "call")]
            pub fn predict(&self, xs: #batch) -> ply::Result<#owned> {
                ply::Model::predict(self, xs)
            }
        }
    } else {
        quote! {
            /// The outputs for `xs`.
            ///
            /// # Panics
            /// If there is no memory for them, or if the model was given the block of another one. `Model::predict` gives
            /// an error then.
            #[must_use = "a prediction changes nothing in the network"]
            #[doc(alias = "forward", alias = "call")]
            #[track_caller]
            pub fn predict(&self, xs: #batch) -> #owned {
                ply::Model::predict(self, xs).expect("a prediction can be made")
            }
        }
    };
    let (name, declared, applied, arguments) =
        (target.name, target.declared(), target.applied(), &target.arguments);
    let (shared, mutable) = (format_ident!("{name}Parameters"), format_ident!("{name}ParametersMut"));
    quote! {
        impl #declared #name #applied {
            /// How many numbers the parameters are.
            pub const PARAMETERS: usize = <Self as ply::Network>::PARAMETERS;
            /// How many of them learn: all but those of frozen layers.
            pub const TRAINABLE: usize = <Self as ply::Network>::TRAINABLE;
            /// Floating-point operations of one sample's prediction; a multiply-add counts as two.
            pub const FLOPS: usize = <Self as ply::Network>::FLOPS;
            /// Bytes of working memory for training with batches of `n`, besides parameters and optimizer states.
            pub const fn train_bytes(n: usize) -> usize {
                <Self as ply::Network>::TRAIN.bytes(n)
            }
            /// Bytes of working memory for predicting `n` samples at once, besides the parameters.
            pub const fn predict_bytes(n: usize) -> usize {
                <Self as ply::Network>::PREDICT.bytes(n)
            }
            /// New parameters, drawn from `seed`.
            #[doc(alias = "new")]
            pub fn init(seed: u64) -> Self {
                ply::Model::init(seed)
            }
            /// The parameters by name.
            pub fn parameters(&self) -> #shared<'_, #(#arguments),*> {
                #shared::of(&self.blocks.parameters)
            }
            /// The parameters by name, to be changed.
            pub fn parameters_mut(&mut self) -> #mutable<'_, #(#arguments),*> {
                #mutable::of(&mut self.blocks.parameters)
            }
            /// Every parameter with its name and shape, in declared order.
            #[doc(alias = "state_dict")]
            pub fn named_parameters(&self) -> impl ply::Iterator<Item = ply::Parameter<'_>> {
                ply::Model::named_parameters(self)
            }
            /// Every parameter with its name and shape, to be changed.
            pub fn named_parameters_mut(&mut self) -> impl ply::Iterator<Item = ply::ParameterMut<'_>> {
                ply::Model::named_parameters_mut(self)
            }
            #predict
            #gradients
            /// Writes the parameters to a safetensors file: all of it or, on an error, nothing.
            pub fn save(&self, path: impl ply::AsRef<ply::Path>) -> ply::Result<()> {
                ply::Model::save(self, path)
            }
            /// The model whose parameters are in a safetensors file.
            pub fn load(path: impl ply::AsRef<ply::Path>) -> ply::Result<Self> {
                ply::Model::load(path)
            }
            /// Compares the generated gradients with differences, in `f64`.
            pub fn gradient_check(&self, seed: u64) -> ply::Result<ply::GradientReport> {
                ply::Model::gradient_check(self, seed)
            }
        }
    }
}
