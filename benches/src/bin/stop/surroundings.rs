//! What a row needs outside of its process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use chaos_benches::control_group::Group;

use crate::held_up::{self, HeldUp, SilentMount};

/// What surrounds the processes of a row; all of it goes when this is dropped.
pub(crate) enum Surroundings {
    Plain,
    Quota(Group),
    FakedClock { library: PathBuf, offset: PathBuf },
}

impl Surroundings {
    /// # Errors
    ///
    /// Returns what the machine lacks for this row.
    pub(crate) fn of(held_up: HeldUp) -> Result<Self, String> {
        match held_up {
            HeldUp::Processor => Group::with_half_a_core()
                .map(Self::Quota)
                .ok_or_else(|| "no control group can be created".to_owned()),
            HeldUp::Clock => {
                let library = faketime().ok_or("`libfaketime` is not installed")?;
                let offset = temporary("clock");
                held_up::jump(&offset, "+0");
                Ok(Self::FakedClock { library, offset })
            }
            HeldUp::Stat => {
                let directory = temporary("mount");
                let tried = std::fs::create_dir(&directory)
                    .and_then(|()| SilentMount::over(&directory).map(drop));
                let _ = std::fs::remove_dir(&directory);
                tried.map_err(|error| format!("no FUSE mount: {error}"))?;
                Ok(Self::Plain)
            }
            _ => Ok(Self::Plain),
        }
    }

    /// What else the name of the row says.
    pub(crate) fn note(&self) -> &'static str {
        match self {
            Self::Quota(group) if group.is_version_1() => ", v1 group",
            Self::Quota(_) => ", v2 group",
            Self::Plain | Self::FakedClock { .. } => "",
        }
    }

    /// Surrounds a process that this program will be.
    pub(crate) fn surround(&self, command: &mut Command) {
        match self {
            Self::Plain => {}
            Self::Quota(group) => {
                command.arg(group.path());
            }
            Self::FakedClock { library, offset } => {
                command
                    .env("LD_PRELOAD", library)
                    .env(held_up::OFFSET_FILE, offset)
                    .envs(["FAKETIME_NO_CACHE", "NO_FAKE_STAT"].map(|name| (name, "1")))
                    // One name is that of old versions.
                    .envs(
                        ["FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC"]
                            .map(|name| (name, "1")),
                    );
            }
        }
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        if let Self::FakedClock { offset, .. } = self {
            let _ = std::fs::remove_file(offset);
        }
    }
}

fn temporary(name: &str) -> PathBuf {
    let name = format!("chaos-stop-{name}-{}", std::process::id());
    std::env::temp_dir().join(name)
}

/// The library that fakes time, where Debian and others put it.
fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    let by_architecture = folders.filter_map(|folder| Some(folder.ok()?.file_name()));
    std::iter::once(OsString::from("."))
        .chain(by_architecture)
        .map(|folder| {
            let library = Path::new("faketime/libfaketimeMT.so.1");
            Path::new("/usr/lib").join(folder).join(library)
        })
        .find(|library| library.exists())
}
