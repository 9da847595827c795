//! What an exploration tried, and what it left out.

use std::fmt;

use crate::report::Report;
use crate::report::markdown::counted;

impl Report {
    /// Writes which sets of faults were tried, skipped, not reached, or left unexplored.
    pub(super) fn write_coverage(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A failed baseline and a replay try no sets of an exploration.
        if !self.tried_by_size.is_empty() {
            self.write_tried(out)?;
        }
        for line in &self.unreached_sets {
            if self.unknown_operations.is_empty() {
                writeln!(out, "\nNot reached, so the test varies: `{line}`")?;
            } else {
                let unknown = self.unknown_operations.join("`, `");
                writeln!(
                    out,
                    "\nNot reached, as no operation of that name was met (`{unknown}`): `{line}`"
                )?;
            }
        }
        if self.unrecorded_operations > 0 {
            writeln!(
                out,
                "\n**Left unexplored**: the last {} operations of a run that had too many.",
                self.unrecorded_operations
            )?;
        }
        if let Some(left) = &self.unexplored {
            writeln!(
                out,
                "\n**Left unexplored** ({}): {} sets of {} faults, and the larger sets that would have followed.",
                left.limit, left.placements, left.depth
            )?;
        }
        Ok(())
    }

    fn write_tried(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sets_tried == 0 {
            return writeln!(out, "No fault was tried.");
        }
        let sizes = 1..=self.depth.max(self.tried_by_size.len());
        let tried: Vec<_> = sizes
            .map(|size| (self.sets_tried_of_size(size), size))
            .map(|(count, size)| match size {
                1 => counted(count, "single fault"),
                2 => counted(count, "pair"),
                _ => format!("{} of {size} faults", counted(count, "set")),
            })
            .collect();
        let times = match self.tries {
            1 => "once".to_owned(),
            tries => format!("{tries} times"),
        };
        let order = match self.order_difference {
            None => "in the order in which they strike",
            Some(_) => "in the order of that run, as the order varies",
        };
        let exceptions = match self.has_exceptions() {
            true => ", with the exceptions below",
            false => "",
        };
        writeln!(
            out,
            "Tried: {}. Skipped, as they could show nothing new: {} that contain a finding, {} within an outage. Every \
             other set of faults at different operations was tried {times}, {order}{exceptions}.",
            tried.join(", "),
            counted(self.pruned.supersets_of_findings, "set"),
            counted(self.pruned.within_an_outage, "fault"),
        )
    }

    fn has_exceptions(&self) -> bool {
        let has_unreached = !self.unreached_sets.is_empty();
        has_unreached || self.unrecorded_operations > 0 || self.unexplored.is_some()
    }
}
