//! A schedule that is changed and run.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::mem::discriminant;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::pin::{Pin, pin};
use std::time::Duration;

use chaos_lab::Verdict;
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::log::ScheduleLog;
use super::{
    Addition, Change, Reason, RunOutcome, Runner, ScheduleEntry, ScheduleError, ScheduleEvent,
    ScheduleState,
};

/// The time between two looks at the file and the clock; a clock that jumps is seen within it.
const LOOK: Duration = Duration::from_secs(1);

/// The time between two looks at a target that is unwell.
const RETRY: Duration = Duration::from_secs(5);

/// A schedule in a file.
#[derive(Debug)]
pub struct Schedule {
    log: ScheduleLog,
    state: ScheduleState,
    pub(super) look: Duration,
}

impl Schedule {
    /// Opens the schedule in a file, which is created by the first change.
    ///
    /// # Errors
    ///
    /// When the file can't be read, is of a later version, or has a line that makes no sense.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ScheduleError> {
        let mut schedule = Self {
            log: ScheduleLog::at(path.as_ref()),
            state: ScheduleState::default(),
            look: LOOK,
        };
        schedule.refresh(|_| {})?;
        Ok(schedule)
    }

    /// The state when the file was read last.
    #[must_use]
    pub fn state(&self) -> &ScheduleState {
        &self.state
    }

    /// Adds entries, which replace those of their names, and returns what each addition comes to.
    ///
    /// # Errors
    ///
    /// When the file can't be written.
    pub fn add(
        &mut self,
        entries: Vec<ScheduleEntry>,
        now: Timestamp,
    ) -> Result<Vec<(String, Addition)>, ScheduleError> {
        let (mut changes, mut additions) = (Vec::new(), Vec::new());
        for entry in entries {
            let name = entry.name.clone();
            let addition = match self.state.entries.get(&name) {
                Some(known) if known.entry == entry => Addition::Known,
                Some(known) => {
                    let ends = known.to_state_at_end(now).into_iter();
                    changes.extend(ends.map(|change| (name.clone(), change)));
                    Addition::Replaces
                }
                None => Addition::New,
            };
            if addition != Addition::Known {
                changes.push((name.clone(), Change::Added(Box::new(entry))));
            }
            additions.push((name, addition));
        }
        self.record(now, changes, |_| {})?;
        Ok(additions)
    }

    /// Removes an entry; a run of it that goes on does so to its end.
    ///
    /// # Errors
    ///
    /// When there is none of this name, or the file can't be written.
    pub fn remove(&mut self, name: &str, now: Timestamp) -> Result<(), ScheduleError> {
        let Some(known) = self.state.entries.get(name) else {
            let known: Vec<_> = self.state.entries.keys().map(String::as_str).collect();
            return Err(ScheduleError::Unknown {
                name: name.to_owned(),
                known: match &known[..] {
                    [] => "none".to_owned(),
                    known => known.join(", "),
                },
            });
        };
        let changes = known.to_state_at_end(now).into_iter();
        let changes = changes.chain([Change::Removed]);
        self.record(now, changes.map(|one| (name.to_owned(), one)), |_| {})
    }

    /// Carries out what is due until `stop` ends it, with its reason; a run that goes on is ended, too.
    ///
    /// `clock` returns the time on the wall, which may jump. `watch` sees each event once it is in the file.
    ///
    /// # Errors
    ///
    /// When another scheduler runs the file, or the file can't be read or written. What can't be recorded is not run.
    pub async fn run(
        mut self,
        runner: &impl Runner,
        clock: impl Fn() -> Timestamp,
        mut watch: impl FnMut(&ScheduleEvent),
        stop: impl Future<Output = String>,
    ) -> Result<(), ScheduleError> {
        let _lock = self.log.lock()?;
        let mut stop = pin!(stop);
        // From here on, a signal is a reason to stop, and does not end the process.
        if stop.as_mut().now_or_never().is_some() {
            return Ok(());
        }
        self.refresh(&mut watch)?;
        if let Some((name, due)) = self.state.running.clone() {
            let why = "the scheduler was killed while it ran".to_owned();
            let ended = Change::Ended {
                due,
                verdict: Verdict::Aborted { why },
                reports: None,
            };
            self.record(clock(), [(name, ended)], &mut watch)?;
        }
        let mut unseen = Reason::NotRunning;
        let mut tried = HashMap::new();
        loop {
            self.state_all(clock(), &unseen, &mut watch)?;
            unseen = Reason::Jumped;
            let found = tokio::select! {
                biased;
                _ = &mut stop => return Ok(()),
                found = self.first_ready(runner, &clock, &mut tried, &mut watch) => found?,
            };
            if let Some((entry, due)) = found {
                let outcome =
                    self.carry_out(&entry, due, runner, &clock, &mut watch, stop.as_mut());
                if outcome.await?.is_some() {
                    return Ok(());
                }
                continue;
            }
            tokio::select! {
                biased;
                _ = &mut stop => return Ok(()),
                () = sleep(self.look) => {}
            }
        }
    }

    /// Records what passes without a run, and what is near.
    fn state_all(
        &mut self,
        now: Timestamp,
        unseen: &Reason,
        watch: impl FnMut(&ScheduleEvent),
    ) -> Result<(), ScheduleError> {
        let mut changes = Vec::new();
        for (name, entry) in &self.state.entries {
            let own = entry.to_state(now, unseen).into_iter();
            changes.extend(own.map(|change| (name.clone(), change)));
        }
        self.record(now, changes, watch)
    }

    /// What is due, by due time.
    fn due(&self, now: Timestamp) -> Vec<(Timestamp, ScheduleEntry)> {
        let entries = self.state.entries.values();
        let due = entries.filter_map(|one| Some((one.due(now)?, one.entry.clone())));
        let mut due: Vec<_> = due.collect();
        due.sort_by_key(|(due, _)| *due);
        due
    }

    /// The first entry that is due and whose target is well.
    async fn first_ready(
        &mut self,
        runner: &impl Runner,
        clock: &impl Fn() -> Timestamp,
        tried: &mut HashMap<String, Instant>,
        mut watch: impl FnMut(&ScheduleEvent),
    ) -> Result<Option<(ScheduleEntry, Timestamp)>, ScheduleError> {
        for (due, entry) in self.due(clock()) {
            let last = tried.get(&entry.name);
            if last.is_some_and(|last| last.elapsed() < RETRY) {
                continue;
            }
            match runner.ready(&entry).await {
                Ok(()) => {
                    tried.remove(&entry.name);
                    return Ok(Some((entry, due)));
                }
                Err(problem) => {
                    tried.insert(entry.name.clone(), Instant::now());
                    let why = Reason::Unwell(problem);
                    self.record_waiting(clock(), &entry.name, due, why, &mut watch)?;
                }
            }
        }
        Ok(None)
    }

    /// Records that a due time waits, unless it waits for the like already.
    fn record_waiting(
        &mut self,
        now: Timestamp,
        name: &str,
        due: Timestamp,
        why: Reason,
        watch: impl FnMut(&ScheduleEvent),
    ) -> Result<(), ScheduleError> {
        let state = self.state.entries.get(name);
        let waiting = state.and_then(|state| state.waiting.as_ref());
        // The values of an unwell target change with each look.
        let is_known = waiting.is_some_and(|waiting| {
            waiting.due == due && discriminant(&waiting.why) == discriminant(&why)
        });
        match is_known {
            true => Ok(()),
            false => self.record(
                now,
                [(name.to_owned(), Change::Waiting { due, why })],
                watch,
            ),
        }
    }

    /// Runs an entry, and goes on to state what passes meanwhile; returns why it was stopped, if it was.
    async fn carry_out(
        &mut self,
        entry: &ScheduleEntry,
        due: Timestamp,
        runner: &impl Runner,
        clock: &impl Fn() -> Timestamp,
        mut watch: impl FnMut(&ScheduleEvent),
        mut stop: Pin<&mut impl Future<Output = String>>,
    ) -> Result<Option<String>, ScheduleError> {
        let name = entry.name.clone();
        self.record(
            clock(),
            [(name.clone(), Change::Started { due })],
            &mut watch,
        )?;
        let (sender, stopping) = oneshot::channel();
        let mut sender = Some(sender);
        let mut stopped = None;
        let stopping = async move {
            match stopping.await {
                Ok(why) => why,
                Err(_) => pending().await,
            }
        };
        let run = AssertUnwindSafe(async { runner.run(entry, stopping).await }).catch_unwind();
        let mut run = pin!(run);
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut run => break ended,
                why = &mut stop, if stopped.is_none() => {
                    stopped = Some(why.clone());
                    // A run that has ended needs no stop.
                    let _ = sender.take().map(|sender| sender.send(why));
                }
                () = sleep(self.look) => {
                    self.state_all(clock(), &Reason::Jumped, &mut watch)?;
                    for (due, waiting) in self.due(clock()) {
                        let why = Reason::Busy(name.clone());
                        self.record_waiting(clock(), &waiting.name, due, why, &mut watch)?;
                    }
                }
            }
        };
        let mut outcome = ended.unwrap_or_else(|_| RunOutcome {
            verdict: Verdict::Aborted {
                why: "it panicked".to_owned(),
            },
            reports: None,
        });
        if let (Some(why), Verdict::NotRun { .. }) = (&stopped, &outcome.verdict) {
            outcome.verdict = Verdict::Aborted { why: why.clone() };
        }
        let RunOutcome { verdict, reports } = outcome;
        let ended = Change::Ended {
            due,
            verdict,
            reports,
        };
        self.record(clock(), [(name, ended)], watch)?;
        Ok(stopped)
    }

    /// Appends changes, and takes them in with those of others.
    fn record(
        &mut self,
        now: Timestamp,
        changes: impl IntoIterator<Item = (String, Change)>,
        watch: impl FnMut(&ScheduleEvent),
    ) -> Result<(), ScheduleError> {
        let event = |(name, change)| ScheduleEvent {
            at: now,
            name,
            change,
        };
        let events: Vec<_> = changes.into_iter().map(event).collect();
        self.log.append(&events)?;
        self.refresh(watch)
    }

    fn refresh(&mut self, mut watch: impl FnMut(&ScheduleEvent)) -> Result<(), ScheduleError> {
        for event in self.log.read()? {
            self.state.apply(&event);
            watch(&event);
        }
        Ok(())
    }
}
