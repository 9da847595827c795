//! Differences between two measurements.

use super::{Estimate, Proportion};

/// How much larger one share is than another, with the bounds of Newcombe.
#[must_use]
pub fn difference_of_proportions(of: Proportion, from: Proportion) -> Option<Estimate> {
    Some(difference_of_values(of.wilson()?, from.wilson()?))
}

/// How much larger one value is than another, with the bounds of MOVER.
///
/// An infinite bound of a value makes that of the difference infinite.
#[must_use]
pub fn difference_of_values(of: Estimate, from: Estimate) -> Estimate {
    let value = of.value - from.value;
    let below = (of.value - of.lower).hypot(from.upper - from.value);
    let above = (of.upper - of.value).hypot(from.value - from.lower);
    Estimate::new(value, value - below, value + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_newcombe() {
        // By Newcombe's tenth method with z = 1.6449.
        let expected = [
            ((56, 70), (48, 80), 0.2, 0.076_564, 0.313_645),
            ((0, 50), (0, 50), 0.0, -0.051_333, 0.051_333),
            ((10, 10), (0, 10), 1.0, 0.698_855, 1.0),
        ];
        for (of, from, value, lower, upper) in expected {
            let share = |(count, of)| Proportion::new(count, of).unwrap();
            let estimate = difference_of_proportions(share(of), share(from)).unwrap();
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
            assert!(near(estimate.value, value), "{estimate:?}");
            assert!(near(estimate.lower, lower), "{estimate:?}");
            assert!(near(estimate.upper, upper), "{estimate:?}");
        }
    }

    #[test]
    fn an_unknown_bound_stays_unknown() {
        let known = Estimate::new(10.0, 9.0, 12.0);
        let open = Estimate::new(20.0, 15.0, f64::INFINITY);
        let difference = difference_of_values(open, known);
        assert_eq!(difference.upper, f64::INFINITY);
        assert!((difference.lower - (10.0 - 5f64.hypot(2.0))).abs() < 1e-9);
        assert_eq!(difference_of_values(known, open).lower, f64::NEG_INFINITY);
    }
}
