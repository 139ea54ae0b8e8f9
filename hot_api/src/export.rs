//! The export macro.

/// Exports a [`Module`](crate::Module) from a `cdylib`. Write it once, at the crate's root.
///
/// It makes one static, `PITSTOP_MODULE`, which the host reads before it calls anything.
#[macro_export]
macro_rules! export_module {
    ($module:ty) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub static PITSTOP_MODULE: $crate::abi::ModuleHeader = {
            static TABLE: $crate::abi::ModuleTable = $crate::runner::table::<$module>();
            static VIEWS: [$crate::abi::Slice<u8>; $crate::runner::VIEWS_MAX] =
                $crate::runner::view_names::<$module>();
            $crate::runner::header(
                concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
                $crate::abi::Slice {
                    ptr: VIEWS.as_ptr(),
                    len: $crate::runner::view_count::<$module>(),
                },
                &TABLE,
            )
        };
    };
}
