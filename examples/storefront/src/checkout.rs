//! Checkouts: from a customer's request to an order that is paid exactly once.

use crate::orders::{Order, Orders, Placed};
use crate::payment_client::PaymentClient;
use crate::problem::Problem;
use crate::{Bug, Settings};

/// Places orders and charges for them.
///
/// An order is stored before its customer is charged, and is charged under its own key. After any failure, a retry with
/// the same key continues where the last attempt stopped; [`Checkout::reconcile`] does so for all unpaid orders.
#[derive(Debug)]
pub(crate) struct Checkout {
    pub(crate) orders: Orders,
    pub(crate) payments: PaymentClient,
    bug: Option<Bug>,
}

impl Checkout {
    pub(crate) fn new(orders: Orders, payments: PaymentClient, settings: &Settings) -> Self {
        Self {
            orders,
            payments,
            bug: settings.bug,
        }
    }

    /// Sells a product; idempotent for each key.
    pub(crate) async fn buy(&self, key: &str, product: &str) -> Result<Order, Problem> {
        let price = self.orders.price(product).await?;
        let price = price.ok_or(Problem::NO_SUCH_PRODUCT)?;
        if self.bug == Some(Bug::ChargeBeforeOrder) {
            self.payments.charge(key, price).await?;
        }
        let order = match self.orders.place(key, product, price).await? {
            Placed::Now => Order::unpaid(key, product, price),
            Placed::Before => self.orders.find(key).await?.ok_or(Problem::DATABASE_DOWN)?,
            Placed::SoldOut => return Err(Problem::SOLD_OUT),
        };
        if order.product != product {
            return Err(Problem::KEY_REUSED);
        }
        self.pay(order).await
    }

    /// Charges for an order unless it is paid.
    async fn pay(&self, order: Order) -> Result<Order, Problem> {
        if order.is_paid {
            return Ok(order);
        }
        self.payments.charge(&order.key, order.price).await?;
        self.orders.mark_paid(&order.key).await?;
        Ok(Order {
            is_paid: true,
            ..order
        })
    }

    /// Retries all unpaid orders, and returns how many of them are paid now, or the first problem.
    pub(crate) async fn reconcile(&self) -> Result<usize, Problem> {
        let mut paid = Ok(0);
        for order in self.orders.unpaid().await? {
            match self.pay(order).await {
                Ok(_) => paid = paid.map(|paid| paid + 1),
                // A failed order does not block the others.
                Err(problem) => paid = paid.and(Err(problem)),
            }
        }
        paid
    }
}
