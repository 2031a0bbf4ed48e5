//! The second impl of a blob model.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::blob::{Blob, NeedsNames};
use crate::model::Model;

/// What stands in the impl of `BlobModel`.
pub(super) fn items(model: &Model<'_>, blob: &Blob<'_>) -> TokenStream {
    let codec = blob.codec;
    let older = list(blob.older.iter());
    let past = list(blob.past.iter().rev());
    // Where the codec may depend on a type parameter, its use tells.
    let checks = if is_generic(model) { checks(blob, &quote!(Self)) } else { Vec::new() };
    let layout = layout(blob, &checks);
    quote! {
        type Codec = #codec;
        type Older = #older;
        type Predecessors = #past;
        #layout
    }
}

/// `(A, (B, ()))`, each at the user's own tokens.
pub(super) fn list<'a>(types: impl DoubleEndedIterator<Item = &'a syn::Type>) -> TokenStream {
    types.rev().fold(quote!(()), |rest, ty| quote_spanned!(ty.span()=> (#ty, #rest)))
}

fn layout(blob: &Blob<'_>, checks: &[TokenStream]) -> Option<TokenStream> {
    let version = blob.version.map(|version| {
        let version = Literal::u8_unsuffixed(version);
        quote!(.version(#version))
    });
    let envelope = blob.envelope.map(|name| {
        let name = format_ident!("{name}");
        quote!(.envelope(__rt::Envelope::#name))
    });
    let miss = blob.is_miss.then(|| quote!(.mismatch_is_none()));
    let layout = quote!(__rt::BlobFormat::DEFAULT #version #envelope #miss);
    if !checks.is_empty() {
        return Some(quote!(const FORMAT: __rt::BlobFormat = { #(#checks;)* #layout };));
    }
    let plain = version.is_none() && envelope.is_none() && miss.is_none();
    (!plain).then(|| quote!(const FORMAT: __rt::BlobFormat = #layout;))
}

/// Refuses what a codec without names of fields cannot keep, on the user's own
/// token.
pub(super) fn assertions(model: &Model<'_>, blob: &Blob<'_>) -> TokenStream {
    if is_generic(model) {
        return TokenStream::new();
    }
    let checks = checks(blob, &model.input.ident.to_token_stream());
    quote!(#(const _: () = #checks;)*)
}

fn is_generic(model: &Model<'_>) -> bool {
    !model.input.generics.params.is_empty()
}

fn checks(blob: &Blob<'_>, model: &TokenStream) -> Vec<TokenStream> {
    let codecs = || std::iter::once(blob.codec).chain(blob.older);
    let check = |attribute: &NeedsNames| {
        let message = format!(
            "`{}` needs a codec that stores the names of fields, such as `Json`, `MsgPack` or `Cbor`",
            attribute.name
        );
        let span = attribute.span;
        codecs().map(move |codec| {
            quote_spanned! {span=>
                __rt::assert!(<#codec as __rt::Codec<#model>>::FORMAT.describes_itself(), #message)
            }
        }).collect::<Vec<_>>()
    };
    blob.needs_names.iter().flat_map(check).collect()
}
