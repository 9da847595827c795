//! Files of experiments.

mod error;
mod format;

#[cfg(feature = "files")]
mod check;
#[cfg(feature = "files")]
mod contents;
#[cfg(feature = "files")]
mod document;
#[cfg(feature = "files")]
mod read;
#[cfg(feature = "files")]
mod render;
#[cfg(feature = "files")]
mod value_error;

use std::path::Path;

pub use error::FileError;
pub use format::Format;

use crate::Experiment;

/// A file of experiments, read whole and checked.
///
/// What can't be read, has a key too many, or makes no sense is refused whole, with file, line, key and what was
/// expected. Start what was read with [`ChaosManager::start_file`](crate::ChaosManager::start_file).
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
/// # Ok::<(), chaos_core::FileError>(())
/// ```
///
/// # The keys of an experiment
///
/// | key | value |
/// |---|---|
/// | `name` | text, of its own within the file |
/// | `why`, `owner` | text |
/// | `labels` | texts by name |
/// | `fault`, or `faults` for a list | `panic`, `hold_lock`, or one of `latency`, `error`, `timeout`, `rate_limit`, `circuit_break`, `disconnect`, `bandwidth`, `corrupt`, `slice`, `loss`, `server_sleep`, `hold_connections`, `crash`, `exhaust` with its details |
/// | `blast_radius` | one of `calls_to`, `requests_to`, `queries_on`, `streams_to`, `points_at`, `services`, `everything` (with the reason for the consent); and `operation`, `attributes`, `tagged`, `rate`, `at_most`, `concurrent`, `share_of_instances` |
/// | `phase` | `before` (unless said), `after`, `during`, `not_ready` |
/// | `pattern` | one of `first`, `every`, `burst`, `sequence` (with `then`), `ramp`; and `skip`, `per` |
/// | `time_limit` | how long it runs: `5m` unless said |
/// | `until` | when it ends at the latest, such as `2030-01-31T18:00:00Z` |
/// | `abort_when` | a list, each with one of `error_rate`, `latency`, `consecutive_failures`, `probe`; and `at`, `over`, `min_samples`, `among`, `every`, `deadline` |
/// | `dry_run`, `allow_collateral` | `true` or `false` (unless said) |
/// | `consent` | the reason |
/// | `risk_at_least` | `low`, `moderate`, `high`, `critical` |
///
/// # The details of faults
///
/// | fault | details |
/// |---|---|
/// | `latency` | `20ms`; or `{ p50: 20ms, p99: 1s }`, `{ uniform: [10ms, 50ms] }`, `{ normal: { mean: 20ms, std_dev: 5ms } }`, `{ exponential: { mean: 20ms } }`, `{ pareto: { scale: 20ms, shape: 1.5 } }`, each with `ramp` and `at_most` if wanted |
/// | `error` | a [`Failure`](crate::Failure) in snake case, such as `unavailable`; or `{ status: 503 }`, `{ grpc: 14 }`, `{ sql_state: "40P01" }` |
/// | `timeout` | how long to hold, such as `30s` |
/// | `rate_limit` | `{ per_second: 10 }` or `{ per_minute: 10 }`, with `burst` if wanted |
/// | `circuit_break` | `{ after: 5 }`, with `open_for` and `half_open` if wanted |
/// | `disconnect` | `reset`, `half_close`, `stall`, `{ cut_after: 100 }` or `{ reset_after: 100 }` |
/// | `bandwidth` | `{ bytes_per_second: 64KiB }` |
/// | `corrupt` | `{ bytes: 1% }` |
/// | `slice` | `{ bytes: 10 }` |
/// | `loss` | `{ packets: 1% }`, with `resent_after` if wanted |
/// | `server_sleep` | as `latency` |
/// | `hold_connections` | how many |
/// | `crash` | `abort` or `{ exit: 1 }` |
/// | `exhaust` | one of the pressures below, with `ramp`, `hold`, `reserve` (of memory, leaks, disks, threads and the blocking pool), `directory` (of disks) and `consent` if wanted |
///
/// # The pressures
///
/// | pressure | details |
/// |---|---|
/// | `cpu` | `{ workers: 2, duty: 50% }` |
/// | `memory` | `{ bytes: 64MiB }`, or `{ share: 80% }` of what is there beyond the reserve |
/// | `leak` | `{ bytes_per_second: 1MiB, at_most: 500MiB }` |
/// | `disk_io` | `{ workers: 2, bytes_per_second: 10MB }`, the rate for each, at least 4 KiB |
/// | `disk_fill` | `{ bytes: 1.5GiB }`, or `{ leave: 1GiB }` |
/// | `descriptors` | which share of the limit is in use, such as `100%` |
/// | `threads`, `blocking_pool` | how many threads |
/// | `runtime_workers` | `{ workers: 2, blocked_for: 100ms }` |
/// | `clock` | `{ ahead: 5m }` or `{ behind: 5m }`, for [`ChaosManager::now`](crate::ChaosManager::now) |
///
/// Durations are texts such as `250ms` and `1m30s`, rates are texts such as `2.5%`. Sizes are bytes as a whole number, or
/// texts such as `64MiB` and `10 MB`: `kB`, `MB`, `GB`, `TB` by thousands, `KiB`, `MiB`, `GiB`, `TiB` by 1024.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentFile {
    experiments: Vec<Experiment>,
}

impl ExperimentFile {
    /// A file of these experiments, to be written or started; they are not checked yet.
    #[must_use]
    pub fn new(experiments: Vec<Experiment>) -> Self {
        Self { experiments }
    }

    /// Reads the file at `path`, whose name says the format: `.yaml`, `.yml`, `.toml` or `.json`.
    ///
    /// # Errors
    ///
    /// When the file can't be read, is larger than 1 MiB, or holds anything but experiments that make sense; always
    /// without the feature `files`.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let path = path.as_ref();
        #[cfg(feature = "files")]
        return read::read(path).map(Self::new);
        #[cfg(not(feature = "files"))]
        Err(FileError::compiled_out().in_file(path.display().to_string()))
    }

    /// Parses `text`; errors name `origin` as the file.
    ///
    /// # Errors
    ///
    /// When `text` is larger than 1 MiB, or holds anything but experiments that make sense; always without the
    /// feature `files`.
    pub fn parse(text: &str, format: Format, origin: &str) -> Result<Self, FileError> {
        #[cfg(feature = "files")]
        return read::parse(text, format, origin).map(Self::new);
        #[cfg(not(feature = "files"))]
        {
            let _ = (text, format);
            Err(FileError::compiled_out().in_file(origin))
        }
    }

    /// Writes the experiments so that [`parse`](Self::parse) reads the same ones.
    ///
    /// # Errors
    ///
    /// When an experiment makes no sense, or two have the same name; always without the feature `files`.
    pub fn render(&self, format: Format) -> Result<String, FileError> {
        #[cfg(feature = "files")]
        return render::render(&self.experiments, format);
        #[cfg(not(feature = "files"))]
        {
            let _ = format;
            Err(FileError::compiled_out())
        }
    }

    /// The experiments, in the order of the file.
    pub fn experiments(&self) -> &[Experiment] {
        &self.experiments
    }

    /// The experiments, taken out.
    #[must_use = "the experiments are taken out of the file to be used"]
    pub fn into_experiments(self) -> Vec<Experiment> {
        self.experiments
    }
}
