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

/// A probe that the caller wrote.
pub(super) type Closure =
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// A probe, with what it needs.
pub(super) struct Probe {
    name: String,
    within: Duration,
    kind: Kind,
}

enum Kind {
    Http {
        client: HttpClient,
        url: String,
        expect: Expected,
    },
    Tcp(String),
    Command(Vec<String>),
    Prometheus {
        server: PrometheusServer,
        query: String,
        tolerance: Tolerance,
    },
    #[cfg(feature = "sql")]
    Sql {
        database: crate::query::Database,
        query: String,
        tolerance: Tolerance,
    },
    Closure(Arc<Closure>),
}

impl Probe {
    /// Prepares the probes of a plan.
    pub(super) fn of_plans(
        plans: &[ProbePlan],
        target: &Target,
    ) -> Result<Vec<Arc<Self>>, RunError> {
        let client = client();
        let base = BaseUrl::parse(&target.url)?;
        let probes = plans.iter().map(|plan| {
            let missing = |what: &str| RunError::Probe {
                probe: plan.name(),
                problem: what.to_owned(),
            };
            let kind = match plan.check.clone() {
                Check::Http { path, expect } => Kind::Http {
                    client: client.clone(),
                    url: base.of_path(&path),
                    expect,
                },
                Check::Tcp(address) => Kind::Tcp(address),
                Check::Command(command) => Kind::Command(command),
                Check::Prometheus { query, tolerance } => {
                    let server = target.prometheus.as_ref();
                    let server =
                        server.ok_or_else(|| missing("the target names no `prometheus`"))?;
                    Kind::Prometheus {
                        server: PrometheusServer::at(server, client.clone())?,
                        query,
                        tolerance,
                    }
                }
                #[cfg(feature = "sql")]
                Check::Sql {
                    query,
                    database,
                    tolerance,
                } => Kind::Sql {
                    database: crate::query::Database::named(database.as_deref())
                        .map_err(|problem| missing(&problem))?,
                    query,
                    tolerance,
                },
                #[cfg(not(feature = "sql"))]
                Check::Sql { .. } => {
                    return Err(missing("this build lacks the feature `sql` of chaos-lab"));
                }
            };
            Ok(Arc::new(Self {
                name: plan.name(),
                within: plan.within,
                kind,
            }))
        });
        probes.collect()
    }

    pub(super) fn of_closure(name: String, closure: Arc<Closure>) -> Self {
        Self {
            name,
            within: PATIENCE,
            kind: Kind::Closure(closure),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Looks once.
    pub(super) async fn look(&self) -> Looked {
        let silent = |_| Problem::Silent(format!("no answer within {:?}", self.within));
        timeout(self.within, self.ask()).await.map_err(silent)?
    }

    async fn ask(&self) -> Looked {
        let silent = |error: &dyn ToString| Problem::Silent(error.to_string());
        match &self.kind {
            Kind::Http {
                client,
                url,
                expect,
            } => {
                let request = Request::get(url)
                    .header(header::USER_AGENT, "chaos-lab")
                    .body(Full::new(Bytes::new()));
                let due = Instant::now();
                let answer = exchange(client.clone(), request, expect, due, self.within).await;
                match &answer {
                    answer if expect.accepts(answer) => Ok(None),
                    Answer::Status(_) | Answer::Body(_) => {
                        Err(Problem::Answered(answer.to_string()))
                    }
                    answer => Err(silent(answer)),
                }
            }
            Kind::Tcp(address) => {
                let connected = TcpStream::connect(address).await;
                connected.map_err(|error| silent(&error)).map(|_| None)
            }
            Kind::Command(command) => run(command).await,
            Kind::Prometheus {
                server,
                query,
                tolerance,
            } => judge(server.values(query).await, *tolerance),
            #[cfg(feature = "sql")]
            Kind::Sql {
                database,
                query,
                tolerance,
            } => judge(database.value(query).await, *tolerance),
            Kind::Closure(closure) => {
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
    let wrong = values.iter().find(|value| !tolerance.accepts(**value));
    match (wrong, values.first()) {
        (Some(wrong), _) => Err(Problem::Answered(format!("{wrong} is not {tolerance}"))),
        (None, Some(first)) => Ok(Some(*first)),
        (None, None) => Err(Problem::Silent("the query has no result".to_owned())),
    }
}
