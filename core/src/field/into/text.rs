//! Text of any type, for fields that hold text.

use std::borrow::Cow;
use std::sync::Arc;

use super::IntoField;
use crate::arguments::for_each_text;
use crate::codec::{Codec, Location};
use crate::error::ValueError;
use crate::field::{EmptyAsNone, Encoded, Plain, encode};

type Stored = Result<Option<Vec<u8>>, ValueError>;

macro_rules! text_fields {
    ($($owned:ty: $($given:ty),*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoField<$owned, Plain> for $given {
            fn stored_form(&self, _: &Location<'_>) -> Stored {
                Ok(Some(bytes(self)))
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoField<Option<$owned>, Plain> for $given {
            fn stored_form(&self, _: &Location<'_>) -> Stored {
                Ok(Some(bytes(self)))
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoField<Option<$owned>, EmptyAsNone> for $given {
            fn stored_form(&self, _: &Location<'_>) -> Stored {
                Ok(Some(bytes(self)).filter(|text| !text.is_empty()))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<C: Codec<$owned>> IntoField<$owned, Encoded<C>> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Stored {
                encode::<Encoded<C>, $owned>(&owned(self), at)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<C: Codec<Option<$owned>>> IntoField<Option<$owned>, Encoded<C>> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Stored {
                encode::<Encoded<C>, Option<$owned>>(&Some(owned(self)), at)
            }
        }
    )*)*};
}

fn bytes(text: &impl AsRef<str>) -> Vec<u8> {
    text.as_ref().as_bytes().to_vec()
}

fn owned<T: From<String>>(text: &impl AsRef<str>) -> T {
    text.as_ref().to_owned().into()
}

for_each_text!(text_fields);
