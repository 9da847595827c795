//! Places in a text.

/// A place in a text; lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    /// The place of the byte at `offset`, or of the end if that is nearer.
    pub(super) fn of_offset(text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }

    /// The place of the key whose value is here; this one, if the key is here itself.
    pub(super) fn back_to(self, text: &str, key: &str) -> Self {
        let before_it = self.line.saturating_sub(1);
        let mut lines = text.split_inclusive('\n');
        let start: usize = lines.by_ref().take(before_it).map(str::len).sum();
        let chars = lines.next().unwrap_or_default().chars();
        let within: usize = chars
            .take(self.column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let (before, after) = text.split_at(start + within);
        if after.trim_start_matches(['"', '\'']).starts_with(key) {
            return self;
        }
        before.rfind(key).map_or(self, |offset| {
            let quoted = before[..offset].ends_with(['"', '\'']);
            Self::of_offset(text, offset - usize::from(quoted))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_start_anew_in_each_line() {
        let text = "a\nä=1\n";
        for (offset, line, column) in [(0, 1, 1), (2, 2, 1), (4, 2, 2), (7, 3, 1), (99, 3, 1)] {
            assert_eq!(
                Position::of_offset(text, offset),
                Position { line, column },
                "{offset}"
            );
        }
    }

    #[test]
    fn a_key_is_found_in_front_of_its_value() {
        let text = "rate: 1\n\"ä rate\" = 5\n{ 'rate': rate }";
        let at = |line, column| Position { line, column };
        // From the value, and from the key itself.
        for (from, key, found) in [
            (at(1, 7), "rate", at(1, 1)),
            (at(1, 1), "rate", at(1, 1)),
            (at(2, 12), "ä rate", at(2, 1)),
            (at(2, 1), "ä rate", at(2, 1)),
            (at(3, 3), "rate", at(3, 3)),
            (at(3, 11), "none", at(3, 11)),
        ] {
            assert_eq!(from.back_to(text, key), found, "{from:?}");
        }
    }
}
