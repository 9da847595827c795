//! Tables whose first column names the rows.
//!
//! End tags of rows and cells are left out, as HTML allows: that makes a long page a tenth shorter.

use crate::{Markup, mark};

/// A table whose first column names the rows; a column without a name has no heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    class: &'static str,
    head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words, of which those between backticks are code.
    Words(String),
    /// The name of a verdict, and its reason.
    Verdict(&'static str, Option<String>),
    /// What only a page can show; in Markdown, its column is left out.
    Drawing(Markup),
}

impl Table {
    /// A table with these rows.
    pub fn new<const N: usize>(
        class: &'static str,
        head: [&'static str; N],
        rows: impl IntoIterator<Item = [Cell; N]>,
    ) -> Self {
        Self {
            class,
            head: head.to_vec(),
            rows: rows.into_iter().map(Vec::from).collect(),
        }
    }

    pub(crate) fn to_markdown(&self) -> String {
        let columns = self.head.iter().zip(&self.rows[0]);
        let shown = columns.filter(|(_, cell)| !matches!(cell, Cell::Drawing(_)));
        let head: Vec<_> = shown.map(|(name, _)| in_a_row(name)).collect();
        let rule = "---|".repeat(head.len());
        let rows = self.rows.iter();
        let rows = rows.map(|row| row.iter().map(Cell::to_markdown).collect());
        let lines: Vec<String> = [head.concat(), rule].into_iter().chain(rows).collect();
        format!("|{}", lines.join("\n|"))
    }

    pub(crate) fn write(&self, out: &mut Markup) {
        begin_table(out, self.class, &self.head);
        for row in &self.rows {
            let mut begin = "\n<tr><th>";
            for cell in row {
                match cell {
                    Cell::Words(words) => out.put_words(begin, words, ""),
                    Cell::Verdict(name, why) => {
                        out.put(begin, &[]);
                        write_verdict(out, name, why.as_deref());
                    }
                    Cell::Drawing(drawing) => {
                        out.put("<td class=\"drawn\">", &[]);
                        out.append(drawing);
                    }
                }
                begin = "<td>";
            }
        }
        out.put("</table>\n", &[]);
    }
}

impl Cell {
    fn to_markdown(&self) -> String {
        match self {
            Self::Words(words) => in_a_row(words),
            Self::Verdict(name, None) => in_a_row(name),
            Self::Verdict(name, Some(why)) => in_a_row(&format!("{name}: {why}")),
            Self::Drawing(_) => String::new(),
        }
    }
}

impl From<String> for Cell {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

/// A cell of Markdown, in which a bar would end it.
fn in_a_row(words: &str) -> String {
    match words {
        "" => " |".to_owned(),
        words => format!(" {} |", words.replace('|', "\\|")),
    }
}

/// Begins a table, whose rows the caller writes.
pub fn begin_table(out: &mut Markup, class: &'static str, head: &[&str]) {
    out.put("<table class=\"{}\"><thead><tr>", &[&class]);
    for name in head {
        match *name {
            "" => out.put("<td>", &[]),
            name => out.put_words("<th>", name, ""),
        }
    }
    out.put("<tbody>\n", &[]);
}

/// Writes a verdict with its mark and its reason.
pub fn write_verdict(out: &mut Markup, name: &str, why: Option<&str>) {
    out.put("<span class=\"judged {}\">", &[&name.replace(' ', "-")]);
    mark(out, name);
    out.put(" <b>{}</b>", &[&name]);
    if let Some(why) = why {
        out.words(&format!(": {why}"));
    }
    out.put("</span>", &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: impl IntoIterator<Item = [Cell; 3]>) -> Table {
        Table::new("reached", ["", "drawn", "asked"], rows)
    }

    fn row(name: &str) -> [Cell; 3] {
        let mut drawing = Markup::default();
        drawing.put("<svg></svg>", &[]);
        let verdict = Cell::Verdict("not run", Some("`b`".to_owned()));
        [name.to_owned().into(), Cell::Drawing(drawing), verdict]
    }

    #[test]
    fn cells_are_words_and_the_first_one_names_its_row() {
        let mut out = Markup::default();
        of([row("<a>")]).write(&mut out);
        let html = out.as_str();
        assert!(
            html.contains("<thead><tr><td><th>drawn<th>asked<tbody>"),
            "{html}"
        );
        let cells =
            "<tr><th>&lt;a&gt;<td class=\"drawn\"><svg></svg><td><span class=\"judged not-run\">";
        assert!(html.contains(cells), "{html}");
        assert!(
            html.ends_with("<b>not run</b>: <code>b</code></span></table>\n"),
            "{html}"
        );
    }

    #[test]
    fn markdown_has_no_drawings_and_no_cell_ends_early() {
        let markdown = of([row("a|b"), row("")]).to_markdown();
        let expected = "| | asked |\n|---|---|\n| a\\|b | not run: `b` |\n| | not run: `b` |";
        assert_eq!(markdown, expected);
    }
}
