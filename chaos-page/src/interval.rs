//! An interval against a limit.

use crate::Markup;

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
