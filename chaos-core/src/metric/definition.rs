//! What a metric is.

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: MetricKind,
    /// What it says, in one sentence.
    pub help: &'static str,
    /// How its value is computed.
    pub formula: &'static str,
    /// The names of its labels in the API, if it can be read there.
    pub served: Option<&'static [&'static str]>,
    /// The names of its labels in the recorder of the service, if it is reported there.
    pub recorded: Option<&'static [&'static str]>,
}

/// The kind of a [`Metric`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// A count that never falls while the process lives.
    Counter,
    /// A value that rises and falls.
    Gauge,
    /// The distribution of values.
    Histogram,
}

impl MetricKind {
    /// Returns the name that Prometheus has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Metric {
    pub(super) const fn new(
        kind: MetricKind,
        name: &'static str,
        help: &'static str,
        formula: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            help,
            formula,
            served: None,
            recorded: None,
        }
    }

    pub(super) const fn served(mut self, labels: &'static [&'static str]) -> Self {
        self.served = Some(labels);
        self
    }

    pub(super) const fn recorded(mut self, labels: &'static [&'static str]) -> Self {
        self.recorded = Some(labels);
        self
    }
}
