//! The file to which each change is appended before it happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chaos_core::{Attribution, Error};
use serde::Serialize;

use crate::AdminError;

/// The file to which each change is appended.
#[derive(Debug)]
pub(crate) struct Audit {
    path: PathBuf,
    file: File,
}

/// What is changed, by whom and why.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) change: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) experiments: Vec<String>,
    #[serde(flatten)]
    pub(crate) attribution: Attribution,
}

#[derive(Serialize)]
struct Line<'a> {
    /// Seconds since 1970.
    at: f64,
    #[serde(flatten)]
    change: &'a Change,
    /// Why it did not happen after all.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

impl Audit {
    pub(crate) fn append(path: &Path) -> Result<Self, AdminError> {
        let opened = OpenOptions::new().append(true).create(true).open(path);
        let file = opened.map_err(|source| AdminError::Audit {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Appends a change, or that it was refused, and returns once it is on disk.
    pub(crate) fn write(&mut self, change: &Change, refused: Option<&Error>) -> io::Result<()> {
        let at = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let line = Line {
            at: at.as_secs_f64(),
            change,
            refused: refused.map(Error::to_string),
        };
        let mut line = serde_json::to_vec(&line)?;
        line.push(b'\n');
        // One call, so that lines of several processes do not mix.
        self.file.write_all(&line)?;
        self.file.sync_data()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
