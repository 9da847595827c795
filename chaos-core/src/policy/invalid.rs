//! The error of a part of a policy that makes no sense.

use super::Date;

/// A part of a [`Policy`](super::Policy) that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPolicy {
    /// The name of a protected service is empty.
    #[error("expected the name of a service, found an empty string")]
    NoService,
    /// No start at all would be allowed.
    #[error("expected at least 1, found 0")]
    NoStarts,
    /// The longest duration is zero.
    #[error("expected a time longer than zero (`highest_risk` refuses a risk altogether)")]
    NoTime,
    /// Nothing could be approved.
    #[error("expected at least one approver (without the key `approvals`, no start needs one)")]
    NoApprovers,
    /// The name of an approver is empty.
    #[error("expected the name of an approver, found an empty string")]
    NoApproverName,
    /// Two approvers have the same name.
    #[error("expected different names, found {0:?} twice")]
    ApproversAlike(String),
    /// A risk has no window.
    #[error("expected at least one window (`highest_risk` refuses a risk altogether)")]
    NoWindows,
    /// There are no days of the week.
    #[error("expected at least one day")]
    NoDays,
    /// A text is no day of the week.
    #[error("{0}")]
    NoSuchDay(String),
    /// Hours begin and end at the same time.
    #[error(
        "expected two different times such as `22:00-06:00`, or `00:00-24:00` for the whole day, found `{0}`"
    )]
    NoHours(String),
    /// A text or a pair of numbers is no span of a day.
    #[error("expected hours such as `09:00-17:00`, found `{0}`")]
    NoSuchHours(String),
    /// The calendar has no such day.
    #[error("expected a date of the calendar such as 2026-12-25, found `{0}`")]
    NoSuchDate(String),
    /// A freeze ends before it begins.
    #[error("expected an end on or after {from}, found {until}")]
    Backwards {
        /// Its first day.
        from: Date,
        /// Its last day.
        until: Date,
    },
    /// There is no time zone of this name.
    #[error(
        "unknown time zone `{name}`{}",
        nearest.as_ref().map_or_else(
            || ", expected a name such as `Europe/Berlin` or `UTC`".to_owned(),
            |nearest| format!(": did you mean `{nearest}`?")
        )
    )]
    UnknownZone {
        /// The name.
        name: String,
        /// The most similar name of a time zone, if one is similar.
        nearest: Option<String>,
    },
}
