//! Shows how a run goes on: a bar on a terminal, a line for each stage elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::SuiteStep;
use crate::record::{Line, RecordEntry};
use crate::scenario::{Scenario, Stage};

/// The progress of scenarios, on standard error: a bar on a terminal, a line for each stage elsewhere.
#[derive(Debug, Default)]
pub struct Progress {
    running: Option<Running>,
}

/// The scenario that runs.
#[derive(Debug)]
struct Running {
    bar: Option<ProgressBar>,
    scenario: String,
    total: Duration,
    stage: Stage,
    requests: u64,
    failed: u64,
    injected: u64,
}

impl Progress {
    /// Shows a step.
    pub fn show(&mut self, step: &SuiteStep<'_>) {
        match step {
            SuiteStep::Recorded { scenario, line } => {
                let running = self.running.get_or_insert_with(|| Running::new(scenario));
                running.show(line);
            }
            SuiteStep::Judged { .. } => self.running = None,
        }
    }
}

impl Running {
    fn new(scenario: &Scenario) -> Self {
        let total = scenario.stages.total();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total.as_millis() as u64);
            let style = ProgressStyle::with_template("{prefix} {bar:30} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(scenario.name.clone());
            bar
        });
        Self {
            bar,
            scenario: scenario.name.clone(),
            total,
            stage: Stage::Baseline,
            requests: 0,
            failed: 0,
            injected: 0,
        }
    }

    #[expect(
        clippy::print_stderr,
        reason = "results go to standard output, progress does not"
    )]
    fn show(&mut self, line: &Line) {
        match &line.entry {
            RecordEntry::Stage(stage) => {
                self.stage = *stage;
                if self.bar.is_none() {
                    eprintln!("{}: {stage}", self.scenario);
                }
            }
            RecordEntry::Sample(sample) => {
                self.requests += 1;
                self.failed += u64::from(!sample.ok);
            }
            entry if entry.injected().is_some() => self.injected += 1,
            RecordEntry::Aborted { why } if self.bar.is_none() => {
                eprintln!("{}: {why}", self.scenario);
            }
            RecordEntry::Closed => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                return;
            }
            _ => {}
        }
        if let Some(bar) = &self.bar {
            bar.set_position(line.at.0.min(self.total).as_millis() as u64);
            bar.set_message(format!(
                "{}: {} requests, {} failed, {} faults",
                self.stage, self.requests, self.failed, self.injected
            ));
        }
    }
}
