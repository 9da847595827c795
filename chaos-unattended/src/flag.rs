//! An experiment that a feature flag arms.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::pin;
use std::time::Duration;

use chaos_core::Experiment;
use chaos_lab::control::{Control, ControlError};
use tokio::time::{MissedTickBehavior, interval};

use crate::leased::{LEASE, Leased};

/// The time between two questions.
const EVERY: Duration = Duration::from_secs(2);

/// The questions without an answer after which the lease has surely run out.
const LAPSED_AFTER: u32 = (LEASE.as_secs() / EVERY.as_secs()) as u32 + 1;

/// What became of an experiment that a feature flag arms.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlagEvent {
    /// The flag is on, and the experiment has begun.
    Began,
    /// The flag is on, but the experiment can't begin, and why.
    Refused(String),
    /// There is no answer about the flag, and why; the lease is not renewed.
    Unanswered(String),
    /// The experiment has ended, and why.
    Ended(String),
}

impl fmt::Display for FlagEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began => f.write_str("the flag is on, and the experiment has begun"),
            Self::Refused(why) => {
                write!(f, "the flag is on, but the experiment can't begin: {why}")
            }
            Self::Unanswered(why) => write!(f, "no answer about the flag: {why}"),
            Self::Ended(why) => write!(f, "the experiment has ended: {why}"),
        }
    }
}

/// Runs an experiment while a flag is on, until `stop` gives a reason to end.
///
/// The flag is asked every two seconds; any closure may answer, such as one around
/// [`Flag::is_on`](chaos_lab::Flag::is_on). The experiment runs under a lease, which is renewed as long as the flag is on. It is
/// stopped when the flag is off. When there is no answer, its lease lapses after six seconds.
///
/// An experiment that ended by itself, by its time limit, a condition or a halt, is not started again before the flag was off.
pub async fn follow_flag<C: Control>(
    is_on: impl AsyncFn() -> Result<bool, String>,
    experiment: &Experiment,
    control: &C,
    mut watch: impl FnMut(FlagEvent),
    stop: impl Future<Output = String>,
) {
    let mut armed = Armed {
        control,
        experiment,
        state: State::Off,
        is_unanswered: false,
    };
    let mut stop = pin!(stop);
    let mut questions = interval(EVERY);
    questions.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let why = loop {
        let answer = async {
            questions.tick().await;
            is_on().await
        };
        let answer = tokio::select! {
            answer = answer => answer,
            why = &mut stop => break why,
        };
        if let Some(event) = armed.step(answer).await {
            watch(event);
        }
    };
    if let Some(event) = armed.end(&why).await {
        watch(event);
    }
}

struct Armed<'a, C> {
    control: &'a C,
    experiment: &'a Experiment,
    state: State<'a, C>,
    /// Whether it is known that there is no answer.
    is_unanswered: bool,
}

enum State<'a, C> {
    Off,
    /// The experiment runs; the number counts questions without an answer.
    On(Leased<'a, C>, u32),
    /// The experiment has ended by itself, or was refused, while the flag was on.
    Spent,
}

impl<'a, C: Control> Armed<'a, C> {
    /// Does what an answer asks for.
    async fn step(&mut self, answer: Result<bool, String>) -> Option<FlagEvent> {
        let was_unanswered = mem::replace(&mut self.is_unanswered, answer.is_err());
        match (mem::replace(&mut self.state, State::Spent), answer) {
            (State::Off, Ok(true)) => self.begin().await,
            (State::On(leased, _), Ok(true)) => self.renew(leased).await,
            (State::Spent, Ok(true)) => None,
            (state, Ok(false)) => {
                self.state = State::Off;
                match state {
                    State::On(leased, _) => Some(stopped(leased, "the flag is off").await),
                    State::Off | State::Spent => None,
                }
            }
            (State::On(_, failed), Err(why)) if failed + 1 >= LAPSED_AFTER => {
                self.state = State::Off;
                Some(FlagEvent::Ended(format!("no answer about the flag: {why}")))
            }
            (state, Err(why)) => {
                self.state = match state {
                    State::On(leased, failed) => State::On(leased, failed + 1),
                    state => state,
                };
                (!was_unanswered).then_some(FlagEvent::Unanswered(why))
            }
        }
    }

    async fn begin(&mut self) -> Option<FlagEvent> {
        let begun = Leased::start(self.control, self.experiment, "its feature flag is on").await;
        match begun {
            Ok(leased) => {
                self.state = State::On(leased, 0);
                Some(FlagEvent::Began)
            }
            Err(error) => {
                // A target that can't be reached may be so soon; one that refused is not asked again and again.
                if !matches!(error, ControlError::Refused(_)) {
                    self.state = State::Off;
                }
                Some(FlagEvent::Refused(error.to_string()))
            }
        }
    }

    async fn renew(&mut self, mut leased: Leased<'a, C>) -> Option<FlagEvent> {
        match leased.renew_once().await {
            Ok(false) => Some(FlagEvent::Ended(leased.end_reason().await)),
            // What can't be renewed now may be at the next answer, or has ended then.
            Ok(true) | Err(_) => {
                self.state = State::On(leased, 0);
                None
            }
        }
    }

    async fn end(self, why: &str) -> Option<FlagEvent> {
        match self.state {
            State::On(leased, _) => Some(stopped(leased, why).await),
            State::Off | State::Spent => None,
        }
    }
}

async fn stopped<C: Control>(leased: Leased<'_, C>, why: &str) -> FlagEvent {
    FlagEvent::Ended(match leased.stop(why).await {
        Ok(()) => why.to_owned(),
        Err(error) => format!("{why}; its lease lapses: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use chaos_core::{Actor, BlastRadius, ChaosManager, Environment, Fault};
    use chaos_lab::control::LocalControl;
    use tokio::time::sleep;

    use super::*;

    fn experiment() -> Experiment {
        Experiment::new("slow")
            .fault(Fault::panic())
            .blast_radius(BlastRadius::points_at("pms"))
            .time_limit(Duration::from_secs(60))
    }

    fn on() -> Result<bool, String> {
        Ok(true)
    }

    fn off() -> Result<bool, String> {
        Ok(false)
    }

    fn silent() -> Result<bool, String> {
        Err("refused".to_owned())
    }

    /// Follows a flag with these answers, one every two seconds, and returns what happened and what ran before each.
    async fn follow(
        chaos: &ChaosManager,
        answers: &[Result<bool, String>],
    ) -> (Vec<FlagEvent>, Vec<usize>) {
        follow_with(chaos, answers, || {}).await
    }

    /// The same, and does something at each answer.
    async fn follow_with(
        chaos: &ChaosManager,
        answers: &[Result<bool, String>],
        act: impl Fn(),
    ) -> (Vec<FlagEvent>, Vec<usize>) {
        let _site = chaos.site("pms");
        let control = LocalControl::new(chaos);
        let rest = RefCell::new(answers.iter().cloned().collect::<VecDeque<_>>());
        let (running, mut events) = (RefCell::new(Vec::new()), Vec::new());
        let is_on = async || {
            running.borrow_mut().push(chaos.overview().running.len());
            act();
            rest.borrow_mut().pop_front().unwrap()
        };
        let stop = async {
            sleep(EVERY * answers.len() as u32 - EVERY / 2).await;
            "the test is over".to_owned()
        };
        follow_flag(
            is_on,
            &experiment(),
            &control,
            |event| events.push(event),
            stop,
        )
        .await;
        (events, running.into_inner())
    }

    fn chaos() -> ChaosManager {
        ChaosManager::builder()
            .environment(Environment::Test)
            .build()
    }

    fn ended(why: &str) -> FlagEvent {
        FlagEvent::Ended(why.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn the_experiment_runs_while_the_flag_is_on() {
        let chaos = chaos();
        let (events, running) = follow(&chaos, &[off(), on(), on(), on(), off(), off()]).await;
        assert_eq!(events, [FlagEvent::Began, ended("the flag is off")]);
        assert_eq!(running, [0, 0, 1, 1, 1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_answer_the_lease_is_not_renewed_and_an_answer_in_time_goes_on() {
        let (events, _) = follow(&chaos(), &[on(), silent(), silent(), on(), off()]).await;
        let unanswered = FlagEvent::Unanswered("refused".to_owned());
        assert_eq!(
            events,
            [
                FlagEvent::Began,
                unanswered.clone(),
                ended("the flag is off")
            ]
        );
        let (events, _) = follow(&chaos(), &[on(), silent(), silent(), silent(), silent()]).await;
        assert_eq!(
            events,
            [
                FlagEvent::Began,
                unanswered,
                ended("no answer about the flag: refused")
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_ended_by_itself_is_started_again_only_after_the_flag_was_off() {
        let chaos = chaos();
        let answers = [on(), on(), on(), on(), off(), on(), off()];
        let asked = RefCell::new(0);
        let (events, running) = follow_with(&chaos, &answers, || {
            *asked.borrow_mut() += 1;
            if *asked.borrow() == 3 {
                chaos.on_behalf_of(Actor::Code).stop("slow").unwrap();
            }
        })
        .await;
        let by_itself = ended("it was stopped by code");
        let expected = [
            FlagEvent::Began,
            by_itself,
            FlagEvent::Began,
            ended("the flag is off"),
        ];
        assert_eq!(events, expected);
        assert_eq!(running, [0, 1, 1, 0, 0, 0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_target_that_refuses_is_asked_once_and_the_end_stops_the_experiment() {
        let halted = chaos();
        halted.halt();
        let (events, _) = follow(&halted, &[on(), on(), on()]).await;
        assert!(matches!(&events[..], [FlagEvent::Refused(_)]), "{events:?}");
        let chaos = chaos();
        let (events, _) = follow(&chaos, &[on(), on()]).await;
        assert_eq!(events, [FlagEvent::Began, ended("the test is over")]);
        assert!(chaos.overview().running.is_empty());
    }
}
