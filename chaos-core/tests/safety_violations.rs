//! What safety limits had to do is counted, by the limit, and reported to the recorder.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chaos_core::adapter::Outcome;
use chaos_core::{
    Actor, BlastRadius, ChaosManager, Condition, Experiment, Failure, Fault, Site, metric,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

type Counts = BTreeMap<String, u64>;

fn failing(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"))
}

fn capped(name: &str) -> Experiment {
    failing(name).blast_radius(BlastRadius::points_at("pms").at_most(1))
}

fn calls(pms: &Site, times: usize) {
    for _ in 0..times {
        let _ = pms.point_blocking("reserve");
    }
}

/// How often each limit had to step in, without those that never did.
fn counted(chaos: &ChaosManager) -> Counts {
    let mut violations = chaos.overview().totals.violations;
    assert_eq!(violations.len(), 6, "{violations:?}");
    violations.retain(|_, count| *count > 0);
    violations
}

/// What the recorder has counted.
struct Recorded {
    snapshotter: Snapshotter,
    counts: Counts,
}

impl Recorded {
    /// Takes in what was reported since, as a snapshot sets counters back.
    fn update(&mut self) {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            if let DebugValue::Counter(count) = value
                && key.key().name() == metric::SAFETY_VIOLATION.name
            {
                let kind = key.key().labels().next().unwrap().value();
                *self.counts.entry(kind.to_owned()).or_default() += count;
            }
        }
    }

    /// Waits until it and the manager have counted this.
    #[track_caller]
    fn await_counts(&mut self, chaos: &ChaosManager, expected: &[(&str, u64)]) {
        let expected = expected
            .iter()
            .map(|(limit, count)| ((*limit).to_owned(), *count));
        let expected: Counts = expected.collect();
        // A bound against hanging, which judges no speed.
        let deadline = Instant::now() + Duration::from_secs(60);
        while counted(chaos) != expected || self.counts != expected {
            let counts = &self.counts;
            assert!(Instant::now() < deadline, "{counts:?} is not {expected:?}");
            std::thread::yield_now();
            self.update();
        }
    }
}

/// By itself in this process, as it sets the recorder of the process.
#[test]
fn each_limit_that_steps_in_is_counted_once_and_planned_ends_are_not() {
    let recorder = DebuggingRecorder::new();
    let mut recorded = Recorded {
        snapshotter: recorder.snapshotter(),
        counts: Counts::new(),
    };
    recorder.install().unwrap();
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");

    drop(chaos.start(failing("dropped")).unwrap());
    let dry = chaos.start(capped("dry").dry_run()).unwrap();
    calls(&pms, 2);
    drop(dry);
    chaos.halt();
    chaos.resume();
    recorded.await_counts(&chaos, &[]);

    let total = chaos.start(capped("total")).unwrap();
    calls(&pms, 3);
    drop(total);
    recorded.await_counts(&chaos, &[("total_cap", 1)]);

    let undone = chaos.start(failing("undone")).unwrap();
    undone.on_end(|| panic!("an undo"));
    drop(undone);
    recorded.await_counts(&chaos, &[("total_cap", 1), ("undo", 1)]);

    let judged = failing("judged").abort_when(Condition::consecutive_failures(1).at("pms"));
    let judged = chaos.start(judged).unwrap();
    let observed = pms.observe().expect("a condition judges it");
    observed.finish(Outcome::Failure);
    let lapsed = chaos.on_behalf_of(Actor::Code).lease(Duration::ZERO);
    let lapsed = lapsed.start(vec![failing("lapsed")]).unwrap();
    let all = [("aborted", 1), ("lease", 1), ("total_cap", 1), ("undo", 1)];
    recorded.await_counts(&chaos, &all);
    drop((judged, lapsed));
}
