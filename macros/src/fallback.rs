//! What stands in for a network with a mistake: a struct with the same methods and, as far as they are known, the same
//! views, so that one mistake is one message and the editor keeps completing. What is not known is made of a constant that
//! is the message itself: of types with an error in them the compiler says nothing more.
use crate::emit::ports::{PortType, Side};
use crate::emit::{HeldConstants, Target, array, views};
use crate::header::is_size;
use crate::parameters::Parameters;
use crate::shape::Sketch;
use crate::text::{UNKNOWN, tokens};
use crate::uses;
use plywood_kernels::types::Type;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{GenericParam, Generics, Ident};

/// The size that is not known of the network of that name, which has a mistake: whatever names it is an error too.
pub fn unknown(network: &Ident) -> TokenStream {
    let (holder, unknown) = (format_ident!("{network}Sizes"), format_ident!("{UNKNOWN}"));
    quote! { #holder::#unknown }
}

/// The struct, for what is known of it. `generics` are all that were written, also those that no network has; `error` is an
/// expression that says what is wrong.
pub fn stub(sketch: Sketch, generics: &Generics, error: Option<TokenStream>) -> TokenStream {
    let Sketch { header, inputs, gradients: asked, outputs, body } = sketch;
    let is_index = |ty: &Type| !ty.element.is_real();
    let indices = inputs.iter().any(|(_, ty)| ty.as_ref().is_some_and(is_index));
    let target = Target::of(&header);
    let Target { name, attributes, visibility, runtime, arguments, .. } = &target;
    let HeldConstants { guards, locals } = target.held_constants(1, error);
    let layers = Parameters::of(&body, &uses::called(&body));
    let (views, gradients) = (views::views(&target, &layers), views::gradients(&target, &layers));
    let (types, constructors) = (views.types, views.constructors);
    let Generic { written, declared, applied, marker, defaults } = parameters(generics, &target);
    let attributes =
        attributes.iter().filter(|a| !["derive", "cfg"].iter().any(|word| a.path().is_ident(word)));
    let size = target.unknown();
    let unknown = quote! { <[f32; #size] as ply::Unknown>::Sample };
    let port = |(name, ty): &(Option<Ident>, Option<Type>)| {
        let array = ty.as_ref().map_or(unknown.clone(), |ty| array(ty.element, &ty.shape[1..]));
        PortType { name: name.clone(), array }
    };
    // as for the network itself
    let fails = inputs.len() > 1 || indices;
    let [inputs, outputs] = [inputs, outputs].map(|ports| ports.iter().map(port).collect::<Vec<_>>());
    let asked: Vec<PortType> =
        inputs.iter().zip(asked).filter(|(_, asked)| *asked).map(|(port, _)| port.clone()).collect();
    let (inputs, outputs) = (Side::inputs(&target, &inputs), Side::outputs(&target, &outputs));
    let ports = [&inputs.declaration, &outputs.declaration];
    let (batch, owned) = (&inputs.batch, &outputs.owned);
    let predicted = if fails {
        quote! { ply::Result<#owned> }
    } else {
        quote! { #owned }
    };
    let (inputs, outputs) = (&inputs.sample, &outputs.sample);
    let never = tokens("loop {}");
    let gradients_of_inputs = (!asked.is_empty()).then(|| {
        let all = asked.iter().map(|port| &port.array);
        let made = if asked.len() == 1 {
            quote! { #(ply::Vec<#all>)* }
        } else {
            quote! { (#(ply::Vec<#all>,)*) }
        };
        quote! {
            pub fn input_gradients<Loss_: ply::Loss<#outputs>>(
                &self,
                xs: #batch,
                loss: &Loss_,
                targets: <Loss_::Target as ply::Ports>::Batch<'_>,
            ) -> ply::Result<#made> { #never }
        }
    });
    let [shared, mutable] = ["", "Mut"].map(|suffix| format_ident!("{name}Parameters{suffix}"));
    // what depends on a default, which an expression does not fill in, is not known
    let made = if defaults {
        unknown
    } else {
        quote! { Self }
    };
    quote! {
        #(#attributes)*
        #visibility struct #name #written { blocks: #runtime::__private::Blocks, #marker }
        #(#ports)*
        #guards
        #types
        #[allow(unused_variables, dead_code, clippy::all, clippy::pedantic)]
        const _: () = {
            use #runtime::__private as ply;
            #locals
            #constructors
            impl #declared #name #applied {
                pub const PARAMETERS: usize = 0;
                pub const TRAINABLE: usize = 0;
                pub const FLOPS: usize = 0;
                pub const fn train_bytes(n: usize) -> usize { 0 }
                pub const fn predict_bytes(n: usize) -> usize { 0 }
                pub fn init(seed: u64) -> #made { #never }
                pub fn parameters(&self) -> #shared<'_, #(#arguments),*> { #never }
                pub fn parameters_mut(&mut self) -> #mutable<'_, #(#arguments),*> { #never }
                pub fn named_parameters(&self) -> ply::IntoIter<ply::Parameter<'_>> { #never }
                pub fn named_parameters_mut(&mut self) -> ply::IntoIter<ply::ParameterMut<'_>> { #never }
                pub fn predict(&self, xs: #batch) -> #predicted { #never }
                pub fn save(&self, path: impl ply::AsRef<ply::Path>) -> ply::Result<()> { #never }
                pub fn load(path: impl ply::AsRef<ply::Path>) -> ply::Result<#made> { #never }
                #gradients_of_inputs
                pub fn gradient_check(&self, seed: u64) -> ply::Result<ply::GradientReport> { #never }
            }
            impl #declared ply::Network for #name #applied {
                type Input = #inputs;
                type Output = #outputs;
                type Memory<Real: ply::Real> = ply::Arena<Real>;
                type Slots<'m, Real: ply::Real> = &'m [Real];
                type Gradients<'a> = #gradients<'a, #(#arguments),*>;
                const NAME: &'static str = "";
                const PARAMETERS: usize = 0;
                const TRAINABLE: usize = 0;
                const STATE: usize = 0;
                const PREPARED: usize = 0;
                const FLOPS: usize = 0;
                const TRAIN: ply::Memory = ply::Memory::NONE;
                const PREDICT: ply::Memory = ply::Memory::NONE;
                const ENTRIES: &'static [ply::Entry] = &[];
                const LAYERS: &'static [ply::LayerRow] = &[];
                const GRAPHS: ply::Graphs = ply::Graphs { training: &[], prediction: &[], symbols: &[], numbers: &[] };
                fn from_blocks(blocks: ply::Blocks) -> Self { #never }
                fn gradients(block: &[f32]) -> Self::Gradients<'_> { #never }
                fn blocks(&self) -> &ply::Blocks { #never }
                fn blocks_mut(&mut self) -> &mut ply::Blocks { #never }
                fn slots<Real: ply::Real>(memory: &mut ply::Arena<Real>, n: usize) -> &[Real] { #never }
                fn forward<Real: ply::Real>(
                    pass: &ply::Pass<'_, Real>, p: &[Real], state: &[Real],
                    next_state: &mut [Real], s: &mut &[Real],
                ) { #never }
                fn outputs<Real: ply::Real>(
                    s: &mut &[Real], n: usize,
                    with: impl ply::FnOnce(&[&[Real]], &mut [&mut [Real]]),
                ) { #never }
                fn backward<Real: ply::Real>(
                    pass: &ply::Pass<'_, Real>, state: &[Real], to: &mut dyn ply::Gradients<Real>,
                    s: &mut &[Real],
                ) { #never }
                fn predict_with<Real: ply::Real>(
                    pass: &ply::Pass<'_, Real>, p: &[Real], state: &[Real], prepared: &[Real],
                    memory: &mut ply::Arena<Real>, ys: &mut [&mut [Real]],
                ) { #never }
            }
            impl #declared ply::Clone for #name #applied {
                fn clone(&self) -> Self { #never }
            }
            impl #declared ply::PartialEq for #name #applied {
                fn eq(&self, other: &Self) -> bool { #never }
            }
            impl #declared ply::fmt::Debug for #name #applied {
                fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result { #never }
            }
            impl #declared ply::fmt::Display for #name #applied {
                fn fmt(&self, f: &mut ply::fmt::Formatter<'_>) -> ply::fmt::Result { #never }
            }
        };
    }
}

/// The struct's parameters, also types, which no network has.
#[derive(Default)]
struct Generic {
    /// At the struct, with their defaults, which no network has either.
    written: TokenStream,
    /// At an `impl`.
    declared: TokenStream,
    /// As arguments.
    applied: TokenStream,
    /// A field that uses the types.
    marker: TokenStream,
    /// Whether one has a default.
    defaults: bool,
}

fn parameters(generics: &Generics, target: &Target) -> Generic {
    let runtime = &target.runtime;
    let (mut written, mut declared, mut applied, mut types) = (vec![], vec![], vec![], vec![]);
    let mut defaults = false;
    let mut sizes = target.constants.iter();
    for parameter in &generics.params {
        let mut default = quote! {};
        match parameter {
            GenericParam::Const(constant) => {
                let name = sizes.next();
                if let Some((_, value)) = &constant.default {
                    default = quote! { = #value };
                }
                declared.push(quote! { const #name: usize });
                applied.push(quote! { #name });
            }
            GenericParam::Type(parameter) if is_size(parameter) => {
                let name = sizes.next();
                declared.push(quote! { const #name: usize });
                applied.push(quote! { #name });
            }
            GenericParam::Type(parameter) => {
                let name = &parameter.ident;
                declared.push(quote! { #name: 'static });
                applied.push(quote! { #name });
                types.push(quote! { #name });
            }
            GenericParam::Lifetime(_) => continue,
        }
        defaults |= !default.is_empty();
        written.extend(declared.last().map(|declared| quote! { #declared #default }));
    }
    if declared.is_empty() {
        return Generic::default();
    }
    let marker = (!types.is_empty())
        .then(|| quote! { marker: #runtime::__private::PhantomData<fn() -> (#(#types,)*)>, });
    Generic {
        written: quote! { <#(#written),*> },
        declared: quote! { <#(#declared),*> },
        applied: quote! { <#(#applied),*> },
        marker: quote! { #marker },
        defaults,
    }
}
