//! Subscribers of the feed, in a process of their own.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::process::Process;

/// The argument with which this program is the subscribers.
pub(crate) const SUBSCRIBE: &str = "--subscribe";

/// Starts a number of subscribers, and returns once each has the head of its reply.
pub(crate) fn start(socket: &str, count: usize) -> Process {
    let process = Process::of_this([SUBSCRIBE, socket, &count.to_string()]);
    assert_eq!(process.line().as_deref(), Ok("subscribed"));
    process
}

/// Reads the feed on some connections until the process is killed; prints the bytes of each second.
///
/// It gets only the processor time that the service and its clients leave, as if it were on another machine.
pub(crate) fn subscribe(socket: &str, count: usize) -> ExitCode {
    // Out of the real-time class, if the benchmark was started in it.
    let own = std::process::id().to_string();
    let _ = std::process::Command::new("chrt")
        .args(["--other", "--pid", "0", &own])
        .status();
    rustix::process::setpriority_process(None, 19).expect("a process may be nicer");
    let bytes = Arc::new(AtomicU64::new(0));
    for _ in 0..count {
        let mut stream = UnixStream::connect(socket).expect("the API is open");
        stream
            .write_all(b"GET /chaos/v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .expect("the API reads");
        let mut piece = vec![0; 1 << 16];
        let read = stream.read(&mut piece).expect("a reply");
        assert!(piece[..read].starts_with(b"HTTP/1.1 200"));
        let bytes = Arc::clone(&bytes);
        std::thread::spawn(move || {
            while let Ok(read @ 1..) = stream.read(&mut piece) {
                bytes.fetch_add(read as u64, Ordering::Relaxed);
            }
        });
    }
    println!("subscribed");
    loop {
        std::thread::sleep(Duration::from_secs(1));
        println!("{}", bytes.swap(0, Ordering::Relaxed));
    }
}
