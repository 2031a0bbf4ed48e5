//! Decimal numbers of the crate `rust_decimal`.

use rust_decimal::Decimal;

use crate::value::display::displayed;

displayed! {
    Decimal: "not a decimal number";
}
