//! The journal records every start, end, refusal and injection with its details.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chaos_core::adapter::Support;
use chaos_core::journal::Injected;
use chaos_core::{
    BlastRadius, ChaosManager, Condition, Consent, EndReason, Environment, Event, Experiment,
    Failure, Fault, JournalEntry, JournalSink, JsonLines, Level, Operation, Phase, Rate, Risk,
    Scope, Site, SiteKind,
};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

const SECOND: Duration = Duration::from_secs(1);

fn broken(name: &str) -> Experiment {
    Experiment::new(name)
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at("pms"))
}

async fn reserve(site: &Site) -> bool {
    site.point("reserve").await.is_err()
}

/// Keeps all entries and counts flushes.
#[derive(Clone, Default)]
struct Kept {
    entries: Arc<Mutex<Vec<JournalEntry>>>,
    flushes: Arc<Mutex<usize>>,
}

impl JournalSink for Kept {
    fn record(&self, entry: &JournalEntry) {
        self.entries.lock().unwrap().push(entry.clone());
    }

    fn flush(&self) {
        *self.flushes.lock().unwrap() += 1;
    }
}

#[tokio::test]
async fn memory_keeps_the_latest_entries() {
    let chaos = ChaosManager::builder().keep_entries(3).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    for _ in 0..5 {
        assert!(reserve(&site).await);
    }
    let numbers: Vec<u64> = chaos.journal().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [3, 4, 5]);

    let none = ChaosManager::builder().keep_entries(0).build();
    let _guard = none.start(broken("a")).unwrap();
    assert!(none.journal().is_empty());
}

fn injections(chaos: &ChaosManager) -> Vec<Injected> {
    let events = chaos.journal().into_iter().map(|entry| entry.event);
    events
        .filter_map(|event| match event {
            Event::Injected(injected) => Some(injected),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn long_names_and_keys_are_cut_in_all_that_is_kept() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    let (name, key) = ("n".repeat(60_000), "k".repeat(60_000));
    let scope = Scope::new(&key);
    let fault = pms
        .point(Operation::new(&name).within(&scope))
        .await
        .unwrap_err();
    let cut = |text: &str| text[..509].to_owned() + "…";
    let [injected] = &injections(&chaos)[..] else {
        panic!("{:?}", chaos.journal());
    };
    assert_eq!(injected.operation, cut(&name));
    assert_eq!(injected.key, Some(cut(&key)));
    assert_eq!(*scope.touched()[0].operation, cut(&name));
    assert_eq!(fault.operation(), cut(&name));
    assert_eq!(scope.key(), key);
}

#[tokio::test]
async fn draws_and_globs_use_all_of_a_long_name() {
    let chaos = ChaosManager::new();
    let pms = chaos.site("pms");
    let name = |nth: u32| "n".repeat(1_000) + &nth.to_string();
    let half = BlastRadius::points_at("pms").rate(Rate::percent(50.0).unwrap());
    let failing = Fault::error(Failure::Unavailable);
    let guard = chaos.inject(half, failing.clone()).unwrap();
    let scope = Scope::new("order-7");
    for nth in 0..200 {
        let _ = pms.point(Operation::new(&name(nth)).within(&scope)).await;
    }
    // All names have the same excerpt, and so would have the same draw.
    assert!((50..150).contains(&guard.injected()));
    drop(guard);
    let only = BlastRadius::points_at("pms").operation("*99");
    let guard = chaos.inject(only, failing).unwrap();
    for nth in 0..200 {
        let _ = pms.point(name(nth).as_str()).await;
    }
    assert_eq!(guard.injected(), 2);
}

#[tokio::test]
async fn a_custom_sink_receives_the_same_entries_as_memory() {
    let kept = Kept::default();
    let chaos = ChaosManager::builder().journal_to(kept.clone()).build();
    let site = chaos.site("pms");
    let guard = chaos.start(broken("a")).unwrap();
    assert!(reserve(&site).await);
    drop(guard);
    chaos.halt();
    chaos.resume();
    chaos.flushed().await;
    let entries = kept.entries.lock().unwrap().clone();
    assert_eq!(entries, chaos.journal());
    assert!(entries.is_sorted_by(|one, next| one.number + 1 == next.number && one.at <= next.at));
    let events: Vec<&Event> = entries.iter().map(|entry| &entry.event).collect();
    assert!(
        matches!(
            &events[..],
            [
                Event::Started { .. },
                Event::Injected(_),
                Event::Ended {
                    injected: 1,
                    reason: EndReason::Dropped,
                    ..
                },
                Event::Halted { .. },
                Event::Resumed { .. }
            ]
        ),
        "{events:?}"
    );
}

#[test]
fn a_resumption_without_a_halt_is_no_event() {
    let chaos = ChaosManager::new();
    chaos.resume();
    assert!(chaos.journal().is_empty());
}

#[test]
fn entries_of_several_threads_have_consecutive_numbers() {
    let chaos = ChaosManager::builder().keep_entries(100_000).build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..2_000 {
                    assert!(site.point_blocking("reserve").is_err());
                }
            });
        }
    });
    let numbers: Vec<u64> = chaos.journal().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (0..8_001).collect::<Vec<_>>());
}

#[test]
fn the_entry_of_a_start_has_all_details() {
    let chaos = ChaosManager::builder()
        .seed(7)
        .environment(Environment::Staging)
        .build();
    chaos.site("pms");
    let experiment = broken("a")
        .owner("ann")
        .reason("does checkout survive?")
        .risk_at_least(Risk::High)
        .blast_radius(BlastRadius::everything(Consent::by("ben").unwrap()))
        .consent_to_production(Consent::by("ann").unwrap().because("a game day"))
        .consent_to_destruction(Consent::by("cleo").unwrap());
    let _guard = chaos.start(experiment.dry_run()).unwrap();
    let entries = chaos.journal();
    assert_eq!(entries.len(), 1);
    let Event::Started {
        experiment,
        owner,
        why,
        risk,
        level,
        environment,
        consents,
        seed,
        dry_run,
        ..
    } = &entries[0].event
    else {
        panic!("{:?}", entries[0]);
    };
    assert_eq!(experiment, "a");
    assert_eq!(owner.as_deref(), Some("ann"));
    assert_eq!(why.as_deref(), Some("does checkout survive?"));
    let by = |consent: &Option<Consent>| consent.as_ref().map(|by| by.who().to_owned());
    assert_eq!(by(&consents.everything).as_deref(), Some("ben"));
    assert_eq!(by(&consents.destruction).as_deref(), Some("cleo"));
    let production = consents.production.as_ref().unwrap();
    assert_eq!(
        (production.who(), production.why()),
        ("ann", Some("a game day"))
    );
    assert!(*risk >= Risk::High);
    assert_eq!(
        (level, environment),
        (&Level::System, &Environment::Staging)
    );
    assert_eq!((*seed, *dry_run), (7, true));
}

#[tokio::test(start_paused = true)]
async fn the_entry_of_an_injection_describes_its_operation() {
    let chaos = ChaosManager::new();
    let site = chaos.register(SiteKind::Client, "pms", Support::CALLS);
    let experiment = Experiment::new("a")
        .fault(Fault::timeout(2 * SECOND))
        .blast_radius(BlastRadius::calls_to("pms"))
        .phase(Phase::After);
    let _guard = chaos.start(experiment).unwrap();
    let scope = Scope::new("order-7").retry();
    let mut decision = site.decide(&Operation::new("POST /rooms").within(&scope));
    decision.apply(Phase::After).await.unwrap_err();
    let entries = chaos.journal();
    let Some(Event::Injected(injected)) = entries.last().map(|entry| &entry.event) else {
        panic!("{entries:?}");
    };
    assert_eq!(injected.experiment, "a");
    assert_eq!(
        (&*injected.service, injected.kind),
        ("pms", SiteKind::Client)
    );
    assert_eq!(injected.operation, "POST /rooms");
    assert_eq!(injected.phase, Phase::After);
    assert_eq!(
        (injected.key.as_deref(), injected.attempt),
        (Some("order-7"), 2)
    );
    assert_eq!(injected.delay, 2 * SECOND);
    assert_eq!(
        injected.failure.as_deref(),
        Some(&*Failure::TimedOut.to_string())
    );
    assert!(!injected.dry_run);
}

#[tokio::test(start_paused = true)]
async fn injections_of_a_dry_run_are_marked_as_such() {
    let chaos = ChaosManager::builder().dry_run().build();
    let site = chaos.site("pms");
    let _guard = chaos.start(broken("a")).unwrap();
    assert!(!reserve(&site).await);
    let entries = chaos.journal();
    assert!(
        matches!(&entries[1].event, Event::Injected(injected) if injected.dry_run && injected.attempt == 1 && injected.key.is_none())
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_of_json_lines_reads_back_unchanged() {
    let path = std::env::temp_dir().join(format!("journal-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let build = || {
        ChaosManager::builder()
            .seed(u64::MAX)
            .journal_to(JsonLines::append(&path).unwrap())
            .build()
    };
    let mut written = Vec::new();
    {
        let chaos = build();
        let server = chaos.register(SiteKind::Server, "orders", Support::CALLS);
        let site = chaos.site("pms");
        let odd = Duration::new(1, 234_567_891);
        let aborted = broken("a \"quoted\"\nname")
            .fault(Fault::latency(odd))
            .owner("ann")
            .consent_to_production(Consent::by("ann").unwrap().because("a game day"))
            .abort_when(Condition::consecutive_failures(1).at("pms"));
        let guard = chaos.start(aborted).unwrap();
        guard.on_end(|| panic!("an undo that fails"));
        let scope = Scope::new("order-7");
        let held = Experiment::new("0 slow")
            .fault(Fault::latency(odd))
            .blast_radius(BlastRadius::points_at("pms"));
        let _held = chaos.start(held).unwrap();
        let call = async {
            site.around("reserve", async { Ok::<_, std::io::Error>(1) })
                .await
        };
        scope.enter(call).await.unwrap_err();
        assert!(matches!(guard.ended(), Some(EndReason::Aborted(_))));
        drop(guard);
        chaos.start(Experiment::new("no fault")).unwrap_err();
        let _unmatched = chaos
            .start(broken("b").blast_radius(BlastRadius::calls_to("pmss")))
            .unwrap();
        chaos.register(SiteKind::Client, "pmss", Support::NONE);
        chaos.halt();
        chaos.halted().await;
        chaos.resume();
        drop(server);
        written.extend(chaos.journal());
    }
    {
        let chaos = build();
        drop(chaos.start(broken("later")).unwrap());
        written.extend(chaos.journal());
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut read: Vec<JournalEntry> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // Entries of other threads may be written out of order.
    let second_manager = read.iter().rposition(|entry| entry.number == 0).unwrap();
    read[..second_manager].sort_by_key(|entry| entry.number);
    assert_eq!(read, written);
    let has = |tag: &str| text.contains(&format!("\"event\":\"{tag}\""));
    for tag in [
        "started",
        "refused",
        "injected",
        "ended",
        "undo_failed",
        "unmatched",
        "matched",
        "not_supported",
        "halted",
        "resumed",
    ] {
        assert!(has(tag), "no {tag} in\n{text}");
    }
}

/// Keeps tests without a subscriber from switching off the events that other tests collect.
///
/// While a process has only one subscriber, a callsite stays off for all if a thread without one meets it first.
fn keep_callsites_on() {
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

/// Collects the level, message, environment and consents of every event.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Logged {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                match field.name() {
                    "message" => self.0.insert_str(0, &format!("{value:?}")),
                    name @ ("environment" | "consents") => {
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
