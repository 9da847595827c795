//! The formats that reports are written in.

use serde::Deserialize;

use super::{Report, SuiteReport};

/// A format that reports are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// For people, as text.
    Markdown,
    /// For people, as a page that needs nothing but itself.
    Html,
    /// For programs; all other formats are made from it.
    Json,
    /// For CI systems.
    JUnit,
    /// The text format of Prometheus.
    Prometheus,
}

impl Format {
    /// The name of the file that a run leaves in this format.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Markdown => "report.md",
            Self::Html => "report.html",
            Self::Json => "report.json",
            Self::JUnit => "junit.xml",
            Self::Prometheus => "metrics.prom",
        }
    }
}

/// Defines the method that writes a report in any format.
macro_rules! written_in {
    ($report:ty) => {
        impl $report {
            /// The report in a format.
            #[must_use]
            pub fn written_in(&self, format: Format) -> String {
                match format {
                    Format::Markdown => self.to_markdown(),
                    Format::Html => self.to_html(),
                    Format::Json => serde_json::to_string_pretty(self).expect("a report is JSON"),
                    Format::JUnit => self.to_junit(),
                    Format::Prometheus => self.to_prometheus(),
                }
            }
        }
    };
}

written_in!(Report);
written_in!(SuiteReport);
