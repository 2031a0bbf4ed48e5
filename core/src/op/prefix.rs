//! The prefix of every key that a connection uses.
//!
//! The executors add it to a request before anything is sent, where each command is known with
//! the positions of its keys. A command whose keys are not all known is refused: a key without
//! the prefix would be another tenant's.

use std::fmt;
use std::sync::Arc;

use redis::{Cmd, RedisWrite};

use super::key_words::{KeyWords, ReplyKeys, key_words, reply_keys};
use super::request::KeysAre;
use super::slot::hash_tag;
use super::{Command, Reply, Request, slot_of};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Key, push_glob};
use crate::redis_rs;
use crate::redis_rs::push::RawMessage;

/// The text that every key begins with on the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Prefix(Arc<str>);

impl Prefix {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns a key as the server has it.
    pub(crate) fn key(&self, key: &str) -> String {
        [self.as_str(), key].concat()
    }

    /// Returns a key of the server without the prefix, or `None` for a key without it.
    pub(crate) fn strip(&self, key: Key) -> Option<Key> {
        key.strip_prefix(self.as_str()).map(Key::new)
    }

    /// Returns the cluster slot of a key that is given without the prefix.
    pub(crate) fn slot_of(&self, key: &str) -> u16 {
        slot_of(self.key(key).as_bytes())
    }

    /// Returns a glob pattern for the keys with the prefix that match `pattern` without it.
    pub(crate) fn pattern(&self, pattern: &str) -> String {
        let mut prefixed = String::with_capacity(self.0.len() + pattern.len());
        push_glob(&mut prefixed, self.as_str());
        prefixed + pattern
    }

    /// Removes the prefix from a message's channel, and from the pattern that the channel
    /// matches.
    pub(crate) fn strip_message(&self, mut message: RawMessage) -> RawMessage {
        let strip = |name: &mut Vec<u8>, prefix: &str| {
            if name.starts_with(prefix.as_bytes()) {
                name.drain(..prefix.len());
            }
        };
        strip(&mut message.channel, self.as_str());
        if let Some(pattern) = &mut message.pattern {
            strip(pattern, &self.pattern(""));
        }
        message
    }

    /// Checks the text.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](ErrorKind::InvalidOperation) for braces, and for characters
    /// that are not visible ASCII, which errors of old servers cut in the middle.
    pub(crate) fn check(&self) -> Result<()> {
        let message = if self.0.contains(['{', '}']) {
            "the prefix of a connection has a brace, which would choose the cluster slot of \
             every key: use a prefix such as `test42:`"
        } else if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            "the prefix of a connection has a character that is not visible ASCII: use a prefix \
             such as `test42:`"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidOperation, message))
    }
}

impl Request {
    /// Adds the prefix to the keys of all commands.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidOperation`](ErrorKind::InvalidOperation) for a command that may use keys
    /// without the prefix.
    pub(crate) fn add_prefix(&mut self, prefix: &Prefix) -> Result<()> {
        prefix.check()?;
        self.commands_mut().try_for_each(|command| command.add_prefix(prefix.as_str()))
    }
}

impl Command {
    fn add_prefix(&mut self, prefix: &str) -> Result<()> {
        if self.keys_are == KeysAre::Prefixed {
            return Ok(());
        }
        self.prefix = prefix.len();
        let words: Vec<_> = redis_rs::arguments(&self.cmd).collect();
        self.check_keys(&words)?;
        self.reply_keys = reply_keys(words.first().copied().unwrap_or_default());
        let keys = self.keys.clone();
        // The key that the others are beside, if they are in its slot because of their tag.
        let main = words.get(keys.start).copied().unwrap_or_default();
        let is_main = self.script.is_some_and(|it| it.keys_beside) && hash_tag(main).is_none();
        let bytes = words.iter().map(|word| word.len()).sum::<usize>() + keys.len() * prefix.len();
        let mut cmd = Cmd::with_capacity(words.len(), bytes);
        for (at, word) in words.iter().enumerate() {
            match beside(main, word).filter(|_| is_main && at > keys.start && keys.contains(&at)) {
                Some(suffix) => {
                    let tag = [b"{", prefix.as_bytes(), main, b"}"].concat();
                    cmd.write_arg(&[prefix.as_bytes(), &tag, suffix].concat());
                }
                None if keys.contains(&at) => cmd.write_arg(&[prefix.as_bytes(), word].concat()),
                None => cmd.write_arg(word),
            }
        }
        self.cmd = cmd;
        if let Some(fast_path) = &mut self.fast_path {
            fast_path.add_prefix(prefix);
        }
        Ok(())
    }

    /// Checks that the operation has named all keys.
    fn check_keys(&self, words: &[&[u8]]) -> Result<()> {
        let reason = match key_words(words) {
            KeyWords::At(known) if known.is_empty() => return Ok(()),
            KeyWords::At(known) if known.start >= self.keys.start && known.end <= self.keys.end => {
                return Ok(());
            }
            KeyWords::Unknown if self.keys_are == KeysAre::Named => return Ok(()),
            KeyWords::At(_) => "has keys that the operation does not name",
            KeyWords::Scattered => "has keys that do not stand together",
            KeyWords::Unnamed => "works on keys that it does not name, or on those of all prefixes",
            KeyWords::Unknown => {
                "is not known, so its keys must be named: use `.key(…)`, `.keys(…)` or `.no_key()`"
            }
        };
        let name = String::from_utf8_lossy(words.first().copied().unwrap_or_default());
        let message = format!(
            "not sent, because the connection has a prefix for all keys: {} {reason}",
            name.escape_debug()
        );
        Err(Error::new(ErrorKind::InvalidOperation, message))
    }

    /// Removes the prefix from the keys of the command's reply.
    pub(super) fn without_prefix(&self, reply: Reply) -> Reply {
        match self.reply_keys {
            ReplyKeys::None => reply,
            keys => reply.without_prefix(keys, self.prefix),
        }
    }
}

/// Returns the rest of a key behind `{main}`.
fn beside<'w>(main: &[u8], word: &'w [u8]) -> Option<&'w [u8]> {
    word.strip_prefix(b"{")?.strip_prefix(main)?.strip_prefix(b"}")
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Script;

    static LOCK: Script = Script::new("test", "return 1").with_keys_beside();

    fn prefixed(
        words: &[&str],
        script: Option<&'static Script>,
        keys: std::ops::Range<usize>,
    ) -> Result<String> {
        let mut cmd = redis_rs::command(words[0]);
        words[1..].iter().for_each(|word| cmd.write_arg(word.as_bytes()));
        let mut request = Request::new();
        request.prepared(cmd, script, keys);
        request.add_prefix(&Prefix::new("t:"))?;
        let words =
            redis_rs::arguments(&request.into_cmd()).map(<[u8]>::to_vec).collect::<Vec<_>>();
        Ok(String::from_utf8(words.join(&b' ')).unwrap())
    }

    #[test]
    fn all_keys_and_nothing_else_get_the_prefix() {
        let sent = |words: &[_], keys| prefixed(words, None, keys).unwrap();
        assert_eq!(sent(&["GET", "a"], 1..2), "GET t:a");
        assert_eq!(sent(&["MGET", "a", "b"], 1..3), "MGET t:a t:b");
        assert_eq!(sent(&["SET", "a", "a"], 1..2), "SET t:a a");
        assert_eq!(sent(&["PING"], 0..0), "PING");
        assert_eq!(sent(&["MYMODULE", "x", "a"], 2..3), "MYMODULE x t:a");
    }

    #[test]
    fn a_command_with_keys_that_are_not_named_is_refused() {
        for (words, keys) in [
            (&["DEL", "a", "b"][..], 1..2),
            (&["MSET", "a", "1", "b", "2"], 1..2),
            (&["FLUSHALL"], 0..0),
            (&["OBJECT", "ENCODING", "a"], 1..2),
            (&["EVAL", "text", "1", "a"], 0..0),
        ] {
            let error = prefixed(words, None, keys).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{words:?}");
            assert!(error.to_string().contains(words[0]), "{error}");
        }
    }

    #[test]
    fn keys_beside_another_stay_in_its_slot() {
        let words = ["EVALSHA", "sha", "2", "lock", "{lock}:fence", "{lock}:argument"];
        let sent = prefixed(&words, Some(&LOCK), 3..5).unwrap();
        assert_eq!(sent, "EVALSHA sha 2 t:lock t:{t:lock}:fence {lock}:argument");
        let words = ["EVALSHA", "sha", "2", "{a}lock", "{a}lock:fence"];
        let sent = prefixed(&words, Some(&LOCK), 3..5).unwrap();
        assert_eq!(sent, "EVALSHA sha 2 t:{a}lock t:{a}lock:fence");
    }
}
