//! Uses of `tweak!` in every position, compiled with the tests that look for them.

use hot_api::tweak;

fn pair(a: i32, b: f64) -> (i32, f64) {
    (a, b)
}

macro_rules! inside {
    () => {
        tweak!("in a macro")
    };
}

macro_rules! twice {
    ($value:expr) => {
        ($value, $value)
    };
}

fn generic<T: Default>() -> (T, char) {
    (T::default(), tweak!('g'))
}

/// Runs all of them; where they stand on their lines is what it is about.
#[rustfmt::skip]
pub(super) fn run() {
    let plain = tweak!(1);
	let after_a_tab = hot_api::tweak!(2u8);
    let (é, after_letters) = ("ü → 𝄞", ::hot_api::tweak!(-3i64));
    let nested = format!("é {} {}", tweak!("in format"), format_args!("{:?}", tweak!(true)));
    let lines = tweak!(
        self::pair(
            -5,
            6.5
        )
    );
    let passed = twice!(tweak!(7.5));
    let text = tweak!("first line
        second line"); let behind = tweak!('b');
    #[cfg(any())]
    let left_out = tweak!("left out");
    let all = (plain, after_a_tab, é, after_letters, nested, lines, passed, text, behind);
    let ran = format!("{all:?} {:?} {}", generic::<u8>(), inside!());
    assert!(ran.contains("in format") && ran.ends_with("in a macro"), "{ran}");
}
