//! Writes a comparison as Markdown, for a pull request.

use std::fmt::{self, Write};

use crate::comparison::{Comparison, GroupComparison, ScenarioComparison};
use crate::words::HEAD;

impl Comparison {
    /// The comparison as Markdown, for a pull request.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text never fails.
        let _ = self.write_markdown(&mut text);
        text
    }

    fn write_markdown(&self, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "# {}", self.heading())?;
        if let Some(why) = self.verdict.reason() {
            writeln!(out, "\n{why}.")?;
        }
        let findings = self.findings();
        if !findings.is_empty() {
            writeln!(out)?;
        }
        for [name, found] in findings {
            writeln!(out, "- **{name}**{found}")?;
        }
        for scenario in &self.scenarios {
            write_scenario(out, scenario)?;
        }
        writeln!(out, "\n{}", self.caution())
    }
}

fn write_scenario(out: &mut impl Write, scenario: &ScenarioComparison) -> fmt::Result {
    writeln!(out, "\n## {}\n", scenario.scenario)?;
    if let Some(why) = &scenario.incomparable {
        return writeln!(out, "Can't be compared: {why}.");
    }
    write_row(out, &HEAD.map(str::to_owned))?;
    writeln!(out, "|{}", "---|".repeat(HEAD.len()))?;
    for (row, _) in scenario.groups.iter().flat_map(GroupComparison::rows) {
        write_row(out, &row)?;
    }
    let caveats = scenario.all_caveats();
    if !caveats.is_empty() {
        writeln!(out)?;
    }
    let mut caveats = caveats.iter();
    caveats.try_for_each(|caveat| writeln!(out, "- {caveat}"))
}

fn write_row(out: &mut impl Write, cells: &[String]) -> fmt::Result {
    write!(out, "|")?;
    for cell in cells {
        // A bar would end the cell.
        match cell.replace('|', "\\|").as_str() {
            "" => write!(out, " |")?,
            cell => write!(out, " {cell} |")?,
        }
    }
    writeln!(out)
}
