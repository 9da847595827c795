//! Files of the system that are read again and again.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Opened once; each reading starts anew, and needs no further descriptor.
#[derive(Debug)]
pub(super) struct KeptFile(File);

impl KeptFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(Self)
    }

    /// What it says now.
    pub(super) fn read(&self) -> io::Result<String> {
        let mut bytes = Vec::with_capacity(4096);
        let mut piece = [0; 4096];
        loop {
            match self.0.read_at(&mut piece, bytes.len() as u64)? {
                0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                read => bytes.extend_from_slice(&piece[..read]),
            }
        }
    }
}

/// The number after a key, in a text of `key number` lines; units and colons don't matter.
pub(super) fn entry(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next()?.trim_end_matches(':') == key).then(|| words.next()?.parse().ok())?
    })
}

/// A limit: a number, unless there is none.
///
/// Version one writes a number that no machine has where there is none.
pub(super) fn limit(text: &str) -> Option<u64> {
    const NONE: u64 = 1 << 60;
    text.trim().parse().ok().filter(|limit| *limit < NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_their_whole_key() {
        let text = "MemTotal:       24000 kB\nMemFree: 5 kB\ninactive_file 77\n";
        assert_eq!(entry(text, "MemTotal"), Some(24_000));
        assert_eq!(entry(text, "inactive_file"), Some(77));
        assert_eq!(entry(text, "Mem"), None);
        assert_eq!(entry("x", "x"), None);
    }

    #[test]
    fn no_limit_is_written_in_two_ways() {
        assert_eq!(limit("max\n"), None);
        assert_eq!(limit("9223372036854771712\n"), None);
        assert_eq!(limit("1048576\n"), Some(1_048_576));
    }
}
