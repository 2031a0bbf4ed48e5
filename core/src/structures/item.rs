use std::sync::Arc;

/// A value that an operation takes for an item of type `T`, so that `set.add(8)` and
/// `list.push_back("x")` need no conversion: `T`, `&T`, `&str` for text and `&[u8]` for bytes.
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

macro_rules! borrowed {
    ($($given:ty as $owned:ty;)*) => {$(
        impl IntoItem<$owned> for $given {
            fn with_item<R>(&self, use_item: impl FnOnce(&$owned) -> R) -> R {
                use_item(&(*self).into())
            }
        }
    )*};
}

borrowed! {
    &str as String;
    &str as Box<str>;
    &str as Arc<str>;

    &[u8] as Vec<u8>;
    &[u8] as Box<[u8]>;
}
