//! The second impl of a blob model.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::versions::list;
use crate::blob::{Blob, SelfDescribingOnly};
use crate::model::Model;

/// The items in the impl of `BlobModel`.
pub(super) fn items(model: &Model<'_>, blob: &Blob<'_>, stub: bool) -> TokenStream {
    let codec = blob.codec;
    // Before monomorphization, only the use of a codec tells its format.
    let checks = if is_generic(model) { checks(blob, &quote!(Self)) } else { Vec::new() };
    let versions = (!stub).then(|| versions(blob, &checks));
    quote! {
        type Codec = #codec;
        #versions
    }
}

fn versions(blob: &Blob<'_>, checks: &[TokenStream]) -> Option<TokenStream> {
    let version = blob.versions.current.map(|version| {
        let version = Literal::u8_unsuffixed(version);
        quote!(.version(#version))
    });
    let envelope = blob.envelope.map(|name| {
        let name = format_ident!("{name}");
        quote!(.envelope(__rt::Envelope::#name))
    });
    let mismatch = blob.versions.mismatch_is_none.then(|| quote!(.mismatch_is_none()));
    let (codecs, older) = (list(blob.older.iter()), list(blob.versions.older.iter().rev()));
    let format = quote!(__rt::BlobFormat::DEFAULT #version #envelope #mismatch);
    let value = quote!(__rt::BlobVersions::new::<#codecs, #older>(#format));
    let is_default = blob.older.is_empty() && blob.versions.older.is_empty();
    let is_default = is_default && version.is_none() && envelope.is_none() && mismatch.is_none();
    match checks {
        [] if is_default => None,
        [] => Some(quote!(const VERSIONS: __rt::BlobVersions<Self> = #value;)),
        _ => Some(quote!(const VERSIONS: __rt::BlobVersions<Self> = { #(#checks;)* #value };)),
    }
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
    let check = |attribute: &SelfDescribingOnly| {
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
    blob.self_describing_only.iter().flat_map(check).collect()
}
