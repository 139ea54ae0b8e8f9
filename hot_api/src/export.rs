//! The export macro.

/// Exports a [`Module`](crate::Module) from a `cdylib`. Write it once, at the crate's root:
/// `export_module!(Ui)`, or `export_module!(Ui, services)` for one with [`Services`](crate::Services).
///
/// It makes one static, `PITSTOP_MODULE`, which the host reads before it calls anything.
///
/// ```standalone_crate
/// use hot_api::{Module, ModuleFrame, egui};
///
/// #[derive(Default)]
/// pub struct Hello;
///
/// impl Module for Hello {
///     type State = String;
///
///     fn ui(&mut self, name: &mut String, ui: &mut egui::Ui, _frame: &mut ModuleFrame<'_>) {
///         ui.text_edit_singleline(name);
///     }
/// }
///
/// hot_api::export_module!(Hello);
/// # fn main() {
/// #     assert_eq!(PITSTOP_MODULE.magic, hot_api::abi::MAGIC);
/// # }
/// ```
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

        $crate::__export_entry!(
            $module,
            [$crate::__private::Slice<u8>; $crate::__private::VIEWS_MAX],
            $crate::__private::view_names::<$module>(),
            $crate::__private::view_count::<$module>()
        );
    };
}

/// Exports an [`eframe::App`] as a module (feature `eframe`). Write it once, at the root of the crate, behind the
/// feature by which the application asks for this crate:
///
/// ```standalone_crate
/// use hot_api::egui;
///
/// #[derive(Default)]
/// struct MyApp {
///     name: String,
/// }
///
/// impl MyApp {
///     fn new(_cc: &eframe::CreationContext<'_>) -> Self {
///         Self::default()
///     }
/// }
///
/// impl eframe::App for MyApp {
///     fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
///         ui.text_edit_singleline(&mut self.name);
///     }
/// }
///
/// hot_api::export_eframe_app!(|cc| MyApp::new(cc)); // `MyApp::new` alone does as well
/// # fn main() {}
/// ```
///
/// The creator is what `eframe::run_native` is given, without its box: it returns the application, a box of it, or a
/// `Result` of one. It must not use variables of `main`, which does not run in a module.
///
/// - **State** is what `App::save` stores, passed on unchanged: eframe's storage is filled with it when the creator
///   of newer code runs. `export_eframe_app!(MyApp::new, state)` carries the whole type instead, through serde and by
///   name (`MyApp: Serialize + DeserializeOwned + Default`): the creator still runs, for fonts, styles and loaders.
/// - **The window** takes title, size and the rest from `export_eframe_app!(…, options = my_options())`, an
///   `eframe::NativeOptions`, when the application is first started.
/// - **`App::on_exit`** is called when a generation of the code ends, before it is dropped.
/// - There is no renderer: `Frame::gl`, `Frame::storage`, native textures and window handles are those of an empty
///   frame.
#[cfg(feature = "eframe")]
#[macro_export]
macro_rules! export_eframe_app {
    ($creator:expr $(,)?) => {
        $crate::export_eframe_app!(@export SavedApp, $creator, None);
    };
    ($creator:expr, options = $options:expr $(,)?) => {
        $crate::export_eframe_app!(@export SavedApp, $creator, Some(|| $options));
    };
    ($creator:expr, state $(,)?) => {
        $crate::export_eframe_app!(@export KeptApp, $creator, None);
    };
    ($creator:expr, state, options = $options:expr $(,)?) => {
        $crate::export_eframe_app!(@export KeptApp, $creator, Some(|| $options));
    };
    (@export $form:ident, $creator:expr, $options:ident $(($option:expr))?) => {
        #[doc(hidden)]
        struct PitstopEframeApp;

        impl $crate::__private::Entry for PitstopEframeApp {
            const TYPE: &'static dyn $crate::__private::AnyModuleType =
                &$crate::__private::$form::new($crate::__private::Creator::new(
                    $creator,
                    ::core::option::Option::$options $(($option))?,
                ));
            const HAS_SERVICES: bool = false;
        }

        $crate::__export_entry!(
            PitstopEframeApp,
            [$crate::__private::Slice<u8>; 1],
            $crate::__private::main_view(),
            1
        );
    };
}

/// The part that all exports share. Nobody writes this name.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_entry {
    ($entry:ty, $names_type:ty, $names:expr, $count:expr) => {
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
            static TABLE: $crate::__private::ModuleTable = $crate::__private::table::<$entry>();
            static VIEWS: $names_type = $names;
            $crate::__private::header(
                concat!(
                    "pitstop-build-",
                    "0000000000000000000000000000000000000000000000000000000000000000 ",
                    env!("CARGO_PKG_NAME"),
                    " ",
                    env!("CARGO_PKG_VERSION")
                ),
                $crate::__private::Slice { ptr: VIEWS.as_ptr(), len: $count },
                &TABLE,
            )
        };
    };
}
