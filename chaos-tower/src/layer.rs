//! The layer that puts a site in front of a service.

use chaos_core::{ChaosManager, Site, SiteKind, Support};
use tower_layer::Layer;

use crate::ChaosService;

/// Puts the faults of a site in front of a service.
///
/// Whatever must persist lives behind the manager: `axum::serve` applies its layers anew for every connection.
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it is applied"]
pub struct ChaosLayer {
    site: Site,
}

impl ChaosLayer {
    /// A layer for the requests that a server receives under this service name.
    pub fn server(chaos: &ChaosManager, service: &str) -> Self {
        Self {
            site: chaos.register(SiteKind::Server, service, Support::CALLS),
        }
    }
}

impl<S> Layer<S> for ChaosLayer {
    type Service = ChaosService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ChaosService::new(inner, self.site.clone())
    }
}
