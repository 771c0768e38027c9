//! The grammar of `#[model]` on a module: structs that are networks, structs that are blocks, and the `forward` of either in
//! an `impl`. It is Rust, which formatters and editors read; what else stands in the module stays as it is:
//!
//! ```text
//! #[model]
//! mod siamese {
//!     #[model((left: [784], right: [784]) -> [1])]
//!     pub struct Siamese {
//!         body: Body<64>,
//!         out: Linear<1>,
//!     }
//!     impl Siamese {
//!         fn forward(&self, left: _, right: _) -> _ {
//!             self.out((self.body(left) - self.body(right)).abs())
//!         }
//!     }
//!     #[block]
//!     struct Body<const WIDTH: usize> { fc1: Linear<256>, relu: Relu, fc2: Linear<WIDTH> }
//! }
//! ```
use super::ast::{ForwardDecl, Template, TemplateParameter};
use super::forward::body_of;
use super::network::Declarations;
use super::structure;
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, GenericParam, Generics, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod,
    ItemStruct, Meta, Pat, ReceiverKind, ReturnType, Type, Visibility,
};

/// How a module declares a network.
pub const MODULE: &str = "write `#[model([784] -> [10])]` before the struct that is the network";
const BLOCK: &str = "a block is declared as `#[block] struct Basic<const OUT: usize> { fc: Linear<OUT> }`";
const FORWARD: &str =
    "it is written as `fn forward(&self, x: _) -> _ { let h = self.fc1(x).relu(); self.fc2(h) }`";

/// What a module declares, and what stays of it.
pub struct Module {
    /// Networks and blocks.
    pub declarations: Declarations,
    /// Its name.
    pub name: Ident,
    /// Its attributes and its name.
    head: TokenStream,
    /// What neither is.
    rest: Vec<Item>,
}

impl Module {
    /// The module again, with these expansions in it.
    pub fn around(self, expansions: TokenStream) -> TokenStream {
        let Module { head, rest, .. } = self;
        if head.is_empty() {
            return expansions;
        }
        quote! { #head { #(#rest)* #expansions } }
    }
}

/// The module in `item`, if it is one.
pub fn module(attribute: &TokenStream, item: &TokenStream) -> Option<Module> {
    let mut words = item.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) if word != "pub" => Some(word),
        _ => None,
    });
    words.next().filter(|word| word == "mod")?;
    let mut read = Reader::default();
    let parsed: syn::Result<ItemMod> = syn::parse2(item.clone());
    let ItemMod { attrs, vis, unsafety, mod_token, ident, content, .. } = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let what = format!("the items of a `#[model] mod` are Rust: {error}");
            read.declarations.diagnostics.error(error.span(), what, "`network!` reads what is not");
            let name = words.next()?;
            return Some(Module {
                declarations: read.declarations,
                name,
                head: TokenStream::new(),
                rest: vec![],
            });
        }
    };
    if !attribute.is_empty() {
        let what = "`#[model]` before a module has no shapes";
        read.declarations.diagnostics.error(Place::of(attribute), what, MODULE);
    }
    let (outer, inner): (Vec<_>, Vec<_>) =
        attrs.iter().partition(|attribute| matches!(attribute.style, syn::AttrStyle::Outer));
    let head = quote! { #(#outer)* #vis #unsafety #mod_token #ident };
    let Some((_, items)) = content else {
        let what = format!("the items of `{ident}` stand in another file");
        read.declarations.diagnostics.error(ident.span(), what, "write them here, in braces");
        return Some(Module { declarations: read.declarations, name: ident, head, rest: vec![] });
    };
    let rest = read.items(items);
    read.declarations.told_apart();
    let rest = inner.into_iter().map(|attribute| Item::Verbatim(attribute.to_token_stream())).chain(rest);
    Some(Module { declarations: read.declarations, name: ident, head, rest: rest.collect() })
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    declarations: Declarations,
    /// Each `forward`, by the name of what it is of.
    forwards: Vec<(Ident, ForwardDecl)>,
}

impl Reader {
    /// Reads what declares something; gives what does not.
    fn items(&mut self, items: Vec<Item>) -> Vec<Item> {
        let said = |item: &ItemStruct, word| item.attrs.iter().any(|attribute| is(attribute, word));
        let (mut networks, mut blocks, mut rest) = (vec![], vec![], vec![]);
        for item in items {
            match item {
                Item::Struct(item) if said(&item, "model") => networks.push(item),
                Item::Struct(item) if said(&item, "block") => blocks.push(item),
                other => rest.push(other),
            }
        }
        let names = |items: &[ItemStruct]| items.iter().map(|item| item.ident.clone()).collect::<Vec<_>>();
        let (of_networks, of_blocks) = (names(&networks), names(&blocks));
        let declared = |item: &ItemImpl| {
            let Type::Path(path) = &*item.self_ty else { return None };
            // a path of several words is of another module; const parameters stand behind a word
            let alone = path.path.segments.len() == 1 && path.path.leading_colon.is_none();
            let name = path.path.segments.first().filter(|_| alone).map(|only| &only.ident)?;
            let block = of_blocks.contains(name);
            (item.trait_.is_none() && (block || of_networks.contains(name))).then(|| (name.clone(), block))
        };
        for item in &mut rest {
            let Item::Impl(item) = item else { continue };
            if let Some((name, block)) = declared(item) {
                self.forward_in(item, name, block);
            }
        }
        rest.retain(
            |item| !matches!(item, Item::Impl(item) if item.items.is_empty() && declared(item).is_some()),
        );
        let plain = |item: &Item| match item {
            Item::Struct(item) => Some(item.ident.clone()),
            _ => None,
        };
        let plain: Vec<Ident> = rest.iter().filter_map(plain).collect();
        for item in networks.iter().chain(&blocks) {
            self.no_block(item, &plain);
        }
        networks.into_iter().for_each(|item| self.network(item));
        blocks.into_iter().for_each(|item| self.block(item));
        rest
    }

    /// Says of a field whose type is a struct of this module that this is no block.
    fn no_block(&mut self, item: &ItemStruct, plain: &[Ident]) {
        for field in &item.fields {
            let Type::Path(path) = &field.ty else { continue };
            let Some(word) = path.path.segments.last().map(|last| &last.ident) else { continue };
            let Some(found) = plain.iter().find(|name| *name == word) else { continue };
            if !self.declarations.templates.iter().any(|template| template.name == *found) {
                let what = format!("`{word}` is a struct, and no block");
                self.declarations.diagnostics.error(word.span(), what, "write `#[block]` before it");
                self.declarations.templates.push(Template::unread(found.clone()));
            }
        }
    }

    fn network(&mut self, mut item: ItemStruct) {
        let mut own = Diagnostics::default();
        let (mut shapes, mut said) = (TokenStream::new(), 0);
        item.attrs.retain(|attribute| {
            if !is(attribute, "model") {
                return true;
            }
            if let Meta::List(list) = &attribute.meta
                && said == 0
            {
                shapes = list.tokens.clone();
            }
            said += 1;
            if said > 1 {
                own.error(Place::of(attribute), "`#[model(…)]` is given twice", "take one out");
            }
            false
        });
        if let Some(block) = item.attrs.iter().find(|attribute| is(attribute, "block")) {
            own.error(Place::of(block), format!("`{}` is a network and a block", item.ident), "take one out");
        }
        item.attrs.retain(|attribute| !is(attribute, "block"));
        let forward = self.forward_of(&item.ident);
        let network = structure::network(shapes, item, false, forward, &mut own);
        self.declarations.add(network, own);
    }

    fn block(&mut self, item: ItemStruct) {
        let forward = self.forward_of(&item.ident);
        let diagnostics = &mut self.declarations.diagnostics;
        let before = diagnostics.count();
        for attribute in &item.attrs {
            if !is(attribute, "block") && !attribute.path().is_ident("doc") {
                let help = "only doc comments stand before a block";
                diagnostics.error(Place::of(attribute), "a block takes no attribute", help);
            } else if is(attribute, "block") && !matches!(attribute.meta, Meta::Path(_)) {
                diagnostics.error(Place::of(attribute), "`#[block]` stands by itself", BLOCK);
            }
        }
        let ItemStruct { ident: name, generics, fields, .. } = item;
        let parameters = parameters(&generics, diagnostics);
        let inside = structure::inside(&name, &fields, forward, false, diagnostics);
        let unread = diagnostics.count() > before;
        self.declarations.templates.push(Template { name, parameters, inside, unread });
    }

    /// Takes the `forward` out of an `impl` of a network or a block.
    fn forward_in(&mut self, item: &mut ItemImpl, name: Ident, block: bool) {
        let is_forward = |one: &ImplItem| matches!(one, ImplItem::Fn(one) if one.sig.ident == "forward");
        let forward_too = item.items.iter().any(is_forward);
        let said = item.attrs.iter().find(|attribute| !attribute.path().is_ident("doc")).map(Place::of);
        let said = said.or(item.generics.where_clause.as_ref().map(Place::of));
        if let Some(place) = said.filter(|_| forward_too) {
            let help = "leave it out, or say it of the module";
            let what = "nothing is said of an `impl` with a `forward`";
            self.declarations.diagnostics.error(place, what, help);
        }
        let diagnostics = &mut self.declarations.diagnostics;
        for one in std::mem::take(&mut item.items) {
            match one {
                ImplItem::Fn(function) if function.sig.ident == "forward" => {
                    if self.forwards.iter().any(|(other, _)| *other == name) {
                        let place = function.sig.ident.span();
                        let help = format!("`{name}` has one `forward`");
                        diagnostics.error(place, "`forward` stands here twice", help);
                        continue;
                    }
                    self.forwards.push((name.clone(), forward(&function, diagnostics)));
                }
                other if block => {
                    let help = "what is computed stands in its `forward`, or in the network";
                    diagnostics.error(Place::of(&other), "a block has nothing but a `forward`", help);
                }
                other => item.items.push(other),
            }
        }
    }

    fn forward_of(&mut self, name: &Ident) -> Option<ForwardDecl> {
        let at = self.forwards.iter().position(|(other, _)| other == name)?;
        Some(self.forwards.swap_remove(at).1)
    }
}

/// Whether this is `#[word]` or `#[plywood::word]`.
fn is(attribute: &Attribute, word: &str) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == word)
}

/// What a block is told: `<const OUT: usize, const STRIDE: usize = 1>`.
fn parameters(generics: &Generics, diagnostics: &mut Diagnostics) -> Vec<TemplateParameter> {
    let mut parameters = vec![];
    for parameter in &generics.params {
        match parameter {
            GenericParam::Const(one) => {
                let default = one.default.as_ref().map(|(_, value)| value.clone());
                parameters.push(TemplateParameter { name: one.ident.clone(), default });
            }
            other => diagnostics.error(Place::of(other), "a block is told numbers, not types", BLOCK),
        }
    }
    if let Some(conditions) = &generics.where_clause {
        diagnostics.error(Place::of(conditions), "a block has no conditions", "leave `where` out");
    }
    parameters
}

/// What a function says that is called `forward`.
fn forward(function: &ImplItemFn, diagnostics: &mut Diagnostics) -> ForwardDecl {
    let before = diagnostics.count();
    let signature = &function.sig;
    if let Some(attribute) = function.attrs.iter().find(|attribute| !attribute.path().is_ident("doc")) {
        diagnostics.error(Place::of(attribute), "`forward` takes no attribute", "leave it out");
    }
    let words = [
        (!matches!(function.vis, Visibility::Inherited)).then(|| Place::of(&function.vis)),
        signature.constness.as_ref().map(Place::of),
        signature.asyncness.as_ref().map(Place::of),
        signature.generics.lt_token.map(|_| Place::of(&signature.generics)),
    ];
    for place in words.into_iter().flatten() {
        diagnostics.error(place, "`forward` has a name, inputs and a body, and nothing else", FORWARD);
    }
    let mut inputs = vec![];
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                if !matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) {
                    diagnostics.error(Place::of(receiver), "`forward` takes `&self`", "write `&self`");
                }
            }
            FnArg::Typed(input) => match (&*input.pat, &*input.ty) {
                (Pat::Ident(name), ty) if name.by_ref.is_none() && name.mutability.is_none() => {
                    if !matches!(ty, Type::Infer(_)) {
                        let help =
                            format!("write `{}: _`: its type follows from where it comes from", name.ident);
                        diagnostics.error(Place::of(ty), "an input of `forward` has no type", help);
                    }
                    inputs.push(name.ident.clone());
                }
                (pattern, _) => diagnostics.error(Place::of(pattern), "an input is a name", FORWARD),
            },
        }
    }
    if let ReturnType::Type(_, ty) = &signature.output
        && !matches!(**ty, Type::Infer(_))
    {
        let help = "write `-> _`: what it gives stands in `#[model(…)]`, and follows in a block";
        diagnostics.error(Place::of(ty), "`forward` has no return type", help);
    }
    let braces = function.block.brace_token.span;
    let place = Place::between(braces.open(), braces.close());
    let body = function.block.stmts.iter().map(ToTokens::to_token_stream).collect();
    let mut read = body_of(signature.ident.clone(), inputs, said_here(body), place, diagnostics);
    read.unread |= diagnostics.count() > before;
    read
}

/// What Rust writes as `self.fc1(x)` and `concat([a, b], axis = 0)`, as `forward` says it: `fc1(x)` and
/// `concat([a, b], axis: 0)`.
fn said_here(tokens: TokenStream) -> TokenStream {
    let mut said: Vec<TokenTree> = vec![];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let dot = is_mark(tokens.peek(), '.');
        match token {
            TokenTree::Ident(word) if word == "self" && dot => drop(tokens.next()),
            TokenTree::Group(group) => {
                let mut inside = said_here(group.stream());
                if group.delimiter() == Delimiter::Parenthesis {
                    inside = with_colons(inside);
                }
                let mut again = Group::new(group.delimiter(), inside);
                again.set_span(group.span());
                said.push(again.into());
            }
            other => said.push(other),
        }
    }
    said.into_iter().collect()
}

/// `axis = 0` between commas as `axis: 0`.
fn with_colons(tokens: TokenStream) -> TokenStream {
    let mut all: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 1..all.len() {
        let begins = at == 1 || is_mark(all.get(at - 2), ',');
        if begins && matches!(all[at - 1], TokenTree::Ident(_)) && is_mark(all.get(at), '=') {
            let mut colon = Punct::new(':', Spacing::Alone);
            colon.set_span(all[at].span());
            all[at] = colon.into();
        }
    }
    all.into_iter().collect()
}

/// Whether the token is that mark by itself.
fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == mark && found.spacing() == Spacing::Alone)
}
