use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_standalone_disk_fill_needs_consent_and_a_clock_skew_a_manager() {
    let refused = Pressure::disk_fill(1).start().unwrap_err();
    assert!(matches!(
        refused,
        PressureError::NeedsConsent(PressureKind::DiskFill)
    ));
    let refused = Pressure::clock_ahead(SECOND).start().unwrap_err();
    assert!(matches!(
        refused,
        PressureError::NeedsManager(PressureKind::Clock)
    ));
}

#[tokio::test]
async fn a_standalone_pressure_is_held_for_five_minutes_by_default() {
    let left = |pressure: Pressure| pressure.start().unwrap().state().time_left();
    let pool = || Pressure::blocking_pool(1);
    let default = left(pool());
    assert!(default <= 300 * SECOND && default > 200 * SECOND);
    assert!(left(pool().hold(1_000 * SECOND)) > 900 * SECOND);
}

#[test]
fn runtime_pressures_need_a_runtime() {
    for pressure in [
        Pressure::runtime_workers(1, SECOND),
        Pressure::blocking_pool(1),
    ] {
        let refused = pressure.start().unwrap_err();
        assert!(matches!(refused, PressureError::NoRuntime(_)), "{refused}");
    }
}

#[tokio::test]
async fn blocking_more_workers_than_the_runtime_has_is_refused() {
    let refused = Pressure::runtime_workers(2, SECOND).start().unwrap_err();
    assert!(
        refused.to_string().contains("the runtime has 1"),
        "{refused}"
    );
}
