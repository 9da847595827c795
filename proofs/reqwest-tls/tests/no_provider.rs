//! A client whose TLS has a provider of its own, in a process without a default one.

use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;

use chaos_tower::ChaosManager;
use rustls::{ClientConfig, RootCertStore};

#[tokio::test]
async fn a_missing_default_provider_is_an_error_that_says_what_to_do() {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(config);
    let client = chaos_tower::reqwest::client(&ChaosManager::new(), "payments", builder).unwrap();

    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let error = client.get(url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let mut next = error.source();
    let mut texts = String::new();
    while let Some(error) = next {
        texts += &error.to_string();
        next = error.source();
    }
    assert!(
        texts.contains("install a default `rustls::crypto::CryptoProvider`"),
        "{texts}"
    );
}
