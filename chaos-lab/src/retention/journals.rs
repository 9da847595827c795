//! The rotated files of a journal.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The extensions of compressed files.
const COMPRESSED: [&str; 4] = [".gz", ".zst", ".xz", ".bz2"];

/// The rotated files of a journal, in the order of their names.
pub(super) fn rotated(journal: &Path) -> io::Result<Vec<PathBuf>> {
    let journal = std::path::absolute(journal)?;
    let parts = journal.parent().zip(journal.file_name());
    let (directory, journal) = parts.ok_or(io::ErrorKind::IsADirectory)?;
    let mut rotated = Vec::new();
    for entry in fs::read_dir(directory)? {
        let (entry, journal) = (entry?, journal.to_string_lossy());
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(&*journal));
        if rest.is_some_and(is_number_or_date) && entry.file_type()?.is_file() {
            rotated.push(entry.path());
        }
    }
    rotated.sort();
    Ok(rotated)
}

/// Whether a name goes on with a number or a date, as in `.1` or `-2026-11-30.gz`.
fn is_number_or_date(rest: &str) -> bool {
    let plain = COMPRESSED
        .iter()
        .find_map(|ending| rest.strip_suffix(ending));
    let number = plain
        .unwrap_or(rest)
        .strip_prefix(['.', '-'])
        .unwrap_or_default();
    number.starts_with(|c: char| c.is_ascii_digit())
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || "-_T:".contains(c))
}
