//! Commands that change nothing.

use super::Command;
use crate::redis_rs;

/// The commands of Redis that only read a key and are likely in an atomic step.
const READS: &str = "BITCOUNT DUMP EXISTS EXPIRETIME GET GETBIT GETRANGE HEXISTS HGET HGETALL HKEYS \
                     HLEN HMGET HPTTL HSTRLEN HTTL HVALS LINDEX LLEN LPOS LRANGE MGET PTTL SCARD \
                     SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SRANDMEMBER STRLEN SUNION \
                     TTL TYPE XINFO XLEN XPENDING XRANGE XREAD XREVRANGE ZCARD ZCOUNT ZLEXCOUNT \
                     ZMSCORE ZRANDMEMBER ZRANGE ZRANK ZREVRANK ZSCORE";

impl Command {
    /// Returns `true` if the command is known to change nothing.
    pub(super) fn is_read(&self) -> bool {
        if let Some(script) = self.script {
            return script.reads_only;
        }
        let name = redis_rs::arguments(&self.cmd).next().unwrap_or_default();
        READS.split(' ').any(|read| read.as_bytes().eq_ignore_ascii_case(name))
    }
}
