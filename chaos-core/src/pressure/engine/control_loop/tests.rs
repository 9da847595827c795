use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::pressure::PressureLevel;
use crate::pressure::notification::Notification;

/// A load whose level comes from a closure.
struct Scripted<F> {
    script: F,
    level: f64,
    saturation: Option<&'static str>,
}

impl<F: FnMut(&Arc<PressureState>) -> Result<f64, String>> Scripted<F> {
    fn new(script: F) -> Self {
        Self {
            script,
            level: 0.0,
            saturation: None,
        }
    }
}

impl<F: FnMut(&Arc<PressureState>) -> Result<f64, String> + Send + 'static> Load for Scripted<F> {
    fn adjust_to(&mut self, _: f64, state: &Arc<PressureState>) -> Result<(), String> {
        self.level = (self.script)(state)?;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.level
    }

    fn sampling_interval(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn saturation(&self) -> Option<&'static str> {
        self.saturation
    }
}

type Report = (Option<PressureChange>, PressureLevel);

/// Starts a control loop with a requested level of 100, and returns its notifications.
fn started(
    script: impl FnMut(&Arc<PressureState>) -> Result<f64, String> + Send + 'static,
) -> (Arc<PressureState>, Receiver<Report>) {
    let state = PressureState::for_test();
    let (sender, reports) = channel();
    state
        .attach_observer(Box::new(move |Notification { change, level, .. }| {
            let _ = sender.send((change, level));
        }))
        .unwrap();
    start(&state, Scripted::new(script)).unwrap();
    (state, reports)
}

fn changes(reports: Receiver<Report>) -> Vec<PressureChange> {
    reports
        .into_iter()
        .filter_map(|(change, _)| change)
        .collect()
}

#[test]
fn a_panicking_control_loop_fails_its_pressure_and_releases_it() {
    let (state, reports) = started(|_| panic!("on purpose"));
    assert_eq!(
        changes(reports),
        [PressureChange::Failed, PressureChange::GivenBack]
    );
    assert!(state.is_gone());
    let Some(PressureEnd::Failed(why)) = state.end() else {
        panic!("{:?}", state.end());
    };
    assert!(why.contains("panicked"), "{why}");
}

#[test]
fn a_load_that_can_not_reach_its_level_fails_with_the_last_level() {
    let mut turn = 0;
    let (state, reports) = started(move |_| {
        turn += 1;
        if turn < 3 {
            Ok(42.0)
        } else {
            Err("no more is available".to_owned())
        }
    });
    assert_eq!(
        changes(reports),
        [PressureChange::Failed, PressureChange::GivenBack]
    );
    let why = state.end().unwrap().to_string();
    assert_eq!(why, "cpu: 42.0 of 100.0 % of a core: no more is available");
}

#[test]
fn a_load_that_took_all_there_is_took_effect_without_being_reached() {
    let state = PressureState::for_test();
    let (sender, changes) = channel();
    state
        .attach_observer(Box::new(move |notification| {
            let _ = sender.send((notification.change, notification.why));
        }))
        .unwrap();
    let load = Scripted {
        saturation: Some("no more is there"),
        ..Scripted::new(|_: &Arc<PressureState>| Ok(40.0))
    };
    start(&state, load).unwrap();
    let why = Some("no more is there".to_owned());
    assert_eq!(
        changes.recv().unwrap(),
        (Some(PressureChange::Saturated), why)
    );
    assert!(state.took_effect() && !state.was_reached());
    state.stop(PressureEnd::Dropped);
}

#[test]
fn the_release_is_reported_once_with_the_last_level() {
    let (state, reports) = started(|_| Ok(100.0));
    let (reached, level) = reports.recv().unwrap();
    assert_eq!(reached, Some(PressureChange::Reached));
    assert!((level.achieved - 100.0).abs() < 1e-9);
    state.stop(PressureEnd::Dropped);
    let reports: Vec<_> = reports.into_iter().collect();
    // A slow machine may add regular level reports in between.
    let [.., (given_back, level), (no_change, released)] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(*given_back, Some(PressureChange::GivenBack));
    assert!((level.achieved - 100.0).abs() < 1e-9);
    assert_eq!(*no_change, None);
    assert!(released.achieved.abs() < 1e-9);
}

#[test]
fn a_stop_during_an_adjustment_keeps_the_level_of_that_adjustment() {
    let (state, reports) = started(|state| {
        state.stop(PressureEnd::Dropped);
        Ok(7.0)
    });
    let (given_back, level) = reports.recv().unwrap();
    assert_eq!(given_back, Some(PressureChange::GivenBack));
    assert!((level.achieved - 7.0).abs() < 1e-9);
    drop(state);
}

#[test]
fn an_observer_that_blocks_and_panics_does_not_delay_the_release() {
    struct SignalOnDrop(std::sync::mpsc::Sender<()>);
    impl Drop for SignalOnDrop {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let state = PressureState::for_test();
    let (go_on, may_go_on) = channel::<()>();
    state
        .attach_observer(Box::new(move |notification| {
            if notification.change == Some(PressureChange::Reached) {
                may_go_on.recv().unwrap();
                panic!("on purpose");
            }
        }))
        .unwrap();
    let (sender, released) = channel();
    let signal = SignalOnDrop(sender);
    let load = Scripted::new(move |_: &Arc<PressureState>| {
        let _owned = &signal;
        Ok(100.0)
    });
    start(&state, load).unwrap();
    while !state.was_reached() {
        std::thread::yield_now();
    }
    state.stop(PressureEnd::Dropped);
    released.recv().unwrap();
    assert!(!state.is_gone(), "the observer was not notified yet");
    go_on.send(()).unwrap();
    while !state.is_gone() {
        std::thread::yield_now();
    }
}

#[test]
fn a_pressure_is_gone_only_after_its_worker_threads_have_exited() {
    /// Delays the exit of the thread that owns it.
    struct DelayedExit(Receiver<()>);
    impl Drop for DelayedExit {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<DelayedExit>> = const { std::cell::RefCell::new(None) };
    }
    let state = PressureState::for_test();
    let (exit, may_exit) = channel();
    state
        .spawn_worker(SMALL_STACK, move |state| {
            LAST.set(Some(DelayedExit(may_exit)));
            while state.wait(Duration::MAX) == WaitOutcome::TimedOut {}
        })
        .unwrap();
    start(&state, Scripted::new(|_: &Arc<PressureState>| Ok(100.0))).unwrap();
    state.stop(PressureEnd::Dropped);
    let stopped = Instant::now();
    while stopped.elapsed() < Duration::from_millis(100) {
        assert!(!state.is_gone());
        std::thread::yield_now();
    }
    exit.send(()).unwrap();
    while !state.is_gone() {
        std::thread::yield_now();
    }
}
