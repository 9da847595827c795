//! Request headers as the core reads them.

use chaos_core::scope::Headers;
use http::HeaderMap;

/// The headers of a request that came in.
pub(crate) struct Received<'a>(pub(crate) &'a HeaderMap);

impl Headers for Received<'_> {
    fn values(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        for value in self.0.get_all(name) {
            visit(value.as_bytes());
        }
    }
}
