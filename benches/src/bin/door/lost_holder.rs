//! What is left of an experiment when the client that holds its lease is lost, or the API that renews it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chaos_core::{EndReason, ExperimentState};
use rustix::process::Signal;

use crate::bare::BareThread;
use crate::dice::Dice;
use crate::frozen_thread::{freeze_thread, threads_named};
use crate::lease_holder::HOLD;
use crate::process::Process;
use crate::service::Service;
use crate::starved::BAR;

/// What happens while an experiment runs under a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    Killed,
    Stopped,
    ApiClosed,
    ApiFrozen,
}

impl Lost {
    const ALL: [Self; 4] = [
        Self::Killed,
        Self::Stopped,
        Self::ApiClosed,
        Self::ApiFrozen,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Killed => "SIGKILL to the client that holds the lease",
            Self::Stopped => "SIGSTOP to the client that holds the lease",
            Self::ApiClosed => "the API is closed, its client goes on",
            Self::ApiFrozen => "the thread of the API is frozen, its client goes on",
        }
    }
}

/// How many services there are at a time, each with a client of its own.
const AT_ONCE: usize = 10;

/// The longest time for which the lease is renewed.
const LONGEST: u64 = 2_500;

/// Within this time, what the client has sent before is answered.
const SETTLED: Duration = Duration::from_millis(100);

/// Prints a row for each loss, and returns how many are above the bar.
pub(crate) fn print(rounds: usize, seed: Option<u64>) -> usize {
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    let dice = Dice::seeded(seed);
    println!("\nLeases of 1 s, renewed each third, lost at random moments (seed {seed}):\n");
    println!("| lost | times | clean after the lease, median | worst |");
    println!("|---|---|---|---|");
    let mut late = 0;
    for lost in Lost::ALL {
        // 50 times by default.
        let times = (rounds * 5).div_ceil(2);
        match lateness(lost, times, &dice) {
            Ok(mut took) => {
                took.sort();
                let worst = took[took.len() - 1];
                let mark = if worst > BAR { " !" } else { "" };
                late += usize::from(worst > BAR);
                println!(
                    "| {} | {times} | {:.1} ms | {:.1} ms{mark} |",
                    lost.name(),
                    took[took.len() / 2].as_secs_f64() * 1e3,
                    worst.as_secs_f64() * 1e3
                );
            }
            Err(reason) if reason.starts_with("no thread can be traced") => {
                println!("| {} | skipped: {reason} |", lost.name());
            }
            Err(reason) => {
                println!("| {} | {reason} ! |", lost.name());
                late += 1;
            }
        }
    }
    late
}

fn lateness(lost: Lost, times: usize, dice: &Dice) -> Result<Vec<Duration>, String> {
    let moments: Vec<_> = (0..times).map(|_| dice.millis(0, LONGEST)).collect();
    std::thread::scope(|scope| {
        let mut took = Vec::new();
        for moments in moments.chunks(AT_ONCE) {
            let running: Vec<_> = moments
                .iter()
                .map(|moment| scope.spawn(|| lose(lost, *moment)))
                .collect();
            for one in running {
                took.push(one.join().map_err(|_| "a round panicked".to_owned())??);
            }
        }
        Ok(took)
    })
}

/// Loses the lease of an experiment after a time, and returns how late its service is clean.
fn lose(lost: Lost, after: Duration) -> Result<Duration, String> {
    let (mut service, api_thread) = open();
    let socket = service.socket();
    let client = Process::of_this([HOLD.as_ref(), socket.as_os_str()]);
    let started = client.line()?;
    if started != "Ok(201)" {
        return Err(started);
    }
    std::thread::sleep(after);
    if !service.injects() {
        return Err("it ended although its lease was renewed".to_owned());
    }
    let mut frozen = None;
    match lost {
        Lost::Killed => client.signal(Signal::KILL),
        Lost::Stopped => client.signal(Signal::STOP),
        Lost::ApiClosed => drop(service.admin.take()),
        Lost::ApiFrozen => frozen = Some(freeze_thread(api_thread)?),
    }
    std::thread::sleep(SETTLED);
    let status = service.chaos.status();
    let lease = status.first().and_then(|experiment| experiment.lease);
    let left = lease.ok_or("it has no lease any more")?.time_left;
    let due = Instant::now() + left;
    let bare = BareThread::sleeping_until(due);
    service.clean()();
    let clean = Instant::now();
    let late = clean.saturating_duration_since(due);
    if clean + Duration::from_millis(1) < due {
        return Err(format!("it ended {:?} before its lease", due - clean));
    }
    let bare = bare.lateness_after(due);
    for experiment in service.chaos.status() {
        match experiment.state {
            ExperimentState::Ended(EndReason::LeaseRanOut) => {}
            state => return Err(format!("left behind: {state:?}")),
        }
    }
    // A frozen thread can't be waited for.
    drop(frozen);
    Ok(late.saturating_sub(bare))
}

/// Opens a service, and returns the thread of its API.
fn open() -> (Service, u32) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = threads_named("chaos-admin");
    let service = Service::open();
    // A thread sets its name once it runs.
    loop {
        let mut threads = threads_named("chaos-admin").into_iter();
        if let Some(new) = threads.find(|thread| !before.contains(thread)) {
            return (service, new);
        }
        std::thread::yield_now();
    }
}
