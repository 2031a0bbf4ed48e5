//! Blob models: the whole struct in one Redis string, written by a codec.

use std::marker::PhantomData;

use crate::codec::{Codec, Place};
use crate::error::{Error, Result};
use crate::guard;
use crate::hash::KeyOf;
use crate::key::Key;
use crate::model::{Read, RedisModel, Storage, Write, key_of};
use crate::op::{CommandWriter, Reply, Request};
use crate::ttl::Expiry;

/// A model that is stored as a blob: `#[redis(key = "…", blob = Json)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not stored as a blob",
    label = "stored as a hash",
    note = "write `blob = Json` in `#[redis(…)]` to store `{Self}` as one value"
)]
pub trait BlobModel: RedisModel {
    /// What writes and reads the bytes.
    type Codec: Codec<Self>;
}

/// Stored as a blob.
#[derive(Debug, Clone, Copy)]
pub struct Blob;

/// A blob has no fields to name.
#[derive(Debug, Clone, Copy)]
pub struct NoFields(PhantomData<()>);

impl NoFields {
    #[doc(hidden)]
    pub const NONE: Self = Self(PhantomData);
}

/// Up to this size a blob is written by `SET … GET`, which refuses other types
/// at the price of returning what was there; above it by a script, which costs
/// the server more but returns nothing.
const SMALL: usize = 1024;

impl<M: BlobModel> Storage<M> for Blob {
    const TYPE: &'static str = "string";

    fn write(model: &M, write: Write, request: &mut Request) -> Result<()> {
        let key = key_of(model);
        let bytes = encode(model, Place::key_of(&key)).map_err(|error| error.with_key(&key))?;
        let expiry = write.expiry.check()?;
        let size = bytes.len() + key.len() + 40;
        if write.only_new {
            let mut command = request.command("SET", 5, size);
            set_expiry(command.arg(&key).arg(bytes).arg("NX"), expiry);
        } else if bytes.len() <= SMALL {
            let mut command = request.command("SET", 5, size);
            set_expiry(command.arg(&key).arg(bytes).arg("GET"), expiry);
        } else {
            let mut command = guard::command::<M>(request, "SET", &key, 3, size);
            set_expiry(command.arg(bytes), expiry);
        }
        Ok(())
    }

    fn written(reply: Reply) -> Result<bool> {
        Ok(!reply.is_nil())
    }

    fn read(key: &Key, read: Read, request: &mut Request) -> Result<()> {
        match read {
            Read::Stay => {
                request.command("GET", 1, key.len()).arg(key);
            }
            Read::Delete => {
                request.command("GETDEL", 1, key.len()).arg(key);
            }
            Read::Expire(after) => {
                request.command("GETEX", 3, key.len() + 24).arg(key).arg("PX").int(after.0);
            }
        }
        Ok(())
    }

    fn record(id: &M::Id, reply: Reply) -> Result<Option<M>> {
        let Some(bytes) = reply.into_bytes()? else { return Ok(None) };
        decode(&bytes, Place::key_of(&KeyOf::<M>(id))).map(Some)
    }
}

fn set_expiry(command: &mut CommandWriter<'_>, expiry: Expiry) {
    match expiry {
        Expiry::Keep => {
            command.arg("KEEPTTL");
        }
        Expiry::After(millis) => {
            command.arg("PX").int(millis);
        }
        // A plain SET takes the TTL away.
        Expiry::Persist | Expiry::Invalid => {}
    }
}

pub(crate) fn encode<M: BlobModel>(model: &M, place: Place<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(256);
    M::Codec::encode(model, &place, &mut bytes).map_err(wrong::<M>)?;
    Ok(bytes)
}

pub(crate) fn decode<M: BlobModel>(bytes: &[u8], place: Place<'_>) -> Result<M> {
    M::Codec::decode(bytes, &place).map_err(wrong::<M>)
}

fn wrong<M: BlobModel>(error: crate::error::ValueError) -> Error {
    Error::from(error.of_codec(M::Codec::NAME)).with_model(M::SPEC.name)
}
