//! Files without a name, which disappear with the process however it ends.

use std::fs::{File, OpenOptions, remove_file};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Creates a file without a name in the file system of `directory`.
pub(super) fn unnamed_file(directory: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(directory, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(File::from(file)),
        // The errors of file systems and kernels that do not support such files.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::ISDIR | rustix::io::Errno::INVAL) => {
            unlinked_file(directory)
        }
        Err(error) => Err(error.into()),
    }
}

/// Creates a file and removes its name at once.
fn unlinked_file(directory: &Path) -> io::Result<File> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = directory.join(format!(".chaos-{}-{number}", std::process::id()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn unnamed_files_leave_no_name_and_are_not_inherited() {
        let directory = std::env::temp_dir().join(format!("chaos-unnamed-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        for mut file in [
            unnamed_file(&directory).unwrap(),
            unlinked_file(&directory).unwrap(),
        ] {
            file.write_all(b"there").unwrap();
            file.rewind().unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "there");
            assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
            let flags = rustix::io::fcntl_getfd(&file).unwrap();
            assert!(
                flags.contains(rustix::io::FdFlags::CLOEXEC),
                "a child process inherits it"
            );
        }
        std::fs::remove_dir(&directory).unwrap();
    }
}
