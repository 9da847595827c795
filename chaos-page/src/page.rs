//! A whole page.

use crate::{Markup, mark, verdict_mark};

/// What the styles of reports and of the live page of a service have in common: palette, type, and what readers need
/// everywhere.
pub const BASE_STYLE: &str = include_str!("base.css");

/// The stylesheet of all reports.
pub const STYLE: &str = concat!(include_str!("base.css"), include_str!("report.css"));

/// The hash of the stylesheet, by which a Content-Security-Policy allows it.
pub const STYLE_HASH: &str = include_str!("style.sha256").trim_ascii();

/// A page that begins with a verdict about something.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// What the page is about.
    pub name: &'a str,
    /// The name of the verdict.
    pub verdict: &'a str,
    /// The sentence that says what matters.
    pub headline: &'a str,
    /// What else is to be known first.
    pub story: &'a [String],
    /// What the words of the page mean.
    pub footer: &'static str,
}

impl Page<'_> {
    /// Returns the page, which needs nothing but itself, and allows nothing but its stylesheet.
    #[must_use]
    pub fn with(&self, main: &Markup) -> String {
        let mut out = Markup::default();
        out.put(
            "<title>{}: {}</title>\n<style>",
            &[&self.verdict, &self.name],
        );
        let title = out;
        let mut out = Markup::default();
        verdict_mark::define(&mut out);
        out.put(
            "<a class=\"skip\" href=\"#verdict\">Skip to the verdict</a>\n\
             <header><b>chaos-lab</b> report<span>{}</span></header>\n<main>\n<section class=\"top\" id=\"verdict\">",
            &[&self.name],
        );
        mark(&mut out, self.verdict);
        let class = self.verdict.replace(' ', "-");
        out.put(
            "<div><p class=\"stamp {}\">{}</p><h1>",
            &[&class, &self.verdict],
        );
        out.words(self.headline);
        out.put("</h1>", &[]);
        for words in self.story {
            out.put_words("<p>", words, "</p>");
        }
        let (title, top, main, footer) = (title.as_str(), out.as_str(), main.as_str(), self.footer);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
             style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'\">\n<link rel=\"icon\" href=\"data:,\">\n\
             {title}{STYLE}</style>\n</head>\n<body>\n{top}</div></section>\n{main}\n</main>\n<footer>{footer}</footer>\n\
             </body>\n</html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_stylesheet() {
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        let hash = format!("sha256-{hash}");
        if std::env::var_os("CHAOS_WRITE_HASH").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/style.sha256");
            std::fs::write(path, format!("{hash}\n")).unwrap();
        } else {
            assert_eq!(STYLE_HASH, hash, "CHAOS_WRITE_HASH=1 writes it");
        }
    }

    #[test]
    fn names_and_sentences_are_text() {
        let page = Page {
            name: "</title><script>",
            verdict: "not run",
            headline: "`<b>` <i>",
            story: &["<u>".to_owned()],
            footer: "a footer",
        };
        let page = page.with(&Markup::default());
        assert!(page.contains("<title>not run: &lt;/title&gt;&lt;script&gt;</title>"));
        assert!(page.contains("<h1><code>&lt;b&gt;</code> &lt;i&gt;</h1><p>&lt;u&gt;</p>"));
        assert!(page.contains("class=\"stamp not-run\""));
    }
}
