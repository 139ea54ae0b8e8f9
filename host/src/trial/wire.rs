//! What the host and the process of a trial tell each other: messages behind their length.
//!
//! Both directions are pipes. The code on trial may write to any descriptor of its process, so whatever comes from there
//! may be anything.

use super::module_run::Step;
use crate::engine::{CodeOnTrial, TrialInput};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{self, Read, Write};

/// Longest answer of the process: a panic with its backtrace.
const ANSWER_BYTES_MAX: u32 = 1 << 20;
/// Longest order, without the state: paths, arguments, input.
const ORDER_BYTES_MAX: u32 = 64 << 20;

/// What is tried; [`TrialInput`] and the state follow, once they are known.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) module: String,
    pub(super) library: OsString,
    pub(super) artifact: String,
    pub(super) views: Vec<String>,
    pub(super) args: Vec<OsString>,
}

impl Order {
    pub(super) fn of(code: &CodeOnTrial<'_>, args: &[OsString]) -> Self {
        Self {
            module: code.module.to_owned(),
            library: code.library.as_os_str().to_owned(),
            artifact: code.artifact.to_owned(),
            views: code.views.to_vec(),
            args: args.to_vec(),
        }
    }
}

/// What the process tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// It waits for an order. `unconfined` says what keeps it from being confined, if something does.
    Ready {
        /// In words.
        unconfined: Vec<String>,
    },
    /// It is about to do this.
    Step(Step),
    /// The module did not do what it was asked to, in a way that the host survives.
    Broken {
        /// When.
        step: Step,
        /// One line.
        reason: String,
        /// All that is known.
        detail: String,
    },
    /// All is done.
    Done,
    /// The process is about to end, by a fault in memory.
    Fault {
        /// The address that was used.
        address: u64,
        /// `None` where the system does not tell.
        is_write: Option<bool>,
    },
}

/// Writes a message, with one call of the system where it is short.
///
/// # Errors
/// Those of writing.
pub(super) fn write<T: Serialize>(out: &mut impl Write, message: &T) -> io::Result<()> {
    let mut bytes = vec![0; size_of::<u32>()];
    serde_json::to_writer(&mut bytes, message).map_err(io::Error::from)?;
    let length = u32::try_from(bytes.len() - size_of::<u32>()).map_err(io::Error::other)?;
    bytes[..size_of::<u32>()].copy_from_slice(&length.to_le_bytes());
    out.write_all(&bytes)?;
    out.flush()
}

/// Room for the message of a fault.
pub(super) const FAULT_BYTES_MAX: usize = 128;

/// Makes [`Answer::Fault`] without allocating; `None` when there is no room for it.
pub(super) fn fault(
    bytes: &mut [u8; FAULT_BYTES_MAX],
    address: u64,
    is_write: Option<bool>,
) -> Option<&[u8]> {
    let (length, mut text) = bytes.split_at_mut(size_of::<u32>());
    let room = text.len();
    serde_json::to_writer(&mut text, &Answer::Fault { address, is_write }).ok()?;
    let written = room - text.len();
    length.copy_from_slice(&u32::try_from(written).ok()?.to_le_bytes());
    Some(&bytes[..size_of::<u32>() + written])
}

/// Writes what code is tried with.
///
/// # Errors
/// Those of writing.
pub(super) fn write_input(out: &mut impl Write, input: &TrialInput) -> io::Result<()> {
    write(out, input)?;
    out.write_all(&(input.state.len() as u64).to_le_bytes())?;
    out.write_all(&input.state)?;
    out.flush()
}

/// Reads an answer; `None` at the end.
///
/// # Errors
/// Those of reading, and [`io::ErrorKind::InvalidData`] when it is none.
pub(super) fn read_answer(input: &mut impl Read) -> io::Result<Option<Answer>> {
    read(input, ANSWER_BYTES_MAX)
}

/// Reads an order; `None` at the end.
///
/// # Errors
/// As for [`read_answer`].
pub(super) fn read_order(input: &mut impl Read) -> io::Result<Option<Order>> {
    read(input, ORDER_BYTES_MAX)
}

/// Reads what code is tried with. It comes from the host, so any length of the state is believed once its bytes are
/// there.
///
/// # Errors
/// As for [`read_answer`].
pub(super) fn read_input(input: &mut impl Read) -> io::Result<TrialInput> {
    let message: Option<TrialInput> = read(input, ORDER_BYTES_MAX)?;
    let mut message = message.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut length = [0; size_of::<u64>()];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let read = input.take(length).read_to_end(&mut message.state)?;
    if read as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(message)
}

fn read<T: DeserializeOwned>(input: &mut impl Read, bytes_max: u32) -> io::Result<Option<T>> {
    let mut length = [0; size_of::<u32>()];
    if input.take(1).read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let length = u32::from_le_bytes(length);
    if length > bytes_max {
        let words = format!("a message of {length} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    let mut bytes = Vec::new();
    input.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::InputPacket;

    #[test]
    fn messages_are_read_as_they_were_written() {
        let answers = [
            Answer::Ready { unconfined: vec!["no Landlock".to_owned()] },
            Answer::Step(Step::Draw("main".to_owned())),
            Answer::Broken { step: Step::Create, reason: "no".into(), detail: "no\nat x".into() },
            Answer::Fault { address: u64::MAX, is_write: Some(true) },
            Answer::Done,
        ];
        let mut bytes = Vec::new();
        answers.iter().for_each(|answer| write(&mut bytes, answer).expect("written"));
        let mut input = bytes.as_slice();
        for answer in answers {
            assert_eq!(read_answer(&mut input).expect("an answer"), Some(answer));
        }
        assert_eq!(read_answer(&mut input).expect("the end"), None);
        let mut bytes = [0; FAULT_BYTES_MAX];
        let fault = fault(&mut bytes, u64::MAX, Some(false)).expect("there is room");
        let expected = Answer::Fault { address: u64::MAX, is_write: Some(false) };
        assert_eq!(read_answer(&mut &*fault).expect("an answer"), Some(expected));

        let shown = vec![InputPacket { standing: vec![1, 2], ..InputPacket::default() }];
        let given = TrialInput { state: vec![7; 100_000], shown };
        let mut bytes = Vec::new();
        write_input(&mut bytes, &given).expect("written");
        assert_eq!(read_input(&mut bytes.as_slice()).expect("an input"), given);
        assert!(read_input(&mut &bytes[..bytes.len() - 1]).is_err(), "half a state is none");
    }

    #[test]
    fn whatever_the_code_on_trial_writes_is_an_answer_or_an_error() {
        let mut whole = Vec::new();
        write(&mut whole, &Answer::Step(Step::Load)).expect("written");
        for cut in 1..whole.len() {
            assert!(read_answer(&mut &whole[..cut]).is_err(), "{cut}");
        }
        let long = [&u32::MAX.to_le_bytes()[..], &[b' '; 64]].concat();
        for bytes in [&b"hello, world\n"[..], &[0; 4], &[1, 0, 0, 0, 0xff], &long] {
            let error = read_answer(&mut &*bytes).expect_err("no answer");
            assert_ne!(error.kind(), io::ErrorKind::Interrupted, "{error}");
        }
    }
}
