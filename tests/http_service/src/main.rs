//! The same application on its own: services and configuration, without a host.

use hot_api::ModuleApp;
use http_service::HttpUi;

fn main() -> eframe::Result {
    let options = eframe::NativeOptions::default();
    let app: eframe::AppCreator<'_> = Box::new(|cc| Ok(Box::new(ModuleApp::<HttpUi>::new(cc)?)));
    eframe::run_native("pitstop_http_service", options, app)
}
