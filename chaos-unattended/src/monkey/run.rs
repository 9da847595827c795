//! Strikes as they come due.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::time::{Duration, SystemTime};

use chaos_lab::control::{Control, ControlError};
use jiff::Timestamp;
use tokio::time::sleep;

use super::{Monkey, Strike};
use crate::leased::{LeaseEnd, Leased};

/// The longest time between two looks at the clock, which may have jumped.
const LOOK: Duration = Duration::from_secs(20);

/// How late a strike may begin.
const GRACE: Duration = Duration::from_secs(60);

/// What a monkey does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MonkeyEvent<'m> {
    /// A strike is the next one.
    Next(Strike<'m>),
    /// A strike has begun.
    Began(Strike<'m>),
    /// A strike that was due does not take place.
    Skipped {
        /// The strike.
        strike: Strike<'m>,
        /// Why it does not.
        why: String,
    },
    /// A strike is over.
    Ended {
        /// The strike.
        strike: Strike<'m>,
        /// What ended it.
        why: String,
    },
}

impl MonkeyEvent<'_> {
    /// The strike.
    #[must_use]
    pub fn strike(&self) -> &Strike<'_> {
        match self {
            Self::Next(strike) | Self::Began(strike) => strike,
            Self::Skipped { strike, .. } | Self::Ended { strike, .. } => strike,
        }
    }
}

impl fmt::Display for MonkeyEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.strike().experiment.name();
        match self {
            Self::Next(strike) => match Timestamp::try_from(strike.at) {
                Ok(at) => write!(f, "next: `{name}` at {at:.0}"),
                Err(_) => write!(f, "next: `{name}`"),
            },
            Self::Began(_) => write!(f, "began: `{name}`"),
            Self::Skipped { why, .. } => write!(f, "skipped: `{name}`: {why}"),
            Self::Ended { why, .. } => write!(f, "ended: `{name}`: {why}"),
        }
    }
}

impl Monkey {
    /// Strikes as the plan says, until `stop` gives a reason to end; a strike that is going on then ends first.
    ///
    /// A strike runs under a lease, so it ends by itself if this task does not go on. It is skipped while another experiment runs
    /// on the target, while the target is halted, and when it comes due while this task or this machine sleeps. A clock that is put back
    /// brings no strike again.
    pub async fn run(
        &self,
        control: &impl Control,
        clock: impl Fn() -> SystemTime,
        mut watch: impl FnMut(MonkeyEvent<'_>),
        stop: impl Future<Output = String>,
    ) {
        let mut stop = pin!(stop);
        let mut after = clock();
        while let Some(strike) = self.strikes(after).next() {
            watch(MonkeyEvent::Next(strike));
            tokio::select! {
                () = come(strike.at, &clock) => {}
                _ = &mut stop => return,
            }
            let begun = self.begin(&strike, control, &clock).await;
            match begun {
                Err(why) => watch(MonkeyEvent::Skipped { strike, why }),
                Ok(leased) => {
                    watch(MonkeyEvent::Began(strike));
                    let (why, is_stopped) = hold(leased, &strike, &clock, stop.as_mut()).await;
                    watch(MonkeyEvent::Ended { strike, why });
                    if is_stopped {
                        return;
                    }
                }
            }
            // The next interval at the earliest, also on a clock that was put back.
            after = clock().max(strike.at + Duration::from_nanos(1));
        }
        stop.await;
    }

    async fn begin<'c, C: Control>(
        &self,
        strike: &Strike<'_>,
        control: &'c C,
        clock: &impl Fn() -> SystemTime,
    ) -> Result<Leased<'c, C>, String> {
        let late = clock().duration_since(strike.at).unwrap_or_default();
        if late > GRACE {
            return Err(format!("it was due {} s ago", late.as_secs()));
        }
        let to_text = |error: ControlError| error.to_string();
        let overview = control.describe().await.map_err(to_text)?;
        if let Some(halt) = overview.halts.first() {
            return Err(format!("halted by {}", halt.attribution));
        }
        if let Some(running) = overview.running.first() {
            return Err(format!("`{running}` is running"));
        }
        let why = format!(
            "the monkey of seed {}, interval {}",
            self.seed, strike.interval
        );
        let leased = Leased::start(control, strike.experiment, &why).await;
        leased.map_err(to_text)
    }
}

/// Waits until a clock shows a time, or a later one.
async fn come(at: SystemTime, clock: &impl Fn() -> SystemTime) {
    while let Ok(wait) = at.duration_since(clock())
        && !wait.is_zero()
    {
        sleep(wait.min(LOOK)).await;
    }
}

/// Renews a strike until it is over; returns what ended it, and whether that was `stop`.
async fn hold<C: Control>(
    mut leased: Leased<'_, C>,
    strike: &Strike<'_>,
    clock: &impl Fn() -> SystemTime,
    stop: Pin<&mut impl Future<Output = String>>,
) -> (String, bool) {
    let ended = tokio::select! {
        ended = leased.renew() => match ended {
            LeaseEnd::Ended => return (leased.end_reason().await, false),
            LeaseEnd::Lost(error) => return (format!("its lease lapses: {error}"), false),
        },
        () = come(strike.end(), clock) => ("its time is over".to_owned(), false),
        why = stop => (why, true),
    };
    match leased.stop(&ended.0).await {
        Ok(()) => ended,
        Err(error) => (format!("{}; its lease lapses: {error}", ended.0), ended.1),
    }
}
