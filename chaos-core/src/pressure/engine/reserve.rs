//! What is left to others, whatever is asked for.

use super::limits::Bound;
use crate::Rate;
use crate::pressure::error::Shortage;
use crate::pressure::{PressureError, PressureKind, PressureUnit};

/// No less of memory or disk is ever left: 128 MiB.
const LEAST_BYTES: u64 = 128 << 20;

/// No fewer threads or descriptors are ever left.
const LEAST_NUMBER: u64 = 8;

/// What is left of every limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reserve {
    share: f64,
    least: u64,
    cushion: u64,
    unit: PressureUnit,
}

impl Reserve {
    /// A share of memory or disk, a tenth unless said.
    pub(super) fn of_bytes(share: Option<Rate>) -> Self {
        Self {
            share: share.map_or(0.1, Rate::as_share),
            least: LEAST_BYTES,
            cushion: 0,
            unit: PressureUnit::Bytes,
        }
    }

    /// A share of what is counted in this, a tenth unless said.
    pub(super) fn of_number(share: Option<Rate>, unit: PressureUnit) -> Self {
        Self {
            share: share.map_or(0.1, Rate::as_share),
            least: LEAST_NUMBER,
            cushion: 0,
            unit,
        }
    }

    /// So much more is left at the start, for what others take between two looks.
    pub(super) fn with_cushion(self, cushion: u64) -> Self {
        Self { cushion, ..self }
    }

    /// No less than so much is left, either.
    pub(super) fn at_least(self, least: u64) -> Self {
        let least = self.least.max(least);
        Self { least, ..self }
    }

    /// What has to stay free under a limit.
    pub(super) fn under(self, limit: u64) -> u64 {
        ((limit as f64 * self.share) as u64).max(self.least)
    }

    /// What may be taken under the tightest of these bounds; below zero when the reserve is touched already.
    pub(super) fn room(self, bounds: &[Bound]) -> Option<(i128, &Bound)> {
        bounds
            .iter()
            .map(|bound| {
                let free = i128::from(bound.limit) - i128::from(bound.used);
                (free - i128::from(self.under(bound.limit)), bound)
            })
            .min_by_key(|(room, _)| *room)
    }

    /// Refuses what does not fit under all of these bounds beside what is promised to others, with the figures.
    pub(super) fn refuse(
        self,
        kind: PressureKind,
        requested: u64,
        promised: u64,
        bounds: &[Bound],
    ) -> Result<(), PressureError> {
        let wanted = i128::from(requested) + i128::from(self.cushion);
        match self.room(bounds) {
            Some((room, bound)) if room - i128::from(promised) < wanted => {
                Err(PressureError::NoRoom {
                    kind,
                    shortage: Shortage {
                        requested,
                        free: bound.limit.saturating_sub(bound.used),
                        reserve: self.under(bound.limit).saturating_add(self.cushion),
                        promised,
                        limit: bound.name.clone(),
                        unit: self.unit,
                    },
                })
            }
            Some(_) => Ok(()),
            None => Err(PressureError::Unsupported {
                kind,
                why: "nothing tells how much there is of it".to_owned(),
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
    fn a_tenth_stays_and_never_less_than_the_least() {
        let usual = Reserve::of_bytes(None);
        assert_eq!(usual.under(10 * GIB), GIB);
        assert_eq!(usual.under(GIB), 128 << 20);
        let more = Reserve::of_bytes(Some(Rate::percent(50.0).unwrap()));
        assert_eq!(more.under(10 * GIB), 5 * GIB);
        assert_eq!(Reserve::of_number(None, PressureUnit::Threads).under(10), 8);
    }

    #[test]
    fn the_tightest_bound_decides_and_is_named_with_its_figures() {
        let bounds = [
            bound("the machine", 100 * GIB, 0),
            bound("memory.max of /pod", 10 * GIB, 7 * GIB),
            bound("memory.high of /pod", 20 * GIB, 7 * GIB),
        ];
        let reserve = Reserve::of_bytes(None);
        assert!(
            reserve
                .refuse(PressureKind::Memory, 2 * GIB, 0, &bounds)
                .is_ok()
        );
        let refused = reserve.refuse(PressureKind::Memory, 2 * GIB + 1, 0, &bounds);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "memory pressure: 2048 MiB requested, but memory.max of /pod leaves 3072 MiB, of which 1024 MiB stay in \
             reserve, so at most 2048 MiB fit",
        );
    }

    #[test]
    fn what_others_take_between_two_looks_is_left_beside_the_reserve() {
        let bounds = [bound("x", 10 * GIB, 7 * GIB)];
        let reserve = Reserve::of_bytes(None).with_cushion(GIB);
        assert!(
            reserve
                .refuse(PressureKind::Memory, GIB, 0, &bounds)
                .is_ok()
        );
        let refused = reserve.refuse(PressureKind::Memory, GIB + 1, 0, &bounds);
        assert_eq!(
            refused.unwrap_err().to_string(),
            "memory pressure: 1024 MiB requested, but x leaves 3072 MiB, of which 2048 MiB stay in \
             reserve, so at most 1024 MiB fit",
        );
    }

    #[test]
    fn what_fits_is_told_where_rounding_hides_it() {
        let refused = |used| {
            let bounds = [bound("x", 250 * GIB, used)];
            let refused =
                Reserve::of_bytes(None).refuse(PressureKind::Memory, 90 * GIB, 0, &bounds);
            refused.unwrap_err().to_string()
        };
        let told = "memory pressure: 90 GiB requested, but x leaves 25 GiB, of which 25 GiB stay in reserve, so at most";
        assert_eq!(
            refused(225 * GIB - (300 << 20)),
            format!("{told} 300 MiB fit")
        );
        assert_eq!(refused(225 * GIB), format!("{told} 0 bytes fit"));
        assert!(refused(240 * GIB).ends_with("so at most 0 bytes fit"));
    }

    #[test]
    fn what_is_promised_to_others_is_not_there_for_the_next() {
        let bounds = [bound("x", 10 * GIB, 5 * GIB)];
        let reserve = Reserve::of_bytes(None);
        let of_memory = |requested, promised| {
            reserve.refuse(PressureKind::Memory, requested, promised, &bounds)
        };
        assert!(of_memory(GIB, 3 * GIB).is_ok());
        assert_eq!(
            of_memory(GIB + 1, 3 * GIB).unwrap_err().to_string(),
            "memory pressure: 1024 MiB requested, but x leaves 5120 MiB, of which 1024 MiB stay in reserve and \
             3072 MiB are promised to other pressures, so at most 1024 MiB fit",
        );
    }

    #[test]
    fn nothing_is_admitted_when_no_limit_is_known() {
        let reserve = Reserve::of_number(None, PressureUnit::Threads);
        let refused = reserve
            .refuse(PressureKind::Threads, 1, 0, &[])
            .unwrap_err();
        assert!(
            refused.to_string().contains("how much there is"),
            "{refused}"
        );
    }

    #[test]
    fn a_reserve_that_is_touched_already_is_below_zero() {
        let bounds = [bound("x", GIB, GIB - (28 << 20))];
        let (room, _) = Reserve::of_bytes(None).room(&bounds).unwrap();
        assert_eq!(room, -(100 << 20));
    }
}
