//! Large buffers that a swap neither copies nor serialises.
//!
//! Owns: [`KeptBytes`], and what a snapshot holds of it. Consumes: memory of the host, through
//! [`KeptTable`]. Never: lets two owners write to the same memory, or one read while another writes.
//!
//! The memory is the host's, so it outlives the code that asked for it. While a state is captured for
//! a swap, a buffer is *lent* to the snapshot, which then holds a number in place of the content; while
//! the next generation restores that snapshot, it *claims* the buffer by its number. From lending on
//! the buffer has more than one holder, and whoever writes to it copies it first, as
//! [`std::sync::Arc::make_mut`] does; so going back to the old generation finds what was there.
#![expect(unsafe_code, reason = "memory that the host owns, behind a safe type")]

#[cfg(feature = "module")]
use crate::abi::HostTable;
use crate::abi::{KeptBuffer, KeptTable, code};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::cell::Cell;
use std::fmt;
use std::ops::Deref;

/// Bytes in a module's state that are too many to be carried over: pictures,
/// audio, point clouds. A reload hands them to the new code where they are, whatever their size.
///
/// Cloning shares the memory; [`Self::make_mut`] copies it when it is shared. That is so once after
/// each reload, until the generation before is gone for good.
///
/// Checkpoints and exported snapshots leave the content out, unless [`Self::saved`] asks for it;
/// without, a restart reports the buffer as lost and begins with an empty one.
///
/// ```
/// use hot_api::KeptBytes;
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct Painting {
///     width: usize,
///     pixels: KeptBytes,
/// }
///
/// let mut painting = Painting { width: 640, pixels: KeptBytes::zeroed(640 * 480).saved() };
/// painting.pixels.make_mut()[17] = 255;
/// assert_eq!(painting.pixels[17], 255);
/// ```
pub struct KeptBytes {
    memory: Memory,
    is_saved: bool,
}

enum Memory {
    /// Where there is no host: in tests, and on threads that the host did not start. The first swap
    /// brings it to the host.
    Own(Vec<u8>),
    Host(Held),
}

/// One holder's share of a buffer of the host.
struct Held {
    table: &'static KeptTable,
    buffer: KeptBuffer,
}

// SAFETY: ABI-4: the functions of the table may be called from any thread. The memory is written
// through `&mut` alone, and only while `is_sole` says that there is no other holder.
unsafe impl Send for Held {}
// SAFETY: as above.
unsafe impl Sync for Held {}

/// What is going on with the state on this thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Nothing that crosses a swap: the content is part of what is written, if it is to be saved.
    None,
    /// A capture for a swap: buffers are lent to the snapshot.
    Lending,
    /// A restore: lent buffers are claimed.
    Claiming,
}

thread_local! {
    static PASSAGE: Cell<Passage> = const { Cell::new(Passage::None) };
    static TABLE: Cell<Option<&'static KeptTable>> = const { Cell::new(None) };
}

/// Runs `work` with this passage on this thread.
#[cfg(any(feature = "module", test))]
pub(crate) fn within<T>(passage: Passage, work: impl FnOnce() -> T) -> T {
    struct Back(Passage);
    impl Drop for Back {
        fn drop(&mut self) {
            PASSAGE.set(self.0);
        }
    }
    let _back = Back(PASSAGE.replace(passage));
    work()
}

/// Lets buffers that are made on this thread live with the host.
///
/// # Safety
/// `host` points to a live table as long as this side knows it (ABI-6).
#[cfg(feature = "module")]
pub(crate) unsafe fn use_memory_of(host: *const HostTable) {
    // SAFETY: promised by the caller; ABI-6: this table lives as long as the process.
    let table = unsafe { (*host).kept.as_ref() };
    // A shorter table lacks functions that are needed together.
    TABLE.set(table.filter(|table| table.size as usize >= size_of::<KeptTable>()));
}

impl Held {
    fn zeroed(table: &'static KeptTable, length: usize) -> Option<Self> {
        let mut buffer = KeptBuffer::NONE;
        // SAFETY: ABI-4; `buffer` is written during the call alone.
        let code = unsafe { (table.make)(length as u64, &raw mut buffer) };
        (code == code::OK).then_some(Self { table, buffer })
    }

    fn claimed(table: &'static KeptTable, number: u64) -> Option<Self> {
        let mut buffer = KeptBuffer::NONE;
        // SAFETY: as for `make`.
        let code = unsafe { (table.claim)(number, &raw mut buffer) };
        (code == code::OK).then_some(Self { table, buffer })
    }

    fn is_lent(&self) -> bool {
        // SAFETY: ABI-4; this is a holder of that number.
        unsafe { (self.table.lend)(self.buffer.number) == code::OK }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: ABI-5: the host keeps the memory, all of it written, for as long as it is held;
        // nobody writes while `self` is borrowed (see `make_mut`).
        unsafe { std::slice::from_raw_parts(self.buffer.bytes, self.buffer.length as usize) }
    }

    /// The bytes to write to, if nobody else holds them.
    fn sole_bytes(&mut self) -> Option<&mut [u8]> {
        // SAFETY: ABI-4; this is a holder of that number.
        let is_sole = unsafe { (self.table.is_sole)(self.buffer.number) == code::OK };
        // SAFETY: as in `bytes`; there is no other holder, and none can come while `self` is
        // borrowed mutably, since holders come from holders.
        is_sole.then(|| unsafe {
            std::slice::from_raw_parts_mut(self.buffer.bytes, self.buffer.length as usize)
        })
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        // SAFETY: ABI-4; this is a holder of that number.
        let code = unsafe { (self.table.hold)(self.buffer.number) };
        assert_eq!(code, code::OK, "the host knows a buffer for as long as it is held");
        Self { table: self.table, buffer: self.buffer }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: ABI-4; this holder does not use the buffer again.
        unsafe { (self.table.release)(self.buffer.number) };
    }
}

impl KeptBytes {
    /// As many zeros. In the host's memory where the module thread asks for them, which is in every
    /// method of a module; elsewhere in this library's, until the next reload.
    ///
    /// # Panics
    /// When there is no memory for so many. Inside of a module the host contains that panic.
    #[must_use]
    pub fn zeroed(length: usize) -> Self {
        let memory = match TABLE.get() {
            Some(table) => Held::zeroed(table, length).map(Memory::Host),
            // The allocation itself would end the process when it fails, so it is tried before.
            None => {
                let is_possible = Vec::<u8>::new().try_reserve_exact(length).is_ok();
                is_possible.then(|| Memory::Own(vec![0; length]))
            }
        };
        let memory = memory.unwrap_or_else(|| {
            panic!("there is no memory for {length} bytes of `KeptBytes`: ask for fewer")
        });
        Self { memory, is_saved: false }
    }

    /// Makes checkpoints and exported snapshots hold the content. They then cost as much as it is
    /// long; a state that is slow to capture is checkpointed less often.
    #[must_use]
    pub fn saved(self) -> Self {
        Self { is_saved: true, ..self }
    }

    /// Whether checkpoints hold the content.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// The bytes, to write to. Copies them first when they are shared: with a clone, or with the
    /// generation before this one.
    pub fn make_mut(&mut self) -> &mut [u8] {
        if let Memory::Host(held) = &mut self.memory
            && held.sole_bytes().is_none()
        {
            *self = Self { is_saved: self.is_saved, ..Self::from(held.bytes()) };
        }
        match &mut self.memory {
            Memory::Own(bytes) => bytes,
            Memory::Host(held) => held.sole_bytes().expect("a copy has one holder"),
        }
    }
}

impl Deref for KeptBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.memory {
            Memory::Own(bytes) => bytes,
            Memory::Host(held) => held.bytes(),
        }
    }
}

impl AsRef<[u8]> for KeptBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Clone for KeptBytes {
    fn clone(&self) -> Self {
        let memory = match &self.memory {
            Memory::Own(bytes) => Memory::Own(bytes.clone()),
            Memory::Host(held) => Memory::Host(held.clone()),
        };
        Self { memory, is_saved: self.is_saved }
    }
}

impl Default for KeptBytes {
    fn default() -> Self {
        Self { memory: Memory::Own(Vec::new()), is_saved: false }
    }
}

impl From<&[u8]> for KeptBytes {
    fn from(bytes: &[u8]) -> Self {
        let mut kept = Self::zeroed(bytes.len());
        match &mut kept.memory {
            Memory::Own(own) => own.copy_from_slice(bytes),
            Memory::Host(held) => {
                let new = held.sole_bytes().expect("a new buffer has one holder");
                new.copy_from_slice(bytes);
            }
        }
        kept
    }
}

impl From<Vec<u8>> for KeptBytes {
    fn from(bytes: Vec<u8>) -> Self {
        if TABLE.get().is_some() {
            return Self::from(bytes.as_slice());
        }
        Self { memory: Memory::Own(bytes), is_saved: false }
    }
}

impl PartialEq for KeptBytes {
    fn eq(&self, other: &Self) -> bool {
        (self.is_saved, &**self) == (other.is_saved, &**other)
    }
}

impl Eq for KeptBytes {}

impl fmt::Debug for KeptBytes {
    /// Without the content, which is large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptBytes")
            .field("length", &self.len())
            .field("is_saved", &self.is_saved)
            .finish()
    }
}

/// What a snapshot holds of a buffer.
#[derive(Serialize, Deserialize)]
#[serde(rename = "KeptBytes")]
struct Form<B> {
    /// The number by which it can be claimed; 0 in snapshots that outlive the process.
    lent: u64,
    saved: bool,
    length: u64,
    /// Empty when it is lent, or not to be saved.
    content: B,
}

/// Bytes as serde's bytes.
struct Content<'a>(&'a [u8]);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Bytes that were read, at best without a copy in between.
struct Read(KeptBytes);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl de::Visitor<'_> for Bytes {
            type Value = Read;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Read, E> {
                Ok(Read(KeptBytes::from(bytes)))
            }

            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Read, E> {
                Ok(Read(KeptBytes::from(bytes)))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

impl Serialize for KeptBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (saved, length) = (self.is_saved, self.len() as u64);
        let is_for_swap = PASSAGE.get() == Passage::Lending;
        let (lent, content) = match &self.memory {
            Memory::Host(held) if is_for_swap && length > 0 => {
                if !held.is_lent() {
                    return Err(ser::Error::custom("the host does not know this buffer"));
                }
                (held.buffer.number, Content(&[]))
            }
            // A swap loses nothing, so it carries what the host does not have.
            _ if saved || is_for_swap => (0, Content(self)),
            _ => (0, Content(&[])),
        };
        Form { lent, saved, length, content }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeptBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Form::<Read>::deserialize(deserializer)?;
        let Form { lent, saved, length, content: Read(content) } = form;
        let is_claimed = PASSAGE.get() == Passage::Claiming;
        if lent != 0 && is_claimed {
            let held = TABLE.get().and_then(|table| Held::claimed(table, lent));
            let held = held.ok_or_else(|| de::Error::custom("the buffer is gone"))?;
            return Ok(Self { memory: Memory::Host(held), is_saved: saved });
        }
        if is_claimed && content.len() as u64 != length {
            let reason = format!("its {length} bytes were not saved; see `KeptBytes::saved`");
            return Err(de::Error::custom(reason));
        }
        Ok(Self { is_saved: saved, ..content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{capture, restore};

    #[test]
    fn without_a_host_the_content_is_this_librarys_own() {
        let mut kept = KeptBytes::from(vec![1, 2, 3]);
        let shared = kept.clone();
        kept.make_mut()[0] = 9;
        assert_eq!((&kept[..], &shared[..]), (&[9, 2, 3][..], &[1, 2, 3][..]));
        assert_eq!(KeptBytes::zeroed(2)[..], [0, 0]);
        assert_eq!(format!("{kept:?}"), "KeptBytes { length: 3, is_saved: false }");
    }

    #[test]
    fn a_snapshot_for_the_disk_holds_what_is_to_be_saved() {
        let read = |kept: &KeptBytes| {
            let tree = capture(kept).expect("captured");
            within(Passage::Claiming, || restore::<KeptBytes>(&tree))
        };
        let saved = KeptBytes::from(vec![1, 2, 3]).saved();
        let back = read(&saved);
        assert_eq!((back.value, back.report.lost), (saved, 0));

        let back = read(&KeptBytes::from(vec![1, 2, 3]));
        assert_eq!(back.value, KeptBytes::default());
        let report = back.report.to_string();
        assert!(report.contains("3 bytes were not saved; see `KeptBytes::saved`"), "{report}");
        let back = read(&KeptBytes::default());
        assert_eq!((back.value, back.report.lost), (KeptBytes::default(), 0));
    }

    #[test]
    fn a_swap_carries_what_the_host_does_not_have() {
        let kept = KeptBytes::from(vec![4; 9]);
        let tree = within(Passage::Lending, || capture(&kept)).expect("captured");
        let back = within(Passage::Claiming, || restore::<KeptBytes>(&tree));
        assert_eq!((back.value, back.report.lost), (kept, 0));
    }
}
