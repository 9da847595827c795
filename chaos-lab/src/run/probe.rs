//! One look at the target: over HTTP or TCP, by a program, a query or code of the caller.

use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

/// A probe that the caller wrote; `Err` says what is wrong.
type Closure = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// A probe, with what it needs.
pub(super) struct Probe {
    pub(super) name: String,
    /// The time limit of each look.
    within: Duration,
    /// The time between two looks.
    pub(super) every: Duration,
    asked: Asked,
}

/// What is asked, and of what.
enum Asked {
    Http(HttpClient, BaseUrl, String, Expected),
    HttpValue(HttpClient, BaseUrl, String, HttpValue),
    Tcp(String),
    Command(Vec<String>),
    Prometheus(PrometheusServer, String, Tolerance),
    #[cfg(feature = "sql")]
    Sql(crate::query::Database, String, Tolerance),
    Closure(Arc<Closure>),
}

impl Probe {
    /// Prepares the probes of a plan.
    pub(super) fn of_plans(
        plans: &[ProbePlan],
        target: &Target,
    ) -> Result<Vec<Arc<Self>>, RunError> {
        let base = BaseUrl::of_target(target)?;
        let client = base.client();
        let probes = plans.iter().map(|plan| {
            Ok(Arc::new(Self {
                name: plan.name(),
                within: plan.within,
                every: plan.every,
                asked: Asked::of_plan(plan, target, &base, &client)?,
            }))
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
        Arc::new(Self {
            name,
            within: Duration::from_secs(1),
            every: Duration::from_millis(250),
            asked: Asked::Closure(Arc::new(move || Box::pin(closure()))),
        })
    }

    /// Looks once.
    pub(super) async fn look(&self) -> Looked {
        let within = self.within;
        let silent = |_| Problem::Silent(format!("no answer within {within:?}"));
        timeout(within, self.asked.look(within))
            .await
            .map_err(silent)?
    }
}

impl Asked {
    fn of_plan(
        plan: &ProbePlan,
        target: &Target,
        base: &BaseUrl,
        client: &HttpClient,
    ) -> Result<Self, RunError> {
        let missing = |problem: &str| RunError::Probe(plan.name(), problem.to_owned());
        let (base, client) = (base.clone(), client.clone());
        Ok(match plan.check.clone() {
            Check::Http {
                path,
                value: Some(value),
                ..
            } => Self::HttpValue(client, base, path, value),
            Check::Http { path, expect, .. } => Self::Http(client, base, path, expect),
            Check::Tcp(address) => Self::Tcp(address),
            Check::Command(command) => Self::Command(command),
            Check::Prometheus { query, tolerance } => {
                let url = target.prometheus.as_ref();
                let url = url.ok_or_else(|| missing("the target names no `prometheus`"))?;
                Self::Prometheus(PrometheusServer::at(url, client)?, query, tolerance)
            }
            #[cfg(feature = "sql")]
            Check::Sql {
                query,
                database,
                tolerance,
            } => {
                let database = crate::query::Database::named(database.as_deref());
                let database = database.map_err(|problem| missing(&problem))?;
                Self::Sql(database, query, tolerance)
            }
            #[cfg(not(feature = "sql"))]
            Check::Sql { .. } => {
                return Err(missing("this build lacks the feature `sql` of chaos-lab"));
            }
        })
    }

    async fn look(&self, within: Duration) -> Looked {
        match self {
            Self::Http(client, base, path, expect) => {
                let (client, request) = (client.clone(), base.get(path));
                let answer = exchange(client, request, expect, Instant::now(), within).await;
                match &answer {
                    answer if expect.accepts(answer) => Ok(None),
                    Answer::Status(_) | Answer::Body(_) => {
                        Err(Problem::Answered(answer.to_string()))
                    }
                    answer => Err(Problem::Silent(answer.to_string())),
                }
            }
            Self::HttpValue(client, base, path, value) => {
                let read = number(client, base, path, &value.pointer).await;
                judge(read, value.tolerance)
            }
            Self::Tcp(address) => match TcpStream::connect(address).await {
                Ok(_) => Ok(None),
                Err(error) => Err(Problem::Silent(error.to_string())),
            },
            Self::Command(command) => run(command).await,
            Self::Prometheus(server, query, tolerance) => {
                judge(server.values(query).await, *tolerance)
            }
            #[cfg(feature = "sql")]
            Self::Sql(database, query, tolerance) => judge(database.value(query).await, *tolerance),
            Self::Closure(closure) => {
                let closure = Arc::clone(closure);
                // A task of its own, so that a panic is a bad look and nothing else.
                let mut task = JoinSet::new();
                task.spawn(async move { closure().await });
                match task.join_next().await {
                    Some(Ok(looked)) => looked.map_err(Problem::Answered).map(|()| None),
                    _ => Err(Problem::Answered("it panicked".to_owned())),
                }
            }
        }
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

async fn run(command: &[String]) -> Looked {
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
    if values.iter().any(|value| value.is_nan()) {
        return Err(Problem::Silent("the value is not a number".to_owned()));
    }
    let wrong = values.iter().find(|value| !tolerance.accepts(**value));
    match (wrong, values.first()) {
        (Some(wrong), _) => Err(Problem::Beyond(*wrong, tolerance)),
        (None, Some(first)) => Ok(Some(*first)),
        (None, None) => Err(Problem::Silent("the query has no result".to_owned())),
    }
}
