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

mod cursor;
mod read;
mod write;

use super::schema::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{self, Display};

/// A value that the binary codec does not carry.
///
/// ```
/// use hot_api::state::{BinaryError, schema::Schema, to_binary};
///
/// let schema = Schema::of::<u32>().unwrap();
/// assert!(matches!(to_binary("a text", &schema), Err(BinaryError::Write(_))));
/// ```
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

/// What differs from the schema, or how the bytes end too early, in words.
#[derive(Debug)]
struct Mismatch(Box<Reason>);

/// Behind a box: results are returned millions of times, and hardly ever hold one.
#[derive(Debug)]
struct Reason(String);

impl Mismatch {
    fn new(reason: impl Into<String>) -> Self {
        Self(Box::new(Reason(reason.into())))
    }

    fn into_reason(self) -> String {
        self.0.0
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.0)
    }
}

impl std::error::Error for Mismatch {}

impl serde::ser::Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::de::Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// Little-endian, integers in as few bytes as hold them.
type Config = bincode::config::Configuration;

fn config() -> Config {
    bincode::config::standard()
}

/// Captures `value`, whose type has that schema, in the binary codec: smaller and faster than
/// [named bytes](super::to_bytes), and of no use to any other type.
///
/// ```
/// use hot_api::state::{from_binary, schema::Schema, to_binary};
///
/// let readings = vec![20.5_f64, 21.0];
/// let schema = Schema::of::<Vec<f64>>()?;
/// let bytes = to_binary(&readings, &schema)?;
/// assert_eq!(from_binary(&bytes, &schema)?, (readings, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`BinaryError::Write`].
pub fn to_binary<T: Serialize + ?Sized>(
    value: &T,
    schema: &Schema,
) -> Result<Vec<u8>, BinaryError> {
    let mut bytes = Vec::new();
    write_binary(value, schema, &mut bytes)?;
    Ok(bytes)
}

/// As [`to_binary`], at the end of what is in `bytes` already.
///
/// # Errors
/// [`BinaryError::Write`]; then some of the value may have been written.
pub fn write_binary<T: Serialize + ?Sized>(
    value: &T,
    schema: &Schema,
    bytes: &mut Vec<u8>,
) -> Result<(), BinaryError> {
    write_with(schema, bytes, &mut |writer| value.serialize(writer))
}

/// What of writing needs no type, so that it is compiled once.
fn write_with(
    schema: &Schema,
    bytes: &mut Vec<u8>,
    write: &mut dyn FnMut(&mut write::Writer<'_>) -> Result<(), Mismatch>,
) -> Result<(), BinaryError> {
    write(&mut write::Writer::new(schema.root(), bytes))
        .map_err(|error| BinaryError::Write(error.into_reason()))
}

/// Reads a value whose type has that schema; with how many values (numbers, texts… not the containers
/// around them) it is made of. See [`to_binary`] for an example.
///
/// # Errors
/// [`BinaryError::Read`], [`BinaryError::Left`].
pub fn from_binary<T: DeserializeOwned>(
    bytes: &[u8],
    schema: &Schema,
) -> Result<(T, u64), BinaryError> {
    let mut value = None;
    let values = read_with(bytes, schema, &mut |reader| {
        value = Some(T::deserialize(reader)?);
        Ok(())
    })?;
    Ok((value.expect("it was read without an error"), values))
}

/// What of reading needs no type, so that it is compiled once.
fn read_with(
    bytes: &[u8],
    schema: &Schema,
    read: &mut dyn FnMut(&mut read::Reader<'_, '_>) -> Result<(), Mismatch>,
) -> Result<u64, BinaryError> {
    let mut reader = read::Reader::new(bytes, schema.root());
    read(&mut reader).map_err(|error| BinaryError::Read(error.into_reason()))?;
    match reader.left() {
        0 => Ok(reader.values()),
        left => Err(BinaryError::Left { left }),
    }
}
