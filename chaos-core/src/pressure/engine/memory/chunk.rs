//! A piece of memory that is mapped at once and touched little by little.

use std::io;

use memmap2::{Advice, MmapMut};

/// How much is mapped at a time, and so given back at a time: thousands of small mappings would be slow to give back.
pub(super) const CHUNK: u64 = 16 << 20;

/// What is taken when one byte of it is touched.
pub(super) const PAGE: u64 = 4096;

/// A mapping, of which the first part is really there.
pub(super) struct Chunk {
    map: MmapMut,
    touched: usize,
}

impl Chunk {
    /// Maps so many bytes, and touches none of them.
    pub(super) fn map(bytes: u64) -> io::Result<Self> {
        let map = MmapMut::map_anon(usize::try_from(bytes).unwrap_or(usize::MAX))?;
        // Neither a core dump nor a child is to hold it, too. A refusal costs only that.
        let _ = map.advise(Advice::DontDump);
        let _ = map.advise(Advice::DontFork);
        Ok(Self { map, touched: 0 })
    }

    /// How much of it is really there.
    pub(super) fn touched(&self) -> u64 {
        self.touched as u64
    }

    /// How much of it is only mapped.
    pub(super) fn left(&self) -> u64 {
        (self.map.len() - self.touched) as u64
    }

    /// Touches so many bytes more, as far as there are some left; says how many.
    pub(super) fn touch(&mut self, bytes: u64) -> u64 {
        let bytes = bytes.min(self.left());
        let end = self.touched + bytes as usize;
        let first = self.touched.next_multiple_of(PAGE as usize);
        for start in (first..end).step_by(PAGE as usize) {
            // Pages of their own each: equal ones may be merged.
            let mark = (self.map.as_ptr() as usize + start).to_ne_bytes();
            let room = &mut self.map[start..];
            let length = room.len().min(mark.len());
            room[..length].copy_from_slice(&mark[..length]);
        }
        self.touched = end;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the system says of the mapping that this address is in, line by line.
    fn told_of(chunk: &Chunk) -> Vec<String> {
        let at = chunk.map.as_ptr() as usize;
        let told = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let range = |line: &str| {
            let (start, end) = line.split_once(' ')?.0.split_once('-')?;
            let number = |text| usize::from_str_radix(text, 16).ok();
            Some(number(start)?..number(end)?)
        };
        told.lines()
            .skip_while(|line| !range(line).is_some_and(|range| range.contains(&at)))
            .skip(1)
            .take_while(|line| range(line).is_none())
            .map(str::to_owned)
            .collect()
    }

    fn resident(chunk: &Chunk) -> u64 {
        let told = told_of(chunk);
        let line = told.iter().find(|line| line.starts_with("Rss:")).unwrap();
        let kibibytes = line.split_ascii_whitespace().nth(1).unwrap();
        kibibytes.parse::<u64>().unwrap() * 1024
    }

    #[test]
    fn neither_a_core_dump_nor_a_child_holds_it() {
        let chunk = Chunk::map(8 * CHUNK).unwrap();
        let told = told_of(&chunk);
        let flags = told.iter().find(|line| line.starts_with("VmFlags:"));
        let flags: Vec<_> = flags.unwrap().split_ascii_whitespace().collect();
        assert!(flags.contains(&"dd"), "DONTDUMP: {flags:?}");
        assert!(flags.contains(&"dc"), "DONTFORK: {flags:?}");
    }

    #[test]
    fn it_is_there_as_far_as_it_is_touched() {
        let mut chunk = Chunk::map(CHUNK).unwrap();
        // Where pages are huge, the first of them is all of it.
        let _ = chunk.map.advise(Advice::NoHugePage);
        let before = resident(&chunk);
        assert_eq!(chunk.touch(100 * PAGE + 1), 100 * PAGE + 1);
        assert_eq!(resident(&chunk) - before, 101 * PAGE);
        // The rest of a page comes with its first byte.
        assert_eq!(chunk.touch(PAGE - 1), PAGE - 1);
        assert_eq!(resident(&chunk) - before, 101 * PAGE);
        assert_eq!(chunk.left(), CHUNK - 101 * PAGE);
        assert_eq!(chunk.touch(u64::MAX), CHUNK - 101 * PAGE);
        assert_eq!((chunk.touched(), chunk.left()), (CHUNK, 0));
        assert_eq!(resident(&chunk) - before, CHUNK);
    }
}
