//! Checks whether an experiment is valid.

use super::{Experiment, ExperimentProblem, InvalidExperiment};
use crate::Fault;

impl Experiment {
    /// Checks the experiment and returns its first problem.
    ///
    /// # Errors
    ///
    /// When the name, the faults or the blast radius are missing, the time limit is zero, or one of its parts is
    /// invalid.
    pub fn check(&self) -> Result<(), InvalidExperiment> {
        if self.name.trim().is_empty() {
            return Err(self.refused("name", ExperimentProblem::NoName));
        }
        if self.faults.is_empty() {
            return Err(self.refused("fault", ExperimentProblem::NoFault));
        }
        for (index, fault) in self.faults.iter().enumerate() {
            if let Some(pressure) = fault.pressure() {
                pressure
                    .check()
                    .map_err(|wrong| self.refused(format!("faults[{index}].exhaust"), wrong))?;
            }
        }
        let Some(radius) = &self.blast_radius else {
            let problem = if only_presses(&self.faults) {
                ExperimentProblem::NoBlastRadiusOfPressure
            } else {
                ExperimentProblem::NoBlastRadius
            };
            return Err(self.refused("blast_radius", problem));
        };
        radius
            .check()
            .map_err(|wrong| self.refused(format!("blast_radius.{}", wrong.key()), wrong))?;
        if let Some(pattern) = &self.pattern {
            pattern
                .check()
                .map_err(|wrong| self.refused("pattern", wrong))?;
        }
        if self.time_limit.is_zero() {
            return Err(self.refused("time_limit", ExperimentProblem::NoTime));
        }
        for (index, condition) in self.abort_when.iter().enumerate() {
            condition.check().map_err(|wrong| {
                self.refused(format!("abort_when[{index}].{}", wrong.key()), wrong)
            })?;
        }
        if self.labels.contains_key("") {
            return Err(self.refused("labels", ExperimentProblem::NoLabelName));
        }
        Ok(())
    }

    fn refused(
        &self,
        key: impl Into<String>,
        problem: impl Into<ExperimentProblem>,
    ) -> InvalidExperiment {
        InvalidExperiment::new(&self.name, key, problem)
    }
}

/// Whether all of these faults are pressures, so that a radius has no operations to choose from.
pub(super) fn only_presses(faults: &[Fault]) -> bool {
    !faults.is_empty() && faults.iter().all(|fault| fault.pressure().is_some())
}
