//! Experiments of a configuration, which comes before the sites that their conditions judge.

use std::sync::Arc;

use super::control::{Order, Waiting};
use super::inner::{Inner, Origin};
use crate::journal::Event;
use crate::{Error, Experiment, ExperimentGuard};

impl Inner {
    /// Starts the experiments of a configuration, each as soon as there is a site for its conditions to judge.
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
                    self.tell_of_refusal(experiments[at].name(), &error);
                    // A service must come up while its halt file exists, just without faults.
                    return if matches!(error, Error::Halted { .. }) {
                        Ok(())
                    } else {
                        Err(error)
                    };
                }
            }
        }
        for (experiment, why) in waiting {
            self.tell_of_waiting(&experiment, &why);
            self.control().waiting.push(Waiting { experiment, why });
        }
        Ok(())
    }

    /// Tries again what waits for a site to judge.
    pub(super) fn try_waiting(self: &Arc<Self>, waiting: Waiting) {
        let Waiting {
            experiment,
            mut why,
        } = waiting;
        loop {
            let known = self.control().sites.len();
            match self.try_start(vec![experiment.clone()], Origin::File) {
                Ok(guards) => return guards.into_iter().for_each(ExperimentGuard::detach),
                Err((_, Error::NothingToJudge { missing, .. })) => {
                    // A site that came since may have the name that was meant.
                    if missing != why {
                        self.tell_of_waiting(&experiment, &missing);
                        why = missing;
                    }
                    let mut control = self.control();
                    // A site that registered meanwhile, or a halt, did not find it waiting.
                    if control.sites.len() == known && control.order == Order::Go {
                        control.waiting.push(Waiting { experiment, why });
                        return;
                    }
                }
                Err((_, error)) => return self.tell_of_refusal(experiment.name(), &error),
            }
        }
    }

    fn tell_of_waiting(&self, experiment: &Experiment, why: &str) {
        self.services().journal.record(Event::Waiting {
            experiment: experiment.name().to_owned(),
            why: why.to_owned(),
        });
    }
}
