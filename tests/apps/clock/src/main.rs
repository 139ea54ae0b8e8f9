//! Counts on a tokio runtime, and shows the count: an eframe application as its authors write them.

use eframe::egui;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "hot_api")]
hot_api::export_eframe_app!(|cc| Ok(Box::new(App::new(cc)?)));

/// How often it counts.
const PERIOD: Duration = Duration::from_millis(20);

/// How long tasks may take to end.
const END_LIMIT: Duration = Duration::from_secs(1);

const KEY: &str = "count";

struct App {
    count: Arc<AtomicU64>,
    /// `None` once it has ended.
    runtime: Option<Runtime>,
}

impl App {
    fn new(cc: &eframe::CreationContext<'_>) -> std::io::Result<Self> {
        let stored = cc.storage.and_then(|storage| storage.get_string(KEY));
        let stored = stored.and_then(|text| text.parse().ok()).unwrap_or_default();
        let count = Arc::new(AtomicU64::new(stored));
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
        let (counts, ctx) = (Arc::clone(&count), cc.egui_ctx.clone());
        runtime.spawn(async move {
            let mut ticks = tokio::time::interval(PERIOD);
            loop {
                ticks.tick().await;
                counts.fetch_add(1, Ordering::Relaxed);
                ctx.request_repaint();
            }
        });
        Ok(Self { count, runtime: Some(runtime) })
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| {
            ui.heading("Ticks");
            ui.label(self.count.load(Ordering::Relaxed).to_string());
        });
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        storage.set_string(KEY, self.count.load(Ordering::Relaxed).to_string());
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(END_LIMIT);
        }
    }
}

fn main() -> eframe::Result {
    let options = eframe::NativeOptions::default();
    eframe::run_native("clock", options, Box::new(|cc| Ok(Box::new(App::new(cc)?))))
}
