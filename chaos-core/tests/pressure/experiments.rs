//! Pressures in experiments.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use chaos_core::error::{ConsentNeeded, PressureError};
use chaos_core::pressure::PressureChange;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, EndReason, Environment, Error, Event, Experiment,
    ExperimentFile, Fault, Format, JournalEntry, JournalSink, Pressure, Rate,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;
use crate::memory::mapped_bytes;
use crate::threads::thread_count;
use crate::wait::wait_until;

fn everything() -> BlastRadius {
    BlastRadius::everything(Consent::by("a test").unwrap())
}

/// Returns the journalled changes of pressures with their requested and achieved levels.
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
    blast_radius: { everything: { who: a test } }
  - name: full
    faults:
      - exhaust: { memory: { bytes: 40000000 } }
      - exhaust: { threads: 20 }
    blast_radius: { everything: { who: a test } }
";

#[test]
fn a_file_starts_pressures_and_a_halt_gives_everything_back() {
    child::isolated(|| {
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        let idle = thread_count();
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
        assert!(thread_count() >= idle + 20);
        chaos.halt();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(chaos.halted());
        let given_back = |guard: &chaos_core::ExperimentGuard| {
            guard.pressure().iter().all(|level| level.achieved == 0.0)
        };
        assert!(guards.iter().all(given_back));
        let changes = changes(&chaos);
        let given_back: Vec<_> = changes
            .iter()
            .filter(|(change, ..)| *change == PressureChange::GivenBack)
            .collect();
        assert_eq!(given_back.len(), 3, "{changes:?}");
        assert!(given_back.iter().any(|(_, requested, achieved)| {
            (requested - 40_000_000.0).abs() < 1.0 && (achieved - 40_000_000.0).abs() < 1.0
        }));
        let written = serde_json::to_string(&chaos.journal()).unwrap();
        let read: Vec<JournalEntry> = serde_json::from_str(&written).unwrap();
        assert_eq!(read, chaos.journal());
    });
}

#[test]
fn a_pressure_that_does_not_fit_refuses_the_whole_file() {
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
    let journalled = chaos_in_test.journal().into_iter().any(|entry| {
        matches!(&entry.event, Event::Refused { why, .. } if why.contains("stay in reserve"))
    });
    assert!(journalled);
    drop(
        chaos
            .start(experiment("again", Pressure::threads(1)))
            .unwrap(),
    );
}

#[test]
fn a_start_that_fails_half_way_does_not_block_halted() {
    child::isolated(|| {
        let chaos = ChaosManager::builder()
            .environment(Environment::Test)
            .build();
        // Starts the guardian thread now, and leaves no stack of a finished thread for reuse.
        let points = BlastRadius::points_at("pms");
        let _first = chaos.inject(points, Fault::panic()).unwrap();
        // A thread that is still about to start would abort the process for lack of memory.
        wait_until("all threads have started", || {
            let threads = std::fs::read_dir("/proc/self/task").unwrap();
            // Such as `4711 (chaos-guardian) S 1 …`: it sleeps once it waits for work.
            let stats = threads.filter_map(|thread| {
                std::fs::read_to_string(thread.ok()?.path().join("stat")).ok()
            });
            let asleep = stats.filter_map(|stat| {
                let (name, state) = stat.split_once('(')?.1.split_once(") ")?;
                (name.starts_with("chaos-") && state.starts_with('S')).then(|| name.to_owned())
            });
            let mut asleep: Vec<_> = asleep.collect();
            asleep.sort_unstable();
            let (guardian, cleanup) = ("chaos-guardian", "chaos-cleanup");
            asleep
                == [
                    cleanup,
                    guardian,
                    guardian,
                    "chaos-journal",
                    "chaos-metrics",
                ]
        });
        let experiment = |name| {
            Experiment::new(name)
                .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
                    60,
                ))))
                .blast_radius(everything())
        };
        let before = getrlimit(Resource::As);
        let exhausted = Rlimit {
            current: Some(mapped_bytes() + (1 << 20)),
            ..before
        };
        setrlimit(Resource::As, exhausted).unwrap();
        let both = ExperimentFile::new(vec![experiment("a"), experiment("b")]);
        let refused = chaos.start_file(both).unwrap_err();
        setrlimit(Resource::As, before).unwrap();
        assert!(refused.to_string().contains("start a thread"), "{refused}");
        let ends = chaos
            .journal()
            .into_iter()
            .filter_map(|entry| match entry.event {
                Event::Ended { reason, .. } => Some(reason),
                _ => None,
            });
        let aborted = EndReason::Aborted(refused.to_string());
        assert_eq!(ends.collect::<Vec<_>>(), [aborted.clone(), aborted]);
        chaos.halt();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let timeout = Duration::from_secs(30);
        runtime
            .block_on(async { tokio::time::timeout(timeout, chaos.halted()).await })
            .unwrap();
    });
}

#[test]
fn a_pressure_without_progress_aborts_its_experiment() {
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
    wait_until("the failure is journalled", || {
        changes(&chaos).contains(&(PressureChange::Failed, 3.0, 1.0))
    });
}

#[test]
fn a_dry_run_takes_nothing_and_still_refuses_what_does_not_fit() {
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
fn a_narrow_radius_needs_allowed_collateral_and_a_disk_fill_consent() {
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
fn pressures_for_other_instances_do_not_start() {
    let chaos = ChaosManager::new();
    let no_instance = everything().share_of_instances(Rate::NEVER);
    let guard = chaos
        .inject(no_instance, Fault::exhaust(Pressure::memory(1 << 60)))
        .unwrap();
    assert_eq!(guard.pressure(), []);
    assert_eq!(changes(&chaos), []);
}

#[test]
fn a_level_not_reached_within_the_hold_time_is_a_failure() {
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
    assert!(
        why.contains("not reached before the hold time elapsed"),
        "{why}"
    );
}

#[test]
fn sites_do_not_take_part_in_pressures() {
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
fn every_kind_of_end_gives_everything_back() {
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

/// Blocks while the release of a pressure is recorded.
struct BlockingSink(Mutex<Option<(Sender<()>, Receiver<()>)>>);

impl JournalSink for BlockingSink {
    fn record(&self, entry: &JournalEntry) {
        if let Event::Pressure { change, .. } = &entry.event
            && *change == PressureChange::GivenBack
            && let Some((started, go_on)) = self.0.lock().unwrap().take()
        {
            started.send(()).unwrap();
            go_on.recv().unwrap();
        }
    }
}

#[tokio::test]
async fn halted_waits_for_pressures_but_for_no_sink() {
    let ((started, has_started), (go_on, may_go_on)) = (channel(), channel());
    let chaos = ChaosManager::builder()
        .journal_to(BlockingSink(Mutex::new(Some((started, may_go_on)))))
        .build();
    let guard = chaos
        .inject(everything(), Fault::exhaust(Pressure::threads(2)))
        .unwrap();
    chaos.halt();
    chaos.halted().await;
    assert_eq!(guard.pressure()[0].achieved, 0.0);
    tokio::task::spawn_blocking(move || has_started.recv().unwrap())
        .await
        .unwrap();
    go_on.send(()).unwrap();
}
