//! FakeFiles of the system that are read again and again.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::pressure::{PressureError, PressureKind};

/// A file that tells of a limit, and what came instead of what it tells.
///
/// What can't be read is never taken for a limit that is not there: nobody would know what is left.
#[derive(Debug)]
pub(in crate::pressure) struct UnreadableLimit {
    path: PathBuf,
    source: io::Error,
}

impl UnreadableLimit {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self { path, source }
    }

    /// Why nothing is started without knowing it.
    pub(in crate::pressure) fn refuses(self, kind: PressureKind) -> PressureError {
        PressureError::system(kind, format!("read {}", self.path.display()))(self.source)
    }

    /// Whether there is no such limit: no such file, or none for this group.
    ///
    /// One that may not be looked at may still bind, so that is no sign of it.
    fn is_absence(&self) -> bool {
        let no_device = rustix::io::Errno::NODEV.raw_os_error();
        self.source.kind() == io::ErrorKind::NotFound
            || self.source.raw_os_error() == Some(no_device)
    }
}

/// What was read or opened, unless there is no such file.
fn if_there<T>(found: Result<T, UnreadableLimit>) -> Result<Option<T>, UnreadableLimit> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_absence() => Ok(None),
        Err(error) => Err(error),
    }
}

/// All bytes of a file that is read once; none where there is no such file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, UnreadableLimit> {
    let read = fs::read(path).map_err(|error| UnreadableLimit::new(path, error));
    if_there(read).map(Option::unwrap_or_default)
}

/// Opened once; each reading starts anew, and needs no further descriptor.
#[derive(Debug)]
pub(super) struct LimitFile {
    file: File,
    path: PathBuf,
}

impl LimitFile {
    pub(super) fn open(path: &Path) -> Result<Self, UnreadableLimit> {
        let file = File::open(path).map_err(|error| UnreadableLimit::new(path, error))?;
        let path = path.to_owned();
        Ok(Self { file, path })
    }

    /// The same for a limit that need not be there.
    pub(super) fn open_if_there(path: &Path) -> Result<Option<Self>, UnreadableLimit> {
        if_there(Self::open(path))
    }

    /// What it says now.
    pub(super) fn read(&self) -> Result<String, UnreadableLimit> {
        let mut bytes = Vec::with_capacity(4096);
        let mut piece = [0; 4096];
        loop {
            let read = self.file.read_at(&mut piece, bytes.len() as u64);
            match read.map_err(|error| UnreadableLimit::new(&self.path, error))? {
                0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                read => bytes.extend_from_slice(&piece[..read]),
            }
        }
    }

    /// The number that it says now.
    pub(super) fn number(&self) -> Result<u64, UnreadableLimit> {
        let text = self.read()?;
        let number = text.trim().parse().ok();
        number.ok_or_else(|| self.lacks("a number", &text))
    }

    /// The limit that it says now; none where there is none.
    pub(super) fn limit(&self) -> Result<Option<u64>, UnreadableLimit> {
        let Some(text) = if_there(self.read())? else {
            return Ok(None);
        };
        limit(&text).ok_or_else(|| self.lacks("a number or `max`", &text))
    }

    /// That it says something else than expected.
    pub(super) fn lacks(&self, expected: &str, found: &str) -> UnreadableLimit {
        let start: String = found.trim().chars().take(40).collect();
        let told = format!("expected {expected}, found `{start}`");
        let source = io::Error::new(io::ErrorKind::InvalidData, told);
        UnreadableLimit::new(&self.path, source)
    }
}

/// The number after a key, in a text of `key number` lines; units and colons don't matter.
pub(super) fn entry(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next()?.trim_end_matches(':') == key).then(|| words.next()?.parse().ok())?
    })
}

/// A limit, or that there is none; nothing when it is neither.
///
/// Version one writes a number that no machine has where there is none.
fn limit(text: &str) -> Option<Option<u64>> {
    const NONE: u64 = 1 << 60;
    match text.trim() {
        "max" => Some(None),
        number => {
            let number: u64 = number.parse().ok()?;
            Some((number < NONE).then_some(number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::engine::limits::fake_files::FakeFiles;

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
        assert_eq!(limit("max\n"), Some(None));
        assert_eq!(limit("9223372036854771712\n"), Some(None));
        assert_eq!(limit("1048576\n"), Some(Some(1_048_576)));
        assert_eq!(limit(""), None, "nobody knows");
    }

    #[test]
    fn a_long_file_is_read_to_its_end() {
        let text = format!("{}end 7", "line 1\n".repeat(2_000));
        let files = FakeFiles::new("long-file", &[("long", &text)]);
        let file = LimitFile::open(&files.root().join("long")).unwrap();
        assert_eq!(file.read().unwrap(), text);
        assert_eq!(entry(&file.read().unwrap(), "end"), Some(7));
    }

    #[test]
    fn only_what_is_not_there_is_no_limit() {
        let files = FakeFiles::new("no-limit", &[("there", "max\n"), ("odd", "maximum\n")]);
        let at = |path: &str| files.root().join(path);
        let open = |path: &str| LimitFile::open_if_there(&at(path));
        assert!(open("not-there").unwrap().is_none());
        assert_eq!(open("there").unwrap().unwrap().limit().unwrap(), None);
        assert_eq!(bytes(&at("not-there")).unwrap(), b"");
        let refused =
            |unreadable: UnreadableLimit| unreadable.refuses(PressureKind::Memory).to_string();
        let odd = open("odd").unwrap().unwrap().limit().unwrap_err();
        assert_eq!(
            refused(odd),
            format!(
                "memory pressure: can't read {}: expected a number or `max`, found `maximum`",
                at("odd").display()
            )
        );
        // A directory can be opened, and not read.
        let directory = LimitFile::open(files.root()).unwrap();
        assert!(refused(directory.limit().unwrap_err()).contains("directory"));
        assert!(bytes(files.root()).is_err());
    }
}
