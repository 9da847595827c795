//! Announces runs to those who look at dashboards and alerts: annotations in Grafana, a silence in Alertmanager.
//!
//! A task of its own talks to the servers, so one that does not answer neither fails nor holds up a run.

mod grafana;
mod server;
mod silence;

use std::time::{Duration, SystemTime};

use chaos_core::Experiment;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub use grafana::Grafana;
pub use silence::{InvalidMatcher, Matcher, Silence};

use crate::SuiteStep;
use crate::load::InvalidLoad;
use crate::record::RecordEntry;
use crate::scenario::{Scenario, Stage};

/// The time that the servers have at the end of a run.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where runs are announced.
#[derive(Debug, Default)]
pub struct Announced {
    /// Annotations of injection windows.
    pub grafana: Option<Grafana>,
    /// A silence for the length of all runs.
    pub silence: Option<Silence>,
}

/// An announcement that can't be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAnnouncement {
    /// The URL makes no sense, or is one of TLS, which is left to a proxy.
    #[error(transparent)]
    Url(#[from] InvalidLoad),
    /// The token can't be sent.
    #[error("the token of Grafana has characters that no header can have")]
    Token,
}

/// Announces runs from now on.
#[derive(Debug)]
#[must_use = "what is announced has to be taken back at the end"]
pub struct Announcements {
    moments: UnboundedSender<Moment>,
    task: JoinHandle<Vec<String>>,
}

/// What is announced, and when it was.
#[derive(Debug)]
enum Moment {
    Planned(Duration),
    Began(SystemTime, Vec<String>),
    Ended(SystemTime),
}

impl Announcements {
    /// Begins to announce; it must be called in a runtime.
    pub fn begin(announced: Announced) -> Self {
        let (moments, received) = unbounded_channel();
        Self {
            moments,
            task: tokio::spawn(announce(announced, received)),
        }
    }

    /// Announces that these scenarios are about to be run.
    pub fn plan<'s>(&self, scenarios: impl IntoIterator<Item = &'s Scenario>) {
        let lengths = scenarios
            .into_iter()
            .map(|scenario| scenario.stages.total());
        let length = lengths.fold(Duration::ZERO, Duration::saturating_add);
        self.send(Moment::Planned(length));
    }

    /// Announces a step, if it begins or ends the window of an injection.
    pub fn see(&self, step: &SuiteStep<'_>) {
        let SuiteStep::Recorded { scenario, line } = step else {
            return;
        };
        let now = SystemTime::now();
        match &line.entry {
            RecordEntry::Stage(Stage::Inject) => self.send(Moment::Began(now, tags(scenario))),
            RecordEntry::Stage(_) | RecordEntry::Aborted { .. } | RecordEntry::Closed => {
                self.send(Moment::Ended(now));
            }
            _ => {}
        }
    }

    /// Takes back what still is announced, and returns what went wrong.
    pub async fn end(self) -> Vec<String> {
        drop(self.moments);
        match timeout(PATIENCE, self.task).await {
            Ok(Ok(problems)) => problems,
            Ok(Err(error)) => vec![format!("the announcements ended early: {error}")],
            Err(_) => vec![format!(
                "what was announced could not be taken back within {PATIENCE:?}"
            )],
        }
    }

    fn send(&self, moment: Moment) {
        // Its end returns what went wrong.
        let _ = self.moments.send(moment);
    }
}

/// The tags of an annotation: all plain text, which Grafana shows as such.
fn tags(scenario: &Scenario) -> Vec<String> {
    let experiments = scenario.experiments.iter().map(Experiment::name);
    let named = [scenario.name.as_str()].into_iter().chain(experiments);
    let mut tags = vec!["chaos-lab".to_owned()];
    tags.extend(named.map(str::to_owned));
    tags.dedup();
    tags
}

async fn announce(announced: Announced, mut moments: UnboundedReceiver<Moment>) -> Vec<String> {
    let Announced { grafana, silence } = announced;
    let (mut annotation, mut silenced) = (None, None);
    let mut problems = Vec::new();
    while let Some(moment) = moments.recv().await {
        match (moment, &grafana, &silence) {
            (Moment::Planned(length), _, Some(silence)) => {
                silenced = keep(silence.set(length).await, &mut problems);
            }
            (Moment::Began(at, tags), Some(grafana), _) => {
                annotation = keep(grafana.begin(at, &tags).await, &mut problems);
            }
            (Moment::Ended(at), Some(grafana), _) => {
                if let Some(id) = annotation.take() {
                    keep(grafana.end(id, at).await, &mut problems);
                }
            }
            _ => {}
        }
    }
    if let (Some(id), Some(grafana)) = (annotation, &grafana) {
        keep(grafana.end(id, SystemTime::now()).await, &mut problems);
    }
    if let (Some(id), Some(silence)) = (silenced, &silence) {
        keep(silence.expire(&id).await, &mut problems);
    }
    problems
}

/// The result, or none and its problem, each of which is kept once.
fn keep<T>(result: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    result
        .map_err(|problem| {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        })
        .ok()
}
