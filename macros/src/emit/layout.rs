//! Where parameters lie in the block, and the constants that say so: those that learn first, then the frozen ones.
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
use std::rc::Rc;

/// The parameters of the network, or of one run of a block.
#[derive(Default)]
pub struct Layout {
    /// Where the parameter of each number lies.
    pub leaves: Vec<Leaf>,
    /// The uses of blocks within.
    pub uses: Vec<Use>,
    /// Whether any is frozen.
    pub has_frozen: bool,
}

impl Layout {
    /// Whether a parameter is frozen.
    pub fn is_frozen(&self, number: usize) -> bool {
        match &self.leaves[number] {
            Leaf::Own { frozen, .. } => *frozen,
            Leaf::Within(used, inner) => self.uses[*used].inside.is_frozen(*inner),
        }
    }
}

/// Where a parameter lies.
#[derive(Clone)]
pub enum Leaf {
    /// At that constant's range, among those that learn or among the frozen ones.
    Own {
        /// The constant for its range.
        constant: String,
        /// Whether it lies among the frozen ones.
        frozen: bool,
    },
    /// In that use of a block, as the block's parameter of that number.
    Within(usize, usize),
}

/// The parameters of a use of a block.
pub struct Use {
    /// Those that learn; `None` if none does.
    pub trained: Option<Iterations>,
    /// The frozen ones.
    pub frozen: Option<Iterations>,
    /// How often it runs.
    pub count: Size,
    /// One run.
    pub inside: Rc<Layout>,
}

/// Where the runs of a block lie.
pub struct Iterations {
    /// The constant for the start of the first.
    pub start: String,
    /// The constant for how far apart they lie.
    pub stride: String,
}

/// The layout of these entries, and the constants' declarations.
pub fn layout(entries: &[Entry]) -> (Layout, TokenStream) {
    let mut writer = Writer {
        taken: HashSet::from(["CHECK".into()]),
        constants: TokenStream::new(),
        kinds: HashMap::new(),
    };
    let layout = writer.level(entries, &[], total(entries, false));
    (layout, writer.constants)
}

struct Writer {
    taken: HashSet<String>,
    constants: TokenStream,
    /// The layouts of blocks, by what their functions are called.
    kinds: HashMap<String, Rc<Layout>>,
}

impl Writer {
    /// `frozen`: where the frozen parameters of these entries begin.
    fn level(&mut self, entries: &[Entry], path: &[&str], frozen: Size) -> Layout {
        let mut layout = Layout { has_frozen: total(entries, true) != Size::known(0), ..Layout::default() };
        let mut starts = [Size::known(0), frozen];
        for entry in entries {
            match entry {
                Entry::Layer(layer) => {
                    let field = layer.name.field.to_string();
                    let mut at = starts[usize::from(layer.frozen)].clone();
                    for parameter in &layer.parameters {
                        let name = self.unused(constant(&[path, &[plain(&field), parameter.name]].concat()));
                        let end = &at + &elements(&parameter.shape);
                        let (constant, from, to) = (ident(&name), tokens(&at.rust()), tokens(&end.rust()));
                        self.constants.extend(quote! { const #constant: ply::Range<usize> = #from..#to; });
                        layout.leaves.push(Leaf::Own { constant: name, frozen: layer.frozen });
                        at = end;
                    }
                }
                Entry::Repeat(repeat) => {
                    let field = repeat.name.field.to_string();
                    let path = [path, &[plain(&field)]].concat();
                    let [trained, frozen] = [false, true].map(|frozen| {
                        let len = total(&repeat.entries, frozen);
                        (len != Size::known(0))
                            .then(|| self.iterations(&path, frozen, &starts[usize::from(frozen)], &len))
                    });
                    let inside = match self.kinds.get(&repeat.kind) {
                        Some(inside) => inside.clone(),
                        None => {
                            let inside = Rc::new(self.level(&repeat.entries, &path, Size::known(0)));
                            self.kinds.insert(repeat.kind.clone(), inside.clone());
                            inside
                        }
                    };
                    let used = layout.uses.len();
                    layout.leaves.extend((0..inside.leaves.len()).map(|leaf| Leaf::Within(used, leaf)));
                    layout.uses.push(Use { trained, frozen, count: repeat.count.clone(), inside });
                }
            }
            for (frozen, start) in [false, true].into_iter().zip(&mut starts) {
                *start = &*start + &entry.len(frozen);
            }
        }
        layout
    }

    /// The constants for a block's iterations of `len` numbers.
    fn iterations(&mut self, path: &[&str], frozen: bool, start: &Size, len: &Size) -> Iterations {
        let own: &[&str] = if frozen { &["frozen"] } else { &[] };
        let name = self.unused(constant(&[path, own].concat()));
        let stride = self.unused(format!("{name}_STRIDE"));
        let (first, apart) = (ident(&name), ident(&stride));
        let (from, len) = (tokens(&start.rust()), tokens(&len.rust()));
        self.constants.extend(quote! { const #first: usize = #from; const #apart: usize = #len; });
        Iterations { start: name, stride }
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
