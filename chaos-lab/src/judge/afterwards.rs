//! How the target came back after the fault.

use std::collections::BTreeMap;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;

use super::recorded::Recorded;
use crate::Verdict;
use crate::record::{RecordEntry, RuleState};
use crate::report::{Finding, Indicator, ReachedStage, Recovery, RecoveryStage};
use crate::scenario::Stage;
use crate::statistics::{Counted, Estimate, Proportion};

/// The last looks of a probe, one of which must be good: a single one may fail by chance.
const LAST_LOOKS: usize = 3;

impl Recorded<'_> {
    /// How the target came back; nothing, if the record ends before the fault does.
    pub(super) fn recovery(&self) -> Option<Recovery> {
        let start = self.start(Stage::Recover)?;
        let after = |at: Duration| HumanDuration(at.saturating_sub(start));
        let mut since: Vec<_> = self.requests(self.from(Stage::Recover)).collect();
        since.sort_by_key(|sample| sample.due.0);
        let ok = since.iter().filter(|sample| sample.ok);
        let answered = ok.map(|sample| sample.due.0 + sample.took.0);
        let probes = self.probes(self.from(Stage::Recover));
        let well = probes.filter(|(_, probe)| probe.problem.is_none());
        let mut recovery = Recovery {
            first_success: answered.min().or(well.map(|(at, _)| at).min()).map(after),
            successes_in_a_row: since.iter().take_while(|sample| sample.ok).count() as u64,
            steady: self.seconds.steady_from(start).map(after),
            rules_hold: self.rules_hold_from().map(after),
            downtime: HumanDuration(self.seconds.downtime()),
            failed_health_checks: self.failed_probes(self.from(Stage::Inject)).count(),
            stages: Vec::new(),
        };
        recovery.stages = self.recovery_stages(&recovery);
        Some(recovery)
    }

    /// How far the target came.
    fn recovery_stages(&self, recovery: &Recovery) -> Vec<ReachedStage> {
        let is_measured = self.opened.scenario.load.is_some()
            || !self.opened.scenario.steady_state.is_empty()
            || self.outcomes(self.from(Stage::Recover)).next().is_some();
        let has_rules = !self.opened.scenario.business_rules.is_empty();
        let is_aborted = |entry| matches!(entry, &RecordEntry::Aborted { .. });
        let is_whole =
            self.entries().last() == Some(&RecordEntry::Closed) && !self.entries().any(is_aborted);
        let stages = [
            (
                RecoveryStage::Immediate,
                recovery.first_success,
                is_measured,
            ),
            (RecoveryStage::ShortTerm, recovery.steady, is_measured),
            (RecoveryStage::Business, recovery.rules_hold, has_rules),
        ];
        let reached = stages.map(|(stage, reached, is_measured)| ReachedStage {
            stage,
            reached,
            verdict: match reached {
                Some(_) => Verdict::Met,
                None if !is_measured && stage == RecoveryStage::Business => {
                    Verdict::not_applicable("there are no business rules")
                }
                None if !is_measured => Verdict::not_applicable("nothing measures it"),
                None if is_whole => Verdict::Violated,
                None => Verdict::inconclusive("the run ended before"),
            },
        });
        reached.into()
    }

    /// The first look at the rules after the fault from which on all of them hold.
    fn rules_hold_from(&self) -> Option<Duration> {
        let mut from: BTreeMap<&str, Option<Duration>> = BTreeMap::new();
        for (at, look) in self.rules(self.from(Stage::Recover)) {
            let from = from.entry(&look.rule).or_default();
            match look.found {
                RuleState::Holds => *from = from.or(Some(at)),
                RuleState::Broken(_) => *from = None,
                RuleState::Unknown(_) => {}
            }
        }
        let all: Option<Vec<_>> = from.into_values().collect();
        all?.into_iter().max()
    }

    /// The probes that are good again at the end; nothing without probes, or if the record ends before the fault does.
    pub(super) fn steady_state(&self) -> Option<Finding> {
        let start = self.start(Stage::Recover)?;
        let whole = Duration::ZERO..self.from(Stage::Recover).end;
        let mut looks: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
        for (at, probe) in self.probes(whole) {
            let looks = looks.entry(&probe.probe).or_default();
            if at >= start {
                looks.push(probe.problem.is_none());
            }
        }
        if looks.is_empty() {
            return None;
        }
        let good: Proportion = looks
            .values()
            .map(|looks| Counted::when(looks.iter().rev().take(LAST_LOOKS).any(|good| *good)))
            .collect();
        let verdict = if looks.values().any(Vec::is_empty) {
            Verdict::inconclusive("the run ended before each probe had looked after the fault")
        } else if good.complement().count() > 0 {
            Verdict::Violated
        } else {
            Verdict::Met
        };
        let measured = good.share().map(|share| Estimate::new(share, share, share));
        Some(Finding::new(Indicator::SteadyState, 1.0, measured, verdict))
    }
}
