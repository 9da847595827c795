//! What is done to valid requests.

use fastrand::Rng;

use super::request::{Refusal, Request};

/// One way to change a request.
type Mutation = fn(&mut Request, &mut Rng);

const MUTATIONS: [Mutation; 9] = [
    method,
    path,
    origin,
    token,
    condition,
    query,
    document,
    framing,
    bytes_of_head,
];

/// Changes a request in one to three ways.
pub(super) fn mutate(request: &mut Request, random: &mut Rng) {
    for _ in 0..random.usize(1..=3) {
        MUTATIONS[random.usize(..MUTATIONS.len())](request, random);
    }
}

fn one<'a>(random: &mut Rng, of: &[&'a str]) -> &'a str {
    of[random.usize(..of.len())]
}

fn method(request: &mut Request, random: &mut Rng) {
    let others = [
        "PATCH", "get", "OPTIONS", "HEAD", "TRACE", "CONNECT", "BREW", "G\0T", "", "PRI",
    ];
    let other = one(random, &others);
    request.method = other.into();
    // A target in another form than the method demands is no HTTP.
    request.broken |= matches!(other, "" | "G\0T" | "CONNECT" | "PRI" | "HEAD");
    request.refuse(Refusal::Forbidden);
}

fn path(request: &mut Request, random: &mut Rng) {
    let target = String::from_utf8_lossy(&request.target).into_owned();
    let below = target.trim_start_matches("/chaos/v1").to_owned();
    let trick = random.usize(..12);
    let tricked = match trick {
        0 => format!("/chaos/v1/../v1{below}"),
        1 => format!("/chaos/v1/%2e%2e/v1{below}"),
        2 => format!("//chaos/v1{below}"),
        3 => format!("/chaos/v1/{below}"),
        4 => format!("/chaos/v1%00{below}"),
        5 => format!("http://evil.example{target}"),
        6 => format!("http://localhost@evil.example{target}"),
        7 => format!("/chaos/v2{below}"),
        8 => format!("/chaos%2Fv1{below}"),
        9 => format!("/chaos/v1{below}{}", "x".repeat(20_000)),
        10 => format!("\\chaos\\v1{below}"),
        _ => format!("/chaos/v1\u{0}{below}"),
    };
    request.target = tricked.into_bytes();
    request.broken |= matches!(trick, 9..);
    request.refuse(if trick == 9 {
        Refusal::Invalid
    } else {
        Refusal::Forbidden
    });
}

fn origin(request: &mut Request, random: &mut Rng) {
    match random.usize(..7) {
        0 => request.set("host", "evil.example"),
        1 => request.add("host", "evil.example"),
        2 => request.headers.retain(|(name, _)| name != "host"),
        3 => request.add("origin", "http://evil.example"),
        4 => {
            request.add("origin", "http://localhost");
            request.add("origin", "null");
        }
        5 => request.add("sec-fetch-site", "cross-site"),
        _ => {
            request.add("sec-fetch-site", "none");
            request.add("sec-fetch-site", "same-site");
        }
    }
    request.refuse(Refusal::Forbidden);
}

fn token(request: &mut Request, random: &mut Rng) {
    match random.usize(..5) {
        0 => request.headers.retain(|(name, _)| name != "authorization"),
        1 => request.set("authorization", "Bearer 0123456789abcdef"),
        2 => request.add("authorization", "Bearer 0123456789abcdef"),
        3 => request.set("authorization", "Basic YW5uYTphbm5h"),
        _ => request.set("authorization", vec![b'B'; 9_000]),
    }
    if request.with_token {
        request.refuse(Refusal::Forbidden);
    }
}

fn condition(request: &mut Request, random: &mut Rng) {
    let name = one(
        random,
        &["if-match", "last-event-id", "chaos-actor", "chaos-reason"],
    );
    let values = [
        "",
        "*",
        "W/\"1-1\"",
        "\"1-1\"",
        "-1",
        "18446744073709551616",
        "\t",
        "a, b",
    ];
    match random.usize(..4) {
        0 => request.add(name, vec![b'x'; random.usize(1..3_000)]),
        1 => request.add(name, vec![0xff, 0xfe]),
        2 => {
            request.add(name, "1");
            request.add(name, "2");
        }
        _ => request.add(name, one(random, &values)),
    }
}

fn query(request: &mut Request, random: &mut Rng) {
    let separator = if request.target.contains(&b'?') {
        '&'
    } else {
        '?'
    };
    let unknown = [
        "dryrun=true",
        "dry-run=true",
        "%ff=1",
        "=",
        "%00=%00",
        "lease%20=1m",
    ];
    let values = [
        "lease=1h",
        "lease=",
        "lease=-1s",
        "lease=99999999999999h",
        "lease=%ff",
        "dry_run=yes",
        "dry_run=true",
        "since=-1",
        "since=99999999999999999999",
        "service=%00",
        "operation=%e2%82",
    ];
    let added = match random.bool() {
        true => {
            request.refuse(Refusal::Invalid);
            one(random, &unknown)
        }
        false => one(random, &values),
    };
    request
        .target
        .extend(format!("{separator}{added}").into_bytes());
}

/// Bodies that are no experiment.
const DOCUMENTS: [(&str, &str); 12] = [
    ("application/json", "null"),
    ("application/json", "[]"),
    (
        "application/json",
        r#"{"name": 1, "fault": [], "blast_radius": "everything"}"#,
    ),
    (
        "application/json",
        r#"{"name": "", "fault": "panic", "blast_radius": {"points_at": "payments"}}"#,
    ),
    (
        "application/json",
        r#"{"name": "a", "fault": {"latency": 1e999}, "blast_radius": {"points_at": "payments"}}"#,
    ),
    (
        "application/json",
        r#"{"version": 99999999999999999999, "experiments": []}"#,
    ),
    (
        "application/yaml",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
    ),
    ("application/yaml", "a: &a [*a]\n"),
    ("application/yaml", "!!python/object/apply:os.system [id]\n"),
    ("application/yaml", "name: a\nname: a\n"),
    (
        "application/toml",
        "name = 'a'\n[fault]\nlatency = 1979-05-27\n",
    ),
    ("application/x-www-form-urlencoded", "name=a"),
];

fn document(request: &mut Request, random: &mut Rng) {
    if !request.has_valid_document {
        request.body = (0..random.usize(1..100)).map(|_| random.u8(..)).collect();
        return;
    }
    request.has_valid_document = false;
    let at = random.usize(..request.body.len());
    let mut invalid = true;
    match random.usize(..8) {
        0 => {
            request.body[at] ^= 1 << random.usize(..8);
            invalid = false;
        }
        1 => request.body.truncate(at),
        2 => request.body.insert(at, 0),
        3 => request.body.insert(at, 0xff),
        4 => {
            let (open, content_type) = [
                ("[", "json"),
                ("{\"a\":", "json"),
                ("- ", "yaml"),
                ("? ", "yaml"),
                ("a = [", "toml"),
            ][random.usize(..5)];
            request.set("content-type", format!("application/{content_type}"));
            request.body = open.repeat(random.usize(100..50_000)).into_bytes();
        }
        5 => request.set(
            "content-type",
            one(random, &["", "text/html", "application/jsonp", "*/*", "a"]),
        ),
        6 => request.add("content-type", "application/yaml"),
        _ => {
            let (content_type, body) = DOCUMENTS[random.usize(..DOCUMENTS.len())];
            request.set("content-type", content_type);
            request.body = body.into();
        }
    }
    if invalid {
        request.refuse(Refusal::Invalid);
    }
}

/// Lengths and encodings that are wrong, or that two parsers may understand differently.
fn framing(request: &mut Request, random: &mut Rng) {
    let length = request.body.len();
    let smuggled =
        "0\r\n\r\nPOST /chaos/v1/resume HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    let framing = match random.usize(..9) {
        0 => format!("content-length: {}\r\n", length + 1 + random.usize(..1_000)),
        1 => format!(
            "content-length: {length}\r\ncontent-length: {}\r\n",
            length + 1
        ),
        2 => "content-length: -1\r\n".to_owned(),
        3 => "content-length: 99999999999999999999\r\n".to_owned(),
        4 => "transfer-encoding: chunked\r\n".to_owned(),
        5 => {
            request.body = smuggled.into();
            format!(
                "content-length: {}\r\ntransfer-encoding: chunked\r\n",
                smuggled.len()
            )
        }
        6 => format!("transfer-encoding: chunked, identity\r\ncontent-length: {length}\r\n"),
        7 => format!("transfer-encoding : chunked\r\ncontent-length: {length}\r\n"),
        _ => format!("content-length: +{length}\r\n"),
    };
    request.framing = Some(framing);
    request.broken = true;
}

/// A header that no HTTP has.
fn bytes_of_head(request: &mut Request, random: &mut Rng) {
    let (name, value) = match random.usize(..5) {
        0 => ("x\0y".to_owned(), b"1".to_vec()),
        1 => ("x".to_owned(), b"a\0b".to_vec()),
        2 => ("x y".to_owned(), b"1".to_vec()),
        3 => ("x".to_owned(), vec![b'x'; 20_000]),
        _ => ("x".to_owned(), b"1\r\n folded".to_vec()),
    };
    request.add(&name, value);
    request.broken = true;
}
