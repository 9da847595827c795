//! The parts of a test: a world, an act in it, and the verification.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use chaos_core::ChaosManager;

use crate::exploration::Exploration;
use crate::trial::{LocalFuture, TestFn, Trial};

/// Defines an exploration, starting with the world of the test.
///
/// `world` creates a fresh world for each run, from a dedicated manager and without faults. [`act`](World::act) adds the
/// part that runs with faults injected, and [`verify`](Act::verify) the assertions afterwards. A world is created and
/// dropped on the thread of its run.
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
///     .report(); // `run` panics on findings
/// let lines: Vec<_> = report.findings().iter().map(|finding| finding.line()).collect();
/// assert_eq!(
///     lines,
///     [
///         "bank/point charge #1 before:latency=1h", // `checkout` has no timeout
///         "bank/point charge #1 after:reset",       // the second charge
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

/// A test that has a world, created by [`explore`].
#[must_use = "an exploration does nothing until it is run"]
pub struct World<A>(Box<dyn Fn(ChaosManager) -> LocalFuture<'static, A> + Send + Sync>);

impl<A: 'static> World<A> {
    /// Adds the part of the test that runs with faults injected, and returns the reply to verify.
    ///
    /// It gets the world in an `Arc`, so that it can share it with the tasks that it starts.
    pub fn act<R: Debug + 'static>(
        self,
        act: impl AsyncFn(Arc<A>) -> R + Send + Sync + 'static,
    ) -> Act<A, R> {
        let act = Arc::new(act);
        Act {
            world: self,
            act: Box::new(move |world| {
                let act = Arc::clone(&act);
                Box::pin(async move { act(world).await })
            }),
            _reply: PhantomData,
        }
    }
}

/// A test that has a world and an act, created by [`World::act`].
#[must_use = "an exploration does nothing until it is run"]
pub struct Act<A, R> {
    world: World<A>,
    act: Box<dyn Fn(Arc<A>) -> LocalFuture<'static, R> + Send + Sync>,
    _reply: PhantomData<fn() -> R>,
}

impl<A: 'static, R: Debug + 'static> Act<A, R> {
    /// Adds the assertions on the world, in its `Arc`, and the reply, which run without faults.
    pub fn verify(self, verify: impl AsyncFn(Arc<A>, R) + Send + Sync + 'static) -> Exploration {
        let Self { world, act, .. } = self;
        let parts = Arc::new((world, act, verify));
        let test: TestFn = Arc::new(move |trial: Arc<Trial>| {
            let parts = Arc::clone(&parts);
            Box::pin(async move {
                let (World(world), act, verify) = &*parts;
                let world = Arc::new(world(trial.chaos()).await);
                if let Some(reply) = trial.act(act(Arc::clone(&world))).await {
                    trial.verify(verify(world, reply)).await;
                }
            })
        });
        Exploration::new(test)
    }
}
