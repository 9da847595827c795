//! What a webhook is sent, and what its replies mean.

use std::fs;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::message::{Message, Occasion};
use crate::receiver::{Deliver, Undelivered};
use crate::webhook::Webhook;

fn webhook(url: &str) -> Result<Webhook, serde_json::Error> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("url");
    fs::write(&path, url).unwrap();
    let url = format!("file:{}", path.display());
    serde_json::from_value(json!({ "name": "ops", "url": url }))
}

/// Answers one request with a status, and returns it with what came of it.
async fn exchange(status: &str) -> (String, Result<(), Undelivered>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let webhook = webhook(&format!("http://{at}/s3cret")).unwrap();
    let message = Message::new(Occasion::Start, "slow payments");
    let answer = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !String::from_utf8_lossy(&request).ends_with("\"}") {
            connection.read_buf(&mut request).await.unwrap();
        }
        let reply = format!("HTTP/1.1 {status}\r\ncontent-length: 6\r\n\r\ns3cret");
        connection.write_all(reply.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let (request, result) = tokio::join!(answer, webhook.deliver(&message));
    let id = format!("idempotency-key: {}\r\n", message.id);
    assert!(request.contains(&id), "{request}");
    (request, result)
}

#[tokio::test]
async fn a_webhook_is_sent_the_payload_and_the_id() {
    let (request, result) = exchange("200 OK").await;
    assert_eq!(result, Ok(()));
    assert!(
        request.starts_with("POST /s3cret HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains(r#""text":"*slow payments*\n""#),
        "{request}"
    );
}

#[tokio::test]
async fn only_a_refusal_is_for_good_and_no_reply_shows_the_url() {
    for status in ["500 Oops", "503 Oops", "429 Oops", "408 Oops"] {
        let why = match exchange(status).await.1 {
            Err(Undelivered::ForNow(why)) => why,
            other => panic!("{status}: {other:?}"),
        };
        assert!(
            why.starts_with("127.0.0.1: status ") && !why.contains("s3cret"),
            "{why}"
        );
    }
    for status in ["400 Oops", "404 Oops", "301 Oops"] {
        let result = exchange(status).await.1;
        assert!(
            matches!(result, Err(Undelivered::ForGood(_))),
            "{status}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_named_without_the_url() {
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let webhook = webhook(&format!("http://localhost:{port}/s3cret")).unwrap();
    let failure = webhook.deliver(&Message::new(Occasion::Start, "")).await;
    let Err(Undelivered::ForNow(why)) = failure else {
        panic!("{failure:?}");
    };
    assert!(why.starts_with("localhost: Connection refused"), "{why}");
}

#[test]
fn a_url_is_encrypted_or_of_this_machine_and_never_shown() {
    for fit in ["https://example.org/s3cret", "http://[::1]:1/s3cret"] {
        let webhook = webhook(fit).unwrap();
        assert!(!format!("{webhook:?}").contains("s3cret"), "{webhook:?}");
    }
    for unfit in [
        "http://example.org/s3cret",
        "https://u:s3cret@example.org",
        "ftp://localhost/s3cret",
        "s3cret",
        "https://s3cret/a b",
    ] {
        let error = webhook(unfit).unwrap_err().to_string();
        let expected = "its value must be an https:// URL without an account, or one of http:// to this machine";
        assert_eq!(error, expected, "{unfit}");
    }
}
