//! Configured experiments that wait for the sites that their conditions judge.

use std::sync::Arc;

use super::inner::Inner;
use super::start_request::StartRequest;
use super::table::Waiting;
use crate::journal::Event;
use crate::{Error, Experiment, ExperimentFile, ExperimentGuard};

impl Inner {
    /// Starts configured experiments, each once its conditions have a site to judge.
    ///
    /// # Errors
    ///
    /// When one of them is refused for any other reason; then none is started.
    pub(super) fn start_when_ready(self: &Arc<Self>, file: ExperimentFile) -> Result<(), Error> {
        let request = StartRequest::file(&file);
        let mut experiments = file.into_experiments();
        let mut waiting = Vec::new();
        loop {
            match self.try_start(experiments.clone(), &request) {
                Ok(guards) => {
                    guards.into_iter().for_each(ExperimentGuard::detach);
                    break;
                }
                Err((at, Error::NothingToJudge { missing, .. })) => {
                    waiting.push((experiments.remove(at), missing));
                }
                Err((at, error)) => {
                    self.journal_refusal(experiments[at].name(), &error);
                    // A service must start while its halt file exists or no window is open, without faults.
                    return if error.may_pass() { Ok(()) } else { Err(error) };
                }
            }
        }
        for (experiment, why) in waiting {
            self.journal_waiting(&experiment, &why);
            let mut table = self.table();
            // A halt in the meantime did not see the experiment in the list.
            if table.start_policy.is_halted() {
                drop(table);
                let experiment = experiment.name().to_owned();
                self.journal_refusal(&experiment.clone(), &Error::Halted { experiment });
            } else {
                let request = request.clone();
                table.waiting.push(Waiting {
                    experiment,
                    request,
                    why,
                });
            }
        }
        Ok(())
    }

    /// Retries an experiment that waits for a site to judge.
    pub(super) fn try_waiting(self: &Arc<Self>, waiting: Waiting) {
        let Waiting {
            experiment,
            request,
            mut why,
        } = waiting;
        loop {
            let known = self.table().sites.count();
            match self.try_start(vec![experiment.clone()], &request) {
                Ok(guards) => return guards.into_iter().for_each(ExperimentGuard::detach),
                Err((_, Error::NothingToJudge { missing, .. })) => {
                    // A newer site may have the intended name.
                    if missing != why {
                        self.journal_waiting(&experiment, &missing);
                        why = missing;
                    }
                    let mut table = self.table();
                    // A site or a halt in the meantime did not see the experiment in the list.
                    if table.sites.count() == known && table.start_policy.is_allowed() {
                        table.waiting.push(Waiting {
                            experiment,
                            request,
                            why,
                        });
                        return;
                    }
                }
                Err((_, error)) => return self.journal_refusal(experiment.name(), &error),
            }
        }
    }

    fn journal_waiting(&self, experiment: &Experiment, why: &str) {
        self.journal.record(Event::Waiting {
            experiment: experiment.name().to_owned(),
            why: why.to_owned(),
        });
    }
}
