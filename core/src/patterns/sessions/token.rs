//! Tokens, and the places of their sessions.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::key::Key;
use crate::patterns::token::random_bytes;

/// The bytes of each half of a token.
const HALF: usize = 24;
/// The characters of such a half.
const HALF_TEXT: usize = HALF / 3 * 4;

/// The secret that a session's visitor holds, 64 characters that are safe in a cookie and a URL.
///
/// Whoever has the token has the session. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    /// Creates a token for a user, or for a visitor without one.
    ///
    /// # Errors
    ///
    /// `InvalidOperation` if the system has no random numbers.
    pub(super) fn random(user: Option<&str>) -> Result<Self> {
        let owner = match user {
            Some(user) => owner_of(user),
            None => base64url(&random_bytes::<HALF>()?),
        };
        Ok(Self(owner + &base64url(&random_bytes::<HALF>()?)))
    }

    /// Creates a token for a session that cannot be created.
    pub(super) fn invalid() -> Self {
        Self(String::new())
    }

    /// Returns the token's text, for the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SessionToken {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<SessionToken> for String {
    fn from(token: SessionToken) -> Self {
        token.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionToken").finish_non_exhaustive()
    }
}

/// The key of a session's hash, and the session's id in it.
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) id: String,
}

impl Place {
    /// Returns the place of the session that has this token. Any other text has a place, too,
    /// at which there is no session.
    pub(super) fn of(base: &Key, token: &str) -> Self {
        let id = hash(token);
        let valid = token.len() == 2 * HALF_TEXT
            && token
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        // No text of a client gets into a key.
        let owner = if valid { &token[..HALF_TEXT] } else { &*id };
        Self { key: key_of(base, owner), id }
    }
}

/// Returns the key of a user's sessions.
pub(super) fn key_of_user(base: &Key, user: &str) -> Key {
    key_of(base, &owner_of(user))
}

fn key_of(base: &Key, owner: &str) -> Key {
    Key::new(format!("{base}:{owner}"))
}

fn owner_of(user: &str) -> String {
    hash(user)
}

/// Returns 192 bits of the SHA-256 hash.
fn hash(text: &str) -> String {
    base64url(&Sha256::digest(text.as_bytes())[..HALF])
}

/// Returns the bytes, a multiple of three, as text.
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len() / 3 * 4);
    for three in bytes.chunks_exact(3) {
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        text.extend([18, 12, 6, 0].map(|shift| DIGITS[(bits >> shift) as usize & 63] as char));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_that_of_rfc_4648() {
        assert_eq!(base64url(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64url(&[0xfb, 0xff, 0xfe]), "-__-");
    }

    #[test]
    fn a_token_is_64_characters_of_which_the_first_half_is_the_owner() {
        let base = Key::new("session");
        let [one, other] = [(); 2].map(|()| SessionToken::random(Some("ada")).unwrap());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 64);
        let (one, other) = (Place::of(&base, one.as_str()), Place::of(&base, other.as_str()));
        assert!(one.key == other.key && one.key == key_of_user(&base, "ada") && one.id != other.id);
        let visitor = SessionToken::random(None).unwrap();
        assert_ne!(Place::of(&base, visitor.as_str()).key, one.key);
    }

    #[test]
    fn text_that_is_no_token_gets_into_no_key() {
        for text in ["", "x", "}:{", &"é".repeat(32), &"a".repeat(65), &":".repeat(64)] {
            let key = Place::of(&Key::new("session"), text).key;
            assert_eq!(key.len(), "session:".len() + 32, "{text}");
            assert!(text.is_empty() || text == "x" || !key.contains(text));
        }
    }
}
