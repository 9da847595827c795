//! Records that are made up.

use std::time::Duration;

use chaos_core::ChaosManager;
use chaos_core::adapter::HumanDuration;
use chaos_core::journal::JournalItem;
use chaos_lab::load::Answer;
use chaos_lab::record::{Line, Opened, RECORD_VERSION, RecordEntry};
use chaos_lab::scenario::Stage;
use serde_json::{Value, json};

/// The requests are due each 20 ms, and the fault lasts from the 500th to the 1,500th of 2,000.
pub(crate) const DURING: std::ops::Range<u64> = 500..1_500;

/// The request that is due as the run begins to end the fault.
pub(crate) const REACHED: u64 = DURING.end - 3;

pub(crate) const OK: (Answer, Duration) = (Answer::Status(200), Duration::from_millis(10));
pub(crate) const FAILED: (Answer, Duration) = (Answer::Status(503), Duration::from_millis(10));

/// A record of one build.
pub(crate) struct Build {
    pub(crate) scenario: &'static str,
    /// How the request of each number ended.
    pub(crate) ending: Box<dyn Fn(u64) -> (Answer, Duration)>,
    /// Whether a fault struck it.
    pub(crate) is_struck: Box<dyn Fn(u64) -> bool>,
}

/// A build that absorbs a fault, which strikes each fifth request.
pub(crate) fn good() -> Build {
    Build {
        scenario: "slow payments",
        ending: Box::new(|_| OK),
        is_struck: Box::new(|number| DURING.contains(&number) && number % 5 == 0),
    }
}

impl Build {
    pub(crate) fn record(&self) -> (Opened, Vec<Line>) {
        (self.opened(), self.lines())
    }

    fn opened(&self) -> Opened {
        serde_json::from_value(json!({
            "version": RECORD_VERSION,
            "scenario": {
                "name": self.scenario,
                "experiments": [experiment()],
                "objectives": { "steady_error_rate": "100%" },
                "load": { "per_second": 50, "requests": [{ "path": "/orders" }] }
            },
            "target": ChaosManager::new().overview(),
        }))
        .unwrap()
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for number in 0..2_000 {
            let stage = match number {
                0 => Some(Stage::Baseline),
                _ if number == DURING.start => Some(Stage::Inject),
                _ if number == DURING.end => Some(Stage::Recover),
                _ => None,
            };
            let due = Duration::from_millis(20 * number);
            lines.extend(stage.map(|stage| Line::new(due, RecordEntry::Stage(stage))));
            if number == REACHED {
                lines.push(Line::new(due, self.reached()));
            }
            let (answer, took) = (self.ending)(number);
            let sample = json!({
                "id": format!("run-{number}"),
                "request": "GET /orders",
                "due": HumanDuration(due),
                "took": HumanDuration(took),
                "ok": answer == Answer::Status(200),
                "answer": answer,
            });
            let sample = RecordEntry::Sample(serde_json::from_value(sample).unwrap());
            lines.push(Line::new(due + took, sample));
            if (self.is_struck)(number) {
                lines.push(Line::new(due, injected(number)));
            }
        }
        lines.push(Line::new(Duration::from_secs(40), RecordEntry::Closed));
        lines
    }

    fn reached(&self) -> RecordEntry {
        let struck = DURING.filter(|number| (self.is_struck)(*number)).count();
        let status = json!([{
            "name": "slow",
            "state": { "running": { "time_left": "4m" } },
            "by": "code",
            "experiment": experiment(),
            "environment": "test",
            "injected": struck,
            "in_flight": 0,
            "rate": { "asked": "100%", "struck": struck },
            "level": "service",
            "risk": "low",
            "dry_run": false,
        }]);
        RecordEntry::Reached(serde_json::from_value(status).unwrap())
    }
}

fn experiment() -> Value {
    json!({ "name": "slow", "fault": { "latency": "1s" }, "blast_radius": { "calls_to": "payments" } })
}

fn injected(number: u64) -> RecordEntry {
    let item: JournalItem = serde_json::from_value(json!({ "entry": {
        "number": number, "at": "2026-01-01T00:00:00Z", "event": "injected", "experiment": "slow", "service": "payments",
        "kind": "client", "operation": "POST /charge", "fault": "latency", "phase": "before",
        "key": format!("run-{number}"), "attempt": 1, "delay": "1s", "dry_run": false
    } }))
    .unwrap();
    RecordEntry::Journal(item)
}
