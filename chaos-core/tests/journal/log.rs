//! Entries in logs and spans.

use std::sync::{Arc, Mutex};

use chaos_core::{ChaosManager, Consent, Environment};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::broken;

/// Keeps tests without a subscriber from switching off the events that other tests collect.
///
/// While a process has only one subscriber, a callsite stays off for all if a thread without one meets it first.
pub(crate) fn keep_callsites_on() {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
}

/// Collects the values recorded for the field `chaos.experiment` of any span.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<String>>>);

impl Visit for Recorded {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "chaos.experiment" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Recorded {
    fn on_record(
        &self,
        _span: &tracing::span::Id,
        values: &tracing::span::Record<'_>,
        _context: Context<'_, S>,
    ) {
        values.record(&mut self.clone());
    }
}

#[test]
fn a_span_with_the_field_records_the_experiment() {
    let recorded = Recorded::default();
    keep_callsites_on();
    let subscriber = tracing_subscriber::registry().with(recorded.clone());
    tracing::subscriber::with_default(subscriber, || {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let guard = chaos.start(broken("a")).unwrap();
        let span = tracing::info_span!("request", chaos.experiment = tracing::field::Empty);
        assert!(span.in_scope(|| site.point_blocking("reserve")).is_err());
        // A span without the field stays unchanged.
        let bare = tracing::info_span!("request");
        assert!(bare.in_scope(|| site.point_blocking("reserve")).is_err());
        drop(guard);
        let _dry = chaos.start(broken("b").dry_run()).unwrap();
        assert!(span.in_scope(|| site.point_blocking("reserve")).is_ok());
    });
    assert_eq!(*recorded.0.lock().unwrap(), ["\"a\""]);
}

/// Collects the level, message, environment, consents and fault of every event.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Logged {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                match field.name() {
                    "message" => self.0.insert_str(0, &format!("{value:?}")),
                    name @ ("environment" | "consents" | "fault") => {
                        self.0.push_str(&format!("; {name}: {value:?}"));
                    }
                    _ => {}
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let line = format!("{} {}", event.metadata().level(), message.0);
        self.0.lock().unwrap().push(line);
    }
}

#[test]
fn the_log_of_a_start_names_its_environment_and_its_consents() {
    let logged = Logged::default();
    keep_callsites_on();
    let subscriber = tracing_subscriber::registry().with(logged.clone());
    tracing::subscriber::with_default(subscriber, || {
        let chaos = ChaosManager::new();
        let agreed = broken("a")
            .consent_to_production(Consent::by("ann").unwrap().because("a game day"))
            .consent_to_destruction(Consent::by("ben").unwrap());
        drop(chaos.start(agreed).unwrap());
        drop(chaos.start(broken("b")).unwrap());
    });
    let logged = logged.0.lock().unwrap();
    for consents in ["production by ann (a game day), destruction by ben", "none"] {
        let line = format!("INFO experiment started; environment: test; consents: {consents}");
        assert!(logged.contains(&line), "{logged:?}");
    }
}

#[test]
fn the_start_and_the_end_of_an_experiment_in_production_are_warnings() {
    let logged = Logged::default();
    keep_callsites_on();
    let subscriber = tracing_subscriber::registry().with(logged.clone());
    tracing::subscriber::with_default(subscriber, || {
        let chaos = ChaosManager::builder()
            .environment(Environment::Production)
            .build();
        let agreed = || broken("a").consent_to_production(Consent::by("ann").unwrap());
        chaos.site("pms");
        drop(chaos.start(agreed().dry_run()).unwrap());
        let guard = chaos.start(agreed()).unwrap();
        assert!(chaos.site("pms").point_blocking("reserve").is_err());
        drop(guard);
    });
    let logged = logged.0.lock().unwrap();
    let warnings = logged
        .iter()
        .filter(|line| line.contains("production") && line.starts_with("WARN"));
    let expected = [
        "WARN an experiment runs in production; errors and delays may be injected",
        "WARN experiment in production ended",
    ];
    assert_eq!(warnings.collect::<Vec<_>>(), expected, "{logged:?}");
}

#[test]
fn a_missing_site_is_logged_at_info_and_a_misspelt_name_at_warn() {
    let logged = Logged::default();
    keep_callsites_on();
    let subscriber = tracing_subscriber::registry().with(logged.clone());
    tracing::subscriber::with_default(subscriber, || {
        let chaos = ChaosManager::new();
        let _guard = chaos.start(broken("a")).unwrap();
        chaos.site("pmss");
        chaos.site("pms");
    });
    let logged = logged.0.lock().unwrap();
    let lines: Vec<_> = logged
        .iter()
        .filter(|line| line.contains("match"))
        .collect();
    assert_eq!(
        lines,
        [
            "INFO experiment matches no site yet",
            "WARN experiment matches no site; did you mean `pmss`?",
            "INFO experiment now matches a site",
        ]
    );
}

#[test]
fn the_log_of_an_injection_names_the_fault() {
    let logged = Logged::default();
    keep_callsites_on();
    let subscriber = tracing_subscriber::registry().with(logged.clone());
    tracing::subscriber::with_default(subscriber, || {
        let chaos = ChaosManager::new();
        let site = chaos.site("pms");
        let _guard = chaos.start(broken("a")).unwrap();
        assert!(site.point_blocking("reserve").is_err());
    });
    let logged = logged.0.lock().unwrap();
    let line = "INFO fault injected; fault: error".to_owned();
    assert!(logged.contains(&line), "{logged:?}");
}
