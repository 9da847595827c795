//! The readings that labs post, kept for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chaos_core::{Posted, Reading, Readings, Recoveries};
use serde::Serialize;
use tokio::time::Instant;

use crate::problem::Problem;

/// How long a reading is kept after it was last posted.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// The most names that are kept.
const MOST_NAMES: usize = 64;

/// The most characters of a name, a unit or a limit.
const LONGEST_TEXT: usize = 200;

/// The latest reading of each name.
#[derive(Debug, Default)]
pub(crate) struct ReadingBoard(Mutex<Board>);

#[derive(Debug, Default)]
struct Board {
    readings: BTreeMap<String, Kept<Reading>>,
    recoveries: Option<Kept<Recoveries>>,
}

#[derive(Debug)]
struct Kept<T> {
    posted: Posted<T>,
    until: Instant,
}

/// What is kept now.
#[derive(Debug, Serialize)]
pub(crate) struct Current {
    pub(crate) readings: Vec<Posted<Reading>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recoveries: Option<Posted<Recoveries>>,
}

impl ReadingBoard {
    /// Keeps what a client has posted: all of it or nothing.
    pub(crate) fn post(&self, readings: Readings, by: &str) -> Result<(), Problem> {
        readings.readings.iter().try_for_each(check)?;
        readings.recoveries.iter().try_for_each(check_recoveries)?;
        let mut board = self.current();
        let names = readings.readings.iter().map(|reading| &reading.name);
        let mut new: Vec<_> = names
            .filter(|name| !board.readings.contains_key(*name))
            .collect();
        new.sort_unstable();
        new.dedup();
        if board.readings.len() + new.len() > MOST_NAMES {
            let expected = format!("at most {MOST_NAMES} names within {KEPT_FOR:?}");
            return Err(refused("readings", &expected));
        }
        for reading in readings.readings {
            board
                .readings
                .insert(reading.name.clone(), kept(reading, by));
        }
        if let Some(recoveries) = readings.recoveries {
            board.recoveries = Some(kept(recoveries, by));
        }
        Ok(())
    }

    /// What was posted within the last minute.
    pub(crate) fn read(&self) -> Current {
        let board = self.current();
        let readings = board.readings.values();
        Current {
            readings: readings.map(|kept| kept.posted.clone()).collect(),
            recoveries: board.recoveries.as_ref().map(|kept| kept.posted.clone()),
        }
    }

    /// The board without what is too old.
    fn current(&self) -> MutexGuard<'_, Board> {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        board.readings.retain(|_, kept| now < kept.until);
        board.recoveries.take_if(|kept| now >= kept.until);
        board
    }
}

fn kept<T>(what: T, by: &str) -> Kept<T> {
    Kept {
        posted: Posted {
            what,
            at: SystemTime::now(),
            by: by.to_owned(),
        },
        until: Instant::now() + KEPT_FOR,
    }
}

fn check(reading: &Reading) -> Result<(), Problem> {
    if reading.name.is_empty() {
        return Err(refused("name", "a name"));
    }
    let texts = [
        ("name", Some(&reading.name)),
        ("unit", reading.unit.as_ref()),
        ("limit", reading.limit.as_ref()),
    ];
    let too_long = |(_, text): &(_, Option<&String>)| {
        text.is_some_and(|text| text.chars().count() > LONGEST_TEXT)
    };
    match texts.into_iter().find(too_long) {
        Some((key, _)) => Err(refused(key, &format!("at most {LONGEST_TEXT} characters"))),
        None => Ok(()),
    }
}

fn check_recoveries(recoveries: &Recoveries) -> Result<(), Problem> {
    match recoveries.succeeded <= recoveries.tried {
        true => Ok(()),
        false => Err(refused("recoveries.succeeded", "at most `tried`")),
    }
}

fn refused(key: &str, expected: &str) -> Problem {
    Problem::new(
        422,
        "invalid document",
        format!("{key}: expected {expected}"),
    )
    .with("key", key)
}

#[cfg(test)]
mod tests {
    use chaos_core::ReadingState;

    use super::*;

    fn named(names: impl IntoIterator<Item = String>) -> Readings {
        let reading = |name| Reading::new(name, ReadingState::Holds);
        Readings::of(names.into_iter().map(reading).collect())
    }

    fn names(board: &ReadingBoard) -> Vec<String> {
        let readings = board.read().readings.into_iter();
        readings.map(|posted| posted.what.name).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_is_forgotten_a_minute_after_its_own_last_post() {
        let board = ReadingBoard::default();
        let post = |name: &str| board.post(named([name.to_owned()]), "anna").unwrap();
        let mut recoveries = Readings::default();
        recoveries.recoveries = Some(Recoveries::default());
        board.post(recoveries, "anna").unwrap();
        post("a");
        post("b");
        tokio::time::advance(KEPT_FOR / 2).await;
        post("b");
        tokio::time::advance(KEPT_FOR / 2).await;
        assert_eq!(names(&board), ["b"]);
        assert!(board.read().recoveries.is_none());
        tokio::time::advance(KEPT_FOR / 2).await;
        assert!(names(&board).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn names_are_bounded_and_a_post_beyond_is_refused_whole() {
        let board = ReadingBoard::default();
        let numbered = |from: usize, to: usize| named((from..to).map(|n| format!("{n:03}")));
        board.post(numbered(0, MOST_NAMES), "anna").unwrap();
        // Names that are known already take no more room.
        board.post(numbered(0, MOST_NAMES), "ben").unwrap();
        assert!(board.post(numbered(1, MOST_NAMES + 1), "carl").is_err());
        let current = board.read().readings;
        assert_eq!(current.len(), MOST_NAMES);
        assert!(current.iter().all(|posted| posted.by == "ben"));
        tokio::time::advance(KEPT_FOR).await;
        board.post(numbered(64, 65), "carl").unwrap();
    }

    #[test]
    fn texts_are_bounded() {
        let board = ReadingBoard::default();
        let post = |reading: Reading| board.post(Readings::of(vec![reading]), "anna");
        let named = |length| Reading::new("é".repeat(length), ReadingState::Holds);
        assert!(post(named(LONGEST_TEXT)).is_ok());
        assert!(post(named(LONGEST_TEXT + 1)).is_err() && post(named(0)).is_err());
        let long = "é".repeat(LONGEST_TEXT + 1);
        let mut reading = named(1);
        reading.unit = Some(long.clone());
        assert!(post(reading).is_err());
        let mut reading = named(1);
        reading.limit = Some(long);
        assert!(post(reading).is_err());
    }

    #[test]
    fn more_recoveries_than_tries_are_refused() {
        let board = ReadingBoard::default();
        let mut readings = Readings::default();
        readings.recoveries = Some(Recoveries {
            tried: 1,
            succeeded: 2,
        });
        assert!(board.post(readings, "anna").is_err());
    }
}
