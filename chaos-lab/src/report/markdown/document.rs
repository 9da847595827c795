//! A document of paragraphs and tables.

use crate::Verdict;

/// A document of paragraphs and tables.
pub(super) struct Document(Vec<String>);

impl Document {
    /// A document that begins with a verdict about something.
    pub(super) fn about(name: &str, verdict: &Verdict) -> Self {
        let mut document = Self(vec![format!("# {name}: {}", verdict.name())]);
        document
            .0
            .extend(verdict.reason().map(|why| format!("{why}.")));
        document
    }

    pub(super) fn paragraph(&mut self, text: impl Into<String>) {
        self.0.push(text.into());
    }

    pub(super) fn paragraphs(&mut self, texts: impl IntoIterator<Item = String>) {
        self.0.extend(texts);
    }

    /// A table with a heading, unless it has no rows.
    pub(super) fn section<const N: usize>(
        &mut self,
        heading: &str,
        head: [&str; N],
        rows: Vec<[String; N]>,
    ) {
        if !rows.is_empty() {
            self.paragraph(format!("## {heading}"));
            self.table(head, rows);
        }
    }

    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: Vec<[String; N]>) {
        let row = |cells: [String; N]| {
            let cells = cells.map(|cell| match cell.as_str() {
                "" => " |".to_owned(),
                cell => format!(" {} |", cell.replace('|', "\\|")),
            });
            format!("|{}", cells.concat())
        };
        let lines = [
            row(head.map(str::to_owned)),
            format!("|{}", "---|".repeat(N)),
        ];
        let lines = lines.into_iter().chain(rows.into_iter().map(row));
        self.paragraph(lines.collect::<Vec<_>>().join("\n"));
    }

    pub(super) fn into_text(self) -> String {
        let text = self.0.join("\n\n") + "\n";
        // Terminals obey control characters, and texts come from anywhere.
        let is_safe = |c: char| c == '\n' || !c.is_control();
        text.chars()
            .map(|c| if is_safe(c) { c } else { '\u{fffd}' })
            .collect()
    }
}
