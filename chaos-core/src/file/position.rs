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
}
