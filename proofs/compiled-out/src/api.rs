//! Names the public API once, so that builds with and without injection can't drift apart.

use std::future::Future;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use chaos_core::adapter::{
    AdapterWork, Armed, CallPhases, Decision, Flow, Needs, Observation, Outcome, Piece, Support,
};
use chaos_core::journal::JournalPage;
use chaos_core::{
    BlastRadius, ChaosManager, ChaosManagerBuilder, Delay, EndReason, Environment, Error,
    Experiment, ExperimentFile, ExperimentGuard, ExperimentGuards, Fault, InjectedFault, Log, Operation,
    OperationGlob, Phase, Policy, PressureGuard, Scope, Site, SiteKind, TagKeys,
};

const _: fn(&ChaosManager, &Site, ExperimentGuard, OperationGlob) = compiles;

/// Never called: it compiles, or an item is missing.
fn compiles(chaos: &ChaosManager, site: &Site, guard: ExperimentGuard, glob: OperationGlob) {
    let _: fn(ChaosManagerBuilder, u64) -> ChaosManagerBuilder = ChaosManagerBuilder::seed;
    let _: fn(ChaosManagerBuilder, Environment) -> ChaosManagerBuilder =
        ChaosManagerBuilder::environment;
    let _: Result<ChaosManager, Error> = ChaosManager::builder()
        .instance("a")
        .protect("auth")
        .policy(Policy::new())
        .exempt(glob)
        .probe("db", || async { Ok::<_, Error>(()) })
        .journal_to(Log::default())
        .keep_entries(7)
        .check_conditions_every(Duration::from_secs(1))
        .halt_file("halt")
        .halt_file_grace(Duration::from_secs(1))
        .from_env()
        .dry_run()
        .try_build();
    let _: fn() -> Result<ChaosManager, Error> = ChaosManager::from_env;
    let _: fn(&ChaosManager, SiteKind, &str, Support) -> Site = ChaosManager::register;
    let _: fn(&ChaosManager, BlastRadius, Fault) -> Result<ExperimentGuard, Error> =
        ChaosManager::inject;
    let _: fn(&ChaosManager, Experiment) -> Result<ExperimentGuard, Error> = ChaosManager::start;
    let _: fn(&ChaosManager, ExperimentFile) -> Result<ExperimentGuards, Error> =
        ChaosManager::start_file;
    let _: fn(&ChaosManager, &str) -> Result<(), Error> = ChaosManager::stop;
    let _: Option<&Policy> = chaos.policy();
    let _ = (chaos.seed(), chaos.now(), chaos.journal(), chaos.status());
    let _: (JournalPage, _) = (chaos.journal_since(0), chaos.journal_reached(0));
    let _ = (chaos.sites(), chaos.explain("a", "b"), chaos.halt(), chaos.resume());
    let _: fn() -> Result<&'static ChaosManager, Error> = chaos_core::process_wide;
    let _: fn(Duration) -> Delay = chaos_core::delay;

    let _ = (guard.name(), guard.injected(), guard.in_flight(), guard.pressure());
    let _: (bool, Option<&EndReason>) = (guard.was_reached(), guard.ended());
    let _: (bool, fn(&PressureGuard) -> bool) = (guard.took_effect(), PressureGuard::took_effect);
    guard.on_end(|| {});
    let guard = guard.expect_injected();
    let _ = (ExperimentGuards::named, ExperimentGuards::detach);
    guard.detach();
    let _: fn(&PressureGuard) -> bool = PressureGuard::is_gone;

    let _ = (site.service(), site.kind(), site.number_next(), site.is_explored());
    let _ = (site.always_scoped(), site.works_outside(), site.may_work_outside(), site.calls_outside());
    let _: fn(&Site) -> Option<Needs> = Site::needs;
    let _: fn(&Site) -> Option<Observation> = Site::observe;
    let _: fn(&Site, &Operation<'_>) -> Decision = Site::decide;
    let _: fn(Needs, u8) -> Armed<u8> = Needs::arm;
    let _: [fn(Needs) -> bool; 3] = [Needs::decision, Needs::scope, Needs::outcome];
    let _: fn(&Armed<u8>) -> &u8 = Armed::get;
    let _: fn(&mut Armed<u8>) -> &mut u8 = Armed::get_mut;
    let _: fn(Armed<u8>) -> u8 = Armed::into_inner;
    let _: fn(&mut Observation) = Observation::treated;
    let _: fn(&mut Observation) = Observation::stop_clock;
    let _: fn(Observation, Outcome) = Observation::finish;
    let _: fn(&mut Decision) -> Vec<AdapterWork> = Decision::take_adapter_work;
    let _: fn(&mut Decision, Phase, &mut Context<'_>) -> Poll<Result<(), InjectedFault>> =
        Decision::poll_apply;
    let _: fn(&AdapterWork, Duration) -> Delay = AdapterWork::ended;
    let _ = (AdapterWork::items, AdapterWork::experiment, AdapterWork::has_ended);
    let _: fn() -> CallPhases<u8> = CallPhases::new;
    let mut flow = Flow::STRAIGHT;
    flow.follow(site, &Operation::new("a"));
    let _: Option<Piece> = flow.schedule(1, Instant::now()).ok();
    let _ = (flow.is_straight(), flow.alters(), flow.alter(&mut []), flow.passed(1));
    let _: fn(&TagKeys, &Scope, SystemTime) -> Result<String, chaos_core::error::TagsTooLarge> =
        TagKeys::sign;
    let _: Box<dyn Future<Output = ()>> = Box::new(chaos.halted());
}
