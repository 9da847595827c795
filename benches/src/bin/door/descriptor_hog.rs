//! A thread that takes all descriptors of the process, as a service does that is flooded with connections.

use std::fs::File;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Takes all descriptors, and each that becomes free, until this is dropped.
pub(crate) struct DescriptorHog(Option<(Sender<()>, JoinHandle<()>)>);

/// The pause between two attempts to take more.
const PAUSE: Duration = Duration::from_millis(1);

impl DescriptorHog {
    /// Returns once there is no descriptor left.
    pub(crate) fn start() -> Self {
        let (stop, is_stopped) = channel::<()>();
        let (took_all, has_taken_all) = channel();
        let taking = std::thread::spawn(move || {
            let mut taken = Vec::new();
            loop {
                taken.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
                let _ = took_all.send(());
                if is_stopped.recv_timeout(PAUSE) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        has_taken_all.recv().expect("it takes them");
        Self(Some((stop, taking)))
    }
}

impl Drop for DescriptorHog {
    fn drop(&mut self) {
        if let Some((stop, taking)) = self.0.take() {
            drop(stop);
            taking.join().expect("it gives them back");
        }
    }
}
