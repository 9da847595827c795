//! How connections are taken from a pool.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use chaos_core::adapter::WorkItem;
use chaos_core::{InjectedFault, Phase};
use sqlx::Error;
use sqlx::pool::PoolConnection;
use tokio::time::timeout;

use crate::course::Course;
use crate::driver::{ACQUIRE, ChaosDatabase};
use crate::place::Place;
use crate::statement::Name;

impl<DB: ChaosDatabase> Place<DB> {
    /// Takes a connection, as the pool itself does it.
    ///
    /// Only that there is none is told as an outcome: a connection is the beginning of what it is taken for.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<DB>, Error> {
        match Course::of(&self.site, ACQUIRE, || Name::of("acquire")) {
            None => self.pool.acquire().await,
            Some(course) => {
                let mut course = course.into_inner();
                let acquired = Box::pin(self.acquire_under(&mut course)).await;
                if acquired.is_err() {
                    course.finish(&acquired);
                }
                acquired
            }
        }
    }

    /// Takes a connection within the pool's own time limit, in which whatever strikes it has to fit.
    async fn acquire_under(&self, course: &mut Course) -> Result<PoolConnection<DB>, Error> {
        let limit = self.pool.options().get_acquire_timeout();
        course.decision().fail_after(limit);
        let mut closed = self.pool.close_event();
        let acquired = closed.do_until(timeout(limit, self.acquire_hit(course)));
        match acquired.await? {
            Ok(acquired) => acquired,
            Err(_) => Err(Error::PoolTimedOut),
        }
    }

    async fn acquire_hit(&self, course: &mut Course) -> Result<PoolConnection<DB>, Error> {
        let decision = course.decision();
        decision.apply(Phase::Before).await.map_err(timed_out)?;
        self.hold_for(course);
        let connection = {
            // It waits for its turn, or for a new connection to be there.
            self.all_are_back().await;
            let _working = self.site.may_work_outside();
            self.pool.acquire().await?
        };
        let decision = course.decision();
        decision.apply(Phase::After).await.map_err(timed_out)?;
        Ok(connection)
    }

    /// Does the only thing that is to be done beside taking a connection.
    fn hold_for(&self, course: &mut Course) {
        for errand in course.decision().take_adapter_work() {
            let errand = Arc::new(errand);
            for task in errand.items() {
                if let WorkItem::HoldConnections(connections) = *task {
                    self.hold(connections, &errand);
                }
            }
        }
    }

    /// Takes a connection if there is one at once, which there is not when a fault would make it wait.
    pub(crate) fn try_acquire(&self) -> Option<PoolConnection<DB>> {
        let Some(course) = Course::of(&self.site, ACQUIRE, || Name::of("acquire")) else {
            return self.pool.try_acquire();
        };
        // Who does not wait reckons with it that there is none, so that is no failure.
        self.try_acquire_hit(&mut course.into_inner())
    }

    fn try_acquire_hit(&self, course: &mut Course) -> Option<PoolConnection<DB>> {
        let at_once = |course: &mut Course, phase| {
            let mut context = Context::from_waker(Waker::noop());
            let applied = course.decision().poll_apply(phase, &mut context);
            matches!(applied, Poll::Ready(Ok(()))).then_some(())
        };
        at_once(course, Phase::Before)?;
        self.hold_for(course);
        let connection = self.pool.try_acquire()?;
        at_once(course, Phase::After)?;
        Some(connection)
    }
}

/// Whatever keeps a pool from having a connection, this is what it says about it.
fn timed_out(_: InjectedFault) -> Error {
    Error::PoolTimedOut
}
