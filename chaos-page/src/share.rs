//! The parts of a whole.

use crate::Markup;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
