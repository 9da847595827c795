//! How many file descriptors there may be.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::bound::Bound;
use super::kept_file::Unreadable;

/// What bounds the descriptors of this process, if anything does.
pub(in crate::pressure) fn descriptor_bound() -> Result<Option<Bound>, Unreadable> {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return Ok(None);
    };
    let open = Path::new("/proc/self/fd");
    let used = std::fs::read_dir(open).map_err(|error| Unreadable::new(open, error))?;
    Ok(Some(Bound {
        name: "RLIMIT_NOFILE".to_owned(),
        limit,
        used: used.count() as u64,
    }))
}
