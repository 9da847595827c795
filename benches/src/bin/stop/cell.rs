//! A cell of the table, measured in a process of its own: what hangs there goes with it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use chaos_benches::control_group;

use crate::held_up::{HeldUp, take_away};
use crate::stop::Stop;
use crate::surroundings::Surroundings;

/// The argument with which this program measures one cell.
pub(crate) const MEASURE: &str = "--measure";

/// The time after which a round counts as one that never stops.
const NEVER: Duration = Duration::from_secs(30);

/// Returns the worst lateness of some rounds.
///
/// # Errors
///
/// When a round does not stop at all, or its process dies.
pub(crate) fn worst(
    held_up: HeldUp,
    stop: Stop,
    rounds: usize,
    surroundings: &Surroundings,
) -> Result<Duration, String> {
    let a_process = held_up.rounds_a_process(rounds);
    let mut worst = Duration::ZERO;
    for _ in 0..rounds / a_process {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command
            .arg(MEASURE)
            .args([
                format!("{held_up:?}"),
                format!("{stop:?}"),
                a_process.to_string(),
            ])
            .stdout(Stdio::piped());
        surroundings.surround(&mut command);
        let mut process = Process(command.spawn().map_err(|error| error.to_string())?);
        let measured = process.lines();
        for _ in 0..a_process {
            let line = measured.recv_timeout(NEVER).map_err(|error| match error {
                RecvTimeoutError::Timeout => format!("not within {NEVER:?}"),
                RecvTimeoutError::Disconnected => "its process died".to_owned(),
            })?;
            let nanoseconds = line.parse().map_err(|_| format!("printed {line}"))?;
            worst = worst.max(Duration::from_nanos(nanoseconds));
        }
    }
    Ok(worst)
}

/// Measures the rounds of a cell and prints a line for each.
pub(crate) fn measure(arguments: &[String]) -> ! {
    let [held_up, stop, rounds, group @ ..] = arguments else {
        panic!("a row, a column and a number of rounds");
    };
    if let [group] = group {
        control_group::join(group);
    }
    let held_up = HeldUp::ALL
        .into_iter()
        .find(|known| format!("{known:?}") == *held_up)
        .expect("a row");
    let stop = Stop::ALL
        .into_iter()
        .find(|known| format!("{known:?}") == *stop)
        .expect("a column");
    let directory = directory_of(std::process::id());
    std::fs::create_dir(&directory).expect("a writable directory");
    for _ in 0..rounds.parse().expect("a number") {
        println!("{}", stop.lateness(held_up, &directory).as_nanos());
    }
    // Threads that hang for good end with the process.
    std::process::exit(0);
}

/// The directory of the halt file of a process.
fn directory_of(process: u32) -> PathBuf {
    std::env::temp_dir().join(format!("chaos-stop-{process}"))
}

/// A process that is ended when this is dropped, with what it leaves behind.
struct Process(Child);

impl Process {
    fn lines(&mut self) -> Receiver<String> {
        let output = self.0.stdout.take().expect("piped");
        let (lines, read) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
        read
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        let directory = directory_of(self.0.id());
        take_away(&directory);
        let _ = std::fs::remove_dir_all(directory);
    }
}
