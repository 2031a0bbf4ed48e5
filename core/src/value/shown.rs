//! Values whose text is what `Display` writes and `FromStr` reads.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::RedisValue;
use crate::error::ValueError;

macro_rules! shown {
    ($($(#[$attribute:meta])* $shown:ty: $wrong:literal;)*) => {$(
        $(#[$attribute])*
        impl RedisValue for $shown {
            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                let _ = write!(out, "{self}");
                Ok(())
            }

            fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
                let wrong = ValueError::new($wrong);
                let text = std::str::from_utf8(&bytes).map_err(|_| wrong.clone())?;
                text.parse().map_err(|_| wrong)
            }
        }
    )*};
}

shown! {
    IpAddr: "not an IP address";
    Ipv4Addr: "not an IPv4 address";
    Ipv6Addr: "not an IPv6 address";
    SocketAddr: "not an IP address and a port";
    SocketAddrV4: "not an IPv4 address and a port";
    SocketAddrV6: "not an IPv6 address in brackets and a port";
}

#[cfg(feature = "url")]
shown! {
    url::Url: "not an absolute URL";
}

#[cfg(feature = "rust_decimal")]
shown! {
    rust_decimal::Decimal: "not a decimal number";
}

#[cfg(feature = "jiff")]
shown! {
    jiff::Timestamp: "not a time such as `2025-11-20T23:19:11Z`";
    jiff::Zoned: "not a time with its zone, such as `2025-11-20T23:19:11+01:00[Europe/Vienna]`";
    jiff::civil::DateTime: "not a date and time such as `2025-11-20T23:19:11`";
    jiff::civil::Date: "not a date such as `2025-11-20`";
    jiff::civil::Time: "not a time of day such as `23:19:11`";
    jiff::SignedDuration: "not a duration such as `PT90.5S`";
    jiff::Span: "not a span such as `P1M2DT3H`";
}

#[cfg(feature = "chrono")]
shown! {
    chrono::NaiveDate: "not a date such as `2025-11-20`";
    chrono::NaiveTime: "not a time of day such as `23:19:11`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown() {
        for text in ["10.0.0.1", "::1"] {
            let mut bytes = Vec::new();
            IpAddr::read(text.into()).unwrap().write(&mut bytes).unwrap();
            assert_eq!(bytes, text.as_bytes());
        }
        assert!(IpAddr::read("10.0.0.256".into()).is_err());
        assert!(SocketAddr::read("[::1]:80".into()).is_ok());
        assert!(SocketAddr::read("::1".into()).is_err());
    }
}
