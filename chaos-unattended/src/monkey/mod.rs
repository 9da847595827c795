//! Experiments at times that nothing but chance decides.

mod file;
mod plan;
mod run;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use chaos_core::adapter::{read_document, read_document_file};
use chaos_core::error::FileError;
use chaos_core::{Environment, Experiment, Format, Policy, Rate};

pub(crate) use self::file::MonkeyFile;
pub use self::plan::Strike;
pub use self::run::MonkeyEvent;

/// The environment that decides on the risk of experiments, as that of the target is not known before a strike.
const PRODUCTION: Environment = Environment::Production;

/// Starts random experiments of a list, within hours and a budget.
///
/// Once an interval it draws whether it strikes, and with which experiment. When and how it strikes is a function of its file, so
/// [`strikes`](Self::strikes) shows a month before it happens, or again afterwards:
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// use chaos_core::Format;
/// use chaos_unattended::Monkey;
///
/// let yaml = r#"
/// version: 1
/// seed: 7
/// every: 30m
/// probability: 10%
/// at_most_a_day: 2
/// policy:
///   time_zone: Europe/Berlin
///   windows: { low: { days: mon-fri, hours: "09:00-17:00" } }
///   holidays: ["12-25"]
/// experiments:
///   - name: slow payments
///     fault: { latency: 300ms }
///     blast_radius: { calls_to: payments, rate: 20% }
///     time_limit: 10m
/// "#;
/// let monkey = Monkey::parse(yaml, Format::Yaml, "monkey.yaml")?;
/// let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// for strike in monkey.strikes(start).take(3) {
///     println!("{:?}: {}", strike.at, strike.experiment.name());
/// }
/// # Ok::<(), chaos_core::error::FileError>(())
/// ```
///
/// [`run`](Self::run) does it. In the service itself, a [`LocalControl`](chaos_lab::control::LocalControl) drives its manager:
///
/// ```no_run
/// use std::future::pending;
/// use std::time::SystemTime;
///
/// use chaos_core::ChaosManager;
/// use chaos_lab::control::LocalControl;
/// use chaos_unattended::Monkey;
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let chaos = ChaosManager::from_env()?;
/// let monkey = Monkey::read("monkey.yaml")?;
/// let control = LocalControl::new(&chaos);
/// tokio::spawn(async move {
///     monkey.run(&control, SystemTime::now, |event| println!("{event}"), pending()).await
/// });
/// # Ok(())
/// # }
/// ```
///
/// # Keys
///
/// | key | value |
/// |---|---|
/// | `seed` | the number that all draws come from; defaults to 0 |
/// | `every` | the interval, at least a second; its ends are multiples of it since 1970, so they do not depend on when the monkey was started |
/// | `probability` | the chance of a strike in an interval, such as `10%` |
/// | `at_most_a_day` | the budget: the most strikes of a day in the policy's time zone; defaults to 1 |
/// | `policy` | a [`Policy`]; its `windows` are the hours in which the monkey strikes, and must be stated |
/// | `experiments` | the list of experiments, all equally likely |
/// | `approvals` | the approvals that they may need, as `chaos-lab approve` writes them |
///
/// # Details
///
/// A strike lasts as long as the time limit of its experiment, and ends within the hours and on the day on which it begins;
/// one that would not is not drawn. No strike begins before another has ended. The policy's risks are those of
/// production.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Monkey {
    seed: u64,
    every: Duration,
    probability: Rate,
    at_most_a_day: NonZeroU32,
    policy: Policy,
    experiments: Vec<Experiment>,
    approvals: Vec<String>,
}

impl Monkey {
    /// Reads a file in YAML, TOML or JSON, by its extension.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or makes no sense. The error has file, line, key and what was expected.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        Ok(read_document_file::<MonkeyFile>(path.as_ref())?.into())
    }

    /// Parses a text; `origin` is the file in errors.
    ///
    /// # Errors
    ///
    /// When the text makes no sense. The error has line, key and what was expected.
    pub fn parse(text: &str, format: Format, origin: &str) -> Result<Self, FileError> {
        Ok(read_document::<MonkeyFile>(text, format, origin)?.into())
    }

    /// Makes every strike a dry run: the target decides and records as ever, and injects nothing.
    pub fn dry_run(mut self) -> Self {
        let experiments = self.experiments.into_iter();
        self.experiments = experiments.map(Experiment::dry_run).collect();
        self
    }

    /// The experiments that it may start.
    pub fn experiments(&self) -> &[Experiment] {
        &self.experiments
    }

    /// The approvals that come with every start.
    #[must_use]
    pub fn approvals(&self) -> &[String] {
        &self.approvals
    }

    /// The rules that hold for its strikes.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}
