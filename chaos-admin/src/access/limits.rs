//! The limits of requests a second, which keep the API from being flooded.

use std::num::NonZeroU32;

use chaos_core::Role;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::{Method, header};

use crate::problem::Problem;

/// The limits, shared by all clients of a role: halts have none.
pub(super) struct Limits {
    viewers: OfRole,
    operators: OfRole,
    failed_logins: DefaultDirectRateLimiter,
}

/// The limits of one role: viewers can't use up those of operators.
struct OfRole {
    reads: DefaultDirectRateLimiter,
    changes: DefaultDirectRateLimiter,
}

const READS: NonZeroU32 = NonZeroU32::new(200).unwrap();
const CHANGES: NonZeroU32 = NonZeroU32::new(50).unwrap();
const FAILED_LOGINS: NonZeroU32 = NonZeroU32::new(5).unwrap();

impl Limits {
    pub(super) fn new() -> Self {
        let limiter = |per_second| RateLimiter::direct(Quota::per_second(per_second));
        let of_role = || OfRole {
            reads: limiter(READS),
            changes: limiter(CHANGES),
        };
        Self {
            viewers: of_role(),
            operators: of_role(),
            failed_logins: limiter(FAILED_LOGINS),
        }
    }

    pub(super) fn request(&self, role: Role, method: &Method) -> Result<(), Problem> {
        let limits = match role {
            Role::Operator => &self.operators,
            _ => &self.viewers,
        };
        check(match *method {
            Method::GET => &limits.reads,
            _ => &limits.changes,
        })
    }

    pub(super) fn failed_login(&self) -> Result<(), Problem> {
        check(&self.failed_logins)
    }
}

fn check(limiter: &DefaultDirectRateLimiter) -> Result<(), Problem> {
    limiter.check().map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        let seconds = wait.as_secs() + 1;
        let detail = format!("try again in {seconds} s");
        Problem::new(429, "too many requests", detail)
            .header(header::RETRY_AFTER, &seconds.to_string())
    })
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn failed_logins_are_limited_apart_from_requests() {
        let limits = Limits::new();
        let refused = (0..2 * FAILED_LOGINS.get()).filter_map(|_| limits.failed_login().err());
        let refused: Vec<_> = refused.collect();
        assert!(!refused.is_empty());
        assert_eq!(refused[0].status(), StatusCode::TOO_MANY_REQUESTS);
        for role in [Role::Viewer, Role::Operator] {
            for method in [Method::GET, Method::POST] {
                assert!(limits.request(role, &method).is_ok());
            }
        }
    }
}
