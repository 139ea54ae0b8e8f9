//! What takes the place of a literal.

/// A value in place of one literal of a library.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiteralValue {
    /// The library's mark of the `tweak!`, from [`hot_api::abi::LITERAL_MARK`] to the line break.
    pub place: String,
    /// Which literal of that `tweak!`, from 0.
    pub index: u32,
    /// The literal's text in the code that was compiled.
    pub compiled: String,
    /// One of [`hot_api::abi::literal_kind`].
    pub kind: u32,
    /// Normalised as that says.
    pub value: String,
}
