//! Whether experiments may start.

/// Whether experiments may start, and what keeps them from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StartPolicy {
    switched_off: bool,
    halted_by_call: bool,
    halted_by_file: bool,
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
        halted_by_call: false,
        halted_by_file: false,
    };

    pub(super) fn is_switched_off(self) -> bool {
        self.switched_off
    }

    pub(super) fn is_halted(self) -> bool {
        self.halted_by_call || self.halted_by_file
    }

    pub(super) fn is_allowed(self) -> bool {
        !self.switched_off && !self.is_halted()
    }

    /// Returns false if this source has halted already.
    pub(super) fn halt(&mut self, source: HaltSource) -> bool {
        !std::mem::replace(self.by(source), true)
    }

    /// Returns false if this source has not halted.
    pub(super) fn lift(&mut self, source: HaltSource) -> bool {
        std::mem::replace(self.by(source), false)
    }

    fn by(&mut self, source: HaltSource) -> &mut bool {
        match source {
            HaltSource::Call => &mut self.halted_by_call,
            HaltSource::File => &mut self.halted_by_file,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_lifts_only_its_own_halt() {
        let mut policy = StartPolicy::default();
        assert!(policy.is_allowed());
        assert!(policy.halt(HaltSource::Call));
        assert!(!policy.halt(HaltSource::Call));
        assert!(policy.halt(HaltSource::File));
        assert!(policy.lift(HaltSource::File));
        assert!(!policy.lift(HaltSource::File));
        assert!(policy.is_halted() && !policy.is_allowed());
        assert!(policy.lift(HaltSource::Call));
        assert!(policy.is_allowed());
    }

    #[test]
    fn a_switch_that_is_off_stays_off() {
        let mut policy = StartPolicy::SWITCHED_OFF;
        policy.halt(HaltSource::Call);
        policy.lift(HaltSource::Call);
        assert!(policy.is_switched_off() && !policy.is_allowed());
    }
}
