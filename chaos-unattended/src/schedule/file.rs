//! The form of schedules in files.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use chaos_core::adapter::{Document, FormatVersion, HumanDuration, read_document_file};
use chaos_core::error::FileError;
use chaos_core::policy::Zone;
use chaos_lab::scenario::{Check, ProbePlan};
use schemars::JsonSchema;
use serde::Deserialize;

use super::entry::{START_WITHIN, WAIT_AT_MOST};
use super::{CronPattern, ScheduleEntry, When};

/// The shortest interval, and the longest of all times.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The longest time limit of a probe that is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest times to wait and to be late.
const A_DAY: Duration = Duration::from_secs(86_400);

/// A schedule as it is written.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Schedule of chaos-lab")]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleFile {
    #[expect(dead_code, reason = "only its presence matters")]
    version: FormatVersion,
    /// The zone of `cron` and `preset`; defaults to `UTC`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    time_zone: Zone,
    /// What is run, and when.
    schedule: Vec<EntryFile>,
}

/// What is run, and when: one of `cron`, `every` and `preset`.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("oneOf" = [{ "required": ["cron"] }, { "required": ["every"] }, { "required": ["preset"] }]))]
#[serde(deny_unknown_fields)]
struct EntryFile {
    /// The name, unique in the schedule.
    name: String,
    /// What follows `chaos-lab run`.
    run: String,
    /// Minute, hour, day of the month, month and day of the week, such as `30 2 * * mon-fri`.
    #[schemars(with = "Option<String>")]
    cron: Option<CronPattern>,
    /// An interval from `1m` to `8784h`, counted from the time when the entry was added.
    every: Option<HumanDuration>,
    /// A usual time.
    preset: Option<Preset>,
    /// The probes that must succeed before it starts.
    #[serde(default)]
    wait_until: Vec<ProbePlan>,
    /// The URL of the Alertmanager that must have no firing alert before it starts; defaults to that of the run's target.
    alertmanager: Option<String>,
    /// The longest time that it waits when it is due, at most a day; defaults to 1 h.
    wait_at_most: Option<HumanDuration>,
    /// How late it may start after downtime or a jump of the clock, at most a day; defaults to 10 m.
    start_within: Option<HumanDuration>,
    /// How long before each due time an event announces it; defaults to none.
    notice: Option<HumanDuration>,
}

/// A usual time.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
enum Preset {
    /// At 00:00, 06:00, 12:00 and 18:00.
    #[serde(rename = "every-6h")]
    EverySixHours,
    /// On Tuesdays at 10:00.
    #[serde(rename = "weekly")]
    Weekly,
    /// On the first Tuesday of a month at 10:00.
    #[serde(rename = "monthly")]
    Monthly,
}

impl Preset {
    fn pattern(self) -> Result<CronPattern, String> {
        let text = match self {
            Self::EverySixHours => "0 0,6,12,18 * * *",
            Self::Weekly => "0 10 * * tue",
            Self::Monthly => "0 10 * * tue#1",
        };
        text.parse()
    }
}

impl EntryFile {
    fn when(&self, time_zone: &Zone) -> Result<When, String> {
        let pattern = match (&self.cron, self.every, self.preset) {
            (None, Some(every), None) => return Ok(When::Every(every)),
            (Some(cron), None, None) => cron.clone(),
            (None, None, Some(preset)) => preset.pattern()?,
            _ => return Err("expected one of `cron`, `every` and `preset`".to_owned()),
        };
        Ok(When::Cron {
            pattern,
            time_zone: time_zone.clone(),
        })
    }

    /// The first problem, with the key that it is about.
    fn problem(&self) -> Option<(&'static str, String)> {
        let named = self.name.trim();
        if named.is_empty() || self.name.contains(char::is_control) {
            let problem = "expected a name without control characters";
            return Some((".name", problem.to_owned()));
        }
        if let Err(problem) = self.when(&Zone::default()) {
            return Some(("", problem));
        }
        let times = [
            (".every", self.every, SHORTEST, LONGEST),
            (".notice", self.notice, Duration::ZERO, LONGEST),
            (".wait_at_most", self.wait_at_most, Duration::ZERO, A_DAY),
            (".start_within", self.start_within, Duration::ZERO, A_DAY),
        ];
        for (key, time, least, most) in times {
            if let Some(time) = time.filter(|time| !(least..=most).contains(&time.0)) {
                let (least, most) = (HumanDuration(least), HumanDuration(most));
                let problem = format!("expected from {least} to {most}, found {time}");
                return Some((key, problem));
            }
        }
        let is_slow = |probe: &ProbePlan| probe.within > PATIENCE;
        if let Some(index) = self.wait_until.iter().position(is_slow) {
            let patience = HumanDuration(PATIENCE);
            let problem = format!(
                "expected `within` of at most {patience}, as other entries wait meanwhile (`wait_until[{index}]`)"
            );
            return Some((".wait_until", problem));
        }
        let is_plain = |url: &String| url.starts_with("http://") && !url.contains('@');
        if self.alertmanager.as_ref().is_some_and(|url| !is_plain(url)) {
            let problem = "expected a URL such as `http://127.0.0.1:9093`, without an account";
            return Some((".alertmanager", problem.to_owned()));
        }
        let keeps_a_secret = |probe: &ProbePlan| matches!(&probe.check, Check::Sql { database: Some(url), .. } if url != "$DATABASE_URL");
        let secret = self.wait_until.iter().any(keeps_a_secret);
        secret.then(|| {
            let problem = "expected no `database`, as the schedule is kept in a file; it is that of $DATABASE_URL";
            (".wait_until", problem.to_owned())
        })
    }
}

impl Document for ScheduleFile {
    fn check(&self) -> Result<(), FileError> {
        let mut names = HashSet::new();
        for (index, entry) in self.schedule.iter().enumerate() {
            let about =
                |key, problem: &str| FileError::about(&format!("schedule[{index}]{key}"), problem);
            if let Some((key, problem)) = entry.problem() {
                return Err(about(key, &problem));
            }
            if !names.insert(&entry.name) {
                let problem = format!("expected a unique name, found {:?} again", entry.name);
                return Err(about(".name", &problem));
            }
        }
        Ok(())
    }
}

/// Reads the entries of a file in YAML, TOML or JSON, by its extension.
///
/// # Errors
///
/// When the file can't be read, or is no valid schedule. The error has file, line, key and what was expected.
pub fn read_schedule(path: impl AsRef<Path>) -> Result<Vec<ScheduleEntry>, FileError> {
    let file: ScheduleFile = read_document_file(path.as_ref())?;
    let zone = file.time_zone;
    let entries = file.schedule.into_iter().map(|entry| {
        let when = entry.when(&zone);
        let when = when.map_err(|problem| FileError::about("schedule", problem))?;
        Ok(ScheduleEntry {
            name: entry.name,
            run: entry.run,
            when,
            wait_until: entry.wait_until,
            alertmanager: entry.alertmanager,
            wait_at_most: entry.wait_at_most.unwrap_or(WAIT_AT_MOST),
            start_within: entry.start_within.unwrap_or(START_WITHIN),
            notice: entry.notice,
        })
    });
    entries.collect()
}
