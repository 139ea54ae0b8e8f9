//! Calls that make no sense are refused, and nothing else happens.
#![expect(unsafe_code, reason = "calls a module with arguments that no host should pass")]

use crate::driver::{Driver, Input};
use crate::script::{Script, note, play, seen};
use hot_api::CreateContext;
use hot_api::abi::{
    FrameInput, FrameView, HOST_TABLE_SIZE_MIN, HostTable, PaintInfo, Slice, code, host_flag,
};
use std::mem::size_of;
use std::ptr::{null, null_mut};

#[test]
fn null_pointers_are_refused() {
    let mut driver = Driver::new();
    driver.settle(1);
    let (table, instance) = (driver.table, driver.instance);
    let input = Input::default().raw;
    let mut view = FrameView::empty();
    let (input, out) = (&raw const input, &raw mut view);
    let set_literals = table.set_literals.expect("it is of this version");
    // SAFETY: each call has a null pointer in it, which the module has to look at first; all other
    // pointers are live (ABI-4, ABI-5).
    let answers = unsafe {
        [
            ("create without a host", (table.create)(null(), Slice::EMPTY, &mut null_mut())),
            ("logic without an instance", (table.logic)(null_mut(), input, out)),
            ("logic without input", (table.logic)(instance, null(), out)),
            ("logic without a view", (table.logic)(instance, input, null_mut())),
            ("frame without an instance", (table.frame)(null_mut(), 0, input, out)),
            ("frame without input", (table.frame)(instance, 0, null(), out)),
            ("frame without a view", (table.frame)(instance, 0, input, null_mut())),
            ("paint without an instance", (table.paint)(null_mut(), 0, 1, null())),
            ("paint without information", (table.paint)(instance, 0, 1, null())),
            ("capture", (table.capture)(null_mut(), null_mut(), never_called)),
            ("suspend", (table.suspend)(null_mut())),
            ("resume", (table.resume)(null_mut())),
            ("release_gl", (table.release_gl)(null_mut())),
            ("set_literals without a host", set_literals(null(), Slice::EMPTY)),
            ("destroy", (table.destroy)(null_mut())),
        ]
    };
    for (what, answer) in answers {
        assert_eq!(answer, code::REFUSED, "{what}");
    }
    assert!(driver.take_faults().is_empty());
    driver.settle(1);
}

#[test]
fn structs_of_an_older_host_are_refused() {
    let mut driver = Driver::new();
    let (table, instance) = (driver.table, driver.instance);
    let mut input = Input::default().raw;
    let mut view = FrameView::empty();
    input.size = size_of::<FrameInput>() as u32 - 8;
    // SAFETY: ABI-4, ABI-5; the module reads no more than the size says.
    let short_input = unsafe { (table.frame)(instance, 0, &raw const input, &raw mut view) };
    assert_eq!(short_input, code::REFUSED);
    input.size = size_of::<FrameInput>() as u32;
    view.size -= 8;
    // SAFETY: as above.
    let short_view = unsafe { (table.logic)(instance, &raw const input, &raw mut view) };
    assert_eq!(short_view, code::REFUSED);
    let paint = size_of::<PaintInfo>() as u32 - 8;
    // SAFETY: as above: four bytes that say how short it is.
    let short_info = unsafe { (table.paint)(instance, 0, 1, (&raw const paint).cast()) };
    assert_eq!(short_info, code::REFUSED);
    let host = HOST_TABLE_SIZE_MIN - 8;
    let mut out = null_mut();
    // SAFETY: as above.
    let short_table =
        unsafe { (table.create)((&raw const host).cast(), Slice::EMPTY, &raw mut out) };
    assert_eq!((short_table, out), (code::REFUSED, null_mut()));
    driver.settle(1);
}

#[test]
fn v02_code_is_told_that_it_is_on_trial_by_a_host_that_can() {
    let on_trial = |size: usize, flags: u64| {
        let mut driver = Driver::idle();
        driver.change_table(|table| (table.size, table.flags) = (size as u32, flags));
        let create = |cc: &CreateContext<'_>| note("on trial", cc.host.on_trial());
        play(Script { create, ..Script::default() });
        assert_eq!(driver.create(&[]), code::OK, "{:?}", driver.take_faults());
        driver.settle(1);
        seen("on trial")
    };
    let (whole, older) = (size_of::<HostTable>(), HOST_TABLE_SIZE_MIN as usize);
    assert_eq!(on_trial(whole, 0), "false");
    assert_eq!(on_trial(whole, host_flag::ON_TRIAL), "true");
    assert_eq!(on_trial(whole, !host_flag::ON_TRIAL), "false");
    assert_eq!(on_trial(older, host_flag::ON_TRIAL), "false", "it is not read");
}

#[test]
fn a_view_that_is_not_there_is_refused() {
    let mut driver = Driver::new();
    let input = Input::default();
    assert!(driver.frame_of(1, &input).is_ok(), "the second view");
    for view in [2, 15, 16, u32::MAX] {
        assert_eq!(driver.frame_of(view, &input).err(), Some(code::REFUSED), "view {view}");
    }
    driver.settle(1);
}

#[test]
fn a_callback_that_is_not_there_is_refused() {
    let mut driver = Driver::new();
    driver.settle(1);
    for callback in [0, 1, u64::MAX] {
        assert_eq!(driver.paint(callback), code::REFUSED, "callback {callback}");
    }
}

#[test]
fn an_unreadable_snapshot_is_refused_with_its_reason() {
    let mut driver = Driver::new();
    let whole = driver.capture();
    driver.destroy();
    for snapshot in [&b"no snapshot at all"[..], &whole[..whole.len() - 1], &whole[..4]] {
        assert_eq!(driver.create(snapshot), code::REFUSED);
        assert!(driver.instance.is_null(), "nothing was created");
        let fault = driver.take_fault();
        assert!(!fault.message.is_empty(), "{fault:?}");
    }
    assert_eq!(driver.create(&whole), code::OK);
    driver.settle(1);
}

unsafe extern "C" fn never_called(_sink: *mut std::ffi::c_void, _bytes: Slice<u8>) {
    unreachable!("nothing was captured");
}
