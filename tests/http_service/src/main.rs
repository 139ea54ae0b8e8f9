//! The same application on its own: services and configuration, without a host. With `--watch` a change of the
//! configuration is taken up while it runs.

use hot_api::{ConfigOptions, ModuleApp};
use http_service::HttpUi;

fn main() -> eframe::Result {
    let watch = std::env::args().any(|arg| arg == "--watch");
    let config = ConfigOptions { watch, ..ConfigOptions::default() };
    let app: eframe::AppCreator<'_> =
        Box::new(move |cc| Ok(Box::new(ModuleApp::<HttpUi>::with_config(cc, &config)?)));
    eframe::run_native("pitstop_http_service", eframe::NativeOptions::default(), app)
}
