//! The help texts of metrics.

use metrics::{describe_counter, describe_gauge, describe_histogram};

use crate::contain::contain;
use crate::metric::{self, MetricKind};

/// Gives the recorder the help text of every metric.
///
/// A service may set its recorder at any time, so this comes before every registration of a handle.
pub(super) fn describe() {
    let recorded = metric::ALL
        .iter()
        .filter(|metric| metric.recorded.is_some());
    contain(|| {
        for metric in recorded {
            match metric.kind {
                MetricKind::Counter => describe_counter!(metric.name, metric.help),
                MetricKind::Gauge => describe_gauge!(metric.name, metric.help),
                MetricKind::Histogram => describe_histogram!(metric.name, metric.help),
            }
        }
    });
}
