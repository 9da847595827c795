//! What was asked of an experiment, and what it reached, in words.

use super::or_nothing;
use super::units::time;
use crate::report::{ExperimentReached, Unit};

impl ExperimentReached {
    pub(in crate::report) const HEADING: &str = "What was asked, and what was reached";
    pub(in crate::report) const HEAD: [&str; 4] = ["experiment", "", "asked", "reached"];

    pub(in crate::report) fn rows(&self) -> Vec<[String; 4]> {
        let row = |what: &str, asked: String, reached: String| {
            [self.experiment.clone(), what.to_owned(), asked, reached]
        };
        let mut reached = self.struck.to_string();
        let rate = self.rate.as_ref();
        if let Some(covered) = rate.and_then(|rate| rate.covered) {
            reached += &format!(" of {covered}");
        }
        reached += " struck";
        if let Some(drawn) = rate.and_then(|rate| rate.drawn.as_ref()) {
            let share = Unit::Share.format(drawn.value);
            let bounds = Unit::Share.format_bounds(drawn);
            reached += &format!(", {share} drawn ({bounds})");
        }
        if let Some(rate) = rate.filter(|rate| !rate.bounded_by.is_empty()) {
            reached += &format!(", bounded by {}", rate.bounded_by.join(" and "));
        }
        let mut rows = vec![row(
            "rate",
            or_nothing(rate.map(|rate| rate.asked)),
            reached,
        )];
        rows.extend(self.delay.as_ref().map(|delay| {
            let mut felt = time(delay.felt.0);
            if delay.cut_short > 0 {
                felt += &format!(", {} of {} cut short", delay.cut_short, delay.operations);
            }
            let asked = delay.asked.map(|asked| time(asked.0));
            row("median delay", or_nothing(asked), felt)
        }));
        let pressures = self.pressure.iter();
        rows.extend(pressures.map(|one| row("pressure", String::new(), one.text.clone())));
        rows
    }
}
