//! A memory mapping that is touched little by little.

use std::io;

use memmap2::{Advice, MmapMut};

/// The size of a mapping, which is given back as a whole: thousands of small mappings would be slow to unmap.
pub(super) const CHUNK: u64 = 16 << 20;

/// The memory that touching one byte takes.
pub(super) const PAGE: u64 = 4096;

/// A mapping whose first part is resident.
pub(super) struct Chunk {
    map: MmapMut,
    touched: usize,
}

impl Chunk {
    /// Maps `bytes` without touching them.
    pub(super) fn map(bytes: u64) -> io::Result<Self> {
        let map = MmapMut::map_anon(usize::try_from(bytes).unwrap_or(usize::MAX))?;
        // Keeps the memory out of core dumps and child processes; a refusal costs only that.
        let _ = map.advise(Advice::DontDump);
        let _ = map.advise(Advice::DontFork);
        Ok(Self { map, touched: 0 })
    }

    /// Returns the resident bytes.
    pub(super) fn touched(&self) -> u64 {
        self.touched as u64
    }

    /// Returns the bytes that are only mapped.
    pub(super) fn left(&self) -> u64 {
        (self.map.len() - self.touched) as u64
    }

    /// Touches up to `bytes` more, and returns how many.
    pub(super) fn touch(&mut self, bytes: u64) -> u64 {
        let bytes = bytes.min(self.left());
        let end = self.touched + bytes as usize;
        let first = self.touched.next_multiple_of(PAGE as usize);
        for start in (first..end).step_by(PAGE as usize) {
            // Every page gets different content: the system may merge equal pages.
            let mark = (self.map.as_ptr() as usize + start).to_ne_bytes();
            let page = &mut self.map[start..];
            let length = page.len().min(mark.len());
            page[..length].copy_from_slice(&mark[..length]);
        }
        self.touched = end;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines of `/proc/self/smaps` about the mapping of this chunk.
    fn smaps_of(chunk: &Chunk) -> Vec<String> {
        let address = chunk.map.as_ptr() as usize;
        let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let range = |line: &str| {
            let (start, end) = line.split_once(' ')?.0.split_once('-')?;
            let number = |text| usize::from_str_radix(text, 16).ok();
            Some(number(start)?..number(end)?)
        };
        smaps
            .lines()
            .skip_while(|line| !range(line).is_some_and(|range| range.contains(&address)))
            .skip(1)
            .take_while(|line| range(line).is_none())
            .map(str::to_owned)
            .collect()
    }

    fn resident(chunk: &Chunk) -> u64 {
        let smaps = smaps_of(chunk);
        let line = smaps.iter().find(|line| line.starts_with("Rss:")).unwrap();
        let kibibytes = line.split_ascii_whitespace().nth(1).unwrap();
        kibibytes.parse::<u64>().unwrap() * 1024
    }

    #[test]
    fn core_dumps_and_child_processes_do_not_include_the_memory() {
        let chunk = Chunk::map(8 * CHUNK).unwrap();
        let smaps = smaps_of(&chunk);
        let flags = smaps.iter().find(|line| line.starts_with("VmFlags:"));
        let flags: Vec<_> = flags.unwrap().split_ascii_whitespace().collect();
        assert!(flags.contains(&"dd"), "DONTDUMP: {flags:?}");
        assert!(flags.contains(&"dc"), "DONTFORK: {flags:?}");
    }

    #[test]
    fn only_touched_pages_are_resident() {
        let mut chunk = Chunk::map(CHUNK).unwrap();
        // With huge pages, touching the first byte would make all of it resident.
        let _ = chunk.map.advise(Advice::NoHugePage);
        let before = resident(&chunk);
        assert_eq!(chunk.touch(100 * PAGE + 1), 100 * PAGE + 1);
        assert_eq!(resident(&chunk) - before, 101 * PAGE);
        // The rest of a page is resident with its first byte.
        assert_eq!(chunk.touch(PAGE - 1), PAGE - 1);
        assert_eq!(resident(&chunk) - before, 101 * PAGE);
        assert_eq!(chunk.left(), CHUNK - 101 * PAGE);
        assert_eq!(chunk.touch(u64::MAX), CHUNK - 101 * PAGE);
        assert_eq!((chunk.touched(), chunk.left()), (CHUNK, 0));
        assert_eq!(resident(&chunk) - before, CHUNK);
    }
}
