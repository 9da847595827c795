//! The parts of a test: a world, an act in it, and what must hold afterwards.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use chaos_core::ChaosManager;

use crate::exploration::Exploration;
use crate::trial::{Body, LocalFuture, Trial};

/// Begins an exploration: finds the faults that a test does not survive.
///
/// `world` makes a fresh world for each run, from a manager of its own; no fault strikes it. Then
/// [`act`](World::act) says what runs under faults, and [`verify`](Acting::verify) what must hold once they are over.
/// Worlds are made and dropped on the thread of their run.
///
/// ```
/// use std::io;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use chaos_core::Site;
///
/// /// A shop that charges again when the bank's reply is lost.
/// struct Shop { bank: Site, charged: AtomicU32 }
///
/// impl Shop {
///     async fn charge(&self) -> io::Result<()> {
///         self.bank.around("charge", async { self.charged.fetch_add(1, Relaxed); Ok(()) }).await
///     }
///
///     async fn checkout(&self) -> io::Result<()> {
///         match self.charge().await {
///             Err(error) if error.kind() == io::ErrorKind::ConnectionReset => self.charge().await,
///             reply => reply,
///         }
///     }
/// }
///
/// let report = chaos_explore::explore(async |chaos| Shop { bank: chaos.site("bank"), charged: AtomicU32::new(0) })
///     .act(async |shop| shop.checkout().await)
///     .verify(async |shop, _reply| assert!(shop.charged.load(Relaxed) <= 1, "charged twice"))
///     .report(); // `run` panics when anything was found
/// let found: Vec<_> = report.findings().iter().map(|finding| finding.line()).collect();
/// assert_eq!(
///     found,
///     [
///         "bank/point charge #1 before:latency=1h", // it waits for ever, too
///         "bank/point charge #1 after:reset",
///     ],
/// );
/// ```
pub fn explore<A: 'static>(
    world: impl AsyncFn(ChaosManager) -> A + Send + Sync + 'static,
) -> World<A> {
    let world = Arc::new(world);
    World(Box::new(move |chaos| {
        let world = Arc::clone(&world);
        Box::pin(async move { world(chaos).await })
    }))
}

/// A world to explore; made by [`explore`].
#[must_use = "nothing is explored until it is run"]
pub struct World<A>(Box<dyn Fn(ChaosManager) -> LocalFuture<'static, A> + Send + Sync>);

impl<A: 'static> World<A> {
    /// Says what runs under faults.
    pub fn act<R: Debug + 'static>(
        self,
        act: impl AsyncFn(Arc<A>) -> R + Send + Sync + 'static,
    ) -> Acting<A, R> {
        let act = Arc::new(act);
        Acting {
            world: self,
            act: Box::new(move |app| {
                let act = Arc::clone(&act);
                Box::pin(async move { act(app).await })
            }),
            _reply: PhantomData,
        }
    }
}

/// A world to explore and what runs in it under faults; made by [`World::act`].
#[must_use = "nothing is explored until it is run"]
pub struct Acting<A, R> {
    world: World<A>,
    act: Box<dyn Fn(Arc<A>) -> LocalFuture<'static, R> + Send + Sync>,
    _reply: PhantomData<fn() -> R>,
}

impl<A: 'static, R: Debug + 'static> Acting<A, R> {
    /// Says what must hold once the faults are over, and what was answered; it panics when that does not hold.
    pub fn verify(self, verify: impl AsyncFn(Arc<A>, R) + Send + Sync + 'static) -> Exploration {
        let Self { world, act, .. } = self;
        let test = Arc::new((world, act, verify));
        let body: Body = Arc::new(move |trial: Arc<Trial>| {
            let test = Arc::clone(&test);
            Box::pin(async move {
                let (World(world), act, verify) = &*test;
                let app = Arc::new(world(trial.chaos()).await);
                if let Some(reply) = trial.act(act(Arc::clone(&app))).await {
                    trial.verify(verify(app, reply)).await;
                }
            })
        });
        Exploration::of(body)
    }
}
