//! Texts that go to a terminal.

/// A text that a terminal shows and does not obey, whatever it comes from.
pub(crate) fn without_controls(text: &str) -> String {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.replace(obeyed, "\u{fffd}")
}
