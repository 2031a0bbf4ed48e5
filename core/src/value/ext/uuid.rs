//! UUIDs, hyphenated and in lower case, in fields and in keys. (The feature of redis-rs
//! stores 16 raw bytes, which people cannot read or type.)

use std::io::Write;

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::error::ValueError;
use crate::key::{KeyPart, PartWriter};
use crate::value::{RedisValue, put};

const WRONG: ValueError = ValueError::new("not a UUID");

impl RedisValue for Uuid {
    fn size_hint(&self) -> usize {
        Hyphenated::LENGTH
    }

    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let mut text = [0; Hyphenated::LENGTH];
        put(out, self.hyphenated().encode_lower(&mut text).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        Uuid::try_parse_ascii(&bytes).map_err(|_| WRONG)
    }
}

impl KeyPart for Uuid {
    fn write_part(&self, out: &mut PartWriter<'_>) {
        out.text(self.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]));
    }

    fn read_part(text: &str) -> Result<Self, ValueError> {
        Uuid::try_parse(text).map_err(|_| WRONG)
    }
}
