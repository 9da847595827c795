//! The file of a schedule, to which lines are only appended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{ScheduleError, ScheduleEvent};

/// The version of the format.
const VERSION: u64 = 1;

/// The file, and how far it was read.
#[derive(Debug)]
pub(super) struct ScheduleLog {
    path: PathBuf,
    offset: u64,
    ended_lines: usize,
    has_version: bool,
    /// Whether the last line is cut off; a later writer begins with the version.
    is_cut_off: bool,
}

impl ScheduleLog {
    pub(super) fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            offset: 0,
            ended_lines: 0,
            has_version: false,
            is_cut_off: false,
        }
    }

    /// Reads what was appended since the last call; a file that does not exist yet is empty.
    pub(super) fn read(&mut self) -> Result<Vec<ScheduleEvent>, ScheduleError> {
        let mut bytes = Vec::new();
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.offset == 0 => {
                return Ok(Vec::new());
            }
            opened => opened.map_err(|error| self.failed(error))?,
        };
        let length = file.metadata().map_err(|error| self.failed(error))?.len();
        if length < self.offset {
            return Err(ScheduleError::Shortened(self.path.clone()));
        }
        if length > self.offset {
            let read = file.seek(SeekFrom::Start(self.offset));
            read.and_then(|_| file.read_to_end(&mut bytes))
                .map_err(|error| self.failed(error))?;
        }
        let mut events = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = line.strip_suffix(b"\n");
            let parsed = self.parse(text.unwrap_or(line));
            // A last line without an end counts if it is whole. The rest of any other may still come.
            if text.is_none() && !matches!(parsed, Ok(Some(_))) {
                break;
            }
            events.extend(parsed.map_err(|problem| ScheduleError::Line {
                path: self.path.clone(),
                line: self.ended_lines + 1,
                problem,
            })?);
            self.offset += line.len() as u64;
            self.ended_lines += usize::from(text.is_some());
        }
        Ok(events)
    }

    fn parse(&mut self, text: &[u8]) -> Result<Option<ScheduleEvent>, String> {
        let value: Value = match serde_json::from_slice(text) {
            // A kill cut it off, and a later writer began a new line.
            Err(error) if error.is_eof() => {
                self.is_cut_off = true;
                return Ok(None);
            }
            parsed => parsed.map_err(|error| error.to_string())?,
        };
        match value.get("version").map(Value::as_u64) {
            None if self.is_cut_off => Err("the line before it is cut off".to_owned()),
            None if self.has_version => {
                let event = serde_json::from_value(value);
                event.map(Some).map_err(|error| error.to_string())
            }
            None => Err("expected the version first, as `{\"version\":1}`".to_owned()),
            Some(Some(VERSION)) => {
                self.has_version = true;
                self.is_cut_off = false;
                Ok(None)
            }
            Some(_) => Err(format!(
                "the version is {}, but this program reads schedules of version {VERSION}",
                value["version"]
            )),
        }
    }

    /// Appends events, all of them or none.
    pub(super) fn append(&self, events: &[ScheduleEvent]) -> Result<(), ScheduleError> {
        if events.is_empty() {
            return Ok(());
        }
        self.try_append(events).map_err(|error| self.failed(error))
    }

    fn try_append(&self, events: &[ScheduleEvent]) -> io::Result<()> {
        let mut file = self.open()?;
        let mut text = Vec::new();
        let mut last = [b'\n'];
        let length = file.metadata()?.len();
        if length > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let is_cut_off = last != [b'\n'];
        if is_cut_off {
            text.push(b'\n');
        }
        if length == 0 || is_cut_off {
            writeln!(text, "{}", json!({ "version": VERSION }))?;
        }
        for event in events {
            serde_json::to_writer(&mut text, event)?;
            text.push(b'\n');
        }
        // One write, so that a kill leaves whole lines, and at most one that is cut off.
        file.write_all(&text)?;
        // A run that has started must not start again after a loss of power.
        file.sync_data()
    }

    /// Locks the file until the lock is dropped.
    pub(super) fn lock(&self) -> Result<File, ScheduleError> {
        let file = self.open().map_err(|error| self.failed(error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(ScheduleError::Locked(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(self.failed(error)),
        }
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options
            .append(true)
            .create(true)
            .read(true)
            .open(&self.path)
    }

    fn failed(&self, source: io::Error) -> ScheduleError {
        let path = self.path.clone();
        ScheduleError::File { path, source }
    }
}
