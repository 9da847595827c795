//! Trust in tags of received requests.

use std::sync::Arc;

use super::TagKeys;

/// Whether tags and attempt of received requests are accepted.
///
/// By default they are not: otherwise any client could select the experiments that affect its requests. Even an accepted
/// tag only selects experiments that run here already.
#[derive(Debug, Clone, Default)]
pub struct TagTrust(Option<Arc<TagKeys>>);

impl TagTrust {
    /// Ignores tags and attempt in headers. This is the default.
    #[must_use]
    #[inline]
    pub fn none() -> Self {
        Self::default()
    }

    /// Accepts tags and attempt that one of `keys` signed for the same request, until the signature expires.
    #[must_use]
    pub fn signed_by(keys: TagKeys) -> Self {
        Self(Some(Arc::new(keys)))
    }

    pub(super) fn keys(&self) -> Option<&TagKeys> {
        self.0.as_deref()
    }
}
