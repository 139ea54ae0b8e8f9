//! The binary codec: bincode, and nothing that could be misread. The one door to `bincode`.
//!
//! Owns: [`to_binary`] and [`from_binary`]. Consumes: values, bytes, and the [`Schema`] that both
//! sides have. Never: a guess. Binary bytes do not say what they are, so each call of a type's
//! `Serialize`, and later each request of its `Deserialize`, is held against the schema; the first
//! that differs ends the attempt, and the state travels by name instead.
//!
//! Why this is enough: writer and reader follow the same schema, call by call, so that every byte is
//! read as what it was written as. A field that was skipped, a length that was not kept, an order
//! that differs between the two directions: each is another call than the schema has.

mod read;
mod spot;
mod write;

use super::schema::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use spot::Spot;
use std::cell::Cell;

/// A value that the binary codec does not carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BinaryError {
    /// What is written is not what the schema says.
    #[error("its Serialize does not follow its schema: {0}")]
    Write(String),
    /// What is read is not what the schema says, or the bytes are damaged.
    #[error("its Deserialize does not follow its schema, or the bytes are damaged: {0}")]
    Read(String),
    /// Bytes are left over.
    #[error("{left} bytes follow the value")]
    Left {
        /// How many.
        left: usize,
    },
}

/// Little-endian, integers in as few bytes as hold them.
fn config() -> impl bincode::config::Config {
    bincode::config::standard()
}

/// Captures `value`, whose type has that schema.
///
/// # Errors
/// [`BinaryError::Write`].
pub fn to_binary<T: Serialize + ?Sized>(
    value: &T,
    schema: &Schema,
) -> Result<Vec<u8>, BinaryError> {
    let checked = write::Checked { value, spot: Spot::root(schema.root()) };
    bincode::serde::encode_to_vec(checked, config())
        .map_err(|error| BinaryError::Write(error.to_string()))
}

/// Reads a value whose type has that schema; with how many values (numbers, texts… not the containers
/// around them) it is made of.
///
/// # Errors
/// [`BinaryError::Read`], [`BinaryError::Left`].
pub fn from_binary<T: DeserializeOwned>(
    bytes: &[u8],
    schema: &Schema,
) -> Result<(T, u64), BinaryError> {
    let values = Cell::new(0);
    let seed = std::marker::PhantomData::<T>;
    let seed = read::Checked { seed, spot: Spot::counting(schema.root(), &values) };
    let (value, used) = bincode::serde::seed_decode_from_slice(seed, bytes, config())
        .map_err(|error| BinaryError::Read(error.to_string()))?;
    match bytes.len() - used {
        0 => Ok((value, values.get())),
        left => Err(BinaryError::Left { left }),
    }
}
