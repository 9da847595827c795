//! One look at the target: over HTTP or TCP, by a program, a query or code of the caller.

use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::load::{Answer, BaseUrl, Expected, HttpClient, client, exchange};
use crate::query::{PrometheusServer, Values};
use crate::record::{ProbeSample, RuleSample, RuleState};
use crate::run::RunError;
use crate::scenario::{Check, ProbePlan, Target, Tolerance};

/// The time limit of a probe that the caller wrote.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a look at the target found: the value that it read, if it reads one.
pub(super) type Looked = Result<Option<f64>, Problem>;

/// What is wrong with the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// The answer is not the expected one.
    Answered(String),
    /// There is no answer.
    Silent(String),
}

impl Problem {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Answered(text) | Self::Silent(text) => text,
        }
    }
}

impl ProbeSample {
    pub(super) fn of(probe: String, looked: Looked) -> Self {
        let (reading, problem) = match looked {
            Ok(reading) => (reading, None),
            Err(problem) => (None, Some(problem.into_text())),
        };
        Self {
            probe,
            reading,
            problem,
        }
    }
}

impl RuleSample {
    pub(super) fn of(rule: String, looked: Looked) -> Self {
        let found = match looked {
            Ok(_) => RuleState::Holds,
            Err(Problem::Answered(why)) => RuleState::Broken(why),
            Err(Problem::Silent(why)) => RuleState::Unknown(why),
        };
        Self { rule, found }
    }
}

/// A look that is being made.
type Looking = Pin<Box<dyn Future<Output = Looked> + Send>>;

/// A probe, with what it needs.
pub(super) struct Probe {
    name: String,
    within: Duration,
    ask: Box<dyn Fn() -> Looking + Send + Sync>,
}

impl Probe {
    fn new<L>(
        name: String,
        within: Duration,
        ask: impl Fn() -> L + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        L: Future<Output = Looked> + Send + 'static,
    {
        let ask = Box::new(move || -> Looking { Box::pin(ask()) });
        Arc::new(Self { name, within, ask })
    }

    /// Prepares the probes of a plan.
    pub(super) fn of_plans(
        plans: &[ProbePlan],
        target: &Target,
    ) -> Result<Vec<Arc<Self>>, RunError> {
        let client = client();
        let base = BaseUrl::parse(&target.url)?;
        let probes = plans.iter().map(|plan| {
            let (name, within) = (plan.name(), plan.within);
            let missing = |problem: &str| RunError::Probe {
                probe: plan.name(),
                problem: problem.to_owned(),
            };
            Ok(match plan.check.clone() {
                Check::Http { path, expect } => {
                    let (client, url) = (client.clone(), base.of_path(&path));
                    Self::new(name, within, move || {
                        get(client.clone(), url.clone(), expect.clone(), within)
                    })
                }
                Check::Tcp(address) => Self::new(name, within, move || connect(address.clone())),
                Check::Command(command) => Self::new(name, within, move || run(command.clone())),
                Check::Prometheus { query, tolerance } => {
                    let server = target.prometheus.as_ref();
                    let server =
                        server.ok_or_else(|| missing("the target names no `prometheus`"))?;
                    let server = Arc::new(PrometheusServer::at(server, client.clone())?);
                    Self::new(name, within, move || {
                        let (server, query) = (Arc::clone(&server), query.clone());
                        async move { judge(server.values(&query).await, tolerance) }
                    })
                }
                #[cfg(feature = "sql")]
                Check::Sql {
                    query,
                    database,
                    tolerance,
                } => {
                    let database = crate::query::Database::named(database.as_deref());
                    let database = Arc::new(database.map_err(|problem| missing(&problem))?);
                    Self::new(name, within, move || {
                        let (database, query) = (Arc::clone(&database), query.clone());
                        async move { judge(database.value(&query).await, tolerance) }
                    })
                }
                #[cfg(not(feature = "sql"))]
                Check::Sql { .. } => {
                    return Err(missing("this build lacks the feature `sql` of chaos-lab"));
                }
            })
        });
        probes.collect()
    }

    /// A probe that the caller wrote.
    pub(super) fn of_closure<L>(
        name: String,
        closure: impl Fn() -> L + Send + Sync + 'static,
    ) -> Arc<Self>
    where
        L: Future<Output = Result<(), String>> + Send + 'static,
    {
        let closure = Arc::new(closure);
        Self::new(name, PATIENCE, move || {
            let closure = Arc::clone(&closure);
            async move {
                // A task of its own, so that a panic is a bad look and nothing else.
                let mut task = JoinSet::new();
                task.spawn(async move { closure().await });
                match task.join_next().await {
                    Some(Ok(looked)) => looked.map_err(Problem::Answered).map(|()| None),
                    _ => Err(Problem::Answered("it panicked".to_owned())),
                }
            }
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Looks once.
    pub(super) async fn look(&self) -> Looked {
        let silent = |_| Problem::Silent(format!("no answer within {:?}", self.within));
        timeout(self.within, (self.ask)()).await.map_err(silent)?
    }
}

async fn get(client: HttpClient, url: String, expect: Expected, within: Duration) -> Looked {
    let request = Request::get(url)
        .header(header::USER_AGENT, "chaos-lab")
        .body(Full::new(Bytes::new()));
    let answer = exchange(client, request, &expect, Instant::now(), within).await;
    match &answer {
        answer if expect.accepts(answer) => Ok(None),
        Answer::Status(_) | Answer::Body(_) => Err(Problem::Answered(answer.to_string())),
        answer => Err(Problem::Silent(answer.to_string())),
    }
}

async fn connect(address: String) -> Looked {
    let connected = TcpStream::connect(address).await;
    let silent = |error: std::io::Error| Problem::Silent(error.to_string());
    connected.map_err(silent).map(|_| None)
}

async fn run(command: Vec<String>) -> Looked {
    let silent = |problem: String| Err(Problem::Silent(problem));
    let Some((program, arguments)) = command.split_first() else {
        return silent("the command names no program".to_owned());
    };
    let ended = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    match ended.await {
        Ok(status) if status.success() => Ok(None),
        Ok(status) => Err(Problem::Answered(status.to_string())),
        Err(error) => silent(format!("`{program}` can't be started: {error}")),
    }
}

/// The first value that is not accepted, or else the first one.
fn judge(values: Values, tolerance: Tolerance) -> Looked {
    let values = values.map_err(Problem::Silent)?;
    let wrong = values.iter().find(|value| !tolerance.accepts(**value));
    match (wrong, values.first()) {
        (Some(wrong), _) => Err(Problem::Answered(format!("{wrong} is not {tolerance}"))),
        (None, Some(first)) => Ok(Some(*first)),
        (None, None) => Err(Problem::Silent("the query has no result".to_owned())),
    }
}
