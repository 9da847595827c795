//! Unix sockets that only the user of the process can open.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::AdminError;

/// The file of a bound socket: dropping it removes the file, unless another process has replaced it.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

/// Binds a socket, in place of one on which no process answers.
pub(super) fn bind(path: &Path) -> Result<(UnixListener, SocketFile), AdminError> {
    check_free(path)?;
    let failed = |source| AdminError::Bind {
        address: format!("unix:{}", path.display()),
        source,
    };
    // Moved to its path only when its mode is right, so that no other user can open it in between.
    let directory = private_directory(path).map_err(failed)?;
    let bound = bind_within(&directory, path);
    let _ = fs::remove_dir_all(&directory);
    bound.map_err(failed)
}

/// Refuses a path where a process answers, or where something else is.
fn check_free(path: &Path) -> Result<(), AdminError> {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let path = path.to_owned();
    if !found.file_type().is_socket() {
        return Err(AdminError::NotASocket { path });
    }
    match UnixStream::connect(&path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(_) | Err(_) => Err(AdminError::InUse { path }),
    }
}

fn private_directory(path: &Path) -> io::Result<PathBuf> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let directory = parent.join(format!(".chaos-{}-{}", std::process::id(), now.as_nanos()));
    DirBuilder::new().mode(0o700).create(&directory)?;
    Ok(directory)
}

fn bind_within(directory: &Path, path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let within = directory.join("s");
    let listener = UnixListener::bind(&within)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(&within, fs::Permissions::from_mode(0o600))?;
    fs::rename(&within, path)?;
    let file = SocketFile {
        identity: identity(&fs::symlink_metadata(path)?),
        path: path.to_owned(),
    };
    Ok((listener, file))
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| identity(&found) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_user_can_open_a_socket() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.sock");
        let (_listener, file) = bind(&path).unwrap();
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(UnixStream::connect(&path).is_ok());
        drop(file);
        assert!(!path.exists());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_stale_socket_is_replaced_and_one_in_use_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.sock");
        // Its file stays when the listener is dropped.
        drop(UnixListener::bind(&path).unwrap());
        let (_listener, _file) = bind(&path).unwrap();
        let refused = bind(&path).unwrap_err();
        assert!(matches!(refused, AdminError::InUse { .. }), "{refused}");
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn a_file_that_is_no_socket_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.sock");
        fs::write(&path, "precious").unwrap();
        let refused = bind(&path).unwrap_err();
        assert!(
            matches!(refused, AdminError::NotASocket { .. }),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn the_socket_of_another_process_is_not_removed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.sock");
        let (listener, file) = bind(&path).unwrap();
        drop(listener);
        let (_other, _kept) = bind(&path).unwrap();
        drop(file);
        assert!(UnixStream::connect(&path).is_ok());
    }
}
