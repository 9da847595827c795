//! How many threads there may be.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit, getuid};

use super::cgroup::groups;
use super::kept_file::{KeptFile, entry, limit};
use super::{Bound, MemoryLimits};

/// What a thread takes of memory though it only waits: its stack in the kernel, and the little it touches of its own.
const BYTES_EACH: u64 = 64 << 10;

/// What is left of memory to others, before any of it counts as room for threads.
const BYTES_LEFT: u64 = 128 << 20;

/// What a thread takes of the map of addresses: its stack, and the guard below that.
const MAPPINGS_EACH: u64 = 2;

/// Everything that bounds how many threads this process can have.
#[derive(Debug)]
pub(in crate::pressure) struct ThreadLimits {
    processes: PathBuf,
    groups: Vec<Group>,
    /// Bounds of the machine, by name.
    machine: Vec<(&'static str, KeptFile)>,
    load: Option<KeptFile>,
    most_mappings: Option<KeptFile>,
    mappings: Option<KeptFile>,
    memory: MemoryLimits,
}

#[derive(Debug)]
struct Group {
    name: String,
    most: KeptFile,
    there: KeptFile,
}

impl ThreadLimits {
    /// Opens the files that tell of them.
    pub(in crate::pressure) fn open(root: &Path) -> Self {
        let open = |path: &str| KeptFile::open(&root.join(path)).ok();
        let groups = groups(root, "pids").into_iter().filter_map(|group| {
            Some(Group {
                most: KeptFile::open(&group.directory.join("pids.max")).ok()?,
                there: KeptFile::open(&group.directory.join("pids.current")).ok()?,
                name: format!("pids.max of the control group {}", group.name),
            })
        });
        let machine = [
            ("threads-max of the machine", "proc/sys/kernel/threads-max"),
            ("pid_max of the machine", "proc/sys/kernel/pid_max"),
        ];
        Self {
            processes: root.join("proc"),
            groups: groups.collect(),
            machine: machine
                .into_iter()
                .filter_map(|(name, path)| Some((name, open(path)?)))
                .collect(),
            load: open("proc/loadavg"),
            most_mappings: open("proc/sys/vm/max_map_count"),
            mappings: open("proc/self/maps"),
            memory: MemoryLimits::open(root),
        }
    }

    /// What they are now, all counted in threads.
    pub(in crate::pressure) fn read(&self) -> Vec<Bound> {
        let text = |file: &Option<KeptFile>| file.as_ref()?.read().ok();
        let number = |file: &KeptFile| limit(&file.read().ok()?);
        let mut bounds: Vec<_> = self
            .groups
            .iter()
            .filter_map(|group| {
                Some(Bound {
                    name: group.name.clone(),
                    limit: number(&group.most)?,
                    used: number(&group.there)?,
                })
            })
            .collect();
        if let Some(there) = text(&self.load).as_deref().and_then(all_threads) {
            bounds.extend(self.machine.iter().filter_map(|(name, most)| {
                Some(Bound {
                    name: (*name).to_owned(),
                    limit: number(most)?,
                    used: there,
                })
            }));
        }
        if let (Some(most), Some(mappings)) = (
            self.most_mappings.as_ref().and_then(number),
            text(&self.mappings),
        ) {
            bounds.push(Bound {
                name: "max_map_count of the machine".to_owned(),
                limit: most / MAPPINGS_EACH,
                used: mappings.lines().count() as u64 / MAPPINGS_EACH,
            });
        }
        let memory = self.memory.read().unwrap_or_default();
        bounds.extend(memory.iter().map(in_threads));
        bounds.extend(self.of_user());
        bounds
    }

    /// What the user may have, which the superuser need not care about.
    fn of_user(&self) -> Option<Bound> {
        let user = getuid();
        if user.is_root() {
            return None;
        }
        Some(Bound {
            limit: getrlimit(Resource::Nproc).current?,
            used: threads_of(&self.processes, user.as_raw()),
            name: "RLIMIT_NPROC".to_owned(),
        })
    }
}

/// How many threads fit into some memory.
fn in_threads(memory: &Bound) -> Bound {
    Bound {
        name: format!("{}, at 64 KiB a thread,", memory.name),
        limit: memory.limit.saturating_sub(BYTES_LEFT) / BYTES_EACH,
        used: memory.used / BYTES_EACH,
    }
}

/// How many threads there are, from the text of `/proc/loadavg`: what follows `running/`.
fn all_threads(loadavg: &str) -> Option<u64> {
    let counts = loadavg.split_ascii_whitespace().nth(3)?;
    counts.split_once('/')?.1.parse().ok()
}

/// How many threads a user has, as far as they may be seen.
fn threads_of(processes: &Path, user: u32) -> u64 {
    let Ok(processes) = fs::read_dir(processes) else {
        return 0;
    };
    processes
        .filter_map(|process| fs::read_to_string(process.ok()?.path().join("status")).ok())
        .filter(|status| entry(status, "Uid") == Some(user.into()))
        .filter_map(|status| entry(&status, "Threads"))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::limits::fake::Files;

    fn found(bounds: &[Bound]) -> Vec<(&str, u64, u64)> {
        let bounds = bounds.iter();
        bounds
            .map(|bound| (bound.name.as_str(), bound.limit, bound.used))
            .collect()
    }

    #[test]
    fn groups_the_machine_and_memory_bound_threads() {
        let files = Files::new(
            "threads",
            &[
                ("proc/self/cgroup", "0::/a\n"),
                (
                    "proc/self/mountinfo",
                    "30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n",
                ),
                ("cg/a/pids.max", "100\n"),
                ("cg/a/pids.current", "40\n"),
                ("proc/sys/kernel/threads-max", "5000\n"),
                ("proc/sys/kernel/pid_max", "32768\n"),
                ("proc/loadavg", "0.1 0.2 0.3 2/345 9999\n"),
                ("proc/sys/vm/max_map_count", "65530\n"),
                ("proc/self/maps", "a\nb\nc\nd\n"),
                (
                    "proc/meminfo",
                    "MemTotal: 1048576 kB\nMemAvailable: 524288 kB\n",
                ),
            ],
        );
        let limits = ThreadLimits::open(files.root());
        let bounds = limits.read();
        assert_eq!(
            found(&bounds)[..5],
            [
                ("pids.max of the control group /a", 100, 40),
                ("threads-max of the machine", 5000, 345),
                ("pid_max of the machine", 32768, 345),
                ("max_map_count of the machine", 32765, 2),
                (
                    "the memory of the machine, at 64 KiB a thread,",
                    14336,
                    8192
                ),
            ]
        );
        files.write("cg/a/pids.current", "90\n");
        assert_eq!(limits.read()[0].used, 90, "it is read anew");
    }

    #[test]
    fn the_threads_of_a_user_are_counted_over_its_processes() {
        let files = Files::new(
            "threads-of-a-user",
            &[
                ("proc/1/status", "Name:\ta\nUid:\t7\t7\t7\t7\nThreads:\t3\n"),
                (
                    "proc/2/status",
                    "Name:\tb\nUid:\t8\t8\t8\t8\nThreads:\t50\n",
                ),
                ("proc/3/status", "Name:\tc\nUid:\t7\t8\t8\t8\nThreads:\t4\n"),
                ("proc/loadavg", "0.1 0.2 0.3 2/345 9999\n"),
            ],
        );
        assert_eq!(threads_of(&files.root().join("proc"), 7), 7);
    }
}
