//! Unguessable names.

use std::fmt::Write;

use crate::error::{Error, ErrorKind, Result};

/// Returns 128 random bits of the system as hexadecimal text.
///
/// # Errors
///
/// `InvalidOperation` if the system has no random numbers.
pub(super) fn random_token() -> Result<String> {
    let bytes: [u8; 16] = random_bytes()?;
    Ok(bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Returns random bytes of the system.
///
/// # Errors
///
/// `InvalidOperation` if the system has no random numbers.
pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, "the system has no random numbers"))?;
    Ok(bytes)
}
