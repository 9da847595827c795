//! The report as Markdown.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::report::Report;
use crate::report::duration_text::format_duration;
use crate::report::finding::{Finding, ReplayOutcome};
use crate::report::gap::{Gap, UNKNOWN_OPERATION, VARIES};
use crate::report::problem::Problem;
use crate::report::replay_command::replay_command;

/// The number of findings of one cause that are listed besides the first.
const MAX_OTHERS: usize = 5;

/// How often the kept test of a finding tries it, if the order of operations varies.
const TRIES_OF_KEPT: usize = 16;

impl Report {
    /// Returns the report as Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        self.to_string()
    }

    fn write_summary(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(test) = &self.skipped {
            return writeln!(out, "# Skipped: `CHAOS_REPLAY` is for {test}\n");
        }
        let gaps = match self.gaps.len() {
            0 => String::new(),
            gaps => format!(", {}", counted(gaps, "gap")),
        };
        if self.baseline_failure.is_some() {
            writeln!(out, "# Not explored: the test fails without any fault\n")?;
        } else if self.difference.is_some() {
            writeln!(out, "# Not explored: the test varies\n")?;
        } else {
            let findings = counted(self.findings.len(), "finding");
            // Each set of faults is a finding, and one cause may have hundreds.
            let causes = match self.findings.len() {
                0 | 1 => String::new(),
                _ => format!("{} of ", counted(self.findings_by_cause().len(), "cause")),
            };
            writeln!(out, "# Explored: {causes}{findings}{gaps}\n")?;
        }
        let stuck = self.baseline_failure.as_ref();
        let mut problems = stuck.iter().flat_map(|failure| &failure.problems);
        // The operations of a run that did not end are not known in full.
        let operations = match problems.any(|problem| matches!(problem, Problem::Stuck { .. })) {
            true => String::new(),
            false => format!("{} operations, ", self.operations.len()),
        };
        writeln!(
            out,
            "{operations}{} runs, up to {} at once, seed {}, {}\n",
            self.runs,
            counted(self.depth, "fault"),
            self.seed,
            format_duration(in_milliseconds(self.took))
        )
    }

    fn write_baseline_failure(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(failure) = &self.baseline_failure else {
            return Ok(());
        };
        let problem = failure.problems.first();
        let problem = problem.map_or_else(String::new, in_one_line);
        writeln!(out, "## {problem}\n")?;
        writeln!(out, "This happens without any fault: fix the test first.\n")?;
        for hint in self.hints(&[failure]) {
            writeln!(out, "{hint}\n")?;
        }
        Ok(())
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
            if ids.is_empty() {
                continue;
            }
            writeln!(out, "Only the {which} run had:\n")?;
            // The steps of a connection have one identity.
            for id in ids.iter().collect::<BTreeSet<_>>() {
                writeln!(out, "- `{id}`")?;
            }
            out.write_char('\n')?;
        }
        writeln!(out, "{VARIES}\n")
    }

    fn write_gaps(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_tries = self.tries > 1 && self.order_difference.is_some();
        if self.gaps.is_empty() && self.allowed_gaps.is_empty() && !has_tries {
            return Ok(());
        }
        writeln!(out, "## Not shown\n")?;
        for gap in &self.gaps {
            write!(out, "- **{}**", capitalized(&gap.to_string()))?;
            self.write_details(*gap, out)?;
            writeln!(
                out,
                ". {} If it is meant: `.allow(Gap::{gap:?})`.",
                self.advice(*gap)
            )?;
        }
        for gap in &self.allowed_gaps {
            write!(out, "- allowed: {gap}")?;
            self.write_details(*gap, out)?;
            writeln!(out, ".")?;
        }
        if has_tries {
            write!(out, "- {}", Gap::OrderVaries)?;
            self.write_details(Gap::OrderVaries, out)?;
            writeln!(
                out,
                ". Each set of faults was tried {} times, each time in the order of that run.",
                self.tries
            )?;
        }
        out.write_char('\n')
    }

    /// Writes what an exploration saw of a gap.
    fn write_details(&self, gap: Gap, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match gap {
            Gap::LateOperations => write!(out, ": `{}`", self.late_operations.join("`, `")),
            Gap::Unanswered => write!(out, ": {}", self.unanswered.join(", ")),
            Gap::UnknownService => write!(out, ": {}", self.unknown_services.join(", ")),
            Gap::OrderVaries => match &self.order_difference {
                None => Ok(()),
                Some(difference) => write!(out, ": {difference}"),
            },
            _ => Ok(()),
        }
    }

    /// Returns what to do about a gap.
    fn advice(&self, gap: Gap) -> &'static str {
        match gap {
            Gap::Unreached if !self.unknown_operations.is_empty() => UNKNOWN_OPERATION,
            _ => gap.advice(),
        }
    }

    /// Returns the findings, grouped by their cause.
    fn findings_by_cause(&self) -> Vec<Vec<&Finding>> {
        let mut by_cause: Vec<(String, Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            let cause = finding
                .problems
                .first()
                .map_or_else(String::new, Problem::cause);
            match by_cause.iter_mut().find(|(known, _)| *known == cause) {
                Some((_, findings)) => findings.push(finding),
                None => by_cause.push((cause, vec![finding])),
            }
        }
        by_cause.into_iter().map(|(_, findings)| findings).collect()
    }

    fn write_findings(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut given_hints = Vec::new();
        for findings in self.findings_by_cause() {
            let mut hints = self.hints(&findings);
            hints.retain(|hint| !given_hints.contains(hint));
            self.write_cause(out, &findings, &hints)?;
            given_hints.append(&mut hints);
        }
        Ok(())
    }

    /// Writes the findings of one cause: the first in full, the others in a line each.
    fn write_cause(
        &self,
        out: &mut fmt::Formatter<'_>,
        findings: &[&Finding],
        hints: &[String],
    ) -> fmt::Result {
        let first = findings[0];
        let problem = first.problems.first();
        writeln!(
            out,
            "## {}\n",
            problem.map_or_else(String::new, in_one_line)
        )?;
        self.write_first(out, first)?;
        for hint in hints {
            writeln!(out, "{hint}\n")?;
        }
        let others = &findings[1..];
        if others.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "The same happens in {}:\n",
            counted(others.len(), "other case")
        )?;
        for finding in others.iter().take(MAX_OTHERS) {
            let sentence = capitalized(&finding.sentence());
            writeln!(
                out,
                "- {sentence}: `{}`{}",
                finding.line,
                note(finding.replay)
            )?;
        }
        if let Some(more) = others
            .len()
            .checked_sub(MAX_OTHERS)
            .filter(|more| *more > 0)
        {
            writeln!(out, "- {more} more cases, which `Report::findings` lists")?;
        }
        out.write_char('\n')
    }

    /// Returns the code that makes an exploration a regression test of a finding, in whatever order its operations come.
    fn regression_test(&self, finding: &Finding) -> String {
        let replay = finding.to_rust();
        match self.order_difference {
            None => replay,
            Some(_) => {
                let tries = self.tries.max(TRIES_OF_KEPT);
                format!("{replay}.tries(std::num::NonZeroUsize::new({tries}).unwrap())")
            }
        }
    }

    fn write_first(&self, out: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
        let sentence = capitalized(&finding.sentence());
        writeln!(out, "{sentence}.{}\n", note(finding.replay))?;
        for problem in finding.problems.iter().skip(1) {
            writeln!(out, "Also: {}\n", in_one_line(problem))?;
        }
        for moment in &finding.moments {
            writeln!(
                out,
                "- after {}: {}",
                format_duration(moment.after),
                moment.what
            )?;
        }
        if !finding.moments.is_empty() {
            out.write_char('\n')?;
        }
        writeln!(
            out,
            "To replay exactly this, run:\n\n```sh\n{}\n```\n\nTo keep it as a test of its own, put `{}` before `.run()`.\n",
            replay_command(finding, self.test.as_deref()),
            self.regression_test(finding)
        )
    }
}

/// Returns what a replay of a finding has shown, if it is worth a note.
fn note(replay: ReplayOutcome) -> &'static str {
    match replay {
        ReplayOutcome::Reproduced => "",
        ReplayOutcome::NotReproduced => " (replayed, it did not happen again: the test varies)",
        ReplayOutcome::NotReplayed => " (not replayed)",
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
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
        if self.is_skipped() {
            return Ok(());
        }
        self.write_failed_without_faults(f)?;
        self.write_baseline_failure(f)?;
        self.write_difference(f)?;
        self.write_findings(f)?;
        self.write_gaps(f)?;
        self.write_fates(f)?;
        self.write_coverage(f)
    }
}
