//! Finds the times at which a policy opens and closes.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::{Date as CivilDate, DateTime, Time};

use super::{Date, Freeze, Holiday, Opening, Policy, Weekday, Window};

/// The days to search for the next opening or closing: ten years.
const HORIZON: i32 = 3653;

/// What keeps a whole day closed.
pub(super) enum Closure<'a> {
    Holiday(&'a Holiday),
    Freeze(&'a Freeze),
}

/// The times at which one list of windows of a policy opens and closes.
pub(super) struct Calendar<'a> {
    policy: &'a Policy,
    /// None if every time of the week is open.
    windows: Option<&'a [Window]>,
}

impl<'a> Calendar<'a> {
    pub(super) fn new(policy: &'a Policy, windows: Option<&'a [Window]>) -> Self {
        Self { policy, windows }
    }

    pub(super) fn opening(&self, now: SystemTime) -> Opening {
        // A clock that far off is no reason to start anything.
        let Ok(now) = Timestamp::try_from(now) else {
            return Opening::Never;
        };
        if self.is_open(now) {
            let until = self.next(now, State::Closed);
            Opening::Open { until }
        } else {
            let opens = self.next(now, State::Open);
            opens.map_or(Opening::Never, |until| Opening::Closed { until })
        }
    }

    /// What keeps the whole day of `now` closed, if anything does.
    pub(super) fn closure(&self, now: SystemTime) -> Option<Closure<'a>> {
        let now = Timestamp::try_from(now).ok()?;
        self.closure_on(self.local(now).date())
    }

    fn closure_on(&self, date: CivilDate) -> Option<Closure<'a>> {
        let date = Date::from(date);
        let policy = self.policy;
        let freeze = policy.freezes.iter().find(|freeze| freeze.is_on(date));
        let holiday = || policy.holidays.iter().find(|holiday| holiday.is_on(date));
        freeze
            .map(Closure::Freeze)
            .or_else(|| holiday().map(Closure::Holiday))
    }

    fn local(&self, time: Timestamp) -> DateTime {
        self.policy.time_zone.rules().to_datetime(time)
    }

    /// Whether a clock on the wall shows a time at which experiments may start.
    fn is_open(&self, time: Timestamp) -> bool {
        let local = self.local(time);
        let day = Weekday::of(local.date());
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let is_in_a_window = |windows: &[Window]| {
            let mut windows = windows.iter();
            windows.any(|window| window.is_open_at(day, minute))
        };
        self.closure_on(local.date()).is_none() && self.windows.is_none_or(is_in_a_window)
    }

    /// The first time after `now` at which it is in this state.
    fn next(&self, now: Timestamp, wanted: State) -> Option<SystemTime> {
        let mut day = self.local(now).date();
        for _ in 0..HORIZON {
            let is_searched = wanted == State::Closed || self.closure_on(day).is_none();
            if is_searched && let Some(found) = self.next_on(day, now, wanted) {
                return Some(found.into());
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn next_on(&self, day: CivilDate, now: Timestamp, wanted: State) -> Option<Timestamp> {
        let mut changes = self.possible_changes(day);
        changes.sort_unstable();
        let mut after = changes.into_iter().filter(|change| *change > now);
        after.find(|change| self.is_open(*change) == (wanted == State::Open))
    }

    /// The times of a day at which it may open or close: there are no others.
    fn possible_changes(&self, day: CivilDate) -> Vec<Timestamp> {
        let rules = self.policy.time_zone.rules();
        // A time that a clock shows twice, or skips, is found by either offset.
        let both = |time: DateTime| {
            let ambiguous = rules.to_ambiguous_timestamp(time);
            let times = [ambiguous.earlier(), ambiguous.later()];
            times.into_iter().flatten()
        };
        let at_minute = |minute: u16| {
            let time = Time::constant((minute / 60) as i8, (minute % 60) as i8, 0, 0);
            both(day.to_datetime(time))
        };
        let windows = self.windows.unwrap_or_default().iter();
        let minutes = windows.flat_map(|window| window.hours().ends());
        let mut changes: Vec<_> = minutes.chain([0]).flat_map(at_minute).collect();
        // Where a clock is put forward or back, it may show a time of another window.
        let midnights = [Some(day), day.tomorrow().ok()].into_iter().flatten();
        let of_day: Vec<_> = midnights
            .flat_map(|day| both(day.to_datetime(Time::midnight())))
            .collect();
        if let (Some(first), Some(last)) = (of_day.iter().min(), of_day.iter().max()) {
            let transitions = rules.following(*first).map(|change| change.timestamp());
            changes.extend(transitions.take_while(|change| change <= last));
        }
        changes
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
