//! What becomes of messages when receivers fail, processes die, or two share an outbox.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};

use crate::message::{Message, Occasion};
use crate::notifier::notify;
use crate::outbox::Outbox;
use crate::receiver::{Deliver, Receiver, ReceiverName, Undelivered};

/// A receiver that fails some times before it accepts.
#[derive(Default)]
struct Sink {
    failures: Cell<usize>,
    failure: Option<Undelivered>,
    takes: Duration,
    /// The id of each message, and when it came.
    attempts: RefCell<Vec<(String, Instant)>>,
}

impl Sink {
    fn failing(times: usize, failure: Undelivered) -> Self {
        Self {
            failures: times.into(),
            failure: Some(failure),
            ..Self::default()
        }
    }

    fn ids(&self) -> Vec<String> {
        let attempts = self.attempts.borrow();
        attempts.iter().map(|(id, _)| id.clone()).collect()
    }
}

impl Deliver for Sink {
    async fn deliver(&self, message: &Message) -> Result<(), Undelivered> {
        let attempt = (message.id.clone(), Instant::now());
        self.attempts.borrow_mut().push(attempt);
        sleep(self.takes).await;
        match self.failures.get().checked_sub(1) {
            Some(fewer) => {
                self.failures.set(fewer);
                Err(self.failure.clone().unwrap())
            }
            None => Ok(()),
        }
    }
}

fn name(text: &str) -> ReceiverName {
    ReceiverName::try_from(text.to_owned()).unwrap()
}

fn receiver(name_: &str, means: Sink) -> Receiver<Sink> {
    Receiver {
        name: name(name_),
        on: None,
        means,
    }
}

fn outbox(directory: &TempDir) -> Outbox {
    Outbox::open(directory.path().to_owned()).unwrap()
}

fn for_now() -> Undelivered {
    Undelivered::ForNow("status 503".to_owned())
}

fn message() -> Message {
    Message::new(Occasion::Start, "slow payments")
}

/// Sends messages until the end of a program, and returns what is reported.
async fn send(
    outbox: &Outbox,
    receivers: &[Receiver<Sink>],
    messages: impl IntoIterator<Item = Message>,
) -> Vec<String> {
    let (sender, received) = unbounded_channel();
    messages
        .into_iter()
        .for_each(|one| sender.send(one).unwrap());
    let reported = RefCell::new(Vec::new());
    let work = async {
        sleep(Duration::from_secs(10)).await;
        drop(sender);
    };
    let report = |line| reported.borrow_mut().push(line);
    tokio::join!(work, notify(outbox, receivers, received, &report));
    reported.into_inner()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_fails_is_sent_the_message_again_with_the_same_id() {
    let directory = tempfile::tempdir().unwrap();
    let receivers = [receiver("ops", Sink::failing(2, for_now()))];
    let message = message();
    let reported = send(&outbox(&directory), &receivers, [message.clone()]).await;
    assert_eq!(
        receivers[0].means.ids(),
        [(); 3].map(|()| message.id.clone())
    );
    let attempts = receivers[0].means.attempts.borrow();
    let gaps: Vec<_> = attempts.windows(2).map(|two| two[1].1 - two[0].1).collect();
    assert!(gaps[0] >= Duration::from_millis(500), "{gaps:?}");
    assert!(gaps[1] >= Duration::from_secs(1), "{gaps:?}");
    assert_eq!(reported, [""; 0]);
    assert_eq!(files(directory.path()), [""; 0].map(PathBuf::from));
}

#[tokio::test(start_paused = true)]
async fn the_next_process_sends_what_is_left_with_the_same_id() {
    let directory = tempfile::tempdir().unwrap();
    let down = [receiver("ops", Sink::failing(usize::MAX, for_now()))];
    let message = message();
    let begun = Instant::now();
    let reported = send(&outbox(&directory), &down, [message.clone()]).await;
    assert_eq!(begun.elapsed().as_secs(), 15, "five seconds of patience");
    let left = format!(
        "notification to ops: 1 undelivered, and kept in {} for the next command with it: status 503",
        directory.path().display()
    );
    assert_eq!(reported, [left]);
    let up = [receiver("ops", Sink::default())];
    let reported = send(&outbox(&directory), &up, []).await;
    assert_eq!((up[0].means.ids(), reported), (vec![message.id], vec![]));
    assert_eq!(files(directory.path()).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_outlives_a_kill_between_write_and_send() {
    let directory = tempfile::tempdir().unwrap();
    let message = message();
    outbox(&directory).add(&name("ops"), &message).unwrap();
    // A kill during the write leaves this, which is no message yet.
    fs::write(directory.path().join("1-2.ops.unfinished"), "{").unwrap();
    let up = [receiver("ops", Sink::default())];
    let reported = send(&outbox(&directory), &up, []).await;
    assert_eq!((up[0].means.ids(), reported), (vec![message.id], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_refused_message_is_kept_apart_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let refusal = Undelivered::ForGood("status 404 Not Found".to_owned());
    let receivers = [receiver("ops", Sink::failing(1, refusal))];
    let [first, second] = [message(), message()];
    let reported = send(&outbox(&directory), &receivers, [first.clone(), second]).await;
    assert_eq!(
        reported,
        ["notification to ops: \"slow payments\" is in `failed`: status 404 Not Found"]
    );
    assert_eq!(
        receivers[0].means.ids().len(),
        2,
        "the other is not held up"
    );
    let [path] = &files(&directory.path().join("failed"))[..] else {
        panic!("one file");
    };
    let failed: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(failed["failed"], "status 404 Not Found");
    assert_eq!(failed["title"], "slow payments");
}

#[tokio::test(start_paused = true)]
async fn a_message_is_given_up_after_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let receivers = [receiver("ops", Sink::failing(1, for_now()))];
    let mut old = message();
    old.time = Timestamp::now() - SignedDuration::from_hours(25);
    let reported = send(&outbox(&directory), &receivers, [old]).await;
    let given_up = "\"slow payments\" is in `failed`: given up after a day: status 503";
    assert_eq!(reported, [format!("notification to ops: {given_up}")]);
    assert_eq!(receivers[0].means.ids().len(), 1);
    assert_eq!(files(directory.path()).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_processes_send_a_message_once() {
    let directory = tempfile::tempdir().unwrap();
    let [one, other] = [outbox(&directory), outbox(&directory)];
    for _ in 0..5 {
        one.add(&name("ops"), &message()).unwrap();
    }
    let slow = || Sink {
        takes: Duration::from_millis(100),
        ..Sink::default()
    };
    let [mine, theirs] = [[receiver("ops", slow())], [receiver("ops", slow())]];
    let (first, second) = tokio::join!(send(&one, &mine, []), send(&other, &theirs, []));
    assert_eq!((first, second), (vec![], vec![]));
    let mut ids = [mine[0].means.ids(), theirs[0].means.ids()].concat();
    assert_eq!(ids.len(), 5);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn the_claim_of_a_dead_process_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let [one, other] = [outbox(&directory), outbox(&directory)];
    one.add(&name("ops"), &message()).unwrap();
    let path = &one.pending(&name("ops")).unwrap()[0];
    let claim = one.claim(path).unwrap().unwrap();
    assert!(other.claim(path).unwrap().is_none());
    // Which closes the file, as the end of the process does.
    drop(claim);
    let claim = other.claim(path).unwrap().unwrap();
    other.delivered(claim).unwrap();
    assert!(one.claim(path).unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_silent_receiver_holds_up_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let silent = Sink {
        takes: Duration::from_secs(3_600),
        ..Sink::default()
    };
    let receivers = [receiver("silent", silent), receiver("ops", Sink::default())];
    let begun = Instant::now();
    let reported = send(&outbox(&directory), &receivers, [message()]).await;
    assert_eq!(receivers[1].means.attempts.borrow()[0].1, begun);
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(reported[0].starts_with("notification to silent: 1 undelivered"));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_is_sent_its_occasions() {
    let directory = tempfile::tempdir().unwrap();
    let mut receivers = [receiver("pager", Sink::default())];
    receivers[0].on = Some(vec![Occasion::Abort]);
    let abort = Message::new(Occasion::Abort, "");
    send(&outbox(&directory), &receivers, [message(), abort.clone()]).await;
    assert_eq!(receivers[0].means.ids(), [abort.id]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_is_moved_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("1-2.ops.json");
    fs::write(&path, "{").unwrap();
    let receivers = [receiver("ops", Sink::default())];
    let reported = send(&outbox(&directory), &receivers, []).await;
    let problem = format!(
        "notification to ops: {}: it is no message, and was moved to `failed`",
        path.display()
    );
    assert_eq!(reported, [problem]);
    assert_eq!(files(&directory.path().join("failed")).len(), 1);
}
