//! The client of a starved service, which is another process.

use std::time::Duration;

use crate::api_client::ApiClient;
use crate::monotonic::monotonic;
use crate::process::Process;
use crate::service;
use crate::starved::Starved;
use crate::starved_service::{SERVE, STEP};

/// The worst times of all rounds.
#[derive(Default)]
pub(crate) struct Worst {
    pub(crate) status: Duration,
    pub(crate) halt: Duration,
    pub(crate) reply: Duration,
}

/// Plays the client of a service, which is a process of its own; returns the worst times of its rounds.
///
/// # Errors
///
/// When a request is not answered by 200, or the process of the service dies.
pub(crate) fn worst(starved: Starved, rounds: usize, group: Option<&str>) -> Result<Worst, String> {
    let (name, rounds_text) = (format!("{starved:?}"), rounds.to_string());
    let arguments = [SERVE, &name, &rounds_text].into_iter().chain(group);
    let service = Process::of_this(arguments);
    let socket = service.line()?;
    let worst = play(&service, &ApiClient::new(&socket), rounds);
    drop(service);
    service::remove_with_directory(socket.as_ref());
    worst
}

fn play(service: &Process, client: &ApiClient, rounds: usize) -> Result<Worst, String> {
    let mut worst = Worst::default();
    for _ in 0..rounds {
        let begins = nanoseconds(&service.line()?)?[0];
        let _ = client.break_off();
        sleep_until(begins + STEP);
        let (_, answered) = ask(client, "GET", "/status")?;
        sleep_until(begins + 2 * STEP);
        let (halt, halt_answered) = ask(client, "POST", "/halt")?;
        let times = nanoseconds(&service.line()?)?;
        let [clean, late_at_status, late_at_halt] = times[..] else {
            return Err(format!("printed {times:?}"));
        };
        let in_force = clean.saturating_sub(halt).saturating_sub(late_at_halt);
        worst.status = worst.status.max(answered.saturating_sub(late_at_status));
        worst.halt = worst.halt.max(in_force);
        worst.reply = worst.reply.max(halt_answered.saturating_sub(late_at_halt));
    }
    Ok(worst)
}

/// Sends a request, and returns when that was, and after what time it was answered.
fn ask(client: &ApiClient, method: &str, path: &str) -> Result<(Duration, Duration), String> {
    let sent = monotonic();
    match client.send(method, path, "") {
        Ok(200) => Ok((sent, monotonic().saturating_sub(sent))),
        Ok(status) => Err(format!("{path}: {status}")),
        Err(error) => Err(format!("{path}: {error}")),
    }
}

fn sleep_until(time: Duration) {
    std::thread::sleep(time.saturating_sub(monotonic()));
}

fn nanoseconds(line: &str) -> Result<Vec<Duration>, String> {
    let numbers = line
        .split(' ')
        .map(|number| number.parse().map(Duration::from_nanos));
    let numbers = numbers.collect::<Result<_, _>>();
    numbers.map_err(|_| format!("printed {line}"))
}
