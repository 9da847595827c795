//! Markup whose text can't be taken for markup.

use std::fmt::{self, Display, Write};

/// HTML, SVG or XML that is being written.
///
/// Tags come from literals. Everything else is a value of a template, and each value is escaped, so that it is text
/// wherever it stands: between tags, and in an attribute between double quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// Adds a template, with a value in the place of each `{}`.
    ///
    /// # Panics
    ///
    /// Panics if the number of values is another than that of the places.
    pub fn put(&mut self, template: &'static str, values: &[&dyn Display]) {
        let mut pieces = template.split("{}");
        self.0 += pieces.next().unwrap_or_default();
        let mut values = values.iter();
        for piece in pieces {
            let value = values.next().expect("each place has a value");
            // Writing to a text never fails.
            let _ = write!(Escaped(&mut self.0), "{value}");
            self.0 += piece;
        }
        assert!(values.next().is_none(), "each value has a place");
    }

    /// Adds words, of which those between backticks are code.
    pub fn words(&mut self, text: &str) {
        let text = with_tied_units(text);
        let parts: Vec<&str> = text.split('`').collect();
        // Without its pair, a backtick is one.
        if parts.len().is_multiple_of(2) {
            return self.put("{}", &[&text]);
        }
        for pair in parts.chunks(2) {
            self.put("{}", &[&pair[0]]);
            if let Some(code) = pair.get(1) {
                self.put("<code>{}</code>", &[code]);
            }
        }
    }

    /// Adds words between two tags.
    pub fn put_words(&mut self, begin: &'static str, text: &str, end: &'static str) {
        self.put(begin, &[]);
        self.words(text);
        self.put(end, &[]);
    }

    /// Adds other markup.
    pub fn append(&mut self, other: &Self) {
        self.0 += &other.0;
    }

    /// The markup.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keeps numbers and their units on one line.
fn with_tied_units(text: &str) -> String {
    let mut tied = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        let unit = word.trim_end_matches([' ', ')', ',', ';', '.', ':']);
        if matches!(unit, "%" | "ms" | "s")
            && let Some(number) = tied.strip_suffix(' ')
            && number.ends_with(|c: char| c.is_ascii_digit())
        {
            tied.truncate(number.len());
            tied.push('\u{a0}');
        }
        tied += word;
    }
    tied
}

/// Writes text so that no part of it is markup.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // An attribute would end up with spaces.
                '\n' | '\t' => write!(self.0, "&#{};", u32::from(c))?,
                // XML has no control characters, not even escaped, so their pictures stand for them.
                '\0'..='\x1f' => self.0.extend(char::from_u32(0x2400 + u32::from(c))),
                '\x7f' => self.0.push('\u{2421}'),
                // They would reorder the text after them, or be no characters of XML.
                '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    self.0.push(char::REPLACEMENT_CHARACTER);
                }
                '\u{fffe}' | '\u{ffff}' => self.0.push(char::REPLACEMENT_CHARACTER),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut markup = Markup::default();
        markup.put("{}", &[&text]);
        markup.0
    }

    #[test]
    fn a_value_is_text_between_tags_and_in_attributes() {
        let text = "</script><b a='1' b=\"2\">&amp;\u{1b}[2J\0\u{ffff}\u{202e}\r\n";
        let expected = "&lt;/script&gt;&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;\u{241b}[2J\u{2400}\u{fffd}\u{fffd}\u{240d}&#10;";
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn words_between_backticks_are_code_unless_one_has_no_pair() {
        let of = |text| {
            let mut markup = Markup::default();
            markup.words(text);
            markup.0
        };
        assert_eq!(
            of("`<a>` of `b`"),
            "<code>&lt;a&gt;</code> of <code>b</code>"
        );
        assert_eq!(of("a ` b"), "a ` b");
        assert_eq!(of(""), "");
        assert_eq!(of("5 % (1 s), a s"), "5\u{a0}% (1\u{a0}s), a s");
    }

    #[test]
    #[should_panic(expected = "each place has a value")]
    fn a_place_without_a_value_is_a_defect() {
        Markup::default().put("{}{}", &[&1]);
    }

    #[test]
    #[should_panic(expected = "each value has a place")]
    fn a_value_without_a_place_is_a_defect() {
        Markup::default().put("{}", &[&1, &2]);
    }

    proptest! {
        #[test]
        fn no_text_has_a_tag_a_quote_or_a_control_character(text: String) {
            let escaped = escaped(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(!escaped.contains(char::is_control));
        }
    }
}
