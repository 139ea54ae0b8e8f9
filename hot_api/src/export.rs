//! The export macro.

/// Exports a [`Module`](crate::Module) from a `cdylib`. Write it once, at the crate's root:
/// `export_module!(Ui)`, or `export_module!(Ui, services)` for one with [`Services`](crate::Services).
///
/// It makes one static, `PITSTOP_MODULE`, which the host reads before it calls anything.
#[macro_export]
macro_rules! export_module {
    ($module:ty) => {
        $crate::export_module!(@export $module, ::core::option::Option::None);
    };
    ($module:ty, services) => {
        $crate::export_module!(
            @export $module,
            ::core::option::Option::Some(&$crate::__private::ServicesType::of::<$module>())
        );
    };
    (@export $module:ty, $services:expr) => {
        #[doc(hidden)]
        impl $crate::__private::Exported for $module {
            const SERVICES: ::core::option::Option<&'static $crate::__private::ServicesType> =
                $services;
        }

        /// Hot builds put what rarely changes into one library; naming it is what links it.
        #[doc(hidden)]
        #[allow(unexpected_cfgs, clippy::allow_attributes, reason = "set by hot builds alone")]
        mod pitstop_shared_parts {
            #[cfg(pitstop_shared)]
            extern crate pitstop_shared as _;
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub static PITSTOP_MODULE: $crate::__private::ModuleHeader = {
            static TABLE: $crate::__private::ModuleTable = $crate::__private::table::<$module>();
            static VIEWS: [$crate::__private::Slice<u8>; $crate::__private::VIEWS_MAX] =
                $crate::__private::view_names::<$module>();
            $crate::__private::header(
                concat!(
                    "pitstop-build-",
                    "0000000000000000000000000000000000000000000000000000000000000000 ",
                    env!("CARGO_PKG_NAME"),
                    " ",
                    env!("CARGO_PKG_VERSION")
                ),
                $crate::__private::Slice {
                    ptr: VIEWS.as_ptr(),
                    len: $crate::__private::view_count::<$module>(),
                },
                &TABLE,
            )
        };
    };
}
