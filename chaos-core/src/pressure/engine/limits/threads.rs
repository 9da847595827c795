//! How many threads there may be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit, getuid};

use super::bound::Bound;
use super::cgroup::groups;
use super::limit_file::{LimitFile, UnreadableLimit, entry};
use super::memory::MemoryLimits;

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
    machine: Vec<(&'static str, LimitFile)>,
    load: LimitFile,
    /// How many mappings there may be, and those that there are.
    mappings: Option<(LimitFile, LimitFile)>,
    memory: MemoryLimits,
}

#[derive(Debug)]
struct Group {
    name: String,
    most: LimitFile,
    there: LimitFile,
}

impl ThreadLimits {
    /// Opens the files that tell of them.
    pub(in crate::pressure) fn open(root: &Path) -> Result<Self, UnreadableLimit> {
        let if_there = |path: &str| LimitFile::open_if_there(&root.join(path));
        let mut in_groups = Vec::new();
        for group in groups(root, "pids")? {
            if let Some(most) = LimitFile::open_if_there(&group.directory.join("pids.max"))? {
                in_groups.push(Group {
                    most,
                    there: LimitFile::open(&group.directory.join("pids.current"))?,
                    name: format!("pids.max of the control group {}", group.name),
                });
            }
        }
        let mut machine = Vec::new();
        for (name, path) in [
            ("threads-max of the machine", "proc/sys/kernel/threads-max"),
            ("pid_max of the machine", "proc/sys/kernel/pid_max"),
        ] {
            machine.extend(if_there(path)?.map(|file| (name, file)));
        }
        let mappings = match if_there("proc/sys/vm/max_map_count")? {
            Some(most) => Some((most, LimitFile::open(&root.join("proc/self/maps"))?)),
            None => None,
        };
        Ok(Self {
            processes: root.join("proc"),
            groups: in_groups,
            machine,
            load: LimitFile::open(&root.join("proc/loadavg"))?,
            mappings,
            memory: MemoryLimits::open(root)?,
        })
    }

    /// What they are now, all counted in threads; at least what fits into memory.
    pub(in crate::pressure) fn read(&self) -> Result<Vec<Bound>, UnreadableLimit> {
        let mut bounds = Vec::new();
        for group in &self.groups {
            if let Some(limit) = group.most.limit()? {
                bounds.push(Bound {
                    name: group.name.clone(),
                    limit,
                    used: group.there.number()?,
                });
            }
        }
        let load = self.load.read()?;
        let there = all_threads(&load);
        let there = there.ok_or_else(|| self.load.lacks("`running/all` as its fourth", &load))?;
        for (name, most) in &self.machine {
            bounds.push(Bound {
                name: (*name).to_owned(),
                limit: most.number()?,
                used: there,
            });
        }
        if let Some((most, there)) = &self.mappings {
            bounds.push(Bound {
                name: "max_map_count of the machine".to_owned(),
                limit: most.number()? / MAPPINGS_EACH,
                used: there.read()?.lines().count() as u64 / MAPPINGS_EACH,
            });
        }
        bounds.extend(self.memory.read(0)?.iter().map(in_threads));
        bounds.extend(self.of_user()?);
        Ok(bounds)
    }

    /// What the user may have, which the superuser need not care about.
    fn of_user(&self) -> Result<Option<Bound>, UnreadableLimit> {
        let user = getuid();
        let limit = getrlimit(Resource::Nproc).current;
        let Some(limit) = limit.filter(|_| !user.is_root()) else {
            return Ok(None);
        };
        Ok(Some(Bound {
            limit,
            used: threads_of(&self.processes, user.as_raw())?,
            name: "RLIMIT_NPROC".to_owned(),
        }))
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

/// How many threads a user has, as far as they may be seen: all of this user's may.
fn threads_of(processes: &Path, user: u32) -> Result<u64, UnreadableLimit> {
    let unreadable = |error| UnreadableLimit::new(processes, error);
    let mut threads = 0;
    for process in fs::read_dir(processes).map_err(unreadable)? {
        let status = process.map_err(unreadable)?.path().join("status");
        match fs::read(&status) {
            Ok(status) => {
                let status = String::from_utf8_lossy(&status);
                if entry(&status, "Uid") == Some(user.into()) {
                    threads += entry(&status, "Threads").unwrap_or(0);
                }
            }
            Err(error) if no_more_can_be_opened(&error) => {
                return Err(UnreadableLimit::new(&status, error));
            }
            // Of somebody else, gone meanwhile, hidden, or no process at all.
            Err(_) => {}
        }
    }
    Ok(threads)
}

/// Whether the process or the machine has no descriptor left.
fn no_more_can_be_opened(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let full = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
    full.iter()
        .any(|full| error.raw_os_error() == Some(full.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::PressureKind;
    use crate::pressure::engine::limits::fake_files::FakeFiles;

    fn found(bounds: &[Bound]) -> Vec<(&str, u64, u64)> {
        let bounds = bounds.iter();
        bounds
            .map(|bound| (bound.name.as_str(), bound.limit, bound.used))
            .collect()
    }

    #[test]
    fn groups_the_machine_and_memory_bound_threads() {
        let files = FakeFiles::new(
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
        let limits = ThreadLimits::open(files.root()).unwrap();
        let bounds = limits.read().unwrap();
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
        assert_eq!(limits.read().unwrap()[0].used, 90, "it is read anew");
        // What comes first is asked for first.
        for path in ["proc/meminfo", "proc/loadavg", "cg/a/pids.current"] {
            files.write(path, "");
            let refused = limits.read().unwrap_err();
            let refused = refused.refuses(PressureKind::Threads).to_string();
            assert!(refused.contains(path), "{refused}");
        }
    }

    #[test]
    fn the_threads_of_a_user_are_counted_over_its_processes() {
        let files = FakeFiles::new(
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
        assert_eq!(threads_of(&files.root().join("proc"), 7).unwrap(), 7);
        assert!(threads_of(&files.root().join("no-proc"), 7).is_err());
    }
}
