//! Python's pickles and compressed values, and the data that they are read as.

mod calls;
mod catalog;
mod data;
mod hostile;
mod instances;
mod library;
mod opcodes;
mod packages;
mod zlib;

use redis_model::codec::{Codec, Location, Pickle};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::data::Data;

fn read<T: Serialize + DeserializeOwned>(pickle: &[u8]) -> T {
    Pickle::decode(pickle, &Location::NOWHERE).unwrap_or_else(|error| panic!("{error}"))
}

fn refused<T: Serialize + DeserializeOwned>(pickle: &[u8]) -> String {
    match <Pickle as Codec<T>>::decode(pickle, &Location::NOWHERE) {
        Ok(_) => panic!("a pickle that should be refused is read"),
        Err(error) => error.to_string(),
    }
}

/// Reads a pickle as whatever it is.
fn data(pickle: &[u8]) -> Result<Data, String> {
    Pickle::decode(pickle, &Location::NOWHERE).map_err(|error| error.to_string())
}

fn unhex(digits: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal");
    (0..digits.len()).step_by(2).map(digit).collect()
}
