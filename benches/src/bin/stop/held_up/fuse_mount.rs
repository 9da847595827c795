//! A file system that answers nothing.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A FUSE mount whose requests are never read; dropping it fails them all and takes it away.
pub(crate) struct SilentMount {
    requests: Option<File>,
    directory: PathBuf,
}

impl SilentMount {
    pub(crate) fn over(directory: &Path) -> io::Result<Self> {
        let requests = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/fuse")?;
        let descriptor = requests.as_raw_fd();
        let options = format!("fd={descriptor},rootmode=40000,user_id=0,group_id=0");
        let options = CString::new(options)?;
        mount(
            "chaos-bench",
            directory,
            "fuse",
            MountFlags::NOSUID | MountFlags::NODEV,
            options.as_c_str(),
        )?;
        Ok(Self {
            requests: Some(requests),
            directory: directory.to_owned(),
        })
    }
}

impl Drop for SilentMount {
    fn drop(&mut self) {
        drop(self.requests.take());
        take_away(&self.directory);
    }
}

/// Takes a mount away, also one that a killed process left behind.
pub(crate) fn take_away(directory: &Path) {
    let _ = unmount(directory, UnmountFlags::DETACH);
}
