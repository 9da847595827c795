//! Notifies receivers of runs and requests.

use std::path::Path;

use anyhow::Result;
use chaos_approval::ApprovalRequest;
use chaos_core::Experiment;
use chaos_core::adapter::HumanDuration;
use chaos_lab::record::RecordEntry;
use chaos_lab::report::SuiteReport;
use chaos_lab::scenario::{Scenario, Stage, Target};
use chaos_lab::{SuiteStep, Verdict};
use chaos_notify::{Message, Notifications, Notifier, Occasion};
use chaos_unattended::MonkeyEvent;
use chaos_unattended::schedule::{Change, ScheduleEvent};

use crate::arguments::Notify;
use crate::exit::Exit;
use crate::output::{note, print};

pub(crate) async fn notify(arguments: &Notify) -> Result<Exit> {
    if !arguments.test {
        let notices = Notices::begin(Some(&arguments.file))?;
        return Ok(match notices.end().await {
            0 => Exit::Passed,
            _ => Exit::Unreachable,
        });
    }
    let mut exit = Exit::Passed;
    for (receiver, result) in Notifications::read(&arguments.file)?.test().await {
        match result {
            Ok(()) => print(&format!("{receiver}: accepted"))?,
            Err(problem) => {
                print(&format!("{receiver}: {problem}"))?;
                exit = Exit::Unreachable;
            }
        }
    }
    Ok(exit)
}

/// The messages of a command, if there is a file of notifications.
pub(crate) struct Notices(Option<Notifier>);

impl Notices {
    /// Begins with what is left in the outbox of a file; without one, nothing is sent.
    pub(crate) fn begin(file: Option<&Path>) -> Result<Self> {
        let notifications = file.map(Notifications::read).transpose()?;
        let report = |problem: String| note(&problem);
        let notifier = notifications.map(|found| Notifier::begin(found, report));
        Ok(Self(notifier.transpose()?))
    }

    /// Notifies of a request for an approval.
    pub(crate) fn request(&self, request: &ApprovalRequest, file: &Path) {
        let title = format!("approval wanted: {}", request.experiment());
        let text = request.to_string();
        let facts = text.lines().filter_map(|line| line.split_once(": "));
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let message = with_facts(Occasion::Request, &title, facts);
        self.send(message.fact("file", file.display()));
    }

    /// Notifies of a step, if it is the start of an injection, an abort or a violation.
    pub(crate) fn see(&self, step: &SuiteStep<'_>, target: &Target) {
        match step {
            SuiteStep::Recorded { scenario, line }
                if line.entry == RecordEntry::Stage(Stage::Inject) =>
            {
                self.send(start(scenario, target));
            }
            // What was measured until an abort is in the report.
            SuiteStep::Judged { report } => match &report.verdict {
                Verdict::Aborted { why } => self.abort(&report.scenario, why),
                Verdict::Violated => {
                    let title = format!("objectives violated: {}", report.scenario);
                    let violations = report.violations();
                    self.send(with_facts(Occasion::Violation, &title, violations));
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Notifies of what the runs of a schedule can't say themselves: that one is due soon, or does not take place.
    pub(crate) fn see_schedule(&self, event: &ScheduleEvent) {
        match &event.change {
            Change::Upcoming { due } => {
                let message = Message::new(Occasion::Upcoming, &format!("soon: {}", event.name));
                self.send(message.fact("due", due));
            }
            // A run that has reports, or could not begin, has said so itself.
            Change::Ended {
                verdict: Verdict::Aborted { why },
                reports: None,
                ..
            } => self.abort(&event.name, why),
            Change::Missed {
                from,
                to,
                count,
                why,
            } => {
                let message = Message::new(Occasion::Abort, &format!("missed: {}", event.name));
                let message = message.fact("reason", why).fact("due times", count);
                self.send(message.fact("from", from).fact("to", to));
            }
            _ => {}
        }
    }

    /// Notifies of a strike that begins or is over.
    pub(crate) fn see_monkey(&self, event: &MonkeyEvent<'_>) {
        let name = event.strike().experiment.name();
        match event {
            MonkeyEvent::Began(strike) => {
                let message = Message::new(Occasion::Start, &format!("faults begin: {name}"));
                let length = HumanDuration(strike.experiment.runs_for());
                self.send(message.fact("planned length", length));
            }
            MonkeyEvent::Ended { why, .. } => {
                let message = Message::new(Occasion::End, &format!("faults are over: {name}"));
                self.send(message.fact("reason", why));
            }
            _ => {}
        }
    }

    /// Notifies of what ended early.
    pub(crate) fn abort(&self, what: &str, why: &str) {
        let message = Message::new(Occasion::Abort, &format!("aborted: {what}"));
        self.send(message.fact("reason", why));
    }

    /// Notifies of the end of a suite, whose report is in a directory.
    pub(crate) fn finish(&self, report: &SuiteReport, directory: &Path) {
        let title = format!("{}: {}", report.suite, report.verdict.name());
        let verdicts = report.scenarios.iter().map(|result| {
            let why = result.verdict.reason().map(|why| format!(" ({why})"));
            let verdict = result.verdict.name().to_owned() + &why.unwrap_or_default();
            (result.scenario.clone(), verdict)
        });
        let message = with_facts(Occasion::End, &title, verdicts);
        self.send(message.fact("report", directory.display()));
    }

    /// Waits a few seconds at most for what is not delivered yet, and returns how much is left.
    pub(crate) async fn end(self) -> usize {
        match self.0 {
            Some(notifier) => notifier.end().await,
            None => 0,
        }
    }

    fn send(&self, message: Message) {
        if let Some(notifier) = &self.0 {
            notifier.send(message);
        }
    }
}

fn start(scenario: &Scenario, target: &Target) -> Message {
    let experiments = scenario.experiments.iter().map(Experiment::name);
    let experiments: Vec<_> = experiments.collect();
    // Before it, a URL may have an account.
    let target = target.url.rsplit('@').next().unwrap_or_default();
    Message::new(Occasion::Start, &format!("faults begin: {}", scenario.name))
        .fact("experiments", experiments.join(", "))
        .fact("target", target)
        .fact("planned length", scenario.stages.inject)
}

fn with_facts(
    occasion: Occasion,
    title: &str,
    facts: impl IntoIterator<Item = (String, String)>,
) -> Message {
    let message = Message::new(occasion, title);
    let facts = facts.into_iter();
    facts.fold(message, |message, (name, value)| message.fact(&name, value))
}
