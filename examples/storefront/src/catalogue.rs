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
    cache: Mutex<Option<Cached>>,
    bug: Option<Bug>,
}

type Products = Arc<[Product]>;

#[derive(Debug, Clone)]
struct Cached {
    since: Instant,
    products: Products,
    /// When the database was read, if it was.
    read: Option<Instant>,
}

/// Where products come from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Database,
    Fallback,
}

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
        if let Some(cached) = &cached
            && self.is_fresh(cached)
        {
            return Listing {
                products: Arc::clone(&cached.products),
                stale: false,
            };
        }
        match orders.products().await {
            Ok(products) => self.store(products.into(), Origin::Database),
            Err(_) => self.fall_back(cached.map(|cached| cached.products)),
        }
    }

    /// Whether the cache passes products off as fresh that were read too long ago.
    pub(crate) fn passes_off_old_products(&self) -> bool {
        let cache = self.cache();
        cache.as_ref().is_some_and(|cached| {
            let is_old = cached
                .read
                .is_none_or(|read| cached.since - read > self.ttl);
            is_old && self.is_fresh(cached)
        })
    }

    fn is_fresh(&self, cached: &Cached) -> bool {
        cached.since.elapsed() < self.ttl
    }

    fn fall_back(&self, cached: Option<Products>) -> Listing {
        let products = match self.bug {
            #[allow(clippy::expect_used, reason = "this is the mistake")]
            Some(Bug::PanickingFallback) => cached.expect("the cache is filled"),
            _ => cached.unwrap_or_else(always_available),
        };
        if self.bug == Some(Bug::CachedError) {
            return self.store(products, Origin::Fallback);
        }
        Listing {
            products,
            stale: true,
        }
    }

    fn store(&self, products: Products, origin: Origin) -> Listing {
        let since = Instant::now();
        let mut cache = self.cache();
        let read = match origin {
            Origin::Database => Some(since),
            Origin::Fallback => cache.as_ref().and_then(|cached| cached.read),
        };
        *cache = Some(Cached {
            since,
            products: Arc::clone(&products),
            read,
        });
        Listing {
            products,
            stale: false,
        }
    }

    fn cache(&self) -> MutexGuard<'_, Option<Cached>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The products that are always in stock.
fn always_available() -> Products {
    let (name, price) = ("lamp".to_owned(), 40);
    [Product { name, price }].into()
}
