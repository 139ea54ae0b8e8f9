//! The call of a generation's thread that puts values in place of literals.

use super::call::{CallError, CallLimit};
use super::literal_value::LiteralValue;
use super::thread::ModuleThread;
use super::worker::Call;
use hot_api::abi::{LiteralEdit, Slice};

impl ModuleThread {
    /// Puts these values, and no others, in place of the library's literals; before `create` too.
    ///
    /// # Errors
    /// See [`CallError`]. [`CallError::Refused`] when a literal cannot have its value, or the module
    /// is too old for this; then nothing has changed.
    pub fn set_literals(
        &mut self,
        values: Vec<LiteralValue>,
        limit: impl Into<CallLimit>,
    ) -> Result<(), CallError> {
        self.call(Call::SetLiterals(values), limit).map(drop)
    }
}

/// The value as the boundary has it; `value` has to outlive the call that it is for (`ABI-5`).
pub(super) fn raw(value: &LiteralValue) -> LiteralEdit {
    let LiteralValue { place, index, compiled, kind, value } = value;
    LiteralEdit {
        place: Slice::new(place.as_bytes()),
        compiled: Slice::new(compiled.as_bytes()),
        value: Slice::new(value.as_bytes()),
        index: *index,
        kind: *kind,
    }
}
