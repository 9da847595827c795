//! Requests for an approval: the text that an approver signs.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chaos_core::Experiment;
use jiff::Timestamp;

use crate::quoted::quoted;
use crate::{ExperimentHash, InvalidApproval};

/// A request for an approval, whose text an approver signs.
///
/// An approval permits any number of starts of exactly this experiment, from one time until another.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use chaos_approval::ApprovalRequest;
/// use chaos_core::{BlastRadius, Experiment, Fault};
///
/// let slow = Experiment::new("slow payments")
///     .fault(Fault::latency(Duration::from_secs(1)))
///     .blast_radius(BlastRadius::calls_to("payments"));
/// let request = ApprovalRequest::new(&slow, "anna", SystemTime::now())?.consent("ten orders may fail");
/// assert_eq!(request.to_string().parse(), Ok(request));
/// # Ok::<(), chaos_approval::InvalidApproval>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct ApprovalRequest {
    pub(crate) experiment: String,
    pub(crate) hash: ExperimentHash,
    pub(crate) by: String,
    pub(crate) asked: Timestamp,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) consent: String,
}

const HEAD: &str = "chaos-rs approval 1";

impl ApprovalRequest {
    /// How long an approval is valid by default: a week, from when it is asked for.
    pub const VALID: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Creates a request by a person, asked at a time.
    ///
    /// # Errors
    ///
    /// When the person has no name, or the time is out of range.
    pub fn new(
        experiment: &Experiment,
        by: &str,
        asked: SystemTime,
    ) -> Result<Self, InvalidApproval> {
        let asked = second("asked", asked)?;
        let request = Self {
            experiment: experiment.name().to_owned(),
            hash: ExperimentHash::of(experiment),
            by: by.to_owned(),
            asked,
            from: asked,
            until: asked,
            consent: String::new(),
        };
        let until = SystemTime::from(asked) + Self::VALID;
        request.valid(asked.into(), until)
    }

    /// Sets from when and until when the experiment may start.
    ///
    /// # Errors
    ///
    /// When it ends before it begins, or a time is out of range.
    pub fn valid(self, from: SystemTime, until: SystemTime) -> Result<Self, InvalidApproval> {
        let (from, until) = (second("from", from)?, second("until", until)?);
        Self {
            from,
            until,
            ..self
        }
        .checked()
    }

    /// Says what harm is accepted, which a start of high risk needs.
    pub fn consent(mut self, text: impl Into<String>) -> Self {
        self.consent = text.into();
        self
    }

    /// The name of the experiment.
    #[must_use]
    pub fn experiment(&self) -> &str {
        &self.experiment
    }

    /// The hash of the experiment.
    #[must_use]
    pub fn hash(&self) -> &ExperimentHash {
        &self.hash
    }

    /// The time at which it was asked for.
    #[must_use]
    pub fn asked(&self) -> SystemTime {
        self.asked.into()
    }

    fn checked(self) -> Result<Self, InvalidApproval> {
        if self.by.trim().is_empty() {
            return Err(InvalidApproval::new("by", "a name", &self.by));
        }
        if self.until <= self.from {
            let until = self.until.to_string();
            return Err(InvalidApproval::new("until", "a time after `from`", &until));
        }
        Ok(self)
    }
}

/// A time in whole seconds.
fn second(key: &'static str, time: SystemTime) -> Result<Timestamp, InvalidApproval> {
    let time = Timestamp::try_from(time).ok();
    let second = time.and_then(|time| Timestamp::from_second(time.as_second()).ok());
    second.ok_or_else(|| InvalidApproval::new(key, "a time of the calendar", "another one"))
}

/// Writes the text to sign: one line for each value.
impl fmt::Display for ApprovalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        writeln!(f, "experiment: {}", quoted(&self.experiment))?;
        writeln!(f, "hash: {}", self.hash)?;
        writeln!(f, "by: {}", quoted(&self.by))?;
        writeln!(f, "asked: {}", self.asked)?;
        writeln!(f, "from: {}", self.from)?;
        writeln!(f, "until: {}", self.until)?;
        writeln!(f, "consent: {}", quoted(&self.consent))
    }
}

/// Reads exactly these lines, in this order.
impl FromStr for ApprovalRequest {
    type Err = InvalidApproval;

    fn from_str(text: &str) -> Result<Self, InvalidApproval> {
        let mut lines = text.trim_end().lines();
        let head = lines.next().unwrap_or_default();
        if head != HEAD {
            return Err(InvalidApproval::new(
                "the first line",
                "`chaos-rs approval 1`",
                head,
            ));
        }
        let mut value = |key| {
            let line = lines.next().unwrap_or_default();
            let rest = line
                .strip_prefix(key)
                .and_then(|rest| rest.strip_prefix(": "));
            rest.ok_or_else(|| {
                InvalidApproval::new(key, "a line with this key and its value", line)
            })
        };
        let request = Self {
            experiment: unquoted("experiment", value("experiment")?)?,
            hash: value("hash")?.parse()?,
            by: unquoted("by", value("by")?)?,
            asked: time("asked", value("asked")?)?,
            from: time("from", value("from")?)?,
            until: time("until", value("until")?)?,
            consent: unquoted("consent", value("consent")?)?,
        };
        match lines.next() {
            None => request.checked(),
            Some(line) => Err(InvalidApproval::new("consent", "the last line", line)),
        }
    }
}

fn unquoted(key: &'static str, text: &str) -> Result<String, InvalidApproval> {
    serde_json::from_str(text).map_err(|_| InvalidApproval::new(key, "text in quotes", text))
}

fn time(key: &'static str, text: &str) -> Result<Timestamp, InvalidApproval> {
    text.parse()
        .map_err(|_| InvalidApproval::new(key, "a time such as 2026-11-30T09:00:00Z", text))
}
