//! The standard library's values as the types of well-known crates.

use std::time::Duration;

use super::instances::pickles;
use super::{data, read};

#[test]
fn times_are_read_by_the_crates_for_times() {
    for pickle in pickles("`datetime` in UTC") {
        let time: jiff::Timestamp = read(&pickle);
        assert_eq!(time.to_string(), "2025-11-20T23:19:11.123456Z");
        let time: chrono::DateTime<chrono::Utc> = read(&pickle);
        assert_eq!(time.to_rfc3339(), "2025-11-20T23:19:11.123456+00:00");
    }
    for pickle in pickles("`datetime`") {
        let time: jiff::civil::DateTime = read(&pickle);
        assert_eq!(time.to_string(), "2025-11-20T23:19:11");
        let time: chrono::NaiveDateTime = read(&pickle);
        assert_eq!(time.to_string(), "2025-11-20 23:19:11");
    }
    for pickle in pickles("`date`") {
        assert_eq!(read::<jiff::civil::Date>(&pickle).to_string(), "2025-11-20");
        assert_eq!(read::<chrono::NaiveDate>(&pickle).to_string(), "2025-11-20");
    }
    for pickle in pickles("`time`") {
        assert_eq!(read::<jiff::civil::Time>(&pickle).to_string(), "23:19:11");
        assert_eq!(read::<chrono::NaiveTime>(&pickle).to_string(), "23:19:11");
    }
}

#[test]
fn spans_are_read_as_durations_and_numbers() {
    for pickle in pickles("`timedelta`") {
        let expected = Duration::from_micros(86_403_000_005);
        assert_eq!(read::<Duration>(&pickle), expected);
        assert_eq!(read::<f64>(&pickle), 86_403.000005);
        let span: jiff::SignedDuration = read(&pickle);
        assert_eq!(span, jiff::SignedDuration::try_from(expected).unwrap());
        let span: chrono::TimeDelta = read(&pickle);
        assert_eq!(span.num_microseconds(), Some(86_403_000_005));
    }
    for pickle in pickles("`timedelta` below 0") {
        assert_eq!(read::<f64>(&pickle), -1.5);
        assert_eq!(read::<jiff::SignedDuration>(&pickle).as_millis(), -1500);
        assert_eq!(read::<chrono::TimeDelta>(&pickle).num_milliseconds(), -1500);
        assert!(super::refused::<Duration>(&pickle).contains("another shape"));
    }
}

#[test]
fn other_values_are_read_by_their_crates() {
    for pickle in pickles("`UUID`") {
        let id: uuid::Uuid = read(&pickle);
        assert_eq!(id.to_string(), "12345678-1234-5678-1234-567812345678");
    }
    for pickle in pickles("`Decimal`") {
        assert_eq!(read::<rust_decimal::Decimal>(&pickle).to_string(), "1.10");
    }
    for pickle in pickles("`IPv6Address`") {
        assert_eq!(read::<std::net::IpAddr>(&pickle).to_string(), "2001:db8::1");
    }
    for pickle in pickles("`PosixPath`") {
        assert_eq!(read::<std::path::PathBuf>(&pickle).to_str(), Some("a/b"));
    }
    for pickle in pickles("`array` of integers") {
        assert_eq!(read::<Vec<i32>>(&pickle), [1, -2]);
    }
}

/// As numpy 1 and 2 write them in protocols 2 and 4.
#[test]
fn scalars_of_numpy_are_numbers() {
    let scalar = |module: &str, dtype: &str, order: &str, bytes: &[u8]| {
        let head = format!(
            "c{module}\nscalar\ncnumpy\ndtype\n(V{dtype}\nI00\nI01\ntR(I3\nV{order}\nNNNI-1\nI-1\nI0\ntbC"
        );
        data(&[head.as_bytes(), &[bytes.len() as u8], bytes, b"\x86R."].concat())
            .map(|value| value.to_string())
    };
    for module in ["numpy.core.multiarray", "numpy._core.multiarray"] {
        assert_eq!(scalar(module, "f8", "<", &0.5_f64.to_le_bytes()).unwrap(), "0.5");
        assert_eq!(scalar(module, "f4", "<", &0.5_f32.to_le_bytes()).unwrap(), "0.5");
        assert_eq!(scalar(module, "i8", "<", &(-7_i64).to_le_bytes()).unwrap(), "-7");
        assert_eq!(scalar(module, "i2", ">", &(-7_i16).to_be_bytes()).unwrap(), "-7");
        assert_eq!(
            scalar(module, "u8", "<", &u64::MAX.to_le_bytes()).unwrap(),
            "18446744073709551615"
        );
        assert_eq!(scalar(module, "b1", "|", &[1]).unwrap(), "true");
    }
    for (dtype, order, bytes) in
        [("O8", "|", &[0; 8][..]), ("f8", "?", &[0; 8]), ("f8", "<", &[0; 4])]
    {
        scalar("numpy.core.multiarray", dtype, order, bytes).unwrap_err();
    }
}

/// The zones of pytz and dateutil, which programs used before `zoneinfo`.
#[test]
fn zones_of_other_packages_are_offsets() {
    let time = |zone: &[u8]| {
        let head = b"cdatetime\ndatetime\n(C\x0a\x07\xe9\x0b\x14\x01\x02\x03\0\0\0";
        data(&[&head[..], zone, b"tR."].concat()).map(|value| value.to_string())
    };
    let utc = "\"2025-11-20T01:02:03+00:00\"";
    assert_eq!(time(b"cpytz\n_UTC\n(tR").unwrap(), utc);
    assert_eq!(time(b"cdateutil.tz.tz\ntzutc\n)\x81").unwrap(), utc);
    assert_eq!(
        time(b"cpytz\n_p\n(VEurope/Berlin\nI3600\nI0\nVCET\ntR").unwrap(),
        "\"2025-11-20T01:02:03+01:00\""
    );
    time(b"cos\nsystem\n(tR").unwrap_err();
    time(b"K\x01").unwrap_err();
}

#[test]
fn values_of_another_form_than_python_writes_are_refused() {
    for pickle in [
        // A month 13, a day 30 of February, an hour 24.
        &b"cdatetime\ndate\nC\x04\x07\xe9\x0d\x01\x85R."[..],
        b"cdatetime\ndate\nC\x04\x07\xe9\x02\x1e\x85R.",
        b"cdatetime\ntime\nC\x06\x18\0\0\0\0\0\x85R.",
        // The offset of a zone of pytz depends on the date.
        b"cdatetime\ntime\n(C\x06\x01\x02\x03\0\0\0cpytz\n_p\n(VEurope/Berlin\nI3180\nI0\nVLMT\ntRtR.",
        b"cdatetime\ndate\n(I2025\nI11\nI20\ntR.",
        b"cdatetime\ntimedelta\n(I0\nI86400\nI0\ntR.",
        b"cdatetime\ntimedelta\n(I9999999999\nI0\nI0\ntR.",
        b"cdatetime\ntimezone\n(I3600\ntR.",
        b"cdatetime\ntimezone\n(cdatetime\ntimedelta\n(I1\nI0\nI0\ntRtR.",
        b"cdecimal\nDecimal\n(I1\ntR.",
        b"cdecimal\nDecimal\n(V1\ntR}Va\nK\x01sb.",
        b"cfractions\nFraction\n(I1\nI0\ntR.",
        b"cuuid\nUUID\n)\x81}Vint\nI-1\nsb.",
        b"cuuid\nUUID\n)\x81.",
        b"cuuid\nUUID\n(V12345678123456781234567812345678\ntR.",
        b"czoneinfo\nZoneInfo\n(VEurope/Berlin\nI1\ntR}Va\nI1\nsb.",
        b"c_codecs\nencode\n(Va\nVrot13\ntR.",
        b"c_codecs\nencode\n(V\\u0100\nVlatin1\ntR.",
        b"c__builtin__\nbytearray\n(I1000000000\ntR.",
        b"c__builtin__\nset\n(I1\ntR.",
        b"ccollections\nCounter\n(I1\ntR.",
        b"ccollections\ndeque\n(I1\ntR.",
        b"cpathlib\nPurePosixPath\n(I1\ntR.",
        b"cpathlib\nPureWindowsPath\n(Va\nVb:c\ntR.",
        b"carray\n_array_reconstructor\n(carray\narray\nVi\nI8\nC\x03abctR.",
        b"carray\n_array_reconstructor\n(carray\narray\nVu\nI18\nC\x04abcdtR.",
    ] {
        let error = data(pickle).expect_err(&pickle.escape_ascii().to_string());
        assert!(error.contains("another form") || error.contains("never"), "{error}");
    }
}
