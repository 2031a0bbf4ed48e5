//! Tuples and arrays: one round trip, typed outputs, the first error wins.

use super::{Operation, Replies, Request};
use crate::error::Result;

macro_rules! tuples {
    ($(($($operation:ident $at:tt),*))*) => {$(
        impl<$($operation: Operation),*> Operation for ($($operation,)*) {
            type Output = ($($operation::Output,)*);

            fn encode(&self, request: &mut Request) -> Result<()> {
                $(request.member(|request| self.$at.encode(request))?;)*
                Ok(())
            }

            fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
                // Each member is decoded before the first error is returned.
                let outputs = ($(replies.member(|replies| self.$at.decode(replies)),)*);
                Ok(($(outputs.$at?,)*))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}

impl<O: Operation, const N: usize> Operation for [O; N] {
    type Output = [O::Output; N];

    fn encode(&self, request: &mut Request) -> Result<()> {
        self.iter().try_for_each(|operation| request.member(|request| operation.encode(request)))
    }

    fn decode(&self, replies: &mut Replies) -> Result<Self::Output> {
        let outputs =
            self.each_ref().map(|operation| replies.member(|replies| operation.decode(replies)));
        let outputs: Result<Vec<_>> = outputs.into_iter().collect();
        outputs.map(|outputs| outputs.try_into().unwrap_or_else(|_| unreachable!("N in, N out")))
    }
}
