//! Several tests at once.

/// Adjusts the p-values of several tests, by the method of Holm.
///
/// If those of at most 5 % count, a wrong one is among them in at most 5 % of all measurements, however the tests depend
/// on each other.
pub(crate) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (left, at) in (1..=order.len()).rev().zip(order) {
        largest = largest.max(p_values[at] * left as f64).min(1.0);
        adjusted[at] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_those_of_holm() {
        // By hand: 4 × 0.005, 3 × 0.01, then 2 × 0.03 and the same again, as an order is kept.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(holm(&[0.7, 0.6]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
