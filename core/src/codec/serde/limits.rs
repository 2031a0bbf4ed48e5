//! Limits on depth, elements and size, counted while a value is read or written.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::{self, Write};

use super::trace::{Failure, Trace, Wanted};
use crate::codec::{MAX_BLOB, check_size};
use crate::error::{ErrorKind, ValueError};

/// The largest number of values nested in one another.
pub(in crate::codec) const MAX_DEPTH: u32 = 128;

/// Elements that a value of any size may have.
const FREE_ELEMENTS: u64 = 64;
const ELEMENTS_PER_BYTE: u64 = 8;

pub(in crate::codec) const TOO_DEEP: &str = "nested deeper than 128 levels";
pub(in crate::codec) const TOO_MANY: &str = "more elements than the size of the value allows";

/// Returns how many elements a value of this size may have.
pub(in crate::codec) fn allowed_elements(bytes: usize) -> u64 {
    FREE_ELEMENTS + ELEMENTS_PER_BYTE * bytes as u64
}

/// The rest of each limit while one value is read.
///
/// Stored bytes claim lengths, and some formats have elements that take no bytes.
/// Both the number of elements and the memory reserved for them are limited in
/// proportion to the input, so a claim of 2^60 elements allocates nothing.
#[derive(Debug)]
pub(in crate::codec) struct Limits {
    depth: Cell<u32>,
    elements: Cell<u64>,
    reserved: Cell<usize>,
    exceeded: Cell<Option<&'static str>>,
    /// Only a read that is repeated because it failed has a trace.
    trace: Option<Box<RefCell<Trace>>>,
}

impl Limits {
    /// Returns the limits for an input, or an error if it is too large itself.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ValueError> {
        check_size(bytes.len())?;
        Ok(Self {
            depth: Cell::new(MAX_DEPTH),
            elements: Cell::new(allowed_elements(bytes.len())),
            reserved: Cell::new(bytes.len()),
            exceeded: Cell::new(None),
            trace: None,
        })
    }

    /// Returns the limits for a read that finds out where it fails.
    pub(super) fn traced(bytes: &[u8]) -> Result<Self, ValueError> {
        Ok(Self { trace: Some(Box::default()), ..Self::of(bytes)? })
    }

    /// Returns where the read failed.
    pub(super) fn into_failure(self) -> Option<Failure> {
        self.trace?.into_inner().into_failure()
    }

    /// Notes a step of the read, if it has a trace.
    #[inline(always)]
    pub(super) fn trace(&self, step: impl FnOnce(&mut Trace)) {
        if let Some(trace) = &self.trace {
            step(&mut trace.borrow_mut());
        }
    }

    /// Notes that the type's call failed, and returns the error.
    #[cold]
    pub(super) fn failed<E: Display>(&self, wanted: Wanted, error: E) -> E {
        self.trace(|trace| trace.fail(wanted, &error));
        error
    }

    /// Runs `inside` in a container, which is one level deeper.
    pub(super) fn container<T, E: serde::de::Error>(
        &self,
        inside: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.trace(Trace::enter);
        let result = self.deeper(inside);
        self.trace(Trace::leave);
        result
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

    /// Counts an element.
    pub(super) fn element<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.elements.get().checked_sub(1) {
            Some(left) => {
                self.elements.set(left);
                Ok(())
            }
            None => Err(self.exceed(TOO_MANY)),
        }
    }

    /// Returns the number of elements to reserve memory for if the input claims
    /// this many.
    pub(super) fn reserve(&self, claimed: usize) -> usize {
        let granted = claimed.min(self.reserved.get());
        self.reserved.set(self.reserved.get() - granted);
        granted
    }

    fn exceed<E: serde::de::Error>(&self, which: &'static str) -> E {
        self.exceeded.set(Some(which));
        E::custom(which)
    }

    /// Returns the exceeded limit as an error, or `otherwise` if none was exceeded.
    /// The limit is kept here because formats drop the messages of custom errors.
    pub(super) fn explain(&self, otherwise: ValueError) -> ValueError {
        self.exceeded.get().map_or(otherwise, ValueError::limit)
    }
}

/// A writer that counts bytes and fails beyond the largest size that is read.
pub(super) struct Counted<'a, W> {
    out: &'a mut W,
    written: usize,
}

impl<'a, W> Counted<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self { out, written: 0 }
    }

    /// Returns the number of bytes, including those of the write that failed.
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

/// Returns an error if bytes are left over after the value.
#[cfg_attr(
    not(any(feature = "cbor", feature = "postcard", feature = "bincode", feature = "pickle")),
    allow(dead_code)
)]
pub(in crate::codec) fn no_trailing(left: usize) -> Result<(), ValueError> {
    if left == 0 {
        return Ok(());
    }
    let bytes = if left == 1 { "byte is" } else { "bytes are" };
    Err(ValueError::computed(
        ErrorKind::TrailingBytes,
        format!("{left} {bytes} left over after the value"),
    ))
}
