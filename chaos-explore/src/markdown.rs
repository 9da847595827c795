//! The report for readers.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::duration_text::format_duration;
use crate::finding::Again;
use crate::{Fate, Finding, Problem, Report};

impl Report {
    /// The report for readers.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("text takes all there is");
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Explored: {} findings\n", self.findings.len())?;
        writeln!(
            out,
            "{} operations, {} runs, up to {} faults at once, seed {}, {}\n",
            self.operations.len(),
            self.runs,
            self.depth,
            self.seed,
            format_duration(in_milliseconds(self.took))
        )?;
        if let Some(differs) = &self.differs {
            writeln!(
                out,
                "The test is not the same twice, so nothing was explored. Two runs without any fault met different \
                 operations:\n"
            )?;
            for (which, ids) in [
                ("first", &differs.only_first),
                ("second", &differs.only_second),
            ] {
                for id in ids {
                    writeln!(out, "- only the {which} run: `{id}`")?;
                }
            }
            out.push('\n');
        }
        self.write_findings(out)?;
        self.write_absorption(out)?;
        self.write_limits(out)
    }

    /// What was found, by what was wrong.
    fn write_findings(&self, out: &mut String) -> fmt::Result {
        let mut by_problem: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            let what = finding
                .problems
                .first()
                .map_or_else(String::new, in_one_line);
            by_problem.entry(what).or_default().push(finding);
        }
        for (problem, findings) in by_problem {
            writeln!(out, "## {problem}\n")?;
            for finding in &findings {
                if finding.placements.is_empty() {
                    writeln!(out, "- without any fault: mend the test first")?;
                    continue;
                }
                writeln!(out, "- `CHAOS_REPLAY='{}'`", finding.line)?;
                for problem in finding.problems.iter().skip(1) {
                    writeln!(out, "  also: {}", in_one_line(problem))?;
                }
                match finding.again {
                    Again::Replayed => {}
                    Again::Gone => writeln!(
                        out,
                        "  (replayed, it did not happen again: the test varies)"
                    )?,
                    Again::Untried => writeln!(out, "  (not replayed)")?,
                }
            }
            if let Some(first) = findings.iter().find(|one| !one.placements.is_empty()) {
                writeln!(out, "\n```rust\n{}```", first.to_rust())?;
            }
            out.push('\n');
        }
        Ok(())
    }

    fn write_absorption(&self, out: &mut String) -> fmt::Result {
        if self.absorption.is_empty() {
            return Ok(());
        }
        writeln!(out, "## What became of each fault\n")?;
        writeln!(
            out,
            "| operation | absorbed | surfaced | can't be told | finding |"
        )?;
        writeln!(out, "|---|---|---|---|---|")?;
        let mut by_operation: Vec<(&_, [Vec<String>; 4])> = Vec::new();
        for one in &self.absorption {
            if by_operation
                .last()
                .is_none_or(|(last, _)| *last != &one.operation)
            {
                by_operation.push((&one.operation, Default::default()));
            }
            let column = match one.fate {
                Fate::Absorbed => 0,
                Fate::Surfaced => 1,
                Fate::Unknown => 2,
                Fate::Found => 3,
            };
            if let Some((_, columns)) = by_operation.last_mut() {
                columns[column].push(one.mishap.to_string());
            }
        }
        for (operation, columns) in by_operation {
            let cells = columns.map(|mishaps| mishaps.join(", "));
            writeln!(out, "| `{operation}` | {} |", cells.join(" | "))?;
        }
        out.push('\n');
        Ok(())
    }

    fn write_limits(&self, out: &mut String) -> fmt::Result {
        let pruned = self.pruned;
        writeln!(
            out,
            "Not tried because it could show nothing new: {} sets that hold a finding, {} faults within an outage. Every \
             other set of faults at different operations was tried once, in the order in which they strike, but for what \
             follows.",
            pruned.hold_a_finding, pruned.within_an_outage
        )?;
        for line in &self.unreached {
            writeln!(out, "\nNot reached, so the test varies: `{line}`")?;
        }
        if self.operations_beyond > 0 {
            writeln!(
                out,
                "\n**Left unexplored**: the last {} operations of a run that had too many.",
                self.operations_beyond
            )?;
        }
        if let Some(left) = &self.unexplored {
            writeln!(
                out,
                "\n**Left unexplored** ({}): {} sets of {} faults, and whatever they would have led to.",
                left.limit, left.placements, left.depth
            )?;
        }
        Ok(())
    }
}

fn in_one_line(problem: &Problem) -> String {
    problem.to_string().replace('\n', " ")
}

/// Nobody reads the rest.
fn in_milliseconds(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_markdown())
    }
}
