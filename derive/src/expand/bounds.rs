//! Bounds on type parameters: of each field's type or encoding that mentions one, what
//! storing the field takes, and nothing of the parameter itself.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{DeriveInput, GenericParam, Generics, Type, parse_quote};

use super::{fields, this};
use crate::field::{Field, FieldRole, Stored};
use crate::group::Group;
use crate::model::{Model, Storage};

/// Returns the generics of a model's impls.
pub(super) fn with_bounds(model: &Model<'_>) -> Generics {
    let mut generics = match &model.storage {
        Storage::Hash(fields) => of_fields(&model.input.generics, fields),
        Storage::Blob(_) => generated(&model.input.generics),
    };
    let parameters = parameters(&model.input.generics);
    if parameters.is_empty() {
        return generics;
    }
    let clause = generics.make_where_clause();
    for part in model.parts.iter().filter(|part| mentions(part.ty, &parameters)) {
        let ty = part.ty;
        clause.predicates.push(parse_quote!(#ty: __rt::KeyPart + __rt::Clone));
    }
    if let Storage::Blob(blob) = &model.storage {
        for codec in std::iter::once(blob.codec).chain(blob.older) {
            clause.predicates.push(parse_quote!(#codec: __rt::Codec<Self>));
        }
    }
    generics
}

/// Returns generics that are not the user's code to lints, which would otherwise report
/// bounds that the user has written, too.
pub(super) fn generated(generics: &Generics) -> Generics {
    let (lt_token, gt_token) = (Some(Default::default()), Some(Default::default()));
    Generics { lt_token, gt_token, ..generics.clone() }
}

/// Returns the generics of a flattened struct. It is `'static`, as everything that is
/// read from Redis.
pub(super) fn with_static(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let types: Vec<_> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for ty in types {
        generics.make_where_clause().predicates.push(parse_quote!(#ty: 'static));
    }
    generics
}

/// Returns the generics with what storing the fields takes.
///
/// A flattened struct gets no bound. With one, its handles would be those of any type
/// with that bound, which have no positions.
pub(super) fn of_fields(own: &Generics, fields: &[Field<'_>]) -> Generics {
    let mut generics = generated(own);
    let parameters = parameters(&generics);
    if parameters.is_empty() {
        return generics;
    }
    let clause = generics.make_where_clause();
    for field @ Field { ty, role, .. } in fields {
        let encoding = fields::encoding(field, own);
        if !mentions(ty, &parameters) && !mentions(&encoding, &parameters) {
            continue;
        }
        match role {
            FieldRole::Key | FieldRole::Flattened { .. } | FieldRole::Skipped(Some(_)) => {}
            FieldRole::Skipped(None) => {
                clause.predicates.push(parse_quote!(#ty: __rt::Default));
            }
            FieldRole::Stored(Stored { ttl, .. }) => {
                let encoding = encoding.unwrap_or_else(|| quote!(__rt::Plain));
                let expires = ttl.map(|_| quote!(+ __rt::MayExpire<#encoding>));
                clause.predicates.push(parse_quote!(#ty: __rt::FieldType<#encoding> #expires));
            }
        }
    }
    generics
}

/// Returns the generics of a group of keys.
pub(super) fn of_group(group: &Group<'_>) -> Generics {
    let mut generics = generated(&group.input.generics);
    let parameters = parameters(&generics);
    for ty in group.fields.iter().map(|field| field.ty) {
        // A structure takes any type of items, so `List<T>` needs no bound.
        if matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(|ident| parameters.contains(&ident.to_string())))
        {
            generics.make_where_clause().predicates.push(parse_quote!(#ty: __rt::Structure));
        }
    }
    generics
}

/// Returns the user's own where clause, for the struct of handles.
pub(super) fn own_clause(input: &DeriveInput) -> Option<TokenStream> {
    let clause = input.generics.where_clause.as_ref()?;
    Some(this::replace(clause, &this::tokens(input)))
}

/// Returns the parameters without their defaults, and some more, for the struct of handles.
pub(super) fn plain(generics: &Generics, more: &[TokenStream]) -> TokenStream {
    if generics.params.is_empty() && more.is_empty() {
        return TokenStream::new();
    }
    let parameters = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Const(parameter) => {
            let (ident, ty) = (&parameter.ident, &parameter.ty);
            quote!(const #ident: #ty)
        }
        GenericParam::Type(parameter) => {
            let (ident, bounds) = (&parameter.ident, &parameter.bounds);
            let colon = (!bounds.is_empty()).then(|| quote!(:));
            quote!(#ident #colon #bounds)
        }
        GenericParam::Lifetime(parameter) => parameter.lifetime.to_token_stream(),
    });
    let parameters = parameters.chain(more.iter().cloned());
    quote!(<#(#parameters),*>)
}

fn parameters(generics: &Generics) -> Vec<String> {
    generics.type_params().map(|parameter| parameter.ident.to_string()).collect()
}

fn mentions(tokens: &impl ToTokens, parameters: &[String]) -> bool {
    fn any(tokens: TokenStream, parameters: &[String]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => parameters.contains(&ident.to_string()),
            TokenTree::Group(group) => any(group.stream(), parameters),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    any(tokens.to_token_stream(), parameters)
}
