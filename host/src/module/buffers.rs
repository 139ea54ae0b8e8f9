//! Memory of the host that outlives the code that asked for it.
//!
//! Owns: the buffers behind [`KeptTable`], each with its number and its holders, for the whole
//! process: a thread that a module left behind may still hold one. Consumes: calls from any thread.
//! Produces: [`Lent`], a snapshot's share. Never: reads or writes the content.
#![expect(unsafe_code, reason = "functions that modules call through the C boundary")]

use hot_api::abi::{KeptBuffer, KeptTable, code};
use once_cell::sync::Lazy;
use parking_lot::Mutex;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr::NonNull;

/// Of each buffer; a cache line, and more than any vector instruction asks for.
const ALIGNMENT: usize = 64;

/// What modules are given.
pub(super) static TABLE: KeptTable = KeptTable {
    size: size_of::<KeptTable>() as u32,
    reserved: 0,
    make,
    hold,
    release,
    is_sole,
    lend,
    claim,
};

static STORE: Lazy<Mutex<Store>> = Lazy::new(Mutex::default);

thread_local! {
    /// What was lent on this thread since the last [`take_lent`].
    static LENT: RefCell<Vec<Lent>> = const { RefCell::new(Vec::new()) };
}

#[derive(Default)]
struct Store {
    buffers: HashMap<u64, Buffer>,
    last_number: u64,
}

struct Buffer {
    memory: Memory,
    length: u64,
    /// Everybody who may read it, snapshots included.
    holders: usize,
    /// Snapshots among them. Only what is lent can be claimed: a number in a file claims nothing.
    lent: usize,
}

struct Memory {
    bytes: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a plain allocation; `Store` frees it once.
unsafe impl Send for Memory {}

impl Memory {
    fn zeroed(length: u64) -> Option<Self> {
        // Of no size there is no allocation.
        let size = usize::try_from(length).ok()?.max(1);
        let layout = Layout::from_size_align(size, ALIGNMENT).ok()?;
        // SAFETY: the layout has a size.
        NonNull::new(unsafe { alloc_zeroed(layout) }).map(|bytes| Self { bytes, layout })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout in `zeroed`, and freed here alone.
        unsafe { dealloc(self.bytes.as_ptr(), self.layout) };
    }
}

impl Store {
    fn make(&mut self, length: u64) -> Option<KeptBuffer> {
        let memory = Memory::zeroed(length)?;
        self.last_number += 1;
        let made = KeptBuffer { number: self.last_number, bytes: memory.bytes.as_ptr(), length };
        self.buffers.insert(made.number, Buffer { memory, length, holders: 1, lent: 0 });
        Some(made)
    }

    fn release(&mut self, number: u64) -> Option<Buffer> {
        let buffer = self.buffers.get_mut(&number)?;
        buffer.holders -= 1;
        // The memory is given back by the caller, behind the lock.
        if buffer.holders == 0 { self.buffers.remove(&number) } else { None }
    }
}

/// A snapshot's share of a buffer: as long as it lives, the snapshot can be restored.
#[derive(Debug)]
pub struct Lent {
    number: u64,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut store = STORE.lock();
        if let Some(buffer) = store.buffers.get_mut(&self.number) {
            buffer.lent -= 1;
        }
        let freed = store.release(self.number);
        drop(store);
        drop(freed);
    }
}

/// The shares of what was captured on this thread since the last call.
pub(super) fn take_lent() -> Vec<Lent> {
    LENT.take()
}

fn done(is_done: bool) -> i32 {
    if is_done { code::OK } else { code::REFUSED }
}

unsafe extern "C" fn make(length: u64, out: *mut KeptBuffer) -> i32 {
    let made = STORE.lock().make(length);
    // SAFETY: ABI-5: null, or the caller's to be written during the call.
    match (made, unsafe { out.as_mut() }) {
        (Some(made), Some(out)) => {
            *out = made;
            code::OK
        }
        _ => code::REFUSED,
    }
}

unsafe extern "C" fn hold(number: u64) -> i32 {
    let mut store = STORE.lock();
    let buffer = store.buffers.get_mut(&number);
    done(buffer.map(|buffer| buffer.holders += 1).is_some())
}

unsafe extern "C" fn release(number: u64) -> i32 {
    let freed = STORE.lock().release(number);
    drop(freed);
    code::OK
}

unsafe extern "C" fn is_sole(number: u64) -> i32 {
    done(STORE.lock().buffers.get(&number).is_some_and(|buffer| buffer.holders == 1))
}

unsafe extern "C" fn lend(number: u64) -> i32 {
    let mut store = STORE.lock();
    let Some(buffer) = store.buffers.get_mut(&number) else { return code::REFUSED };
    buffer.holders += 1;
    buffer.lent += 1;
    drop(store);
    LENT.with_borrow_mut(|lent| lent.push(Lent { number }));
    code::OK
}

unsafe extern "C" fn claim(number: u64, out: *mut KeptBuffer) -> i32 {
    let mut store = STORE.lock();
    let buffer = store.buffers.get_mut(&number).filter(|buffer| buffer.lent > 0);
    // SAFETY: ABI-5: null, or the caller's to be written during the call.
    match (buffer, unsafe { out.as_mut() }) {
        (Some(buffer), Some(out)) => {
            buffer.holders += 1;
            let bytes = buffer.memory.bytes.as_ptr();
            *out = KeptBuffer { number, bytes, length: buffer.length };
            code::OK
        }
        _ => code::REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(length: u64) -> KeptBuffer {
        let mut buffer = KeptBuffer::NONE;
        // SAFETY: a buffer to be written to.
        assert_eq!(unsafe { make(length, &raw mut buffer) }, code::OK);
        buffer
    }

    fn claimed(number: u64) -> Option<KeptBuffer> {
        let mut buffer = KeptBuffer::NONE;
        // SAFETY: as above.
        (unsafe { claim(number, &raw mut buffer) } == code::OK).then_some(buffer)
    }

    fn holders(number: u64) -> Option<usize> {
        STORE.lock().buffers.get(&number).map(|buffer| buffer.holders)
    }

    #[test]
    fn only_what_a_snapshot_holds_can_be_claimed() {
        let KeptBuffer { number, bytes, length } = made(100);
        assert_eq!((length, bytes.align_offset(ALIGNMENT)), (100, 0));
        assert!(claimed(number).is_none(), "its number alone claims nothing");
        // SAFETY: this test holds it.
        unsafe { assert_eq!((is_sole(number), lend(number)), (code::OK, code::OK)) };
        let lent = take_lent();
        // SAFETY: as above.
        assert_eq!(unsafe { is_sole(number) }, code::REFUSED, "the snapshot holds it too");
        let claimed_buffer = claimed(number).expect("it is lent");
        assert_eq!((claimed_buffer.bytes, claimed_buffer.length), (bytes, length));
        drop(lent);
        assert!(claimed(number).is_none(), "the snapshot is gone");
        assert_eq!(holders(number), Some(2));
        // SAFETY: once for each of the two.
        unsafe { (release(number), release(number)) };
        assert_eq!(holders(number), None, "the memory goes with the last holder");
    }

    #[test]
    fn a_snapshot_outlives_whoever_made_the_buffer() {
        let KeptBuffer { number, .. } = made(1);
        // SAFETY: this test holds it until it releases it.
        unsafe { (lend(number), release(number)) };
        let lent = take_lent();
        assert_eq!(holders(number), Some(1));
        assert!(claimed(number).is_some());
        // SAFETY: it was just claimed.
        unsafe { release(number) };
        drop(lent);
        assert_eq!(holders(number), None);
    }

    #[test]
    fn what_cannot_be_had_is_refused() {
        let mut buffer = KeptBuffer::NONE;
        // SAFETY: as above; null is allowed.
        unsafe {
            assert_eq!(make(u64::MAX, &raw mut buffer), code::REFUSED);
            assert_eq!(make(1 << 62, &raw mut buffer), code::REFUSED);
            assert_eq!(hold(u64::MAX), code::REFUSED);
            assert_eq!(lend(u64::MAX), code::REFUSED);
            assert_eq!(claim(u64::MAX, &raw mut buffer), code::REFUSED);
        }
        assert_eq!(buffer.number, 0);
        assert!(take_lent().is_empty());
        // SAFETY: an empty buffer is one too.
        unsafe { release(made(0).number) };
    }
}
