//! The control groups of this process, from its own up to the topmost that it can see.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::limit_file::{UnreadableLimit, bytes};
use super::mounts::{self, Mount, Version};

/// A directory of a control group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) directory: PathBuf,
    /// As a message names it: its path within the hierarchy.
    pub(super) name: String,
    pub(super) version: GroupVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupVersion {
    One,
    Two,
}

/// The groups that bound what this process may use of what a controller governs, its own first.
pub(super) fn groups(root: &Path, controller: &str) -> Result<Vec<Group>, UnreadableLimit> {
    let mut groups = listed(
        &bytes(&root.join("proc/self/cgroup"))?,
        &mounts::parse(&bytes(&root.join("proc/self/mountinfo"))?),
        controller,
    );
    for group in &mut groups {
        let inside = group
            .directory
            .strip_prefix("/")
            .unwrap_or(&group.directory);
        group.directory = root.join(inside);
    }
    Ok(groups)
}

/// The same from the texts of `/proc/self/cgroup` and its mounts; a path may be of any bytes.
fn listed(cgroup: &[u8], mounts: &[Mount], controller: &str) -> Vec<Group> {
    let mut unified = None;
    for line in cgroup.split(|byte| *byte == b'\n') {
        let mut parts = line.splitn(3, |byte| *byte == b':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let path = Path::new(OsStr::from_bytes(path));
        let mut controllers = controllers.split(|byte| *byte == b',');
        if controllers.clone().all(<[u8]>::is_empty) {
            unified = Some(path);
        } else if controllers.any(|one| one == controller.as_bytes()) {
            // A controller that version one has is not there in version two.
            let mount = mounts.iter().find(|mount| {
                matches!(&mount.version, Version::One { controllers } if controllers.iter().any(|one| one == controller))
            });
            return mount.map_or_else(Vec::new, |mount| upwards(mount, path, GroupVersion::One));
        }
    }
    let mount = mounts.iter().find(|mount| mount.version == Version::Two);
    match (mount, unified) {
        (Some(mount), Some(path)) => upwards(mount, path, GroupVersion::Two),
        _ => Vec::new(),
    }
}

fn upwards(mount: &Mount, path: &Path, version: GroupVersion) -> Vec<Group> {
    // Where the namespace hides what is above, the path does not begin with the root: the mount point is the own group.
    let within = path.strip_prefix(&mount.root).unwrap_or(Path::new(""));
    within
        .ancestors()
        .map(|within| Group {
            directory: if within.as_os_str().is_empty() {
                mount.point.clone()
            } else {
                mount.point.join(within)
            },
            name: Path::new("/").join(within).display().to_string(),
            version,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIFIED: &str = "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";

    fn names(cgroup: &str, mountinfo: &str, controller: &str) -> Vec<(String, String)> {
        listed(
            cgroup.as_bytes(),
            &mounts::parse(mountinfo.as_bytes()),
            controller,
        )
        .into_iter()
        .map(|group| (group.name, group.directory.display().to_string()))
        .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, directory)| ((*name).to_owned(), (*directory).to_owned()))
            .collect()
    }

    #[test]
    fn every_ancestor_is_listed_own_group_first() {
        assert_eq!(
            names("0::/pods/a\n", UNIFIED, "memory"),
            pairs(&[
                ("/pods/a", "/sys/fs/cgroup/pods/a"),
                ("/pods", "/sys/fs/cgroup/pods"),
                ("/", "/sys/fs/cgroup"),
            ])
        );
    }

    #[test]
    fn a_controller_of_version_one_is_not_looked_for_in_version_two() {
        let mountinfo = format!(
            "{UNIFIED}\n31 22 0:27 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory"
        );
        let cgroup = "4:memory:/docker/ab/c\n0::/x\n";
        assert_eq!(
            names(cgroup, &mountinfo, "memory"),
            pairs(&[
                ("/c", "/sys/fs/cgroup/memory/c"),
                ("/", "/sys/fs/cgroup/memory"),
            ])
        );
        assert_eq!(names(cgroup, &mountinfo, "pids")[0].0, "/x");
    }

    #[test]
    fn a_path_that_the_namespace_hides_is_that_of_the_mount() {
        let mountinfo = "31 22 0:27 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup rw";
        assert_eq!(
            names("0::/../../elsewhere", mountinfo, "memory"),
            pairs(&[("/", "/sys/fs/cgroup")])
        );
    }

    #[test]
    fn a_path_of_any_bytes_is_found() {
        // Somebody's memory stick is mounted beside, and the group has a name of its own time.
        let mountinfo = b"29 22 0:25 / /media/caf\xe9 rw - tmpfs tmpfs rw\n\
            30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        let groups = listed(b"0::/caf\xe9\n", &mounts::parse(mountinfo), "memory");
        assert_eq!(
            groups[0].directory.as_os_str().as_bytes(),
            b"/sys/fs/cgroup/caf\xe9"
        );
        assert_eq!(groups.len(), 2);
    }

    #[test]
    fn no_group_is_found_where_there_is_none() {
        assert_eq!(names("", UNIFIED, "memory"), []);
        assert_eq!(names("0::/a", "", "memory"), []);
    }
}
