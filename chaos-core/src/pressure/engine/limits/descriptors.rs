//! The limit on file descriptors.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::bound::Bound;
use super::limit_file::UnreadableLimit;

/// Returns the limit on the descriptors of this process, if there is one.
pub(in crate::pressure) fn descriptor_bound() -> Result<Option<Bound>, UnreadableLimit> {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return Ok(None);
    };
    let open = Path::new("/proc/self/fd");
    let used = std::fs::read_dir(open).map_err(|error| UnreadableLimit::new(open, error))?;
    Ok(Some(Bound {
        name: "RLIMIT_NOFILE".to_owned(),
        limit,
        used: used.count() as u64,
    }))
}
