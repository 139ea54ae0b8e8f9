//! What makes an application, in each of the forms that people write.

use super::CreatorError;
use eframe::{App, CreationContext};
use std::marker::PhantomData;

/// What a creator may return. The parameter tells the forms apart; nobody names it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no eframe application",
    note = "a creator returns a type that implements `eframe::App`, a box of one, or a `Result` of those as \
            `eframe::run_native` takes it: `Ok(Box::new(MyApp::new(cc)?))`"
)]
pub trait IntoApp<Form> {
    /// The author's type, or `dyn App`.
    type App: App + ?Sized + 'static;

    /// The application.
    ///
    /// # Errors
    /// The creator's.
    fn into_app(self) -> Result<Box<Self::App>, CreatorError>;

    /// The application without its type.
    ///
    /// # Errors
    /// The creator's.
    fn into_dyn(self) -> Result<Box<dyn App>, CreatorError>;
}

/// An application itself.
#[derive(Debug)]
pub struct ByValue;
/// In a box.
#[derive(Debug)]
pub struct InBox;
/// In a box, without its type.
#[derive(Debug)]
pub struct WithoutType;
/// Or an error.
#[derive(Debug)]
pub struct OrError<Form>(PhantomData<Form>);

impl<A: App + 'static> IntoApp<ByValue> for A {
    type App = A;

    fn into_app(self) -> Result<Box<A>, CreatorError> {
        Ok(Box::new(self))
    }

    fn into_dyn(self) -> Result<Box<dyn App>, CreatorError> {
        Ok(Box::new(self))
    }
}

impl<A: App + 'static> IntoApp<InBox> for Box<A> {
    type App = A;

    fn into_app(self) -> Result<Self, CreatorError> {
        Ok(self)
    }

    fn into_dyn(self) -> Result<Box<dyn App>, CreatorError> {
        Ok(self)
    }
}

impl IntoApp<WithoutType> for Box<dyn App> {
    type App = dyn App;

    fn into_app(self) -> Result<Self, CreatorError> {
        Ok(self)
    }

    fn into_dyn(self) -> Result<Self, CreatorError> {
        Ok(self)
    }
}

// For one type of error alone, so that `Ok(…)` need not name it.
impl<T: IntoApp<Form>, Form> IntoApp<OrError<Form>> for Result<T, CreatorError> {
    type App = T::App;

    fn into_app(self) -> Result<Box<Self::App>, CreatorError> {
        self?.into_app()
    }

    fn into_dyn(self) -> Result<Box<dyn App>, CreatorError> {
        self?.into_dyn()
    }
}

/// What `export_eframe_app!` is told: the creator, and the window's options.
pub struct Creator<F, R, Form> {
    create: F,
    options: Option<fn() -> eframe::NativeOptions>,
    makes: PhantomData<fn() -> (R, Form)>,
}

impl<F, R, Form> std::fmt::Debug for Creator<F, R, Form> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Creator").finish_non_exhaustive()
    }
}

impl<F, R, Form> Creator<F, R, Form>
where
    F: Fn(&CreationContext<'_>) -> R,
    R: IntoApp<Form>,
{
    /// Nothing is called yet.
    #[must_use]
    pub const fn new(create: F, options: Option<fn() -> eframe::NativeOptions>) -> Self {
        Self { create, options, makes: PhantomData }
    }

    pub(super) fn create(&self, cc: &CreationContext<'_>) -> R {
        (self.create)(cc)
    }

    pub(super) fn options(&self) -> Option<eframe::NativeOptions> {
        self.options.map(|options| options())
    }
}
