//! Where parameters lie in the block, and the constants that say so:
//!
//! ```text
//! const FC1_WEIGHT: Range<usize> = 0..32;
//! const BLOCKS: usize = 40;            // iteration `i` starts at BLOCKS + i * BLOCKS_STRIDE,
//! const BLOCKS_STRIDE: usize = 72;
//! const BLOCKS_FC_WEIGHT: Range<usize> = 0..64;   // and ranges inside count from there
//! ```
use super::text::{constant, ident, tokens};
use crate::lower::{Entry, total};
use plywood_kernels::shape::{Size, elements};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::{HashMap, HashSet};

/// The parameters of the network, or of one iteration of a block.
#[derive(Default)]
pub struct Layout {
    /// The constant of parameter leaf `i`; `None` for those of a block within.
    pub leaves: Vec<Option<String>>,
    /// The blocks within, by label.
    pub blocks: HashMap<String, BlockLayout>,
}

/// A block's parameters.
pub struct BlockLayout {
    /// The constant for the start of the first iteration.
    pub constant: String,
    /// The constant for how far apart iterations lie.
    pub stride: String,
    /// One iteration.
    pub inside: Layout,
}

/// The layout of these entries, and the constants' declarations.
pub fn layout(entries: &[Entry]) -> (Layout, TokenStream) {
    let mut writer = Writer { taken: HashSet::from(["CHECK".into()]), constants: TokenStream::new() };
    let layout = writer.level(entries, &[]);
    (layout, writer.constants)
}

struct Writer {
    taken: HashSet<String>,
    constants: TokenStream,
}

impl Writer {
    fn level(&mut self, entries: &[Entry], path: &[&str]) -> Layout {
        let mut layout = Layout::default();
        let mut start = Size::known(0);
        for entry in entries {
            match entry {
                Entry::Layer(layer) => {
                    let field = layer.name.field.to_string();
                    let mut at = start.clone();
                    for parameter in &layer.parameters {
                        let name = self.unused(constant(&[path, &[plain(&field), parameter.name]].concat()));
                        let end = &at + &elements(&parameter.shape);
                        let (constant, from, to) = (ident(&name), tokens(&at.rust()), tokens(&end.rust()));
                        self.constants.extend(quote! { const #constant: ply::Range<usize> = #from..#to; });
                        layout.leaves.push(Some(name));
                        at = end;
                    }
                }
                Entry::Repeat(repeat) => {
                    let field = repeat.name.field.to_string();
                    let path = [path, &[plain(&field)]].concat();
                    let name = self.unused(constant(&path));
                    let stride = self.unused(format!("{name}_STRIDE"));
                    let (from, len) = (tokens(&start.rust()), tokens(&total(&repeat.entries).rust()));
                    let (first, apart) = (ident(&name), ident(&stride));
                    self.constants
                        .extend(quote! { const #first: usize = #from; const #apart: usize = #len; });
                    let inside = self.level(&repeat.entries, &path);
                    layout.leaves.extend(inside.leaves.iter().map(|_| None));
                    layout
                        .blocks
                        .insert(repeat.name.label.clone(), BlockLayout { constant: name, stride, inside });
                }
            }
            start = &start + &entry.len();
        }
        layout
    }

    fn unused(&mut self, name: String) -> String {
        let mut candidates = std::iter::once(name.clone()).chain((2..).map(|i| format!("{name}_{i}")));
        let free = candidates.find(|c| !self.taken.contains(c)).unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }
}

/// `r#type` as `type`.
fn plain(field: &str) -> &str {
    field.strip_prefix("r#").unwrap_or(field)
}
