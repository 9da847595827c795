//! The load generator `wrk`.

use std::process::Command;
use std::time::Duration;

use crate::server::Server;

/// What `wrk` measured.
pub(crate) struct Measured {
    pub(crate) requests: u64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Sends requests on some connections for a time; nothing, if it is not installed.
pub(crate) fn send(server: &Server, connections: u32, seconds: u64) -> Option<Measured> {
    let run = Command::new("wrk")
        .args(["-t1", "--latency", "--timeout", "120"])
        .arg(format!("-c{connections}"))
        .arg(format!("-d{seconds}s"))
        .arg(&server.url)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&run.stdout);
    let after = |label: &str| {
        let mut lines = text.lines().map(str::trim);
        lines
            .find_map(|line| line.strip_prefix(label))
            .map(str::trim)
    };
    let requests = text.lines().find(|line| line.contains(" requests in "))?;
    Some(Measured {
        requests: requests.split_whitespace().next()?.parse().ok()?,
        p50: time(after("50%")?)?,
        p99: time(after("99%")?)?,
    })
}

/// A time such as `18.92ms`.
fn time(text: &str) -> Option<Duration> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0)];
    let of = |(unit, seconds): (&str, f64)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_secs_f64(number * seconds))
    };
    units.into_iter().find_map(of)
}
