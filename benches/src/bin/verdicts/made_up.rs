//! Records of runs that never were.

use std::time::Duration;

use chaos_core::ChaosManager;
use chaos_core::adapter::HumanDuration;
use chaos_lab::load::{Answer, Sample};
use chaos_lab::record::{Line, Opened, ProbeSample, RECORD_VERSION, RecordEntry};
use chaos_lab::scenario::Stage;

use crate::dice::Dice;

/// What is true of a target while the fault is in force.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Truth {
    /// The share of requests that fail.
    pub(crate) errors: f64,
    /// The share of health probes that fail.
    pub(crate) unavailable: f64,
    /// The seconds by which each request is slower than before.
    pub(crate) slower: f64,
}

/// The numbers of what is measured while the fault is in force, and as often before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) requests: u64,
    pub(crate) probes: u64,
}

/// A record that is made up again and again.
pub(crate) struct MadeUp {
    pub(crate) opened: Opened,
    lines: Vec<Line>,
    size: Size,
    sample: Sample,
    probe: ProbeSample,
}

impl MadeUp {
    pub(crate) fn of(size: Size) -> Self {
        let opened = serde_json::json!({
            "version": RECORD_VERSION,
            "scenario": { "name": "made up", "experiments": [] },
            "target": ChaosManager::new().overview(),
        });
        let sample = serde_json::json!({
            "id": "", "request": "GET /", "due": "0s", "took": "0s", "answer": { "status": 200 }, "ok": true
        });
        Self {
            opened: serde_json::from_value(opened).expect("it is complete"),
            lines: Vec::new(),
            size,
            sample: serde_json::from_value(sample).expect("it is complete"),
            probe: serde_json::from_value(serde_json::json!({ "probe": "health" }))
                .expect("it is complete"),
        }
    }

    /// The lines that were made up last.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Makes up a run with 50 requests a second.
    pub(crate) fn make_up(&mut self, truth: Truth, dice: &Dice) {
        let Size { requests, probes } = self.size;
        let length = Duration::from_millis(20) * requests.max(50) as u32;
        self.lines.clear();
        self.stage(Stage::Baseline, Duration::ZERO);
        let healthy = Truth {
            errors: 0.0,
            unavailable: 0.0,
            slower: 0.0,
        };
        self.requests(Duration::ZERO, healthy, dice);
        self.stage(Stage::Inject, length);
        self.requests(length, truth, dice);
        for nth in 0..probes {
            let at = length + length * nth as u32 / probes as u32;
            let fails = dice.happens(truth.unavailable);
            let mut probe = self.probe.clone();
            probe.problem = fails.then(|| "503".to_owned());
            self.lines.push(Line::new(at, RecordEntry::Probe(probe)));
        }
        self.stage(Stage::Recover, 2 * length);
        self.lines.push(Line::new(2 * length, RecordEntry::Closed));
    }

    fn stage(&mut self, stage: Stage, at: Duration) {
        self.lines.push(Line::new(at, RecordEntry::Stage(stage)));
    }

    fn requests(&mut self, from: Duration, truth: Truth, dice: &Dice) {
        for nth in 0..self.size.requests {
            let due = from + Duration::from_millis(20) * nth as u32;
            let took = Duration::from_secs_f64(truth.slower + dice.exponential(0.1));
            let mut sample = self.sample.clone();
            sample.ok = !dice.happens(truth.errors);
            if !sample.ok {
                sample.answer = Answer::Status(503);
            }
            (sample.due, sample.took) = (HumanDuration(due), HumanDuration(took));
            self.lines
                .push(Line::new(due + took, RecordEntry::Sample(sample)));
        }
    }
}
