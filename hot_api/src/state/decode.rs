//! The named bytes, reading side.
//!
//! Owns: the only code that reads untrusted bytes of a state. Consumes: bytes from anywhere.
//! Produces: a [`Tree`] or a [`DecodeError`]. Never: panics, recurses past [`MAX_DEPTH`], or
//! allocates for a length that the input does not have; memory stays within a constant factor of
//! the input, since each value takes at least one byte of it.

use super::MAX_DEPTH;
use super::encode::{name_ref, tag};
use super::int::Int;
use super::path::{Path, Segment};
use super::tree::{Name, Tree};

/// Named bytes that cannot be read.
///
/// ```
/// use hot_api::state::{DecodeFault, Tree, to_bytes};
///
/// let bytes = to_bytes("a text").unwrap();
/// let error = Tree::decode(&bytes[..4]).unwrap_err();
/// assert!(matches!(error.fault, DecodeFault::Truncated { .. }), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the stored state is damaged at byte {offset} (at `{path}`): {fault}; discard it and start afresh"
)]
pub struct DecodeError {
    /// Where, in bytes from the start of the payload.
    pub offset: usize,
    /// In which value.
    pub path: Path,
    /// What is wrong there.
    pub fault: DecodeFault,
}

/// What is wrong with named bytes; see [`DecodeError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// The bytes end too early.
    #[error("{wanted} more bytes are called for, {left} are left")]
    Truncated {
        /// Bytes that should follow.
        wanted: u64,
        /// Bytes that do.
        left: usize,
    },
    /// Bytes follow after the value.
    #[error("{left} bytes follow the end of the value")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// No value begins with this byte.
    #[error("no value begins with {0:#04x}")]
    Tag(u8),
    /// A text that is not UTF-8.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A number that is no character.
    #[error("{0:#x} is not a character")]
    NotAChar(u64),
    /// A number that is too large for its type.
    #[error("a number is too large for its type")]
    TooLarge,
    /// A reference to a name that has not occurred.
    #[error("name number {0} has not occurred")]
    UnknownName(u64),
    /// Containers inside containers past the limit.
    #[error("values are nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: usize,
    names: Vec<Name>,
    /// Elements and fields of the containers that are open, innermost last. A container that ends
    /// splits off its own, in one allocation of the right size.
    items: Vec<Tree>,
    fields: Vec<(Name, Tree)>,
}

impl Tree {
    /// Reads a tree from named bytes.
    ///
    /// # Errors
    /// When `bytes` are not exactly one value.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader {
            bytes,
            at: 0,
            depth: 0,
            names: Vec::new(),
            items: Vec::new(),
            fields: Vec::new(),
        };
        let tree = reader.tree()?;
        match bytes.len() - reader.at {
            0 => Ok(tree),
            left => Err(reader.fault(reader.at, DecodeFault::Trailing { left })),
        }
    }
}

impl<'b> Reader<'b> {
    fn fault(&self, offset: usize, fault: DecodeFault) -> DecodeError {
        DecodeError { offset, path: Path::root(), fault }
    }

    fn take(&mut self, wanted: u64) -> Result<&'b [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        match usize::try_from(wanted).ok().and_then(|wanted| rest.get(..wanted)) {
            Some(taken) => {
                self.at += taken.len();
                Ok(taken)
            }
            None => Err(self.fault(self.at, DecodeFault::Truncated { wanted, left: rest.len() })),
        }
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let taken = self.take(N as u64)?;
        Ok(taken.try_into().expect("`take` returns as many bytes as it is asked for"))
    }

    fn wide_number(&mut self) -> Result<u128, DecodeError> {
        let start = self.at;
        let mut value = 0_u128;
        for shift in (0..u128::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = u128::from(byte & 0x7f) << shift;
            if part >> shift != u128::from(byte & 0x7f) {
                break;
            }
            value |= part;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault(start, DecodeFault::TooLarge))
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        // Nearly all numbers are below 128.
        if let Some(&byte) = self.bytes.get(self.at)
            && byte < 0x80
        {
            self.at += 1;
            return Ok(byte.into());
        }
        let start = self.at;
        let wide = self.wide_number()?;
        u64::try_from(wide).map_err(|_| self.fault(start, DecodeFault::TooLarge))
    }

    fn blob(&mut self) -> Result<&'b [u8], DecodeError> {
        let length = self.number()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'b str, DecodeError> {
        let start = self.at;
        let blob = self.blob()?;
        str::from_utf8(blob).map_err(|_| self.fault(start, DecodeFault::NotUtf8))
    }

    /// A name, or `None` where the struct ends.
    fn name(&mut self) -> Result<Option<Name>, DecodeError> {
        let start = self.at;
        match self.number()? {
            name_ref::END => Ok(None),
            name_ref::NEW => {
                let name = Name::from(self.text()?);
                self.names.push(name.clone());
                Ok(Some(name))
            }
            number => usize::try_from(number - name_ref::FIRST)
                .ok()
                .and_then(|index| self.names.get(index).cloned())
                .map(Some)
                .ok_or_else(|| self.fault(start, DecodeFault::UnknownName(number))),
        }
    }

    fn tree(&mut self) -> Result<Tree, DecodeError> {
        let start = self.at;
        match self.byte()? {
            tag::UNIT => Ok(Tree::Unit),
            tag::SKIPPED => Ok(Tree::Skipped),
            tag::FALSE => Ok(Tree::Bool(false)),
            tag::TRUE => Ok(Tree::Bool(true)),
            tag::F32 => Ok(Tree::F32(u32::from_le_bytes(self.array()?))),
            tag::F64 => Ok(Tree::F64(u64::from_le_bytes(self.array()?))),
            tag::CHAR => {
                let number = self.number()?;
                let value = u32::try_from(number).ok().and_then(char::from_u32);
                value
                    .map(Tree::Char)
                    .ok_or_else(|| self.fault(start, DecodeFault::NotAChar(number)))
            }
            tag::STRING => Ok(Tree::String(self.text()?.to_owned())),
            tag::BYTES => Ok(Tree::Bytes(self.blob()?.to_owned())),
            tag::NONE => Ok(Tree::None),
            int @ tag::INT.. if int - tag::INT < Int::KINDS => {
                let folded = self.wide_number()?;
                let int = Int::from_wire(int - tag::INT, folded);
                int.map(Tree::Int).ok_or_else(|| self.fault(start, DecodeFault::TooLarge))
            }
            tag::UNIT_VARIANT => Ok(Tree::Variant(self.variant_name(start)?, None)),
            container @ (tag::SOME..=tag::STRUCT | tag::VARIANT) => {
                if self.depth == MAX_DEPTH {
                    return Err(self.fault(start, DecodeFault::TooDeep));
                }
                self.depth += 1;
                let tree = self.container(container, start)?;
                self.depth -= 1;
                Ok(tree)
            }
            unknown => Err(self.fault(start, DecodeFault::Tag(unknown))),
        }
    }

    fn container(&mut self, tag: u8, start: usize) -> Result<Tree, DecodeError> {
        match tag {
            tag::SOME => Ok(Tree::Some(Box::new(self.tree()?))),
            tag::SEQ => Ok(Tree::Seq(self.items(Segment::Item)?)),
            tag::TUPLE => Ok(Tree::Tuple(self.items(Segment::Slot)?)),
            tag::MAP => self.map(),
            tag::STRUCT => self.fields(),
            _ => {
                let name = self.variant_name(start)?;
                let body =
                    self.tree().map_err(|e| e.within(|| Segment::Variant(name.to_string())))?;
                Ok(Tree::Variant(name, Some(Box::new(body))))
            }
        }
    }

    fn variant_name(&mut self, start: usize) -> Result<Name, DecodeError> {
        self.name()?.ok_or_else(|| self.fault(start, DecodeFault::UnknownName(name_ref::END)))
    }

    fn ends_here(&mut self) -> bool {
        let ends = self.bytes.get(self.at) == Some(&tag::END);
        self.at += usize::from(ends);
        ends
    }

    fn items(&mut self, segment: fn(usize) -> Segment) -> Result<Vec<Tree>, DecodeError> {
        let base = self.items.len();
        while !self.ends_here() {
            let index = self.items.len() - base;
            let item = self.tree().map_err(|e| e.within(|| segment(index)))?;
            self.items.push(item);
        }
        Ok(self.items.split_off(base))
    }

    fn map(&mut self) -> Result<Tree, DecodeError> {
        let mut pairs = Vec::new();
        while !self.ends_here() {
            let key = self.tree().map_err(|e| e.within(|| Segment::Each))?;
            let segment = || Segment::Key(key.to_key_text());
            let value = self.tree().map_err(|e| e.within(segment))?;
            pairs.push((key, value));
        }
        Ok(Tree::Map(pairs))
    }

    fn fields(&mut self) -> Result<Tree, DecodeError> {
        let base = self.fields.len();
        while let Some(name) = self.name()? {
            let value = self.tree().map_err(|e| e.within(|| Segment::Field(name.to_string())))?;
            self.fields.push((name, value));
        }
        Ok(Tree::Struct(self.fields.split_off(base)))
    }
}

impl DecodeError {
    fn within(mut self, segment: impl FnOnce() -> Segment) -> Self {
        self.path.prepend(segment());
        self
    }
}
