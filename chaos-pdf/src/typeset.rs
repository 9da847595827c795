//! Sets a page in type.

use anyhow::anyhow;
use scraper::Html;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::ecow::EcoVec;
use typst::foundations::{Bytes, Datetime, Duration, Smart, dict};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_kit::fonts::{FontStore, embedded};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::element::elements;
use crate::style::palette;

/// Returns the PDF of a page in HTML; the same page gives the same bytes.
///
/// # Errors
///
/// When the typesetter refuses the page.
pub(crate) fn pdf(page: &str) -> anyhow::Result<Vec<u8>> {
    let page = Html::parse_document(page);
    let inputs = dict! { "elements" => elements(&page), "palette" => palette() };
    let sheet = Sheet::new(Library::builder().with_inputs(inputs).build());
    let document = typst::compile::<PagedDocument>(&sheet).output;
    let options = PdfOptions {
        creator: Smart::Custom(Some("chaos-pdf".to_owned())),
        ..PdfOptions::default()
    };
    let pdf = document.and_then(|document| typst_pdf::pdf(&document, &options));
    pdf.map_err(|problems| in_words(&problems))
}

fn in_words(problems: &EcoVec<SourceDiagnostic>) -> anyhow::Error {
    let problems: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
    anyhow!("the report can't be set in type: {}", problems.join("; "))
}

/// Everything that the typesetter may read: its layout, its inputs and the fonts of this program.
struct Sheet {
    library: LazyHash<Library>,
    fonts: FontStore,
    layout: Source,
}

impl Sheet {
    fn new(library: Library) -> Self {
        let mut fonts = FontStore::new();
        fonts.extend(embedded());
        Self {
            library: LazyHash::new(library),
            fonts,
            layout: Source::detached(include_str!("layout.typ")),
        }
    }
}

impl World for Sheet {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.layout.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        match id == self.layout.id() {
            true => Ok(self.layout.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
