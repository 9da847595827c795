//! The service that is starved.

use std::time::{Duration, Instant};

use chaos_benches::control_group;
use chaos_core::pressure::PressureChange;
use chaos_core::{
    BlastRadius, ChaosManager, Consent, Event, Experiment, ExperimentGuard, Failure, Fault,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::bare::BareThread;
use crate::monotonic::monotonic;
use crate::service::{SITE, Service};
use crate::starved::Starved;

/// The argument with which this program is the service.
pub(crate) const SERVE: &str = "--serve-starved";

/// The time from the start of a round until the client asks for the status, and from then until it halts.
pub(crate) const STEP: Duration = Duration::from_millis(200);

/// Is the service: prints its socket, then two lines for each round.
pub(crate) fn serve(arguments: &[String]) -> ! {
    let [starved, rounds, group @ ..] = arguments else {
        panic!("a kind of starvation, and a number of rounds");
    };
    if let [group] = group {
        control_group::join(group);
    }
    let mut known = Starved::ALL.into_iter();
    let starved = known.find(|known| format!("{known:?}") == *starved);
    let few = Rlimit {
        current: Some(128),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, few).expect("a limit can be lowered");
    let service = Service::open();
    println!("{}", service.socket().display());
    for _ in 0..rounds.parse().expect("a number") {
        round(&service, starved.expect("a kind"));
    }
    // The client kills this process once it has all replies.
    loop {
        std::thread::park();
    }
}

fn round(service: &Service, starved: Starved) {
    service.chaos.resume();
    let failing = Experiment::new("failing")
        .fault(Fault::error(Failure::Unavailable))
        .blast_radius(BlastRadius::points_at(SITE));
    let _failing = service.chaos.start(failing).expect("a start");
    let pressing: Vec<_> = starved
        .pressures()
        .into_iter()
        .map(|pressure| press(&service.chaos, pressure))
        .collect();
    assert!(service.injects());
    // What the service lacks may keep threads from starting, so these start before.
    let (begins, instant) = (monotonic(), Instant::now());
    let bare = [1, 2].map(|steps| {
        let due = instant + STEP * steps;
        (due, BareThread::sleeping_until(due))
    });
    let clean = service.clean();
    let watching = std::thread::spawn(move || {
        clean();
        monotonic()
    });
    let held = starved.hold_up();
    println!("{}", begins.as_nanos());
    let clean = watching.join().expect("it only looks");
    assert!(pressing.iter().all(|guard| guard.ended().is_some()));
    // The reply to the halt is awaited as well.
    std::thread::sleep((STEP * 3).saturating_sub(instant.elapsed()));
    drop(held);
    let [at_status, at_halt] = bare.map(|(due, bare)| bare.lateness_after(due).as_nanos());
    println!("{} {at_status} {at_halt}", clean.as_nanos());
}

/// Starts a pressure, and waits until it is there.
fn press(chaos: &ChaosManager, pressure: chaos_core::Pressure) -> ExperimentGuard {
    let name = format!("{:?}", pressure.kind());
    let experiment = Experiment::new(name.clone())
        .fault(Fault::exhaust(pressure))
        .blast_radius(BlastRadius::everything(
            Consent::by("the bench").expect("a name"),
        ));
    let before = chaos.overview().journal_next;
    let guard = chaos.start(experiment).expect("a start");
    while !is_reached(chaos, before, &name) {
        assert!(guard.ended().is_none(), "{:?}", guard.ended());
        std::thread::sleep(Duration::from_millis(1));
    }
    guard
}

fn is_reached(chaos: &ChaosManager, since: u64, name: &str) -> bool {
    let effects = [PressureChange::Reached, PressureChange::Saturated];
    let mut entries = chaos
        .journal()
        .into_iter()
        .filter(|entry| entry.number >= since);
    entries.any(|entry| match &entry.event {
        Event::Pressure {
            experiment, change, ..
        } => **experiment == *name && effects.contains(change),
        _ => false,
    })
}
