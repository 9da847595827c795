//! The catalogue, cached for when the database is unavailable.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::orders::{Orders, Product};
use crate::{Bug, Settings};

/// The catalogue, cached for when the database is unavailable.
#[derive(Debug)]
pub(crate) struct Catalogue {
    ttl: Duration,
    cache: Mutex<Option<(Instant, Products)>>,
    bug: Option<Bug>,
}

type Products = Arc<[Product]>;

/// The catalogue as a customer gets it; `stale` if it may be out of date.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Listing {
    products: Products,
    stale: bool,
}

impl Catalogue {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            ttl: settings.catalogue_ttl,
            cache: Mutex::default(),
            bug: settings.bug,
        }
    }

    /// Returns the products, from the cache if it is fresh or the database fails; without a cache, a fixed selection.
    pub(crate) async fn list(&self, orders: &Orders) -> Listing {
        let cached = self.cache().clone();
        if let Some((since, products)) = &cached
            && since.elapsed() < self.ttl
        {
            return Listing {
                products: Arc::clone(products),
                stale: false,
            };
        }
        match orders.products().await {
            Ok(products) => self.store(products.into()),
            Err(_) => self.fall_back(cached.map(|(_, products)| products)),
        }
    }

    fn fall_back(&self, cached: Option<Products>) -> Listing {
        let products = match self.bug {
            #[allow(clippy::expect_used, reason = "this is the mistake")]
            Some(Bug::PanickingFallback) => cached.expect("the cache is filled"),
            _ => cached.unwrap_or_else(always_available),
        };
        if self.bug == Some(Bug::CachedError) {
            return self.store(products);
        }
        Listing {
            products,
            stale: true,
        }
    }

    fn store(&self, products: Products) -> Listing {
        *self.cache() = Some((Instant::now(), Arc::clone(&products)));
        Listing {
            products,
            stale: false,
        }
    }

    fn cache(&self) -> MutexGuard<'_, Option<(Instant, Products)>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The products that are always in stock.
fn always_available() -> Products {
    let (name, price) = ("lamp".to_owned(), 40);
    [Product { name, price }].into()
}
