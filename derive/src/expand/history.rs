//! The versions of a hash, as an item of its second impl.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::blob::list;
use crate::history::History;

pub(super) fn item(history: &History<'_>) -> TokenStream {
    let (field, version) = (&history.field, Literal::u8_unsuffixed(history.version));
    let past = (!history.past.is_empty()).then(|| {
        let past = list(history.past.iter().rev());
        quote!(.past::<#past>())
    });
    let miss = history.is_miss.then(|| quote!(.miss()));
    quote! {
        const HISTORY: __rt::History<Self> = __rt::History::new(#field, #version) #past #miss;
    }
}
