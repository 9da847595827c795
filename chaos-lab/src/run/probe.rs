//! One look at the target: over HTTP or TCP, by a program, a query or code of the caller.

use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::load::{Answer, BaseUrl, Expected, HttpClient, exchange};
use crate::query::{PrometheusServer, Values, get_json};
use crate::record::{ProbeSample, RuleSample, RuleState};
use crate::run::RunError;
use crate::scenario::{Check, HttpValue, ProbePlan, Target, Tolerance};

/// The times of a probe that the caller wrote.
const OF_CLOSURES: Times = Times {
    within: Duration::from_secs(1),
    every: Duration::from_millis(250),
};

/// What a look at the target found: the value that it read, if it reads one.
pub(super) type Looked = Result<Option<f64>, Problem>;

/// What is wrong with the target.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// The answer is not the expected one.
    Answered(String),
    /// The value that was read is not accepted.
    Beyond(f64, Tolerance),
    /// There is no answer.
    Silent(String),
}

impl Problem {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Answered(text) | Self::Silent(text) => text,
            Self::Beyond(value, tolerance) => format!("{value} is not {tolerance}"),
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
        let (found, reading) = match looked {
            Ok(reading) => (RuleState::Holds, reading),
            Err(Problem::Answered(why)) => (RuleState::Broken(why), None),
            Err(Problem::Silent(why)) => (RuleState::Unknown(why), None),
            Err(beyond @ Problem::Beyond(reading, _)) => {
                (RuleState::Broken(beyond.into_text()), Some(reading))
            }
        };
        Self {
            rule,
            found,
            reading,
        }
    }
}

/// A look that is being made.
type Looking = Pin<Box<dyn Future<Output = Looked> + Send>>;

/// The time limit of each look, and the time between two.
#[derive(Clone, Copy)]
struct Times {
    within: Duration,
    every: Duration,
}

/// A probe, with what it needs.
pub(super) struct Probe {
    name: String,
    times: Times,
    ask: Box<dyn Fn() -> Looking + Send + Sync>,
}

impl Probe {
    fn new<L>(name: String, times: Times, ask: impl Fn() -> L + Send + Sync + 'static) -> Arc<Self>
    where
        L: Future<Output = Looked> + Send + 'static,
    {
        let ask = Box::new(move || -> Looking { Box::pin(ask()) });
        Arc::new(Self { name, times, ask })
    }

    /// Prepares the probes of a plan.
    pub(super) fn of_plans(
        plans: &[ProbePlan],
        target: &Target,
    ) -> Result<Vec<Arc<Self>>, RunError> {
        let base = BaseUrl::of_target(target)?;
        let client = base.client();
        let probes = plans.iter().map(|plan| {
            let (name, within, every) = (plan.name(), plan.within, plan.every);
            let times = Times { within, every };
            let missing = |problem: &str| RunError::Probe {
                probe: plan.name(),
                problem: problem.to_owned(),
            };
            Ok(match plan.check.clone() {
                Check::Http {
                    path,
                    value: Some(HttpValue { pointer, tolerance }),
                    ..
                } => {
                    let asked = Arc::new((client.clone(), base.clone(), path, pointer));
                    Self::new(name, times, move || {
                        let asked = Arc::clone(&asked);
                        async move {
                            let (client, base, path, pointer) = &*asked;
                            judge(number(client, base, path, pointer).await, tolerance)
                        }
                    })
                }
                Check::Http { path, expect, .. } => {
                    let (client, base) = (client.clone(), base.clone());
                    Self::new(name, times, move || {
                        get(client.clone(), base.get(&path), expect.clone(), within)
                    })
                }
                Check::Tcp(address) => Self::new(name, times, move || connect(address.clone())),
                Check::Command(command) => Self::new(name, times, move || run(command.clone())),
                Check::Prometheus { query, tolerance } => {
                    let server = target.prometheus.as_ref();
                    let server =
                        server.ok_or_else(|| missing("the target names no `prometheus`"))?;
                    let server = Arc::new(PrometheusServer::at(server, client.clone())?);
                    Self::new(name, times, move || {
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
                    Self::new(name, times, move || {
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
        Self::new(name, OF_CLOSURES, move || {
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

    /// The time between two looks.
    pub(super) fn every(&self) -> Duration {
        self.times.every
    }

    /// Looks once.
    pub(super) async fn look(&self) -> Looked {
        let within = self.times.within;
        let silent = |_| Problem::Silent(format!("no answer within {within:?}"));
        timeout(within, (self.ask)()).await.map_err(silent)?
    }
}

async fn get(
    client: HttpClient,
    request: http::Result<Request<Full<Bytes>>>,
    expect: Expected,
    within: Duration,
) -> Looked {
    let answer = exchange(client, request, &expect, Instant::now(), within).await;
    match &answer {
        answer if expect.accepts(answer) => Ok(None),
        Answer::Status(_) | Answer::Body(_) => Err(Problem::Answered(answer.to_string())),
        answer => Err(Problem::Silent(answer.to_string())),
    }
}

/// The number at a place of a JSON document.
async fn number(client: &HttpClient, base: &BaseUrl, path: &str, pointer: &str) -> Values {
    let document: Value = get_json(client, base, path).await?;
    let value = document.pointer(pointer);
    let number = value.and_then(Value::as_f64);
    let missing = || match value {
        None => format!("the reply has nothing at `{pointer}`"),
        Some(_) => format!("the reply has no number at `{pointer}`"),
    };
    Ok(vec![number.ok_or_else(missing)?])
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
        (Some(wrong), _) => Err(Problem::Beyond(*wrong, tolerance)),
        (None, Some(first)) => Ok(Some(*first)),
        (None, None) => Err(Problem::Silent("the query has no result".to_owned())),
    }
}
