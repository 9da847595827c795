//! Tables whose first column names the rows.
//!
//! End tags of rows and cells are left out, as HTML allows: that makes a long page a tenth shorter.

use crate::Markup;

/// Begins a table; a column without a name has no heading.
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

/// Ends a table.
pub fn end_table(out: &mut Markup) {
    out.put("</table>\n", &[]);
}

/// Begins a row with cells of words, the first of which names it.
pub fn begin_row<'a>(out: &mut Markup, cells: impl IntoIterator<Item = &'a String>) {
    let mut begin = "\n<tr><th>";
    for cell in cells {
        out.put(begin, &[]);
        out.words(cell);
        begin = "<td>";
    }
}

/// Adds a table of words.
pub fn table<const N: usize>(
    out: &mut Markup,
    class: &'static str,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    begin_table(out, class, &head);
    for row in rows {
        begin_row(out, &row);
    }
    end_table(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_words_and_the_first_one_names_its_row() {
        let mut out = Markup::default();
        let rows = [["<a>".to_owned(), "`b`".to_owned()]];
        table(&mut out, "reached", ["", "asked"], rows);
        let html = out.as_str();
        assert!(html.contains("<thead><tr><td><th>asked<tbody>"), "{html}");
        assert!(
            html.contains("<tr><th>&lt;a&gt;<td><code>b</code></table>"),
            "{html}"
        );
    }
}
