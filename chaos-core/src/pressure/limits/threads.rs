//! How many threads there may be.

use std::fs;
use std::path::Path;

use super::Bound;
use super::cgroup::groups;
use super::kept_file::limit;

/// Everything that bounds how many threads this process can have.
pub(in crate::pressure) fn thread_bounds(root: &Path) -> Vec<Bound> {
    let number = |path: &Path| fs::read_to_string(path).ok().as_deref().and_then(limit);
    let mut bounds: Vec<_> = groups(root, "pids")
        .into_iter()
        .filter_map(|group| {
            Some(Bound {
                limit: number(&group.directory.join("pids.max"))?,
                used: number(&group.directory.join("pids.current"))?,
                name: format!("pids.max of the control group {}", group.name),
            })
        })
        .collect();
    let machine = number(&root.join("proc/sys/kernel/threads-max"));
    let running = fs::read_to_string(root.join("proc/loadavg"));
    if let (Some(limit), Some(used)) = (machine, running.ok().as_deref().and_then(all_threads)) {
        bounds.push(Bound {
            name: "threads-max of the machine".to_owned(),
            limit,
            used,
        });
    }
    bounds
}

/// How many threads there are, from the text of `/proc/loadavg`: what follows `running/`.
fn all_threads(loadavg: &str) -> Option<u64> {
    let counts = loadavg.split_ascii_whitespace().nth(3)?;
    counts.split_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::limits::fake::Files;

    #[test]
    fn groups_and_the_machine_bound_threads() {
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
                ("proc/loadavg", "0.1 0.2 0.3 2/345 9999\n"),
            ],
        );
        let bounds = thread_bounds(files.root());
        let found: Vec<_> = bounds.iter().map(|b| (b.limit, b.used)).collect();
        assert_eq!(found, [(100, 40), (5000, 345)]);
    }
}
