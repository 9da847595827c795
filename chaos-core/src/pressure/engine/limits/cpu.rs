//! The cores that this process may use.

use std::path::Path;
use std::thread::available_parallelism;

use super::cgroup::{GroupVersion, groups};
use super::limit_file::{LimitFile, UnreadableLimit};

/// All limits on the processor time of this process.
#[derive(Debug)]
pub(in crate::pressure) struct CpuLimits {
    quotas: Vec<Quota>,
}

/// The number of usable cores, and the limit that sets it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::pressure) struct Cores {
    pub(in crate::pressure) number: f64,
    pub(in crate::pressure) limit: String,
}

/// The quota of a control group, in one file or in two.
#[derive(Debug)]
struct Quota {
    group: String,
    files: Vec<LimitFile>,
}

impl CpuLimits {
    /// Opens all files of the limits.
    pub(in crate::pressure) fn open(root: &Path) -> Result<Self, UnreadableLimit> {
        let mut quotas = Vec::new();
        for group in groups(root, "cpu")? {
            let names: &[&str] = match group.version {
                GroupVersion::V2 => &["cpu.max"],
                GroupVersion::V1 => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            };
            let files = names
                .iter()
                .map(|name| LimitFile::open_if_present(&group.directory.join(name)));
            if let Some(files) = files.collect::<Result<_, _>>()? {
                let group = group.name;
                quotas.push(Quota { group, files });
            }
        }
        Ok(Self { quotas })
    }

    /// Reads the current limits; an unreadable quota allows no core.
    pub(in crate::pressure) fn read(&self) -> Cores {
        let mut tightest = Cores {
            number: allowed_cores(),
            limit: "the machine".to_owned(),
        };
        for Quota { group, files } in &self.quotas {
            let (number, limit) = match read_quota(files) {
                Ok(Some(number)) => (number, format!("the control group {group}")),
                Ok(None) => continue,
                Err(_) => (0.0, format!("the unreadable quota of {group}")),
            };
            if number < tightest.number {
                tightest = Cores { number, limit };
            }
        }
        tightest
    }
}

/// Reads the cores that a quota allows, or `None` if it is unlimited.
fn read_quota(files: &[LimitFile]) -> Result<Option<f64>, UnreadableLimit> {
    let texts = files.iter().map(LimitFile::read);
    let text = texts.collect::<Result<Vec<_>, _>>()?.join(" ");
    parse_quota(&text).ok_or_else(|| files[0].unexpected("a quota and its period", &text))
}

/// Returns the cores that the process may be scheduled on; opens no file.
fn allowed_cores() -> f64 {
    rustix::thread::sched_getaffinity(None).map_or_else(
        |_| available_parallelism().map_or(1.0, |cores| cores.get() as f64),
        |cores| f64::from(cores.count()),
    )
}

/// Parses a quota and its period; the inner `None` means unlimited, written as `max` or a negative number.
fn parse_quota(text: &str) -> Option<Option<f64>> {
    let mut words = text.split_ascii_whitespace();
    let quota = words.next()?;
    if quota == "max" || quota.starts_with('-') {
        return Some(None);
    }
    let quota: u64 = quota.parse().ok()?;
    let period: u64 = words.next()?.parse().ok().filter(|period| *period > 0)?;
    Some(Some(quota as f64 / period as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::engine::limits::fake_files::FakeFiles;

    #[test]
    fn a_quota_is_a_share_of_its_period() {
        assert_eq!(parse_quota("50000 100000\n"), Some(Some(0.5)));
        assert_eq!(parse_quota("max 100000"), Some(None));
        assert_eq!(parse_quota("-1 100000"), Some(None));
        assert_eq!(parse_quota("1 0"), None);
        assert_eq!(parse_quota(""), None);
    }

    #[test]
    fn the_tightest_ancestor_counts() {
        let files = FakeFiles::new(
            "cpu",
            &[
                ("proc/self/cgroup", "0::/pod/a\n"),
                (
                    "proc/self/mountinfo",
                    "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n",
                ),
                ("cg/pod/a/cpu.max", "max 100000\n"),
                ("cg/pod/cpu.max", "25000 100000\n"),
                ("cg/cpu.max", "75000 100000\n"),
            ],
        );
        let limits = CpuLimits::open(files.root()).unwrap();
        let cores = limits.read();
        assert!((cores.number - 0.25).abs() < 1e-9, "{cores:?}");
        assert_eq!(cores.limit, "the control group /pod");
        files.write("cg/cpu.max", "10000 100000\n");
        assert_eq!(
            limits.read().limit,
            "the control group /",
            "the quota is read again"
        );
        files.write("cg/pod/cpu.max", "");
        let cores = limits.read();
        assert!(cores.number < 1e-9, "{cores:?}");
        assert!(cores.limit.contains("unreadable"), "{cores:?}");
    }

    #[test]
    fn version_one_quotas_are_in_two_files() {
        let files = FakeFiles::new(
            "cpu-v1",
            &[
                ("proc/self/cgroup", "1:cpu,cpuacct:/\n"),
                (
                    "proc/self/mountinfo",
                    "31 22 0:27 / /cg rw - cgroup cgroup rw,cpu,cpuacct\n",
                ),
                ("cg/cpu.cfs_quota_us", "10000\n"),
                ("cg/cpu.cfs_period_us", "100000\n"),
            ],
        );
        let cores = CpuLimits::open(files.root()).unwrap().read();
        assert!((cores.number - 0.1).abs() < 1e-9, "{cores:?}");
    }
}
