//! Values whose text is written by `Display` and read by `FromStr`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::error::ValueError;

/// Implements `RedisValue` with `Display` and `FromStr`. A check refuses values that their
/// text does not represent.
macro_rules! displayed {
    ($($ty:ty: $wrong:literal $(, checked by $check:path)?;)*) => {$(
        impl $crate::value::RedisValue for $ty {
            fn write<W: ::std::io::Write>(
                &self,
                out: &mut W,
            ) -> Result<(), $crate::error::ValueError> {
                $($check(self)?;)?
                $crate::value::put_display(out, self)
            }

            fn read(bytes: Vec<u8>) -> Result<Self, $crate::error::ValueError> {
                $crate::value::parse(&bytes, $crate::error::ValueError::new($wrong))
            }
        }
    )*};
}

displayed! {
    IpAddr: "not an IP address";
    Ipv4Addr: "not an IPv4 address";
    Ipv6Addr: "not an IPv6 address";
    SocketAddr: "not an IP address and a port", checked by check_flow;
    SocketAddrV4: "not an IPv4 address and a port";
    SocketAddrV6: "not an IPv6 address in brackets and a port", checked by check_flow_of_v6;
}

fn check_flow(address: &SocketAddr) -> Result<(), ValueError> {
    match address {
        SocketAddr::V4(_) => Ok(()),
        SocketAddr::V6(address) => check_flow_of_v6(address),
    }
}

/// The text of an address omits its flow information.
fn check_flow_of_v6(address: &SocketAddrV6) -> Result<(), ValueError> {
    if address.flowinfo() == 0 {
        return Ok(());
    }
    Err(ValueError::new("an IPv6 address with flow information cannot be stored"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::RedisValue;

    #[test]
    fn addresses_are_read_and_written_as_text() {
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
