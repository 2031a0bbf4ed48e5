//! Users without permission for scripts, and errors that name the missing permission.
//!
//! A server that refuses EVALSHA or EVAL by its name has not run the script, so the call is
//! sent in another form: the text in place of the digest, then a plain command where one
//! gives the same answer. What a user may do is learnt from the answers, because a connection
//! does not report its user.

use super::Command;
use crate::error::Error;
use crate::redis_rs;

/// The words in capitals between quotes in scripts that are not commands.
const OPTIONS: &str = "FIELDS PX WITHSCORES LIMIT WRONGTYPE NODES MKSTREAM KEEPTTL CREATE";

impl Error {
    /// Returns `true` if the server, or a proxy, does not run the command of this name.
    pub(super) fn refuses(&self, command: &str) -> bool {
        if !matches!(self.code(), Some("NOPERM" | "ERR")) {
            return false;
        }
        let text = self.to_string().to_ascii_lowercase();
        [
            format!("to run the '{command}' command"),
            format!("command '{command}'"),
            format!("command `{command}`"),
        ]
        .iter()
        .any(|refusal| text.contains(refusal))
    }

    /// Returns `true` if the server refused a script's call by the name of the command, so
    /// that the script was not run.
    pub(super) fn refuses_scripts(&self) -> bool {
        self.refuses("evalsha") || self.refuses("eval")
    }
}

impl Command {
    /// Returns `true` if the command can be sent in another form after this error.
    pub(super) fn has_other_form(&self, error: &Error) -> bool {
        let Some(script) = self.script else { return false };
        if self.has_digest() {
            error.refuses("evalsha")
        } else {
            script.plain.is_some() && error.refuses("eval")
        }
    }

    /// Takes the other form: the script's text, or the plain command.
    pub(super) fn take_other_form(&mut self) {
        let Some(script) = self.script else { return };
        script.set_refused(true);
        if self.has_digest() {
            self.bring_text();
        } else {
            self.take_plain_form();
        }
    }

    /// Takes the form that a user is permitted to send who may not run scripts by digest.
    pub(super) fn take_permitted_form(&mut self) {
        if self.script.is_some_and(|script| script.plain.is_some()) {
            self.take_plain_form();
        } else {
            self.bring_text();
        }
    }

    fn take_plain_form(&mut self) {
        if let Some(convert) = self.script.and_then(|script| script.plain) {
            self.cmd = convert(&self.cmd);
            self.script = None;
            self.keys = 1..2;
        }
    }

    /// Adds to the error of a missing permission what it does not say itself.
    pub(super) fn explain_permission(&self, error: Error) -> Error {
        if error.refuses_scripts() {
            let note = "; this operation is a script, which needs `+evalsha` or `+eval`: see \
                        `redis_model::connection::permissions` for operations that need neither";
            return error.with_note(note.to_owned());
        }
        let Some(script) = self.script else { return error };
        if error.code() != Some("NOPERM") {
            return error;
        }
        let text = error.to_string();
        if text.contains("to run") {
            return error;
        }
        if text.contains("to access") && !text.contains("script") {
            let note = "; a script needs to read and write its keys";
            return error.with_note(note.to_owned());
        }
        // Redis before 7.2 does not name the command.
        let mut commands = script_commands(script.text());
        let given = script.runs.and_then(|at| {
            let word = redis_rs::arguments(&self.cmd).nth(self.keys.end + at - 1)?;
            std::str::from_utf8(word).ok()
        });
        commands.extend(given);
        let note = format!("; the script runs {}", commands.join(", "));
        error.with_note(note)
    }
}

/// Returns the names of the commands in a script's text.
fn script_commands(text: &'static str) -> Vec<&'static str> {
    let mut commands = Vec::new();
    for line in text.lines().map(|line| line.split("--").next().unwrap_or("")) {
        // Between quotes is every second part.
        for word in line.split('\'').skip(1).step_by(2) {
            let is_name = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
            let is_option = OPTIONS.split(' ').any(|option| option == word);
            if is_name && !is_option && !commands.contains(&word) {
                commands.push(word);
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn answered(code: &str, text: &str) -> Error {
        Error::new(ErrorKind::Server, format!("the server answered {code} {text}")).with_code(code)
    }

    #[test]
    fn only_the_refusal_of_the_call_itself_is_a_refusal_of_scripts() {
        for (code, text) in [
            ("NOPERM", "this user has no permissions to run the 'evalsha' command"),
            (
                "NOPERM",
                "this user has no permissions to run the 'evalsha' command or its subcommand",
            ),
            ("NOPERM", "User u has no permissions to run the 'evalsha' command"),
            ("ERR", "unknown command 'EVALSHA'"),
            ("ERR", "unknown command `EVALSHA`"),
            ("ERR", "unsupported command 'evalsha'"),
        ] {
            let error = answered(code, text);
            assert!(error.refuses("evalsha") && !error.refuses("eval"), "{text}");
        }
        for (code, text) in [
            ("NOPERM", "No permissions to access a key"),
            ("NOPERM", "User evalsha has no permissions to run the 'get' command"),
            ("NOSCRIPT", "unknown command 'EVALSHA'"),
            ("ERR", "unknown command 'HPTTL'"),
        ] {
            assert!(!answered(code, text).refuses_scripts(), "{text}");
        }
    }

    #[test]
    fn the_commands_of_a_script_are_listed_without_their_options() {
        let text = "-- it's 'OLD'\nredis.call('HPTTL', key, 'FIELDS', 1)\nredis.call('HGET', a) \
                    redis.call('HGET', 'x')";
        assert_eq!(script_commands(text), ["HPTTL", "HGET"]);
    }
}
