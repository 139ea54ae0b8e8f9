//! Slices that a module hands over: checked as far as that is possible, in one place.
#![expect(unsafe_code, reason = "reads what a module points to")]

use hot_api::abi::Slice;

/// No slice of Rust's is longer.
pub(super) const BYTES_MAX: usize = isize::MAX as usize;

/// A null or misaligned pointer, or an implausible length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Implausible {
    pub(super) len: usize,
    pub(super) address: usize,
}

/// What a slice of at most `max` elements points to.
///
/// # Errors
/// When it cannot point to that many elements, or there are more than `max`.
///
/// # Safety
/// A slice that passes the checks points to `len` live elements for as long as the result is used
/// (ABI-5).
pub(super) unsafe fn elements<'a, T>(slice: Slice<T>, max: usize) -> Result<&'a [T], Implausible> {
    if slice.len == 0 {
        return Ok(&[]);
    }
    if slice.ptr.is_null()
        || !slice.ptr.is_aligned()
        || slice.len > max.min(BYTES_MAX / size_of::<T>().max(1))
    {
        return Err(Implausible { len: slice.len, address: slice.ptr.addr() });
    }
    // SAFETY: promised by the caller, and checked as far as can be.
    Ok(unsafe { slice.elements() })
}

/// A text, with a replacement for what is no UTF-8; empty when the slice is implausible.
///
/// # Safety
/// As for [`elements`].
pub(super) unsafe fn text(slice: Slice<u8>) -> String {
    // SAFETY: promised by the caller.
    let bytes = unsafe { elements(slice, BYTES_MAX) }.unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    #[test]
    fn implausible_slices_are_refused_and_empty_ones_point_nowhere() {
        let numbers = [1_u32, 2, 3];
        let slice = |ptr, len| Slice { ptr, len };
        for (given, expected) in [
            (slice(numbers.as_ptr(), 3), Ok(&numbers[..])),
            (slice(ptr::null(), 0), Ok(&[][..])),
            (slice(ptr::null(), 1), Err(0)),
            (slice(ptr::without_provenance(0x1001), 1), Err(0x1001)),
            (slice(numbers.as_ptr(), 4), Err(numbers.as_ptr().addr())),
            (slice(numbers.as_ptr(), usize::MAX), Err(numbers.as_ptr().addr())),
        ] {
            // SAFETY: what passes the checks points to `numbers`.
            let read = unsafe { elements(given, 3) };
            assert_eq!(read.map_err(|implausible| implausible.address), expected);
        }
    }

    #[test]
    fn a_text_is_read_whatever_its_bytes_are() {
        let bytes = [b'a', 0xff];
        let slice = |ptr, len| Slice { ptr, len };
        // SAFETY: the first points to `bytes`, the second passes no check.
        let read = unsafe { (text(slice(bytes.as_ptr(), 2)), text(slice(ptr::null(), 9))) };
        assert_eq!(read, ("a\u{fffd}".to_owned(), String::new()));
    }
}
