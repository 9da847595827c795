//! What the live feed of `chaos-admin` costs the requests of its service.
//!
//! `cargo run --release -p chaos-benches --bin feed [RUNS]`, on Unix
//!
//! A service injects 2,000 times a second, and a hundred subscribers read each injection. The service, the subscribers and
//! the clients are three processes. Runs with and without subscribers take turns; the figure is the median of their 99th
//! percentiles, which may differ by 25 %. Then valgrind counts the instructions of a request, on its own thread alone.
//!
//! On a machine that others use, start the program with `chrt -r 5`, in the real-time class: the service and the clients
//! then come before all else, and the subscribers last.

#![allow(clippy::print_stdout, reason = "tables are what this prints")]

#[cfg(unix)]
mod clients;
#[cfg(unix)]
mod counted;
// Shared files are not in the library, for the reason that `cost` names.
#[cfg(unix)]
#[path = "../../instructions.rs"]
mod instructions;
#[cfg(unix)]
#[path = "../../process.rs"]
#[expect(dead_code, reason = "the other benchmark sends signals")]
mod process;
#[cfg(unix)]
mod service;
#[cfg(unix)]
mod subscribers;
#[cfg(unix)]
mod tail_latency;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match names[..] {
        [service::SERVE] => service::serve(),
        [subscribers::SUBSCRIBE, socket, count] => {
            subscribers::subscribe(socket, count.parse().expect("a number"))
        }
        // Under valgrind.
        [scenario, times] => {
            counted::run(scenario, times.parse().expect("a number"));
            std::process::ExitCode::SUCCESS
        }
        _ => {
            let runs = names
                .first()
                .map_or(9, |runs| runs.parse().expect("a number of runs"));
            let misses = tail_latency::print(runs) + counted::print();
            std::process::ExitCode::from(u8::from(misses > 0))
        }
    }
}

#[cfg(not(unix))]
fn main() {
    println!("this benchmark uses a unix socket");
}
