//! Plots: a quantity over time, a value against its limit, and the parts of a whole.

use std::fmt::Write;
use std::ops::Range;

use crate::Markup;

/// One quantity over time, of what a fault struck beside the rest.
///
/// The values are those of one point in time after another, as far as they are known, and each point is one unit long.
#[derive(Debug, Clone)]
pub struct Strip<'a> {
    /// Its name and figures, in words; none where they stand beside it.
    pub label: Option<&'a str>,
    /// The height in pixels.
    pub height: f64,
    /// The number of points that there is room for.
    pub length: f64,
    /// The time that is shaded.
    pub shaded: Range<f64>,
    /// The values of what no fault struck.
    pub untreated: &'a [Option<f64>],
    /// The values of what a fault struck.
    pub treated: &'a [Option<f64>],
    /// The highest value that is shown.
    pub top: f64,
    /// The limit, if there is one.
    pub limit: Option<f64>,
}

impl Strip<'_> {
    /// Draws it, as wide as its place.
    pub fn draw(&self, out: &mut Markup) {
        let lengths = [self.length.max(1.0), self.shaded.start, self.shaded.end];
        let [length, from, to] = lengths.map(|length| (length * 10.0).round() / 10.0);
        let begin = "<svg class=\"strip\" viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\"";
        out.put(begin, &[&length, &self.height]);
        if let Some(label) = self.label {
            out.put(" role=\"img\" aria-label=\"{}\"", &[&label]);
        }
        let shaded = "><path class=\"shaded\" d=\"M{} 0V{}H{}V0\"/>";
        out.put(shaded, &[&from, &self.height, &to]);
        if let Some(limit) = self.limit.filter(|limit| *limit < self.top) {
            let line = "<path class=\"limit\" d=\"M0 {}H{}\"/>";
            out.put(line, &[&self.y(limit), &length]);
        }
        for (class, values) in [("untreated", self.untreated), ("treated", self.treated)] {
            if !values.is_empty() {
                let curve = "<path class=\"{}\" d=\"{}\"/>";
                out.put(curve, &[&class, &self.path(values)]);
            }
        }
        out.put("</svg>", &[]);
    }

    /// The pixel of a value, from above.
    fn y(&self, value: f64) -> i64 {
        let share = (value / self.top.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        ((self.height - 1.0) * (1.0 - share)).round() as i64
    }

    /// The path of a curve, relative from point to point; what is not known is a gap.
    fn path(&self, values: &[Option<f64>]) -> String {
        let y = |value: &Option<f64>| value.map(|value| self.y(value));
        let ys: Vec<Option<i64>> = values.iter().map(y).collect();
        // Each point stands in the middle of its time.
        let (mut path, mut last) = ("M.5 0".to_owned(), (0, 0));
        for (x, y) in ys.iter().enumerate().filter_map(|(x, y)| Some((x, (*y)?))) {
            let before = x.checked_sub(1).and_then(|x| ys[x]);
            let after = ys.get(x + 1).copied().flatten();
            // It lies on the line between its neighbours.
            if before == Some(y) && after == Some(y) {
                continue;
            }
            let (right, down) = (x - last.0, y - last.1);
            // Writing to a text never fails.
            let _ = match before {
                // A point alone is a dot.
                None if after.is_none() => write!(path, "m{right} {down}h0"),
                None => write!(path, "m{right} {down}"),
                Some(_) => write!(path, "l{right} {down}"),
            };
            last = (x, y);
        }
        path.replace(" -", "-")
    }
}

/// Draws parts of `whole` one after another, each in the colour of its class.
///
/// The counts stand beside it, so it has no words.
pub fn share<'a>(out: &mut Markup, parts: impl IntoIterator<Item = (&'a str, u64)>, whole: u64) {
    out.put("<svg class=\"share\">", &[]);
    let mut before = 0;
    for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        let percent = |count: u64| (count as f64 / whole.max(1) as f64 * 1000.0).round() / 10.0;
        // The smallest part can still be seen.
        let width = percent(count).max(1.0);
        let x = percent(before).min(100.0 - width);
        out.put(
            "<rect class=\"{}\" x=\"{}%\" width=\"{}%\"/>",
            &[&class, &x, &width],
        );
        before += count;
    }
    out.put("</svg>", &[]);
}

/// The width of the drawing, which is stretched to its place.
const WIDTH: f64 = 1000.0;

/// A measured value between its bounds, against a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The measured value.
    pub value: f64,
    /// Its bounds; one that is not known is infinite.
    pub bounds: [f64; 2],
    /// The limit.
    pub limit: f64,
    /// The side of the limit that is good; the other is shaded.
    pub good: GoodSide,
}

/// A side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoodSide {
    /// Up to the limit.
    Below,
    /// From the limit on.
    Above,
}

impl Interval {
    /// Draws it in the colour of a class; the figures stand beside it, so it has no words.
    pub fn draw(&self, out: &mut Markup, class: &str) {
        let [lower, upper] = self.bounds;
        let known = [lower, self.value, upper, self.limit];
        let known = known.into_iter().filter(|value| value.is_finite());
        let (low, high) = known.fold((f64::MAX, f64::MIN), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let length = if high > low { high - low } else { 1.0 };
        // Beside both ends there is room for the side beyond the limit.
        let x = |value: f64| {
            let x = (value - low + 0.15 * length) / (1.3 * length) * WIDTH;
            x.clamp(0.0, WIDTH).round()
        };
        let [lower, value, upper, limit] = [lower, self.value, upper, self.limit].map(x);
        let beyond = match self.good {
            GoodSide::Below => WIDTH,
            GoodSide::Above => 0.0,
        };
        out.put(
            "<svg class=\"interval {}\" viewBox=\"0 0 1000 26\" preserveAspectRatio=\"none\">\
             <path class=\"beyond\" d=\"M{} 1H{}V25H{}z\"/><path class=\"limit\" d=\"M{} 1V25\"/>\
             <path class=\"whisker\" d=\"M{} 8v10m0-5H{}m0-5v10\"/><path class=\"point\" d=\"M{} 13h0\"/>",
            &[&class, &limit, &beyond, &limit, &limit, &lower, &upper, &value],
        );
        // A hollow point is undecided.
        if self.bounds[0] <= self.limit && self.limit < self.bounds[1] {
            out.put("<path class=\"hole\" d=\"M{} 13h0\"/>", &[&value]);
        }
        out.put("</svg>", &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_from_point_to_point_and_has_gaps_where_nothing_is_known() {
        let values = [0.0, 0.0, 0.0, 5.0, f64::NAN, 10.0, f64::NAN];
        let values = values.map(|value| (!value.is_nan()).then_some(value));
        let strip = Strip {
            label: Some("a \"label\""),
            height: 101.0,
            length: 7.04,
            shaded: 3.0..7.04,
            untreated: &[],
            treated: &values,
            top: 10.0,
            limit: Some(4.0),
        };
        let mut out = Markup::default();
        strip.draw(&mut out);
        let svg = out.as_str();
        assert!(svg.contains("d=\"M.5 0m0 100l2 0l1-50m2-50h0\""), "{svg}");
        let shaded = "<path class=\"shaded\" d=\"M3 0V101H7V0\"/>";
        assert!(svg.contains(shaded), "{svg}");
        assert!(svg.contains("class=\"limit\" d=\"M0 60H7\""), "{svg}");
        assert!(svg.contains("aria-label=\"a &quot;label&quot;\""), "{svg}");
    }

    #[test]
    fn parts_are_as_long_as_they_are_many_and_the_smallest_is_seen() {
        let mut out = Markup::default();
        let parts = [("absorbed", 9_999), ("unknown", 0), ("surfaced", 1)];
        share(&mut out, parts, 10_000);
        let svg = out.as_str();
        assert!(
            svg.contains("class=\"absorbed\" x=\"0%\" width=\"100%\""),
            "{svg}"
        );
        assert!(
            svg.contains("class=\"surfaced\" x=\"99%\" width=\"1%\""),
            "{svg}"
        );
        assert!(!svg.contains("unknown"), "{svg}");
    }

    fn drawn(bounds: [f64; 2], value: f64, good: GoodSide) -> String {
        let mut out = Markup::default();
        let limit = 5.0;
        let interval = Interval {
            value,
            bounds,
            limit,
            good,
        };
        interval.draw(&mut out, "met");
        out.as_str().to_owned()
    }

    #[test]
    fn a_value_lies_between_its_bounds_and_the_far_side_of_the_limit_is_shaded() {
        let svg = drawn([1.0, 3.0], 2.0, GoodSide::Below);
        assert!(
            svg.contains("class=\"beyond\" d=\"M885 1H1000V25H885z\""),
            "{svg}"
        );
        assert!(svg.contains("d=\"M115 8v10m0-5H500m0-5v10\""), "{svg}");
        assert!(svg.contains("class=\"point\" d=\"M308 13h0\""), "{svg}");
        assert!(!svg.contains("hole"), "{svg}");
        let svg = drawn([5.0, 5.0], 5.0, GoodSide::Above);
        assert!(svg.contains("d=\"M115 1H0V25H115z\""), "{svg}");
    }

    #[test]
    fn a_bound_that_is_not_known_ends_at_the_edge_and_the_point_is_hollow() {
        let svg = drawn([f64::NEG_INFINITY, f64::INFINITY], 2.0, GoodSide::Below);
        assert!(svg.contains("d=\"M0 8v10m0-5H1000m0-5v10\""), "{svg}");
        assert!(svg.contains("class=\"hole\""), "{svg}");
    }
}
