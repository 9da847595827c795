//! The files of the page, which are compiled in.

/// A file of the page.
#[derive(Debug)]
pub(super) struct File {
    /// Its name below `/chaos/`.
    pub(super) name: &'static str,
    pub(super) content_type: &'static str,
    pub(super) text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

macro_rules! files {
    ($($name:literal $content_type:ident $text:expr;)+ scripts $($script:literal)+) => {
        &[
            $(File { name: $name, content_type: $content_type, text: $text },)+
            $(File {
                name: $script,
                content_type: "text/javascript; charset=utf-8",
                text: include_str!($script),
            },)+
        ]
    };
}

pub(super) static FILES: &[File] = files! {
    "" HTML include_str!("index.html");
    "base.css" CSS chaos_page::BASE_STYLE;
    "live.css" CSS include_str!("live.css");
    scripts
        "api.js" "approvals.js" "catalogue.js" "document.js" "feed.js" "halt.js" "headline.js" "journal.js" "live.js"
        "model.js" "plot.js" "readings.js" "recorder.js" "session.js" "sites.js" "start.js" "words.js"
};
