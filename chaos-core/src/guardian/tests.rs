//! One thread of the guardian hangs or dies, and the other keeps the promises.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::crew::Crew;
use super::*;

/// A bound against hanging, which judges no speed.
const FOREVER: Duration = Duration::from_secs(60);

fn guardian() -> &'static Guardian {
    starting_threads_by(Guardian::spawn)
}

fn starting_threads_by(start: StartThread) -> &'static Guardian {
    Box::leak(Box::new(Guardian::new(start)))
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < FOREVER, "timed out: {what}");
        std::thread::yield_now();
    }
}

/// Reports each time it is performed, tidied up after, or given up.
struct Reporting(Sender<&'static str>);

impl Duty for Reporting {
    fn perform(&self, _now: Instant) -> Next {
        self.0.send("performed").unwrap();
        Next::Never
    }

    fn tidy(&self) {
        self.0.send("tidied").unwrap();
    }

    fn give_up(&self, _why: &str) {
        self.0.send("given up").unwrap();
    }
}

fn reporting() -> (Arc<dyn Duty>, Receiver<&'static str>) {
    let (reports, received) = channel();
    (Arc::new(Reporting(reports)), received)
}

/// Hangs until its sender is dropped.
struct Hanging {
    began: Sender<()>,
    until: Mutex<Receiver<()>>,
}

impl Duty for Hanging {
    fn perform(&self, _now: Instant) -> Next {
        let _ = self.began.send(());
        let _ = self.until.lock().unwrap().recv();
        Next::Never
    }
}

/// Puts a duty that hangs on the roster, and returns once a thread hangs in it.
fn hang(guardian: &'static Guardian) -> Sender<()> {
    let (release, until) = channel();
    let (began, has_begun) = channel();
    let until = Mutex::new(until);
    let duty = Arc::new(Hanging { began, until });
    guardian.watch(Instant::now(), duty).unwrap();
    has_begun.recv_timeout(FOREVER).expect("performed");
    release
}

/// Panics, with a payload that panics again when it is dropped.
struct Panicking;

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("in the drop of a payload");
    }
}

impl Duty for Panicking {
    fn perform(&self, _now: Instant) -> Next {
        std::panic::panic_any(PanicsOnDrop);
    }
}

#[test]
fn a_duty_is_performed_and_tidied_up_after() {
    let guardian = guardian();
    let (duty, reports) = reporting();
    guardian.watch(Instant::now(), duty).unwrap();
    assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
    assert_eq!(reports.recv_timeout(FOREVER), Ok("tidied"));
}

#[test]
fn a_duty_is_not_late_by_as_much_as_it_takes_to_come() {
    let guardian = guardian();
    let (reports, received) = channel();
    let (wait, start) = (Duration::from_secs(1), Instant::now());
    let duty = Arc::new(Reporting(reports.clone()));
    guardian.watch(start + wait, duty).unwrap();
    // Both are late on a busy machine, so this judges no speed.
    std::thread::sleep((start + 2 * wait).saturating_duration_since(Instant::now()));
    reports.send("slept").unwrap();
    assert_eq!(received.recv_timeout(FOREVER), Ok("performed"));
}

#[test]
fn duties_are_performed_while_a_thread_hangs() {
    let guardian = guardian();
    let mut hung = Vec::new();
    // One less than may be replaced: a thread that gets no processor for long counts as hung, too.
    for _ in 1..Crew::MOST_REPLACED {
        hung.push(hang(guardian));
        let (duty, reports) = reporting();
        guardian.watch(Instant::now(), duty).unwrap();
        assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
    }
}

#[test]
fn everything_ends_once_too_many_threads_hang_and_nothing_starts() {
    let guardian = guardian();
    let (limit, reports) = reporting();
    guardian.watch(Instant::now() + FOREVER, limit).unwrap();
    let hung: Vec<_> = (0..=Crew::MOST_REPLACED).map(|_| hang(guardian)).collect();
    assert_eq!(reports.recv_timeout(FOREVER), Ok("given up"));
    let (another, _reports) = reporting();
    assert!(guardian.watch(Instant::now(), another).is_err());
    drop(hung);
    // The threads return, one after the other.
    let (again, reports) = reporting();
    while guardian.watch(Instant::now(), Arc::clone(&again)).is_err() {
        std::thread::yield_now();
    }
    assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
}

/// Puts duties that hang on the roster, all due at once; those that come too late are refused.
fn hang_at_once(guardian: &'static Guardian, duties: usize) -> Vec<Sender<()>> {
    let due = Instant::now();
    let hang = |_| {
        let (release, until) = channel();
        let (began, _) = channel();
        let until = Mutex::new(until);
        let _ = guardian.watch(due, Arc::new(Hanging { began, until }));
        release
    };
    (0..duties).map(hang).collect()
}

#[test]
fn duties_are_performed_even_if_two_hang_at_once() {
    let guardian = guardian();
    let _hung = hang_at_once(guardian, 2);
    let (duty, reports) = reporting();
    guardian.watch(Instant::now(), duty).unwrap();
    assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
}

#[test]
fn everything_ends_even_if_more_duties_hang_at_once_than_there_are_threads() {
    let guardian = guardian();
    let (limit, reports) = reporting();
    guardian.watch(Instant::now() + 2 * FOREVER, limit).unwrap();
    let _hung = hang_at_once(guardian, 2 * Crew::MOST_REPLACED);
    assert_eq!(reports.recv_timeout(FOREVER), Ok("given up"));
}

#[test]
fn a_thread_that_ends_is_replaced() {
    let guardian = guardian();
    let (first, reports) = reporting();
    guardian.watch(Instant::now(), first).unwrap();
    assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
    for _ in 0..10 {
        // Both threads are taken off, so each ends when it looks again.
        let members = guardian.lock().crew.members();
        for member in members {
            guardian.lock().crew.leave(member);
        }
        guardian.changed.notify_all();
        let (duty, reports) = reporting();
        guardian.watch(Instant::now(), duty).unwrap();
        assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
    }
}

#[test]
fn a_panic_ends_only_its_duty_even_if_its_payload_panics_again() {
    let guardian = guardian();
    guardian.watch(Instant::now(), Arc::new(Panicking)).unwrap();
    let (duty, reports) = reporting();
    guardian.watch(Instant::now(), duty).unwrap();
    assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
}

#[test]
fn threads_that_stood_in_for_others_leave_once_those_return() {
    let guardian = guardian();
    let hung: Vec<_> = (0..3).map(|_| hang(guardian)).collect();
    let members = || guardian.lock().crew.members().len();
    wait_until("three stand in", || members() == 5);
    drop(hung);
    wait_until("they leave", || members() == 2);
}

#[test]
fn no_thread_is_started_beyond_the_most() {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    let guardian = starting_threads_by(|_, _| {
        STARTED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let members: Vec<MemberId> = {
        let crew = &mut guardian.lock().crew;
        (0..2 + Crew::MOST_REPLACED)
            .map(|_| crew.recruit())
            .collect()
    };
    let (duty, _reports) = reporting();
    loop {
        // All are slow, but none hangs yet; on a busy machine they may by the time of the start, which is then refused.
        let slow = Instant::now() - Duration::from_millis(20);
        for member in &members {
            guardian.lock().crew.mark_busy(*member, slow);
        }
        if guardian.watch(slow + FOREVER, Arc::clone(&duty)).is_ok() {
            break;
        }
    }
    assert_eq!(STARTED.load(Ordering::Relaxed), 0);
}

#[test]
fn a_refused_thread_is_tried_again_after_a_pause_and_duties_are_performed_meanwhile() {
    static ATTEMPTS: Mutex<Vec<Instant>> = Mutex::new(Vec::new());
    let guardian = starting_threads_by(|guardian, member| {
        let mut attempts = ATTEMPTS.lock().unwrap();
        attempts.push(Instant::now());
        match attempts.len() {
            2 | 3 => Err(io::Error::other("no more threads")),
            _ => guardian.spawn(member),
        }
    });
    let (duty, reports) = reporting();
    guardian.watch(Instant::now(), duty).unwrap();
    assert_eq!(reports.recv_timeout(FOREVER), Ok("performed"));
    wait_until("a thread is started", || {
        ATTEMPTS.lock().unwrap().len() == 4
    });
    let pauses: Vec<Duration> = ATTEMPTS.lock().unwrap()[1..]
        .windows(2)
        .map(|attempts| attempts[1] - attempts[0])
        .collect();
    assert_eq!(pauses.len(), 2, "two attempts were refused");
    assert!(
        pauses.iter().all(|pause| *pause >= Guardian::RETRY),
        "{pauses:?}"
    );
}
