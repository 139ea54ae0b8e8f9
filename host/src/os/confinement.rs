//! A process that can write no file, start no program, and open no socket: the one door to `landlock` and `seccompiler`.
//!
//! Owns: what is taken from this process, and which of its descriptors stay open. Never: gives anything back.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "descriptors that nobody in this process knows are closed")
)]

use std::fs::File;
use std::io;

/// Standard input and output of this process for its own use. Whatever else reads from standard input finds nothing,
/// and what it writes to standard output goes where errors go; no other descriptor stays open. To be called before
/// anything has opened one.
///
/// # Errors
/// Those of the system.
#[cfg(unix)]
pub(crate) fn take_pipes() -> io::Result<(File, File)> {
    use rustix::io::fcntl_dupfd_cloexec;
    /// Far from those that a program closes which closes all that it does not know.
    const OUT_OF_THE_WAY: i32 = 100;
    close_inherited();
    let input = fcntl_dupfd_cloexec(rustix::stdio::stdin(), OUT_OF_THE_WAY)?;
    let output = fcntl_dupfd_cloexec(rustix::stdio::stdout(), OUT_OF_THE_WAY)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok((input.into(), output.into()))
}

/// Elsewhere what is written to standard output is taken for part of an answer.
///
/// # Errors
/// Those of the system.
#[cfg(windows)]
pub(crate) fn take_pipes() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle as _;
    let input = io::stdin().as_handle().try_clone_to_owned()?;
    let output = io::stdout().as_handle().try_clone_to_owned()?;
    Ok((input.into(), output.into()))
}

#[cfg(target_os = "linux")]
fn close_inherited() {
    const FIRST: libc::c_uint = 3;
    // SAFETY: a system call that touches no memory; this process has opened nothing yet, so whatever is open beside
    // the standard descriptors was inherited, and nobody here knows it.
    let _old_kernel = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, 0) };
}

#[cfg(all(unix, not(target_os = "linux")))]
fn close_inherited() {}

/// Confines this process, as far as the system can. To be called before there is another thread. Returns what it
/// lacks, in words.
#[cfg(target_os = "linux")]
pub(crate) fn confine() -> Vec<String> {
    let files = linux::confine_to_reading().err();
    let sockets = linux::refuse_sockets().err();
    files.into_iter().chain(sockets).collect()
}

/// Elsewhere nothing is confined.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine() -> Vec<String> {
    vec!["this system offers nothing that confines a process".to_owned()]
}

#[cfg(target_os = "linux")]
mod linux {
    use landlock::{
        ABI, Access as _, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
        RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
    };
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    use std::collections::BTreeMap;

    /// The newest version of Landlock whose rights are asked for; older kernels give fewer.
    const LANDLOCK: ABI = ABI::V6;

    /// What any program may write to: nothing that is written there stays.
    const SINKS: [&str; 2] = ["/dev/null", "/dev/zero"];

    /// No file is written, made or executed, and no signal reaches another process.
    pub(super) fn confine_to_reading() -> Result<(), String> {
        let status = landlocked().map_err(|error| format!("Landlock: {error}"))?;
        match status {
            RulesetStatus::NotEnforced => Err("this kernel has no Landlock".to_owned()),
            RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        }
    }

    fn landlocked() -> Result<RulesetStatus, RulesetError> {
        let refused = AccessFs::from_write(LANDLOCK) | AccessFs::Execute;
        let rules = Ruleset::default().handle_access(refused)?.scope(Scope::from_all(LANDLOCK))?;
        let mut rules = rules.create()?;
        for sink in SINKS {
            if let Ok(sink) = PathFd::new(sink) {
                let allowed = AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev;
                rules = rules.add_rule(PathBeneath::new(sink, allowed))?;
            }
        }
        Ok(rules.restrict_self()?.ruleset)
    }

    /// No socket of any kind: Landlock covers neither UDP nor sockets with a path. `io_uring` could open them as well.
    pub(super) fn refuse_sockets() -> Result<(), String> {
        let refused = [libc::SYS_socket, libc::SYS_io_uring_setup];
        let rules: BTreeMap<_, _> = refused.into_iter().map(|call| (call, Vec::new())).collect();
        let filter = || {
            let refuse = SeccompAction::Errno(libc::EPERM as u32);
            let arch = std::env::consts::ARCH.try_into()?;
            let program: BpfProgram =
                SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()?;
            Ok::<_, seccompiler::BackendError>(program)
        };
        let program = filter().map_err(|error| format!("seccomp: {error}"))?;
        seccompiler::apply_filter(&program).map_err(|error| format!("seccomp: {error}"))
    }
}
