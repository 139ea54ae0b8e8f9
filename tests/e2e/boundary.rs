//! egui's own demo, which nobody here wrote: the boundary must not change a bit of it.

use pitstop_tests::demo::{Boundary, Direct, difference, window_names};

/// Long enough for windows to settle and for the pointer to have been over many of them.
const FRAMES: u32 = 90;

/// The demo has 42 windows in the version this was written for; fewer than this, and they were not
/// found.
const WINDOWS_MIN: usize = 35;

/// Less than the text of one window needs.
const VERTICES_MIN: usize = 1000;

#[test]
fn the_meshes_are_those_of_a_direct_run_bit_by_bit() {
    let names = window_names();
    assert!(names.len() >= WINDOWS_MIN, "{names:?}");
    for count in [3, 12, names.len()] {
        let windows = &names[..count];
        let mut direct = Direct::new(windows);
        let mut boundary = Boundary::new(windows).unwrap_or_else(|error| panic!("{error:#}"));
        let mut vertices = 0;
        for frame in 0..FRAMES {
            let ours = direct.frame(frame);
            let theirs = boundary.frame(frame).unwrap_or_else(|error| panic!("{error:#}"));
            let found = difference(&ours, &theirs);
            assert_eq!(found, None, "{count} windows, frame {frame}");
            vertices = theirs.vertices.len();
        }
        // The very first frames only measure the windows, and draw none.
        assert!(vertices > VERTICES_MIN, "{count} windows: {vertices} vertices");
        boundary.retire();
    }
}
