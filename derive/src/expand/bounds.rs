//! What is asked of type parameters: of each field's type that mentions one,
//! what storing it takes, and nothing of the parameter itself.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Type, WhereClause, parse_quote};

use super::fields::positions;
use crate::field::{Fallback, Field, Role, Stored};
use crate::model::{Model, Storage};

/// The generics of a model's impls.
pub(super) fn with_bounds(model: &Model<'_>) -> Generics {
    let ident = &model.input.ident;
    let (_, ty, _) = model.input.generics.split_for_impl();
    let this = quote!(#ident #ty);
    let mut generics = match &model.storage {
        Storage::Hash(fields) => {
            let at = Some((&this, &quote!(__rt::Always), quote!(__rt::Start)));
            of_fields(&model.input.generics, fields, at)
        }
        Storage::Blob(_) => model.input.generics.clone(),
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

/// The generics of a struct that is flattened: it is `'static`, as all that is
/// read from Redis.
pub(super) fn with_static(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let types: Vec<_> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for ty in types {
        generics.make_where_clause().predicates.push(parse_quote!(#ty: 'static));
    }
    generics
}

/// The generics with what storing the fields takes; for the handles of
/// flattened structs also their model, wrap and position.
pub(super) fn of_fields(
    generics: &Generics,
    fields: &[Field<'_>],
    at: Option<(&TokenStream, &TokenStream, TokenStream)>,
) -> Generics {
    let mut generics = generics.clone();
    let parameters = parameters(&generics);
    if parameters.is_empty() {
        return generics;
    }
    let clause = generics.make_where_clause();
    for Field { member, ty, role, .. } in
        fields.iter().filter(|field| mentions(field.ty, &parameters))
    {
        match role {
            Role::Key => {}
            Role::Skipped => clause.predicates.push(parse_quote!(#ty: __rt::Default)),
            Role::Flat { .. } => clause.predicates.push(parse_quote!(#ty: __rt::RedisFields)),
            Role::Stored(Stored { default, ttl, .. }) => {
                let how = role.stored_as(&member.handle).unwrap_or_else(|| quote!(__rt::Plain));
                let default = matches!(default, Fallback::Default).then(|| quote!(+ __rt::Default));
                let lapses = ttl.map(|_| quote!(+ __rt::MayLapse<#how>));
                clause.predicates.push(parse_quote!(#ty: __rt::Stored<#how> #default #lapses));
            }
        }
    }
    if let Some((model, wrap, start)) = at {
        for (field, at) in positions(fields, Some(start)) {
            if matches!(field.role, Role::Flat { .. }) && mentions(field.ty, &parameters) {
                let (ty, at) = (field.ty, at.position());
                clause.predicates.push(parse_quote!(#ty: __rt::HandlesAt<#model, #wrap, #at>));
            }
        }
    }
    generics
}

/// The clause of the struct of handles: the user's own, which the model's type
/// needs, and what naming the handles of flattened structs takes.
pub(super) fn of_handles(generics: &Generics, fields: &[Field<'_>]) -> Option<WhereClause> {
    let parameters = parameters(generics);
    let mut clause = generics.where_clause.clone();
    let flat = fields
        .iter()
        .filter(|field| matches!(field.role, Role::Flat { .. }) && mentions(field.ty, &parameters));
    for Field { ty, .. } in flat {
        let clause = clause.get_or_insert_with(|| parse_quote!(where));
        clause.predicates.push(parse_quote!(#ty: __rt::RedisFields));
    }
    clause
}

/// The parameters that a type mentions, with their bounds.
pub(super) fn mentioned(generics: &Generics, ty: &Type) -> Generics {
    let mut mentioned = generics.clone();
    mentioned.params = generics
        .params
        .iter()
        .filter(|parameter| {
            let name = match parameter {
                GenericParam::Type(parameter) => parameter.ident.to_string(),
                GenericParam::Const(parameter) => parameter.ident.to_string(),
                GenericParam::Lifetime(_) => return false,
            };
            mentions(ty, &[name])
        })
        .cloned()
        .collect();
    mentioned.where_clause = None;
    mentioned
}

/// The parameters without their defaults, and some more, for the struct of handles.
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

fn mentions(ty: &Type, parameters: &[String]) -> bool {
    fn any(tokens: TokenStream, parameters: &[String]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => parameters.contains(&ident.to_string()),
            TokenTree::Group(group) => any(group.stream(), parameters),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    any(ty.to_token_stream(), parameters)
}
