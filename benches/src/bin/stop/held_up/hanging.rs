//! User code that hangs until it is released.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::Wake;

/// User code that hangs until its release is dropped.
pub(super) struct Hanging(Mutex<Receiver<()>>);

impl Hanging {
    pub(super) fn new() -> (Sender<()>, Self) {
        let (release, until) = channel();
        (release, Self(Mutex::new(until)))
    }

    pub(super) fn hang(&self) {
        let until = self.0.lock();
        let _ = until.map(|until| until.recv());
    }
}

impl Wake for Hanging {
    fn wake(self: Arc<Self>) {
        self.hang();
    }
}

/// Hangs when it is dropped.
pub(super) struct HangsInDrop(pub(super) Hanging);

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        self.0.hang();
    }
}
