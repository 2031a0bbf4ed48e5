//! The words of a command that are keys, by the command's name.
//!
//! A connection with a prefix must find every key, and the keys of Redis' own commands need no
//! names from the caller. `tests/it/raw_commands.rs` compares this table with the servers' own.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// The words of a command that are keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyWords {
    /// All of these, and no others.
    At(Range<usize>),
    /// Keys that do not stand together, or that another argument names.
    Scattered,
    /// The command works on keys that it does not name, such as all of them.
    Unnamed,
    /// A command that the table does not have.
    Unknown,
}

/// The keys of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ReplyKeys {
    #[default]
    None,
    /// The reply begins with a key.
    First,
    /// The reply has pairs, which begin with a key.
    EachPair,
}

#[derive(Debug, Clone)]
enum Spec {
    At(Range<usize>),
    /// From the first position up to this many words before the end.
    Rest(usize, usize),
    /// Behind the number of keys, which is this word.
    Counted(usize),
    /// The third word, if there is one and the second is not one of these.
    Container(&'static str),
    /// Behind STREAMS the first half of the words.
    Streams,
    /// The first word, unless an option names other keys.
    Unless(&'static str),
    Scattered,
    Unnamed,
}

/// Commands whose first argument is the only key.
const FIRST: &str = "APPEND BITCOUNT BITFIELD BITFIELD_RO BITPOS DECR DECRBY DELIFEQ DUMP EXPIRE EXPIREAT \
    EXPIRETIME GEOADD GEODIST GEOHASH GEOPOS GEORADIUS_RO GEORADIUSBYMEMBER_RO GEOSEARCH GET GETBIT \
    GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HEXPIRE HEXPIREAT HEXPIRETIME HGET HGETALL HGETDEL \
    HGETEX HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME \
    HPTTL HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT LINDEX \
    LINSERT LLEN LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MOVE PERSIST PEXPIRE PEXPIREAT \
    PEXPIRETIME PFADD PSETEX PTTL RESTORE RPOP RPUSH RPUSHX SADD SCARD SET SETBIT SETEX SETNX \
    SETRANGE SISMEMBER SMEMBERS SMISMEMBER SPOP SRANDMEMBER SREM SSCAN STRLEN SUBSTR TTL TYPE VADD \
    VCARD VDIM VEMB VGETATTR VINFO VLINKS VRANDMEMBER VREM VSETATTR VSIM XACK XADD XAUTOCLAIM \
    XCLAIM XDEL XLEN XPENDING XRANGE XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZINCRBY ZLEXCOUNT \
    ZMSCORE ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX \
    ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE";

const FIRST_TWO: &str =
    "BLMOVE BRPOPLPUSH COPY GEOSEARCHSTORE LCS LMOVE RENAME RENAMENX RPOPLPUSH SMOVE ZRANGESTORE";

const ALL: &str = "DEL EXISTS MGET PFCOUNT PFMERGE SDIFF SDIFFSTORE SINTER SINTERSTORE SUNION \
                   SUNIONSTORE TOUCH UNLINK WATCH";

/// Channels, which a prefix keeps apart as it does keys.
const CHANNEL: &str = "PUBLISH SPUBLISH";

const NO_KEYS: &str = "ACL AUTH BGREWRITEAOF BGSAVE CLIENT COMMAND COMMANDLOG CONFIG DISCARD ECHO EXEC FAILOVER \
     FUNCTION HELLO INFO LASTSAVE LATENCY LOLWUT MODULE MULTI PING REPLICAOF ROLE SAVE SCRIPT SELECT SLAVEOF SLOWLOG \
     TIME UNWATCH WAIT WAITAOF";

const UNNAMED: &str =
    "CLUSTERSCAN DBSIZE DEBUG FLUSHALL FLUSHDB KEYS PUBSUB RANDOMKEY SCAN SHUTDOWN SWAPDB";

static SPECS: LazyLock<HashMap<&'static str, Spec>> = LazyLock::new(|| {
    let lists = [
        (FIRST, Spec::At(1..2)),
        (CHANNEL, Spec::At(1..2)),
        (FIRST_TWO, Spec::At(1..3)),
        (ALL, Spec::Rest(1, 0)),
        ("BLPOP BRPOP BZPOPMAX BZPOPMIN", Spec::Rest(1, 1)),
        ("BITOP", Spec::Rest(2, 0)),
        ("LMPOP SINTERCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION", Spec::Counted(1)),
        ("BLMPOP BZMPOP EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO", Spec::Counted(2)),
        ("OBJECT XGROUP XINFO", Spec::Container("HELP")),
        ("MEMORY", Spec::Container("DOCTOR HELP MALLOC-STATS PURGE STATS")),
        ("XREAD XREADGROUP", Spec::Streams),
        ("SORT SORT_RO", Spec::Unless("BY GET STORE")),
        ("GEORADIUS GEORADIUSBYMEMBER", Spec::Unless("STORE STOREDIST")),
        ("MIGRATE MSET MSETEX MSETNX ZDIFFSTORE ZINTERSTORE ZUNIONSTORE", Spec::Scattered),
        (NO_KEYS, Spec::At(0..0)),
        (UNNAMED, Spec::Unnamed),
    ];
    let each =
        |(names, spec): (&'static str, Spec)| names.split(' ').map(move |it| (it, spec.clone()));
    lists.into_iter().flat_map(each).collect()
});

/// Returns the words of a command that are keys. `words` begin with its name.
pub(super) fn key_words(words: &[&[u8]]) -> KeyWords {
    let Some(name) = words.first() else { return KeyWords::Unknown };
    let name = name.to_ascii_uppercase();
    // Only some of its subcommands are about keys.
    if name == b"CLUSTER" {
        let about_keys = is_one_of(words.get(1), "COUNTKEYSINSLOT GETKEYSINSLOT KEYSLOT");
        return if about_keys { KeyWords::Unnamed } else { KeyWords::At(0..0) };
    }
    let spec = std::str::from_utf8(&name).ok().and_then(|name| SPECS.get(name));
    match spec {
        None => KeyWords::Unknown,
        Some(spec) => spec.key_words(words),
    }
}

/// Returns the keys of the reply to a command.
pub(super) fn reply_keys(name: &[u8]) -> ReplyKeys {
    const FIRST: &str = "BLMPOP BLPOP BRPOP BZMPOP BZPOPMAX BZPOPMIN LMPOP ZMPOP";
    if is_one_of(Some(&name), FIRST) {
        ReplyKeys::First
    } else if is_one_of(Some(&name), "XREAD XREADGROUP") {
        ReplyKeys::EachPair
    } else {
        ReplyKeys::None
    }
}

impl Spec {
    fn key_words(&self, words: &[&[u8]]) -> KeyWords {
        let len = words.len();
        let range = match *self {
            Self::At(ref range) => range.clone(),
            Self::Rest(first, without) => first..len.saturating_sub(without),
            Self::Counted(at) => {
                let count =
                    words.get(at).and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
                at + 1..count.map_or(at + 1, |count: usize| count.saturating_add(at + 1))
            }
            Self::Container(without) if is_one_of(words.get(1), without) => 0..0,
            Self::Container(_) => 2..3,
            Self::Streams => {
                let from = options_of_streams(words);
                let is_streams = |word: &&[u8]| word.eq_ignore_ascii_case(b"STREAMS");
                let start = words.iter().skip(from).position(is_streams);
                let start = start.map_or(len, |at| from + at + 1);
                start..start + (len - start) / 2
            }
            Self::Unless(options)
                if words.iter().skip(2).any(|it| is_one_of(Some(it), options)) =>
            {
                return KeyWords::Scattered;
            }
            Self::Unless(_) => 1..2,
            Self::Scattered => return KeyWords::Scattered,
            Self::Unnamed => return KeyWords::Unnamed,
        };
        // A command with too few words is an error of the server, and names no key.
        if range.end > len || range.is_empty() { KeyWords::At(0..0) } else { KeyWords::At(range) }
    }
}

/// Returns the position of the first option of a read of streams. The names of a group and
/// its consumer, which are before it, may be any words.
pub(super) fn options_of_streams(words: &[&[u8]]) -> usize {
    if is_one_of(words.get(1), "GROUP") { 4 } else { 1 }
}

/// Returns `true` if the word is one of a list of upper-case words.
pub(super) fn is_one_of(word: Option<&&[u8]>, list: &str) -> bool {
    word.is_some_and(|word| list.split(' ').any(|each| each.as_bytes().eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: &str) -> KeyWords {
        key_words(&command.split(' ').map(str::as_bytes).collect::<Vec<_>>())
    }

    #[test]
    fn the_keys_of_commands_of_each_form() {
        for (command, keys) in [
            ("get a", 1..2),
            ("OBJECT ENCODING a", 2..3),
            ("OBJECT HELP", 0..0),
            ("XREADGROUP GROUP streams block COUNT 1 STREAMS a b > >", 7..9),
            ("MEMORY USAGE a SAMPLES 5", 2..3),
            ("MEMORY DOCTOR", 0..0),
            ("DEL a b c", 1..4),
            ("BLPOP a b 0", 1..3),
            ("BITOP AND to a b", 2..5),
            ("SINTERCARD 2 a b LIMIT 5", 2..4),
            ("EVAL text 2 a b argument", 3..5),
            ("FCALL f 0 argument", 0..0),
            ("EVAL text 9 a", 0..0),
            ("EVAL text x a", 0..0),
            ("EVAL text 18446744073709551615 a", 0..0),
            ("XREAD COUNT 1 STREAMS a b 0 0", 4..6),
            ("XREADGROUP GROUP g c streams a >", 5..6),
            ("SORT a LIMIT 0 5", 1..2),
            ("PING", 0..0),
            ("GET", 0..0),
            ("CLUSTER NODES", 0..0),
        ] {
            assert_eq!(of(command), KeyWords::At(keys), "{command}");
        }
    }

    #[test]
    fn keys_that_the_range_does_not_show_are_reported() {
        for (command, keys) in [
            ("MSET a 1 b 2", KeyWords::Scattered),
            ("SORT a BY w_* GET #", KeyWords::Scattered),
            ("ZUNIONSTORE to 1 a", KeyWords::Scattered),
            ("FLUSHALL", KeyWords::Unnamed),
            ("SCAN 0", KeyWords::Unnamed),
            ("CLUSTER KEYSLOT a", KeyWords::Unnamed),
            ("JSON.GET a", KeyWords::Unknown),
            ("", KeyWords::Unknown),
        ] {
            assert_eq!(of(command), keys, "{command}");
        }
    }
}
