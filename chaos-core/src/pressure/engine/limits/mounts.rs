//! Where control groups are mounted.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// One line of `/proc/self/mountinfo`, as far as it is about control groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// Target group is at the mount point.
    pub(super) root: PathBuf,
    pub(super) point: PathBuf,
    pub(super) version: Version,
}

/// Target kind of hierarchy it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Version {
    One { controllers: Vec<String> },
    Two,
}

/// The control groups among the mounts; the paths of the others may be of any bytes.
pub(super) fn parse(mountinfo: &[u8]) -> Vec<Mount> {
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(line)
        .collect()
}

fn line(line: &[u8]) -> Option<Mount> {
    const BETWEEN: &[u8] = b" - ";
    let between = line.windows(BETWEEN.len()).position(|at| at == BETWEEN)?;
    let mut place = line[..between].split(|byte| *byte == b' ').skip(3);
    let (root, point) = (place.next()?, place.next()?);
    let kind = String::from_utf8_lossy(&line[between + BETWEEN.len()..]);
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
fn unescaped(path: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    loop {
        rest = match rest {
            [] => return PathBuf::from(OsString::from_vec(bytes)),
            [
                b'\\',
                high @ b'0'..=b'3',
                middle @ b'0'..=b'7',
                low @ b'0'..=b'7',
                rest @ ..,
            ] => {
                bytes.push((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'));
                rest
            }
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn both_versions_are_found_among_other_mounts() {
        let mounts = parse(
            b"22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
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
        assert_eq!(parse(b"30 22 0:26 / - cgroup2\n\nx"), []);
    }

    #[test]
    fn what_is_escaped_is_read_once() {
        assert_eq!(unescaped(br"/a\134040b\011"), Path::new("/a\\040b\t"));
        assert_eq!(unescaped(br"/half\04"), Path::new(r"/half\04"));
        assert_eq!(unescaped(b"/caf\xe9").into_os_string().len(), 5);
    }
}
