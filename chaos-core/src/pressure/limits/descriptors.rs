//! How many file descriptors there may be.

use rustix::process::{Resource, getrlimit};

use super::Bound;

/// What bounds the descriptors of this process; nothing when nobody can tell how many are open.
pub(in crate::pressure) fn descriptor_bound() -> Option<Bound> {
    Some(Bound {
        name: "RLIMIT_NOFILE".to_owned(),
        limit: getrlimit(Resource::Nofile).current?,
        used: std::fs::read_dir("/proc/self/fd").ok()?.count() as u64,
    })
}
