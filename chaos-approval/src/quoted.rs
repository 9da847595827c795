//! Text without characters that a reader can't see.

use std::fmt::Write;

/// Writes a text as a JSON string in one line, of which a reader sees every character.
pub(crate) fn quoted(text: &str) -> String {
    visible(&serde_json::Value::from(text).to_string())
}

/// Escapes control characters, except ends of lines, and characters that change how others look.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for char in text.chars() {
        if char != '\n' && is_unseen(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(seen, "\\u{unit:04x}");
            }
        } else {
            seen.push(char);
        }
    }
    seen
}

/// Control characters, marks of direction, separators of lines, and characters without width.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_and_reads_back() {
        for text in [
            "",
            "slow",
            "a \"b\" \\ c",
            "a\nby: \"eve\"",
            "a\u{202e}b\u{2028}",
            "\u{7f}\u{85}\u{e0041}",
            "größer 🦀",
        ] {
            let line = quoted(text);
            assert!(!line.chars().any(is_unseen), "{line}");
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
        assert_eq!(quoted("größer 🦀"), "\"größer 🦀\"");
    }
}
