//! A group of keys as code.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::fields::local;
use super::{bounds, wrapped};
use crate::group::{Group, GroupField};

/// `impl RedisKeys`.
pub(crate) fn group(group: &Group<'_>, mistakes: &[syn::Error]) -> TokenStream {
    let Group { input, crate_path, name, key, id, parts, fields } = group;
    let (generics, keys) = (bounds::of_group(group), local("keys"));
    let (imp, ty, bounds) = generics.split_for_impl();
    let stub = !mistakes.is_empty();
    let count = Literal::usize_unsuffixed(*parts);
    let id = match id {
        Some(id) => id.to_token_stream(),
        None if stub => quote!(__rt::Stub),
        None if *parts == 0 => quote!(()),
        None => quote!(__rt::UntypedId<#count>),
    };
    let (described, visit) = if stub {
        (quote!(stub()), quote!(#keys.stub()))
    } else {
        let fields = fields.iter().map(|field| field_call(field, &keys));
        // A type that does not fit the key is a mistake in the attribute.
        let described = quote_spanned!(id.span()=> new::<#count>(#name, #key));
        (described, quote!(Self { #(#fields,)* }))
    };
    let described = quote_spanned!(id.span()=> __rt::Group::<#id>::#described);
    let ident = &input.ident;
    let items = quote! {
        #[automatically_derived]
        impl #imp __rt::RedisKeys for #ident #ty #bounds {
            type Id = #id;
            const GROUP: __rt::Group<Self::Id> = #described;
            fn visit(#keys: &mut __rt::GroupVisitor<'_, Self>) -> Self {
                #visit
            }
        }
    };
    wrapped(crate_path, mistakes, &items)
}

/// Returns `name: keys.structure::<List<u64>>("user:{id}:name", |g| &g.name)`.
fn field_call(field: &GroupField<'_>, keys: &syn::Ident) -> TokenStream {
    let GroupField { member, ty, key, ttl } = field;
    let (access, g) = (&member.access, local("g"));
    let call = match ttl {
        None => quote_spanned!(ty.span()=> structure::<#ty>(#key, |#g| &#g.#access)),
        Some(millis) => {
            let millis = Literal::u64_unsuffixed(*millis);
            quote_spanned!(ty.span()=> expiring::<#ty>(#key, #millis, |#g| &#g.#access))
        }
    };
    quote!(#access: #keys.#call)
}
