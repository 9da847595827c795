//! What the database knows of products and orders; whatever is asked of it may be asked twice.

use std::time::Duration;

use backon::Retryable;
use serde::Serialize;
use tokio::time::timeout;

use crate::database::{Database, on};
use crate::{Bug, Settings, retry};

/// The products and orders of the database.
#[derive(Debug)]
pub(crate) struct Orders {
    database: Database,
    limit: Duration,
    bug: Option<Bug>,
}

/// A product.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) price: i64,
}

/// An order, written down before it is paid.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) key: String,
    pub(crate) product: String,
    pub(crate) price: i64,
    pub(crate) is_paid: bool,
}

impl Order {
    pub(crate) fn unpaid(key: &str, product: &str, price: i64) -> Self {
        Self {
            key: key.to_owned(),
            product: product.to_owned(),
            price,
            is_paid: false,
        }
    }
}

/// The database did not do what was asked of it, or nobody knows whether it did.
#[derive(Debug)]
pub(crate) struct DatabaseFailed;

impl Orders {
    pub(crate) fn new(database: Database, settings: &Settings) -> Self {
        Self {
            database,
            limit: settings.database_timeout,
            bug: settings.bug,
        }
    }

    /// Asks again while it is worth it, and not for longer than the limit.
    async fn ask<T, F>(&self, key: &str, question: impl FnMut() -> F) -> Result<T, DatabaseFailed>
    where
        F: Future<Output = sqlx::Result<T>>,
    {
        let answered = question.retry(retry::pauses(key)).when(retry::is_worth_it);
        match timeout(self.limit, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, key, "the database failed");
                Err(DatabaseFailed)
            }
            Err(_) => {
                tracing::warn!(key, "the database is too slow");
                Err(DatabaseFailed)
            }
        }
    }

    /// Whether the database answers.
    pub(crate) async fn health(&self) -> Result<(), DatabaseFailed> {
        self.ask("health", || self.database.ping()).await
    }

    /// All products.
    pub(crate) async fn products(&self) -> Result<Vec<Product>, DatabaseFailed> {
        let rows: Vec<(String, i64)> = self
            .ask("products", || async {
                on!(&self.database, pool => {
                    sqlx::query_as("SELECT name, price FROM products ORDER BY price").fetch_all(pool).await
                })
            })
            .await?;
        let product = |(name, price)| Product { name, price };
        Ok(rows.into_iter().map(product).collect())
    }

    /// What a product costs, if there is one of that name.
    pub(crate) async fn price(&self, product: &str) -> Result<Option<i64>, DatabaseFailed> {
        self.ask(product, || async {
            on!(&self.database, pool => {
                let price = sqlx::query_scalar("SELECT price FROM products WHERE name = $1").bind(product);
                price.fetch_optional(pool).await
            })
        })
        .await
    }

    /// The order with this key, if there is one.
    pub(crate) async fn find(&self, key: &str) -> Result<Option<Order>, DatabaseFailed> {
        let row: Option<(String, i64, bool)> = self
            .ask(key, || async {
                on!(&self.database, pool => {
                    let order = sqlx::query_as("SELECT product, price, is_paid FROM orders WHERE key = $1").bind(key);
                    order.fetch_optional(pool).await
                })
            })
            .await?;
        Ok(row.map(|(product, price, is_paid)| Order {
            key: key.to_owned(),
            product,
            price,
            is_paid,
        }))
    }

    /// The keys of all orders that are not paid, so far as anybody knows.
    pub(crate) async fn unpaid(&self) -> Result<Vec<String>, DatabaseFailed> {
        self.ask("unpaid", || async {
            on!(&self.database, pool => {
                let keys = sqlx::query_scalar("SELECT key FROM orders WHERE NOT is_paid ORDER BY key");
                keys.fetch_all(pool).await
            })
        })
        .await
    }

    /// Writes an order down and takes its product from the stock, unless that was done before; tells if it is sold out.
    pub(crate) async fn place(
        &self,
        key: &str,
        product: &str,
        price: i64,
    ) -> Result<Placed, DatabaseFailed> {
        self.ask(key, || async {
            match self.bug {
                Some(Bug::LostRollback) => self.place_by_hand(key, product, price).await,
                _ => self.place_once(key, product, price).await,
            }
        })
        .await
    }

    async fn place_once(&self, key: &str, product: &str, price: i64) -> sqlx::Result<Placed> {
        on!(&self.database, pool => {
            let mut transaction = pool.begin().await?;
            let inserted = sqlx::query(INSERT).bind(key).bind(product).bind(price);
            if inserted.execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(Placed::Before);
            }
            let taken = sqlx::query(TAKE).bind(product).execute(&mut *transaction).await?;
            if taken.rows_affected() == 0 {
                // Left early, the transaction is rolled back.
                return Ok(Placed::SoldOut);
            }
            transaction.commit().await?;
            Ok(Placed::Now)
        })
    }

    /// The same with `Bug::LostRollback`.
    async fn place_by_hand(&self, key: &str, product: &str, price: i64) -> sqlx::Result<Placed> {
        on!(&self.database, pool => {
            let mut connection = pool.acquire().await?;
            sqlx::query("BEGIN").execute(&mut *connection).await?;
            let inserted = sqlx::query(INSERT).bind(key).bind(product).bind(price);
            if inserted.execute(&mut *connection).await?.rows_affected() == 0 {
                sqlx::query("ROLLBACK").execute(&mut *connection).await?;
                return Ok(Placed::Before);
            }
            // Left early by this `?`, the transaction stays open.
            let taken = sqlx::query(TAKE).bind(product).execute(&mut *connection).await?;
            if taken.rows_affected() == 0 {
                sqlx::query("ROLLBACK").execute(&mut *connection).await?;
                return Ok(Placed::SoldOut);
            }
            sqlx::query("COMMIT").execute(&mut *connection).await?;
            Ok(Placed::Now)
        })
    }

    /// Writes down that an order is paid and may be shipped.
    pub(crate) async fn settle(&self, key: &str) -> Result<(), DatabaseFailed> {
        self.ask(key, || async {
            on!(&self.database, pool => {
                let mut transaction = pool.begin().await?;
                sqlx::query("UPDATE orders SET is_paid = TRUE WHERE key = $1")
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query("INSERT INTO shipments VALUES ($1) ON CONFLICT (key) DO NOTHING")
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?;
                let committed = transaction.commit().await;
                match self.bug {
                    Some(Bug::SwallowedCommit) => Ok(()),
                    _ => committed,
                }
            })
        })
        .await
    }

    pub(crate) async fn close(&self) {
        self.database.close().await;
    }
}

/// What came of writing an order down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    Now,
    /// It was there already.
    Before,
    SoldOut,
}

const INSERT: &str = "INSERT INTO orders VALUES ($1, $2, $3, FALSE) ON CONFLICT (key) DO NOTHING";
const TAKE: &str = "UPDATE products SET stock = stock - 1 WHERE name = $1 AND stock > 0";
