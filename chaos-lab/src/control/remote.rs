//! Drives a service through its API, over a unix socket or TCP.

use std::error::Error;
use std::io;
#[cfg(unix)]
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use chaos_core::adapter::HumanDuration;
use chaos_core::journal::JournalPage;
use chaos_core::{Experiment, ExperimentStatus, Overview, Readings, SiteOutcomes, SiteStatus};
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::{Control, ControlError};

/// The time limit of a call; a lease outlives a few of them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Drives a service through its API.
#[derive(Debug)]
pub struct RemoteControl {
    address: Address,
    token: Option<HeaderValue>,
    approvals: Vec<String>,
}

#[derive(Debug, Clone)]
enum Address {
    #[cfg(unix)]
    Unix(PathBuf),
    Tcp(String),
}

impl RemoteControl {
    /// Drives the service with this address: `unix:/run/orders.sock`, or `127.0.0.1:9901`.
    ///
    /// # Errors
    ///
    /// When the text is no address.
    pub fn new(address: &str) -> Result<Self, ControlError> {
        Ok(Self {
            address: address.parse()?,
            token: None,
            approvals: Vec::new(),
        })
    }

    /// Identifies the lab by a token, which is shown in no message.
    ///
    /// # Errors
    ///
    /// When the token can't be sent.
    pub fn token(mut self, token: &str) -> Result<Self, ControlError> {
        let token = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut token = token.map_err(|_| ControlError::Token)?;
        token.set_sensitive(true);
        self.token = Some(token);
        Ok(self)
    }

    /// Sends approvals along with every start.
    #[must_use]
    pub fn approved_by(self, approvals: &[String]) -> Self {
        let approvals = approvals.to_vec();
        Self { approvals, ..self }
    }

    /// Whether the API of chaos-rs answers here; the token is not sent, as another service may listen.
    pub async fn answers(&self) -> bool {
        let request = Request::get("/chaos/v1/status").header(header::HOST, "localhost");
        let Ok(request) = request.body(Full::default()) else {
            return false;
        };
        match self.exchange(request).await {
            Ok((StatusCode::UNAUTHORIZED, body)) => serde_json::from_slice::<Problem>(&body)
                .is_ok_and(|problem| problem.title == "no valid token"),
            Ok((_, body)) => serde_json::from_slice::<Overview>(&body).is_ok(),
            Err(_) => false,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ControlError> {
        let body = self.call(Method::GET, path, None, "").await?;
        serde_json::from_slice(&body).map_err(|error| self.foreign(&error))
    }

    async fn post(
        &self,
        path: &str,
        experiments: &[Experiment],
        lease: Duration,
        why: Option<&str>,
    ) -> Result<(), ControlError> {
        let mut file = json!({ "version": 1, "experiments": experiments });
        if !self.approvals.is_empty() {
            file["approvals"] = self.approvals.as_slice().into();
        }
        let path = format!("{path}?lease={}", HumanDuration(lease));
        self.call(Method::POST, &path, why, &file.to_string())
            .await?;
        Ok(())
    }

    /// Makes a call, and returns the body of its reply.
    async fn call(
        &self,
        method: Method,
        path: &str,
        why: Option<&str>,
        body: &str,
    ) -> Result<Bytes, ControlError> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/chaos/v1{path}"))
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, token);
        }
        if let Some(why) = why {
            request = request.header("chaos-reason", one_line(why).as_bytes());
        }
        let request = request
            .body(Full::new(Bytes::from(body.to_owned())))
            .map_err(|error| self.unreachable(&error))?;
        let (status, body) = self.exchange(request).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => ControlError::Refused(problem.detail.unwrap_or(problem.title)),
            Err(_) => self.foreign(&format!("status {status}")),
        })
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), ControlError> {
        let exchanged = async {
            let stream = TokioIo::new(self.address.connect().await?);
            let (mut sender, connection) = http1::handshake(stream).await?;
            let reply = async {
                let response = sender.send_request(request).await?;
                let status = response.status();
                let body = response.into_body().collect().await?.to_bytes();
                Ok::<_, Box<dyn Error + Send + Sync>>((status, body))
            };
            // The connection moves its bytes only while it is polled; it ends after the reply, or with an error of its own.
            tokio::pin!(reply, connection);
            tokio::select! {
                biased;
                reply = &mut reply => reply,
                _ = &mut connection => reply.await,
            }
        };
        let exchanged = tokio::time::timeout(PATIENCE, exchanged).await;
        let exchanged = exchanged.unwrap_or_else(|_| Err("no reply within 2 s".into()));
        exchanged.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, problem: &impl ToString) -> ControlError {
        ControlError::Unreachable(self.address.to_string(), problem.to_string())
    }

    fn foreign(&self, problem: &impl ToString) -> ControlError {
        ControlError::Foreign(self.address.to_string(), problem.to_string())
    }
}

#[derive(Deserialize)]
struct Problem {
    title: String,
    #[serde(default)]
    detail: Option<String>,
}

/// A list in an object, which may get other keys.
#[derive(Deserialize)]
struct Listed<T> {
    #[serde(alias = "experiments", alias = "sites")]
    items: Vec<T>,
}

impl Control for RemoteControl {
    async fn describe(&self) -> Result<Overview, ControlError> {
        self.get("/status").await
    }

    async fn sites(&self) -> Result<Vec<SiteStatus>, ControlError> {
        let listed: Listed<_> = self.get("/sites").await?;
        Ok(listed.items)
    }

    async fn status(&self) -> Result<Vec<ExperimentStatus>, ControlError> {
        let listed: Listed<_> = self.get("/experiments").await?;
        Ok(listed.items)
    }

    async fn since(&self, number: u64) -> Result<JournalPage, ControlError> {
        self.get(&format!("/journal?since={number}")).await
    }

    async fn outcomes(&self) -> Result<Vec<SiteOutcomes>, ControlError> {
        let listed: Listed<_> = self.get("/outcomes").await?;
        Ok(listed.items)
    }

    async fn check(&self, experiments: &[Experiment], lease: Duration) -> Result<(), ControlError> {
        self.post("/validate", experiments, lease, None).await
    }

    async fn start(
        &self,
        experiments: &[Experiment],
        lease: Duration,
        why: &str,
    ) -> Result<(), ControlError> {
        self.post("/experiments", experiments, lease, Some(why))
            .await
    }

    async fn renew(&self, name: &str) -> Result<(), ControlError> {
        let path = format!("/experiments/{}/lease", encoded(name));
        self.call(Method::PUT, &path, None, "").await?;
        Ok(())
    }

    async fn stop(&self, name: &str, why: &str) -> Result<(), ControlError> {
        let path = format!("/experiments/{}", encoded(name));
        let stopped = self.call(Method::DELETE, &path, Some(why), "").await;
        // It may have ended by itself, which its status says.
        if let Err(ControlError::Refused(_)) = stopped
            && !self.describe().await?.running.iter().any(|one| one == name)
        {
            return Ok(());
        }
        stopped.map(drop)
    }

    async fn post_readings(&self, readings: &Readings) -> Result<(), ControlError> {
        let body = json!(readings).to_string();
        self.call(Method::POST, "/readings", None, &body).await?;
        Ok(())
    }

    async fn halt(&self, why: &str) -> Result<(), ControlError> {
        self.call(Method::POST, "/halt", Some(why), "").await?;
        Ok(())
    }
}

/// A text as a header can have it: in one line, of which the API takes 1,000 bytes.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let mut line = words.join(" ");
    while line.len() > 1_000 {
        line.pop();
    }
    line
}

fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

/// What a connection of any kind is.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Address {
    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            #[cfg(unix)]
            Self::Unix(path) => Box::new(tokio::net::UnixStream::connect(path).await?),
            Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
        })
    }
}

impl FromStr for Address {
    type Err = ControlError;

    fn from_str(text: &str) -> Result<Self, ControlError> {
        let invalid = || ControlError::Address(text.to_owned());
        match text.strip_prefix("unix:") {
            #[cfg(unix)]
            Some(path) if !path.is_empty() => return Ok(Self::Unix(path.into())),
            Some(_) => return Err(invalid()),
            None => {}
        }
        let address = text.strip_prefix("http://").unwrap_or(text);
        let address = address.trim_end_matches('/');
        let (host, port) = address.rsplit_once(':').ok_or_else(invalid)?;
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        match is_port && !host.is_empty() && !host.contains('/') {
            true => Ok(Self::Tcp(address.to_owned())),
            false => Err(invalid()),
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}
