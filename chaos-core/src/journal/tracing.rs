//! A journal sink that emits `tracing` events.

use tracing::{info, warn};

use super::{Event, JournalEntry, JournalSink};
use crate::Environment;
use crate::pressure::PressureChange;

/// Logs each entry but injections: starts and ends at info, problems at warn.
///
/// An injection is logged at info in any case, on the thread of its operation and in the span that is current there.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Log;

impl JournalSink for Log {
    fn record(&self, entry: &JournalEntry) {
        match &entry.event {
            Event::Started {
                experiment,
                owner,
                why,
                risk,
                level,
                consents,
                approved_by,
                seed,
                dry_run,
                environment,
                attribution,
                lease,
            } => {
                info!(experiment, by = %attribution, ?lease, owner, why, %environment, %risk, %level, %consents, approved_by, seed, dry_run, "experiment started");
                if *environment == Environment::Production && !dry_run {
                    warn!(
                        experiment,
                        "an experiment runs in production; errors and delays may be injected"
                    );
                }
            }
            Event::StillRunning {
                experiment,
                injected,
                time_left,
            } => warn!(
                experiment,
                injected,
                ?time_left,
                "an experiment still runs in production; errors and delays may be injected"
            ),
            Event::Waiting { experiment, why } => info!(experiment, why, "experiment is waiting"),
            Event::Refused { experiment, why } => warn!(experiment, why, "experiment refused"),
            // Each is logged where it happens, in the span of its operation.
            Event::Injected(_) => {}
            Event::Ended {
                experiment,
                reason,
                injected,
                why_idle: None,
                environment,
            } => match environment {
                Some(Environment::Production) => {
                    warn!(experiment, %reason, injected, "experiment in production ended");
                }
                _ => info!(experiment, %reason, injected, "experiment ended"),
            },
            Event::Ended {
                experiment,
                reason,
                why_idle: Some(why),
                ..
            } => {
                warn!(experiment, %reason, why, "experiment ended without a single injection");
            }
            Event::MisspeltProtection { protected, service } => warn!(
                protected,
                service, "no site has the name of a protected service; did you mean `{service}`?"
            ),
            Event::UndoFailed { experiment, failed } => {
                warn!(experiment, failed, "undos of an experiment failed");
            }
            Event::UndoPending { experiment } => {
                warn!(
                    experiment,
                    "undos of an experiment take long; no longer waiting"
                );
            }
            Event::Misuse {
                service,
                kind,
                misuse,
            } => warn!(service, kind = %kind, "{misuse}"),
            Event::DominantKey { service, kind, key } => warn!(
                service,
                kind = %kind,
                key,
                "more than half of the operations have this key, so a rate strikes all of them or none"
            ),
            // Configured experiments start before their sites register, so this alone is not a problem.
            Event::Unmatched {
                experiment,
                selects,
                nearest: None,
            } => info!(experiment, selects, "experiment matches no site yet"),
            Event::Unmatched {
                experiment,
                selects,
                nearest: Some(nearest),
            } => warn!(experiment, selects, "experiment matches no site; {nearest}"),
            Event::Matched {
                experiment,
                service,
                kind,
            } => info!(experiment, service, %kind, "experiment now matches a site"),
            Event::NotSupported {
                experiment,
                service,
                kind,
                phase,
            } => {
                warn!(experiment, service, %kind, %phase, "site can't apply this experiment");
            }
            Event::Pressure {
                experiment,
                level,
                change,
                why,
            } => match change {
                PressureChange::BackedOff | PressureChange::Failed => {
                    warn!(experiment, %level, %change, why, "pressure");
                }
                PressureChange::Reached | PressureChange::Saturated | PressureChange::GivenBack => {
                    info!(experiment, %level, %change, why, "pressure");
                }
            },
            Event::FileMatched { path, experiments } => {
                info!(path, ?experiments, "the experiments match the file");
            }
            Event::FileRefused { path, why } => {
                warn!(
                    path,
                    why, "the file is refused; its last version stays in force"
                );
            }
            Event::Lost { entries } => warn!(entries, "journal entries were lost"),
            Event::WatchingHaltFile { path } => info!(path, "watching for the halt file"),
            Event::Halted { attribution } => warn!(by = %attribution, "chaos halted"),
            Event::Resumed { attribution } => info!(by = %attribution, "chaos resumed"),
        }
    }
}
