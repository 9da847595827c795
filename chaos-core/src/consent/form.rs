//! Consents in files: `{ who: anna, why: game day }`.

use serde::de::{Error, MapAccess};
use serde::{Deserialize, Deserializer};

use super::{Consent, Consents};
use crate::human::{self, FromMap};

human::deserialize_by!(human::from_map: Consent);

impl FromMap for Consent {
    const EXPECTED: &'static str = "a consent such as { who: anna, why: game day }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut who = None;
        let mut why = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "who" => human::read_once(&mut map, &key, &mut who)?,
                "why" => human::read_once(&mut map, &key, &mut why)?,
                unknown => return Err(human::reject_key(&mut map, unknown, ["who", "why"])),
            }
        }
        let Some(Who(who)) = who else {
            return Err(A::Error::custom(format_args!(
                "expected the key `who`, {WHO}"
            )));
        };
        let consent = Consent::by(who).map_err(A::Error::custom)?;
        Ok(match why {
            Some(Why(why)) => consent.because(why),
            None => consent,
        })
    }
}

const WHO: &str = "the person or team that consents, as a text";
const WHY: &str = "the reason for the consent, as a text";

struct Who(String);

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_text(deserializer, WHO, |who| {
            // Some formats read `no` as text, which must not count as consent.
            let words = ["", "false", "no", "off", "none"];
            if words.contains(&who.trim().to_ascii_lowercase().as_str()) {
                return Err(format!("expected {WHO}, found `{who}`"));
            }
            Ok(Self(who.to_owned()))
        })
    }
}

struct Why(String);

impl<'de> Deserialize<'de> for Why {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        human::parsed_text(deserializer, WHY, |why| {
            if why.trim().is_empty() {
                return Err(format!("expected {WHY}, found `{why}`"));
            }
            Ok(Self(why.to_owned()))
        })
    }
}

/// The consents of an experiment as its file gives them; that to everything is part of the blast radius.
pub(crate) struct ConsentsInFile(pub(crate) Consents);

human::deserialize_by!(human::from_map: ConsentsInFile);

impl FromMap for ConsentsInFile {
    const EXPECTED: &'static str =
        "what is consented to, and by whom, such as { production: { who: anna, why: game day } }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        const KEYS: [&str; 2] = ["production", "destruction"];
        let mut given = Consents::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "production" => human::read_once(&mut map, &key, &mut given.production)?,
                "destruction" => human::read_once(&mut map, &key, &mut given.destruction)?,
                "everything" => {
                    return Err(human::reject_entry(
                        &mut map,
                        "unknown key `everything` here: it belongs to the blast radius, such as \
                         { everything: { who: anna } }",
                    ));
                }
                unknown => return Err(human::reject_key(&mut map, unknown, KEYS)),
            }
        }
        if given == Consents::default() {
            return Err(human::missing_key(KEYS));
        }
        Ok(Self(given))
    }
}
