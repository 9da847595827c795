//! The reserve: the part of each limit that always stays free.

use super::limits::Bound;
use crate::Rate;
use crate::pressure::{PressureError, PressureKind, PressureUnit, Shortage};

const DEFAULT_SHARE: f64 = 0.1;

/// The smallest reserve of memory or disk: 128 MiB.
const MIN_BYTES: u64 = 128 << 20;

/// The smallest reserve of threads or descriptors.
const MIN_COUNT: u64 = 8;

/// The part of each limit that always stays free.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reserve {
    share: f64,
    minimum: u64,
    cushion: u64,
    unit: PressureUnit,
}

impl Reserve {
    /// Reserves a share of memory or disk.
    pub(super) fn of_bytes(share: Option<Rate>) -> Self {
        let minimum = MIN_BYTES;
        Self {
            minimum,
            ..Self::of_count(share, PressureUnit::Bytes)
        }
    }

    /// Reserves a share of something that is counted in `unit`.
    pub(super) fn of_count(share: Option<Rate>, unit: PressureUnit) -> Self {
        Self {
            share: share.map_or(DEFAULT_SHARE, Rate::as_share),
            minimum: MIN_COUNT,
            cushion: 0,
            unit,
        }
    }

    /// Requires this much more at the start, for what others take between two samples.
    pub(super) fn with_cushion(self, cushion: u64) -> Self {
        Self { cushion, ..self }
    }

    pub(super) fn at_least(self, minimum: u64) -> Self {
        let minimum = self.minimum.max(minimum);
        Self { minimum, ..self }
    }

    /// Returns the amount that has to stay free under a limit.
    pub(super) fn under(self, limit: u64) -> u64 {
        ((limit as f64 * self.share) as u64).max(self.minimum)
    }

    /// Returns how much may be taken under the tightest bound.
    ///
    /// The result is negative when the reserve is already in use, and far below zero when no bound is known.
    pub(super) fn room(self, bounds: &[Bound]) -> i128 {
        self.tightest(bounds)
            .map_or(i128::MIN / 2, |(room, _)| room)
    }

    fn tightest(self, bounds: &[Bound]) -> Option<(i128, &Bound)> {
        bounds
            .iter()
            .map(|bound| {
                let free = i128::from(bound.limit) - i128::from(bound.used);
                (free - i128::from(self.under(bound.limit)), bound)
            })
            .min_by_key(|(room, _)| *room)
    }

    /// Checks that a requested amount fits under all bounds, next to the amount committed to others.
    ///
    /// # Errors
    ///
    /// Returns the figures of the tightest bound when the amount does not fit.
    pub(super) fn check_room(
        self,
        kind: PressureKind,
        requested: u64,
        committed: u64,
        bounds: &[Bound],
    ) -> Result<(), PressureError> {
        let needed = i128::from(requested) + i128::from(self.cushion);
        match self.tightest(bounds) {
            Some((room, bound)) if room - i128::from(committed) < needed => {
                Err(PressureError::NoRoom {
                    kind,
                    shortage: Shortage {
                        requested,
                        free: bound.limit.saturating_sub(bound.used),
                        reserve: self.under(bound.limit).saturating_add(self.cushion),
                        committed,
                        limit: bound.name.clone(),
                        unit: self.unit,
                    },
                })
            }
            Some(_) => Ok(()),
            None => Err(PressureError::Unsupported {
                kind,
                why: "no limit shows how much is available".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn bound(name: &str, limit: u64, used: u64) -> Bound {
        Bound {
            name: name.to_owned(),
            limit,
            used,
        }
    }

    #[test]
    fn the_default_reserve_is_a_tenth_and_at_least_the_minimum() {
        let default = Reserve::of_bytes(None);
        assert_eq!(default.under(10 * GIB), GIB);
        assert_eq!(default.under(GIB), 128 << 20);
        let half = Reserve::of_bytes(Some(Rate::percent(50.0).unwrap()));
        assert_eq!(half.under(10 * GIB), 5 * GIB);
        assert_eq!(Reserve::of_count(None, PressureUnit::Threads).under(10), 8);
    }

    #[test]
    fn the_tightest_bound_decides_and_is_reported_with_its_figures() {
        let bounds = [
            bound("the machine", 100 * GIB, 0),
            bound("memory.max of /pod", 10 * GIB, 7 * GIB),
            bound("memory.high of /pod", 20 * GIB, 7 * GIB),
        ];
        let reserve = Reserve::of_bytes(None);
        assert!(
            reserve
                .check_room(PressureKind::Memory, 2 * GIB, 0, &bounds)
                .is_ok()
        );
        let refused = reserve.check_room(PressureKind::Memory, 2 * GIB + 1, 0, &bounds);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "memory pressure: 2048 MiB requested, but memory.max of /pod leaves 3072 MiB, of which 1024 MiB stay in \
             reserve, so at most 2048 MiB fit",
        );
    }

    #[test]
    fn the_cushion_stays_free_next_to_the_reserve() {
        let bounds = [bound("x", 10 * GIB, 7 * GIB)];
        let reserve = Reserve::of_bytes(None).with_cushion(GIB);
        assert!(
            reserve
                .check_room(PressureKind::Memory, GIB, 0, &bounds)
                .is_ok()
        );
        let refused = reserve.check_room(PressureKind::Memory, GIB + 1, 0, &bounds);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "memory pressure: 1024 MiB requested, but x leaves 3072 MiB, of which 2048 MiB stay in \
             reserve, so at most 1024 MiB fit",
        );
    }

    #[test]
    fn the_fitting_amount_is_reported_where_rounding_hides_it() {
        let refused = |used| {
            let bounds = [bound("x", 250 * GIB, used)];
            let refused =
                Reserve::of_bytes(None).check_room(PressureKind::Memory, 90 * GIB, 0, &bounds);
            refused.unwrap_err().to_string()
        };
        let start = "memory pressure: 90 GiB requested, but x leaves 25 GiB, of which 25 GiB stay in reserve, so at most";
        assert_eq!(
            refused(225 * GIB - (300 << 20)),
            format!("{start} 300 MiB fit")
        );
        assert_eq!(refused(225 * GIB), format!("{start} 0 bytes fit"));
        assert!(refused(240 * GIB).ends_with("so at most 0 bytes fit"));
    }

    #[test]
    fn amounts_committed_to_others_are_not_available() {
        let bounds = [bound("x", 10 * GIB, 5 * GIB)];
        let reserve = Reserve::of_bytes(None);
        let check = |requested, committed| {
            reserve.check_room(PressureKind::Memory, requested, committed, &bounds)
        };
        assert!(check(GIB, 3 * GIB).is_ok());
        assert_eq!(
            check(GIB + 1, 3 * GIB).unwrap_err().to_string(),
            "memory pressure: 1024 MiB requested, but x leaves 5120 MiB, of which 1024 MiB stay in reserve and \
             3072 MiB are committed to other pressures, so at most 1024 MiB fit",
        );
    }

    #[test]
    fn nothing_is_admitted_without_a_known_limit() {
        let reserve = Reserve::of_count(None, PressureUnit::Threads);
        let refused = reserve
            .check_room(PressureKind::Threads, 1, 0, &[])
            .unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("no limit shows how much is available"),
            "{refused}"
        );
    }

    #[test]
    fn room_is_negative_when_the_reserve_is_in_use() {
        let bounds = [bound("x", GIB, GIB - (28 << 20))];
        assert_eq!(Reserve::of_bytes(None).room(&bounds), -(100 << 20));
    }
}
