//! A small service as its authors would write it, for counting what a production build still contains.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use chaos_core::ChaosManager;
use chaos_tower::ChaosLayer;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

fn main() -> Result<(), Box<dyn Error>> {
    let chaos = ChaosManager::from_env()?;
    let pms = chaos.site("pms");
    let mut service = ChaosLayer::server(&chaos, "orders").layer(Handler);
    let mut context = Context::from_waker(Waker::noop());
    let mut response = std::pin::pin!(service.call(Request::new(())));
    if let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) {
        println!("status {}", response.status());
    }
    let reserved = pms.around_blocking("reserve", || Ok::<_, std::io::Error>(101))?;
    println!("room {reserved}");
    println!("threads {}", std::fs::read_dir("/proc/self/task")?.count());
    Ok(())
}

#[derive(Clone)]
struct Handler;

impl Service<Request<()>> for Handler {
    type Response = Response<axum_core::body::Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<()>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}
