//! How deep and how long a value may be, counted while it is read or written.

use std::cell::Cell;
use std::io::{self, Write};

use super::MAX_BLOB;
use crate::error::{ErrorKind, ValueError};

/// How many values may stand inside one another.
pub(super) const MAX_DEPTH: u32 = 128;

/// Elements that any value may have; more come with its size.
const FREE_ELEMENTS: u64 = 64;
const ELEMENTS_PER_BYTE: u64 = 8;

pub(super) const TOO_DEEP: &str = "nested deeper than 128 levels";
pub(super) const TOO_MANY: &str = "more elements than the size of the value allows";

/// Returns how many elements a value of this size may have.
pub(super) fn allowed_elements(bytes: usize) -> u64 {
    FREE_ELEMENTS + ELEMENTS_PER_BYTE * bytes as u64
}

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
            elements: Cell::new(allowed_elements(bytes.len())),
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
            return Err(self.exceed(TOO_DEEP));
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
            None => Err(self.exceed(TOO_MANY)),
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

/// A writer that counts, and stops at the largest size that is read.
pub(super) struct Counted<'a, W> {
    out: &'a mut W,
    written: usize,
}

impl<'a, W> Counted<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self { out, written: 0 }
    }

    /// Returns how many bytes there are, those that were refused included.
    pub(super) fn written(&self) -> usize {
        self.written
    }

    fn count(&mut self, bytes: usize) -> io::Result<()> {
        self.written = self.written.saturating_add(bytes);
        if self.written > MAX_BLOB { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
    }
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.count(bytes.len())?;
        self.out.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
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
