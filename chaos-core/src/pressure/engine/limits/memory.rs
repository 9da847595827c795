//! How much memory there is for this process.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::bound::Bound;
use super::cgroup::{Group, GroupVersion, groups};
use super::limit_file::{LimitFile, UnreadableLimit, entry};

/// How the system says that it promises no more memory than there is.
const NEVER_OVERCOMMIT: &str = "2";

/// Everything that bounds the memory of this process.
#[derive(Debug)]
pub(in crate::pressure) struct MemoryLimits {
    machine: LimitFile,
    overcommit: Option<LimitFile>,
    own: Option<LimitFile>,
    groups: Vec<GroupFiles>,
}

#[derive(Debug)]
struct GroupFiles {
    name: String,
    limits: Vec<(&'static str, LimitFile)>,
    usage: LimitFile,
    statistics: LimitFile,
    inactive: &'static str,
}

impl MemoryLimits {
    /// Opens all files that tell of them.
    pub(in crate::pressure) fn open(root: &Path) -> Result<Self, UnreadableLimit> {
        let if_there = |path: &str| LimitFile::open_if_there(&root.join(path));
        let groups = groups(root, "memory")?.into_iter();
        let groups = groups.filter_map(|group| GroupFiles::open(group).transpose());
        Ok(Self {
            machine: LimitFile::open(&root.join("proc/meminfo"))?,
            overcommit: if_there("proc/sys/vm/overcommit_memory")?,
            own: if_there("proc/self/statm")?,
            groups: groups.collect::<Result<_, _>>()?,
        })
    }

    /// What they are now; at least what the machine has.
    ///
    /// So much of the address space of this process is not counted: it is mapped ahead, for what is asked about.
    pub(in crate::pressure) fn read(&self, ahead: u64) -> Result<Vec<Bound>, UnreadableLimit> {
        let meminfo = self.machine.read()?;
        let lacks = |what| self.machine.lacks(what, &meminfo);
        let mut bounds =
            vec![machine(&meminfo).ok_or_else(|| lacks("`MemTotal` and `MemAvailable`"))?];
        let overcommit = self.overcommit.as_ref().map(LimitFile::read).transpose()?;
        let without = |bound: Bound| Bound {
            used: bound.used.saturating_sub(ahead),
            ..bound
        };
        if overcommit.is_some_and(|mode| mode.trim() == NEVER_OVERCOMMIT) {
            let promised = promised(&meminfo);
            bounds.push(without(
                promised.ok_or_else(|| lacks("`CommitLimit` and `Committed_AS`"))?,
            ));
        }
        for group in &self.groups {
            group.add_to(&mut bounds)?;
        }
        if let Some(own) = &self.own {
            let page = rustix::param::page_size() as u64;
            let text = own.read()?;
            let of_process = of_process(&text, page, |resource| getrlimit(resource).current);
            let of_process = of_process.ok_or_else(|| own.lacks("six numbers of pages", &text))?;
            bounds.extend(of_process.into_iter().map(without));
        }
        Ok(bounds)
    }
}

impl GroupFiles {
    /// Nothing for a group that bounds no memory, such as the topmost.
    fn open(group: Group) -> Result<Option<Self>, UnreadableLimit> {
        let (names, usage, inactive): (&[&'static str], _, _) = match group.version {
            GroupVersion::Two => (
                &["memory.max", "memory.high"],
                "memory.current",
                "inactive_file",
            ),
            GroupVersion::One => (
                &["memory.limit_in_bytes"],
                "memory.usage_in_bytes",
                "total_inactive_file",
            ),
        };
        let mut limits = Vec::new();
        for name in names {
            if let Some(file) = LimitFile::open_if_there(&group.directory.join(name))? {
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
            inactive,
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
        // Cached pages of files that nobody uses are given back before anybody goes short.
        let inactive = entry(&self.statistics.read()?, self.inactive).unwrap_or(0);
        bounds.extend(set.into_iter().map(|(name, limit)| Bound {
            name: format!("{name} of the control group {}", self.name),
            limit,
            used: used.saturating_sub(inactive),
        }));
        Ok(())
    }
}

/// What the machine has, from the text of `/proc/meminfo`.
fn machine(meminfo: &str) -> Option<Bound> {
    let total = kibibytes(meminfo, "MemTotal")?;
    let available = kibibytes(meminfo, "MemAvailable")?;
    Some(Bound {
        name: "the memory of the machine".to_owned(),
        limit: total,
        used: total.saturating_sub(available),
    })
}

/// What the machine may commitment at most where it promises no more than it has, from the text of `/proc/meminfo`.
fn promised(meminfo: &str) -> Option<Bound> {
    Some(Bound {
        name: "CommitLimit of the machine".to_owned(),
        limit: kibibytes(meminfo, "CommitLimit")?,
        used: kibibytes(meminfo, "Committed_AS")?,
    })
}

/// An entry of `/proc/meminfo`, in bytes.
fn kibibytes(meminfo: &str, key: &str) -> Option<u64> {
    Some(entry(meminfo, key)?.saturating_mul(1024))
}

/// What the process may have of its own, from the text of `/proc/self/statm`.
fn of_process(
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
    fn the_machine_has_what_is_available() {
        let bound = machine(MEMINFO).unwrap();
        assert_eq!((bound.limit, bound.used), (1_024_000, 600 * 1024));
        assert_eq!(machine("MemTotal: 5 kB"), None);
    }

    #[test]
    fn what_is_promised_counts_where_no_more_is_promised_than_there_is() {
        let meminfo = format!("{MEMINFO}CommitLimit: 900 kB\nCommitted_AS: 850 kB\n");
        let files = FakeFiles::new(
            "memory-promised",
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
        // What is mapped ahead is promised, and not yet there.
        let ahead = limits.read(50 * 1024).unwrap();
        assert_eq!((ahead[0].used, ahead[1].used), (600 * 1024, 800 * 1024));
        files.write("proc/sys/vm/overcommit_memory", "0\n");
        assert_eq!(limits.read(0).unwrap().len(), 1);
    }

    #[test]
    fn limits_of_every_ancestor_count_without_inactive_files() {
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
    fn version_one_is_read_as_well() {
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
    fn limits_of_the_process_count_what_it_has_mapped() {
        let bounds = |limited| {
            let limit = |resource| (resource == limited).then_some(100_000);
            of_process("10 9 8 7 0 6 0\n", 4096, limit).unwrap()
        };
        assert_eq!(
            found(&bounds(Resource::As)),
            [("RLIMIT_AS", 100_000, 40_960)]
        );
        assert_eq!(
            found(&bounds(Resource::Data)),
            [("RLIMIT_DATA", 100_000, 24_576)]
        );
        assert_eq!(of_process("10 9\n", 4096, |_| Some(1)), None);
    }

    #[test]
    fn absurd_figures_are_no_reason_to_panic() {
        let most = u64::MAX;
        let bound = machine(&format!("MemTotal: {most} kB\nMemAvailable: {most} kB\n")).unwrap();
        assert_eq!((bound.limit, bound.used), (most, 0));
        let bounds = of_process(&format!("{most} 0 0 0 0 {most} 0"), 4096, |_| Some(1));
        assert!(bounds.unwrap().iter().all(|bound| bound.used == most));
    }

    #[test]
    fn a_group_that_can_not_be_read_bounds_all_the_same() {
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
        // What is a directory can't be read, and is there.
        let directory = group(&[("cg/memory.high/x", ""), usage, statistics]);
        let limits = MemoryLimits::open(directory.root()).unwrap();
        assert!(limits.read(0).is_err());
    }
}
