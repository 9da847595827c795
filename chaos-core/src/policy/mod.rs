//! Policies: which experiments may start, and when.

mod approval_rules;
mod approval_verifier;
mod broken_rule;
mod by_risk;
#[cfg(feature = "files")]
mod calendar;
mod check;
mod date;
mod days;
mod freeze;
mod grade;
mod holiday;
mod hours;
mod invalid;
mod opening;
mod serde;
mod window;
mod zone;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, SystemTime};

pub use approval_rules::{ApprovalRules, Approver, ApproverRole};
pub use approval_verifier::{ApprovalText, ApprovalVerifier, AskedApproval, AskedStart};
pub use broken_rule::BrokenRule;
use by_risk::ByRisk;
pub use date::Date;
pub use days::{Days, Weekday};
pub use freeze::Freeze;
pub use grade::Grade;
pub use holiday::Holiday;
pub use hours::Hours;
pub use invalid::InvalidPolicy;
pub use opening::{LocalTime, Opening};
pub use window::Window;
pub use zone::Zone;

use crate::error::FileError;
use crate::setters::setters;
use crate::{Format, Risk};

/// Rules about which experiments may start: when, where, for how long, and how many at once.
///
/// A manager with a policy asks it at every start, wherever the experiment comes from: code, a file, a remote operator, a
/// witness. A refusal ([`Error::Policy`](crate::Error::Policy)) names the rule and, if it is one of time, when experiments
/// of this risk may start again. A policy without rules allows everything, and so does a manager without a policy.
///
/// ```
/// use std::time::Duration;
/// use chaos_core::policy::{Days, Freeze, Grade, Hours, Window, Zone};
/// use chaos_core::{ChaosManager, Policy, Risk};
///
/// let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
/// let policy = Policy::new()
///     .time_zone(Zone::named("Europe/Berlin")?)
///     .window(Risk::Low, Window::new(Days::WORKDAYS, Hours::between((9, 0), (17, 0))?))
///     .window(Risk::High, Window::new(Days::WORKDAYS, Hours::between((22, 0), (6, 0))?))
///     .holiday("12-25".parse()?)
///     .freeze(Freeze::new("2026-12-18".parse()?, "2027-01-03".parse()?)?.because("Christmas sale"))
///     .protect("payments", Grade::Absolute)?
///     .protect("sms", Grade::High)?
///     .at_most_at_once(1)?
///     .highest_risk(Risk::High)
///     .longest(Risk::Low, minutes(10))?
///     .longest(Risk::High, minutes(2))?;
/// let chaos = ChaosManager::builder().policy(policy).build();
/// # Ok::<(), chaos_core::error::InvalidPolicy>(())
/// ```
///
/// The same in a file, which [`read`](Self::read) or the environment variable `CHAOS_POLICY` loads:
///
/// ```
/// # #[cfg(feature = "files")] {
/// # use chaos_core::{Format, Policy};
/// let yaml = r#"
/// version: 1
/// time_zone: Europe/Berlin
/// windows:
///   low: { days: mon-fri, hours: "09:00-17:00" }
///   high: { days: mon-fri, hours: "22:00-06:00" }
/// holidays: ["12-25"]
/// freezes: [{ from: 2026-12-18, until: 2027-01-03, why: Christmas sale }]
/// protected: { payments: absolute, sms: high }
/// at_most_at_once: 1
/// highest_risk: high
/// longest: { low: 10m, high: 2m }
/// "#;
/// # Policy::parse(yaml, Format::Yaml, "policy.yaml")?;
/// # }
/// # Ok::<(), chaos_core::error::FileError>(())
/// ```
///
/// | key | value |
/// |---|---|
/// | `time_zone` | the zone of all days and hours, such as `Europe/Berlin`; defaults to `UTC` |
/// | `windows` | by risk, one or several windows with `days` (`mon`, `mon-fri` or a list; defaults to all) and `hours` (`09:00-17:00`, or `22:00-06:00` across midnight; defaults to the whole day) |
/// | `holidays` | dates on which nothing starts: `2026-04-03`, or `12-25` for every year |
/// | `freezes` | a list of `from`, `until` (the last day) and `why`: days on which nothing starts |
/// | `protected` | services, each with its [`Grade`] |
/// | `at_most_at_once` | the number of starts that may run at once under this manager |
/// | `highest_risk` | the highest risk allowed |
/// | `longest` | by risk, the longest time limit |
/// | `approvals` | [whose approval](ApprovalRules) a start needs: `approvers`, each with `name`, `role` (`sre`, `executive`) and `key` (as in a `.pub` file); `notice` (defaults to `72h`); and `revenue`, a list of services |
///
/// # Details
///
/// In `windows` and `longest`, a risk without an entry has that of the next lower risk that has one. If there is none, it
/// is not limited. Risk is that of [`Experiment::risk`](crate::Experiment::risk) in the manager's environment.
///
/// The rules are about starts: an experiment that starts just before a window closes runs until its time limit. What
/// is started together, such as all experiments of a file, counts as one start while any of them runs.
///
/// An experiment that names a service is refused if the grade of the service does not allow it. One over everything
/// passes by those services.
///
/// Approvals come with a start: from the key `approvals` of an experiment file, or by
/// [`Steering::approved_by`](crate::Steering::approved_by).
///
/// A dry run is asked like any other experiment and counts as a start; [its own](crate::Experiment::dry_run) has low
/// risk, while that of a [whole manager](crate::ChaosManagerBuilder::dry_run) keeps the risk of the real experiment, and
/// so shows what would be refused. An experiment that a witness places obeys every rule, too.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct Policy {
    time_zone: Zone,
    windows: ByRisk<Vec<Window>>,
    holidays: BTreeSet<Holiday>,
    freezes: Vec<Freeze>,
    protected: BTreeMap<String, Grade>,
    at_most_at_once: Option<NonZeroUsize>,
    highest_risk: Option<Risk>,
    longest: ByRisk<Duration>,
    approvals: Option<ApprovalRules>,
}

impl Policy {
    /// Creates a policy without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the file at `path`; its extension selects the format: `.yaml`, `.yml`, `.toml` or `.json`.
    ///
    /// Without the feature `files`, in which nothing can start, it returns a policy without rules and logs a warning.
    ///
    /// # Errors
    ///
    /// When the file can't be read, is larger than 1 MiB, or has anything but a valid policy.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        #[cfg(feature = "files")]
        return crate::file::read_document_file(path);
        #[cfg(not(feature = "files"))]
        Ok(Self::ignored(&path.display()))
    }

    /// Parses `text`; `origin` is the file in errors.
    ///
    /// Without the feature `files`, it does the same as [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// When `text` is larger than 1 MiB, or has anything but a valid policy.
    pub fn parse(text: &str, format: Format, origin: &str) -> Result<Self, FileError> {
        #[cfg(feature = "files")]
        return crate::file::read_document(text, format, origin);
        #[cfg(not(feature = "files"))]
        {
            let _ = (text, format);
            Ok(Self::ignored(&origin))
        }
    }

    #[cfg(not(feature = "files"))]
    fn ignored(file: &dyn std::fmt::Display) -> Self {
        tracing::warn!("the policy {file} is ignored: nothing can start in this build");
        Self::new()
    }

    setters! {
        /// Sets the time zone of all days and hours; defaults to UTC.
        pub fn time_zone(zone: Zone) = zone;

        /// Sets the highest risk that an experiment may have.
        pub fn highest_risk(highest: Risk) = Some(highest);

        /// Sets whose approval a start needs; without a [verifier](crate::ChaosManagerBuilder::approval_verifier), all
        /// starts that need one are refused.
        pub fn approvals(rules: ApprovalRules) = Some(rules);
    }

    /// Adds a window in which experiments of this risk may start.
    pub fn window(mut self, risk: Risk, window: Window) -> Self {
        self.windows.own(risk).get_or_insert_default().push(window);
        self
    }

    /// Adds a day on which nothing may start.
    pub fn holiday(mut self, holiday: Holiday) -> Self {
        self.holidays.insert(holiday);
        self
    }

    /// Adds days on which nothing may start.
    pub fn freeze(mut self, freeze: Freeze) -> Self {
        self.freezes.push(freeze);
        self
    }

    /// Protects a service; of two grades, the higher one counts.
    ///
    /// # Errors
    ///
    /// When the name is empty.
    pub fn protect(
        mut self,
        service: impl Into<String>,
        grade: Grade,
    ) -> Result<Self, InvalidPolicy> {
        let service = service.into();
        if service.is_empty() {
            return Err(InvalidPolicy::NoService);
        }
        let given = self.protected.entry(service).or_insert(grade);
        *given = grade.max(*given);
        Ok(self)
    }

    /// Sets how many starts may run at once; what is started together counts as one.
    ///
    /// # Errors
    ///
    /// When it is zero.
    pub fn at_most_at_once(mut self, starts: usize) -> Result<Self, InvalidPolicy> {
        self.at_most_at_once = Some(NonZeroUsize::new(starts).ok_or(InvalidPolicy::NoStarts)?);
        Ok(self)
    }

    /// Sets the longest time limit of experiments of this risk.
    ///
    /// # Errors
    ///
    /// When it is zero.
    pub fn longest(mut self, risk: Risk, longest: Duration) -> Result<Self, InvalidPolicy> {
        if longest.is_zero() {
            return Err(InvalidPolicy::NoTime);
        }
        *self.longest.own(risk) = Some(longest);
        Ok(self)
    }

    /// Returns whether experiments of this risk may start at `now`, and until when that stays so.
    ///
    /// Without the feature `files`, they never may.
    #[must_use]
    pub fn opens(&self, risk: Risk, now: SystemTime) -> Opening {
        if self.highest_risk.is_some_and(|highest| risk > highest) {
            return Opening::Never;
        }
        #[cfg(feature = "files")]
        return self.calendar(risk).opening(now);
        #[cfg(not(feature = "files"))]
        {
            let _ = now;
            Opening::Never
        }
    }

    #[cfg(feature = "files")]
    fn calendar(&self, risk: Risk) -> calendar::Calendar<'_> {
        calendar::Calendar::new(self, self.windows.of(risk).map(Vec::as_slice))
    }

    /// Whether windows limit the hours in which experiments of this risk may start.
    #[must_use]
    pub fn limits_hours(&self, risk: Risk) -> bool {
        self.windows.of(risk).is_some()
    }

    /// Returns the time zone of all days and hours.
    pub fn zone(&self) -> &Zone {
        &self.time_zone
    }

    /// Returns whose approval a start needs, if any start does.
    #[must_use]
    pub fn approval_rules(&self) -> Option<&ApprovalRules> {
        self.approvals.as_ref()
    }

    /// The number of starts that may run at once, if it is limited.
    #[must_use]
    pub fn most_at_once(&self) -> Option<usize> {
        self.at_most_at_once.map(NonZeroUsize::get)
    }

    /// Returns the protected services by name, each with its grade.
    pub fn protected(&self) -> impl Iterator<Item = (&str, Grade)> {
        let all = self.protected.iter();
        all.map(|(service, grade)| (service.as_str(), *grade))
    }
}
