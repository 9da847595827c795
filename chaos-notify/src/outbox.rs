//! The outbox: a directory with a file for each message that a receiver has not accepted yet.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::receiver::ReceiverName;

/// The directory, inside the outbox, of messages that are given up.
const FAILED: &str = "failed";

/// An outbox, which several processes may share.
#[derive(Debug)]
pub(crate) struct Outbox {
    directory: PathBuf,
}

/// What is in a file.
#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    message: Message,
    /// Why it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

/// A message that no other process sends while this value lives; the end of the process ends the claim, too.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) message: Message,
    path: PathBuf,
    _lock: File,
}

impl Outbox {
    /// Opens the outbox in a directory, which is created if there is none.
    pub(crate) fn open(directory: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(directory.join(FAILED))?;
        Ok(Self { directory })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps a message for a receiver.
    pub(crate) fn add(&self, receiver: &ReceiverName, message: &Message) -> io::Result<()> {
        // Names sort by time.
        let (time, id) = (message.time.as_millisecond(), &message.id);
        let path = self
            .directory
            .join(format!("{time:014}-{id}.{receiver}.json"));
        let message = message.clone();
        write(
            &path,
            &Entry {
                message,
                failed: None,
            },
        )
    }

    /// The files of the messages for a receiver, the oldest first.
    pub(crate) fn pending(&self, receiver: &ReceiverName) -> io::Result<Vec<PathBuf>> {
        let end = format!(".{receiver}.json");
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(&end) {
                paths.push(entry.path());
            }
        }
        paths.sort();
        Ok(paths)
    }

    /// Claims the message in a file, unless another process has claimed or delivered it.
    pub(crate) fn claim(&self, path: &Path) -> io::Result<Option<Claim>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Between the two, the process that had the lock may have delivered it.
        if !path.exists() {
            return Ok(None);
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let Ok(Entry { message, .. }) = serde_json::from_str(&text) else {
            let name = path.file_name().unwrap_or_default();
            fs::rename(path, self.directory.join(FAILED).join(name))?;
            let problem = format!(
                "{}: it is no message, and was moved to `failed`",
                path.display()
            );
            return Err(io::Error::other(problem));
        };
        Ok(Some(Claim {
            message,
            path: path.to_owned(),
            _lock: file,
        }))
    }

    /// Removes a message that was delivered.
    pub(crate) fn delivered(&self, claim: Claim) -> io::Result<()> {
        fs::remove_file(claim.path)
    }

    /// Gives a message up: moves it to the directory of these, with the reason.
    pub(crate) fn give_up(&self, claim: Claim, why: String) -> io::Result<()> {
        let name = claim.path.file_name().unwrap_or_default();
        let entry = Entry {
            message: claim.message,
            failed: Some(why),
        };
        write(&self.directory.join(FAILED).join(name), &entry)?;
        fs::remove_file(claim.path)
    }
}

/// Writes a file that is whole or not there, whatever ends the process or the machine.
fn write(path: &Path, entry: &Entry) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    // The new name has to last as well; other systems than Unix can't open a directory.
    #[cfg(unix)]
    if let Some(directory) = path.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}
