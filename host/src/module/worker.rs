//! The thread's side of a generation: makes the calls, one after the other.
//!
//! Owns: the instance. Consumes: [`Call`]s. Produces: [`Reply`]s. Never: outlives its library.
#![expect(unsafe_code, reason = "calls through the module's table")]

use super::buffers::take_lent;
use super::call::{CallError, Fault, InputPacket};
use super::host_calls::{FaultText, HostSide};
use super::literal_calls::raw;
use super::literal_value::LiteralValue;
use super::picture::Picture;
use super::service_calls::known;
use super::slices::{BYTES_MAX, elements};
use super::state_calls::LiveSnapshot;
use crate::journal::event::FaultSite;
use crossbeam_channel::{Receiver, Sender};
use hot_api::abi::{FrameInput, FrameView, Instance, ModuleTable, Slice, code};
use hot_api::state::Codec;
use std::ffi::c_void;
use std::mem::size_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// What the thread is asked to do.
pub(super) enum Call {
    Create(Arc<Vec<u8>>),
    Logic(InputPacket),
    /// With the logic before it, if that has not run in this frame.
    Frame {
        view: u32,
        input: InputPacket,
        logic: Option<InputPacket>,
        spare: Box<Picture>,
    },
    Schema,
    Capture,
    HandOver(Codec),
    SetLiterals(Vec<LiteralValue>),
    CheckConfig(Arc<Vec<u8>>),
    ListServices(Arc<Vec<u8>>),
    /// Of the newest list, or the one of them that is named.
    StartServices {
        only: Option<String>,
        run: u64,
    },
    Suspend,
    Resume,
    Destroy,
}

impl Call {
    pub(super) fn site(&self) -> FaultSite {
        match self {
            Self::Create(_) => FaultSite::Create,
            Self::Logic(_) => FaultSite::Logic,
            Self::Frame { .. } | Self::SetLiterals(_) => FaultSite::Ui,
            Self::Schema | Self::Capture | Self::HandOver(_) => FaultSite::Capture,
            Self::CheckConfig(_) | Self::ListServices(_) | Self::StartServices { .. } => {
                FaultSite::Service
            }
            Self::Suspend | Self::Resume => FaultSite::Suspend,
            Self::Destroy => FaultSite::Drop,
        }
    }
}

/// What comes back.
pub(super) enum Reply {
    Done,
    Picture(Box<Picture>),
    Snapshot(LiveSnapshot),
    /// What was written with this code.
    Json {
        code: i32,
        json: Vec<u8>,
    },
}

pub(super) type Outcome = Result<Reply, CallError>;

impl Reply {
    pub(super) fn picture(self) -> Result<Picture, CallError> {
        match self {
            Self::Picture(picture) => Ok(*picture),
            Self::Done | Self::Snapshot(_) | Self::Json { .. } => {
                Err(CallError::Refused("the call returned no picture".to_owned()))
            }
        }
    }
}

/// The thread's side.
pub(super) struct Worker {
    pub(super) table: ModuleTable,
    pub(super) host: &'static HostSide,
    pub(super) instance: Arc<AtomicPtr<Instance>>,
    /// Whether the logic is running, for whoever waits for too long.
    pub(super) in_logic: Arc<AtomicBool>,
}

impl Worker {
    pub(super) fn run(&self, calls: &Receiver<(Call, Sender<Outcome>)>) {
        for (call, reply) in calls {
            let is_last = matches!(call, Call::Destroy);
            let outcome = self.make(call);
            // The caller may have given up on this one.
            let _ = reply.send(outcome); // receiver gone: nobody to tell
            if is_last {
                return;
            }
        }
        // The caller vanished without a farewell: the instance still belongs to this thread.
        if !self.instance.load(Ordering::Acquire).is_null() {
            let _lost = self.make(Call::Destroy);
        }
    }

    fn make(&self, call: Call) -> Outcome {
        let site = call.site();
        let instance = self.instance.load(Ordering::Acquire);
        let mut view = FrameView::empty();
        let mut reply = Reply::Done;
        let mut picture = false;
        let (mut earlier, mut spare) = (None, Picture::default());
        // SAFETY: ABI-4: this is the generation's thread and calls come one at a time; `instance`
        // is null (refused by the module) or alive; ABI-5: everything passed lives during the call.
        let code = unsafe {
            match call {
                Call::Create(snapshot) => self.create(&snapshot),
                Call::Logic(input) => {
                    return Ok(Reply::Picture(Box::new(self.logic(instance, &input)?)));
                }
                Call::Frame { view: index, input, logic, spare: given } => {
                    spare = *given;
                    if let Some(logic) = logic {
                        earlier = Some(self.logic(instance, &logic)?);
                    }
                    picture = true;
                    (self.table.frame)(instance, index, &raw_input(&input), &raw mut view)
                }
                Call::Schema => {
                    let mut bytes = Vec::new();
                    let code = self.schema(&mut bytes);
                    reply = Reply::Snapshot(LiveSnapshot::whole(bytes));
                    code
                }
                Call::Capture => {
                    let mut bytes = Vec::new();
                    let code = self.capture(instance, &mut bytes);
                    reply = Reply::Snapshot(LiveSnapshot::whole(bytes));
                    code
                }
                Call::HandOver(codec) => {
                    let mut bytes = Vec::new();
                    let code = self.hand_over(instance, codec, &mut bytes);
                    reply = Reply::Snapshot(LiveSnapshot::new(bytes, take_lent()));
                    code
                }
                Call::SetLiterals(values) => self.set_literals(&values),
                Call::CheckConfig(config) => {
                    let mut json = Vec::new();
                    let code = self.check_config(&config, &mut json);
                    reply = Reply::Json { code, json };
                    answered(code)
                }
                Call::ListServices(config) => {
                    let mut json = Vec::new();
                    let code = self.list_services(instance, &config, &mut json);
                    reply = Reply::Json { code, json };
                    answered(code)
                }
                Call::StartServices { only, run } => {
                    self.start_services(instance, only.as_deref(), run)
                }
                Call::Suspend => (self.table.suspend)(instance),
                Call::Resume => (self.table.resume)(instance),
                Call::Destroy => {
                    self.instance.store(std::ptr::null_mut(), Ordering::Release);
                    (self.table.destroy)(instance)
                }
            }
        };
        if code != code::OK {
            return Err(self.failure(code, site));
        }
        if picture {
            // SAFETY: ABI-5: the view is this call's, and no other call was made since.
            let copied = unsafe { Picture::copy(&view, spare) };
            let mut picture = copied.map_err(|error| CallError::Refused(error.to_string()))?;
            if let Some(earlier) = earlier {
                picture.prepend_requests(earlier);
            }
            reply = Reply::Picture(Box::new(picture));
        }
        Ok(reply)
    }

    /// The logic, alone or before a frame.
    ///
    /// # Safety
    /// On the generation's thread, with its instance (ABI-4).
    unsafe fn logic(
        &self,
        instance: *mut Instance,
        input: &InputPacket,
    ) -> Result<Picture, CallError> {
        let mut view = FrameView::empty();
        self.in_logic.store(true, Ordering::Release);
        // SAFETY: promised by the caller; ABI-5: everything passed lives during the call.
        let code = unsafe { (self.table.logic)(instance, &raw_input(input), &raw mut view) };
        self.in_logic.store(false, Ordering::Release);
        if code != code::OK {
            return Err(self.failure(code, FaultSite::Logic));
        }
        // SAFETY: ABI-5: the view is this call's, and no other call was made since.
        let copied = unsafe { Picture::copy(&view, Picture::default()) };
        copied.map_err(|error| CallError::Refused(error.to_string()))
    }

    /// # Safety
    /// On the generation's thread, once (ABI-4).
    unsafe fn create(&self, snapshot: &[u8]) -> i32 {
        let mut instance = std::ptr::null_mut();
        // SAFETY: ABI-6: the table lives in `self.host`, which is never freed.
        let code = unsafe {
            (self.table.create)(self.host.table(), Slice::new(snapshot), &raw mut instance)
        };
        if code == code::OK {
            self.instance.store(instance, Ordering::Release);
        }
        code
    }

    /// Without an instance: what the state is made of. A module that cannot say writes nothing.
    ///
    /// # Safety
    /// On the generation's thread (ABI-4).
    unsafe fn schema(&self, bytes: &mut Vec<u8>) -> i32 {
        let Some(schema) = self.table.schema else { return code::OK };
        // SAFETY: ABI-6 for the table; `append` takes this very sink, which lives during the call.
        written(bytes, |sink| unsafe { schema(self.host.table(), sink, append) })
    }

    /// # Safety
    /// On the generation's thread, with its instance (ABI-4).
    unsafe fn capture(&self, instance: *mut Instance, bytes: &mut Vec<u8>) -> i32 {
        // SAFETY: promised by the caller; `append` takes this very sink, which lives during the
        // call.
        written(bytes, |sink| unsafe { (self.table.capture)(instance, sink, append) })
    }

    /// # Safety
    /// On the generation's thread, with its instance (ABI-4).
    unsafe fn hand_over(&self, instance: *mut Instance, codec: Codec, bytes: &mut Vec<u8>) -> i32 {
        match (codec, self.table.hand_over) {
            (codec, Some(hand_over)) => written(bytes, |sink| {
                // SAFETY: as in `capture`.
                unsafe { hand_over(instance, codec as u32, sink, append) }
            }),
            // An older module has no buffers to lend either.
            // SAFETY: promised by the caller.
            (Codec::Named, None) => unsafe { self.capture(instance, bytes) },
            (Codec::Binary, None) => code::REFUSED,
        }
    }

    /// With or without an instance: the values are the library's.
    ///
    /// # Safety
    /// On the generation's thread (ABI-4).
    unsafe fn set_literals(&self, values: &[LiteralValue]) -> i32 {
        let Some(set_literals) = self.table.set_literals else { return code::REFUSED };
        let edits: Vec<_> = values.iter().map(raw).collect();
        // SAFETY: ABI-6 for the table; ABI-5: edits and values live during the call.
        unsafe { set_literals(self.host.table(), Slice::new(&edits)) }
    }

    /// With or without an instance.
    ///
    /// # Safety
    /// On the generation's thread (ABI-4).
    unsafe fn check_config(&self, config: &[u8], json: &mut Vec<u8>) -> i32 {
        let Some(services) = known(self.table.services) else { return code::REFUSED };
        // SAFETY: ABI-6 for the table; ABI-5: everything passed lives during the call.
        written(json, |sink| unsafe {
            (services.check)(self.host.table(), Slice::new(config), sink, append)
        })
    }

    /// # Safety
    /// On the generation's thread, with its instance (ABI-4).
    unsafe fn list_services(
        &self,
        instance: *mut Instance,
        config: &[u8],
        json: &mut Vec<u8>,
    ) -> i32 {
        let Some(services) = known(self.table.services) else { return code::REFUSED };
        // SAFETY: promised by the caller; ABI-5: everything passed lives during the call.
        written(json, |sink| unsafe { (services.list)(instance, Slice::new(config), sink, append) })
    }

    /// # Safety
    /// On the generation's thread, with its instance (ABI-4).
    unsafe fn start_services(&self, instance: *mut Instance, only: Option<&str>, run: u64) -> i32 {
        let Some(services) = known(self.table.services) else { return code::REFUSED };
        let only = only.map_or(Slice::EMPTY, |name| Slice::new(name.as_bytes()));
        // SAFETY: promised by the caller; ABI-5: the name lives during the call.
        unsafe { (services.start)(instance, only, run) }
    }

    fn failure(&self, code: i32, site: FaultSite) -> CallError {
        let text = self.host.take_faults().pop();
        match (code, text) {
            (code::FAULT, text) => {
                CallError::Fault(Box::new(fault_at(site, text.unwrap_or_default())))
            }
            (_, Some(text)) => CallError::Refused(text.message),
            (code, None) => CallError::Refused(format!("the module refused with code {code}")),
        }
    }
}

/// A refusal that comes with its reason is an answer.
fn answered(code: i32) -> i32 {
    if code == code::REFUSED { code::OK } else { code }
}

/// Where [`append`] puts what a module writes.
struct Sink<'a> {
    bytes: &'a mut Vec<u8>,
    is_whole: bool,
}

/// Has a module write bytes through [`append`]; [`code::REFUSED`] when some of them cannot be read: half a
/// state must not pass for a whole one.
fn written(bytes: &mut Vec<u8>, call: impl FnOnce(*mut c_void) -> i32) -> i32 {
    let mut sink = Sink { bytes, is_whole: true };
    match call((&raw mut sink).cast::<c_void>()) {
        code::OK if !sink.is_whole => code::REFUSED,
        code => code,
    }
}

/// Collects what a module writes.
unsafe extern "C" fn append(sink: *mut c_void, bytes: Slice<u8>) {
    // SAFETY: `sink` is the one of `written`, alive during the call; ABI-5 for the bytes.
    let (sink, bytes) = unsafe { (&mut *sink.cast::<Sink<'_>>(), elements(bytes, BYTES_MAX)) };
    match bytes {
        Ok(bytes) => sink.bytes.extend_from_slice(bytes),
        Err(_) => sink.is_whole = false,
    }
}

fn raw_input(input: &InputPacket) -> FrameInput {
    FrameInput {
        size: size_of::<FrameInput>() as u32,
        flags: input.flags,
        time: input.time,
        predicted_dt: input.predicted_dt,
        native_pixels_per_point: input.native_pixels_per_point,
        size_px: input.size_px,
        max_texture_side: input.max_texture_side,
        reserved: 0,
        items: Slice::new(&input.items),
    }
}

/// The text of a panic as a fault of a known call.
pub(super) fn fault_at(site: FaultSite, text: FaultText) -> Fault {
    let FaultText { message, location, backtrace } = text;
    Fault { site, message, location, backtrace }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    #[test]
    fn half_a_state_is_refused() {
        let written_with = |slices: &[Slice<u8>], code: i32| {
            let mut bytes = Vec::new();
            let code = written(&mut bytes, |sink| {
                for slice in slices {
                    // SAFETY: the sink is that of `written`; the slices are static or implausible.
                    unsafe { append(sink, *slice) };
                }
                code
            });
            (code, bytes)
        };
        let good = Slice { ptr: b"state".as_ptr(), len: 5 };
        let null = Slice { ptr: ptr::null(), len: 5 };
        let endless = Slice { ptr: b"state".as_ptr(), len: usize::MAX };
        let [both, half] = [b"statestate".to_vec(), b"state".to_vec()];
        assert_eq!(written_with(&[good, good], code::OK), (code::OK, both));
        assert_eq!(written_with(&[good, null], code::OK), (code::REFUSED, half.clone()));
        assert_eq!(written_with(&[endless, good], code::OK), (code::REFUSED, half));
        assert_eq!(written_with(&[null], code::FAULT), (code::FAULT, Vec::new()));
    }
}
