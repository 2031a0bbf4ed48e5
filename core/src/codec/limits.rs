//! How deep and how long a value may be, counted while it is read.

use std::cell::Cell;

use super::MAX_BLOB;
use crate::error::{ErrorKind, ValueError};

/// How many values may stand inside one another.
pub(super) const MAX_DEPTH: u32 = 128;

/// Elements that any value may have; more come with its size.
const FREE_ELEMENTS: u64 = 64;
const ELEMENTS_PER_BYTE: u64 = 8;

/// What is left while one value is read.
///
/// Formats claim lengths, and some claim elements that take no bytes. Elements
/// are limited in proportion to the input, and memory that is reserved ahead
/// is too: a claim of 2^60 elements costs nothing.
#[derive(Debug)]
pub(super) struct Limits {
    depth: Cell<u32>,
    elements: Cell<u64>,
    reserved: Cell<usize>,
    exceeded: Cell<Option<&'static str>>,
}

impl Limits {
    /// Limits for an input, which must itself not be too large.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ValueError> {
        check_size(bytes.len())?;
        Ok(Self {
            depth: Cell::new(MAX_DEPTH),
            elements: Cell::new(FREE_ELEMENTS + ELEMENTS_PER_BYTE * bytes.len() as u64),
            reserved: Cell::new(bytes.len()),
            exceeded: Cell::new(None),
        })
    }

    /// Runs `inside` one level deeper.
    pub(super) fn deeper<T, E: serde::de::Error>(
        &self,
        inside: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let depth = self.depth.get();
        if depth == 0 {
            return Err(self.exceed("nested deeper than 128 levels"));
        }
        self.depth.set(depth - 1);
        let result = inside();
        self.depth.set(depth);
        result
    }

    /// One more element.
    pub(super) fn element<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.elements.get().checked_sub(1) {
            Some(left) => {
                self.elements.set(left);
                Ok(())
            }
            None => Err(self.exceed("more elements than the size of the value allows")),
        }
    }

    /// How many elements to reserve memory for where this many are claimed.
    pub(super) fn reserve(&self, claimed: usize) -> usize {
        let granted = claimed.min(self.reserved.get());
        self.reserved.set(self.reserved.get() - granted);
        granted
    }

    fn exceed<E: serde::de::Error>(&self, which: &'static str) -> E {
        self.exceeded.set(Some(which));
        E::custom(which)
    }

    /// The error of a failed decode: the limit, if it was one, since formats
    /// throw the messages of others away; else `otherwise`.
    pub(super) fn explain(&self, otherwise: ValueError) -> ValueError {
        self.exceeded.get().map_or(otherwise, ValueError::limit)
    }
}

pub(crate) fn check_size(bytes: usize) -> Result<(), ValueError> {
    if bytes > MAX_BLOB { Err(ValueError::limit("larger than 64 MiB")) } else { Ok(()) }
}

/// All of a value's bytes must have been used.
#[cfg_attr(
    not(any(feature = "cbor", feature = "postcard", feature = "bincode", feature = "pickle")),
    allow(dead_code)
)]
pub(super) fn no_trailing(left: usize) -> Result<(), ValueError> {
    if left == 0 {
        return Ok(());
    }
    let bytes = if left == 1 { "byte is" } else { "bytes are" };
    Err(ValueError::computed(
        ErrorKind::TrailingBytes,
        format!("{left} {bytes} left over after the value"),
    ))
}
