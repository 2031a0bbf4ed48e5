//! Types whose drop is compiled once, in this crate.
//!
//! The code that drops a value is put together from its fields, and each codegen unit of a
//! user's crate has a copy of it. A field that is dropped by a function of this crate is a
//! call instead: of 20 models this saves a third of the functions.

/// Defines a struct around another one, which it drops by a function of this crate.
macro_rules! opaque {
    ($(#[$meta:meta])* $vis:vis struct $opaque:ident($inner:ty);) => {
        $(#[$meta])*
        $vis struct $opaque(std::mem::ManuallyDrop<Option<$inner>>);

        impl From<$inner> for $opaque {
            fn from(inner: $inner) -> Self {
                Self(std::mem::ManuallyDrop::new(Some(inner)))
            }
        }

        impl std::ops::Deref for $opaque {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                self.0.as_ref().expect("it is there until the drop")
            }
        }

        impl std::ops::DerefMut for $opaque {
            fn deref_mut(&mut self) -> &mut $inner {
                self.0.as_mut().expect("it is there until the drop")
            }
        }

        impl Clone for $opaque {
            fn clone(&self) -> Self {
                <$inner>::clone(self).into()
            }
        }

        impl Drop for $opaque {
            #[inline(never)]
            fn drop(&mut self) {
                drop(self.0.take());
            }
        }
    };
}

pub(crate) use opaque;
