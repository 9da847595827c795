//! The W3C `traceparent` header.

/// The positions of the parts of `version-trace_id-parent_id-flags`.
const TRACE_ID: std::ops::Range<usize> = 3..35;
const PARENT_ID: std::ops::Range<usize> = 36..52;
const FLAGS: std::ops::Range<usize> = 53..55;
const DASHES: [usize; 3] = [2, 35, 52];

/// The ids in a W3C `traceparent` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceIds<'a> {
    pub(super) trace: &'a str,
    /// The span of the caller, of which each attempt usually has its own.
    pub(super) span: u64,
}

/// Reads the ids from the value of a W3C `traceparent` header.
///
/// A later version may have more parts, after another dash. The parts of version 00 must still be valid.
pub(super) fn trace_ids(value: &[u8]) -> Option<TraceIds<'_>> {
    let value = value.trim_ascii();
    let (known, extra) = value.split_at_checked(FLAGS.end)?;
    let (version, extra_is_allowed) = match &known[..2] {
        b"ff" => return None,
        b"00" => (&known[..2], extra.is_empty()),
        later => (later, extra.is_empty() || extra[0] == b'-'),
    };
    let well_formed = extra_is_allowed
        && DASHES.iter().all(|&dash| known[dash] == b'-')
        && is_hex(version)
        && is_hex(&known[FLAGS])
        && is_id(&known[TRACE_ID])
        && is_id(&known[PARENT_ID]);
    let text = |part| str::from_utf8(&known[part]).ok();
    well_formed
        .then(|| {
            Some(TraceIds {
                trace: text(TRACE_ID)?,
                span: u64::from_str_radix(text(PARENT_ID)?, 16).ok()?,
            })
        })
        .flatten()
}

fn is_id(text: &[u8]) -> bool {
    is_hex(text) && text.iter().any(|&digit| digit != b'0')
}

fn is_hex(text: &[u8]) -> bool {
    text.iter()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace_id(value: &[u8]) -> Option<&str> {
        trace_ids(value).map(|ids| ids.trace)
    }

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_ids_are_the_middle_parts() {
        let ids = trace_ids(VALID.as_bytes()).unwrap();
        assert_eq!((ids.trace, ids.span), (TRACE, 0x00f0_67aa_0ba9_02b7));
        assert_eq!(trace_id(VALID.as_bytes()), Some(TRACE));
        assert_eq!(trace_id(format!(" {VALID}\t").as_bytes()), Some(TRACE));
    }

    #[test]
    fn a_wrong_byte_anywhere_is_invalid() {
        for position in 0..VALID.len() {
            for wrong in [b'g', b'A', b'/', b':', b'`', 0, 0xff] {
                let mut value = VALID.as_bytes().to_vec();
                value[position] = wrong;
                assert_eq!(trace_id(&value), None, "{wrong} at {position}");
            }
        }
    }

    #[test]
    fn ids_of_only_zeros_are_invalid() {
        let none = "0".repeat(32);
        assert_eq!(trace_id(VALID.replace(TRACE, &none).as_bytes()), None);
        assert_eq!(
            trace_id(
                VALID
                    .replace("00f067aa0ba902b7", "0000000000000000")
                    .as_bytes()
            ),
            None
        );
    }

    #[test]
    fn a_later_version_may_have_more_parts_after_a_dash() {
        let later = VALID.replacen("00", "cc", 1);
        assert_eq!(trace_id(later.as_bytes()), Some(TRACE));
        assert_eq!(
            trace_id(format!("{later}-what-comes").as_bytes()),
            Some(TRACE)
        );
        assert_eq!(trace_id(format!("{later}.what-comes").as_bytes()), None);
        assert_eq!(trace_id(format!("{VALID}-what-comes").as_bytes()), None);
    }

    #[test]
    fn version_ff_and_short_values_are_invalid() {
        assert_eq!(trace_id(VALID.replacen("00", "ff", 1).as_bytes()), None);
        for length in 0..VALID.len() {
            assert_eq!(trace_id(&VALID.as_bytes()[..length]), None, "{length}");
        }
    }
}
