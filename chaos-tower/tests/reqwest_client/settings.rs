//! Settings of the client's builder, which all keep their effect and its faults.

use std::iter;
use std::net::SocketAddr;

use chaos_tower::{BlastRadius, ChaosManager, Failure, Fault};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Proxy};
use tower::limit::ConcurrencyLimitLayer;

use crate::service::Service;
use crate::{builder, calls, payments, process, soon, status};

/// Asserts that requests and connections of a client can fail, and that it opens one connection.
async fn assert_injected(service: &Service, builder: ClientBuilder, url: &str) {
    let chaos = ChaosManager::new();
    let client = payments(&chaos, builder);
    let get = || status(client.get(url));

    let streams = BlastRadius::streams_to("payments").operation("connect");
    let refused = chaos
        .inject(streams, Fault::error(Failure::Refused))
        .unwrap();
    let error = get().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert_eq!((refused.injected(), service.connections()), (1, 0));
    drop(refused);

    let down = chaos
        .inject(calls(), Fault::error(Failure::Unavailable))
        .unwrap();
    assert_eq!(get().await.unwrap(), 503);
    assert_eq!((down.injected(), service.worked()), (1, 0));
    drop(down);
    assert_eq!(get().await.unwrap(), 200);
    assert_eq!((service.worked(), service.connections()), (1, 1));
}

#[tokio::test]
async fn no_text_in_the_settings_turns_injection_off() {
    let service = Service::start().await;
    let url = service.url("/");
    let builder = builder().user_agent("user interface: v1, proxies: [], dns_overrides: {");
    assert_injected(&service, builder, &url).await;
    let agent = service.requests()[0].headers()["user-agent"].clone();
    assert_eq!(agent, "user interface: v1, proxies: [], dns_overrides: {");
}

#[tokio::test]
async fn a_client_with_a_local_address_is_struck() {
    let service = Service::start().await;
    let address = [127, 0, 0, 1];
    let builder = builder().local_address(std::net::IpAddr::from(address));
    assert_injected(&service, builder, &service.url("/")).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_client_bound_to_an_interface_is_struck() {
    let service = Service::start().await;
    assert_injected(&service, builder().interface("lo"), &service.url("/")).await;
}

#[tokio::test]
async fn a_client_with_resolved_names_is_struck() {
    let service = Service::start().await;
    let port = service.address().port();
    let url = format!("http://payments.test:{port}/");
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    assert_injected(&service, builder().resolve("payments.test", address), &url).await;
}

struct OnLoopback;

impl Resolve for OnLoopback {
    fn resolve(&self, _: Name) -> Resolving {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Box::pin(async move { Ok(Box::new(iter::once(address)) as Addrs) })
    }
}

#[tokio::test]
async fn a_client_with_its_own_resolver_is_struck() {
    let service = Service::start().await;
    let url = format!("http://payments.test:{}/", service.address().port());
    assert_injected(&service, builder().dns_resolver(OnLoopback), &url).await;
}

#[tokio::test]
async fn a_client_behind_a_proxy_is_struck() {
    // The service is the proxy: it receives the whole URL.
    let service = Service::start().await;
    let proxy = Proxy::all(service.url(""))
        .unwrap()
        .basic_auth("anna", "secret");
    let builder = reqwest::Client::builder().proxy(proxy);
    assert_injected(&service, builder, "http://payments.test/charge?dry=yes").await;
    let request = &service.requests()[0];
    assert_eq!(request.uri(), "http://payments.test/charge?dry=yes");
    assert!(request.headers().contains_key("proxy-authorization"));
}

#[tokio::test]
async fn a_client_with_a_layer_around_its_connector_is_struck() {
    let service = Service::start().await;
    // Panics if it is called without having been ready.
    let limited = builder().connector_layer(ConcurrencyLimitLayer::new(1));
    assert_injected(&service, limited, &service.url("/")).await;
}

/// In its own process, because reqwest reads the environment once.
#[test]
fn a_proxy_in_the_environment_is_not_used_for_the_hop() {
    let mut child = process::running("settings::a_client_with_a_local_address_is_struck");
    child.env("http_proxy", "http://127.0.0.1:1");
    for spared in ["no_proxy", "NO_PROXY", "REQUEST_METHOD"] {
        child.env_remove(spared);
    }
    process::assert_passes(&mut child);
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_of_a_unix_socket_is_struck() {
    let service = Service::start().await;
    let path = std::env::temp_dir().join(format!("chaos-payments-{}", std::process::id()));
    service.listen_at(&path).await;
    let unix = builder().unix_socket(path.clone());
    assert_injected(&service, unix, "http://payments.test/").await;
    std::fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_client_that_only_allows_https_still_does() {
    let chaos = ChaosManager::new();
    let client = payments(&chaos, builder().https_only(true));
    let error = client
        .get("http://payments.test/")
        .send()
        .await
        .unwrap_err();
    assert!(error.is_builder() || error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn http2_is_kept_and_only_the_stream_of_a_request_is_reset() {
    let chaos = ChaosManager::new();
    let service = Service::start().await;
    let client = payments(&chaos, builder().http2_prior_knowledge());
    let url = service.url("/");
    let response = soon(client.get(&url).send()).await.unwrap();
    assert!(!response.headers().contains_key("date"), "{response:?}");
    let all = (0..20).map(|_| client.get(&url).send());
    for response in soon(futures_util::future::join_all(all)).await {
        assert_eq!(response.unwrap().version(), http::Version::HTTP_2);
    }
    let broken = chaos.inject(calls().at_most(1), Fault::reset()).unwrap();
    let error = soon(client.get(&url).send()).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(broken.injected(), 1);
    assert_eq!(soon(client.get(&url).send()).await.unwrap().status(), 200);
    assert_eq!(service.connections(), 1);
    assert_eq!(service.requests()[0].version(), http::Version::HTTP_2);
}
