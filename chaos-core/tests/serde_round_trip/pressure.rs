//! Generates valid pressures.

use chaos_core::pressure::PressureKind;
use chaos_core::{Pressure, Rate};
use proptest::option;
use proptest::prelude::*;

use super::{consent, duration, inner_rate, rate, words};

pub(super) fn pressure() -> impl Strategy<Value = Pressure> {
    let duty = (10..=100_u32).prop_map(|percent| Rate::percent(f64::from(percent)).unwrap());
    let positive = || 1..=u64::MAX;
    let of_disk = prop_oneof![
        (1..=u32::MAX, 4096..=u64::MAX)
            .prop_map(|(workers, rate)| Pressure::disk_io(workers, rate)),
        positive().prop_map(Pressure::disk_fill),
        (0..=u64::MAX).prop_map(Pressure::disk_fill_leaving),
    ];
    let of_disk = (of_disk, option::of(words())).prop_map(|(pressure, directory)| {
        directory.into_iter().fold(pressure, Pressure::directory)
    });
    let growing = prop_oneof![
        (1..=u32::MAX, duty).prop_map(|(workers, duty)| Pressure::cpu(workers, duty)),
        positive().prop_map(Pressure::memory),
        inner_rate().prop_map(Pressure::memory_share),
        of_disk,
        inner_rate().prop_map(Pressure::descriptors),
        (1..=u32::MAX).prop_map(Pressure::threads),
        (1..=u32::MAX, duration()).prop_map(|(workers, t)| Pressure::runtime_workers(workers, t)),
        (1..=u32::MAX).prop_map(Pressure::blocking_pool),
        duration().prop_map(Pressure::clock_ahead),
        duration().prop_map(Pressure::clock_behind),
    ];
    let growing = (growing, option::of(duration()))
        .prop_map(|(pressure, ramp)| ramp.into_iter().fold(pressure, Pressure::ramp));
    let leaking =
        (positive(), positive()).prop_map(|(rate, at_most)| Pressure::leak(rate, at_most));
    let held = (
        option::of(duration()),
        option::of(rate()),
        option::of(consent()),
    );
    (prop_oneof![9 => growing, 1 => leaking], held).prop_map(|(pressure, held)| {
        let (hold, reserve, consent) = held;
        let pressure = hold.into_iter().fold(pressure, Pressure::hold);
        // Only the other kinds have a reserve.
        let reserve = match pressure.kind() {
            PressureKind::Cpu
            | PressureKind::Descriptors
            | PressureKind::RuntimeWorkers
            | PressureKind::Clock => None,
            _ => reserve,
        };
        let pressure = reserve.into_iter().fold(pressure, Pressure::reserve);
        let consent = consent.filter(|_| pressure.kind() == PressureKind::DiskFill);
        consent.into_iter().fold(pressure, Pressure::consent)
    })
}
