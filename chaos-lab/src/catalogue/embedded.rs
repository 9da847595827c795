//! The catalogue that is embedded in this crate.

use std::sync::LazyLock;

use chaos_core::Format;
use chaos_core::adapter::{Document, FormatVersion, read_document};
use serde::Deserialize;

use super::intensity::Intensity;
use super::scenario::CatalogueScenario;
use crate::scenario::Profile;

/// Scenarios by category, and suites of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Catalogue {
    /// The categories, each of which is a suite, too.
    pub categories: Vec<Category>,
    /// The suites besides those.
    pub suites: Vec<CatalogueSuite>,
}

/// Scenarios of one kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Category {
    #[serde(rename = "version")]
    _version: FormatVersion,
    /// The name.
    #[serde(skip)]
    pub name: &'static str,
    /// The question that its scenarios answer.
    pub why: String,
    /// The scenarios.
    pub scenarios: Vec<CatalogueScenario>,
}

/// Scenarios that are run together.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
    /// The names of the scenarios.
    pub scenarios: Vec<String>,
}

/// A scenario that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Chosen {
    /// The scenario.
    pub scenario: &'static CatalogueScenario,
    /// The intensity that its suite has.
    pub intensity: Option<Intensity>,
    /// The profile that its suite has.
    pub profile: Option<Profile>,
}

/// A name that the catalogue does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the catalogue has nothing named {name:?}; it has the suites {suites}, and scenarios in them"
)]
#[non_exhaustive]
pub struct UnknownName {
    /// The name.
    pub name: String,
    suites: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suites {
    #[serde(rename = "version")]
    _version: FormatVersion,
    suites: Vec<CatalogueSuite>,
}

impl Document for Category {}
impl Document for Suites {}

/// The suite of all scenarios.
const ALL: &str = "all";

macro_rules! categories {
    ($($name:literal),*) => {
        vec![$({
            let origin = concat!($name, ".yaml");
            let mut category: Category = embedded(include_str!(concat!($name, ".yaml")), origin);
            category.name = $name;
            category
        }),*]
    };
}

static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
    categories: categories!(
        "resources",
        "network",
        "service",
        "database",
        "external",
        "resilience",
        "process"
    ),
    suites: embedded::<Suites>(include_str!("suites.yaml"), "suites.yaml").suites,
});

fn embedded<T: Document>(text: &str, origin: &str) -> T {
    let document = read_document(text, Format::Yaml, origin);
    document.unwrap_or_else(|error| panic!("the embedded catalogue is valid: {error}"))
}

impl Catalogue {
    /// The catalogue that is embedded in this crate.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The scenarios that a name stands for: that of a scenario, a category or a suite, or `all`.
    ///
    /// Case does not matter, and `_` is the same as `-`.
    ///
    /// # Errors
    ///
    /// When there is nothing of this name.
    pub fn find(&'static self, name: &str) -> Result<Vec<Chosen>, UnknownName> {
        let wanted = name.to_lowercase().replace('_', "-");
        let alone = |scenario| Chosen {
            scenario,
            intensity: None,
            profile: None,
        };
        if wanted == ALL {
            return Ok(self.scenarios().map(alone).collect());
        }
        if let Some(category) = self.categories.iter().find(|one| one.name == wanted) {
            return Ok(category.scenarios.iter().map(alone).collect());
        }
        if let Some(scenario) = self.scenarios().find(|one| one.name == wanted) {
            return Ok(vec![alone(scenario)]);
        }
        let is_named =
            |suite: &&CatalogueSuite| suite.name == wanted || suite.aliases.contains(&wanted);
        let suite = self.suites.iter().find(is_named);
        let suite = suite.ok_or_else(|| UnknownName {
            name: name.to_owned(),
            suites: self.suite_names().collect::<Vec<_>>().join(", "),
        })?;
        let of_suite = |name: &String| {
            self.scenarios()
                .find(|one| one.name == *name)
                .map(|scenario| Chosen {
                    scenario,
                    intensity: suite.intensity,
                    profile: suite.profile,
                })
        };
        Ok(suite.scenarios.iter().filter_map(of_suite).collect())
    }

    /// All scenarios; those that may end the process come last.
    pub fn scenarios(&self) -> impl Iterator<Item = &CatalogueScenario> {
        self.categories
            .iter()
            .flat_map(|category| &category.scenarios)
    }

    /// The names of everything that has several scenarios.
    pub fn suite_names(&self) -> impl Iterator<Item = &str> {
        let suites = self.suites.iter().map(|suite| suite.name.as_str());
        let categories = self.categories.iter().map(|category| category.name);
        suites.chain(categories).chain([ALL])
    }
}
