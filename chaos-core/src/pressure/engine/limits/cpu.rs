//! How many cores this process may use.

use std::path::Path;
use std::thread::available_parallelism;

use super::cgroup::{GroupVersion, groups};
use super::limit_file::{LimitFile, UnreadableLimit};

/// Everything that bounds the processor time of this process.
#[derive(Debug)]
pub(in crate::pressure) struct CpuLimits {
    quotas: Vec<Quota>,
}

/// How many cores there are to be had, and which limit says so.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::pressure) struct Cores {
    pub(in crate::pressure) number: f64,
    pub(in crate::pressure) limit: String,
}

/// What a control group may use, in one file or in two.
#[derive(Debug)]
struct Quota {
    group: String,
    files: Vec<LimitFile>,
}

impl CpuLimits {
    /// Opens all files that tell of them.
    pub(in crate::pressure) fn open(root: &Path) -> Result<Self, UnreadableLimit> {
        let mut quotas = Vec::new();
        for group in groups(root, "cpu")? {
            let names: &[&str] = match group.version {
                GroupVersion::Two => &["cpu.max"],
                GroupVersion::One => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            };
            let files = names
                .iter()
                .map(|name| LimitFile::open_if_there(&group.directory.join(name)));
            if let Some(files) = files.collect::<Result<_, _>>()? {
                let group = group.name;
                quotas.push(Quota { group, files });
            }
        }
        Ok(Self { quotas })
    }

    /// What they are now; where nobody can tell there are none.
    pub(in crate::pressure) fn read(&self) -> Cores {
        let mut least = Cores {
            number: allowed_cores(),
            limit: "the machine".to_owned(),
        };
        for Quota { group, files } in &self.quotas {
            let (number, limit) = match share_in(files) {
                Ok(Some(number)) => (number, format!("the control group {group}")),
                Ok(None) => continue,
                Err(_) => (0.0, format!("the unreadable quota of {group}")),
            };
            if number < least.number {
                least = Cores { number, limit };
            }
        }
        least
    }
}

/// What these files allow together, if they bound it at all.
fn share_in(files: &[LimitFile]) -> Result<Option<f64>, UnreadableLimit> {
    let texts = files.iter().map(LimitFile::read);
    let text = texts.collect::<Result<Vec<_>, _>>()?.join(" ");
    share(&text).ok_or_else(|| files[0].lacks("a quota and its period", &text))
}

/// How many cores the scheduler may put it on; asking for that opens no file.
fn allowed_cores() -> f64 {
    rustix::thread::sched_getaffinity(None).map_or_else(
        |_| available_parallelism().map_or(1.0, |cores| cores.get() as f64),
        |cores| f64::from(cores.count()),
    )
}

/// A quota per period, or that there is none, which is said by a word or by a number below zero; nothing when it is
/// neither.
fn share(text: &str) -> Option<Option<f64>> {
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
    fn quotas_are_shares_of_a_period() {
        assert_eq!(share("50000 100000\n"), Some(Some(0.5)));
        assert_eq!(share("max 100000"), Some(None));
        assert_eq!(share("-1 100000"), Some(None));
        assert_eq!(share("1 0"), None);
        assert_eq!(share(""), None);
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
            "it is read anew"
        );
        files.write("cg/pod/cpu.max", "");
        let cores = limits.read();
        assert!(cores.number < 1e-9, "{cores:?}");
        assert!(cores.limit.contains("unreadable"), "{cores:?}");
    }

    #[test]
    fn version_one_has_two_files() {
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
