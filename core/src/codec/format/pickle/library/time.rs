//! Dates, times, spans and zones, as the text of `isoformat`.

use std::fmt::Write;

use super::Source;
use crate::codec::format::pickle::globals::Known;
use crate::codec::format::pickle::node::{Id, Kind, Make, Node};
use crate::codec::format::pickle::view::View;

const SECOND: i128 = 1_000_000;

/// Returns the value, or `None` if the arguments are others than Python writes.
pub(super) fn value<'t>(source: Source<'t>, known: Known, arguments: &[Id]) -> Option<View<'t>> {
    let text = match known {
        Known::Date => {
            let [bytes] = arguments else { return None };
            date(source.exact_bytes(*bytes)?)?
        }
        Known::Time => {
            let (bytes, zone) = with_zone(source, arguments)?;
            let [hour, rest @ ..]: [u8; 6] = source.exact_bytes(bytes)?;
            let mut text = clock(hour & 0x7f, rest)?;
            match zone {
                None => {}
                Some(Zone::Offset(offset)) => push_offset(&mut text, offset)?,
                // The offset depends on the date.
                Some(Zone::Dated(_) | Zone::Named(_)) => return None,
            }
            text
        }
        Known::DateTime => {
            let (bytes, zone) = with_zone(source, arguments)?;
            let [a, b, month, day, hour, rest @ ..]: [u8; 10] = source.exact_bytes(bytes)?;
            let mut text = date([a, b, month & 0x7f, day])?;
            text.push('T');
            text.push_str(&clock(hour, rest)?);
            match zone {
                None => {}
                Some(Zone::Offset(offset) | Zone::Dated(offset)) => {
                    push_offset(&mut text, offset)?;
                }
                // The second of two hours with one name cannot be written so.
                Some(Zone::Named(_)) if month >= 0x80 => return None,
                Some(Zone::Named(name)) => write!(text, "[{name}]").ok()?,
            }
            text
        }
        Known::TimeDelta => return Some(View::Span(span(source, arguments)?)),
        known => match zone(source, known, arguments)? {
            Zone::Offset(offset) | Zone::Dated(offset) => {
                let mut text = String::new();
                push_offset(&mut text, offset)?;
                text
            }
            Zone::Named(name) => name,
        },
    };
    Some(View::Text(text.into()))
}

/// Returns the text of a span: `PT86403.000005S`.
pub(in crate::codec::format::pickle) fn span_text(micros: i128) -> String {
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    if fraction == 0 {
        return format!("{sign}PT{seconds}S");
    }
    let fraction = format!("{fraction:06}");
    format!("{sign}PT{seconds}.{}S", fraction.trim_end_matches('0'))
}

enum Zone {
    /// In microseconds.
    Offset(i128),
    /// The offset that a named zone has on the date of the value.
    Dated(i128),
    Named(String),
}

fn with_zone(source: Source<'_>, arguments: &[Id]) -> Option<(Id, Option<Zone>)> {
    match arguments {
        [bytes] => Some((*bytes, None)),
        [bytes, zone] => match source.tree.node(*zone) {
            Node::None => Some((*bytes, None)),
            _ => Some((*bytes, Some(zone_object(source, *zone)?))),
        },
        _ => None,
    }
}

fn zone_object(source: Source<'_>, id: Id) -> Option<Zone> {
    let Node::Object(object) = source.tree.node(id) else { return None };
    let arguments = source.tree.parts(object.arguments, Kind::Tuple)?;
    match (object.make, source.known(object.class)) {
        // Its state is never more than empty.
        (Make::New, Known::DateutilUtc) if object.has_no_items() => Some(Zone::Offset(0)),
        (Make::Call, Known::Reconstructor) => {
            let class = source.known(*arguments.first()?);
            (class == Known::DateutilUtc).then_some(Zone::Offset(0))
        }
        (Make::Call, known) if object.is_alone() => zone(source, known, arguments),
        _ => None,
    }
}

fn zone(source: Source<'_>, known: Known, arguments: &[Id]) -> Option<Zone> {
    let offset = |offset: i128| (offset.abs() < 24 * 3600 * SECOND).then_some(Zone::Offset(offset));
    match (known, arguments) {
        (Known::TimeZone, [span] | [span, _]) => {
            let Node::Object(object) = source.tree.node(*span) else { return None };
            if !source.is_call_of(object, Known::TimeDelta) {
                return None;
            }
            offset(self::span(source, source.tree.parts(object.arguments, Kind::Tuple)?)?)
        }
        (Known::PytzUtc, []) => Some(Zone::Offset(0)),
        (Known::PytzZone, [_, seconds, _, _]) => {
            let seconds = i128::from(source.integer(*seconds)?.small()?);
            (seconds.abs() < 24 * 3600).then_some(Zone::Dated(seconds * SECOND))
        }
        (Known::PytzZone, [name]) | (Known::ZoneInfo, [name, _]) => {
            let name = source.short_text(*name, 64)?;
            match &*name {
                "UTC" | "Etc/UTC" => Some(Zone::Offset(0)),
                _ if name.bytes().all(|it| it.is_ascii_alphanumeric() || b"/_+-".contains(&it)) => {
                    Some(Zone::Named(name.into_owned()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Days, seconds and microseconds, as `timedelta` keeps them.
fn span(source: Source<'_>, arguments: &[Id]) -> Option<i128> {
    let [days, seconds, micros] = arguments else { return None };
    let number = |id: &Id| source.integer(*id)?.small().map(i128::from);
    let days = number(days).filter(|days| days.abs() <= 999_999_999)?;
    let seconds = number(seconds).filter(|seconds| (0..86_400).contains(seconds))?;
    let micros = number(micros).filter(|micros| (0..SECOND).contains(micros))?;
    Some((days * 86_400 + seconds) * SECOND + micros)
}

fn date([a, b, month, day]: [u8; 4]) -> Option<String> {
    let year = u16::from_be_bytes([a, b]);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u8::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let is_date = (1..=9999).contains(&year) && (1..=days).contains(&day);
    is_date.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn clock(hour: u8, [minute, second, a, b, c]: [u8; 5]) -> Option<String> {
    let micros = u32::from_be_bytes([0, a, b, c]);
    if hour > 23 || minute > 59 || second > 59 || micros > 999_999 {
        return None;
    }
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if micros > 0 {
        write!(text, ".{micros:06}").ok()?;
    }
    Some(text)
}

fn push_offset(text: &mut String, offset: i128) -> Option<()> {
    let sign = if offset < 0 { '-' } else { '+' };
    let (seconds, micros) = (offset.abs() / SECOND, offset.abs() % SECOND);
    write!(text, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60).ok()?;
    if seconds % 60 != 0 || micros != 0 {
        write!(text, ":{:02}", seconds % 60).ok()?;
    }
    if micros != 0 {
        write!(text, ".{micros:06}").ok()?;
    }
    Some(())
}
