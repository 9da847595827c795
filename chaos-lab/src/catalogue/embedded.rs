//! The catalogue that is embedded in this crate.

use std::sync::LazyLock;

use chaos_core::Format;
use chaos_core::adapter::{Document, FormatVersion, read_document};
use serde::Deserialize;

use super::intensity::Intensity;
use super::scenario::CatalogueScenario;
use crate::scenario::Profile;

/// The similarity of names, from 0 to 1, above which one is suggested for the other.
const SIMILAR: f64 = 0.85;

/// Scenarios, and suites of them.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Catalogue {
    /// The scenarios by category; those that may end the process come last.
    pub scenarios: Vec<CatalogueScenario>,
    /// A suite for each category.
    pub categories: Vec<CatalogueSuite>,
    /// The suites besides those.
    pub suites: Vec<CatalogueSuite>,
}

/// Scenarios that are run together.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CatalogueSuite {
    /// The name.
    pub name: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is for.
    pub why: String,
    /// The intensity, unless another is asked for.
    pub intensity: Option<Intensity>,
    /// The profile of its limits.
    pub profile: Option<Profile>,
    /// The names of the scenarios; without any, it has all of them.
    #[serde(default)]
    pub scenarios: Vec<String>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The suite or the category, unless the name is that of a scenario.
    pub suite: Option<&'static CatalogueSuite>,
    /// The scenarios.
    pub scenarios: Vec<&'static CatalogueScenario>,
}

/// A name that the catalogue does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the catalogue has nothing named {name:?}{meant}; it has the suites {suites}, and scenarios in them"
)]
#[non_exhaustive]
pub struct UnknownName {
    /// The name.
    pub name: String,
    meant: String,
    suites: String,
}

/// A file of the catalogue: the scenarios of a category, or suites.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    #[expect(dead_code, reason = "only its presence matters")]
    version: FormatVersion,
    #[serde(default)]
    why: String,
    #[serde(default)]
    scenarios: Vec<CatalogueScenario>,
    #[serde(default)]
    suites: Vec<CatalogueSuite>,
}

impl Document for CatalogueFile {}

macro_rules! files {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!($name, ".yaml")))),*]
    };
}

static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut catalogue = Catalogue::default();
    for (name, text) in files!(
        "resources",
        "network",
        "service",
        "database",
        "external",
        "resilience",
        "process",
        "suites"
    ) {
        let file: CatalogueFile = read_document(text, Format::Yaml, name)
            .unwrap_or_else(|error| panic!("the embedded catalogue is valid: {error}"));
        catalogue.suites.extend(file.suites);
        if !file.scenarios.is_empty() {
            catalogue.categories.push(CatalogueSuite {
                name: name.to_owned(),
                why: file.why,
                scenarios: file.scenarios.iter().map(|one| one.name.clone()).collect(),
                ..CatalogueSuite::default()
            });
            catalogue.scenarios.extend(file.scenarios);
        }
    }
    catalogue
});

impl Catalogue {
    /// The catalogue that is embedded in this crate.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// What a name stands for: a scenario, a category or a suite.
    ///
    /// Case does not matter, and `_` is the same as `-`.
    ///
    /// # Errors
    ///
    /// When there is nothing of this name.
    pub fn find(&'static self, name: &str) -> Result<Found, UnknownName> {
        let wanted = name.to_lowercase().replace('_', "-");
        let suites = || self.suites.iter().chain(&self.categories);
        let suite = suites().find(|one| one.name == wanted || one.aliases.contains(&wanted));
        let belongs = |scenario: &&CatalogueScenario| match suite {
            Some(suite) => suite.scenarios.is_empty() || suite.scenarios.contains(&scenario.name),
            None => scenario.name == wanted,
        };
        let scenarios: Vec<_> = self.scenarios.iter().filter(belongs).collect();
        if scenarios.is_empty() {
            let suites: Vec<_> = suites().map(|suite| suite.name.as_str()).collect();
            let names = self.scenarios.iter().map(|one| one.name.as_str());
            let meant = nearest(&wanted, names.chain(suites.iter().copied()));
            return Err(UnknownName {
                name: name.to_owned(),
                meant: meant.map_or_else(String::new, |one| format!(" (did you mean {one:?}?)")),
                suites: suites.join(", "),
            });
        }
        Ok(Found { suite, scenarios })
    }
}

/// The name that is most similar to a word, if one is similar enough.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let similar = names.map(|name| (strsim::jaro_winkler(word, name), name));
    let similar = similar.filter(|(likeness, _)| *likeness > SIMILAR);
    let nearest = similar.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.map(|(_, name)| name)
}
