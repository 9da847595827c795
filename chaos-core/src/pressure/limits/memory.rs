//! How much memory there is for this process.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::Bound;
use super::cgroup::{GroupVersion, groups};
use super::kept_file::{KeptFile, entry, limit};

/// How the system says that it promises no more memory than there is.
const NEVER_OVERCOMMIT: &str = "2";

/// Everything that bounds the memory of this process.
#[derive(Debug)]
pub(in crate::pressure) struct MemoryLimits {
    machine: Option<KeptFile>,
    overcommit: Option<KeptFile>,
    own: Option<KeptFile>,
    groups: Vec<GroupFiles>,
}

#[derive(Debug)]
struct GroupFiles {
    name: String,
    limits: Vec<(&'static str, KeptFile)>,
    usage: KeptFile,
    statistics: KeptFile,
    inactive: &'static str,
}

impl MemoryLimits {
    /// Opens all files that tell of them.
    pub(in crate::pressure) fn open(root: &Path) -> Self {
        let groups = groups(root, "memory").into_iter().filter_map(|group| {
            let open = |name: &str| KeptFile::open(&group.directory.join(name));
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
            let limits: Vec<_> = names
                .iter()
                .filter_map(|name| Some((*name, open(name).ok()?)))
                .collect();
            (!limits.is_empty()).then_some(GroupFiles {
                limits,
                usage: open(usage).ok()?,
                statistics: open("memory.stat").ok()?,
                inactive,
                name: group.name,
            })
        });
        Self {
            machine: KeptFile::open(&root.join("proc/meminfo")).ok(),
            overcommit: KeptFile::open(&root.join("proc/sys/vm/overcommit_memory")).ok(),
            own: KeptFile::open(&root.join("proc/self/statm")).ok(),
            groups: groups.collect(),
        }
    }

    /// What they are now; `None` when the machine does not even tell how much memory is available.
    pub(in crate::pressure) fn read(&self) -> Option<Vec<Bound>> {
        let meminfo = self.machine.as_ref()?.read().ok()?;
        let mut bounds = vec![machine(&meminfo)?];
        let overcommit = self.overcommit.as_ref().and_then(|file| file.read().ok());
        if overcommit.is_some_and(|mode| mode.trim() == NEVER_OVERCOMMIT) {
            bounds.extend(promised(&meminfo));
        }
        for group in &self.groups {
            group.add_to(&mut bounds);
        }
        if let Some(own) = self.own.as_ref().and_then(|own| own.read().ok()) {
            let page = rustix::param::page_size() as u64;
            bounds.extend(of_process(&own, page, |resource| {
                getrlimit(resource).current
            }));
        }
        Some(bounds)
    }
}

impl GroupFiles {
    fn add_to(&self, bounds: &mut Vec<Bound>) {
        let set = self.limits.iter().filter_map(|(name, file)| {
            let limit = limit(&file.read().ok()?)?;
            Some((name, limit))
        });
        let set: Vec<_> = set.collect();
        if set.is_empty() {
            return;
        }
        let number = |file: &KeptFile| file.read().ok()?.trim().parse::<u64>().ok();
        // Cached pages of files that nobody uses are given back before anybody goes short.
        let used = number(&self.usage).unwrap_or(0);
        let statistics = self.statistics.read().unwrap_or_default();
        let inactive = entry(&statistics, self.inactive).unwrap_or(0);
        bounds.extend(set.into_iter().map(|(name, limit)| Bound {
            name: format!("{name} of the control group {}", self.name),
            limit,
            used: used.saturating_sub(inactive),
        }));
    }
}

/// What the machine has, from the text of `/proc/meminfo`.
fn machine(meminfo: &str) -> Option<Bound> {
    let total = entry(meminfo, "MemTotal")? * 1024;
    let available = entry(meminfo, "MemAvailable")? * 1024;
    Some(Bound {
        name: "the memory of the machine".to_owned(),
        limit: total,
        used: total.saturating_sub(available),
    })
}

/// What the machine may promise at most where it promises no more than it has, from the text of `/proc/meminfo`.
fn promised(meminfo: &str) -> Option<Bound> {
    Some(Bound {
        name: "CommitLimit of the machine".to_owned(),
        limit: entry(meminfo, "CommitLimit")? * 1024,
        used: entry(meminfo, "Committed_AS")? * 1024,
    })
}

/// What the process may have of its own, from the text of `/proc/self/statm`.
fn of_process(statm: &str, page: u64, limit: impl Fn(Resource) -> Option<u64>) -> Vec<Bound> {
    let pages = |at: usize| statm.split_ascii_whitespace().nth(at)?.parse::<u64>().ok();
    [
        ("RLIMIT_AS", Resource::As, 0),
        ("RLIMIT_DATA", Resource::Data, 5),
    ]
    .into_iter()
    .filter_map(|(name, resource, at)| {
        Some(Bound {
            name: name.to_owned(),
            limit: limit(resource)?,
            used: pages(at)? * page,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::limits::fake::Files;

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
        let files = Files::new(
            "memory-promised",
            &[
                ("proc/meminfo", &meminfo),
                ("proc/sys/vm/overcommit_memory", "2\n"),
            ],
        );
        let limits = MemoryLimits::open(files.root());
        assert_eq!(
            found(&limits.read().unwrap())[1],
            ("CommitLimit of the machine", 900 * 1024, 850 * 1024)
        );
        files.write("proc/sys/vm/overcommit_memory", "0\n");
        assert_eq!(limits.read().unwrap().len(), 1);
    }

    #[test]
    fn limits_of_every_ancestor_count_without_inactive_files() {
        let files = Files::new(
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
        let limits = MemoryLimits::open(files.root());
        assert_eq!(
            found(&limits.read().unwrap())[1..],
            [
                ("memory.max of the control group /pod/a", 900, 430),
                ("memory.high of the control group /pod", 800, 600),
            ]
        );
        files.write("sys/fs/cgroup/pod/memory.current", "700\n");
        assert_eq!(limits.read().unwrap()[2].used, 700);
    }

    #[test]
    fn version_one_is_read_as_well() {
        let files = Files::new(
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
            found(&MemoryLimits::open(files.root()).read().unwrap())[1..],
            [("memory.limit_in_bytes of the control group /a", 900, 400)]
        );
    }

    #[test]
    fn limits_of_the_process_count_what_it_has_mapped() {
        let bounds = of_process("10 9 8 7 0 6 0\n", 4096, |resource| {
            matches!(resource, Resource::As).then_some(100_000)
        });
        assert_eq!(found(&bounds), [("RLIMIT_AS", 100_000, 40_960)]);
    }
}
