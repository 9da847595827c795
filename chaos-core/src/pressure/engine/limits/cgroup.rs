//! The control groups of this process, from its own up to the topmost visible one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::limit_file::{UnreadableLimit, read_if_present};
use super::mounts::{self, Mount, MountVersion};

/// A control group and its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) directory: PathBuf,
    /// The path within the hierarchy, as messages name the group.
    pub(super) name: String,
    pub(super) version: GroupVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupVersion {
    V1,
    V2,
}

/// Returns the groups that limit this process in the resource of a controller, its own group first.
pub(super) fn groups(root: &Path, controller: &str) -> Result<Vec<Group>, UnreadableLimit> {
    let mut groups = parse_groups(
        &read_if_present(&root.join("proc/self/cgroup"))?,
        &mounts::parse(&read_if_present(&root.join("proc/self/mountinfo"))?),
        controller,
    );
    for group in &mut groups {
        let relative = group
            .directory
            .strip_prefix("/")
            .unwrap_or(&group.directory);
        group.directory = root.join(relative);
    }
    Ok(groups)
}

/// Parses the groups from the content of `/proc/self/cgroup`; paths may contain any bytes.
fn parse_groups(cgroup: &[u8], mounts: &[Mount], controller: &str) -> Vec<Group> {
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
        } else if controllers.any(|name| name == controller.as_bytes()) {
            // A controller of a version one hierarchy is not available in version two.
            let mount = mounts.iter().find(|mount| {
                matches!(&mount.version, MountVersion::V1 { controllers } if controllers.iter().any(|name| name == controller))
            });
            return mount.map_or_else(Vec::new, |mount| ancestors(mount, path, GroupVersion::V1));
        }
    }
    let mount = mounts
        .iter()
        .find(|mount| mount.version == MountVersion::V2);
    match (mount, unified) {
        (Some(mount), Some(path)) => ancestors(mount, path, GroupVersion::V2),
        _ => Vec::new(),
    }
}

/// Returns the group at `path` and all groups above it.
fn ancestors(mount: &Mount, path: &Path, version: GroupVersion) -> Vec<Group> {
    // In a namespace that hides the groups above, the path lacks the root: the mount point is our own group.
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
        parse_groups(
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
    fn every_ancestor_is_returned_own_group_first() {
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
    fn a_version_one_controller_is_not_searched_in_version_two() {
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
    fn a_path_hidden_by_the_namespace_is_the_mount_point() {
        let mountinfo = "31 22 0:27 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup rw";
        assert_eq!(
            names("0::/../../elsewhere", mountinfo, "memory"),
            pairs(&[("/", "/sys/fs/cgroup")])
        );
    }

    #[test]
    fn paths_may_contain_any_bytes() {
        // Neither the other mount nor the group has a name in UTF-8.
        let mountinfo = b"29 22 0:25 / /media/caf\xe9 rw - tmpfs tmpfs rw\n\
            30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        let groups = parse_groups(b"0::/caf\xe9\n", &mounts::parse(mountinfo), "memory");
        assert_eq!(
            groups[0].directory.as_os_str().as_bytes(),
            b"/sys/fs/cgroup/caf\xe9"
        );
        assert_eq!(groups.len(), 2);
    }

    #[test]
    fn a_process_without_groups_has_none() {
        assert_eq!(names("", UNIFIED, "memory"), []);
        assert_eq!(names("0::/a", "", "memory"), []);
    }
}
