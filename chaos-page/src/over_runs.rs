//! A plot of a value over runs, each between its bounds.

use std::fmt::Write;

use crate::Markup;

const HEIGHT: f64 = 40.0;

/// The width of a run; the drawing is stretched to its place.
const STEP: usize = 10;

/// A value over runs, each between its bounds.
#[derive(Debug, Clone, Copy)]
pub struct OverRuns<'a> {
    /// The lower bound, the value and the upper bound of each run; nothing for one that does not count.
    pub values: &'a [Option<[f64; 3]>],
    /// The number of the first run that is shaded, if any is.
    pub shaded_from: Option<usize>,
}

impl OverRuns<'_> {
    /// Draws it in the colour of a class; the figures stand beside it, so it has no words.
    pub fn draw(&self, out: &mut Markup, class: &str) {
        let known = self.values.iter().flatten().flatten();
        let (low, high) = known.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        let length = if high > low { high - low } else { 1.0 };
        // Values keep away from the edges, where half of a point would be.
        let y = |value: f64| (4.0 + (HEIGHT - 8.0) * (high - value) / length).round();
        let (mut whiskers, mut points) = (String::new(), String::new());
        for (number, run) in self.values.iter().enumerate() {
            let Some(run) = run else { continue };
            let (x, [lower, value, upper]) = (number * STEP + STEP / 2, run.map(y));
            // Writing to a text never fails.
            let _ = write!(whiskers, "M{x} {lower}V{upper}");
            let _ = write!(points, "M{x} {value}h0");
        }
        let width = self.values.len() * STEP;
        out.put(
            "<svg class=\"runs {}\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\">",
            &[&class.replace(' ', "-"), &width, &HEIGHT],
        );
        if let Some(from) = self.shaded_from {
            let shaded = "<path class=\"since\" d=\"M{} 0H{}V{}H{}z\"/>";
            out.put(shaded, &[&(from * STEP), &width, &HEIGHT, &(from * STEP)]);
        }
        out.put(
            "<path d=\"{}\"/><path class=\"point\" d=\"{}\"/></svg>",
            &[&whiskers, &points],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_lies_between_its_bounds_and_one_that_does_not_count_is_a_gap() {
        let values = [Some([0.0, 1.0, 2.0]), None, Some([2.0, 3.0, 4.0])];
        let mut out = Markup::default();
        let runs = OverRuns {
            values: &values,
            shaded_from: Some(2),
        };
        runs.draw(&mut out, "too few runs");
        let svg = out.as_str();
        let expected = "<svg class=\"runs too-few-runs\" viewBox=\"0 0 30 40\" preserveAspectRatio=\"none\">\
            <path class=\"since\" d=\"M20 0H30V40H20z\"/><path d=\"M5 36V20M25 20V4\"/>\
            <path class=\"point\" d=\"M5 28h0M25 12h0\"/></svg>";
        assert_eq!(svg, expected);
    }

    #[test]
    fn a_value_without_bounds_apart_is_drawn() {
        let mut out = Markup::default();
        let runs = OverRuns {
            values: &[Some([1.0; 3])],
            shaded_from: None,
        };
        runs.draw(&mut out, "steady");
        assert!(out.as_str().contains("d=\"M5 4h0\""), "{}", out.as_str());
    }
}
