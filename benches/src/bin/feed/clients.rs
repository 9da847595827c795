//! The clients whose requests are measured.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The connections, each with a thread of its own.
const CONNECTIONS: u32 = 8;

/// The requests a second, on all connections.
pub(crate) const RATE: u32 = 2_000;

/// Sends requests at a steady rate, and returns how long each reply took.
pub(crate) fn latencies(address: &str, time: Duration) -> Vec<Duration> {
    let threads: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let address = address.to_owned();
            std::thread::spawn(move || send_requests(&address, time))
        })
        .collect();
    let took = threads
        .into_iter()
        .map(|thread| thread.join().expect("replies"));
    took.flatten().collect()
}

fn send_requests(address: &str, time: Duration) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).expect("the service listens");
    stream.set_nodelay(true).expect("a socket");
    let pause = Duration::from_secs(1) * CONNECTIONS / RATE;
    let (start, mut took, mut piece) = (Instant::now(), Vec::new(), [0; 1024]);
    for number in 0.. {
        let due = pause * number;
        if due >= time {
            break;
        }
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        let sent = Instant::now();
        stream
            .write_all(b"GET /order HTTP/1.1\r\nhost: x\r\n\r\n")
            .expect("the service reads");
        let read = stream.read(&mut piece).expect("a reply");
        assert!(piece[..read].ends_with(b"to be booked later"));
        took.push(sent.elapsed());
    }
    took
}
