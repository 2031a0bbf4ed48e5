//! Types that formats without names cannot store, or not every value of them.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Number(u64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(crate) enum Tagged {
    A { x: u8 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flat {
    pub(crate) a: u8,
    #[serde(flatten)]
    pub(crate) more: Skips,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Skips {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) list: Vec<u8>,
    pub(crate) last: u8,
}
