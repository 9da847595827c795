//! A document in Markdown, of paragraphs and tables.

/// A document in Markdown, of paragraphs and tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document(Vec<String>);

impl Document {
    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.0.push(text.into());
    }

    /// Adds a list, unless it has no items.
    pub fn list(&mut self, items: &[String]) {
        if !items.is_empty() {
            self.paragraph(format!("- {}", items.join("\n- ")));
        }
    }

    /// Adds a table.
    pub fn table<const N: usize>(&mut self, head: [&str; N], rows: Vec<[String; N]>) {
        let row = |cells: [String; N]| {
            let cells = cells.map(|cell| match cell.as_str() {
                "" => " |".to_owned(),
                // A bar would end the cell.
                cell => format!(" {} |", cell.replace('|', "\\|")),
            });
            format!("|{}", cells.concat())
        };
        let head = row(head.map(str::to_owned));
        let lines = [head, format!("|{}", "---|".repeat(N))].into_iter();
        let lines: Vec<_> = lines.chain(rows.into_iter().map(row)).collect();
        self.paragraph(lines.join("\n"));
    }

    /// The text of the document.
    #[must_use]
    pub fn into_text(self) -> String {
        let text = self.0.join("\n\n") + "\n";
        // Terminals obey control characters, and texts come from anywhere.
        let is_safe = |c: char| c == '\n' || !c.is_control();
        let safe = |c| {
            if is_safe(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        };
        text.chars().map(safe).collect()
    }
}
