//! Values whose text is what `Display` writes and `FromStr` reads.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::{RedisValue, put_display};
use crate::error::ValueError;

macro_rules! shown {
    ($($shown:ty: $wrong:literal $(, checked by $check:path)?;)*) => {$(
        impl RedisValue for $shown {
            fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
                $($check(self)?;)?
                put_display(out, self)
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
    SocketAddr: "not an IP address and a port", checked by check_flow;
    SocketAddrV4: "not an IPv4 address and a port";
    SocketAddrV6: "not an IPv6 address in brackets and a port", checked by check_flow_of_v6;
}

#[cfg(feature = "url")]
shown! {
    url::Url: "not an absolute URL", checked by check_url;
}

#[cfg(feature = "rust_decimal")]
shown! {
    rust_decimal::Decimal: "not a decimal number";
}

#[cfg(feature = "jiff")]
shown! {
    jiff::Timestamp: "not a time such as `2025-11-20T23:19:11Z`";
    jiff::civil::DateTime: "not a date and time such as `2025-11-20T23:19:11`";
    jiff::civil::Date: "not a date such as `2025-11-20`";
    jiff::civil::Time: "not a time of day such as `23:19:11`";
    jiff::SignedDuration: "not a duration such as `PT90.5S`";
}

#[cfg(feature = "chrono")]
shown! {
    chrono::NaiveDate: "not a date such as `2025-11-20`";
}

fn check_flow(address: &SocketAddr) -> Result<(), ValueError> {
    match address {
        SocketAddr::V4(_) => Ok(()),
        SocketAddr::V6(address) => check_flow_of_v6(address),
    }
}

/// Setters of a URL's parts can make a text that is parsed as another URL.
#[cfg(feature = "url")]
fn check_url(url: &url::Url) -> Result<(), ValueError> {
    match url.as_str().parse::<url::Url>() {
        Ok(read) if read == *url => Ok(()),
        _ => Err(ValueError::new("a URL that is not the same when it is parsed cannot be stored")),
    }
}

/// An address' text has no flow information.
fn check_flow_of_v6(address: &SocketAddrV6) -> Result<(), ValueError> {
    if address.flowinfo() == 0 {
        return Ok(());
    }
    Err(ValueError::new("an IPv6 address with flow information cannot be stored"))
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
