//! Literals whose value can change while the code runs.
//!
//! Owns: [`tweak!`](crate::tweak!), the [`Site`] behind each literal in it, and the values that stand
//! in their place. Consumes: sets of values, from the host. Produces: the value of a literal, each
//! time it is run. Never: decides whether a saved file changed nothing but literals; that is the
//! host's.
//!
//! Everything is per library (`ABI-6`): a new generation begins with its compiled values, which are
//! those of the files it was built from. Texts that come from the host are interned: each distinct
//! one stays in memory once, because `tweak!("…")` is a `&'static str`.

mod known;
mod value;

#[cfg(any(feature = "module", test))]
pub(crate) use known::{Edit, forget, replace, warn_through};
pub(crate) use value::{Literal, Value};

use crate::lock::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// A literal that can be edited while the code runs.
///
/// Takes a number, a text, a `bool` or a `char`, or a call with one to four of them:
///
/// ```
/// # struct Color32(u8, u8, u8);
/// # impl Color32 { fn from_rgb(r: u8, g: u8, b: u8) -> Self { Self(r, g, b) } }
/// use hot_api::tweak;
///
/// let gap: f32 = tweak!(8.0);
/// let title = tweak!("Tasks");
/// let colour = tweak!(Color32::from_rgb(200, 40, 40));
/// # assert_eq!((gap, title, colour.0), (8.0, "Tasks", 200));
/// ```
///
/// When a save changes nothing but such literals, the running code has their new values within two
/// frames, and nothing is compiled; the next build compiles them in. A value counts from the next
/// time that its line is run: one that is used once, in `create` or `setup`, waits for a reload.
///
/// Where `hot_api` is built without debug assertions, as in release builds, `tweak!(x)` is `x`. With
/// them it costs two atomic loads, and it cannot be used in a constant.
#[cfg(debug_assertions)]
#[macro_export]
macro_rules! tweak {
    ($($tokens:tt)+) => { $crate::__live_literal!($($tokens)+) };
}

/// What it is given: there are no live literals without debug assertions.
#[cfg(not(debug_assertions))]
#[macro_export]
macro_rules! tweak {
    ($($tokens:tt)+) => { $crate::__plain_literal!($($tokens)+) };
}

/// `tweak!` with debug assertions: a [`Site`] for each literal.
///
/// `line!` and `column!` say where the outermost macro stands that the author has written.
#[doc(hidden)]
#[macro_export]
macro_rules! __live_literal {
    (@ $index:literal $literal:literal) => {{
        static SITE: $crate::__private::Site = $crate::__private::Site::new(
            ::core::concat!(
                "pitstop-literal ",
                ::core::file!(),
                ":",
                ::core::line!(),
                ":",
                ::core::column!(),
                "\n"
            ),
            $index,
            ::core::stringify!($literal),
        );
        SITE.get($literal)
    }};
    ($literal:literal $(,)?) => { $crate::__live_literal!(@ 0 $literal) };
    ($($path:ident)::+ ($a:literal $(,)?) $(,)?) => {
        $($path)::+ ($crate::__live_literal!(@ 0 $a))
    };
    ($($path:ident)::+ ($a:literal, $b:literal $(,)?) $(,)?) => {
        $($path)::+ ($crate::__live_literal!(@ 0 $a), $crate::__live_literal!(@ 1 $b))
    };
    ($($path:ident)::+ ($a:literal, $b:literal, $c:literal $(,)?) $(,)?) => {
        $($path)::+ (
            $crate::__live_literal!(@ 0 $a),
            $crate::__live_literal!(@ 1 $b),
            $crate::__live_literal!(@ 2 $c)
        )
    };
    ($($path:ident)::+ ($a:literal, $b:literal, $c:literal, $d:literal $(,)?) $(,)?) => {
        $($path)::+ (
            $crate::__live_literal!(@ 0 $a),
            $crate::__live_literal!(@ 1 $b),
            $crate::__live_literal!(@ 2 $c),
            $crate::__live_literal!(@ 3 $d)
        )
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "tweak! takes a literal, or a call with one to four literals: tweak!(4.0), \
             tweak!(Color32::from_rgb(200, 40, 40))"
        )
    };
}

/// `tweak!` without debug assertions.
#[doc(hidden)]
#[macro_export]
macro_rules! __plain_literal {
    ($literal:literal $(,)?) => { $literal };
    ($($path:ident)::+ ($($literal:literal),+ $(,)?) $(,)?) => { $($path)::+ ($($literal),+) };
}

/// One literal in the code, in a static of its own. Nobody writes this name.
#[doc(hidden)]
#[derive(Debug)]
pub struct Site {
    place: &'static str,
    index: u32,
    compiled: &'static str,
    /// The epoch in which nothing stood in its place; 0 before the first run.
    plain_in: AtomicU32,
    held: Mutex<Held>,
}

/// What a site was told when it last asked.
#[derive(Clone, Copy, Debug)]
struct Held {
    epoch: u32,
    value: Option<Value>,
}

impl Site {
    /// `place` is the mark that the host finds in the library
    /// ([`LITERAL_MARK`](crate::abi::LITERAL_MARK)), `index` the literal's place among those of one
    /// `tweak!`, and `compiled` its text.
    #[must_use]
    pub const fn new(place: &'static str, index: u32, compiled: &'static str) -> Self {
        let held = Mutex::new(Held { epoch: 0, value: None });
        Self { place, index, compiled, plain_in: AtomicU32::new(0), held }
    }

    /// Any thread: what stands in place of the literal, or the literal itself.
    #[inline]
    pub fn get<T: Literal>(&'static self, compiled: T) -> T {
        if self.plain_in.load(Ordering::Relaxed) == known::epoch() {
            return compiled;
        }
        self.ask(compiled)
    }

    #[cold]
    fn ask<T: Literal>(&'static self, compiled: T) -> T {
        let value = {
            let mut held = lock(&self.held);
            if held.epoch != known::epoch() {
                let (epoch, value) = known::value_of::<T>(self);
                *held = Held { epoch, value };
                if value.is_none() {
                    self.plain_in.store(epoch, Ordering::Relaxed);
                }
            }
            held.value
        };
        value.and_then(T::read).unwrap_or(compiled)
    }

    /// Where it stands, as `file:line:column`.
    fn place(&self) -> &str {
        let place = self.place.strip_prefix(crate::abi::LITERAL_MARK).unwrap_or(self.place);
        place.trim_end()
    }
}

#[cfg(test)]
mod tests;
