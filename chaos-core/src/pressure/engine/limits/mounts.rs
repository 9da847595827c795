//! The mounts of control group hierarchies.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A control group hierarchy from a line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// The path of the group at the mount point.
    pub(super) root: PathBuf,
    pub(super) point: PathBuf,
    pub(super) version: MountVersion,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MountVersion {
    V1 { controllers: Vec<String> },
    V2,
}

/// Parses the control group mounts; paths may contain any bytes.
pub(super) fn parse(mountinfo: &[u8]) -> Vec<Mount> {
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(parse_line)
        .collect()
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    const SEPARATOR: &[u8] = b" - ";
    let separator = line
        .windows(SEPARATOR.len())
        .position(|at| at == SEPARATOR)?;
    let mut paths = line[..separator].split(|byte| *byte == b' ').skip(3);
    let (root, point) = (paths.next()?, paths.next()?);
    let file_system = String::from_utf8_lossy(&line[separator + SEPARATOR.len()..]);
    let mut file_system = file_system.split(' ');
    let version = match (file_system.next()?, file_system.nth(1)) {
        ("cgroup2", _) => MountVersion::V2,
        ("cgroup", Some(options)) => MountVersion::V1 {
            controllers: options.split(',').map(str::to_owned).collect(),
        },
        _ => return None,
    };
    Some(Mount {
        root: unescape(root),
        point: unescape(point),
        version,
    })
}

/// Decodes blanks and other characters that are written as three octal digits.
fn unescape(path: &[u8]) -> PathBuf {
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
        assert_eq!(mounts[0].version, MountVersion::V2);
        assert_eq!(mounts[1].root, Path::new("/docker/ab"));
        assert_eq!(mounts[1].point, Path::new("/sys/fs/cgroup/my memory"));
        assert!(
            matches!(&mounts[2].version, MountVersion::V1 { controllers } if controllers.contains(&"cpuacct".to_owned()))
        );
    }

    #[test]
    fn incomplete_lines_are_ignored() {
        assert_eq!(parse(b"30 22 0:26 / - cgroup2\n\nx"), []);
    }

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(unescape(br"/a\134040b\011"), Path::new("/a\\040b\t"));
        assert_eq!(unescape(br"/half\04"), Path::new(r"/half\04"));
        assert_eq!(unescape(b"/caf\xe9").into_os_string().len(), 5);
    }
}
