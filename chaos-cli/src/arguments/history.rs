//! The arguments of `chaos-lab trend` and `chaos-lab clean`.

use std::path::PathBuf;
use std::time::Duration;

use chaos_core::adapter::HumanDuration;
use chaos_lab::report::Format;
use clap::Args;

use super::read::read;

#[derive(Debug, Args)]
pub(crate) struct Trend {
    /// The name of the suite; defaults to the one that ran last.
    pub(crate) suite: Option<String>,
    /// The directory of reports.
    #[arg(long, visible_alias = "reports", default_value = "chaos-reports")]
    pub(crate) output: PathBuf,
    /// The format that it is printed in: markdown, html, json, junit or prometheus.
    #[arg(long, default_value = "markdown", value_parser = read::<Format>)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Clean {
    /// The directory of reports.
    #[arg(long, visible_alias = "reports", default_value = "chaos-reports")]
    pub(crate) output: PathBuf,
    /// The number of latest runs of each suite that are kept whatever their age.
    #[arg(long, default_value_t = 30, value_name = "RUNS")]
    pub(crate) keep: usize,
    /// The age up to which everything is kept, such as `90d` or `12h`.
    #[arg(long, default_value = "30d", value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Duration,
    /// Removes the rotated files of a journal as well, such as `journal.jsonl.1`; the journal itself is kept.
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Prints what would be removed, and removes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Reads an age: a number of days, or a duration as files have it.
fn age(text: &str) -> Result<Duration, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u32>().ok());
    if let Some(days) = days {
        return Ok(Duration::from_secs(86_400 * u64::from(days)));
    }
    let age: Result<HumanDuration, _> = read(text);
    let expected = |error| format!("{error}, or a number of days such as \"90d\"");
    age.map(|age| age.0).map_err(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_in_days_or_a_duration() {
        assert_eq!(age("90d").unwrap(), Duration::from_secs(90 * 86_400));
        assert_eq!(age("12h").unwrap(), Duration::from_secs(12 * 3_600));
        for text in ["", "d", "-1d", "1.5d", "soon"] {
            let error = age(text).unwrap_err();
            assert!(error.contains("a number of days"), "{error}");
        }
    }
}
