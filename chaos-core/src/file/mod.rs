//! Files: documents of any kind, and those of experiments.

mod error;
mod format;
mod version;

#[cfg(feature = "files")]
mod check;
#[cfg(feature = "files")]
mod contents;
#[cfg(feature = "files")]
mod document;
#[cfg(feature = "files")]
mod one_or_more;
#[cfg(feature = "files")]
mod read;
#[cfg(feature = "files")]
mod render;

use std::path::Path;

#[cfg(feature = "files")]
pub use check::check_experiments;
pub use error::FileError;
pub use format::Format;
#[cfg(feature = "files")]
pub use read::{Document, read_document, read_document_file};
pub use version::FormatVersion;

use crate::Experiment;

/// The experiments of a file.
///
/// A file with an unknown key or an invalid value is refused as a whole; the error has file, line, key and what was
/// expected. [`ChaosManager::start_file`](crate::ChaosManager::start_file) starts the experiments.
///
/// ```
/// # #[cfg(feature = "files")] {
/// use chaos_core::{ExperimentFile, Format};
///
/// let yaml = r#"
/// version: 1
/// experiments:
///   - name: slow payments
///     why: does checkout keep its promise when the bank is slow?
///     fault: { latency: { p50: 20ms, p99: 1s } }
///     blast_radius: { calls_to: payments, operation: "POST /charge/*", rate: 10%, at_most: 100 }
///     phase: after
///     time_limit: 60s
///     abort_when: [{ error_rate: 5%, at: orders, over: 10s }]
/// "#;
///
/// let toml = r#"
/// version = 1
/// [[experiments]]
/// name = "slow payments"
/// why = "does checkout keep its promise when the bank is slow?"
/// fault.latency = { p50 = "20ms", p99 = "1s" }
/// blast_radius = { calls_to = "payments", operation = "POST /charge/*", rate = "10%", at_most = 100 }
/// phase = "after"
/// time_limit = "60s"
/// abort_when = [{ error_rate = "5%", at = "orders", over = "10s" }]
/// "#;
///
/// let json = r#"{
///   "version": 1,
///   "experiments": [{
///     "name": "slow payments",
///     "why": "does checkout keep its promise when the bank is slow?",
///     "fault": { "latency": { "p50": "20ms", "p99": "1s" } },
///     "blast_radius": { "calls_to": "payments", "operation": "POST /charge/*", "rate": "10%", "at_most": 100 },
///     "phase": "after",
///     "time_limit": "60s",
///     "abort_when": [{ "error_rate": "5%", "at": "orders", "over": "10s" }]
///   }]
/// }"#;
///
/// let file = ExperimentFile::parse(yaml, Format::Yaml, "chaos.yaml")?;
/// assert_eq!(file, ExperimentFile::parse(toml, Format::Toml, "chaos.toml")?);
/// assert_eq!(file, ExperimentFile::parse(json, Format::Json, "chaos.json")?);
/// # }
/// # Ok::<(), chaos_core::error::FileError>(())
/// ```
///
/// Beside `experiments`, `approvals` is a list of texts, as `chaos-lab approve` writes them: the approvals that a
/// [policy](crate::Policy) may ask for.
///
/// # The keys of an experiment
///
/// | key | value |
/// |---|---|
/// | `name` | text, unique within the file |
/// | `why`, `owner` | text |
/// | `labels` | texts by name |
/// | `fault`, or `faults` for a list | `panic`, `hold_lock`, or one of `latency`, `error`, `timeout`, `rate_limit`, `circuit_break`, `disconnect`, `bandwidth`, `corrupt`, `slice`, `loss`, `server_sleep`, `hold_connections`, `crash`, `exhaust` with details |
/// | `blast_radius` | one of `calls_to`, `requests_to`, `queries_on`, `streams_to`, `points_at`, `services`, `everything` (a consent); and `operation`, `attributes`, `tagged`, `rate` or `transaction_rate`, `at_most`, `concurrent`, `share_of_instances` |
/// | `phase` | `before` (default), `after`, `during`, `not_ready` |
/// | `pattern` | one of `first`, `every`, `burst`, `sequence` (with `then`), `ramp`; and `skip`, `per` |
/// | `time_limit` | the longest duration; defaults to `5m`, and is `24h` at most in staging and production |
/// | `until` | the latest end, such as `2030-01-31T18:00:00Z` |
/// | `abort_when` | a list, each with one of `error_rate`, `latency`, `consecutive_failures`, `probe`; and `at`, `over`, `min_samples`, `among`, `every`, `deadline` |
/// | `dry_run`, `allow_collateral` | `true` or `false` (default) |
/// | `consent` | one or both of `production` and `destruction`, each a consent |
/// | `risk_at_least` | `low`, `moderate`, `high`, `critical` |
///
/// # The details of faults
///
/// | fault | details |
/// |---|---|
/// | `latency` | `20ms`; or `{ p50: 20ms, p99: 1s }`, `{ uniform: [10ms, 50ms] }`, `{ normal: { mean: 20ms, std_dev: 5ms } }`, `{ exponential: { mean: 20ms } }`, `{ pareto: { scale: 20ms, shape: 1.5 } }`, each with optional `ramp` and `at_most` |
/// | `error` | a [`Failure`](crate::Failure) in snake case, such as `unavailable`; or `{ status: 503 }`, `{ grpc: 14 }`, `{ sql_state: "40P01" }` |
/// | `timeout` | the time until the timeout, such as `30s` |
/// | `rate_limit` | `{ per_second: 10 }` or `{ per_minute: 10 }`, with optional `burst`: a [bucket](crate::RateLimit) |
/// | `circuit_break` | `{ after: 5 }`, with optional `open_for` and `half_open` |
/// | `disconnect` | `reset`, `half_close`, `stall`, `{ cut_after: 100 }` or `{ reset_after: 100 }` |
/// | `bandwidth` | `{ bytes_per_second: 64KiB }` |
/// | `corrupt` | `{ bytes: 1% }` |
/// | `slice` | `{ bytes: 10 }` |
/// | `loss` | `{ packets: 1% }`, with optional `resent_after` |
/// | `server_sleep` | the same as for `latency` |
/// | `hold_connections` | the number of connections |
/// | `crash` | `abort` or `{ exit: 1 }` |
/// | `exhaust` | one of the pressures below, with optional `ramp`, `hold`, `reserve` (of memory, leaks, disks, threads and the blocking pool), `directory` (of disks) and `consent` (of `disk_fill`) |
///
/// # The pressures
///
/// | pressure | details |
/// |---|---|
/// | `cpu` | `{ workers: 2, duty: 50% }` |
/// | `memory` | `{ bytes: 64MiB }`, or `{ share: 80% }` of the memory beyond the reserve |
/// | `leak` | `{ bytes_per_second: 1MiB, at_most: 500MiB }` |
/// | `disk_io` | `{ workers: 2, bytes_per_second: 10MB }`; the rate is per worker and at least 4 KiB |
/// | `disk_fill` | `{ bytes: 1.5GiB }`, or `{ leave: 1GiB }` |
/// | `descriptors` | the share of the limit that is in use, such as `100%` |
/// | `threads`, `blocking_pool` | the number of threads |
/// | `runtime_workers` | `{ workers: 2, blocked_for: 100ms }` |
/// | `clock` | `{ ahead: 5m }` or `{ behind: 5m }`, for [`ChaosManager::now`](crate::ChaosManager::now) |
///
/// Durations are text such as `250ms` and `1m30s`, rates are text such as `2.5%`. Sizes are a whole number of bytes, or
/// text such as `64MiB` and `10 MB`: `kB`, `MB`, `GB`, `TB` are powers of 1000, `KiB`, `MiB`, `GiB`, `TiB` of 1024.
///
/// A [`Consent`](crate::Consent) is `{ who: anna, why: game day }`; `why` is optional.
#[derive(Debug, Clone)]
pub struct ExperimentFile {
    experiments: Vec<Experiment>,
    approvals: Vec<String>,
    origin: Option<String>,
}

impl PartialEq for ExperimentFile {
    /// Compares what is in the files, not where they are.
    fn eq(&self, other: &Self) -> bool {
        self.experiments == other.experiments && self.approvals == other.approvals
    }
}

impl ExperimentFile {
    /// Creates a file of experiments, which are not checked yet.
    #[must_use]
    pub fn new(experiments: Vec<Experiment>) -> Self {
        Self {
            experiments,
            approvals: Vec::new(),
            origin: None,
        }
    }

    /// Sets the approvals, which come with the start of the experiments; the crate `chaos-approval` has their form.
    #[must_use]
    pub fn approved_by<T: Into<String>>(mut self, approvals: impl IntoIterator<Item = T>) -> Self {
        self.approvals = approvals.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the origin.
    #[cfg(feature = "inject")]
    pub(crate) fn from(mut self, origin: String) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Reads the file at `path`; its extension selects the format: `.yaml`, `.yml`, `.toml` or `.json`.
    ///
    /// # Errors
    ///
    /// When the file can't be read, is larger than 1 MiB, or has anything but valid experiments; always without the
    /// feature `files`.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        #[cfg(feature = "files")]
        return read_document_file(path)
            .map(|contents| Self::of(contents, &path.display().to_string()));
        #[cfg(not(feature = "files"))]
        Err(FileError::compiled_out().in_file(path.display().to_string()))
    }

    /// Parses `text`; `origin` is the file in errors.
    ///
    /// # Errors
    ///
    /// When `text` is larger than 1 MiB, or has anything but valid experiments; always without the feature `files`.
    pub fn parse(text: &str, format: Format, origin: &str) -> Result<Self, FileError> {
        #[cfg(feature = "files")]
        return read_document(text, format, origin).map(|contents| Self::of(contents, origin));
        #[cfg(not(feature = "files"))]
        {
            let _ = (text, format);
            Err(FileError::compiled_out().in_file(origin))
        }
    }

    #[cfg(feature = "files")]
    fn of(contents: contents::Contents<'static>, origin: &str) -> Self {
        Self {
            experiments: contents.experiments.into_owned(),
            approvals: contents.approvals.into_owned(),
            origin: Some(origin.to_owned()),
        }
    }

    /// Parses a single experiment, or a file of them; `origin` is the file in errors.
    ///
    /// ```
    /// # #[cfg(feature = "files")] {
    /// use chaos_core::{ExperimentFile, Format};
    ///
    /// let text = "{ name: slow, fault: { latency: 2s }, blast_radius: { calls_to: payments } }";
    /// let file = ExperimentFile::parse_one_or_more(text, Format::Yaml, "request")?;
    /// assert_eq!(file.experiments().len(), 1);
    /// # }
    /// # Ok::<(), chaos_core::error::FileError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `text` is larger than 1 MiB, or is neither; always without the feature `files`.
    pub fn parse_one_or_more(text: &str, format: Format, origin: &str) -> Result<Self, FileError> {
        #[cfg(feature = "files")]
        return one_or_more::read_one_or_more(text, format, origin)
            .map(|contents| Self::of(contents, origin));
        #[cfg(not(feature = "files"))]
        Self::parse(text, format, origin)
    }

    /// Writes the experiments as text that [`parse`](Self::parse) reads back unchanged.
    ///
    /// # Errors
    ///
    /// When an experiment is invalid, or two have the same name; always without the feature `files`.
    pub fn render(&self, format: Format) -> Result<String, FileError> {
        #[cfg(feature = "files")]
        return render::render(&self.experiments, &self.approvals, format);
        #[cfg(not(feature = "files"))]
        {
            let _ = format;
            Err(FileError::compiled_out())
        }
    }

    /// Returns its path, or the origin of its text; none for experiments that were not read.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Returns the experiments in the order of the file.
    pub fn experiments(&self) -> &[Experiment] {
        &self.experiments
    }

    /// Returns the approvals, in the order of the file.
    pub fn approvals(&self) -> &[String] {
        &self.approvals
    }

    /// Converts the file into its experiments.
    #[must_use]
    pub fn into_experiments(self) -> Vec<Experiment> {
        self.experiments
    }
}
