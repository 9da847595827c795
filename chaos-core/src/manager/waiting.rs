//! Experiments of a configuration, which may be read before the sites that their conditions judge register.

use std::sync::Arc;

use super::inner::{Inner, Origin};
use super::table::{StartPolicy, Waiting};
use crate::journal::Event;
use crate::{Error, Experiment, ExperimentGuard};

impl Inner {
    /// Starts the experiments of a configuration, each once a site that its conditions judge is registered.
    ///
    /// # Errors
    ///
    /// When one of them is refused for good: then none is started.
    pub(super) fn start_when_ready(
        self: &Arc<Self>,
        mut experiments: Vec<Experiment>,
    ) -> Result<(), Error> {
        let mut waiting = Vec::new();
        loop {
            match self.try_start(experiments.clone(), Origin::File) {
                Ok(guards) => {
                    guards.into_iter().for_each(ExperimentGuard::detach);
                    break;
                }
                Err((at, Error::NothingToJudge { missing, .. })) => {
                    waiting.push((experiments.remove(at), missing));
                }
                Err((at, error)) => {
                    self.journal_refusal(experiments[at].name(), &error);
                    // A service must start while its halt file exists, without faults.
                    return if matches!(error, Error::Halted { .. }) {
                        Ok(())
                    } else {
                        Err(error)
                    };
                }
            }
        }
        for (experiment, why) in waiting {
            self.journal_waiting(&experiment, &why);
            self.table().waiting.push(Waiting { experiment, why });
        }
        Ok(())
    }

    /// Retries an experiment that waits for a site to judge.
    pub(super) fn try_waiting(self: &Arc<Self>, waiting: Waiting) {
        let Waiting {
            experiment,
            mut why,
        } = waiting;
        loop {
            let known = self.table().sites.len();
            match self.try_start(vec![experiment.clone()], Origin::File) {
                Ok(guards) => return guards.into_iter().for_each(ExperimentGuard::detach),
                Err((_, Error::NothingToJudge { missing, .. })) => {
                    // A newer site may have the intended name.
                    if missing != why {
                        self.journal_waiting(&experiment, &missing);
                        why = missing;
                    }
                    let mut table = self.table();
                    // A site or a halt that came meanwhile did not see it waiting.
                    if table.sites.len() == known && table.start_policy == StartPolicy::Allowed {
                        table.waiting.push(Waiting { experiment, why });
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
