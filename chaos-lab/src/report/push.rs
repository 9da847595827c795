//! Pushes reports to a Pushgateway of Prometheus.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use tokio::time::timeout;

use super::{Report, SuiteReport, WrittenReport};
use crate::load::{InvalidLoad, Server};
use crate::query::ask;

/// The time limit of an attempt, of which there are four.
const PATIENCE: Duration = Duration::from_secs(2);

/// A Pushgateway, to which the metrics of reports are pushed.
#[derive(Debug, Clone)]
pub struct Pushgateway(Server);

/// A report could not be pushed.
#[derive(Debug, thiserror::Error)]
#[error("the Pushgateway at {address}: {problem}")]
pub struct PushError {
    address: String,
    problem: String,
}

impl Pushgateway {
    /// The Pushgateway at a URL.
    ///
    /// # Errors
    ///
    /// When the URL makes no sense, or has an account or a query, which would not be sent.
    pub fn at(url: &str) -> Result<Self, InvalidLoad> {
        if url.contains(['@', '?']) {
            return Err(InvalidLoad::Target(url.to_owned()));
        }
        Server::parse(url).map(Self)
    }

    /// Pushes the report of a suite, in place of the one that was pushed of a suite with the same name.
    ///
    /// # Errors
    ///
    /// When the Pushgateway does not accept it, after several attempts.
    pub async fn push_suite(&self, report: &SuiteReport) -> Result<(), PushError> {
        self.put("suite", &report.suite, report.to_prometheus())
            .await
    }

    /// Pushes the report of a run, in place of the one that was pushed of a scenario with the same name.
    ///
    /// # Errors
    ///
    /// When the Pushgateway does not accept it, after several attempts.
    pub async fn push_run(&self, report: &Report) -> Result<(), PushError> {
        self.put("scenario", &report.scenario, report.to_prometheus())
            .await
    }

    /// Pushes a report that was written.
    ///
    /// # Errors
    ///
    /// When the Pushgateway does not accept it, after several attempts.
    pub async fn push(&self, report: &WrittenReport) -> Result<(), PushError> {
        match report {
            WrittenReport::Suite(report) => self.push_suite(report).await,
            WrittenReport::Run(report) => self.push_run(report).await,
        }
    }

    /// Replaces all metrics of a group, which a label and its value select.
    async fn put(&self, label: &str, value: &str, metrics: String) -> Result<(), PushError> {
        let path = path(label, value);
        let metrics = Bytes::from(metrics);
        let attempt = || async {
            let request = Request::put(self.0.of_path(&path))
                .header(header::USER_AGENT, "chaos-lab")
                .header(header::CONTENT_TYPE, "text/plain; version=0.0.4")
                .body(Full::new(metrics.clone()));
            let request = request.map_err(|error| error.to_string())?;
            let reply = timeout(PATIENCE, ask(&self.0, request)).await;
            reply.map_err(|_| format!("no reply within {PATIENCE:?}"))?
        };
        let delays = ExponentialBuilder::new().with_min_delay(Duration::from_millis(200));
        let reply: Result<Bytes, String> = attempt.retry(delays).await;
        let address = self.0.address();
        reply
            .map(drop)
            .map_err(|problem| PushError { address, problem })
    }
}

/// The path of a group; its value is in base64, as a path can have neither a `/` in a value nor an empty value.
fn path(label: &str, value: &str) -> String {
    let value = match value {
        "" => "=".to_owned(),
        value => BASE64_URL_SAFE.encode(value),
    };
    format!("/metrics/job/chaos-lab/{label}@base64/{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_fits_into_the_path() {
        let of = |value| path("suite", value);
        assert_eq!(of("a/b?"), "/metrics/job/chaos-lab/suite@base64/YS9iPw==");
        assert_eq!(of("ÿ?"), "/metrics/job/chaos-lab/suite@base64/w78_");
        assert_eq!(of(""), "/metrics/job/chaos-lab/suite@base64/=");
    }
}
