//! Products and orders in the database; all operations are idempotent and retried.

use std::time::Duration;

use backon::Retryable;
use serde::Serialize;
use sqlx::FromRow;
use tokio::time::timeout;

use crate::database::{Database, on};
use crate::problem::Problem;
use crate::{Bug, Settings, retry};

/// The products and orders in the database.
#[derive(Debug)]
pub(crate) struct Orders {
    database: Database,
    bug: Option<Bug>,
}

#[derive(Debug, Clone, Serialize, FromRow)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) price: i64,
}

#[derive(Debug, Clone, FromRow)]
pub(crate) struct Order {
    pub(crate) key: String,
    pub(crate) product: String,
    pub(crate) price: i64,
    pub(crate) is_paid: bool,
}

/// The result of placing an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    Now,
    /// The order exists already.
    Before,
    SoldOut,
}

/// The time limit for an operation, retries included.
const TIMEOUT: Duration = Duration::from_secs(3);

const INSERT_ORDER: &str =
    "INSERT INTO orders VALUES ($1, $2, $3, FALSE) ON CONFLICT (key) DO NOTHING";
const TAKE_FROM_STOCK: &str = "UPDATE products SET stock = stock - 1 WHERE name = $1 AND stock > 0";

/// Inserts an order and takes its product from the stock, in an open transaction.
macro_rules! insert_order {
    ($connection:ident, $key:ident, $product:ident, $price:ident) => {{
        let insert = sqlx::query(INSERT_ORDER)
            .bind($key)
            .bind($product)
            .bind($price);
        let take = sqlx::query(TAKE_FROM_STOCK).bind($product);
        if insert.execute(&mut *$connection).await?.rows_affected() == 0 {
            Placed::Before
        } else if take.execute(&mut *$connection).await?.rows_affected() == 0 {
            Placed::SoldOut
        } else {
            Placed::Now
        }
    }};
}

/// Runs a query, with retries.
macro_rules! fetch {
    ($self:ident.$fetch:ident, $key:expr, $query:expr) => {
        $self
            .retry($key, || async {
                on!(&$self.database, pool => $query.$fetch(pool).await)
            })
            .await
    };
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

impl Orders {
    pub(crate) fn new(database: Database, settings: &Settings) -> Self {
        Self {
            database,
            bug: settings.bug,
        }
    }

    /// Retries an operation after transient errors, within the time limit.
    async fn retry<T, F>(&self, key: &str, operation: impl FnMut() -> F) -> Result<T, Problem>
    where
        F: Future<Output = sqlx::Result<T>>,
    {
        let retried = operation
            .retry(retry::backoff(key))
            .when(retry::is_transient);
        match timeout(TIMEOUT, retried).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => tracing::warn!(%error, key, "the database failed"),
            Err(_) => tracing::warn!(key, "the database timed out"),
        }
        Err(Problem::DATABASE_DOWN)
    }

    /// Checks that the database replies.
    pub(crate) async fn health(&self) -> Result<(), Problem> {
        self.retry("health", || self.database.ping()).await
    }

    pub(crate) async fn products(&self) -> Result<Vec<Product>, Problem> {
        let sql = "SELECT name, price FROM products ORDER BY price";
        fetch!(self.fetch_all, "products", sqlx::query_as(sql))
    }

    pub(crate) async fn price(&self, product: &str) -> Result<Option<i64>, Problem> {
        let sql = "SELECT price FROM products WHERE name = $1";
        fetch!(
            self.fetch_optional,
            product,
            sqlx::query_scalar(sql).bind(product)
        )
    }

    pub(crate) async fn find(&self, key: &str) -> Result<Option<Order>, Problem> {
        let sql = "SELECT * FROM orders WHERE key = $1";
        fetch!(self.fetch_optional, key, sqlx::query_as(sql).bind(key))
    }

    /// Returns whether an order is paid, if there is one, as an auditor finds it.
    pub(crate) async fn audit(&self, key: &str) -> Result<Option<bool>, Problem> {
        let sql = "SELECT is_paid FROM orders WHERE key = $1";
        self.retry(key, || async {
            on!(&self.database, audit => sqlx::query_scalar(sql).bind(key).fetch_optional(audit).await)
        })
        .await
    }

    pub(crate) async fn unpaid(&self) -> Result<Vec<Order>, Problem> {
        let sql = "SELECT * FROM orders WHERE NOT is_paid ORDER BY key";
        fetch!(self.fetch_all, "unpaid", sqlx::query_as(sql))
    }

    /// Stores an order and takes its product from the stock, unless the order exists.
    pub(crate) async fn place(
        &self,
        key: &str,
        product: &str,
        price: i64,
    ) -> Result<Placed, Problem> {
        self.retry(key, || async {
            on!(&self.database, pool => {
                if self.bug == Some(Bug::LostRollback) {
                    let mut connection = pool.acquire().await?;
                    sqlx::query("BEGIN").execute(&mut *connection).await?;
                    // After an error in here, the transaction stays open.
                    let placed = insert_order!(connection, key, product, price);
                    let end = if placed == Placed::Now { "COMMIT" } else { "ROLLBACK" };
                    sqlx::query(end).execute(&mut *connection).await?;
                    return Ok(placed);
                }
                let mut transaction = pool.begin().await?;
                let placed = insert_order!(transaction, key, product, price);
                if placed == Placed::Now {
                    transaction.commit().await?;
                }
                // Unless committed, the transaction is rolled back when dropped.
                Ok(placed)
            })
        })
        .await
    }

    /// Marks an order as paid and ships it.
    pub(crate) async fn mark_paid(&self, key: &str) -> Result<(), Problem> {
        self.retry(key, || async {
            on!(&self.database, pool => {
                let mut transaction = pool.begin().await?;
                let pay = sqlx::query("UPDATE orders SET is_paid = TRUE WHERE key = $1").bind(key);
                pay.execute(&mut *transaction).await?;
                let ship = sqlx::query("INSERT INTO shipments VALUES ($1) ON CONFLICT (key) DO NOTHING").bind(key);
                ship.execute(&mut *transaction).await?;
                let committed = transaction.commit().await;
                if self.bug == Some(Bug::SwallowedCommit) {
                    return Ok(());
                }
                committed
            })
        })
        .await
    }
}
