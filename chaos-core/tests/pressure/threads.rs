//! Threads.

use chaos_core::Pressure;
use chaos_core::error::PressureError;

use crate::child;
use crate::memory::mapped_bytes;
use crate::wait::wait_until;

pub(crate) fn thread_count() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn threads_exist_until_the_pressure_ends() {
    child::isolated(|| {
        let before = thread_count();
        let mapped = mapped_bytes();
        let pressure = Pressure::threads(250).start().unwrap();
        wait_until("it is reached", || pressure.was_reached());
        assert!(thread_count() >= before + 250);
        let each = (mapped_bytes() - mapped) / 250 / 1024;
        assert!(each < 128, "their stacks are small: {each} KiB");
        drop(pressure);
        wait_until("all have exited", || thread_count() <= before);
    });
}

#[test]
fn threads_that_do_not_fit_are_refused_with_the_figures() {
    let refused = Pressure::threads(u32::MAX).start().unwrap_err();
    let PressureError::NoRoom { shortage, .. } = &refused else {
        panic!("{refused}");
    };
    assert_eq!(shortage.requested, u64::from(u32::MAX));
    assert!(shortage.reserve > 0);
}
