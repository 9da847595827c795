use super::*;
use crate::status::ExperimentState;

#[test]
fn the_same_name_and_kind_give_the_same_site() {
    let chaos = ChaosManager::new();
    let (one, again) = (chaos.site("pms"), chaos.site("pms"));
    let client = chaos.register(SiteKind::Client, "pms", Support::CALLS);
    assert_eq!(chaos.sites().len(), 2);
    let _guard = chaos.start(broken("a", points())).unwrap();
    assert!(one.needs().is_some_and(Needs::decision) && again.needs().is_some_and(Needs::decision));
    assert!(client.needs().is_none());
}

#[test]
fn each_site_is_counted_once() {
    let chaos = ChaosManager::new();
    for service in ["pms", "bank", "pms"] {
        chaos.site(service);
    }
    chaos.register(SiteKind::Client, "pms", Support::CALLS);
    assert_eq!(chaos.0.table().sites.count(), 3);
}

#[test]
fn registering_a_site_again_extends_its_support() {
    let chaos = ChaosManager::new();
    let first = chaos.register(SiteKind::Point, "pms", Support::NONE);
    let refused = chaos.start(broken("a", points())).unwrap_err();
    assert!(matches!(refused, Error::NotSupported { .. }), "{refused}");
    chaos.site("pms");
    let _guard = chaos.start(broken("a", points())).unwrap();
    assert!(first.needs().is_some_and(Needs::decision));
}

#[test]
fn an_injected_fault_gets_a_free_name() {
    let chaos = ChaosManager::new();
    let inject = || chaos.inject(points(), Fault::Panic).unwrap();
    let (first, second, third) = (inject(), inject(), inject());
    let name = first.name().to_owned();
    assert!(name.starts_with("panic: "), "{name}");
    assert_eq!(second.name(), format!("{name} #2"));
    assert_eq!(third.name(), format!("{name} #3"));
    drop((first, second));
    assert_eq!(inject().name(), name);
}

#[test]
fn concurrent_injections_of_one_fault_all_get_a_name() {
    const THREADS: usize = 4;
    let chaos = ChaosManager::new();
    let together = Barrier::new(THREADS);
    // Counted instead of unwrapped: the other threads would wait for one that panicked.
    let failed = AtomicU32::new(0);
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                for _ in 0..100 {
                    together.wait();
                    let guard = chaos.inject(points(), Fault::Panic);
                    together.wait();
                    failed.fetch_add(u32::from(guard.is_err()), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0);
}

#[test]
fn a_name_is_taken_until_its_experiment_ends() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(broken("a", points())).unwrap();
    let refused = chaos.start(broken("a", points())).unwrap_err();
    assert!(matches!(refused, Error::AlreadyRunning { .. }), "{refused}");
    drop(guard);
    assert!(chaos.start(broken("a", points())).is_ok());
}

#[test]
fn an_experiment_that_no_site_can_apply_is_refused_and_journalled() {
    let chaos = ChaosManager::new();
    chaos.register(SiteKind::Point, "pms", Support::NONE);
    let refused = chaos.start(broken("a", points())).unwrap_err();
    assert!(
        matches!(&refused, Error::NotSupported { service, fault: FaultKind::Error, .. } if service == "pms"),
        "{refused}"
    );
    let why = refused.to_string();
    let experiment = "a".to_owned();
    assert_eq!(journalled(&chaos), [Event::Refused { experiment, why }]);
}

#[test]
fn a_later_site_without_support_is_journalled_and_not_armed() {
    let chaos = ChaosManager::new();
    let _guard = chaos
        .start(broken("a", BlastRadius::services(["pms"])).phase(Phase::After))
        .unwrap();
    let site = chaos.register(SiteKind::Point, "pms", Support::NONE);
    assert!(site.needs().is_none());
    let unsupported = Event::NotSupported {
        experiment: "a".to_owned(),
        service: "pms".to_owned(),
        kind: SiteKind::Point,
        phase: Phase::After,
    };
    assert!(journalled(&chaos).contains(&unsupported));
    // Another site of that service supports the fault.
    assert!(
        chaos
            .register(SiteKind::Client, "pms", Support::CALLS)
            .needs()
            .is_some_and(Needs::decision)
    );
}

#[test]
fn a_waiting_experiment_starts_once_its_judged_site_registers() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![
            judged("waits"),
            broken("starts", points()),
        ]))
        .build();
    let states = || -> Vec<_> {
        let status = chaos.status().into_iter();
        status
            .map(|one| (one.name, one.state == ExperimentState::Waiting))
            .collect()
    };
    assert_eq!(states(), [("starts".into(), false), ("waits".into(), true)]);
    chaos.site("pms");
    assert!(states().contains(&("waits".into(), true)));
    chaos.site("orders");
    assert!(states().contains(&("waits".into(), false)));
}

#[test]
fn one_refused_experiment_of_a_configuration_prevents_all() {
    let built = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![
            broken("a", points()),
            Experiment::new("no fault"),
        ]))
        .try_build();
    assert!(matches!(built, Err(Error::Invalid(_))));
}

#[tokio::test(start_paused = true)]
async fn status_reports_every_experiment() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = chaos
        .start(
            broken("a", points())
                .owner("ann")
                .reason("why not")
                .time_limit(Duration::from_secs(60)),
        )
        .unwrap();
    let dry = chaos.start(broken("b", points()).dry_run()).unwrap();
    tokio::time::advance(Duration::from_secs(20)).await;
    assert!(site.point("reserve").await.is_err());
    let status = chaos.status();
    let running = ExperimentState::Running {
        time_left: Duration::from_secs(40),
    };
    assert_eq!((&*status[0].name, &status[0].state), ("a", &running));
    assert_eq!((status[0].injected, status[0].in_flight), (1, 0));
    assert_eq!(status[0].owner.as_deref(), Some("ann"));
    assert_eq!(status[0].why.as_deref(), Some("why not"));
    assert!(!status[0].dry_run && status[1].dry_run);
    assert_eq!(chaos.sites()[0].experiments, ["a", "b"]);
    tokio::time::advance(Duration::from_secs(40)).await;
    let expired = ExperimentState::Ended(EndReason::TimeLimit);
    assert_eq!(chaos.status()[0].state, expired);
    assert_eq!(guard.ended(), Some(&EndReason::TimeLimit));
    drop((guard, dry));
    let state_of = |name: &str| {
        let status = chaos.status().into_iter();
        status
            .filter(|one| one.name == name)
            .map(|one| one.state)
            .collect::<Vec<_>>()
    };
    // It ended once, for the first reason.
    assert_eq!(state_of("a"), [expired]);
    assert_eq!(state_of("b"), [ExperimentState::Ended(EndReason::Dropped)]);
}

#[tokio::test(start_paused = true)]
async fn halted_waits_for_every_operation_after_many_experiments_ended() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let _held = chaos
        .inject(points().operation("held"), Fault::error(Failure::Reset))
        .unwrap();
    let mut decision = site.decide(&Operation::new("held"));
    let held_name = chaos.status()[0].name.clone();
    let (undoing, undone) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel());
    _held.on_end(move || {
        undone.0.send(()).unwrap();
        let _ = undoing.1.recv();
    });
    let stopper = {
        let chaos = chaos.clone();
        std::thread::spawn(move || chaos.stop(&held_name))
    };
    // Its undo runs on another thread while many other experiments end.
    undone.1.recv().unwrap();
    for number in 0..100 {
        drop(chaos.start(broken(&number.to_string(), points())).unwrap());
    }
    chaos.halt();
    let halted = std::future::poll_fn(|cx| {
        std::task::Poll::Ready(std::pin::pin!(chaos.halted()).poll(cx).is_ready())
    });
    assert!(!halted.await, "an undo is still running");
    drop(undoing.0);
    stopper.join().unwrap().unwrap();
    chaos.halted().await;
    assert!(decision.apply(Phase::Before).await.is_ok());
}

#[test]
fn a_halt_also_refuses_waiting_experiments() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![judged("waiting")]))
        .build();
    assert_eq!(chaos.status()[0].state, ExperimentState::Waiting);
    chaos.halt();
    chaos.resume();
    let _site = chaos.register(SiteKind::Server, "orders", Support::CALLS);
    assert!(chaos.status().is_empty(), "{:?}", chaos.status());
    assert!(journalled(&chaos).iter().any(
        |event| matches!(event, Event::Refused { experiment, .. } if experiment == "waiting")
    ));
}

#[test]
fn an_experiment_with_an_unknown_probe_is_refused_at_once() {
    let probing = broken("probing", points()).abort_when(Condition::probe("unknown"));
    let refused = ChaosManager::builder()
        .environment(Environment::Test)
        .experiments(ExperimentFile::new(vec![probing]))
        .try_build();
    assert!(
        matches!(refused, Err(Error::NoSuchProbe { .. })),
        "{refused:?}"
    );
}

#[test]
fn experiments_end_with_the_last_handle_of_the_user_even_if_the_state_is_in_use() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let guard = chaos.start(broken("down", points())).unwrap();
    assert!(pms.point_blocking("reserve").is_err());
    // The guardian and the drop of a guard hold the state like this for a while.
    let in_use = Arc::clone(&chaos.0);
    let state = Arc::clone(&**in_use);
    drop(in_use);
    drop(chaos);
    assert!(pms.point_blocking("reserve").is_ok());
    assert_eq!(guard.ended(), Some(&EndReason::ManagerDropped));
    drop(state);
}

/// Registers an undo that reports the name of its thread.
fn undo_thread(guard: &ExperimentGuard) -> std::sync::mpsc::Receiver<Option<String>> {
    let (report, thread) = std::sync::mpsc::channel();
    guard.on_end(move || {
        let name = std::thread::current().name().map(str::to_owned);
        report.send(name).unwrap();
    });
    thread
}

#[test]
fn a_drop_leaves_the_undos_of_an_experiment_that_has_ended_to_the_cleanup() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(broken("down", points())).unwrap();
    let thread = undo_thread(&guard);
    // No sweep has seen it yet.
    guard.running().close_gate(EndReason::TimeLimit);
    drop(guard);
    assert_eq!(thread.recv().unwrap().as_deref(), Some("chaos-cleanup"));

    let guard = chaos.start(broken("down", points())).unwrap();
    let thread = undo_thread(&guard);
    drop(guard);
    let here = std::thread::current().name().map(str::to_owned);
    assert_eq!(thread.try_recv(), Ok(here));
}

#[test]
fn a_drop_waits_for_undos_even_after_the_drop_of_the_manager() {
    let chaos = ChaosManager::new();
    let guard = chaos.start(broken("down", points())).unwrap();
    let (began, has_begun) = std::sync::mpsc::channel();
    let (_release, until) = std::sync::mpsc::channel::<()>();
    guard.on_end(move || {
        began.send(()).unwrap();
        let _ = until.recv();
    });
    chaos.halt();
    has_begun.recv().unwrap();
    let journal = Arc::clone(&guard.running().journal);
    drop(chaos);
    drop(guard);
    let gave_up = |entry: &JournalEntry| matches!(entry.event, Event::UndoPending { .. });
    assert!(journal.entries().iter().any(gave_up));
}

/// Reports the name of the thread on which it is dropped.
struct ReportsDrop(std::sync::mpsc::Sender<Option<String>>);

impl Drop for ReportsDrop {
    fn drop(&mut self) {
        let name = std::thread::current().name().map(str::to_owned);
        self.0.send(name).unwrap();
    }
}

#[test]
fn the_guardian_drops_no_probe_even_with_the_last_handle() {
    let (report, dropped) = std::sync::mpsc::channel();
    let report = std::sync::Mutex::new(ReportsDrop(report));
    let chaos = ChaosManager::builder()
        .probe("alive", move || {
            let _kept = &report;
            std::future::ready(Ok::<(), String>(()))
        })
        .build();
    // The guardian holds the state like this for a while.
    let state = Arc::clone(&**chaos.0);
    drop(chaos);
    state.sweep_and_let_go();
    assert_eq!(dropped.recv().unwrap().as_deref(), Some("chaos-cleanup"));
}

#[test]
fn a_time_limit_above_a_day_is_refused_in_staging_and_production() {
    let day = Duration::from_secs(24 * 60 * 60);
    let start = |environment, limit| {
        let chaos = ChaosManager::builder().environment(environment).build();
        let agreed = broken("a", points()).consent_to_production(Consent::by("a test").unwrap());
        chaos.start(agreed.time_limit(limit)).map(drop)
    };
    for environment in [Environment::Staging, Environment::Production] {
        assert!(start(environment, day).is_ok());
        let refused = start(environment, day + Duration::from_nanos(1)).unwrap_err();
        assert!(matches!(refused, Error::TooLong { .. }), "{refused}");
        let refused = start(environment, Duration::from_secs(90_000 * 3_600)).unwrap_err();
        let expected =
            format!("`a`: `time_limit`: expected at most 24h in {environment}, found 90000h");
        assert_eq!(refused.to_string(), expected);
    }
    for environment in [Environment::Development, Environment::Test] {
        assert!(start(environment, Duration::MAX).is_ok());
    }
}

#[test]
fn an_absolute_end_within_a_day_shortens_a_longer_time_limit() {
    let chaos = ChaosManager::builder()
        .environment(Environment::Staging)
        .build();
    let end = SystemTime::now() + Duration::from_secs(60);
    let ends = broken("a", points()).time_limit(Duration::MAX).until(end);
    assert!(chaos.start(ends).is_ok());
}
