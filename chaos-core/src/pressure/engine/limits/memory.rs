//! The memory that this process may use.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::bound::Bound;
use super::cgroup::{Group, GroupVersion, groups};
use super::limit_file::{LimitFile, UnreadableLimit, entry};

/// The overcommit mode that commits no more memory than exists.
const NEVER_OVERCOMMIT: &str = "2";

/// All limits on the memory of this process.
#[derive(Debug)]
pub(in crate::pressure) struct MemoryLimits {
    meminfo: LimitFile,
    overcommit: Option<LimitFile>,
    statm: Option<LimitFile>,
    groups: Vec<GroupFiles>,
}

#[derive(Debug)]
struct GroupFiles {
    name: String,
    limits: Vec<(&'static str, LimitFile)>,
    usage: LimitFile,
    statistics: LimitFile,
    inactive_key: &'static str,
}

impl MemoryLimits {
    /// Opens all files of the limits.
    pub(in crate::pressure) fn open(root: &Path) -> Result<Self, UnreadableLimit> {
        let if_present = |path: &str| LimitFile::open_if_present(&root.join(path));
        let groups = groups(root, "memory")?.into_iter();
        let groups = groups.filter_map(|group| GroupFiles::open(group).transpose());
        Ok(Self {
            meminfo: LimitFile::open(&root.join("proc/meminfo"))?,
            overcommit: if_present("proc/sys/vm/overcommit_memory")?,
            statm: if_present("proc/self/statm")?,
            groups: groups.collect::<Result<_, _>>()?,
        })
    }

    /// Reads the current limits, of which the machine's memory is always one.
    ///
    /// `mapped_ahead` bytes of address space do not count as used: they are mapped for memory about to be taken.
    pub(in crate::pressure) fn read(
        &self,
        mapped_ahead: u64,
    ) -> Result<Vec<Bound>, UnreadableLimit> {
        let meminfo = self.meminfo.read()?;
        let unexpected = |expected| self.meminfo.unexpected(expected, &meminfo);
        let mut bounds = vec![
            machine_memory(&meminfo).ok_or_else(|| unexpected("`MemTotal` and `MemAvailable`"))?,
        ];
        let overcommit = self.overcommit.as_ref().map(LimitFile::read).transpose()?;
        let without_ahead = |bound: Bound| Bound {
            used: bound.used.saturating_sub(mapped_ahead),
            ..bound
        };
        if overcommit.is_some_and(|mode| mode.trim() == NEVER_OVERCOMMIT) {
            let committed = committed_memory(&meminfo);
            bounds.push(without_ahead(
                committed.ok_or_else(|| unexpected("`CommitLimit` and `Committed_AS`"))?,
            ));
        }
        for group in &self.groups {
            group.add_to(&mut bounds)?;
        }
        if let Some(statm) = &self.statm {
            let page = rustix::param::page_size() as u64;
            let text = statm.read()?;
            let limits = process_limits(&text, page, |resource| getrlimit(resource).current);
            let limits = limits.ok_or_else(|| statm.unexpected("six numbers of pages", &text))?;
            bounds.extend(limits.into_iter().map(without_ahead));
        }
        Ok(bounds)
    }
}

impl GroupFiles {
    /// Returns `None` for a group without a memory limit, such as the topmost.
    fn open(group: Group) -> Result<Option<Self>, UnreadableLimit> {
        let (names, usage, inactive_key): (&[&'static str], _, _) = match group.version {
            GroupVersion::V2 => (
                &["memory.max", "memory.high"],
                "memory.current",
                "inactive_file",
            ),
            GroupVersion::V1 => (
                &["memory.limit_in_bytes"],
                "memory.usage_in_bytes",
                "total_inactive_file",
            ),
        };
        let mut limits = Vec::new();
        for name in names {
            if let Some(file) = LimitFile::open_if_present(&group.directory.join(name))? {
                limits.push((*name, file));
            }
        }
        if limits.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            limits,
            usage: LimitFile::open(&group.directory.join(usage))?,
            statistics: LimitFile::open(&group.directory.join("memory.stat"))?,
            inactive_key,
            name: group.name,
        }))
    }

    fn add_to(&self, bounds: &mut Vec<Bound>) -> Result<(), UnreadableLimit> {
        let mut set = Vec::new();
        for (name, file) in &self.limits {
            set.extend(file.limit()?.map(|limit| (name, limit)));
        }
        if set.is_empty() {
            return Ok(());
        }
        let used = self.usage.number()?;
        // The system reclaims inactive file pages before memory runs out.
        let inactive = entry(&self.statistics.read()?, self.inactive_key).unwrap_or(0);
        bounds.extend(set.into_iter().map(|(name, limit)| Bound {
            name: format!("{name} of the control group {}", self.name),
            limit,
            used: used.saturating_sub(inactive),
        }));
        Ok(())
    }
}

/// Parses the memory of the machine from `/proc/meminfo`.
fn machine_memory(meminfo: &str) -> Option<Bound> {
    let total = kibibytes(meminfo, "MemTotal")?;
    let available = kibibytes(meminfo, "MemAvailable")?;
    Some(Bound {
        name: "the memory of the machine".to_owned(),
        limit: total,
        used: total.saturating_sub(available),
    })
}

/// Parses the commit limit of the machine from `/proc/meminfo`.
fn committed_memory(meminfo: &str) -> Option<Bound> {
    Some(Bound {
        name: "CommitLimit of the machine".to_owned(),
        limit: kibibytes(meminfo, "CommitLimit")?,
        used: kibibytes(meminfo, "Committed_AS")?,
    })
}

/// Returns an entry of `/proc/meminfo` in bytes.
fn kibibytes(meminfo: &str, key: &str) -> Option<u64> {
    Some(entry(meminfo, key)?.saturating_mul(1024))
}

/// Returns the limits of the process itself, with the usage from `/proc/self/statm`.
fn process_limits(
    statm: &str,
    page: u64,
    limit: impl Fn(Resource) -> Option<u64>,
) -> Option<Vec<Bound>> {
    let pages = |at: usize| statm.split_ascii_whitespace().nth(at)?.parse::<u64>().ok();
    let mut bounds = Vec::new();
    for (name, resource, at) in [
        ("RLIMIT_AS", Resource::As, 0),
        ("RLIMIT_DATA", Resource::Data, 5),
    ] {
        if let Some(limit) = limit(resource) {
            bounds.push(Bound {
                name: name.to_owned(),
                limit,
                used: pages(at)?.saturating_mul(page),
            });
        }
    }
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::engine::limits::fake_files::FakeFiles;

    const MEMINFO: &str = "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 400 kB\n";

    fn found(bounds: &[Bound]) -> Vec<(&str, u64, u64)> {
        bounds
            .iter()
            .map(|bound| (bound.name.as_str(), bound.limit, bound.used))
            .collect()
    }

    #[test]
    fn the_memory_of_the_machine_is_what_is_available() {
        let bound = machine_memory(MEMINFO).unwrap();
        assert_eq!((bound.limit, bound.used), (1_024_000, 600 * 1024));
        assert_eq!(machine_memory("MemTotal: 5 kB"), None);
    }

    #[test]
    fn the_commit_limit_counts_only_without_overcommit() {
        let meminfo = format!("{MEMINFO}CommitLimit: 900 kB\nCommitted_AS: 850 kB\n");
        let files = FakeFiles::new(
            "memory-commit-limit",
            &[
                ("proc/meminfo", &meminfo),
                ("proc/sys/vm/overcommit_memory", "2\n"),
            ],
        );
        let limits = MemoryLimits::open(files.root()).unwrap();
        assert_eq!(
            found(&limits.read(0).unwrap())[1],
            ("CommitLimit of the machine", 900 * 1024, 850 * 1024)
        );
        // Memory that is mapped ahead is committed but not used.
        let ahead = limits.read(50 * 1024).unwrap();
        assert_eq!((ahead[0].used, ahead[1].used), (600 * 1024, 800 * 1024));
        files.write("proc/sys/vm/overcommit_memory", "0\n");
        assert_eq!(limits.read(0).unwrap().len(), 1);
    }

    #[test]
    fn limits_of_all_ancestors_count_without_inactive_files() {
        let files = FakeFiles::new(
            "memory-v2",
            &[
                ("proc/meminfo", MEMINFO),
                ("proc/self/cgroup", "0::/pod/a\n"),
                (
                    "proc/self/mountinfo",
                    "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                ),
                ("sys/fs/cgroup/pod/a/memory.max", "900\n"),
                ("sys/fs/cgroup/pod/a/memory.high", "max\n"),
                ("sys/fs/cgroup/pod/a/memory.current", "500\n"),
                (
                    "sys/fs/cgroup/pod/a/memory.stat",
                    "anon 1\ninactive_file 70\n",
                ),
                ("sys/fs/cgroup/pod/memory.max", "max\n"),
                ("sys/fs/cgroup/pod/memory.high", "800\n"),
                ("sys/fs/cgroup/pod/memory.current", "600\n"),
                ("sys/fs/cgroup/pod/memory.stat", "inactive_file 0\n"),
            ],
        );
        let limits = MemoryLimits::open(files.root()).unwrap();
        assert_eq!(
            found(&limits.read(0).unwrap())[1..],
            [
                ("memory.max of the control group /pod/a", 900, 430),
                ("memory.high of the control group /pod", 800, 600),
            ]
        );
        files.write("sys/fs/cgroup/pod/memory.current", "700\n");
        assert_eq!(limits.read(0).unwrap()[2].used, 700);
    }

    #[test]
    fn version_one_groups_are_read() {
        let files = FakeFiles::new(
            "memory-v1",
            &[
                ("proc/meminfo", MEMINFO),
                ("proc/self/cgroup", "4:memory:/a\n"),
                (
                    "proc/self/mountinfo",
                    "31 22 0:27 / /cg rw - cgroup cgroup rw,memory\n",
                ),
                ("cg/a/memory.limit_in_bytes", "900\n"),
                ("cg/a/memory.usage_in_bytes", "500\n"),
                (
                    "cg/a/memory.stat",
                    "inactive_file 1\ntotal_inactive_file 100\n",
                ),
                ("cg/memory.limit_in_bytes", "9223372036854771712\n"),
                ("cg/memory.usage_in_bytes", "500\n"),
                ("cg/memory.stat", "\n"),
            ],
        );
        assert_eq!(
            found(&MemoryLimits::open(files.root()).unwrap().read(0).unwrap())[1..],
            [("memory.limit_in_bytes of the control group /a", 900, 400)]
        );
    }

    #[test]
    fn process_limits_count_mapped_memory() {
        let bounds = |limited| {
            let limit = |resource| (resource == limited).then_some(100_000);
            process_limits("10 9 8 7 0 6 0\n", 4096, limit).unwrap()
        };
        assert_eq!(
            found(&bounds(Resource::As)),
            [("RLIMIT_AS", 100_000, 40_960)]
        );
        assert_eq!(
            found(&bounds(Resource::Data)),
            [("RLIMIT_DATA", 100_000, 24_576)]
        );
        assert_eq!(process_limits("10 9\n", 4096, |_| Some(1)), None);
    }

    #[test]
    fn absurd_figures_cause_no_panic() {
        let most = u64::MAX;
        let bound =
            machine_memory(&format!("MemTotal: {most} kB\nMemAvailable: {most} kB\n")).unwrap();
        assert_eq!((bound.limit, bound.used), (most, 0));
        let bounds = process_limits(&format!("{most} 0 0 0 0 {most} 0"), 4096, |_| Some(1));
        assert!(bounds.unwrap().iter().all(|bound| bound.used == most));
    }

    #[test]
    fn an_unreadable_group_is_an_error() {
        let group = |files: &[(&str, &str)]| {
            let files = [
                &[
                    ("proc/meminfo", MEMINFO),
                    ("proc/self/cgroup", "0::/\n"),
                    (
                        "proc/self/mountinfo",
                        "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n",
                    ),
                    ("cg/memory.max", "900\n"),
                ],
                files,
            ];
            FakeFiles::new("memory-unreadable", &files.concat())
        };
        let usage = ("cg/memory.current", "500\n");
        let statistics = ("cg/memory.stat", "inactive_file 1\n");
        for missing in [&[usage], &[statistics]] {
            assert!(MemoryLimits::open(group(missing).root()).is_err());
        }
        let files = group(&[usage, statistics]);
        let limits = MemoryLimits::open(files.root()).unwrap();
        assert_eq!(limits.read(0).unwrap().len(), 2);
        for (path, before) in [("cg/memory.max", "900\n"), usage, ("proc/meminfo", MEMINFO)] {
            files.write(path, "");
            assert!(limits.read(0).is_err(), "{path}");
            files.write(path, before);
        }
        // A directory exists but can't be read.
        let directory = group(&[("cg/memory.high/x", ""), usage, statistics]);
        let limits = MemoryLimits::open(directory.root()).unwrap();
        assert!(limits.read(0).is_err());
    }
}
