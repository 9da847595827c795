//! The demonstration: the storefront under a fault after another, and what its callers see of them.

#![allow(clippy::print_stdout, reason = "printing is what a demonstration does")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chaos_tower::{
    BlastRadius, ChaosManager, Error, Experiment, Failure, Fault, Latency, Pattern, Phase, Rate,
};
use tower::ServiceExt;

const REQUESTS: usize = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chaos = ChaosManager::new();
    let app = storefront::app(&chaos);
    println!(
        "{REQUESTS} requests to the storefront under each fault; seed {}\n",
        chaos.seed()
    );
    println!(
        "{:<34} {:>4} {:>6} {:>10} {:>10} {:>9}",
        "", "ok", "not ok", "p50", "p99", "injected"
    );

    measure("no fault", &app).await.print(0);
    for (title, experiment) in experiments()? {
        match chaos.start(experiment) {
            Ok(guard) => {
                let seen = measure(title, &app).await;
                seen.print(guard.injected());
            }
            Err(Error::CompiledOut { .. }) => {
                println!("\nThis build contains no fault injection: the service is all there is.");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let guard = chaos.inject(everything(), Fault::error(Failure::Unavailable))?;
    chaos.halt();
    measure("halted", &app).await.print(guard.injected());

    println!(
        "\nWhy does nothing fire now?\n{}",
        chaos.explain("storefront", "GET /products")
    );
    Ok(())
}

fn everything() -> BlastRadius {
    BlastRadius::requests_to("storefront")
}

fn experiments() -> Result<Vec<(&'static str, Experiment)>, Box<dyn std::error::Error>> {
    let quantiles = Latency::quantiles([
        (0.5, Duration::from_millis(2)),
        (0.99, Duration::from_millis(20)),
    ])?;
    Ok(vec![
        (
            "slow: p50 2 ms, p99 20 ms",
            Experiment::new("slow")
                .fault(Fault::latency(quantiles))
                .blast_radius(everything()),
        ),
        (
            "a third unavailable",
            Experiment::new("unavailable")
                .fault(Fault::error(Failure::Unavailable))
                .blast_radius(everything().rate(Rate::percent(33.3)?)),
        ),
        (
            "every tenth reply lost",
            Experiment::new("lost replies")
                .fault(Fault::error(Failure::status(502)?))
                .blast_radius(everything())
                .phase(Phase::After)
                .pattern(Pattern::every(10)?),
        ),
        (
            "orders fail, at most 5 of them",
            Experiment::new("orders")
                .fault(Fault::error(Failure::Internal))
                .blast_radius(everything().operation("* /orders/*").at_most(5)),
        ),
    ])
}

/// What the callers saw of one fault.
struct Seen {
    title: &'static str,
    ok: usize,
    times: Vec<Duration>,
}

async fn measure(title: &'static str, app: &Router) -> Seen {
    let mut seen = Seen {
        title,
        ok: 0,
        times: Vec::with_capacity(REQUESTS),
    };
    for number in 0..REQUESTS {
        let path = if number % 2 == 0 {
            "/products".to_owned()
        } else {
            format!("/orders/{number}")
        };
        let request = Request::get(path)
            .header("x-request-id", format!("request {number}"))
            .body(Body::empty())
            .expect("the request is well formed");
        let start = Instant::now();
        let Ok(response) = app.clone().oneshot(request).await;
        seen.times.push(start.elapsed());
        seen.ok += usize::from(response.status() == StatusCode::OK);
    }
    seen.times.sort_unstable();
    seen
}

impl Seen {
    fn print(&self, injected: u64) {
        let Self { title, ok, times } = self;
        let quantile = |share: f64| times[(times.len() as f64 * share) as usize];
        let (other, p50, p99) = (times.len() - ok, quantile(0.5), quantile(0.99));
        println!("{title:<34} {ok:>4} {other:>6} {p50:>10.1?} {p99:>10.1?} {injected:>9}");
    }
}
