//! The routes whose replies orchestrators and monitoring systems act on.
//!
//! An experiment hits them only if it names them: a failed liveness probe restarts the service, and a failed scrape
//! hides what the experiment does. [`ChaosManagerBuilder::exempt`](crate::ChaosManagerBuilder::exempt) documents the
//! rule for users.

/// Segments that name nothing but a health check. They exempt the route, and all routes below it.
const UNAMBIGUOUS: [&str; 11] = [
    "grpc.health.v1.Health",
    "health",
    "health-check",
    "health_check",
    "healthcheck",
    "healthz",
    "liveness",
    "livez",
    "readiness",
    "readyz",
    "startupz",
];

/// Segments that may also name business routes, such as `/orders/7/status`. They exempt reads near the root.
const AMBIGUOUS: [&str; 11] = [
    "alive",
    "healthy",
    "heartbeat",
    "live",
    "metrics",
    "ping",
    "prometheus",
    "ready",
    "startup",
    "status",
    "up",
];

/// Segments in front of a route that don't count towards its depth; neither do versions such as `v1`.
const MOUNTS: [&str; 5] = ["-", "actuator", "api", "internal", "management"];

/// Methods of probes; `POST /payments/status` is a business route.
const READS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// Whether orchestrators or monitoring systems act on the replies of this route; its method may be empty.
///
/// Compares whole segments, regardless of case and of empty segments, such as that after a trailing slash.
pub(super) fn is_health_route(method: &str, path: &str) -> bool {
    let mut depth = 0;
    let mut last = None;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if is_any_of(&UNAMBIGUOUS, segment) {
            return true;
        }
        if last
            .replace(segment)
            .is_some_and(|parent| !is_mount(parent))
        {
            depth += 1;
        }
    }
    depth <= 1
        && (method.is_empty() || is_any_of(&READS, method))
        && last.is_some_and(|segment| is_any_of(&AMBIGUOUS, segment))
}

/// The routes by which chaos itself is steered, which no experiment hits, even if it names them.
const OWN: [&str; 2] = ["chaos", "v1"];

/// Whether chaos itself is steered by this route, at whatever place it is mounted.
pub(super) fn is_own_route(path: &str) -> bool {
    let segments = || path.split('/').filter(|segment| !segment.is_empty());
    let pairs = segments().zip(segments().skip(1));
    let mut own = pairs.filter(|(first, second)| {
        first.eq_ignore_ascii_case(OWN[0]) && second.eq_ignore_ascii_case(OWN[1])
    });
    own.next().is_some()
}

fn is_mount(segment: &str) -> bool {
    is_any_of(&MOUNTS, segment) || is_version(segment)
}

fn is_version(segment: &str) -> bool {
    matches!(segment.as_bytes(), [b'v' | b'V', digits @ ..]
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

fn is_any_of(words: &[&str], segment: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &str, expected: bool, paths: &[&str]) {
        for path in paths {
            assert_eq!(is_health_route(method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn only_the_routes_of_the_api_are_own_ones() {
        for own in [
            "/chaos/v1/halt",
            "/internal/Chaos/V1/experiments/x",
            "//chaos//v1",
        ] {
            assert!(is_own_route(own), "{own}");
        }
        for other in ["/chaos/v2/halt", "/chaos", "/v1/chaos", "/chaos/x/v1", ""] {
            assert!(!is_own_route(other), "{other}");
        }
    }

    #[test]
    fn an_unambiguous_segment_exempts_its_route_and_all_below_it() {
        for method in ["GET", "POST"] {
            for word in UNAMBIGUOUS {
                let upper = word.to_uppercase();
                check(
                    method,
                    true,
                    &[
                        &format!("/{word}"),
                        &format!("/{word}/"),
                        &format!("/{upper}"),
                        &format!("/{word}/db/primary"),
                        &format!("/api/v1/{word}/live"),
                        &format!("/a/b/c/{upper}"),
                    ],
                );
                check(
                    method,
                    false,
                    &[
                        &format!("/{word}s"),
                        &format!("/un{word}"),
                        &format!("/orders/{word}-food"),
                        &format!("/{}", &word[1..]),
                    ],
                );
            }
        }
    }

    #[test]
    fn an_ambiguous_last_segment_exempts_reads_below_at_most_one_segment() {
        for word in AMBIGUOUS {
            let upper = word.to_uppercase();
            let near = [
                format!("/{word}"),
                format!("//{word}/"),
                format!("/{upper}"),
                format!("/orders-service/{word}"),
                format!("/-/{word}"),
                format!("/actuator/{word}"),
                format!("/API/V1/{upper}/"),
                format!("/internal/management/{word}"),
                format!("/orders-service/actuator/{word}"),
                format!("/api/v12/orders/{word}"),
            ];
            let elsewhere = [
                format!("/orders/7/{word}"),
                format!("/api/orders/7/{word}"),
                format!("/version/vx/{word}"),
                format!("/orders/v/{word}"),
                format!("/{word}es"),
                format!("/{word}/7"),
                format!("/un{word}"),
            ];
            for method in READS.into_iter().chain(["", "get"]) {
                check(method, true, &near.each_ref().map(String::as_str));
                check(method, false, &elsewhere.each_ref().map(String::as_str));
            }
            check("POST", false, &near.each_ref().map(String::as_str));
        }
    }

    #[test]
    fn other_routes_are_not_exempt() {
        check(
            "GET",
            false,
            &[
                "",
                "/",
                "//",
                "/orders",
                "/actuator",
                "/api/v1",
                "/orders/healthy-food",
                "/statuses",
                "/live-streams",
                "/metrics/7",
            ],
        );
    }

    #[test]
    fn the_documentation_lists_every_word() {
        let text = include_str!("../manager/builder.rs");
        let lists: [&[&str]; 4] = [&UNAMBIGUOUS, &AMBIGUOUS, &MOUNTS, &READS];
        for word in lists.into_iter().flatten() {
            assert!(text.contains(&format!("`{word}`")), "{word}");
        }
    }
}
