//! Sessions of browsers: a cookie that stands for a token, without containing it.

use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use http::header;
use http::request::Parts;
use sha2::Sha256;

/// How long a session lasts.
pub(super) const LASTS: Duration = Duration::from_secs(12 * 60 * 60);

/// The most cookies that are tried.
const MOST_COOKIES: usize = 16;

/// What the code of a session is made for, so that it is of no use elsewhere.
const PURPOSE: &[u8] = b"chaos-rs session 1\n";

/// A session that a request brings.
///
/// A cookie has the time of its end and an authentication code whose key is the token. It is valid after a restart of the
/// service, and no longer when the token is not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Session {
    /// The nanoseconds since 1970, which distinguish the sessions of a token.
    pub(super) end: u64,
    pub(super) code: Vec<u8>,
}

impl Session {
    /// The sessions that a request brings and that have not ended.
    ///
    /// Another service of the host can add cookies of the same name, which come first.
    pub(super) fn all_of(request: &Parts, now: SystemTime) -> Vec<Self> {
        let name = cookie_name(request);
        let cookies = request.headers.get_all(header::COOKIE).iter();
        let texts = cookies.filter_map(|cookies| cookies.to_str().ok());
        let cookies = texts.flat_map(|cookies| cookies.split(';'));
        let values = cookies.filter_map(|cookie| {
            let (key, value) = cookie.trim().split_once('=')?;
            (key == name).then_some(value)
        });
        let sessions = values.take(MOST_COOKIES).filter_map(|value| {
            let (end, code) = value.split_once('.')?;
            Some(Self {
                end: end.parse().ok()?,
                code: decoded(code)?,
            })
        });
        sessions
            .filter(|session| session.end > nanoseconds(now))
            .collect()
    }

    /// Whether the session was opened by a token, found in constant time.
    pub(super) fn is_of(&self, token: &[u8]) -> bool {
        mac(token, self.end).verify_slice(&self.code).is_ok()
    }
}

/// The header `Set-Cookie` that opens a session for a token.
pub(super) fn opened(request: &Parts, token: &[u8], now: SystemTime) -> String {
    let end = nanoseconds(now + LASTS);
    let code = mac(token, end).finalize().into_bytes();
    let code: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    cookie(request, &format!("{end}.{code}"), LASTS)
}

/// The header `Set-Cookie` that ends a session in its browser.
pub(super) fn closed(request: &Parts) -> String {
    cookie(request, "", Duration::ZERO)
}

fn cookie(request: &Parts, value: &str, lasts: Duration) -> String {
    let origin = request.headers.get(header::ORIGIN);
    let secure = match origin {
        Some(origin) if origin.as_bytes().starts_with(b"https:") => "; Secure",
        _ => "",
    };
    format!(
        "{}={value}; Path=/chaos/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        cookie_name(request),
        lasts.as_secs()
    )
}

/// The name of the cookie: browsers keep those of all ports of a host together.
fn cookie_name(request: &Parts) -> String {
    let host = request.headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    match host.rsplit_once(':') {
        Some((_, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("chaos-session-{port}")
        }
        _ => "chaos-session".to_owned(),
    }
}

fn mac(token: &[u8], end: u64) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(token).expect("a key may have any length");
    mac.chain_update(PURPOSE).chain_update(end.to_be_bytes())
}

fn decoded(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect()
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    // They suffice until the year 2554.
    u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const TOKEN: &[u8] = b"anna's secret of 16 characters";

    fn request(host: &str, cookie: &str) -> Parts {
        let request = Request::builder().header("host", host);
        let request = request.header("cookie", format!("other=1; {cookie}"));
        request.body(()).unwrap().into_parts().0
    }

    fn cookie_from(host: &str, now: SystemTime) -> String {
        let set = opened(&request(host, ""), TOKEN, now);
        set.split(';').next().unwrap().to_owned()
    }

    fn is_valid(host: &str, cookie: &str, token: &[u8], now: SystemTime) -> bool {
        let request = request(host, cookie);
        let sessions = Session::all_of(&request, now);
        sessions.iter().any(|session| session.is_of(token))
    }

    #[test]
    fn a_session_is_valid_for_its_token_until_its_end() {
        let now = SystemTime::now();
        let cookie = cookie_from("localhost:9901", now);
        let valid = |token, at| is_valid("localhost:9901", &cookie, token, at);
        assert!(valid(TOKEN, now));
        assert!(valid(TOKEN, now + LASTS - Duration::from_secs(2)));
        assert!(!valid(TOKEN, now + LASTS));
        assert!(!valid(b"ben's secret of 16 characters", now));
    }

    #[test]
    fn a_session_is_not_valid_when_any_character_is_changed() {
        let now = SystemTime::now();
        let cookie = cookie_from("localhost", now);
        let value = cookie.find('=').unwrap() + 1;
        for at in value..cookie.len() {
            let other = if cookie.as_bytes()[at] == b'7' {
                "8"
            } else {
                "7"
            };
            let mut changed = cookie.clone();
            changed.replace_range(at..=at, other);
            assert!(!is_valid("localhost", &changed, TOKEN, now), "{changed}");
        }
        for (from, to) in [(value, value), (cookie.len() - 2, cookie.len())] {
            let mut cut = cookie.clone();
            cut.replace_range(from..to, if from == to { "é" } else { "" });
            assert!(!is_valid("localhost", &cut, TOKEN, now), "{cut}");
        }
    }

    #[test]
    fn a_session_is_found_behind_cookies_of_the_same_name_unless_they_are_too_many() {
        let now = SystemTime::now();
        let cookie = cookie_from("localhost", now);
        let behind = |junk| {
            let cookies = "chaos-session=junk; chaos-session=9.ff; ".repeat(junk) + &cookie;
            is_valid("localhost", &cookies, TOKEN, now)
        };
        assert!(behind(0) && behind(7));
        assert!(!behind(8));
    }

    #[test]
    fn two_sessions_of_a_token_differ() {
        let now = SystemTime::now();
        let later = cookie_from("localhost", now + Duration::from_nanos(1_000));
        assert_ne!(cookie_from("localhost", now), later);
    }

    #[test]
    fn services_on_other_ports_of_a_host_have_sessions_of_their_own() {
        let now = SystemTime::now();
        let cookie = cookie_from("localhost:9901", now);
        assert!(!is_valid("localhost:9902", &cookie, TOKEN, now));
        assert!(cookie_from("[::1]", now).starts_with("chaos-session="));
    }

    #[test]
    fn no_script_reads_the_cookie_and_no_other_site_sends_it() {
        let set = opened(&request("localhost", ""), TOKEN, SystemTime::now());
        assert!(set.ends_with("; Path=/chaos/; Max-Age=43200; HttpOnly; SameSite=Strict"));
        let mut https = request("chaos.example", "");
        let origin = "https://chaos.example".parse().unwrap();
        https.headers.insert(header::ORIGIN, origin);
        assert!(closed(&https).ends_with("; Max-Age=0; HttpOnly; SameSite=Strict; Secure"));
    }
}
