//! What is asked of type parameters: of each field's type that mentions one,
//! what storing it takes, and nothing of the parameter itself.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Type, parse_quote};

use crate::model::{Field, Model, Storage};

/// The generics of the impls.
pub(super) fn with_bounds(model: &Model<'_>) -> Generics {
    let mut generics = model.input.generics.clone();
    let parameters: Vec<_> =
        generics.type_params().map(|parameter| parameter.ident.to_string()).collect();
    if parameters.is_empty() {
        return generics;
    }
    let clause = generics.make_where_clause();
    for part in model.parts.iter().filter(|part| mentions(part.ty, &parameters)) {
        let ty = part.ty;
        clause.predicates.push(parse_quote!(#ty: __rt::KeyPart + __rt::Clone));
    }
    match &model.storage {
        Storage::Hash(fields) => {
            for Field { ty, role, .. } in
                fields.iter().filter(|field| mentions(field.ty, &parameters))
            {
                match role {
                    crate::model::Role::Key => {}
                    crate::model::Role::Skipped => {
                        clause.predicates.push(parse_quote!(#ty: __rt::Default))
                    }
                    crate::model::Role::Stored { default, .. } => {
                        let how = role.stored_as().unwrap_or_else(|| quote!(__rt::Plain));
                        let default = default.then(|| quote!(+ __rt::Default));
                        clause.predicates.push(parse_quote!(#ty: __rt::Stored<#how> #default));
                    }
                }
            }
        }
        Storage::Blob(blob) => {
            for codec in std::iter::once(blob.codec).chain(blob.older) {
                clause.predicates.push(parse_quote!(#codec: __rt::Codec<Self>));
            }
        }
    }
    generics
}

/// The parameters without their bounds and defaults, for the struct of handles.
pub(super) fn plain(generics: &Generics) -> TokenStream {
    if generics.params.is_empty() {
        return TokenStream::new();
    }
    let parameters = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Const(parameter) => {
            let (ident, ty) = (&parameter.ident, &parameter.ty);
            quote!(const #ident: #ty)
        }
        GenericParam::Type(parameter) => parameter.ident.to_token_stream(),
        GenericParam::Lifetime(parameter) => parameter.lifetime.to_token_stream(),
    });
    quote!(<#(#parameters),*>)
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
