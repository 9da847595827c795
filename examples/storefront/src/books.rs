//! The books of the shop, which an auditor can look at: what must hold whatever fails.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::orders::Orders;
use crate::payment_service::Statements;
use crate::problem::Problem;

/// How long a charge may be without an order.
const GRACE: Duration = Duration::from_secs(2);

/// The entries of the books that are still to be checked.
#[derive(Debug)]
pub(crate) struct Books {
    statements: Statements,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    charges: Vec<(Instant, String)>,
    /// The orders whose customers were told that all went well.
    confirmed: Vec<String>,
    charged_twice: Option<String>,
}

/// What an auditor has found.
pub(crate) type Finding = Result<(), String>;

impl Books {
    pub(crate) fn new(statements: Statements) -> Self {
        Self {
            statements,
            open: Mutex::default(),
        }
    }

    /// Notes that the customer of an order was told that all went well.
    pub(crate) fn confirm(&self, order: &str) {
        self.open().confirmed.push(order.to_owned());
    }

    /// Checks that no order is charged twice.
    pub(crate) fn check_charges(&self) -> Finding {
        self.read_statement();
        match &self.open().charged_twice {
            None => Ok(()),
            Some(order) => Err(format!("the order {order} was charged twice")),
        }
    }

    /// Checks that each charge has an order.
    pub(crate) async fn check_orders(&self, orders: &Orders) -> Result<Finding, Problem> {
        self.read_statement();
        let charges = std::mem::take(&mut self.open().charges);
        let mut missing = None;
        let mut still_open = Vec::new();
        for (at, order) in charges {
            if orders.audit(&order).await?.is_none() {
                if at.elapsed() > GRACE {
                    missing = Some(order.clone());
                }
                still_open.push((at, order));
            }
        }
        self.open().charges.extend(still_open);
        Ok(match missing {
            None => Ok(()),
            Some(order) => Err(format!("the charge for {order} has no order")),
        })
    }

    /// Checks that each order that was confirmed to its customer is paid.
    pub(crate) async fn check_receipts(&self, orders: &Orders) -> Result<Finding, Problem> {
        let confirmed = std::mem::take(&mut self.open().confirmed);
        let mut unpaid = Vec::new();
        for order in confirmed {
            if orders.audit(&order).await? != Some(true) {
                unpaid.push(order);
            }
        }
        let finding = match unpaid.first() {
            None => Ok(()),
            Some(order) => Err(format!("the order {order} was confirmed and is not paid")),
        };
        self.open().confirmed.extend(unpaid);
        Ok(finding)
    }

    fn read_statement(&self) {
        let statement = self.statements.next();
        let mut open = self.open();
        open.charges.extend(statement.charges);
        open.charged_twice = statement.charged_twice;
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
