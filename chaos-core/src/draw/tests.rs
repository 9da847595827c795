use rand::TryRng;

use super::*;

/// Recorded values: replaying an old seed must give the same faults in every later version.
#[test]
fn draws_never_change() {
    let stream = Stream::new(42, "slow payments", stable_hash("client:payments"));
    let draws = [
        stream.draw(Identity::new(
            stable_hash("POST /charge"),
            stable_hash("order-7"),
            1,
        )),
        stream.draw(Identity::new(
            stable_hash("POST /charge"),
            stable_hash("order-7"),
            2,
        )),
        stream.draw(Identity::new(
            stable_hash("POST /charge"),
            stable_hash("order-8"),
            1,
        )),
        stream.draw(Identity::new(
            stable_hash("POST /refund"),
            stable_hash("order-7"),
            1,
        )),
        Stream::new(0, "", 0).draw(Identity::new(stable_hash(""), 0, 1)),
        again(1),
        Draws::following(1).try_next_u64().unwrap(),
    ];
    assert_eq!(
        draws,
        [
            13_611_337_434_640_011_349,
            16_590_568_731_848_949_837,
            12_924_461_571_686_515_675,
            14_533_869_891_854_618_198,
            12_583_070_934_922_341_764,
            8_772_921_920_500_837_995,
            4_141_502_172_414_804_741,
        ]
    );
}

#[test]
fn every_part_of_an_identity_changes_the_draw() {
    let base = Stream::new(1, "experiment", 2).draw(Identity::new(stable_hash("operation"), 3, 1));
    let others = [
        Stream::new(9, "experiment", 2).draw(Identity::new(stable_hash("operation"), 3, 1)),
        Stream::new(1, "other", 2).draw(Identity::new(stable_hash("operation"), 3, 1)),
        Stream::new(1, "experiment", 9).draw(Identity::new(stable_hash("operation"), 3, 1)),
        Stream::new(1, "experiment", 2).draw(Identity::new(stable_hash("other"), 3, 1)),
        Stream::new(1, "experiment", 2).draw(Identity::new(stable_hash("operation"), 9, 1)),
        Stream::new(1, "experiment", 2).draw(Identity::new(stable_hash("operation"), 3, 2)),
    ];
    assert!(!others.contains(&base));
}

#[test]
fn keyed_operations_ignore_the_sequence_and_generated_keys_use_it() {
    let keyed = Scope::new("order-7");
    let of =
        |scope: Option<&Scope>, place| Identity::of(stable_hash("reserve"), scope, |_| 0, || place);
    assert_eq!(
        of(Some(&keyed), 1),
        of(Some(&Scope::new("order-7")), 2),
        "the number of a keyed operation matters"
    );
    assert_ne!(of(Some(&keyed), 1), of(Some(&keyed.retry()), 1));
    let (one, other) = (Scope::fresh(), Scope::fresh());
    assert_eq!(of(Some(&one), 1), of(Some(&other), 1));
    assert_ne!(of(Some(&one), 1), of(Some(&one), 2));
    assert_ne!(of(Some(&one), 1), of(Some(&one.retry()), 1));
    assert_eq!(of(None, 1), of(Some(&one), 1));
}

#[test]
fn each_call_in_a_request_is_another_operation() {
    let keyed = Scope::new("order-7");
    let nth = |nth, scope: &Scope| Identity::of(stable_hash("reserve"), Some(scope), |_| nth, || 0);
    let all = [
        nth(0, &keyed),
        nth(1, &keyed),
        nth(2, &keyed),
        nth(0, &keyed.retry()),
    ];
    for (at, one) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|other| other == one), Some(at));
    }
}

#[test]
fn bytes_are_consecutive_numbers() {
    for length in [0, 1, 7, 8, 9, 16, 21] {
        let mut bytes = vec![0; length];
        Draws::following(7).try_fill_bytes(&mut bytes).unwrap();
        let mut numbers = Draws::following(7);
        let expected: Vec<u8> = (0..length.div_ceil(8))
            .flat_map(|_| numbers.try_next_u64().unwrap().to_le_bytes())
            .take(length)
            .collect();
        assert_eq!(bytes, expected);
    }
}

#[test]
fn a_u32_is_the_upper_half_of_a_number() {
    let wide = Draws::following(3).try_next_u64().unwrap();
    let half = Draws::following(3).try_next_u32().unwrap();
    assert_eq!(u64::from(half), wide >> 32);
}

/// Only draws below a threshold are used further, so numbers derived from them must not be small as well.
#[test]
fn numbers_derived_from_small_draws_are_not_small() {
    const DRAWS: u64 = 10_000;
    let share_of_small = |next: fn(u64) -> u64| {
        let small = (0..DRAWS).filter(|draw| next(*draw) < u64::MAX / 100);
        small.count() as f64 / DRAWS as f64
    };
    for next in [again, |draw| {
        Draws::following(draw).try_next_u64().unwrap_or_default()
    }] {
        let share = share_of_small(next);
        assert!((0.006..0.014).contains(&share), "{share}");
    }
    let alike = (0..DRAWS).filter(|draw| {
        (again(*draw) < u64::MAX / 2)
            == (Draws::following(*draw).try_next_u64().unwrap_or_default() < u64::MAX / 2)
    });
    let share = alike.count() as f64 / DRAWS as f64;
    assert!((0.47..0.53).contains(&share), "{share}");
}
