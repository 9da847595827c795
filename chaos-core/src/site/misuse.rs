//! Ways in which a service's code can use a site so that its faults differ from what their experiments say.

use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

/// How a service's code uses a site so that its faults differ from what their experiments say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Misuse {
    /// Requests pass two layers of the site: each draws, and delays add up.
    SecondLayer,
    /// Code took an unwrapped connection of the site, for example through sqlx's `Acquire`: no fault affects what it does
    /// with it.
    UnwrappedConnection,
}

impl Misuse {
    const ALL: [Self; 2] = [Self::SecondLayer, Self::UnwrappedConnection];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecondLayer => {
                "requests pass two layers of the site: each draws, and delays add up; remove one"
            }
            Self::UnwrappedConnection => {
                "code took an unwrapped connection of the site: no fault affects what it does with it"
            }
        })
    }
}

/// The number of calls that an adapter marks, to recognise them in a second layer.
const MARKED: u32 = 32;

/// The misuses of a site that adapters have reported.
#[derive(Default)]
pub(super) struct Misuses {
    reported: AtomicU8,
    marked: AtomicU32,
}

impl Misuses {
    /// Whether the next call is to be marked, to recognise it in a second layer.
    pub(super) fn seek_second_layer(&self) -> bool {
        self.marked.load(Ordering::Relaxed) < MARKED
            && self.marked.fetch_add(1, Ordering::Relaxed) < MARKED
    }

    /// Remembers a misuse; returns whether it is the first report of it.
    pub(super) fn report(&self, misuse: Misuse) -> bool {
        self.reported.fetch_or(misuse.bit(), Ordering::Relaxed) & misuse.bit() == 0
    }

    pub(super) fn reported(&self) -> impl Iterator<Item = Misuse> {
        let reported = self.reported.load(Ordering::Relaxed);
        let all = Misuse::ALL.into_iter();
        all.filter(move |misuse| reported & misuse.bit() != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_layer_is_sought_among_the_first_calls() {
        let misuses = Misuses::default();
        let sought = (0..5_000).filter(|_| misuses.seek_second_layer());
        assert_eq!(sought.count(), 32);
        assert_eq!(misuses.reported().next(), None);
    }

    #[test]
    fn each_misuse_is_new_once() {
        let misuses = Misuses::default();
        for misuse in Misuse::ALL {
            assert!(misuses.report(misuse) && !misuses.report(misuse));
        }
        assert_eq!(misuses.reported().collect::<Vec<_>>(), Misuse::ALL);
    }

    #[test]
    fn a_misuse_is_not_another_one() {
        for misuse in Misuse::ALL {
            let misuses = Misuses::default();
            misuses.report(misuse);
            assert_eq!(misuses.reported().collect::<Vec<_>>(), [misuse]);
        }
    }
}
