use std::sync::Arc;

use super::TagKeys;

/// Whether tags and attempt that come with a request are believed.
///
/// By default they are not: whoever can send a request could otherwise choose the experiments that hit
/// it. Even a believed tag only selects an experiment that already runs here.
#[derive(Debug, Clone, Default)]
pub struct TagTrust(Option<Arc<TagKeys>>);

impl TagTrust {
    /// Ignores tags and attempt in headers; the default.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Believes tags and attempt that one of `keys` signed for this very request, while they are fresh.
    #[must_use]
    pub fn signed_by(keys: TagKeys) -> Self {
        Self(Some(Arc::new(keys)))
    }

    pub(super) fn keys(&self) -> Option<&TagKeys> {
        self.0.as_deref()
    }
}
