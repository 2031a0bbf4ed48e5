//! Bytes of any type, for fields that hold bytes without a codec.

use std::borrow::Cow;

use super::IntoField;
use crate::codec::Location;
use crate::error::ValueError;
use crate::field::Plain;

macro_rules! byte_fields {
    ($($owned:ty: $([$($generics:tt)*] $given:ty),*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoField<$owned, Plain> for $given {
            fn stored_form(&self, _: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                Ok(Some(AsRef::<[u8]>::as_ref(self).to_vec()))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> IntoField<Option<$owned>, Plain> for $given {
            fn stored_form(&self, _: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                Ok(Some(AsRef::<[u8]>::as_ref(self).to_vec()))
            }
        }
    )*)*};
}

byte_fields! {
    Vec<u8>:
        [] &[u8], [] &&[u8], [const N: usize] [u8; N], [const N: usize] &[u8; N],
        [] Box<[u8]>, [] &Box<[u8]>, [] Cow<'_, [u8]>, [] &Cow<'_, [u8]>;
    Box<[u8]>:
        [] &[u8], [] &&[u8], [const N: usize] [u8; N], [const N: usize] &[u8; N],
        [] Vec<u8>, [] &Vec<u8>, [] Cow<'_, [u8]>, [] &Cow<'_, [u8]>;
}

#[cfg(feature = "bytes")]
byte_fields! {
    Vec<u8>: [] bytes::Bytes, [] &bytes::Bytes;
    Box<[u8]>: [] bytes::Bytes, [] &bytes::Bytes;
    bytes::Bytes:
        [] &[u8], [] &&[u8], [const N: usize] [u8; N], [const N: usize] &[u8; N],
        [] Vec<u8>, [] &Vec<u8>, [] Box<[u8]>, [] &Box<[u8]>,
        [] Cow<'_, [u8]>, [] &Cow<'_, [u8]>;
}
