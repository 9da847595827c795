//! Queries of a database.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Connection, Row};

use super::Values;

/// The variable that names the database of a probe without one.
const DEFAULT: &str = "DATABASE_URL";

/// A database; each query has a connection of its own, so that a broken one spoils no other.
#[derive(Debug)]
pub(crate) struct Database {
    url: String,
}

impl Database {
    /// The database of a URL, or of the variable `$NAME`; defaults to `$DATABASE_URL`.
    pub(crate) fn named(name: Option<&str>) -> Result<Self, String> {
        let variable = match name {
            None => DEFAULT,
            Some(name) => match name.strip_prefix('$') {
                None => {
                    return Ok(Self {
                        url: name.to_owned(),
                    });
                }
                Some(variable) => variable,
            },
        };
        let url = std::env::var(variable);
        url.map(|url| Self { url })
            .map_err(|_| format!("the variable `{variable}`, which names its database, is not set"))
    }

    /// The first column of the first row of a query.
    pub(crate) async fn value(&self, query: &str) -> Values {
        self.ask(query).await.map_err(|error| match error {
            // The message may have the URL in it, and so a password.
            sqlx::Error::Configuration(_) => "the URL of the database makes no sense".to_owned(),
            error => error.to_string(),
        })
    }

    async fn ask(&self, query: &str) -> Result<Vec<f64>, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&self.url).await?;
        let row = sqlx::query(sqlx::AssertSqlSafe(query.to_owned()))
            .fetch_optional(&mut connection)
            .await?;
        let value = row.map(|row| number(&row)).transpose()?;
        connection.close().await?;
        Ok(value.into_iter().collect())
    }
}

fn number(row: &AnyRow) -> Result<f64, sqlx::Error> {
    row.try_get::<f64, _>(0)
        .or_else(|_| row.try_get::<i64, _>(0).map(|number| number as f64))
        .or_else(|_| row.try_get::<bool, _>(0).map(f64::from))
}
