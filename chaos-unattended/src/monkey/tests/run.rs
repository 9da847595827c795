//! Strikes as they come due.

use super::*;

#[tokio::test(start_paused = true)]
async fn over_a_month_no_strike_is_outside_the_hours_or_the_budget() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-01T00:00:00Z");
    let seen = run_for(31, &monkey, &chaos, &clock).await;
    let began = only(&seen, "began");
    assert!(began.len() > 20, "{seen:?}");
    assert_eq!(only(&seen, "skipped"), []);
    let ended = only(&seen, "ended");
    assert!(
        ended.iter().all(|(_, why)| why == "its time is over"),
        "{ended:?}"
    );

    let mut by_day = HashMap::new();
    for (at, name) in &began {
        let (start, limit) = (berlin(*at), if name == "slow" { 50 } else { 5 });
        let end = berlin(*at + Duration::from_secs(limit * 60));
        assert!(
            !matches!(start.weekday(), Weekday::Saturday | Weekday::Sunday),
            "{start}"
        );
        assert!(
            start.hour() >= 9 && (end.hour() < 17 || (end.hour() == 17 && end.minute() == 0)),
            "{start} to {end}"
        );
        assert_ne!(start.date(), "2026-03-18".parse().unwrap());
        *by_day.entry(start.date()).or_insert(0) += 1;
    }
    assert_eq!(
        by_day.values().max(),
        Some(&3),
        "the budget is used, and not exceeded"
    );
}

#[tokio::test(start_paused = true)]
async fn what_really_runs_begins_and_ends_as_planned() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let control = LocalControl::new(&chaos);
    let mut planned = monkey.strikes(clock.now());
    let mut open = None;
    let run = monkey.run(
        &control,
        || clock.now(),
        |event| match event {
            MonkeyEvent::Began(strike) => {
                assert_eq!(Some(strike), planned.next());
                assert_eq!(chaos.overview().running, [strike.experiment.name()]);
                open = Some(strike.end());
            }
            MonkeyEvent::Ended { .. } => {
                assert!(chaos.overview().running.is_empty());
                let late = clock.now().duration_since(open.take().unwrap()).unwrap();
                assert!(late < Duration::from_millis(2), "{late:?}");
            }
            _ => {}
        },
        pending(),
    );
    assert!(timeout(Duration::from_secs(5 * 86_400), run).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_put_back_brings_no_strike_again() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let first = run_for(5, &monkey, &chaos, &clock).await;
    let again = {
        let put_back = async {
            for _ in 0..20 {
                sleep(Duration::from_secs(6 * 3_600)).await;
                clock.put_to(clock.now() - Duration::from_secs(2 * 3_600));
            }
            "the test is over".to_owned()
        };
        clock.put_to(time("2026-03-02T00:00:00Z"));
        let seen = run_until(put_back, &monkey, &chaos, &clock).await;
        only(&seen, "began")
    };
    let mut once: Vec<_> = again.clone();
    once.dedup();
    assert_eq!(once, again, "no strike began twice");
    let planned = only(&first, "began");
    assert!(
        again.iter().all(|strike| planned.contains(strike)),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_strike_that_was_slept_through_is_skipped() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let (clock, strike) = before_first_strike(&monkey);
    let stop = async {
        sleep(Duration::from_secs(1)).await;
        clock.put_to(strike.at + Duration::from_secs(300));
        sleep(Duration::from_secs(60)).await;
        "the test is over".to_owned()
    };
    let seen = run_until(stop, &monkey, &chaos, &clock).await;
    let [(at, why)] = &only(&seen, "skipped")[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(
        (*at, why.starts_with("it was due 3")),
        (strike.at, true),
        "{why}"
    );
    assert_eq!(only(&seen, "began"), []);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_halted_or_busy_is_left_alone() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let clock = TestClock::at("2026-03-02T00:00:00Z");
    let busy = chaos
        .inject(BlastRadius::points_at("pms"), Fault::panic())
        .unwrap();
    let seen = run_for(1, &monkey, &chaos, &clock).await;
    assert_eq!(only(&seen, "began"), []);
    assert!(
        only(&seen, "skipped")
            .iter()
            .all(|(_, why)| why.ends_with("is running")),
        "{seen:?}"
    );
    assert!(!only(&seen, "skipped").is_empty());
    drop(busy);
    chaos.halt();
    let seen = run_for(1, &monkey, &chaos, &clock).await;
    assert_eq!(only(&seen, "began"), []);
    assert!(
        only(&seen, "skipped")
            .iter()
            .all(|(_, why)| why.starts_with("halted")),
        "{seen:?}"
    );
    assert!(!only(&seen, "skipped").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_monkey_that_is_stopped_ends_its_strike() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let (clock, strike) = before_first_strike(&monkey);
    let stop = async {
        sleep(Duration::from_secs(10)).await;
        assert_eq!(chaos.overview().running.len(), 1);
        "the operator left".to_owned()
    };
    let seen = run_until(stop, &monkey, &chaos, &clock).await;
    assert_eq!(
        only(&seen, "ended"),
        [(strike.at, "the operator left".to_owned())]
    );
    assert!(chaos.overview().running.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_ends_on_the_target_is_not_started_again() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let (clock, strike) = before_first_strike(&monkey);
    let stop = async {
        sleep(Duration::from_secs(10)).await;
        chaos
            .on_behalf_of(Actor::Code)
            .stop(strike.experiment.name())
            .unwrap();
        sleep(Duration::from_secs(200)).await;
        "the test is over".to_owned()
    };
    let seen = run_until(stop, &monkey, &chaos, &clock).await;
    assert_eq!(
        only(&seen, "ended"),
        [(strike.at, "it was stopped by code".to_owned())]
    );
    assert_eq!(only(&seen, "began").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_strike_runs_under_a_lease() {
    let (monkey, chaos) = (monkey(), chaos());
    let _site = chaos.site("pms");
    let (clock, strike) = before_first_strike(&monkey);
    let control = LocalControl::new(&chaos);
    let run = monkey.run(&control, || clock.now(), |_| {}, pending());
    assert!(timeout(Duration::from_secs(60), run).await.is_err());
    let status = chaos.status().pop().unwrap();
    assert_eq!(status.name, strike.experiment.name());
    assert_eq!(status.lease.unwrap().length, Duration::from_secs(6));
}
