//! Strikes whose turn does not come: their operation ended first.

use super::{Strike, Strikes};
use crate::status::RateBound;

impl Strikes {
    /// Drops strikes whose turn does not come any more.
    pub(super) fn pass_over(&mut self, is_passed_over: impl Fn(&Strike) -> bool) {
        for strike in self.due.extract_if(.., |strike| is_passed_over(strike)) {
            strike.running.meet(RateBound::EndedFirst);
        }
    }
}

impl Drop for Strikes {
    fn drop(&mut self) {
        self.pass_over(|_| true);
    }
}
