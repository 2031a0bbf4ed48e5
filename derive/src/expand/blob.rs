//! The second impl of a blob model.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::blob::Blob;
use crate::model::Model;

/// What stands in the impl of `BlobModel`.
pub(super) fn items(blob: &Blob<'_>) -> TokenStream {
    let codec = blob.codec;
    let older = list(blob.older.iter());
    let past = list(blob.past.iter().rev());
    let layout = layout(blob);
    quote! {
        type Codec = #codec;
        type Older = #older;
        type Past = #past;
        #layout
    }
}

/// `(A, (B, ()))`, each at the user's own tokens.
pub(super) fn list<'a>(types: impl DoubleEndedIterator<Item = &'a syn::Type>) -> TokenStream {
    types.rev().fold(quote!(()), |rest, ty| quote_spanned!(ty.span()=> (#ty, #rest)))
}

fn layout(blob: &Blob<'_>) -> Option<TokenStream> {
    let version = blob.version.map(|version| {
        let version = Literal::u8_unsuffixed(version);
        quote!(.version(#version))
    });
    let envelope = blob.envelope.map(|name| {
        let name = format_ident!("{name}");
        quote!(.envelope(__rt::Envelope::#name))
    });
    let miss = blob.is_miss.then(|| quote!(.miss()));
    if version.is_none() && envelope.is_none() && miss.is_none() {
        return None;
    }
    Some(quote!(const LAYOUT: __rt::Layout = __rt::Layout::DEFAULT #version #envelope #miss;))
}

/// Refuses what a codec without names of fields cannot keep, on the user's own
/// token. Where the codec depends on a type parameter, only its use can tell.
pub(super) fn assertions(model: &Model<'_>, blob: &Blob<'_>) -> TokenStream {
    let ident = &model.input.ident;
    let (_, ty, _) = model.input.generics.split_for_impl();
    if !model.input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let codecs: Vec<_> = std::iter::once(blob.codec).chain(blob.older).collect();
    let checks = blob.needs_names.iter().map(|attribute| {
        let message = format!(
            "`{}` needs a codec that stores the names of fields, such as `Json`, `MsgPack` or `Cbor`",
            attribute.name
        );
        quote_spanned! {attribute.span=>
            #(const _: () = __rt::assert!(
                <#codecs as __rt::Codec<#ident #ty>>::FORMAT.describes_itself(),
                #message
            );)*
        }
    });
    quote!(#(#checks)*)
}
