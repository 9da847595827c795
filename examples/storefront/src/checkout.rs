//! From a customer's wish to an order that is paid, once.

use crate::charging::{Charging, NotCharged};
use crate::orders::{DatabaseFailed, Order, Orders, Placed};
use crate::problem::Problem;
use crate::{Bug, Settings};

/// Takes orders and has them paid.
///
/// An order is written down before its customer is charged, and charged under its own key. So whatever fails on the
/// way, asking again with the same key goes on where it was left, and [`Checkout::reconcile`] does so for all whose
/// customers don't.
#[derive(Debug)]
pub(crate) struct Checkout {
    pub(crate) orders: Orders,
    pub(crate) charging: Charging,
    bug: Option<Bug>,
}

impl Checkout {
    pub(crate) fn new(orders: Orders, charging: Charging, settings: &Settings) -> Self {
        Self {
            orders,
            charging,
            bug: settings.bug,
        }
    }

    /// Sells a product, unless an order with this key has done so before.
    pub(crate) async fn buy(&self, key: &str, product: &str) -> Result<Order, Problem> {
        let price = self
            .orders
            .price(product)
            .await?
            .ok_or(Problem::NoSuchProduct)?;
        if self.bug == Some(Bug::ChargeBeforeOrder) {
            self.charging.charge(key, price).await?;
        }
        let order = match self.orders.place(key, product, price).await? {
            Placed::Now => Order::unpaid(key, product, price),
            Placed::Before => self.orders.find(key).await?.ok_or(Problem::DatabaseDown)?,
            Placed::SoldOut => return Err(Problem::SoldOut),
        };
        if order.product != product {
            return Err(Problem::OtherOrder);
        }
        self.finish(order).await
    }

    /// Has an order paid, if it is not.
    async fn finish(&self, order: Order) -> Result<Order, Problem> {
        if order.is_paid {
            return Ok(order);
        }
        self.charging.charge(&order.key, order.price).await?;
        self.orders.settle(&order.key).await?;
        Ok(Order {
            is_paid: true,
            ..order
        })
    }

    /// Goes on with all orders that were left unpaid; says how many of them are paid now, unless one could not be.
    pub(crate) async fn reconcile(&self) -> Result<usize, Problem> {
        let mut paid = Ok(0);
        for key in self.orders.unpaid().await? {
            match self.resume(&key).await {
                Ok(()) => paid = paid.map(|paid| paid + 1),
                // One that fails keeps no other waiting.
                Err(problem) => paid = paid.and(Err(problem)),
            }
        }
        paid
    }

    async fn resume(&self, key: &str) -> Result<(), Problem> {
        if let Some(order) = self.orders.find(key).await? {
            self.finish(order).await?;
        }
        Ok(())
    }
}

impl From<DatabaseFailed> for Problem {
    fn from(_: DatabaseFailed) -> Self {
        Self::DatabaseDown
    }
}

impl From<NotCharged> for Problem {
    fn from(why: NotCharged) -> Self {
        match why {
            NotCharged::Failed | NotCharged::CircuitOpen => Self::PaymentsDown,
            NotCharged::Rejected => Self::PaymentRejected,
        }
    }
}
