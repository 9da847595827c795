//! Documents that are written once, and read as Markdown or as a part of a page.

use crate::{Markup, Table};

/// A document, whose heading the top of a page says by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is about.
    pub heading: String,
    /// The reason of what the heading says.
    pub why: Option<String>,
    /// The sections, of which those with nothing in them are left out.
    pub sections: Vec<Section>,
}

/// A section of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    heading: String,
    class: &'static str,
    blocks: Vec<Block>,
}

/// A part of a section, of words whose part between backticks is code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph, after words that are emphasized.
    Paragraph([String; 2]),
    /// A list of such paragraphs.
    List(Vec<[String; 2]>),
    /// A table.
    Table(Table),
    /// What only a page can show.
    Drawing(Markup),
}

impl Document {
    /// The document as Markdown; drawings are left out.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut paragraphs = vec![format!("# {}", self.heading)];
        paragraphs.extend(self.why.as_ref().map(|why| format!("{why}.")));
        for Section {
            heading, blocks, ..
        } in self.filled()
        {
            paragraphs.extend((!heading.is_empty()).then(|| format!("## {heading}")));
            paragraphs.extend(blocks.iter().filter_map(Block::to_markdown));
        }
        let text = paragraphs.join("\n\n") + "\n";
        // Terminals obey control characters, and texts come from anywhere.
        let is_unsafe = |c: char| c != '\n' && c.is_control();
        text.replace(is_unsafe, "\u{fffd}")
    }

    /// Writes the sections as parts of a page, each below a heading such as `<h4>{}</h4>`.
    pub fn write(&self, out: &mut Markup, heading: &'static str) {
        out.put("<div class=\"parts\">", &[]);
        for section in self.filled() {
            out.put("<div class=\"{}\">", &[&section.class]);
            if !section.heading.is_empty() {
                out.put(heading, &[&section.heading]);
            }
            section.blocks.iter().for_each(|block| block.write(out));
            out.put("</div>", &[]);
        }
        out.put("</div>\n", &[]);
    }

    fn filled(&self) -> impl Iterator<Item = &Section> {
        let is_filled = |section: &&Section| !section.blocks.is_empty();
        self.sections.iter().filter(is_filled)
    }
}

impl Section {
    /// A section; its class is its width on a page: `narrow`, `wide` or `whole`.
    pub fn new(
        heading: &str,
        class: &'static str,
        blocks: impl IntoIterator<Item = Block>,
    ) -> Self {
        let is_filled = |block: &Block| match block {
            Block::List(items) => !items.is_empty(),
            Block::Table(table) => !table.rows.is_empty(),
            Block::Paragraph(_) | Block::Drawing(_) => true,
        };
        Self {
            heading: heading.to_owned(),
            class,
            blocks: blocks.into_iter().filter(is_filled).collect(),
        }
    }
}

impl Block {
    /// Writes it on a page.
    pub fn write(&self, out: &mut Markup) {
        match self {
            Self::Paragraph(words) => write_paragraph(out, words),
            Self::List(items) => items.iter().for_each(|words| write_paragraph(out, words)),
            Self::Table(table) => table.write(out),
            Self::Drawing(drawing) => out.append(drawing),
        }
    }

    fn to_markdown(&self) -> Option<String> {
        Some(match self {
            Self::Paragraph(words) => marked(words),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(marked).collect();
                format!("- {}", items.join("\n- "))
            }
            Self::Table(table) => table.to_markdown(),
            Self::Drawing(_) => return None,
        })
    }
}

impl From<String> for Block {
    fn from(words: String) -> Self {
        Self::Paragraph([String::new(), words])
    }
}

fn write_paragraph(out: &mut Markup, [emphasized, words]: &[String; 2]) {
    out.put("<p>", &[]);
    if !emphasized.is_empty() {
        out.put_words("<b>", emphasized, "</b>");
    }
    out.put_words("", words, "</p>\n");
}

fn marked([emphasized, words]: &[String; 2]) -> String {
    match emphasized.as_str() {
        "" => words.clone(),
        emphasized => format!("**{emphasized}**{words}"),
    }
}
