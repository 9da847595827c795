//! The report as Markdown.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::report::Report;
use crate::report::duration_text::format_duration;
use crate::report::fate::Fate;
use crate::report::finding::{Finding, ReplayOutcome};
use crate::report::problem::Problem;

/// The columns of the table of fates.
const COLUMNS: [Fate; 4] = [Fate::Absorbed, Fate::Surfaced, Fate::Unknown, Fate::Found];

impl Report {
    /// Returns the report as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        self.to_string()
    }

    fn write_summary(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "# Explored: {} findings\n", self.findings.len())?;
        writeln!(
            out,
            "{} operations, {} runs, up to {} faults at once, seed {}, {}\n",
            self.operations.len(),
            self.runs,
            self.depth,
            self.seed,
            format_duration(in_milliseconds(self.took))
        )
    }

    fn write_difference(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(difference) = &self.difference else {
            return Ok(());
        };
        writeln!(
            out,
            "The test varies, so nothing was explored. Two runs without any fault had different operations:\n"
        )?;
        for (which, ids) in [
            ("first", &difference.only_first),
            ("second", &difference.only_second),
        ] {
            for id in ids {
                writeln!(out, "- only the {which} run: `{id}`")?;
            }
        }
        out.write_char('\n')
    }

    /// Writes the findings, grouped by their first problem.
    fn write_findings(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_problem: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.findings {
            let problem = finding.problems.first();
            let problem = problem.map_or_else(String::new, in_one_line);
            by_problem.entry(problem).or_default().push(finding);
        }
        for (problem, findings) in by_problem {
            writeln!(out, "## {problem}\n")?;
            for finding in &findings {
                write_finding(out, finding)?;
            }
            if let Some(first) = findings.iter().find(|one| !one.placements.is_empty()) {
                writeln!(out, "\n```rust\n{}```", first.to_rust())?;
            }
            out.write_char('\n')?;
        }
        Ok(())
    }

    fn write_fates(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fates.is_empty() {
            return Ok(());
        }
        writeln!(out, "## Fate of each fault\n")?;
        let header = COLUMNS.map(|fate| fate.to_string()).join(" | ");
        writeln!(out, "| operation | {header} |\n|---|---|---|---|---|")?;
        for of_operation in self.fates.chunk_by(|a, b| a.operation == b.operation) {
            let cells = COLUMNS.map(|column| {
                let in_column = of_operation.iter().filter(|one| one.fate == column);
                let cases: Vec<_> = in_column.map(|one| one.fault_case.to_string()).collect();
                cases.join(", ")
            });
            let operation = &of_operation[0].operation;
            writeln!(out, "| `{operation}` | {} |", cells.join(" | "))?;
        }
        out.write_char('\n')
    }

    fn write_limits(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "Skipped, as they could show nothing new: {} sets that contain a finding, {} faults within an outage. Every \
             other set of faults at different operations was tried once, in the order in which they strike, with the \
             exceptions below.",
            self.pruned.supersets_of_findings, self.pruned.within_an_outage
        )?;
        for line in &self.unreached_sets {
            writeln!(out, "\nNot reached, so the test varies: `{line}`")?;
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
}

fn write_finding(out: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    if finding.placements.is_empty() {
        return writeln!(out, "- without any fault: fix the test first");
    }
    writeln!(out, "- `CHAOS_REPLAY='{}'`", finding.line)?;
    for problem in finding.problems.iter().skip(1) {
        writeln!(out, "  also: {}", in_one_line(problem))?;
    }
    match finding.replay {
        ReplayOutcome::Reproduced => Ok(()),
        ReplayOutcome::NotReproduced => writeln!(
            out,
            "  (replayed, it did not happen again: the test varies)"
        ),
        ReplayOutcome::NotReplayed => writeln!(out, "  (not replayed)"),
    }
}

fn in_one_line(problem: &Problem) -> String {
    problem.to_string().replace('\n', " ")
}

fn in_milliseconds(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_summary(f)?;
        self.write_difference(f)?;
        self.write_findings(f)?;
        self.write_fates(f)?;
        self.write_limits(f)
    }
}
