//! Where control groups are mounted.

use std::path::{Path, PathBuf};

/// One line of `/proc/self/mountinfo`, as far as it is about control groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// Which group is at the mount point.
    pub(super) root: PathBuf,
    pub(super) point: PathBuf,
    pub(super) version: Version,
}

/// Which kind of hierarchy it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Version {
    One { controllers: Vec<String> },
    Two,
}

/// The control groups among the mounts.
pub(super) fn parse(mountinfo: &str) -> Vec<Mount> {
    mountinfo.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (place.next()?, place.next()?);
    let mut kind = kind.split(' ');
    let version = match (kind.next()?, kind.nth(1)) {
        ("cgroup2", _) => Version::Two,
        ("cgroup", Some(options)) => Version::One {
            controllers: options.split(',').map(str::to_owned).collect(),
        },
        _ => return None,
    };
    Some(Mount {
        root: unescaped(root),
        point: unescaped(point),
        version,
    })
}

/// Blanks and the like are written as three octal digits.
fn unescaped(path: &str) -> PathBuf {
    let path = path
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
    Path::new(&path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_found_among_other_mounts() {
        let mounts = parse(
            "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
             30 22 0:26 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n\
             31 22 0:27 /docker/ab /sys/fs/cgroup/my\\040memory ro master:10 - cgroup cgroup rw,memory\n\
             32 22 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n",
        );
        assert_eq!(mounts.len(), 3);
        assert_eq!(mounts[0].version, Version::Two);
        assert_eq!(mounts[1].root, Path::new("/docker/ab"));
        assert_eq!(mounts[1].point, Path::new("/sys/fs/cgroup/my memory"));
        assert!(
            matches!(&mounts[2].version, Version::One { controllers } if controllers.contains(&"cpuacct".to_owned()))
        );
    }

    #[test]
    fn half_a_line_is_no_mount() {
        assert_eq!(parse("30 22 0:26 / - cgroup2\n\nx"), []);
    }
}
