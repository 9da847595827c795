//! The document of the table, made from it and compared with `docs/metrics.md`.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{ALL, Metric};

const HEAD: &str = "\
# Metrics

`GET /chaos/v1/metrics` of [chaos-admin](../chaos-admin/API.md) has the metrics of the column *API* in the text format of
Prometheus:

```sh
curl --unix-socket /run/orders.sock http://localhost/chaos/v1/metrics
```

The feature `metrics` of `chaos-core` reports those of the column *recorder* through the
[`metrics`](https://docs.rs/metrics) facade, to the recorder that the service has. Both columns list the labels. A service whose
recorder is scraped as well has some counts twice: select one of the two by `job`. No label is the name of an operation,
as their number is unbounded; names of experiments are those that the manager still keeps. Rules and a dashboard are in
[deploy/observability](../deploy/observability/README.md); `metrics.prom` of a suite has the results of its runs.
";

fn document() -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n| metric | kind | API | recorder | meaning |\n|---|---|---|---|---|\n");
    for metric in ALL {
        let [served, recorded] = [metric.served, metric.recorded].map(cell);
        let Metric { name, help, .. } = metric;
        let kind = metric.kind.name();
        let _ = writeln!(
            text,
            "| `{name}` | {kind} | {served} | {recorded} | {help} |"
        );
    }
    text.push_str("\n## How each is computed\n\n");
    for Metric { name, formula, .. } in ALL {
        let _ = writeln!(text, "- `{name}`: {formula}");
    }
    text
}

fn cell(labels: Option<&[&str]>) -> String {
    match labels {
        None => String::new(),
        Some([]) => "yes".to_owned(),
        Some(labels) => {
            let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
            labels.join(", ")
        }
    }
}

#[test]
fn the_document_has_every_metric() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
    let current = document();
    if std::env::var_os("CHAOS_WRITE_METRICS").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(published, current, "CHAOS_WRITE_METRICS=1 writes it");
}

#[test]
fn names_and_texts_are_as_prometheus_wants_them() {
    let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), ALL.len(), "each name is there once");
    for metric in ALL {
        let is_counter = metric.kind.name() == "counter";
        assert_eq!(metric.name.ends_with("_total"), is_counter, "{metric:?}");
        assert!(metric.name.starts_with("chaos_"), "{metric:?}");
        for text in [metric.help, metric.formula] {
            assert!(text.ends_with('.') && !text.contains(['\n', '|']), "{text}");
        }
    }
}

/// The names of metrics that a text has.
fn names_in(text: &str) -> BTreeSet<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with("chaos_")).collect()
}

#[test]
fn rules_and_dashboard_use_metrics_of_the_api() {
    let served = ALL.iter().filter(|metric| metric.served.is_some());
    let served: BTreeSet<_> = served.map(|metric| metric.name).collect();
    for file in [
        "prometheus/rules/chaos.yaml",
        "prometheus/tests/chaos.yaml",
        "grafana/dashboard.json",
    ] {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/observability");
        let text = std::fs::read_to_string(format!("{directory}/{file}")).unwrap();
        let used = names_in(&text);
        assert!(used.len() > 10, "{file}: {used:?}");
        let unknown: Vec<_> = used.difference(&served).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}
