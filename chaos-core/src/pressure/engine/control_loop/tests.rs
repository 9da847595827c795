use std::sync::mpsc::{Receiver, channel};

use super::*;
use crate::pressure::PressureLevel;
use crate::pressure::engine::state::fake::state;
use crate::pressure::notification::Notification;

/// A load that does what a test says.
struct Scripted<F>(F, f64);

impl<F: FnMut(&Arc<PressureState>) -> Result<f64, String> + Send + 'static> Load for Scripted<F> {
    fn adjust_to(&mut self, _share: f64, state: &Arc<PressureState>) -> Result<(), String> {
        self.1 = (self.0)(state)?;
        Ok(())
    }

    fn level(&mut self) -> f64 {
        self.1
    }

    fn sampling_interval(&self) -> Duration {
        Duration::from_millis(1)
    }
}

type Change = (Option<PressureChange>, PressureLevel);

/// Has a pressure of 100 kept, and tells what is told of it.
fn kept(
    script: impl FnMut(&Arc<PressureState>) -> Result<f64, String> + Send + 'static,
) -> (Arc<PressureState>, Receiver<Change>) {
    let state = state();
    let (tell, told) = channel();
    state
        .attach_observer(Box::new(move |Notification { change, level, .. }| {
            let _ = tell.send((change, level));
        }))
        .unwrap();
    keep(&state, Scripted(script, 0.0)).unwrap();
    (state, told)
}

fn changes(told: Receiver<Change>) -> Vec<PressureChange> {
    told.into_iter().filter_map(|(change, _)| change).collect()
}

#[test]
fn a_keeper_that_panics_fails_its_pressure_and_gives_back() {
    let (state, told) = kept(|_| panic!("on purpose"));
    assert_eq!(
        changes(told),
        [PressureChange::Failed, PressureChange::GivenBack]
    );
    assert!(state.is_gone());
    let Some(PressureEnd::Failed(why)) = state.end() else {
        panic!("{:?}", state.end());
    };
    assert!(why.contains("panicked"), "{why}");
}

#[test]
fn one_that_can_never_get_there_fails_and_says_how_far_it_came() {
    let mut turn = 0;
    let (state, told) = kept(move |_| {
        turn += 1;
        if turn < 3 {
            Ok(42.0)
        } else {
            Err("no more is to be had".to_owned())
        }
    });
    let told = changes(told);
    assert_eq!(told, [PressureChange::Failed, PressureChange::GivenBack]);
    let why = state.end().unwrap().to_string();
    assert_eq!(why, "cpu: 42.0 of 100.0 % of a core: no more is to be had");
}

#[test]
fn the_end_is_told_once_with_what_was_held_until_then() {
    let (state, told) = kept(|_| Ok(100.0));
    let (reached, level) = told.recv().unwrap();
    assert_eq!(reached, Some(PressureChange::Reached));
    assert!((level.achieved - 100.0).abs() < 1e-9);
    state.stop(PressureEnd::Dropped);
    let told: Vec<_> = told.into_iter().collect();
    // Levels may come in between, on a machine that takes its time.
    let [.., (given_back, level), (nothing, none)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(*given_back, Some(PressureChange::GivenBack));
    assert!((level.achieved - 100.0).abs() < 1e-9);
    assert_eq!(*nothing, None);
    assert!(none.achieved.abs() < 1e-9);
}

#[test]
fn the_level_is_what_there_was_when_the_end_came_in_the_midst_of_it() {
    let (state, told) = kept(|state| {
        state.stop(PressureEnd::Dropped);
        Ok(7.0)
    });
    let (given_back, level) = told.recv().unwrap();
    assert_eq!(given_back, Some(PressureChange::GivenBack));
    assert!((level.achieved - 7.0).abs() < 1e-9);
    drop(state);
}

#[test]
fn whoever_is_told_keeps_nothing_from_being_given_back_and_may_panic() {
    struct Given(std::sync::mpsc::Sender<()>);
    impl Drop for Given {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let state = state();
    let (go_on, may_go_on) = channel::<()>();
    state
        .attach_observer(Box::new(move |told| {
            if told.change == Some(PressureChange::Reached) {
                may_go_on.recv().unwrap();
                panic!("on purpose");
            }
        }))
        .unwrap();
    let (given, is_given) = channel();
    let given = Given(given);
    keep(
        &state,
        Scripted(
            move |_: &Arc<PressureState>| {
                let _holds = &given;
                Ok(100.0)
            },
            0.0,
        ),
    )
    .unwrap();
    while !state.was_reached() {
        std::thread::yield_now();
    }
    state.stop(PressureEnd::Dropped);
    is_given.recv().unwrap();
    assert!(!state.is_gone(), "nobody has been told so far");
    go_on.send(()).unwrap();
    while !state.is_gone() {
        std::thread::yield_now();
    }
}

#[test]
fn it_is_gone_only_when_its_workers_have_left_for_good() {
    /// Takes its time when its thread ends.
    struct Lingering(Receiver<()>);
    impl Drop for Lingering {
        fn drop(&mut self) {
            let _ = self.0.recv();
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<Lingering>> = const { std::cell::RefCell::new(None) };
    }
    let state = state();
    let (leave, may_leave) = channel();
    state
        .spawn(SMALL_STACK, move |state| {
            LAST.set(Some(Lingering(may_leave)));
            while state.wait(Duration::MAX) == WaitOutcome::TimedOut {}
        })
        .unwrap();
    keep(&state, Scripted(|_: &Arc<PressureState>| Ok(100.0), 0.0)).unwrap();
    state.stop(PressureEnd::Dropped);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(100) {
        assert!(!state.is_gone());
        std::thread::yield_now();
    }
    leave.send(()).unwrap();
    while !state.is_gone() {
        std::thread::yield_now();
    }
}
