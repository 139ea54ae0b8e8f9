//! An integer of any of Rust's types.
//!
//! Owns: the question "can that type hold this very number". Never: rounds or wraps.

use std::fmt;

/// How the two widest types share one unsigned form in which small magnitudes stay small.
trait Wide: Copy {
    fn fold(self) -> u128;
    fn unfold(raw: u128) -> Self;
    fn magnitude(self) -> u128;
}

impl Wide for u128 {
    fn fold(self) -> u128 {
        self
    }
    fn unfold(raw: u128) -> Self {
        raw
    }
    fn magnitude(self) -> u128 {
        self
    }
}

impl Wide for i128 {
    /// Zigzag: 0, -1, 1, -2 … become 0, 1, 2, 3 …
    fn fold(self) -> u128 {
        ((self << 1) ^ (self >> 127)).cast_unsigned()
    }
    fn unfold(raw: u128) -> Self {
        (raw >> 1).cast_signed() ^ -((raw & 1).cast_signed())
    }
    fn magnitude(self) -> u128 {
        self.unsigned_abs()
    }
}

macro_rules! int {
    ($(($variant:ident, $ty:ident, $wide:ident, $kind:literal)),* $(,)?) => {
        /// An integer together with its type.
        ///
        /// ```
        /// use hot_api::state::Int;
        ///
        /// let count = Int::from(300_u16);
        /// assert_eq!((count.to::<u64>(), count.to::<u8>()), (Some(300), None));
        /// assert_eq!(count.type_name(), "u16");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant is the type it is named after")]
        pub enum Int { $($variant($ty)),* }

        $(impl From<$ty> for Int {
            fn from(value: $ty) -> Self {
                Self::$variant(value)
            }
        })*

        impl Int {
            /// The name of its type, such as `u32`.
            #[must_use]
            pub fn type_name(self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($ty)),* }
            }

            /// The same number as a `T`, if `T` can hold it.
            #[must_use]
            pub fn to<T: TryFrom<i128> + TryFrom<u128>>(self) -> Option<T> {
                match self { $(Self::$variant(value) => T::try_from($wide::from(value)).ok()),* }
            }

            /// The type as a number below [`Int::KINDS`], and the value in folded form.
            pub(super) fn to_wire(self) -> (u8, u128) {
                match self { $(Self::$variant(value) => ($kind, $wide::from(value).fold())),* }
            }

            /// The inverse of `to_wire`; `None` when the value is too large for its type.
            pub(super) fn from_wire(kind: u8, raw: u128) -> Option<Self> {
                match kind {
                    $($kind => $ty::try_from($wide::unfold(raw)).ok().map(Self::$variant),)*
                    _ => None,
                }
            }

            fn magnitude(self) -> u128 {
                match self { $(Self::$variant(value) => $wide::from(value).magnitude()),* }
            }

            fn rounded(self) -> f64 {
                match self { $(Self::$variant(value) => value as f64),* }
            }
        }

        impl fmt::Display for Int {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant(value) => value.fmt(f)),* }
            }
        }
    };
}

int! {
    (I8, i8, i128, 0), (I16, i16, i128, 1), (I32, i32, i128, 2), (I64, i64, i128, 3),
    (I128, i128, i128, 4),
    (U8, u8, u128, 5), (U16, u16, u128, 6), (U32, u32, u128, 7), (U64, u64, u128, 8),
    (U128, u128, u128, 9),
}

impl Int {
    /// How many kinds [`Int::to_wire`] tells apart.
    pub(super) const KINDS: u8 = 10;

    /// The same number as an `f64`, if that is exact.
    #[must_use]
    pub fn to_f64(self) -> Option<f64> {
        self.fits(f64::MANTISSA_DIGITS).then(|| self.rounded())
    }

    /// The same number as an `f32`, if that is exact.
    #[must_use]
    pub fn to_f32(self) -> Option<f32> {
        // What fits an `f32` fits an `f64`, so neither step rounds.
        self.fits(f32::MANTISSA_DIGITS).then(|| self.rounded() as f32)
    }

    /// Whether a float with that many digits of mantissa holds the number; the exponent always does.
    fn fits(self, mantissa_digits: u32) -> bool {
        let magnitude = self.magnitude();
        magnitude == 0
            || u128::BITS - magnitude.leading_zeros() - magnitude.trailing_zeros()
                <= mantissa_digits
    }
}
