//! The scopes that a server opens, and the tags that it accepts.

use std::convert::Infallible;
use std::time::SystemTime;

use bytes::Bytes;
use chaos_tower::{
    BlastRadius, ChaosLayer, ChaosManager, Failure, Fault, KeyId, Scope, Tag, TagKeys, TagTrust,
};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};

fn orders() -> BlastRadius {
    BlastRadius::requests_to("orders")
}

fn order() -> http::request::Builder {
    Request::post("/orders")
}

async fn ask(layer: &ChaosLayer, request: http::request::Builder) -> StatusCode {
    let server = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));
    let Ok(reply) = server.oneshot(request.body(()).unwrap()).await;
    reply.status()
}

/// Returns the keys that the handler finds in its task and in the extensions of the request.
async fn scopes_seen(layer: ChaosLayer, request: http::request::Builder) -> [Option<String>; 2] {
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = std::sync::Mutex::new(Some(tell));
    let service = layer.layer(service_fn(|request: Request<()>| {
        let kept = request.extensions().get::<Scope>();
        let kept = kept.map(|scope| scope.key().to_owned());
        let tell = tell.lock().unwrap().take();
        async move {
            tokio::task::yield_now().await;
            let current = Scope::current().map(|scope| scope.key().to_owned());
            tell.unwrap().send([current, kept]).unwrap();
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }
    }));
    let _ = service.oneshot(request.body(()).unwrap()).await.unwrap();
    told.await.unwrap()
}

#[tokio::test]
async fn a_scope_is_opened_while_an_experiment_runs_and_stored_in_extensions_on_request() {
    let chaos = ChaosManager::new();
    let layer = || ChaosLayer::server(&chaos, "orders");
    let traced = || {
        order().header(
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        )
    };
    assert_eq!(scopes_seen(layer(), traced()).await, [None, None]);
    let _elsewhere = chaos
        .inject(BlastRadius::calls_to("payments"), Fault::reset())
        .unwrap();
    let trace = || Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned());
    assert_eq!(scopes_seen(layer(), traced()).await, [trace(), None]);
    let kept = layer().scope_in_extensions();
    assert_eq!(scopes_seen(kept, traced()).await, [trace(), trace()]);
    let id = order().header("x-request-id", "order-7");
    assert_eq!(
        scopes_seen(layer(), id).await,
        [Some("order-7".to_owned()), None]
    );
}

fn keys(id: &str, secret: u8) -> TagKeys {
    TagKeys::new(KeyId::new(id).unwrap(), [secret; 32]).unwrap()
}

#[tokio::test]
async fn tags_are_accepted_only_with_a_trusted_signature() {
    let chaos = ChaosManager::new();
    let canary = Scope::new("order-7").tagged(Tag::new("canary").unwrap());
    let signed = |keys: TagKeys, scope: &Scope| {
        let baggage = keys.sign(scope, SystemTime::now()).unwrap();
        order()
            .header("x-request-id", "order-7")
            .header("baggage", baggage)
    };
    let trusting =
        ChaosLayer::server(&chaos, "orders").trusting(TagTrust::signed_by(keys("ours", 1)));
    let naive = ChaosLayer::server(&chaos, "orders");
    let down = chaos
        .inject(
            orders().tagged("canary"),
            Fault::error(Failure::Unavailable),
        )
        .unwrap();
    let ours = signed(keys("ours", 1), &canary);
    assert_eq!(ask(&naive, ours).await, StatusCode::OK);
    let foreign = signed(keys("ours", 2), &canary);
    assert_eq!(ask(&trusting, foreign).await, StatusCode::OK);
    let other = Scope::new("order-8").tagged(Tag::new("canary").unwrap());
    let replayed = signed(keys("ours", 1), &other);
    assert_eq!(ask(&trusting, replayed).await, StatusCode::OK);
    let unsigned = order().header("baggage", "chaos=canary");
    assert_eq!(ask(&trusting, unsigned).await, StatusCode::OK);
    assert_eq!(down.injected(), 0);
    let ours = signed(keys("ours", 1), &canary);
    assert_eq!(ask(&trusting, ours).await, StatusCode::SERVICE_UNAVAILABLE);
}
