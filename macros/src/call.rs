//! How calls of kernels are written: by generated code, and by what the tests run of every row. Each function gives what
//! stands after the results; how a value is written is the caller's.
use crate::text::tokens;
use plywood_kernels::compiler::steps::Source;
use plywood_kernels::op::CallArgument;
use plywood_kernels::shape::{Shape, Size, elements};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// `&[3, 5]`
fn sizes(shape: &Shape) -> TokenStream {
    let sizes = shape.iter().map(|size| tokens(&size.rust()));
    quote! { &[#(#sizes),*] }
}

/// An operand of a formula that is read as `source`: `ply::Row(b)`.
pub fn operand(source: Source, value: &TokenStream) -> TokenStream {
    let source = format_ident!("{source:?}");
    quote! { ply::#source(#value) }
}

/// A formula's operand that is random: `ply::Uniform(random.stream(3))`.
pub fn uniform(stream: &Size) -> TokenStream {
    let number = stream_number(stream);
    quote! { ply::Uniform(random.stream(#number)) }
}

/// The number of a stream.
pub fn stream_number(stream: &Size) -> TokenStream {
    let number = tokens(&stream.rust());
    if stream.as_known().is_some() {
        number
    } else {
        quote! { (#number) as u32 }
    }
}

/// For `map`: `5, [ply::Full(x)], &ply::rules::Relu`.
pub fn map(columns: &Size, operands: &[TokenStream], rule: &TokenStream) -> TokenStream {
    let columns = tokens(&columns.rust());
    quote! { #columns, [#(#operands),*], &#rule }
}

/// For `product`: `ply::matrix(x, 5), ply::matrix(w, 5).t()`.
pub fn product(a: &TokenStream, b: &TokenStream) -> TokenStream {
    quote! { #a, #b }
}

/// For `matmul`, a product with a formula on its sums.
pub fn matmul(a: &TokenStream, b: &TokenStream, operands: &[TokenStream], rule: &TokenStream) -> TokenStream {
    quote! { #a, #b, [#(#operands),*], &#rule }
}

/// A factor of a product: `ply::matrix(x, 5).t()`.
pub fn factor(value: &TokenStream, columns: &Size, transposed: bool) -> TokenStream {
    let columns = tokens(&columns.rust());
    let transposed = transposed.then(|| quote! { .t() });
    quote! { ply::matrix(#value, #columns)#transposed }
}

/// For `sum`, of `x[outer][len][inner]` over the middle axis: `x, 3, 5, 1.0`. Of all rows, without a factor, it is the sums
/// of columns: `column_sums`, of `x, 3`.
pub fn sum(
    value: &TokenStream,
    of: &Shape,
    len: &Size,
    inner: &Size,
    mean: bool,
) -> (&'static str, TokenStream) {
    let has_columns = *inner != Size::known(1) && elements(of) == len * inner;
    let (len, inner) = (tokens(&len.rust()), tokens(&inner.rust()));
    if has_columns && !mean {
        return ("column_sums", quote! { #value, #len });
    }
    let scale = if mean {
        quote! { 1.0 / (#len) as f64 }
    } else {
        quote! { 1.0 }
    };
    ("sum", quote! { #value, #len, #inner, #scale })
}

/// For `broadcast`: `x, &[3, 1], &[3, 5], 1.0`.
pub fn broadcast(value: &TokenStream, from: &Shape, to: &Shape, mean: bool) -> TokenStream {
    let scale = if mean {
        let [few, many] = [from, to].map(|shape| tokens(&elements(shape).rust()));
        quote! { (#few) as f64 / (#many) as f64 }
    } else {
        quote! { 1.0 }
    };
    let (from, to) = (sizes(from), sizes(to));
    quote! { #value, #from, #to, #scale }
}

/// What only the caller can write.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// The numbers of that input.
    Input(usize),
    /// The numbers to work in.
    Workspace,
}

/// For a kernel of the book, whose inputs have these shapes.
pub fn arguments(
    arguments: &[CallArgument],
    shapes: &[Shape],
    name: &mut dyn FnMut(Named) -> TokenStream,
) -> TokenStream {
    let written = arguments.iter().map(|argument| match argument {
        CallArgument::Input(k) => name(Named::Input(*k)),
        CallArgument::Inputs => {
            let inputs = (0..shapes.len()).map(|k| name(Named::Input(k))).collect::<Vec<_>>();
            quote! { &[#(#inputs),*] }
        }
        CallArgument::Nothing => quote! { &[] },
        CallArgument::LastOf(k) => tokens(&shapes[*k].last().unwrap_or(&Size::known(1)).rust()),
        CallArgument::Range(axes) => {
            let [start, end] = [axes.start, axes.end].map(|axis| tokens(&axis.to_string()));
            quote! { #start..#end }
        }
        CallArgument::ShapeOf(k) => sizes(&shapes[*k]),
        CallArgument::Axes(axes) => {
            let axes = axes.iter().map(|axis| tokens(&axis.to_string()));
            quote! { &[#(#axes),*] }
        }
        CallArgument::Size(size) => tokens(&size.rust()),
        CallArgument::Number(number) => tokens(&format!("{number:?}")),
        CallArgument::Flag(flag) => quote! { #flag },
        CallArgument::Workspace => name(Named::Workspace),
    });
    let written = written.collect::<Vec<_>>();
    quote! { #(#written),* }
}
