//! The struct, what it implements, and the methods that need no `use`.
use super::context::{CODE, PREDICT_SLOTS, SLOTS};
use super::layout::Layout;
use super::text::tokens;
use super::{Planned, Target, array, memory, tables};
use crate::assertions::Assertion;
use crate::role::Role;
use plywood_kernels::check::flops;
use plywood_kernels::compiler::plan::Place;
use plywood_kernels::compiler::root;
use plywood_kernels::graph::Value;
use plywood_kernels::shape::{Relation, Size, display};
use plywood_kernels::types::Element;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

/// The struct, which stands at the invocation's scope, and its implementations, which do not.
pub struct Model {
    /// The struct.
    pub declaration: TokenStream,
    /// `impl`s.
    pub implementations: TokenStream,
}

/// Both for a network.
pub fn model(planned: &Planned, target: &Target, layout: &Layout) -> Model {
    let Planned { inputs, outputs, forward, parameters, .. } = planned;
    let (input, output) = (&inputs[0].ty.shape, &outputs[0].ty.shape);
    let cost = flops(&forward.body, &forward.outputs)
        .per_sample()
        .map_or(Size::known(0), |(per_sample, _)| per_sample);
    let trained = parameters.len(Role::Trained).clone();
    let numbers = &trained + parameters.len(Role::Frozen);
    let counts = match (numbers.as_known(), cost.as_known()) {
        (Some(parameters), Some(cost)) => format!(", {parameters} parameters, {cost} FLOPs a sample"),
        _ => String::new(),
    };
    let summary = format!(" `{} -> {}`{counts}.", display(input), display(output));
    let declaration = declaration(target, &summary);
    let (own, applied) = (target.own(CODE), target.arguments.as_slice());
    let code = if applied.is_empty() {
        quote! { #own }
    } else {
        quote! { #own::<#(#applied),*> }
    };
    let (checks, check) = assertions(&planned.assertions, planned, target);
    let implementation = implementation(planned, target, layout, &code, [&numbers, &trained, &cost], &check);
    let inherent = inherent(target, &array(&input[1..]), &array(&output[1..]));
    Model { declaration, implementations: quote! { #checks #implementation #inherent } }
}

/// The struct itself.
pub fn declaration(target: &Target, summary: &str) -> TokenStream {
    let Target { name, attributes, visibility, runtime, .. } = target;
    let declared = target.declared();
    quote! {
        #(#attributes)*
        ///
        #[doc = #summary]
        #visibility struct #name #declared { parameters: #runtime::__private::Block }
    }
}

/// What holds only for the right constants: beside the code for `const` items, where a network is made for const
/// parameters, which have values only there.
fn assertions(assertions: &[Assertion], planned: &Planned, target: &Target) -> (TokenStream, TokenStream) {
    let of_parameter = |sizes: &[&Size]| {
        sizes
            .iter()
            .flat_map(|size| size.symbols())
            .any(|symbol| target.constants.iter().any(|c| c == symbol))
    };
    let (mut items, mut checks) = (TokenStream::new(), vec![]);
    for assertion in assertions {
        let Assertion { relation, left, right, subject, what, origin, span } = assertion;
        let before = format!("{subject} ");
        let after: String = if what.is_empty() { ", found ".into() } else { format!(" {what}, found ") };
        let (l, r) = (tokens(&left.rust()), tokens(&right.rust()));
        let relation = match relation {
            Relation::Equal => quote! { ply::Relation::Equal },
            Relation::AtMost => quote! { ply::Relation::AtMost },
            Relation::Divides => quote! { ply::Relation::Divides },
        };
        let check = quote_spanned! {*span=> ply::require(#relation, #l, #r, #before, #after, #origin) };
        if of_parameter(&[left, right]) {
            checks.push(check);
        } else {
            items.extend(quote_spanned! {*span=> const _: () = #check; });
        }
    }
    if let Some(budget) = planned
        .header
        .budget
        .as_ref()
        .filter(|_| planned.training.slots_length(Element::F32).known().is_none())
    {
        let (length, bytes, batch) =
            (memory(&planned.training.slots_length(Element::F32)), budget.bytes, &budget.batch);
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
    layout: &Layout,
    code: &TokenStream,
    [numbers, trained, cost]: [&Size; 3],
    check: &TokenStream,
) -> TokenStream {
    let Planned { inputs, outputs, parameters, lines, differentiated, forward, training, prediction, .. } =
        planned;
    let (name, declared, applied) = (target.name, target.declared(), target.applied());
    let text = name.to_string();
    let (inputs, outputs) = (array(&inputs[0].ty.shape[1..]), array(&outputs[0].ty.shape[1..]));
    let [numbers, trained, cost] = [numbers, trained, cost].map(|size| tokens(&size.rust()));
    let (train, predict) =
        (memory(&training.slots_length(Element::F32)), memory(&prediction.slots_length(Element::F32)));
    let table = tables::lines(lines);
    let graphs = tables::graphs(differentiated, forward);
    let entries = tables::entries(parameters, layout, code);
    let generics = if target.arguments.is_empty() {
        quote! {}
    } else {
        let a = &target.arguments;
        quote! { ::<#(#a),*> }
    };
    let (slots, predict_slots) = (target.own(SLOTS), target.own(PREDICT_SLOTS));
    let prediction_slots =
        (!prediction.slots.is_empty()).then(|| quote! { &mut #predict_slots::of #generics(memory, n), });
    let block = &training.fused.block;
    let output = block.outputs.first().map(|y| root(&block.body, *y));
    let seed = block.reverse.as_ref().and_then(|reverse| reverse.seeds.first().copied().flatten());
    let [y, d_y] = [(output, false), (seed, true)].map(|(value, write)| slot(planned, value, write));
    quote! {
        impl #declared ply::Model for #name #applied {
            type Input = #inputs;
            type Output = #outputs;
            const NAME: &'static str = #text;
            const PARAMETERS: usize = #numbers;
            const TRAINABLE: usize = #trained;
            const FLOPS: usize = #cost;
            const TRAIN: ply::Memory = #train;
            const PREDICT: ply::Memory = #predict;
            const ENTRIES: &'static [ply::Entry] = #entries;
            const LAYERS: &'static [ply::LayerRow] = #table;
            const GRAPHS: ply::Graphs = #graphs;

            fn from_block(parameters: ply::Block) -> Self {
                #check
                #name { parameters }
            }
            fn block(&self) -> &ply::Block {
                &self.parameters
            }
            fn block_mut(&mut self) -> &mut ply::Block {
                &mut self.parameters
            }
            fn predict_with<T: ply::Real>(cpu: &ply::Cpu, p: &[T], memory: &mut [T], x: &[T], y: &mut [T], n: usize) {
                #code::predict(cpu, p, #prediction_slots x, y, n);
            }
            fn step_with<T: ply::Real>(
                cpu: &ply::Cpu,
                random: ply::Random,
                to: &mut dyn ply::Gradients<T>,
                memory: &mut [T],
                x: &[T],
                n: usize,
                loss: &mut dyn ply::FnMut(&mut [T], &[T]) -> ply::Result<f64>,
            ) -> ply::Result<f64> {
                let s = &mut #slots::of #generics(memory, n);
                #code::forward(cpu, random, to.parameters(), s, x, n);
                let value = loss(#d_y, #y)?;
                #code::backward(cpu, random, to, s, x, n);
                ply::Ok(value)
            }
        }
        impl #declared ply::Clone for #name #applied {
            fn clone(&self) -> Self {
                #name { parameters: ply::Clone::clone(&self.parameters) }
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
    }
}

/// `&s.fc2[..n * 10]`
fn slot(planned: &Planned, value: Option<Value>, write: bool) -> TokenStream {
    let training = &planned.training;
    let found = value.and_then(|value| Some((value, training.places.get(&value)?)));
    let Some((value, Place::Slot(slot))) = found else { unreachable!("what the loss touches is in a slot") };
    let (field, len) =
        (format_ident!("{}", training.slots[*slot].name), tokens(&training.length(value).rust()));
    let mutability = write.then(|| quote! { mut });
    quote! { &#mutability s.#field[..#len] }
}

/// Short forms of what every model has: they need no `use`.
fn inherent(target: &Target, input: &TokenStream, output: &TokenStream) -> TokenStream {
    let (name, declared, applied, arguments) =
        (target.name, target.declared(), target.applied(), &target.arguments);
    let (shared, mutable) = (format_ident!("{name}Parameters"), format_ident!("{name}ParametersMut"));
    quote! {
        impl #declared #name #applied {
            /// How many numbers the parameters are.
            pub const PARAMETERS: usize = <Self as ply::Model>::PARAMETERS;
            /// How many of them learn: all but those of frozen layers.
            pub const TRAINABLE: usize = <Self as ply::Model>::TRAINABLE;
            /// Floating-point operations of one sample's prediction; a multiply-add counts as two.
            pub const FLOPS: usize = <Self as ply::Model>::FLOPS;
            /// Bytes of working memory for training with batches of `n`, besides parameters and optimizer states.
            pub const fn train_bytes(n: usize) -> usize {
                <Self as ply::Model>::TRAIN.bytes(n)
            }
            /// Bytes of working memory for predicting `n` samples at once, besides the parameters.
            pub const fn predict_bytes(n: usize) -> usize {
                <Self as ply::Model>::PREDICT.bytes(n)
            }
            /// New parameters, drawn from `seed`.
            pub fn init(seed: u64) -> Self {
                ply::Model::init(seed)
            }
            /// The parameters by name.
            pub fn parameters(&self) -> #shared<'_, #(#arguments),*> {
                #shared::of(&self.parameters)
            }
            /// The parameters by name, to be changed.
            pub fn parameters_mut(&mut self) -> #mutable<'_, #(#arguments),*> {
                #mutable::of(&mut self.parameters)
            }
            /// Every parameter with its name and shape, in declared order.
            pub fn named_parameters(&self) -> impl ply::Iterator<Item = ply::Parameter<'_>> {
                ply::Model::named_parameters(self)
            }
            /// Every parameter with its name and shape, to be changed.
            pub fn named_parameters_mut(&mut self) -> impl ply::Iterator<Item = ply::ParameterMut<'_>> {
                ply::Model::named_parameters_mut(self)
            }
            /// The outputs for `xs`.
            pub fn predict(&self, xs: &[#input]) -> ply::Vec<#output> {
                ply::Model::predict(self, xs)
            }
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
