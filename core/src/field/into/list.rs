//! Slices and arrays, for fields that hold a `Vec` through a codec.

use super::IntoField;
use crate::codec::{Codec, Location};
use crate::error::ValueError;
use crate::field::{Encoded, encode};

macro_rules! list_fields {
    ($([$($generics:tt)*] $given:ty as $item:ty => |$list:ident| $items:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)* C: Codec<Vec<$item>>> IntoField<Vec<$item>, Encoded<C>> for $given {
            fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $list = self;
                encode::<Encoded<C>, Vec<$item>>(&$items, at)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)* C: Codec<Option<Vec<$item>>>> IntoField<Option<Vec<$item>>, Encoded<C>>
            for $given
        {
            fn stored_form(&self, at: &Location<'_>) -> Result<Option<Vec<u8>>, ValueError> {
                let $list = self;
                encode::<Encoded<C>, Option<Vec<$item>>>(&Some($items), at)
            }
        }
    )*};
}

list_fields! {
    [T: Clone,] &[T] as T => |list| list.to_vec();
    [T: Clone, const N: usize,] [T; N] as T => |list| list.to_vec();
    [T: Clone, const N: usize,] &[T; N] as T => |list| list.to_vec();
    [] &[&str] as String => |list| strings(list);
    [const N: usize,] [&str; N] as String => |list| strings(list);
    [const N: usize,] &[&str; N] as String => |list| strings(*list);
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}
