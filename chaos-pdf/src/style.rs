//! What paper takes from the stylesheet of reports: its light colours, and the look of drawings.

use chaos_page::STYLE;
use typst::foundations::{Dict, IntoValue};

/// The light colours by their names, for the typesetter.
pub(crate) fn palette() -> Dict {
    let colours = colours();
    colours
        .map(|(name, colour)| (name.into(), colour.into_value()))
        .collect()
}

/// The names and the light values of the colours.
fn colours() -> impl Iterator<Item = (&'static str, &'static str)> {
    let variables = STYLE.split("--").skip(1);
    variables.filter_map(|variable| {
        let (name, values) = variable.split_once(": light-dark(")?;
        Some((name, values.split(',').next()?))
    })
}

/// The rules of the stylesheet that drawings may be subject to, in a form that all readers of SVG know.
pub(crate) struct Rules(Vec<[String; 2]>);

impl Rules {
    /// Returns the rules with literal colours and plain selectors.
    pub(crate) fn of_stylesheet() -> Self {
        let everywhere = STYLE.split("@media").next().unwrap_or_default();
        let rules = everywhere.split('}').filter_map(|rule| {
            let (selectors, look) = rule.rsplit_once('{')?;
            let mut selectors = plain(selectors.rsplit("*/").next()?);
            selectors.retain(|selector| !selector.contains(['(', ')', ':', '*']));
            let look = colours().fold(look.to_owned(), |look, (name, colour)| {
                look.replace(&format!("var(--{name})"), colour)
            });
            (!selectors.is_empty()).then(|| [selectors.join(", "), look])
        });
        Self(rules.collect())
    }

    /// Returns those that name one of these classes, as a stylesheet.
    pub(crate) fn naming(&self, classes: &[&str]) -> String {
        let names = |selectors: &str| {
            let mut words = selectors.split(['.', ',', ' ']);
            words.any(|word| classes.contains(&word))
        };
        let rules = self.0.iter().filter(|[selectors, _]| names(selectors));
        rules
            .map(|[selectors, look]| format!("{selectors} {{{look}}}\n"))
            .collect()
    }
}

/// A list of selectors with each `:is()` written out.
fn plain(selectors: &str) -> Vec<String> {
    let mut depth = 0;
    let list = selectors.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    let written_out = list.flat_map(|selector| {
        let Some((before, rest)) = selector.split_once(":is(") else {
            return vec![selector.trim().to_owned()];
        };
        let (options, after) = rest.split_once(')').unwrap_or((rest, ""));
        let options = options.split(',').map(str::trim);
        let written_out = options.flat_map(|option| plain(&format!("{before}{option}{after}")));
        written_out.collect()
    });
    written_out.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_written_out() {
        let expected = ["a.b", "a.c d", "a.c e", "f"];
        assert_eq!(plain("a.b, a:is(.c) :is(d, e), f"), expected);
    }

    #[test]
    fn drawings_have_light_colours_and_the_rules_of_their_classes() {
        let rules = Rules::of_stylesheet();
        let style = rules.naming(&["interval", "met", "point"]);
        for rule in [
            ".interval.met { color: #0a6a56; }",
            ".interval .point, .interval .hole { stroke-width: 9;",
        ] {
            assert!(style.contains(rule), "{rule} in {style}");
        }
        let style = rules.naming(&["strip", "treated"]);
        let rule = ".strip .treated { stroke: #6a2db5; stroke-width: 2.4; }";
        assert!(style.contains(rule), "{style}");
        assert!(
            !style.contains("interval") && !style.contains("var("),
            "{style}"
        );
    }
}
