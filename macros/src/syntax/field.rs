//! A field of a struct as an item: a layer by its type, several layers under one name by a tuple of types, and what
//! attributes say of either.
use super::arguments::in_attribute;
use super::ast::{ArgumentDecl, BranchesDecl, Form, GroupDecl, Item, Join, LayerDecl, RepeatDecl};
use crate::diagnostics::{Diagnostics, Place};
use proc_macro2::Span;
use quote::ToTokens;
use syn::{Attribute, Expr, ExprPath, GenericArgument, Ident, Meta, PathArguments, Type};

/// How a layer is written.
pub const LAYER: &str = "a layer is written as `hidden: Linear<256>`";
const REPEATED: &str = "as in `#[repeat(3)] blocks: (Linear<256>, Tanh)`";

/// What stands before a field.
#[derive(Default)]
struct Said<'a> {
    /// `#[with(bias: false)]`, and whether some of it could not be read, which has been said.
    told: (Vec<ArgumentDecl>, bool),
    /// `#[repeat(3)]`, with the count if that could be read.
    repeated: Option<(&'a Attribute, Option<Expr>)>,
    /// `#[residual]`, `#[add]`, `#[concat(axis: 0)]`
    joined: Option<(&'a Attribute, Join)>,
    /// `#[frozen]`
    frozen: Option<Span>,
    /// Whether there is something that no field takes, which has been said.
    unknown: bool,
}

impl<'a> Said<'a> {
    fn of(attributes: &'a [Attribute], diagnostics: &mut Diagnostics) -> Said<'a> {
        let mut said = Said::default();
        for attribute in attributes.iter().filter(|a| !a.path().is_ident("doc")) {
            let path = attribute.path();
            let join = Join::ALL.into_iter().find(|join| path.is_ident(join.word()));
            if path.is_ident("repeat") {
                let count: syn::Result<Expr> = attribute.parse_args();
                if count.is_err() {
                    let help = "as in `#[repeat(3)]`";
                    diagnostics.error(Place::of(attribute), "expected how often, in `#[repeat(…)]`", help);
                }
                if said.repeated.is_some() {
                    let help = "write it once, with the product: `#[repeat(6)]` is twice 3 times";
                    diagnostics.error(Place::of(attribute), "`#[repeat(…)]` is given twice", help);
                    continue;
                }
                said.repeated = Some((attribute, count.ok()));
            } else if let Some(join) = join {
                if let Some((_, first)) = said.joined {
                    let what = format!("a field is joined once, by `#[{}]`", first.word());
                    let help = "what is joined within it is a `#[block]` of its own, in a `#[model] mod`";
                    diagnostics.error(Place::of(attribute), what, help);
                    said.unknown = true;
                    continue;
                }
                said.joined = Some((attribute, join));
            } else if path.is_ident("with") {
                let (arguments, wrong) = in_attribute(attribute, diagnostics);
                said.told.0.extend(arguments);
                said.told.1 |= wrong;
            } else if super::is_frozen(attribute, diagnostics) {
                said.frozen = Some(Place::of(&attribute.meta).start());
            } else {
                let what = format!("a layer takes no attribute `{}`", path.to_token_stream());
                let help = "the attributes of a layer are `#[with(bias: false)]`, `#[repeat(3)]`, `#[residual]`, `#[add]`, \
                            `#[concat(axis: 0)]` and `#[frozen]`";
                diagnostics.error(Place::of(attribute), what, help);
                said.unknown = true;
            }
        }
        said
    }
}

/// The item that a field is.
pub fn field(
    name: Option<Ident>,
    attributes: &[Attribute],
    ty: &Type,
    diagnostics: &mut Diagnostics,
) -> Item {
    let said = Said::of(attributes, diagnostics);
    if said.unknown && !matches!(ty, Type::Path(_)) {
        return Item::Unread(name);
    }
    let around = said.repeated.as_ref().map(|(attribute, _)| *attribute);
    if let Some(attribute) = around.or(said.joined.map(|(attribute, _)| attribute))
        && (!said.told.0.is_empty() || said.told.1)
    {
        let help = "write its layers' arguments at the layers";
        diagnostics.error(Place::of(attribute), "a block takes no arguments", help);
    }
    let Some((attribute, count)) = said.repeated else {
        return match said.joined {
            Some((attribute, join)) => branches(name, attribute, join, ty, said.frozen, diagnostics),
            None => layers(name, ty, said.told, said.frozen, diagnostics),
        };
    };
    let Some(word) = attribute.path().get_ident().cloned() else { return Item::Unread(name) };
    let items = match said.joined {
        Some((attribute, join)) => vec![branches(None, attribute, join, ty, None, diagnostics)],
        None => in_tuple(ty, diagnostics),
    };
    if items.is_empty() {
        diagnostics.error(Place::of(ty), "expected a layer to repeat", REPEATED);
        return Item::Unread(name);
    }
    Item::Repeat(RepeatDecl { name, word, count, items, frozen: said.frozen })
}

/// The layers of a tuple, or the one layer that is none.
fn in_tuple(ty: &Type, diagnostics: &mut Diagnostics) -> Vec<Item> {
    match ty {
        Type::Tuple(layers) => {
            let one = |ty| self::layers(None, ty, (vec![], false), None, diagnostics);
            layers.elems.iter().map(one).collect()
        }
        Type::Group(inner) => in_tuple(&inner.elem, diagnostics),
        one => vec![layers(None, one, (vec![], false), None, diagnostics)],
    }
}

/// A layer, or several under one name.
fn layers(
    name: Option<Ident>,
    ty: &Type,
    (named, unread): (Vec<ArgumentDecl>, bool),
    frozen: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Item {
    let Type::Tuple(tuple) = ty else { return layer(name, ty, named, unread, frozen, diagnostics) };
    if !named.is_empty() || unread {
        let help = "write its layers' arguments at the layers, each a field of its own";
        diagnostics.error(Place::of(ty), "a group of layers takes no arguments", help);
    }
    let span = tuple.paren_token.span.join();
    Item::Group(GroupDecl { name, span, items: in_tuple(ty, diagnostics), frozen })
}

/// `#[add] both: ((Linear<64>, Relu), ())`
fn branches(
    name: Option<Ident>,
    attribute: &Attribute,
    join: Join,
    ty: &Type,
    frozen: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Item {
    let Some(word) = attribute.path().get_ident().cloned() else { return Item::Unread(name) };
    let arguments = match &attribute.meta {
        Meta::List(_) => in_attribute(attribute, diagnostics),
        Meta::Path(_) => (vec![], false),
        Meta::NameValue(_) => {
            let what = format!("expected parentheses after `{word}`");
            diagnostics.error(Place::of(attribute), what, form(join));
            (vec![], true)
        }
    };
    let branch = |ty: &Type, diagnostics: &mut Diagnostics| GroupDecl {
        name: None,
        span: Place::of(ty).start(),
        items: in_tuple(ty, diagnostics),
        frozen: None,
    };
    let branches = match ty {
        _ if join == Join::Residual => vec![branch(ty, diagnostics)],
        Type::Tuple(several) => several.elems.iter().map(|ty| branch(ty, diagnostics)).collect(),
        other => vec![branch(other, diagnostics)],
    };
    if branches.is_empty() || join == Join::Residual && branches.iter().all(|one| one.items.is_empty()) {
        diagnostics.error(Place::of(ty), format!("`{word}` has no layers"), form(join));
        return Item::Unread(name);
    }
    Item::Branches(BranchesDecl { name, word, join, arguments, branches, frozen })
}

/// How branches are written.
fn form(join: Join) -> &'static str {
    match join {
        Join::Add => "branches are written as `#[add] both: ((Linear<64>, Relu), ())`",
        Join::Concat => "branches are written as `#[concat(axis: 0)] both: ((Linear<64>, Relu), ())`",
        Join::Residual => "a residual is written as `#[residual] body: (Linear<64>, Relu)`",
    }
}

fn layer(
    name: Option<Ident>,
    ty: &Type,
    named: Vec<ArgumentDecl>,
    mut unread: bool,
    frozen: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Item {
    let segment = match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Verbatim(_) => return Item::Unread(name),
        // a type of a macro around this one
        Type::Group(inner) => return layer(name, &inner.elem, named, unread, frozen, diagnostics),
        _ => None,
    };
    let Some(segment) = segment else {
        let what = format!("expected a layer, found the type `{}`", ty.to_token_stream());
        let help = match ty {
            Type::Array(_) => "layers that repeat are written as `#[repeat(3)] blocks: (Linear<256>, Tanh)`",
            _ => LAYER,
        };
        diagnostics.error(Place::of(ty), what, help);
        return Item::Unread(name);
    };
    let mut arguments = vec![];
    if let PathArguments::AngleBracketed(list) = &segment.arguments {
        for argument in &list.args {
            let value = match argument {
                GenericArgument::Const(value) => unbraced(value.clone()),
                GenericArgument::Type(Type::Path(p)) => {
                    Expr::Path(ExprPath { attrs: vec![], qself: None, path: p.path.clone() })
                }
                GenericArgument::AssocConst(named) => {
                    let what = format!("`{}` does not stand between angle brackets", named.ident);
                    let value = named.value.to_token_stream();
                    let help = format!("write `#[with({}: {value})]` before the field", named.ident);
                    diagnostics.error(Place::of(named), what, help);
                    unread = true;
                    continue;
                }
                // what is no size is said with the layer that it is told
                other => Expr::Verbatim(other.to_token_stream()),
            };
            arguments.push(ArgumentDecl { name: None, value, inner: None });
        }
    } else if let PathArguments::Parenthesized(list) = &segment.arguments {
        let what = format!("the sizes of `{}` stand in angle brackets", segment.ident);
        diagnostics.error(Place::of(list), what, format!("write `{}<256>`", segment.ident));
        unread = true;
    }
    arguments.extend(named);
    let path = match ty {
        Type::Path(path) if path.path.segments.len() > 1 || path.path.leading_colon.is_some() => {
            Some(Place::between(Place::of(ty).start(), segment.ident.span()))
        }
        _ => None,
    };
    let (word, said) = (segment.ident.clone(), false);
    Item::Layer(LayerDecl { name, word, arguments, unread, path, said, frozen, form: Form::Struct })
}

/// `{ 2 * H }` as `2 * H`: between angle brackets Rust wants the braces.
fn unbraced(value: Expr) -> Expr {
    match &value {
        Expr::Block(block) if block.block.stmts.len() == 1 => match &block.block.stmts[0] {
            syn::Stmt::Expr(inner, None) => inner.clone(),
            _ => value,
        },
        _ => value,
    }
}
