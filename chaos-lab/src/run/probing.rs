//! Probes the target's health while a run goes on.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::load::{BaseUrl, InvalidLoad, client, exchange};
use crate::record::ProbeSample;
use crate::scenario::{Check, ProbePlan};

/// The time between two probes of the same kind.
const PERIOD: Duration = Duration::from_millis(250);

/// Probes the target until it is dropped; a probe that hangs delays no other.
pub(super) struct Probing {
    pub(super) samples: UnboundedReceiver<ProbeSample>,
    _tasks: JoinSet<()>,
}

impl Probing {
    pub(super) fn start(probes: &[ProbePlan], url: &str) -> Result<Self, InvalidLoad> {
        let base = BaseUrl::parse(url)?;
        let client = client();
        let (sender, samples) = unbounded_channel();
        let mut tasks = JoinSet::new();
        for probe in probes.iter().cloned().map(Arc::new) {
            let (client, base, sender) = (client.clone(), base.clone(), sender.clone());
            tasks.spawn(async move {
                let mut open = JoinSet::new();
                let mut ticks = interval(PERIOD);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    while open.try_join_next().is_some() {}
                    let (client, base) = (client.clone(), base.clone());
                    let (probe, sender) = (Arc::clone(&probe), sender.clone());
                    open.spawn(async move {
                        let problem = problem(&probe, client, &base).await;
                        // A run that has ended needs no sample.
                        let _ = sender.send(ProbeSample {
                            probe: probe.name(),
                            problem,
                        });
                    });
                }
            });
        }
        Ok(Self {
            samples,
            _tasks: tasks,
        })
    }
}

/// Probes once; returns what is wrong.
async fn problem(
    probe: &ProbePlan,
    client: crate::load::HttpClient,
    base: &BaseUrl,
) -> Option<String> {
    let silent = || Some(format!("no answer within {:?}", probe.within));
    match &probe.check {
        Check::Http { path, expect } => {
            let request = Request::get(base.of_path(path))
                .header(header::USER_AGENT, "chaos-lab")
                .body(Full::new(Bytes::new()));
            let answer = exchange(client, request, expect, Instant::now(), probe.within).await;
            (!expect.accepts(&answer)).then(|| answer.to_string())
        }
        Check::Tcp(address) => match timeout(probe.within, TcpStream::connect(address)).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => silent(),
        },
        Check::Command(command) => {
            let (program, arguments) = command.split_first()?;
            let ended = Command::new(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .status();
            match timeout(probe.within, ended).await {
                Ok(Ok(status)) if status.success() => None,
                Ok(Ok(status)) => Some(status.to_string()),
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => silent(),
            }
        }
    }
}
