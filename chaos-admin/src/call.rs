//! One admitted request.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chaos_core::{Attribution, ChaosManager, Steering};
use http::HeaderValue;
use http::request::Parts;

use crate::access::Client;
use crate::audit::Change;
use crate::context::Context;
use crate::problem::{Problem, invalid, invalid_because};
use crate::query;
use crate::worker::Workplace;

/// One admitted request.
pub(crate) struct Call {
    pub(crate) context: Arc<Context>,
    pub(crate) client: Client,
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    /// The value of the only parameter in the path.
    pub(crate) path_value: Option<String>,
}

/// The header with the reason for a change.
pub(crate) const REASON: &str = "chaos-reason";

/// The longest reason.
const LONGEST_REASON: usize = 1_000;

impl Call {
    pub(crate) fn chaos(&self) -> &ChaosManager {
        &self.context.chaos
    }

    /// The name in the path.
    pub(crate) fn name(&self) -> &str {
        self.path_value.as_deref().unwrap_or_default()
    }

    /// Acts on behalf of the client, with its reason.
    pub(crate) fn steering(&self) -> Result<Steering, Problem> {
        Ok(self.steering_because(self.reason()?))
    }

    pub(crate) fn steering_because(&self, reason: Option<String>) -> Steering {
        let steering = self.chaos().on_behalf_of(self.client.actor());
        match reason {
            Some(reason) => steering.because(reason),
            None => steering,
        }
    }

    /// The change that the client asks for, with its reason.
    pub(crate) fn change(
        &self,
        change: &'static str,
        experiments: Vec<String>,
    ) -> Result<Change, Problem> {
        Ok(self.change_because(change, experiments, self.reason()?))
    }

    pub(crate) fn change_because(
        &self,
        change: &'static str,
        experiments: Vec<String>,
        reason: Option<String>,
    ) -> Change {
        let mut attribution = Attribution::from(self.client.actor());
        attribution.because = reason;
        Change {
            change,
            experiments,
            attribution,
        }
    }

    /// Makes a change on the thread of changes.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Workplace) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.context.worker.run(change).await
    }

    pub(crate) fn reason(&self) -> Result<Option<String>, Problem> {
        let given = self.header(REASON)?.map(|header| {
            String::from_utf8(header.as_bytes().to_vec())
                .map_err(|_| invalid(REASON, "text in UTF-8"))
        });
        match given.transpose()? {
            Some(reason) if reason.len() > LONGEST_REASON => {
                Err(invalid(REASON, &format!("at most {LONGEST_REASON} bytes")))
            }
            given => Ok(given.filter(|reason| !reason.is_empty())),
        }
    }

    /// The value of a parameter of the query, if it is given once.
    pub(crate) fn query(&self, name: &str) -> Result<Option<String>, Problem> {
        query::value(&self.parts.uri, name)
    }

    /// The value of a header, if it is given once.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&HeaderValue>, Problem> {
        let mut values = self.parts.headers.get_all(name).iter();
        let first = values.next();
        match values.next() {
            Some(_) => Err(invalid(name, "one value, found several")),
            None => Ok(first),
        }
    }

    pub(crate) fn required_query(&self, name: &str) -> Result<String, Problem> {
        self.query(name)?
            .filter(|value| !value.is_empty())
            .ok_or_else(|| invalid(name, "a value"))
    }

    pub(crate) fn number_query(&self, name: &str) -> Result<Option<u64>, Problem> {
        let value = self.query(name)?;
        let parsed = value.map(|value| value.parse().map_err(|_| invalid(name, "a whole number")));
        parsed.transpose()
    }

    pub(crate) fn flag_query(&self, name: &str) -> Result<bool, Problem> {
        match self.query(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(name, "`true` or `false`")),
        }
    }

    pub(crate) fn duration_query(&self, name: &str) -> Result<Option<Duration>, Problem> {
        let value = self.query(name)?;
        let parsed = value.map(|value| {
            let human: Result<chaos_core::adapter::HumanDuration, _> =
                serde_json::from_value(serde_json::Value::String(value));
            human
                .map(|human| human.0)
                .map_err(|error| invalid_because(name, &error.to_string()))
        });
        parsed.transpose()
    }
}
