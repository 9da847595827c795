//! How many cores this process may use.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use super::cgroup::{Group, GroupVersion, groups};

/// How many cores it may use, and which limit says so.
pub(in crate::pressure) fn cores(root: &Path) -> (f64, String) {
    let mut least = (
        available_parallelism().map_or(1.0, |cores| cores.get() as f64),
        "the machine".to_owned(),
    );
    for group in groups(root, "cpu") {
        if let Some(quota) = quota(&group)
            && quota < least.0
        {
            least = (quota, format!("the control group {}", group.name));
        }
    }
    least
}

fn quota(group: &Group) -> Option<f64> {
    let read = |name: &str| fs::read_to_string(group.directory.join(name)).ok();
    match group.version {
        GroupVersion::Two => share(&read("cpu.max")?),
        GroupVersion::One => {
            let (quota, period) = (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?);
            share(&format!("{} {}", quota.trim(), period.trim()))
        }
    }
}

/// A quota per period; no number, or one below zero, means that there is none.
fn share(text: &str) -> Option<f64> {
    let mut words = text.split_ascii_whitespace();
    let quota: u64 = words.next()?.parse().ok()?;
    let period: u64 = words.next()?.parse().ok().filter(|period| *period > 0)?;
    Some(quota as f64 / period as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::limits::fake::Files;

    #[test]
    fn quotas_are_shares_of_a_period() {
        assert_eq!(share("50000 100000\n"), Some(0.5));
        assert_eq!(share("max 100000"), None);
        assert_eq!(share("-1 100000"), None);
        assert_eq!(share("1 0"), None);
    }

    #[test]
    fn the_tightest_ancestor_counts() {
        let files = Files::new(
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
        let (cores, limit) = cores(files.root());
        assert!((cores - 0.25).abs() < 1e-9, "{cores}");
        assert_eq!(limit, "the control group /pod");
    }

    #[test]
    fn version_one_has_two_files() {
        let files = Files::new(
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
        assert!((cores(files.root()).0 - 0.1).abs() < 1e-9);
    }
}
