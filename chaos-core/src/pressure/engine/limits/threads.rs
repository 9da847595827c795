//! The threads that this process may have.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit, getuid};

use super::bound::Bound;
use super::cgroup::groups;
use super::limit_file::{LimitFile, UnreadableLimit, entry};
use super::memory::MemoryLimits;

/// The memory of a waiting thread: its kernel stack, and the touched part of its own stack.
const BYTES_PER_THREAD: u64 = 64 << 10;

/// Memory that does not count as room for threads.
const RESERVED_BYTES: u64 = 128 << 20;

/// The mappings of a thread: its stack and the guard page below.
const MAPPINGS_PER_THREAD: u64 = 2;

/// All limits on the threads of this process.
#[derive(Debug)]
pub(in crate::pressure) struct ThreadLimits {
    processes: PathBuf,
    groups: Vec<Group>,
    /// Limits of the machine, with their names.
    machine: Vec<(&'static str, LimitFile)>,
    loadavg: LimitFile,
    /// The maximum number of mappings, and the current mappings.
    mappings: Option<(LimitFile, LimitFile)>,
    memory: MemoryLimits,
}

#[derive(Debug)]
struct Group {
    name: String,
    max: LimitFile,
    current: LimitFile,
}

impl ThreadLimits {
    /// Opens all files of the limits.
    pub(in crate::pressure) fn open(root: &Path) -> Result<Self, UnreadableLimit> {
        let if_present = |path: &str| LimitFile::open_if_present(&root.join(path));
        let mut with_limit = Vec::new();
        for group in groups(root, "pids")? {
            if let Some(max) = LimitFile::open_if_present(&group.directory.join("pids.max"))? {
                with_limit.push(Group {
                    max,
                    current: LimitFile::open(&group.directory.join("pids.current"))?,
                    name: format!("pids.max of the control group {}", group.name),
                });
            }
        }
        let mut machine = Vec::new();
        for (name, path) in [
            ("threads-max of the machine", "proc/sys/kernel/threads-max"),
            ("pid_max of the machine", "proc/sys/kernel/pid_max"),
        ] {
            machine.extend(if_present(path)?.map(|file| (name, file)));
        }
        let mappings = match if_present("proc/sys/vm/max_map_count")? {
            Some(max) => Some((max, LimitFile::open(&root.join("proc/self/maps"))?)),
            None => None,
        };
        Ok(Self {
            processes: root.join("proc"),
            groups: with_limit,
            machine,
            loadavg: LimitFile::open(&root.join("proc/loadavg"))?,
            mappings,
            memory: MemoryLimits::open(root)?,
        })
    }

    /// Reads the current limits in threads, of which the machine's memory is always one.
    pub(in crate::pressure) fn read(&self) -> Result<Vec<Bound>, UnreadableLimit> {
        let mut bounds = Vec::new();
        for group in &self.groups {
            if let Some(limit) = group.max.limit()? {
                bounds.push(Bound {
                    name: group.name.clone(),
                    limit,
                    used: group.current.number()?,
                });
            }
        }
        let loadavg = self.loadavg.read()?;
        let threads = all_threads(&loadavg).ok_or_else(|| {
            let expected = "`running/all` as the fourth word";
            self.loadavg.unexpected(expected, &loadavg)
        })?;
        for (name, max) in &self.machine {
            bounds.push(Bound {
                name: (*name).to_owned(),
                limit: max.number()?,
                used: threads,
            });
        }
        if let Some((max, maps)) = &self.mappings {
            bounds.push(Bound {
                name: "max_map_count of the machine".to_owned(),
                limit: max.number()? / MAPPINGS_PER_THREAD,
                used: maps.read()?.lines().count() as u64 / MAPPINGS_PER_THREAD,
            });
        }
        bounds.extend(self.memory.read(0)?.iter().map(in_threads));
        bounds.extend(self.user_limit()?);
        Ok(bounds)
    }

    /// Returns the limit of the user, which does not apply to the superuser.
    fn user_limit(&self) -> Result<Option<Bound>, UnreadableLimit> {
        let user = getuid();
        let limit = getrlimit(Resource::Nproc).current;
        let Some(limit) = limit.filter(|_| !user.is_root()) else {
            return Ok(None);
        };
        Ok(Some(Bound {
            limit,
            used: threads_of_user(&self.processes, user.as_raw())?,
            name: "RLIMIT_NPROC".to_owned(),
        }))
    }
}

/// Converts a memory limit to threads.
fn in_threads(memory: &Bound) -> Bound {
    Bound {
        name: format!("{}, at 64 KiB a thread,", memory.name),
        limit: memory.limit.saturating_sub(RESERVED_BYTES) / BYTES_PER_THREAD,
        used: memory.used / BYTES_PER_THREAD,
    }
}

/// Parses the number of all threads from `/proc/loadavg`, where it follows `running/`.
fn all_threads(loadavg: &str) -> Option<u64> {
    let counts = loadavg.split_ascii_whitespace().nth(3)?;
    counts.split_once('/')?.1.parse().ok()
}

/// Counts the threads of a user; the process can see all threads of its own user.
fn threads_of_user(processes: &Path, user: u32) -> Result<u64, UnreadableLimit> {
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
            Err(error) if is_out_of_descriptors(&error) => {
                return Err(UnreadableLimit::new(&status, error));
            }
            // A process of another user, one that has ended, or no process at all.
            Err(_) => {}
        }
    }
    Ok(threads)
}

/// Whether the process or the machine has no descriptor left.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
    exhausted
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
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
    fn groups_the_machine_and_memory_limit_threads() {
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
        assert_eq!(
            limits.read().unwrap()[0].used,
            90,
            "the usage is read again"
        );
        // In the reverse order of reading, so that each file is the first unreadable one.
        for path in ["proc/meminfo", "proc/loadavg", "cg/a/pids.current"] {
            files.write(path, "");
            let error = limits.read().unwrap_err();
            let message = error.into_error(PressureKind::Threads).to_string();
            assert!(message.contains(path), "{message}");
        }
    }

    #[test]
    fn threads_of_a_user_are_counted_over_all_processes() {
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
        assert_eq!(threads_of_user(&files.root().join("proc"), 7).unwrap(), 7);
        assert!(threads_of_user(&files.root().join("no-proc"), 7).is_err());
    }
}
