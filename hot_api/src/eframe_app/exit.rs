//! [`eframe::App::on_exit`], whose signature depends on the renderer that the application has chosen.

use crate::current_host;
use eframe::App;

/// Any application, as a creator makes it.
pub(super) type DynApp = dyn App + 'static;

/// One of the signatures of [`App::on_exit`].
pub(super) trait OnExit<Signature> {
    fn call(self, app: &mut DynApp);
}

/// Without eframe's feature `glow`.
impl<F: FnOnce(&mut DynApp)> OnExit<()> for F {
    fn call(self, app: &mut DynApp) {
        self(app);
    }
}

/// With it; there is no OpenGL on the thread that runs modules.
impl<F: FnOnce(&mut DynApp, Option<&Gl>), Gl> OnExit<(Gl,)> for F {
    fn call(self, app: &mut DynApp) {
        self(app, None);
    }
}

/// Calls it, but on trial, where nothing comes to an end; `on_exit` is `<dyn App>::on_exit`.
pub(super) fn call<Signature>(on_exit: impl OnExit<Signature>, app: &mut DynApp) {
    if !current_host().is_some_and(|host| host.on_trial()) {
        on_exit.call(app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counts(u32);

    impl App for Counts {
        fn ui(&mut self, _: &mut egui::Ui, _: &mut eframe::Frame) {}
        fn auto_save_interval(&self) -> std::time::Duration {
            std::time::Duration::from_secs(u64::from(self.0))
        }
    }

    #[test]
    fn a03_both_signatures_are_called() {
        fn without(app: &mut DynApp) {
            app.save(&mut NoStorage(1));
        }
        fn with(app: &mut DynApp, gl: Option<&String>) {
            assert!(gl.is_none(), "there is none");
            app.save(&mut NoStorage(2));
        }
        let calls = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let mut app = Records(std::rc::Rc::clone(&calls));
        call(without, &mut app);
        call(with, &mut app);
        // The one that this build of eframe has.
        call(<DynApp>::on_exit, &mut Counts(0));
        assert_eq!(*calls.borrow(), ["1", "2"]);
    }

    struct Records(std::rc::Rc<std::cell::RefCell<Vec<String>>>);

    impl App for Records {
        fn ui(&mut self, _: &mut egui::Ui, _: &mut eframe::Frame) {}
        fn save(&mut self, storage: &mut dyn eframe::Storage) {
            self.0.borrow_mut().extend(storage.get_string(""));
        }
    }

    struct NoStorage(u32);

    impl eframe::Storage for NoStorage {
        fn get_string(&self, _: &str) -> Option<String> {
            Some(self.0.to_string())
        }
        fn set_string(&mut self, _: &str, _: String) {}
        crate::egui_version::removing! { fn remove_string(&mut self, _: &str) {} }
        fn flush(&mut self) {}
    }
}
