//! Whether experiments may start.

use crate::Attribution;
use crate::status::HaltStatus;

/// Whether experiments may start, and what keeps them from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct StartPolicy {
    switched_off: bool,
    halted_by_call: Option<HaltStatus>,
    halted_by_file: Option<HaltStatus>,
}

/// The source of a halt, which alone can lift it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HaltSource {
    /// A call to `halt`, or the guardian; lifted by `resume`.
    Call,
    /// The halt file; lifted by its removal.
    File,
}

impl StartPolicy {
    pub(super) const SWITCHED_OFF: Self = Self {
        switched_off: true,
        halted_by_call: None,
        halted_by_file: None,
    };

    pub(super) fn is_switched_off(&self) -> bool {
        self.switched_off
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halts().next().is_some()
    }

    pub(super) fn is_allowed(&self) -> bool {
        !self.switched_off && !self.is_halted()
    }

    /// The halts that are in force.
    pub(super) fn halts(&self) -> impl Iterator<Item = &HaltStatus> {
        self.halted_by_call.iter().chain(&self.halted_by_file)
    }

    /// Returns false if this source has halted already.
    pub(super) fn halt(&mut self, source: HaltSource, attribution: &Attribution) -> bool {
        let halted = self.by(source);
        let first = halted.is_none();
        halted.get_or_insert_with(|| HaltStatus::since_now(attribution.clone()));
        first
    }

    /// Returns false if this source has not halted.
    pub(super) fn lift(&mut self, source: HaltSource) -> bool {
        self.by(source).take().is_some()
    }

    fn by(&mut self, source: HaltSource) -> &mut Option<HaltStatus> {
        match source {
            HaltSource::Call => &mut self.halted_by_call,
            HaltSource::File => &mut self.halted_by_file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Actor;

    fn halt(policy: &mut StartPolicy, source: HaltSource) -> bool {
        policy.halt(source, &Actor::Code.into())
    }

    #[test]
    fn each_source_lifts_only_its_own_halt() {
        let mut policy = StartPolicy::default();
        assert!(policy.is_allowed());
        assert!(halt(&mut policy, HaltSource::Call));
        assert!(!halt(&mut policy, HaltSource::Call));
        assert!(halt(&mut policy, HaltSource::File));
        assert!(policy.lift(HaltSource::File));
        assert!(!policy.lift(HaltSource::File));
        assert!(policy.is_halted() && !policy.is_allowed());
        assert!(policy.lift(HaltSource::Call));
        assert!(policy.is_allowed());
    }

    #[test]
    fn a_switch_that_is_off_stays_off() {
        let mut policy = StartPolicy::SWITCHED_OFF;
        halt(&mut policy, HaltSource::Call);
        policy.lift(HaltSource::Call);
        assert!(policy.is_switched_off() && !policy.is_allowed());
    }
}
