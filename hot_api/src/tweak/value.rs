//! The value of a literal as the host writes it, and as the code reads it.
//!
//! Owns: which type takes which value. Never: rounds, wraps or cuts a value to make it fit.

use crate::abi::literal_kind;

/// What stands in place of a literal. The text stays in memory as long as the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// One of [`literal_kind`].
    pub(crate) kind: u32,
    /// Normalised as [`literal_kind`] says.
    pub(crate) text: &'static str,
}

/// A type that literals have.
pub trait Literal: Copy {
    /// The value as this type; `None` when it is another kind of value, or out of range.
    #[must_use]
    fn read(value: Value) -> Option<Self>;
}

macro_rules! integers {
    ($($int:ty)+) => {$(
        impl Literal for $int {
            fn read(value: Value) -> Option<Self> {
                let digits = (value.kind == literal_kind::INTEGER).then_some(value.text)?;
                digits.parse().ok()
            }
        }
    )+};
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! floats {
    ($($float:ty)+) => {$(
        impl Literal for $float {
            fn read(value: Value) -> Option<Self> {
                let digits = (value.kind == literal_kind::FLOAT).then_some(value.text)?;
                // The compiler refuses a literal that is too large; so does this.
                digits.parse().ok().filter(|float: &Self| float.is_finite())
            }
        }
    )+};
}

floats!(f32 f64);

impl Literal for bool {
    fn read(value: Value) -> Option<Self> {
        (value.kind == literal_kind::BOOL).then(|| value.text.parse().ok())?
    }
}

impl Literal for char {
    fn read(value: Value) -> Option<Self> {
        (value.kind == literal_kind::CHAR).then(|| value.text.parse().ok())?
    }
}

impl Literal for &'static str {
    fn read(value: Value) -> Option<Self> {
        (value.kind == literal_kind::TEXT).then_some(value.text)
    }
}
