//! The demonstration: the storefront under a fault after another, and what its callers see of them.

#![allow(clippy::print_stdout, reason = "printing is what a demonstration does")]

use std::time::{Duration, Instant};

use chaos_tower::{
    BlastRadius, ChaosManager, Disconnect, Error, Experiment, Failure, Fault, Latency, Pattern,
    Phase, Rate,
};
use storefront::payments::Payments;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const REQUESTS: usize = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chaos = ChaosManager::new();
    let payments = Payments::start().await?;
    let app = storefront::app(&chaos, &payments.url())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let stop_or_signal = async {
        tokio::select! {
            _ = stopped => {}
            () = storefront::told_to_stop() => {}
        }
    };
    let server = tokio::spawn(storefront::serve(
        listener,
        app,
        chaos.clone(),
        stop_or_signal,
    ));

    tokio::select! {
        shown = show(&chaos, &url) => shown?,
        () = storefront::told_to_stop() => println!("\nstopping"),
    }
    let _ = stop.send(());
    server.await??;
    Ok(())
}

async fn show(chaos: &ChaosManager, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{REQUESTS} requests to the storefront under each fault, half of them checkouts; seed {}\n",
        chaos.seed()
    );
    println!(
        "{:<38} {:>4} {:>6} {:>10} {:>10} {:>9}",
        "", "ok", "not ok", "p50", "p99", "injected"
    );
    measure("no fault", url).await.print(0);
    for (title, experiment) in experiments()? {
        match chaos.start(experiment) {
            Ok(guard) => {
                let seen = measure(title, url).await;
                seen.print(guard.injected());
            }
            Err(Error::CompiledOut { .. }) => {
                println!("\nThis build contains no fault injection: the service is all there is.");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let guard = chaos.inject(requests(), Fault::error(Failure::Unavailable))?;
    chaos.halt();
    measure("halted", url).await.print(guard.injected());
    println!(
        "\nWhy does nothing fire now?\n{}",
        chaos.explain("storefront", "GET /products")
    );
    Ok(())
}

fn requests() -> BlastRadius {
    BlastRadius::requests_to("storefront")
}

fn charges() -> BlastRadius {
    BlastRadius::calls_to("payments")
}

fn experiments() -> Result<Vec<(&'static str, Experiment)>, Box<dyn std::error::Error>> {
    let quantiles = Latency::quantiles([
        (0.5, Duration::from_millis(2)),
        (0.99, Duration::from_millis(20)),
    ])?;
    let third = Rate::percent(33.3)?;
    let slow_bytes = BlastRadius::streams_to("payments").operation("read");
    Ok(vec![
        (
            "slow: p50 2 ms, p99 20 ms",
            Experiment::new("slow")
                .fault(Fault::latency(quantiles))
                .blast_radius(requests()),
        ),
        (
            "a third unavailable",
            Experiment::new("unavailable")
                .fault(Fault::error(Failure::Unavailable))
                .blast_radius(requests().rate(third)),
        ),
        (
            "every tenth reply lost",
            Experiment::new("lost replies")
                .fault(Fault::reset())
                .blast_radius(requests())
                .phase(Phase::After)
                .pattern(Pattern::every(10)?),
        ),
        (
            "responses cut off after 3 bytes",
            Experiment::new("cut")
                .fault(Fault::disconnect(Disconnect::CutAfter(3)))
                .blast_radius(requests().operation("GET /products").rate(third))
                .phase(Phase::During),
        ),
        (
            "payments refuse a third of connections",
            Experiment::new("refused")
                .fault(Fault::error(Failure::Refused))
                .blast_radius(charges().rate(third)),
        ),
        (
            "payments 10 ms away",
            Experiment::new("far away")
                .fault(Fault::latency(Duration::from_millis(10)))
                .blast_radius(slow_bytes),
        ),
    ])
}

/// What the callers saw of one fault.
struct Seen {
    title: &'static str,
    ok: usize,
    times: Vec<Duration>,
}

async fn measure(title: &'static str, url: &str) -> Seen {
    let client = reqwest::Client::new();
    let mut seen = Seen {
        title,
        ok: 0,
        times: Vec::with_capacity(REQUESTS),
    };
    for number in 0..REQUESTS {
        let request = if number % 2 == 0 {
            client.get(format!("{url}/products"))
        } else {
            client.post(format!("{url}/checkout"))
        };
        let request = request.header("x-request-id", format!("request {number}"));
        let start = Instant::now();
        let ok = match request.send().await {
            Ok(reply) => reply.status().is_success() && reply.bytes().await.is_ok(),
            Err(_) => false,
        };
        seen.times.push(start.elapsed());
        seen.ok += usize::from(ok);
    }
    seen.times.sort_unstable();
    seen
}

impl Seen {
    fn print(&self, injected: u64) {
        let Self { title, ok, times } = self;
        let quantile = |share: f64| times[(times.len() as f64 * share) as usize];
        let (other, p50, p99) = (times.len() - ok, quantile(0.5), quantile(0.99));
        println!("{title:<38} {ok:>4} {other:>6} {p50:>10.1?} {p99:>10.1?} {injected:>9}");
    }
}
