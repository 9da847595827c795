//! Contains the panics of foreign code: undos, sinks, observers, probes and wakers.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs foreign code, and returns `None` if it panics.
///
/// The panic hook reports the panic. What the panic carries is dropped here, as that runs foreign code too.
pub(crate) fn contain<R>(act: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(result) => Some(result),
        Err(payload) => {
            dispose(payload);
            None
        }
    }
}

/// Drops the payload of a panic; a panic of that drop ends here.
fn dispose(payload: Box<dyn Any + Send>) {
    if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // Leaked, as each drop may panic with another such payload.
        mem::forget(next);
    }
}

#[cfg(test)]
pub(crate) use tests::panic_with_hostile_payload;

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    /// The payload of a panic whose drop panics, a number of times.
    struct PanicsWhenDropped(u32);

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            match self.0 {
                0 => panic!("in the drop of a payload"),
                left => panic_any(PanicsWhenDropped(left - 1)),
            }
        }
    }

    /// Panics with a payload whose drop panics.
    pub(crate) fn panic_with_hostile_payload() {
        panic_any(PanicsWhenDropped(0));
    }

    #[test]
    fn a_result_is_returned() {
        assert_eq!(contain(|| 7), Some(7));
    }

    #[test]
    fn a_panic_is_contained() {
        assert_eq!(contain(|| panic!("on purpose")), None::<()>);
    }

    #[test]
    fn a_payload_that_panics_when_it_is_dropped_is_contained() {
        assert_eq!(contain(panic_with_hostile_payload), None);
    }

    #[test]
    fn so_is_one_whose_drop_panics_with_another() {
        let panics_twice = || panic_any(PanicsWhenDropped(1));
        assert_eq!(contain(panics_twice), None::<()>);
    }
}
