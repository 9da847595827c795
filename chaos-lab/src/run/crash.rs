//! A target that the run itself crashes: it is gone for a while, and comes back as another process.

use super::running::{Running, Stop};
use crate::control::{Control, ControlError};
use crate::record::{Opened, RecordEntry};
use crate::scenario::crashes;

/// Whether the target is there, in a run that may crash it.
pub(super) struct Presence {
    opened: Opened,
    may_crash: bool,
    is_gone: bool,
    has_restarted: bool,
}

impl Presence {
    pub(super) fn of(opened: Opened) -> Self {
        Self {
            may_crash: opened.scenario.experiments.iter().any(crashes),
            opened,
            is_gone: false,
            has_restarted: false,
        }
    }

    /// Whether there is no process that the experiments of the run could be in.
    pub(super) fn has_crashed(&self) -> bool {
        self.is_gone || self.has_restarted
    }
}

impl<C: Control> Running<'_, C> {
    /// Takes the silence of a target for its crash, if the run may have caused one.
    pub(super) fn forgive(&mut self, asked: Result<(), Stop>) -> Result<(), Stop> {
        let may_have_crashed =
            self.presence.may_crash && (self.is_started || self.presence.has_crashed());
        match asked {
            Err(Stop::Control(ControlError::Unreachable(..))) if may_have_crashed => {
                if !self.presence.is_gone {
                    self.presence.is_gone = true;
                    self.write(RecordEntry::Gone)?;
                }
                Ok(())
            }
            asked => asked,
        }
    }

    /// Looks whether a target that may crash is gone, is back, or was both since the last look.
    pub(super) async fn look_for_crash(&mut self) -> Result<(), Stop> {
        let target = match self.control.describe().await {
            Ok(target) => target,
            Err(error) => return self.forgive(Err(error.into())),
        };
        let has_restarted = self.is_started && self.presence.opened.is_restarted(&target);
        if has_restarted && !self.presence.may_crash {
            self.is_started = false;
            let why = "the target ended by itself, and another process answers in its place";
            return Err(Stop::Aborted(why.to_owned()));
        }
        if !self.presence.is_gone && !has_restarted {
            return Ok(());
        }
        self.presence.is_gone = false;
        if has_restarted {
            self.presence.has_restarted = true;
            self.is_started = false;
            // The journal is that of another process.
            self.next = 0;
        }
        Ok(self.write(RecordEntry::Back(Box::new(target)))?)
    }
}
