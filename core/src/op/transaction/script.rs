//! The script of a transaction: put together from the scripts of its members.

use crate::blob;
use crate::hash;
use crate::op::typed_command::TYPED_COMMAND;
use crate::op::{Command, Request, Script};
use crate::redis_rs;
use crate::update;

pub(super) static TRANSACTION: Script = Script::composed("transaction", compose);

/// The scripts that a member can be.
static MEMBERS: [&Script; 8] = [
    &update::UPDATE,
    &hash::SAVE,
    &hash::DELETE_UNCHANGED,
    &blob::SAVE,
    &blob::CREATE,
    &blob::COMPARE_AND_SET,
    &blob::DELETE_UNCHANGED,
    &TYPED_COMMAND,
];

/// Returns the text: each script as a function, in which the arguments `KEYS`, `ARGV` and
/// `redis` hide the globals. Only the functions of this call's members are made.
fn compose() -> String {
    let mut text = String::from("local function script_of(name)\n");
    for script in MEMBERS {
        text.push_str(&format!(
            "if name == '{}' then return function(KEYS, ARGV, redis)\n{}end end\n",
            script.name,
            script.text()
        ));
    }
    text + "end\n" + include_str!("members.lua")
}

/// Returns the script that a command calls, if it can be a member.
pub(super) fn member(script: Option<&'static Script>) -> Option<&'static Script> {
    script.filter(|script| MEMBERS.iter().any(|member| std::ptr::eq(*member, *script)))
}

/// Adds the call of the script for commands that each call the script of a member.
pub(super) fn write(members: &[Command], request: &mut Request) {
    let arguments = |command: &Command| redis_rs::arguments(&command.cmd).count();
    let words: usize = members.iter().map(arguments).sum();
    let bytes: usize = members.iter().map(|member| member.size + 40).sum();
    let mut call = request.script_of_keys(&TRANSACTION, members.len(), words, bytes);
    for member in members {
        redis_rs::arguments(&member.cmd).skip(KEY).take(1).for_each(|key| {
            call.arg(key);
        });
    }
    for member in members {
        call.arg(member.script.map_or("", |script| script.name));
        call.int(arguments(member).saturating_sub(KEY + 1));
        redis_rs::arguments(&member.cmd).skip(KEY + 1).for_each(|argument| {
            call.arg(argument);
        });
    }
}

/// The position of the key in the words of a member: `EVALSHA digest 1 key …`.
const KEY: usize = 3;

/// Returns the name of each member's script or command with its key, from the words of the
/// call.
pub(crate) fn members_of(words: &[Vec<u8>]) -> Vec<(&[u8], &[u8])> {
    let number =
        |at: usize| -> Option<usize> { std::str::from_utf8(words.get(at)?).ok()?.parse().ok() };
    let Some(count) = number(KEY - 1) else { return Vec::new() };
    let mut at = KEY + count;
    let mut members = Vec::new();
    for key in words.iter().skip(KEY).take(count) {
        let (Some(mut name), Some(arguments)) = (words.get(at), number(at + 1)) else { break };
        // Its second argument is the command.
        if name == TYPED_COMMAND.name.as_bytes() {
            name = words.get(at + 3).unwrap_or(name);
        }
        members.push((name.as_slice(), key.as_slice()));
        at += 2 + arguments;
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_names_of_their_own_and_texts_without_long_brackets() {
        for (at, script) in MEMBERS.iter().enumerate() {
            assert!(MEMBERS[..at].iter().all(|other| other.name != script.name), "{script:?}");
            assert!(script.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            // A line of a long string or comment would be taken for code, or left out.
            assert!(!script.text().contains("[[") && !script.text().contains("[="), "{script:?}");
        }
    }
}
