//! The application's arguments, as modules get them.
#![expect(unsafe_code, reason = "says that texts which never change may be shared")]

use hot_api::abi::Slice;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

/// Arguments behind every [`HostTable`](hot_api::abi::HostTable) of this process. Their memory is
/// never freed: a module may read them as long as it is mapped.
#[derive(Clone, Copy, Debug)]
pub struct AppArgs(Slice<Slice<u8>>);

// SAFETY: the list and the texts are never changed and never freed (ABI-6).
unsafe impl Send for AppArgs {}
// SAFETY: as above.
unsafe impl Sync for AppArgs {}

impl AppArgs {
    /// For as long as the process lives, so this belongs to its start.
    #[must_use]
    pub fn new(args: &[OsString]) -> Self {
        let texts = args.iter().map(|arg| Slice::new(Vec::leak(bytes_of(arg).into_owned())));
        Self(Slice::new(Vec::leak(texts.collect())))
    }

    pub(super) fn table(self) -> Slice<Slice<u8>> {
        self.0
    }
}

impl Default for AppArgs {
    fn default() -> Self {
        Self(Slice::EMPTY)
    }
}

/// On Unix the argument itself, elsewhere its UTF-8.
fn bytes_of(arg: &OsStr) -> Cow<'_, [u8]> {
    #[cfg(unix)]
    return Cow::Borrowed(std::os::unix::ffi::OsStrExt::as_bytes(arg));
    #[cfg(not(unix))]
    return Cow::Owned(arg.to_string_lossy().into_owned().into_bytes());
}
