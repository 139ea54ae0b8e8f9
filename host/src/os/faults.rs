//! Faults in memory, told before they end the process.
//!
//! Never: keeps the process from ending, or does after a fault what needs more than the stack.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "handlers of signals are installed and read through libc")
)]

/// The address that was used, and whether it was written to, where the system tells.
pub(crate) type OnFault = fn(address: u64, is_write: Option<bool>);

/// Has `on_fault` be called when the process is about to end by a fault in memory. It runs within the handler of a
/// signal, so it must neither allocate nor wait for a lock. What else would happen then happens after it.
#[cfg(target_os = "linux")]
pub(crate) fn tell(on_fault: OnFault) {
    linux::install(on_fault);
}

/// Elsewhere nothing is told.
#[cfg(not(target_os = "linux"))]
pub(crate) fn tell(_on_fault: OnFault) {}

#[cfg(target_os = "linux")]
mod linux {
    use super::OnFault;
    use once_cell::sync::OnceCell;
    use std::ffi::c_void;
    use std::mem::MaybeUninit;

    const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

    static ON_FAULT: OnceCell<OnFault> = OnceCell::new();
    /// What would happen without this, for each of [`SIGNALS`]: Rust's own handlers tell of overflowed stacks.
    static BEFORE: OnceCell<[libc::sigaction; SIGNALS.len()]> = OnceCell::new();

    pub(super) fn install(on_fault: OnFault) {
        let before = SIGNALS.map(current);
        if ON_FAULT.set(on_fault).is_err() || BEFORE.set(before).is_err() {
            return;
        }
        for signal in SIGNALS {
            // SAFETY: zeros are a value of it; the handler is of the kind that SA_SIGINFO asks for.
            unsafe {
                let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                action.sa_sigaction = on_signal as *const () as libc::sighandler_t;
                // Also when the thread's own stack is used up.
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigaction(signal, &raw const action, std::ptr::null_mut());
            }
        }
    }

    fn current(signal: libc::c_int) -> libc::sigaction {
        let mut found = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: with a null action the system only writes to `found`; zeros are a value of it.
        unsafe {
            libc::sigaction(signal, std::ptr::null(), found.as_mut_ptr());
            found.assume_init()
        }
    }

    unsafe extern "C" fn on_signal(
        signal: libc::c_int,
        info: *mut libc::siginfo_t,
        context: *mut c_void,
    ) {
        // SAFETY: the system passes both to such a handler.
        let (address, is_sent, is_write) =
            unsafe { ((*info).si_addr() as u64, (*info).si_code <= 0, is_write(context)) };
        if let Some(on_fault) = ON_FAULT.get().filter(|_| !is_sent) {
            on_fault(address, is_write);
        }
        let before = BEFORE.get().zip(SIGNALS.iter().position(|known| *known == signal));
        // SAFETY: what was read from the system is given back to it; sigaction(2) and raise(3) are allowed here. After
        // this handler the instruction faults once more, and what was there before this hears of it; a signal that was
        // sent has to be sent again.
        unsafe {
            if let Some((before, at)) = before {
                libc::sigaction(signal, &raw const before[at], std::ptr::null_mut());
            }
            if is_sent {
                libc::raise(signal);
            }
        }
    }

    /// # Safety
    /// `context` is what the system passes to a handler.
    #[cfg(target_arch = "x86_64")]
    unsafe fn is_write(context: *mut c_void) -> Option<bool> {
        /// The bit of a page fault's error code.
        const WRITE: libc::greg_t = 1 << 1;
        // SAFETY: promised by the caller.
        let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        Some(registers[libc::REG_ERR as usize] & WRITE != 0)
    }

    /// # Safety
    /// None is needed: nothing is read.
    #[cfg(not(target_arch = "x86_64"))]
    unsafe fn is_write(_context: *mut c_void) -> Option<bool> {
        None
    }
}
