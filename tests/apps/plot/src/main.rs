//! The curves in a window of their own.

fn main() -> eframe::Result {
    let options = eframe::NativeOptions::default();
    eframe::run_native("plot", options, Box::new(|cc| Ok(Box::new(plot::Curves::new(cc)))))
}
