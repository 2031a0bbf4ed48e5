//! `ttl = "15m"`: durations in attributes.

/// Milliseconds of `"30d"`, `"1h30m"`, `"500ms"`, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    const FORM: &str = "write a TTL as a number and a unit, such as \"30d\", \"15m\" or \"1h30m\" (units: ms, s, m, h, d, w)";
    let mut millis: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(FORM.to_owned());
    }
    if rest.starts_with('-') {
        return Err("a TTL must be longer than zero".to_owned());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(FORM.to_owned()),
        };
        let number: u64 = number.parse().map_err(|_| FORM.to_owned())?;
        let part = number.checked_mul(unit).and_then(|part| millis.checked_add(part));
        millis = part.filter(|sum| *sum < 1 << 60).ok_or("a TTL must be shorter than 2^60 ms")?;
        rest = tail.trim_start();
    }
    if millis == 0 { Err("a TTL must be longer than zero".to_owned()) } else { Ok(millis) }
}

/// Parses the TTL of a field, for which no server takes as much as for a key.
pub(crate) fn parse_of_field(text: &str) -> Result<u64, String> {
    let short = |millis: &u64| *millis < 1 << 45;
    let message = "a field's TTL must be shorter than 2^45 ms (1,100 years)";
    Some(parse(text)?).filter(short).ok_or_else(|| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_of_field};

    #[test]
    fn the_ttl_of_a_field_is_one_that_every_server_takes() {
        assert_eq!(parse_of_field("35184372088831ms"), Ok((1 << 45) - 1));
        assert!(parse_of_field("35184372088832ms").is_err());
        assert!(parse_of_field("0s").is_err());
    }

    #[test]
    fn durations_are_read() {
        for (text, millis) in [
            ("500ms", 500),
            ("1s", 1_000),
            ("1h30m", 5_400_000),
            ("30d", 2_592_000_000),
            ("2w 1s", 1_209_601_000),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "5",
            "m",
            "0s",
            "-5m",
            "5 min",
            "1.5h",
            "5x",
            "99999999999999999999w",
            "9999999999999w",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
