//! The versions of a model, as an item of its second impl.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::versions::HashVersions;

pub(super) fn hash(versions: &HashVersions<'_>) -> TokenStream {
    let (field, current) = (&versions.field, Literal::u8_unsuffixed(versions.current));
    let migrate = (!versions.older.is_empty()).then(|| {
        let older = list(versions.older.iter().rev());
        quote!(.migrate::<#older>())
    });
    let mismatch = versions.mismatch_is_none.then(|| quote!(.mismatch_is_none()));
    quote! {
        const VERSIONS: __rt::SchemaVersions<Self> =
            __rt::SchemaVersions::new(#field, #current) #migrate #mismatch;
    }
}

/// `(A, (B, ()))`, each at the user's own tokens.
pub(super) fn list<'a>(types: impl DoubleEndedIterator<Item = &'a Type>) -> TokenStream {
    types.rev().fold(quote!(()), |rest, ty| quote_spanned!(ty.span()=> (#ty, #rest)))
}
