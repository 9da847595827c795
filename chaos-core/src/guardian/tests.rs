use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::*;
use crate::contain::panic_with_hostile_payload;

/// Panics with a payload that panics when it is dropped.
struct Hostile;

impl Duty for Hostile {
    fn perform(&self, _now: Instant) -> Next {
        panic_with_hostile_payload();
        Next::Never
    }

    fn tidy(&self) {
        panic_with_hostile_payload();
    }
}

/// Reports that it is performed.
struct Reports(Sender<()>);

impl Duty for Reports {
    fn perform(&self, _now: Instant) -> Next {
        let _ = self.0.send(());
        Next::Never
    }
}

#[test]
fn a_duty_whose_panic_panics_when_dropped_stops_no_later_one() {
    let (sender, performed) = channel();
    let _hostile = watch(Instant::now(), Arc::new(Hostile)).unwrap();
    for _ in 0..3 {
        let later = Instant::now() + Duration::from_millis(5);
        let _watch = watch(later, Arc::new(Reports(sender.clone()))).unwrap();
        // The bound only turns a hang into a failure.
        performed.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}
