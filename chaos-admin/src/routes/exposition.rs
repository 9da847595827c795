//! The text format of Prometheus.

use std::fmt::Write;

use chaos_core::metric::Metric;

/// Families of metrics in the text format of Prometheus.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

impl Exposition {
    pub(super) const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// Adds a metric without labels.
    pub(super) fn add(&mut self, metric: &Metric, value: impl Into<Option<f64>>) {
        let sample = value.into().map(|value| ([], value));
        self.add_each(metric, sample);
    }

    /// Adds a metric with a sample for each set of labels, in the order in which the table has their names.
    pub(super) fn add_each<'a, const N: usize>(
        &mut self,
        metric: &Metric,
        samples: impl IntoIterator<Item = ([&'a str; N], f64)>,
    ) {
        let Metric { name, help, .. } = metric;
        let kind = metric.kind.name();
        // Writing to a text never fails.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (values, value) in samples {
            let names = metric.served.unwrap_or_default().iter();
            let labels = names.zip(values).map(|(name, value)| label(name, value));
            let labels: Vec<_> = labels.collect();
            let _ = match &labels[..] {
                [] => writeln!(self.0, "{name} {value}"),
                labels => writeln!(self.0, "{name}{{{}}} {value}", labels.join(",")),
            };
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

fn label(name: &str, value: &str) -> String {
    let escaped = value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{name}=\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use chaos_core::metric;

    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        text.add_each(&metric::READING_BROKEN, [(["a \"b\" \\ \n c"], 1.0)]);
        let expected = r#"chaos_reading_broken{reading="a \"b\" \\ \n c"} 1"#;
        assert_eq!(text.into_text().lines().last(), Some(expected));
    }
}
