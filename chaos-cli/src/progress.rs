//! Shows how a run goes on: a bar on a terminal, a line for each stage elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use chaos_lab::record::{Line, RecordEntry};
use chaos_lab::scenario::{Scenario, Stage};
use indicatif::{ProgressBar, ProgressStyle};

/// The progress of a run, on standard error.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    scenario: String,
    total: Duration,
    stage: Option<Stage>,
    requests: u64,
    failed: u64,
    injected: u64,
}

impl Progress {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let stages = &scenario.stages;
        let lengths = [
            stages.baseline,
            stages.inject,
            stages.recover,
            stages.cooldown,
        ];
        let total = lengths.iter().map(|length| length.0).sum();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(Duration::as_millis(&total) as u64);
            let style = ProgressStyle::with_template("{prefix} {bar:30} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(scenario.name.clone());
            bar
        });
        Self {
            bar,
            scenario: scenario.name.clone(),
            total,
            stage: None,
            requests: 0,
            failed: 0,
            injected: 0,
        }
    }

    #[expect(
        clippy::print_stderr,
        reason = "results go to standard output, progress does not"
    )]
    pub(crate) fn show(&mut self, line: &Line) {
        match &line.entry {
            RecordEntry::Stage(stage) => {
                self.stage = Some(*stage);
                if self.bar.is_none() {
                    eprintln!("{}: {stage}", self.scenario);
                }
            }
            RecordEntry::Sample(sample) => {
                self.requests += 1;
                self.failed += u64::from(!sample.ok);
            }
            RecordEntry::Journal(chaos_core::journal::JournalItem::Entry(entry)) => {
                let is_injection = matches!(entry.event, chaos_core::journal::Event::Injected(_));
                self.injected += u64::from(is_injection);
            }
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
            let stage = self
                .stage
                .map_or_else(String::new, |stage| stage.to_string());
            bar.set_message(format!(
                "{stage}: {} requests, {} failed, {} faults",
                self.requests, self.failed, self.injected
            ));
        }
    }
}
