//! Quantiles as keys: `p50`, `p99.9`.

use crate::Rate;

/// Reads `p99.9` as 99.9 %.
pub(crate) fn parse_quantile(key: &str) -> Option<Rate> {
    format!("{}%", key.strip_prefix('p')?).parse().ok()
}

/// Writes 99.9 % as `p99.9`.
pub(crate) fn format_quantile(quantile: Rate) -> String {
    format!("p{}", quantile.as_percent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_round_trip() {
        for key in ["p50", "p99", "p99.9", "p99.99"] {
            assert_eq!(format_quantile(parse_quantile(key).unwrap()), key);
        }
    }

    #[test]
    fn other_keys_are_not_quantiles() {
        for key in ["pareto", "p", "50", "p-1", "p101", "P50"] {
            assert_eq!(parse_quantile(key), None, "{key}");
        }
    }
}
