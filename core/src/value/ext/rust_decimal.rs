//! Decimal numbers of the crate `rust_decimal`.

use rust_decimal::Decimal;

displayed! {
    Decimal: "not a decimal number";
}
