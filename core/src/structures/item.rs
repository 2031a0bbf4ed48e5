use std::borrow::Cow;
use std::sync::Arc;

use crate::arguments::for_each_text;

/// A value that an operation takes for an item of type `T`, so that `set.add(8)` and
/// `list.push_back("x")` need no conversion.
///
/// It is `T` or `&T`. For text (`String`, `Box<str>`, `Arc<str>`, `Cow<'static, str>`) it is
/// also any other of these types, a reference to one, `&str`, `&&str` or, for the first three,
/// `Cow<'_, str>`. For a `Vec<U>`, if `U` is `Clone`, it is also `&[U]`, `[U; N]` or `&[U; N]`,
/// such as the byte string `b"GIF89a"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an item of type `{T}`",
    label = "expected `{T}`"
)]
pub trait IntoItem<T> {
    /// Calls `use_item` with the item.
    #[doc(hidden)]
    fn with_item<R>(&self, use_item: impl FnOnce(&T) -> R) -> R;
}

impl<T> IntoItem<T> for T {
    fn with_item<R>(&self, use_item: impl FnOnce(&T) -> R) -> R {
        use_item(self)
    }
}

impl<T> IntoItem<T> for &T {
    fn with_item<R>(&self, use_item: impl FnOnce(&T) -> R) -> R {
        use_item(self)
    }
}

macro_rules! text_items {
    ($($owned:ty: $($given:ty),*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoItem<$owned> for $given {
            fn with_item<R>(&self, use_item: impl FnOnce(&$owned) -> R) -> R {
                use_item(&AsRef::<str>::as_ref(self).to_owned().into())
            }
        }
    )*)*};
}

for_each_text!(text_items);

macro_rules! list_items {
    ($([$($generics:tt)*] $given:ty as $owned:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<U: Clone $($generics)*> IntoItem<$owned> for $given {
            fn with_item<R>(&self, use_item: impl FnOnce(&$owned) -> R) -> R {
                use_item(&self.to_vec().into())
            }
        }
    )*};
}

list_items! {
    [] &[U] as Vec<U>;
    [, const N: usize] [U; N] as Vec<U>;
    [, const N: usize] &[U; N] as Vec<U>;
    [] &[U] as Box<[U]>;
    [, const N: usize] [U; N] as Box<[U]>;
    [, const N: usize] &[U; N] as Box<[U]>;
}
