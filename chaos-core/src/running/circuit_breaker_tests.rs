use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn circuit(after: u32, trials: u32) -> CircuitBreak {
    CircuitBreak::after(after)
        .and_then(|circuit| circuit.open_for(Duration::from_secs(5)))
        .and_then(|circuit| circuit.half_open(trials))
        .unwrap()
}

async fn pass(time: Duration) {
    tokio::time::advance(time).await;
}

#[tokio::test(start_paused = true)]
async fn a_circuit_trips_opens_tries_and_closes() {
    let breaker = Breaker::new(&circuit(3, 2));
    for _ in 0..3 {
        assert_eq!(breaker.pass(), Ok(()));
    }
    assert_eq!(breaker.pass(), Err(5 * SECOND));
    pass(2 * SECOND).await;
    assert_eq!(breaker.pass(), Err(3 * SECOND));
    pass(3 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(breaker.pass(), Err(Duration::from_millis(1)));
    pass(Duration::from_millis(1)).await;
    // Two trials, then three more while it is closed again.
    for _ in 0..5 {
        assert_eq!(breaker.pass(), Ok(()));
    }
    assert_eq!(breaker.pass(), Err(5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn asking_an_open_circuit_does_not_keep_it_open() {
    let breaker = Breaker::new(&circuit(1, 1));
    breaker.pass().unwrap();
    for left in (1..=5).rev() {
        assert_eq!(breaker.pass(), Err(left * SECOND));
        pass(SECOND).await;
    }
    assert_eq!(breaker.pass(), Ok(()));
}

#[test]
fn a_state_survives_its_word() {
    let most = u64::MAX >> 2;
    for number in [0, 1, 2, 3, 5_000_000_000, most] {
        for state in [
            Circuit::Closed { seen: number },
            Circuit::Open { until: number },
            Circuit::HalfOpen { trials: number },
        ] {
            assert_eq!(Circuit::unpack(state.pack()), state);
        }
    }
    let forever = Circuit::Open { until: u64::MAX };
    assert_eq!(
        Circuit::unpack(forever.pack()),
        Circuit::Open { until: most }
    );
}

#[test]
fn each_step_of_a_circuit() {
    let circuit = circuit(2, 1);
    let five = nanos(5 * SECOND);
    let table = [
        (
            Circuit::Closed { seen: 1 },
            Circuit::Closed { seen: 2 },
            Ok(()),
        ),
        (
            Circuit::Closed { seen: 2 },
            Circuit::Open { until: 7 + five },
            Err(5 * SECOND),
        ),
        (
            Circuit::Open { until: 8 },
            Circuit::Open { until: 8 },
            Err(Duration::from_nanos(1)),
        ),
        (
            Circuit::Open { until: 7 },
            Circuit::HalfOpen { trials: 0 },
            Ok(()),
        ),
        (
            Circuit::HalfOpen { trials: 0 },
            Circuit::Closed { seen: 1 },
            Ok(()),
        ),
    ];
    for (before, after, verdict) in table {
        assert_eq!(before.step(&circuit, 7), (after, verdict), "{before:?}");
    }
}
