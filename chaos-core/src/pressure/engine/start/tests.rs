use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn filling_a_disk_alone_needs_consent_and_a_clock_a_manager() {
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
async fn alone_it_is_held_for_five_minutes_unless_said() {
    let left = |pressure: Pressure| pressure.start().unwrap().state().time_left();
    let pool = || Pressure::blocking_pool(1);
    let unless_said = left(pool());
    assert!(unless_said <= 300 * SECOND && unless_said > 200 * SECOND);
    assert!(left(pool().hold(1_000 * SECOND)) > 900 * SECOND);
}

#[test]
fn starving_a_runtime_needs_one() {
    for pressure in [
        Pressure::runtime_workers(1, SECOND),
        Pressure::blocking_pool(1),
    ] {
        let refused = pressure.start().unwrap_err();
        assert!(matches!(refused, PressureError::NoRuntime(_)), "{refused}");
    }
}

#[tokio::test]
async fn no_more_workers_are_blocked_than_there_are() {
    let refused = Pressure::runtime_workers(2, SECOND).start().unwrap_err();
    assert!(
        refused.to_string().contains("the runtime has 1"),
        "{refused}"
    );
}
