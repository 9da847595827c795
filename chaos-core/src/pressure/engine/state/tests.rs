use super::*;

#[test]
fn nothing_registers_after_the_end() {
    let state = PressureState::for_test();
    let registration = state.register();
    assert!(registration.is_some());
    state.stop(PressureEnd::Dropped);
    assert!(state.register().is_none());
    assert!(!state.is_gone(), "one is still registered");
    drop(registration);
    assert!(state.is_gone());
    assert!(state.register().is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn finished_workers_are_reaped_before_the_end() {
    let state = PressureState::for_test();
    state.spawn_worker(64 << 10, |_| {}).unwrap();
    while !state.workers().is_empty() {
        state.reap_finished_workers();
        std::thread::yield_now();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_still_works_is_not_reaped() {
    let state = PressureState::for_test();
    let (release, until) = std::sync::mpsc::channel::<()>();
    let work = move |_: &Arc<PressureState>| {
        let _ = until.recv();
    };
    state.spawn_worker(64 << 10, work).unwrap();
    state.reap_finished_workers();
    assert_eq!(state.workers().len(), 1);
    drop(release);
    state.join_workers();
}

#[test]
fn a_late_registration_does_not_report_the_release_again() {
    let state = PressureState::for_test();
    let (sender, received) = std::sync::mpsc::channel();
    state
        .attach_observer(Box::new(move |notification| {
            let _ = sender.send(notification.change);
        }))
        .unwrap();
    let registration = state.register();
    state.stop(PressureEnd::Dropped);
    drop(registration);
    for _ in 0..100 {
        assert!(state.register().is_none());
    }
    let received: Vec<_> = received.into_iter().collect();
    assert_eq!(received, [Some(PressureChange::GivenBack), None]);
}

#[test]
fn only_the_first_end_counts() {
    let state = PressureState::for_test();
    assert!(state.stop(PressureEnd::HoldElapsed));
    assert!(!state.stop(PressureEnd::Dropped));
    assert_eq!(state.end(), Some(&PressureEnd::HoldElapsed));
}

struct Reports(Sender<()>);

impl std::task::Wake for Reports {
    fn wake(self: Arc<Self>) {
        let _ = self.0.send(());
    }
}

#[test]
fn a_stop_runs_no_waker() {
    let state = PressureState::for_test();
    let registration = state.register();
    let (sender, woken) = std::sync::mpsc::channel();
    let waker = Arc::new(Reports(sender)).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut gone = std::pin::pin!(state.gone());
    assert!(gone.as_mut().poll(&mut context).is_pending());
    state.mark_reached();
    state.stop(PressureEnd::Dropped);
    assert!(woken.try_recv().is_err());
    drop(registration);
    assert_eq!(woken.try_recv(), Ok(()));
    assert!(gone.as_mut().poll(&mut context).is_ready());
}

#[test]
fn threads_that_ask_keep_the_deadline() {
    let with_deadline = |deadline| {
        let schedule = Schedule {
            ramp: Duration::ZERO,
            hold: None,
        };
        let unit = PressureUnit::PercentOfCore;
        PressureState::new(PressureKind::Cpu, unit, 100.0, schedule, deadline)
    };
    let later = with_deadline(Instant::now().checked_add(Duration::from_secs(3_600)));
    assert!(!later.is_stopping());
    assert_eq!(later.end(), None);
    let now = with_deadline(Some(Instant::now()));
    assert!(now.is_stopping());
    assert_eq!(now.end(), Some(&PressureEnd::Dropped));
}
