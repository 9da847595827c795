//! Pressures as part of experiments.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chaos_core::error::{ConsentNeeded, PressureError};
use chaos_core::pressure::PressureChange;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, EndReason, Environment, Error, Event, Experiment,
    ExperimentFile, ExperimentState, Fault, Format, JournalEntry, JournalSink, Pressure, Rate,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::memory::mapped;
use crate::patience::wait_until;

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::because("a test"))
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// What the journal says of pressures, in order.
fn changes(chaos: &ChaosManager) -> Vec<(PressureChange, f64, f64)> {
    chaos
        .journal()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::Pressure { change, level, .. } => {
                Some((change, level.requested, level.achieved))
            }
            _ => None,
        })
        .collect()
}

const YAML: &str = "
version: 1
experiments:
  - name: busy
    fault: { exhaust: { cpu: { workers: 1, duty: 20% }, ramp: 100ms } }
    blast_radius: { everything: a test }
  - name: full
    faults:
      - exhaust: { memory: { bytes: 40000000 } }
      - exhaust: { threads: 20 }
    blast_radius: { everything: a test }
";

#[test]
fn a_file_starts_pressures_and_a_halt_gives_everything_back() {
    child::passes("experiments::from_a_file");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn from_a_file() {
    assert!(child::plays("experiments::from_a_file"));
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let idle = threads();
    let file = ExperimentFile::parse(YAML, Format::Yaml, "chaos.yaml").unwrap();
    let guards = chaos.start_file(file).unwrap();
    wait_until("all are reached", || {
        let reached =
            |(change, ..): &(PressureChange, f64, f64)| *change == PressureChange::Reached;
        changes(&chaos)
            .iter()
            .filter(|change| reached(change))
            .count()
            == 3
    });
    let full: Vec<_> = guards[1].pressure();
    assert!((full[0].achieved - 40_000_000.0).abs() < 1.0);
    assert!((full[1].achieved - 20.0).abs() < 0.1);
    assert!(threads() >= idle + 20);
    chaos.halt();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(chaos.halted());
    let given_back = |guard: &chaos_core::ExperimentGuard| {
        guard.pressure().iter().all(|level| level.achieved == 0.0)
    };
    assert!(guards.iter().all(given_back));
    let told = changes(&chaos);
    let given_back: Vec<_> = told
        .iter()
        .filter(|(change, ..)| *change == PressureChange::GivenBack)
        .collect();
    assert_eq!(given_back.len(), 3, "{told:?}");
    assert!(given_back.iter().any(|(_, requested, achieved)| {
        (requested - 40_000_000.0).abs() < 1.0 && (achieved - 40_000_000.0).abs() < 1.0
    }));
    let written = serde_json::to_string(&chaos.journal()).unwrap();
    let read: Vec<JournalEntry> = serde_json::from_str(&written).unwrap();
    assert_eq!(read, chaos.journal());
}

#[test]
fn a_pressure_that_does_not_fit_refuses_all_and_leaves_nothing() {
    let chaos = ChaosManager::new();
    let experiment = |name: &str, pressure| {
        Experiment::new(name)
            .fault(Fault::exhaust(Pressure::threads(3)))
            .fault(Fault::exhaust(pressure))
            .blast_radius(everything())
    };
    let file = ExperimentFile::new(vec![
        experiment("fits", Pressure::threads(3)),
        experiment("too large", Pressure::memory(1 << 60)),
    ]);
    let chaos_in_test = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    let refused = chaos_in_test.start_file(file).unwrap_err();
    let Error::Pressure {
        experiment: name,
        source,
    } = &refused
    else {
        panic!("{refused}");
    };
    assert_eq!(name, "too large");
    assert!(matches!(source, PressureError::NoRoom { .. }));
    assert!(refused.to_string().contains("GiB requested"), "{refused}");
    assert!(chaos_in_test.status().is_empty());
    let told = chaos_in_test.journal().into_iter().any(|entry| {
        matches!(&entry.event, Event::Refused { why, .. } if why.contains("stay in reserve"))
    });
    assert!(told);
    drop(
        chaos
            .start(experiment("again", Pressure::threads(1)))
            .unwrap(),
    );
}

#[test]
fn a_start_that_fails_half_way_leaves_nobody_waiting() {
    child::passes("experiments::starts_half_way");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn starts_half_way() {
    assert!(child::plays("experiments::starts_half_way"));
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .build();
    // The thread that keeps time limits is there, and no stack of a thread that has ended.
    let points = BlastRadius::points_at("pms");
    let _first = chaos.inject(points, Fault::panic()).unwrap();
    let experiment = |name| {
        Experiment::new(name)
            .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
                60,
            ))))
            .blast_radius(everything())
    };
    let before = getrlimit(Resource::As);
    let no_more = Rlimit {
        current: Some(mapped() + (1 << 20)),
        ..before
    };
    setrlimit(Resource::As, no_more).unwrap();
    let both = ExperimentFile::new(vec![experiment("a"), experiment("b")]);
    let refused = chaos.start_file(both).unwrap_err();
    setrlimit(Resource::As, before).unwrap();
    assert!(refused.to_string().contains("start a thread"), "{refused}");
    chaos.halt();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let bound = Duration::from_secs(30);
    runtime
        .block_on(async { tokio::time::timeout(bound, chaos.halted()).await })
        .unwrap();
}

#[test]
fn a_pressure_that_gets_no_further_aborts_its_experiment() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let chaos = ChaosManager::new();
    let guard = chaos
        .inject(everything(), Fault::exhaust(Pressure::blocking_pool(3)))
        .unwrap();
    wait_until("it is aborted", || guard.ended().is_some());
    let Some(EndReason::Aborted(why)) = guard.ended() else {
        panic!("{:?}", guard.ended());
    };
    assert!(why.contains("1 of 3 threads"), "{why}");
    wait_until("the journal says so", || {
        changes(&chaos).contains(&(PressureChange::Failed, 3.0, 1.0))
    });
}

#[test]
fn a_dry_run_makes_nothing_and_still_says_what_does_not_fit() {
    let chaos = ChaosManager::new();
    let dry = |pressure| {
        Experiment::new("dry")
            .fault(Fault::exhaust(pressure))
            .blast_radius(everything())
            .dry_run()
    };
    let guard = chaos.start(dry(Pressure::threads(5))).unwrap();
    assert_eq!(guard.pressure(), []);
    drop(guard);
    let refused = chaos.start(dry(Pressure::memory(1 << 60))).unwrap_err();
    assert!(matches!(refused, Error::Pressure { .. }), "{refused}");
    let chaos = ChaosManager::builder().dry_run().build();
    let hour = Duration::from_secs(3_600);
    let clock = Fault::exhaust(Pressure::clock_ahead(hour));
    let _dry = chaos.inject(everything(), clock).unwrap();
    let ahead = chaos.now().duration_since(std::time::SystemTime::now());
    assert!(ahead.unwrap_or_default() < hour / 2);
}

#[test]
fn a_narrower_radius_needs_leave_and_a_full_disk_consent() {
    let chaos = ChaosManager::new();
    let at = |pressure| {
        Experiment::new("x")
            .fault(Fault::exhaust(pressure))
            .blast_radius(BlastRadius::requests_to("orders"))
    };
    let refused = chaos.start(at(Pressure::threads(1))).unwrap_err();
    assert!(matches!(refused, Error::Collateral { .. }), "{refused}");
    drop(
        chaos
            .start(at(Pressure::threads(1)).allow_collateral())
            .unwrap(),
    );
    let refused = chaos
        .start(at(Pressure::disk_fill(1)).allow_collateral())
        .unwrap_err();
    assert!(
        matches!(
            refused,
            Error::NeedsConsent {
                because: ConsentNeeded::Destructive,
                ..
            }
        ),
        "{refused}"
    );
}

#[test]
fn another_instance_than_this_is_left_alone() {
    let chaos = ChaosManager::new();
    let nobody = everything().share_of_instances(Rate::NEVER);
    let guard = chaos
        .inject(nobody, Fault::exhaust(Pressure::memory(1 << 60)))
        .unwrap();
    assert_eq!(guard.pressure(), []);
    assert_eq!(changes(&chaos), []);
}

#[test]
fn what_was_not_there_by_the_end_of_its_hold_is_no_success() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let chaos = ChaosManager::new();
    let short = Pressure::blocking_pool(3).hold(Duration::from_millis(100));
    let guard = chaos.inject(everything(), Fault::exhaust(short)).unwrap();
    wait_until("it is aborted", || guard.ended().is_some());
    let why = guard.ended().unwrap().to_string();
    assert!(why.contains("not there by the end"), "{why}");
}

#[test]
fn a_site_is_not_asked_for_what_has_no_operation() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = chaos
        .inject(everything(), Fault::exhaust(Pressure::threads(1)))
        .unwrap();
    assert_eq!(site.needs(), None);
    let late = chaos.site("another");
    assert_eq!(late.needs(), None);
    let quiet = chaos.journal().iter().all(|entry| {
        !matches!(
            entry.event,
            Event::NotSupported { .. } | Event::Unmatched { .. }
        )
    });
    assert!(quiet, "{:?}", chaos.journal());
    drop(guard);
}

#[test]
fn every_way_to_end_gives_it_back() {
    type End = (&'static str, fn(&ChaosManager));
    let ends: [End; 3] = [
        ("stop", |chaos| chaos.stop("x").unwrap()),
        ("halt", ChaosManager::halt),
        ("time limit", |_| {}),
    ];
    for (name, end) in ends {
        let chaos = ChaosManager::new();
        let mut experiment = Experiment::new("x")
            .fault(Fault::exhaust(Pressure::threads(2)))
            .blast_radius(everything());
        if name == "time limit" {
            experiment = experiment.time_limit(Duration::from_millis(200));
        }
        let guard = chaos.start(experiment).unwrap();
        end(&chaos);
        wait_until(name, || {
            changes(&chaos)
                .iter()
                .any(|(change, ..)| *change == PressureChange::GivenBack)
        });
        assert!(guard.ended().is_some());
    }
    let chaos = ChaosManager::new();
    let fault = Fault::exhaust(Pressure::threads(2));
    drop(chaos.inject(everything(), fault.clone()).unwrap());
    wait_until("drop", || !changes(&chaos).is_empty());
    let guard = chaos.inject(everything(), fault).unwrap();
    drop(chaos);
    assert_eq!(guard.ended(), Some(&EndReason::ManagerDropped));
    wait_until("the manager's drop", || {
        guard.pressure().iter().all(|level| level.achieved == 0.0)
    });
}

/// Keeps who gives back waiting in the midst of it.
struct Slow(Mutex<Option<(Sender<()>, Receiver<()>)>>);

impl JournalSink for Slow {
    fn record(&self, entry: &JournalEntry) {
        if let Event::Pressure { change, .. } = &entry.event
            && *change == PressureChange::GivenBack
            && let Some((begun, go_on)) = self.0.lock().unwrap().take()
        {
            begun.send(()).unwrap();
            go_on.recv().unwrap();
        }
    }
}

#[tokio::test]
async fn halted_waits_until_everything_is_given_back() {
    let ((begun, has_begun), (go_on, may_go_on)) = (channel(), channel());
    let chaos = ChaosManager::builder()
        .journal_to(Slow(Mutex::new(Some((begun, may_go_on)))))
        .build();
    let guard = chaos
        .inject(everything(), Fault::exhaust(Pressure::threads(2)))
        .unwrap();
    chaos.halt();
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    wait_until("the sweep has run", || {
        chaos
            .status()
            .iter()
            .all(|one| matches!(one.state, ExperimentState::Ended(_)))
    });
    let early = tokio::time::timeout(Duration::from_millis(200), chaos.halted()).await;
    assert!(early.is_err());
    go_on.send(()).unwrap();
    chaos.halted().await;
    drop(guard);
}
