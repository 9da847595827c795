//! A wall clock that jumps, by `libfaketime`; the machine's own clock stays as it is.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// The variable that names the file with the offset of the clock.
pub(crate) const OFFSET_FILE: &str = "FAKETIME_TIMESTAMP_FILE";

/// A clock that jumps forwards and backwards by days until this is dropped.
pub(super) struct ClockJumps(Option<(Sender<()>, JoinHandle<()>)>);

impl ClockJumps {
    const EVERY: Duration = Duration::from_millis(10);
    const FAR: Duration = Duration::from_secs(86_400);

    pub(super) fn begin() -> Self {
        let file = std::env::var_os(OFFSET_FILE).expect("a file with the offset");
        let before = SystemTime::now();
        jump(Path::new(&file), "-172800");
        let after = SystemTime::now();
        assert!(after + Self::FAR < before, "the clock does not jump");
        let (stop, is_stopped) = channel::<()>();
        let jumping = std::thread::spawn(move || {
            for offset in ["+172800", "-172800"].iter().cycle() {
                jump(Path::new(&file), offset);
                if is_stopped.recv_timeout(Self::EVERY) != Err(RecvTimeoutError::Timeout) {
                    return jump(Path::new(&file), "+0");
                }
            }
        });
        Self(Some((stop, jumping)))
    }
}

impl Drop for ClockJumps {
    fn drop(&mut self) {
        if let Some((stop, jumping)) = self.0.take() {
            drop(stop);
            jumping.join().expect("the file can be written");
        }
    }
}

/// Changes the offset at once: a file that is half written would end the process.
pub(crate) fn jump(file: &Path, offset: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, format!("{offset}\n")).expect("a writable directory");
    std::fs::rename(new, file).expect("a writable directory");
}
