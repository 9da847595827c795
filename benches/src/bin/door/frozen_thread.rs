//! A thread that stands still while its process goes on.

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::process::Process;

/// The argument with which this program freezes a thread of another process.
pub(crate) const FREEZE: &str = "--freeze";

/// Freezes a thread of this process until what is returned is dropped.
///
/// # Errors
///
/// When the system does not let a process trace this one.
pub(crate) fn freeze_thread(thread: u32) -> Result<Process, String> {
    let freezer = Process::of_this([FREEZE, &thread.to_string()]);
    match freezer.line()?.as_str() {
        "frozen" => Ok(freezer),
        reason => Err(reason.to_owned()),
    }
}

/// Freezes a thread until this process is killed; prints whether it could.
pub(crate) fn freeze(thread: &str) -> ! {
    let thread = Pid::from_raw(thread.parse().expect("a thread"));
    let frozen = ptrace::seize(thread, ptrace::Options::empty())
        .and_then(|()| ptrace::interrupt(thread))
        .and_then(|()| waitpid(thread, Some(WaitPidFlag::__WALL)));
    match frozen {
        Ok(_) => println!("frozen"),
        Err(error) => println!("no thread can be traced: {error}"),
    }
    loop {
        std::thread::park();
    }
}

/// The threads of this process with a name.
pub(crate) fn threads_named(name: &str) -> Vec<u32> {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux");
    let named = threads.filter_map(|thread| {
        let thread = thread.ok()?;
        let comm = std::fs::read_to_string(thread.path().join("comm")).ok()?;
        (comm.trim_end() == name).then(|| thread.file_name().to_str()?.parse().ok())?
    });
    named.collect()
}
