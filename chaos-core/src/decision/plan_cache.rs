//! A cache in each thread for the plans that it used last.
//!
//! Loading a plan that other threads may swap takes two contended writes; checking whether the cached plan is still
//! the latest takes one read. A plan only holds weak references to experiments, so a thread that never asks again keeps
//! no ended experiment alive.

use std::cell::RefCell;
use std::sync::Arc;

use crate::site::{SitePlan, SiteState};

const SLOTS: usize = 8;

thread_local! {
    static CACHED: RefCell<[Option<CachedPlan>; SLOTS]> = const { RefCell::new([const { None }; SLOTS]) };
}

/// The plan of a site at one of its versions.
struct CachedPlan {
    site: u64,
    version: u64,
    plan: Arc<SitePlan>,
}

/// Reads the latest plan of a site, once.
#[inline]
pub(crate) fn with_plan<R>(site: &SiteState, mut read: impl FnMut(&SitePlan) -> R) -> R {
    let (id, version) = (site.id(), site.version());
    let found = CACHED.try_with(|cached| {
        let cached = cached.try_borrow().ok()?;
        let cached_plan = cached[id as usize % SLOTS].as_ref()?;
        let is_latest = cached_plan.site == id && cached_plan.version == version;
        is_latest.then(|| read(&cached_plan.plan))
    });
    match found {
        Ok(Some(answer)) => answer,
        _ => read(&renew(site, version)),
    }
}

/// Loads the plan and keeps it, under a version that is not newer than the plan.
#[cold]
fn renew(site: &SiteState, version: u64) -> Arc<SitePlan> {
    let plan = site.plan();
    let id = site.id();
    let cached_plan = CachedPlan {
        site: id,
        version,
        plan: Arc::clone(&plan),
    };
    // Not kept if the cache is being read further up the stack, or if the thread is ending.
    let replaced = CACHED.try_with(|cached| {
        let mut cached = cached.try_borrow_mut().ok()?;
        cached[id as usize % SLOTS].replace(cached_plan)
    });
    drop(replaced);
    plan
}
