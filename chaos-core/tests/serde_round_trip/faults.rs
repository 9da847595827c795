//! Strategies for valid faults.

use super::*;

fn latency() -> impl Strategy<Value = Latency> {
    let quantiles =
        (btree_set(1..1000_u32, 1..5), vec(duration(), 5)).prop_map(|(quantiles, mut times)| {
            times.sort();
            let quantiles = quantiles
                .into_iter()
                .map(|tenths| f64::from(tenths) / 1000.0);
            Latency::quantiles(quantiles.zip(times)).unwrap()
        });
    let shape = prop_oneof![
        duration().prop_map(Latency::fixed),
        (duration(), duration()).prop_map(|(a, b)| Latency::uniform(a.min(b), a.max(b)).unwrap()),
        (duration(), duration()).prop_map(|(mean, std_dev)| Latency::normal(mean, std_dev)),
        duration().prop_map(Latency::exponential),
        (duration(), 0.01..100.0_f64)
            .prop_map(|(scale, shape)| Latency::pareto(scale, shape).unwrap()),
        quantiles,
    ];
    (shape, option::of(duration()), option::of(duration())).prop_map(|(shape, ramp, ceiling)| {
        let ramped = ramp.into_iter().fold(shape, Latency::ramp);
        ceiling.into_iter().fold(ramped, Latency::at_most)
    })
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        prop::sample::select(vec![
            Failure::Unavailable,
            Failure::SerializationConflict,
            Failure::ReadOnly,
            Failure::NotFound,
        ]),
        (400..=599_u16).prop_map(|status| Failure::status(status).unwrap()),
        (1..=16_u8).prop_map(|code| Failure::grpc(code).unwrap()),
        // Some of them look like numbers.
        prop_oneof!["[1-9][0-9]{4}", "[1-9]{2}E[0-9]{2}", "[1-9A-Z][0-9A-Z]{4}"]
            .prop_map(|state| Failure::sql_state(&state).unwrap()),
    ]
}

pub(super) fn fault() -> impl Strategy<Value = Fault> {
    let limit =
        (1..=u32::MAX, duration(), option::of(1..=u32::MAX)).prop_map(|(count, period, burst)| {
            let limit = RateLimit::per(count, period).unwrap();
            burst.map_or(limit, |burst| limit.burst(burst).unwrap())
        });
    let loss = ((1..=90_u32), duration()).prop_map(|(percent, time)| {
        let rate = Rate::percent(f64::from(percent)).unwrap();
        let loss = Loss::of_packets(rate).unwrap();
        Fault::loss(loss.resent_after(time).unwrap())
    });
    let circuit = (1..=u32::MAX, duration(), 1..=u32::MAX).prop_map(|(after, open, trials)| {
        let circuit = CircuitBreak::after(after).unwrap();
        circuit.open_for(open).unwrap().half_open(trials).unwrap()
    });
    prop_oneof![
        latency().prop_map(Fault::latency),
        failure().prop_map(Fault::error),
        duration().prop_map(Fault::timeout),
        limit.prop_map(Fault::rate_limit),
        circuit.prop_map(Fault::circuit_break),
        prop_oneof![
            Just(Disconnect::Reset),
            Just(Disconnect::Stall),
            Just(Disconnect::HalfClose),
            (0..=u64::MAX).prop_map(Disconnect::CutAfter),
            (0..=u64::MAX).prop_map(Disconnect::ResetAfter),
        ]
        .prop_map(Fault::disconnect),
        (1..=u64::MAX)
            .prop_map(|bytes| Fault::bandwidth(Bandwidth::bytes_per_second(bytes).unwrap())),
        inner_rate().prop_map(|rate| Fault::corrupt(Corrupt::bytes(rate).unwrap())),
        (1..=u32::MAX).prop_map(|bytes| Fault::slice(Slice::bytes(bytes).unwrap())),
        loss,
        latency().prop_map(Fault::server_sleep),
        any::<std::num::NonZeroU32>().prop_map(Fault::hold_connections),
        Just(Fault::hold_lock()),
        pressure::pressure().prop_map(Fault::exhaust),
        Just(Fault::panic()),
        prop_oneof![Just(Crash::Abort), any::<i32>().prop_map(Crash::Exit)].prop_map(Fault::crash),
    ]
}
