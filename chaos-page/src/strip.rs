//! One quantity over time.

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
}
