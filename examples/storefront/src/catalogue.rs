//! What there is to buy, also while the database does not say.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use crate::orders::{Orders, Product};
use crate::{Bug, Settings};

/// The products, as the database last told of them.
#[derive(Debug)]
pub(crate) struct Catalogue {
    fresh_for: Duration,
    kept: Mutex<Option<Kept>>,
    bug: Option<Bug>,
}

#[derive(Debug, Clone)]
struct Kept {
    products: Arc<[Product]>,
    since: Instant,
}

/// What a customer gets to see.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shelf {
    products: Arc<[Product]>,
    /// Whether it may have changed since.
    stale: bool,
}

impl Catalogue {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            fresh_for: settings.catalogue_fresh_for,
            kept: Mutex::default(),
            bug: settings.bug,
        }
    }

    /// The products: fresh, else as they were when the database was last heard of, else what is always there.
    pub(crate) async fn browse(&self, orders: &Orders) -> Shelf {
        let kept = self.kept().clone();
        if let Some(kept) = &kept
            && kept.since.elapsed() < self.fresh_for
        {
            return Shelf::fresh(&kept.products);
        }
        match orders.products().await {
            Ok(products) => self.keep(products.into()),
            Err(_) => self.instead(kept),
        }
    }

    fn instead(&self, kept: Option<Kept>) -> Shelf {
        let products = match self.bug {
            #[allow(clippy::expect_used, reason = "it is the mistake that is shown")]
            Some(Bug::PanickingFallback) => kept.expect("the cache has been filled").products,
            _ => kept.map_or_else(always_there, |kept| kept.products),
        };
        if self.bug == Some(Bug::CachedError) {
            return self.keep(products);
        }
        Shelf {
            products,
            stale: true,
        }
    }

    fn keep(&self, products: Arc<[Product]>) -> Shelf {
        let shelf = Shelf::fresh(&products);
        let since = Instant::now();
        *self.kept() = Some(Kept { products, since });
        shelf
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn fresh(products: &Arc<[Product]>) -> Self {
        Self {
            products: Arc::clone(products),
            stale: false,
        }
    }
}

/// What can be sold even if nobody knows what else there is.
fn always_there() -> Arc<[Product]> {
    let (name, price) = ("lamp".to_owned(), 40);
    [Product { name, price }].into()
}
