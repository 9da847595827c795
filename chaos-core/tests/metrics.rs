//! All documented metrics are reported, and none has operations as labels.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Consent, Experiment, Failure, Fault, Pressure, RateLimit, metric,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

type Key = (String, Vec<(String, String)>);

/// All metrics that `work` reports, by name and labels, with their help texts.
fn described_metrics_of<F: Future<Output = ()>>(
    work: impl FnOnce() -> F,
) -> BTreeMap<Key, (Option<String>, DebugValue)> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(work());
    });
    let snapshot = snapshotter.snapshot().into_vec();
    snapshot
        .into_iter()
        .map(|(key, _, help, value)| {
            let labels = key
                .key()
                .labels()
                .map(|label| (label.key().to_owned(), label.value().to_owned()))
                .collect();
            let help = help.map(|help| help.to_string());
            ((key.key().name().to_owned(), labels), (help, value))
        })
        .collect()
}

/// All metrics that `work` reports, by name and labels.
fn metrics_of<F: Future<Output = ()>>(work: impl FnOnce() -> F) -> BTreeMap<Key, DebugValue> {
    let described = described_metrics_of(work).into_iter();
    described.map(|(key, (_, value))| (key, value)).collect()
}

fn slow_and_down() -> Experiment {
    Experiment::new("slow and down")
        .fault(Fault::timeout(Duration::from_secs(2)))
        .blast_radius(BlastRadius::points_at("pms"))
}

async fn typical_work() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let guard = chaos.start(slow_and_down()).unwrap();
    let _still_running = chaos
        .inject(
            BlastRadius::points_at("bank"),
            Fault::error(Failure::Refused),
        )
        .unwrap();
    for room in 0..3 {
        let operation = format!("reserve room {room}");
        assert!(site.point(operation.as_str()).await.is_err());
    }
    chaos.start(slow_and_down()).unwrap_err();
    drop(guard);
    chaos.start(slow_and_down()).unwrap().detach();
    chaos.stop("slow and down").unwrap();
    let clock = chaos
        .start(
            Experiment::new("skewed clock")
                .fault(Fault::exhaust(Pressure::clock_ahead(Duration::from_secs(
                    60,
                ))))
                .blast_radius(BlastRadius::everything(Consent::by("a test").unwrap())),
        )
        .unwrap();
    std::mem::forget(clock);
    // Keeps the remaining experiments running until the recorder has taken its snapshot.
    std::mem::forget(chaos);
    std::mem::forget(_still_running);
}

#[test]
fn every_documented_metric_is_reported_with_its_labels() {
    let found = metrics_of(typical_work);
    let at_pms = || {
        [
            ("experiment", "slow and down"),
            ("service", "pms"),
            ("kind", "point"),
            ("fault", "timeout"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
    };
    let reason = |reason: &str| vec![("reason".to_owned(), reason.to_owned())];
    let value = |name: &str, labels| &found[&(name.to_owned(), labels)];
    assert_eq!(
        value("chaos_injected_total", at_pms()),
        &DebugValue::Counter(3)
    );
    assert_eq!(
        value("chaos_injected_delay_seconds", at_pms()),
        &DebugValue::Histogram(vec![2.0.into(); 3])
    );
    let running = |experiment: &str| {
        let label = ("experiment".to_owned(), experiment.to_owned());
        value("chaos_experiments_running", vec![label])
    };
    assert_eq!(running("skewed clock"), &DebugValue::Gauge(1.0.into()));
    assert_eq!(running("slow and down"), &DebugValue::Gauge(0.0.into()));
    let of_clock = || {
        let labels = [("experiment", "skewed clock"), ("kind", "clock")];
        labels
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec()
    };
    assert_eq!(
        value("chaos_pressure_requested", of_clock()),
        &DebugValue::Gauge(60.0.into())
    );
    assert_eq!(
        value("chaos_pressure_achieved", of_clock()),
        &DebugValue::Gauge(60.0.into())
    );
    let ended = |how| value("chaos_experiments_ended_total", reason(how));
    assert_eq!(ended("dropped"), &DebugValue::Counter(1));
    assert_eq!(ended("stopped"), &DebugValue::Counter(1));
    assert_eq!(
        value("chaos_experiments_refused_total", vec![]),
        &DebugValue::Counter(1)
    );
}

#[test]
fn every_reported_metric_is_documented() {
    let recorded = metric::ALL
        .iter()
        .filter(|metric| metric.recorded.is_some());
    let mut documented: BTreeSet<_> = recorded.map(|metric| metric.name.to_owned()).collect();
    // Reported on other threads: the loss of journal entries, and what safety limits had to do.
    documented.remove(metric::JOURNAL_LOST.name);
    documented.remove(metric::SAFETY_VIOLATION.name);
    let found = metrics_of(typical_work);
    let names: BTreeSet<_> = found.keys().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, documented);
    for (name, labels) in found.keys() {
        let documented = metric::ALL.iter().find(|metric| metric.name == name);
        let labels: Vec<_> = labels.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(documented.unwrap().recorded, Some(&labels[..]), "{name}");
    }
}

#[test]
fn every_metric_has_a_help_text() {
    for ((name, _), (help, _)) in described_metrics_of(typical_work) {
        assert!(help.is_some_and(|help| help.ends_with('.')), "{name}");
    }
}

#[test]
fn a_recorder_that_is_set_after_the_start_gets_help_texts_with_the_first_injection() {
    let chaos = ChaosManager::new();
    let site = chaos.site("pms");
    let fault = Fault::error(Failure::Refused);
    let _down = chaos.inject(BlastRadius::points_at("pms"), fault).unwrap();
    let found = described_metrics_of(|| async {
        assert!(site.point("reserve").await.is_err());
    });
    assert!(!found.is_empty());
    for ((name, _), (help, _)) in found {
        assert!(help.is_some(), "{name}");
    }
}

#[test]
fn injections_are_counted_by_the_first_fault_that_had_an_effect() {
    let found = metrics_of(|| async {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let limited_then_down = Experiment::new("limited, then down")
            .fault(Fault::rate_limit(RateLimit::per_second(1).unwrap()))
            .fault(Fault::error(Failure::Refused))
            .blast_radius(BlastRadius::points_at("pms"));
        let _guard = chaos.start(limited_then_down).unwrap();
        assert!(site.point("reserve").await.is_err());
        assert!(site.point("reserve").await.is_err());
        assert!(site.point("reserve").await.is_err());
    });
    let of = |name: &str| {
        let mut by_fault = BTreeMap::new();
        for ((found, labels), value) in &found {
            if found == name {
                let fault = labels.iter().find(|(key, _)| key == "fault");
                by_fault.insert(fault.unwrap().1.as_str(), value);
            }
        }
        by_fault
    };
    assert_eq!(
        of("chaos_injected_total"),
        [
            ("error", &DebugValue::Counter(1)),
            ("rate_limit", &DebugValue::Counter(2))
        ]
        .into()
    );
    assert_eq!(
        of("chaos_injected_delay_seconds"),
        BTreeMap::new(),
        "an error has no summary of delays"
    );
}

#[test]
fn an_injection_is_counted_once_although_a_later_fault_fails() {
    let found = metrics_of(|| async {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let slow_then_down = Experiment::new("slow, then down")
            .fault(Fault::latency(Duration::from_millis(1)))
            .fault(Fault::error(Failure::Refused))
            .blast_radius(BlastRadius::points_at("pms"));
        let _guard = chaos.start(slow_then_down).unwrap();
        assert!(site.point("reserve").await.is_err());
    });
    let faults: Vec<&str> = found
        .keys()
        .filter(|(name, _)| name == "chaos_injected_total")
        .flat_map(|(_, labels)| labels)
        .filter(|(key, _)| key == "fault")
        .map(|(_, fault)| fault.as_str())
        .collect();
    assert_eq!(faults, ["latency"]);
}

#[test]
fn no_label_contains_an_operation() {
    for (name, labels) in metrics_of(typical_work).keys() {
        for (key, value) in labels {
            assert!(!value.contains("reserve"), "{name}: {key} = {value}");
        }
    }
}

#[test]
fn operations_without_a_delay_and_dry_runs_are_not_recorded() {
    let found = metrics_of(|| async {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let radius = || BlastRadius::points_at("pms");
        let fault = Fault::error(Failure::Refused);
        let dry = Experiment::new("a dry")
            .fault(fault.clone())
            .blast_radius(radius());
        let _dry = chaos.start(dry.dry_run()).unwrap();
        let _live = chaos.inject(radius(), fault).unwrap();
        assert!(site.point("reserve").await.is_err());
    });
    for ((name, labels), value) in found {
        let dry = labels.iter().any(|(_, value)| value == "a dry");
        match (name.as_str(), value) {
            ("chaos_injected_total", value) => {
                assert_eq!(value, DebugValue::Counter(u64::from(!dry)));
            }
            ("chaos_injected_delay_seconds", value) => panic!("{value:?}"),
            _ => {}
        }
    }
}

#[test]
fn no_experiment_is_running_after_the_manager_is_dropped() {
    let found = metrics_of(|| async {
        let chaos = ChaosManager::new();
        let guard = chaos.start(slow_and_down()).unwrap();
        drop(chaos);
        drop(guard);
    });
    let of = |name: &str| {
        let mut values = found.iter().filter(|((found, _), _)| found == name);
        values
            .next()
            .map(|((_, labels), value)| (labels.clone(), value))
    };
    assert_eq!(
        of("chaos_experiments_running").unwrap().1,
        &DebugValue::Gauge(0.0.into())
    );
    let (labels, _) = of("chaos_experiments_ended_total").unwrap();
    assert_eq!(labels[0].1, "manager_dropped");
}
