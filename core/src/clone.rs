//! `Clone` without bounds on type parameters, which `#[derive(Clone)]` would add: an
//! operation holds an id and not a record, so its model need not be `Clone`.

macro_rules! clone_fields {
    ($(impl[$($generics:tt)*] $ty:ty { $($field:tt),* $(,)? })*) => {$(
        impl<$($generics)*> Clone for $ty {
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone()),* }
            }
        }
    )*};
}

pub(crate) use clone_fields;
