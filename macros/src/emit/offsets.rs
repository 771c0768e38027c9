//! Where each of several lies that follow each other: in numbers where all lengths are known, else as entries of a table
//! that is added up when the program is compiled. A sum written out for each of them would repeat all before it.
//!
//! ```text
//! const OFFSETS: [usize; 3] = ply::offsets([0, 6 * HIDDEN, HIDDEN]);
//! const FC1_WEIGHT: Range<usize> = Self::OFFSETS[0]..Self::OFFSETS[1];
//! ```
use crate::text::{ident, tokens};
use plywood_kernels::shape::Size;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The end of what was placed so far.
pub struct Offsets {
    /// What the table is called; nothing where all is known.
    table: Option<String>,
    /// Where the next begins, where all is known.
    at: Size,
    /// What the table adds up.
    parts: Vec<Size>,
}

impl Offsets {
    /// From `start` on, for `all` numbers. A table, where one is needed, is called as `name` says.
    pub fn new(start: &Size, all: &Size, name: impl FnOnce() -> String) -> Offsets {
        let table = (start.has_symbol() || all.has_symbol()).then(name);
        Offsets { table, at: start.clone(), parts: vec![start.clone()] }
    }
    /// Where the next `len` numbers begin and end.
    pub fn next(&mut self, len: &Size) -> (TokenStream, TokenStream) {
        let Some(table) = &self.table else {
            let from = tokens(&self.at.rust());
            self.at += len;
            return (from, tokens(&self.at.rust()));
        };
        self.parts.push(len.clone());
        let table = ident(table);
        let [from, to] = [2, 1].map(|before| Literal::usize_unsuffixed(self.parts.len() - before));
        (quote! { Self::#table[#from] }, quote! { Self::#table[#to] })
    }
    /// The table's declaration, if anything is in it.
    pub fn declaration(&self) -> Option<TokenStream> {
        self.parts.get(1)?;
        let (table, len) = (ident(self.table.as_ref()?), Literal::usize_unsuffixed(self.parts.len()));
        let parts = self.parts.iter().map(|part| tokens(&part.rust()));
        Some(quote! { const #table: [usize; #len] = ply::offsets([#(#parts),*]); })
    }
}
