//! Pressures as they stand in files: one resource, and how it is held.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::details::OTHERS;
use super::resource::Resource;
use super::{InvalidPressure, Pressure};
use crate::human::{self, HumanDuration};
use crate::{Consent, Rate};

const KINDS: [&str; 10] = [
    "cpu",
    "memory",
    "leak",
    "disk_io",
    "disk_fill",
    "descriptors",
    "threads",
    "runtime_workers",
    "blocking_pool",
    "clock",
];

#[derive(Serialize)]
struct Form<'a> {
    #[serde(flatten)]
    resource: &'a Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    ramp: Option<HumanDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<HumanDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserve: Option<Rate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<&'a PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'a Consent>,
}

impl Serialize for Pressure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ramp = (!self.ramp.is_zero()).then_some(HumanDuration(self.ramp));
        Form {
            resource: &self.resource,
            ramp,
            hold: self.hold.map(HumanDuration),
            reserve: self.reserve,
            directory: self.directory.as_ref(),
            consent: self.consent.as_ref(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pressure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Pressure;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pressure such as { cpu: { workers: 2, duty: 50% } }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pressure, A::Error> {
        let mut resource: Option<Resource> = None;
        let mut ramp: Option<HumanDuration> = None;
        let mut hold: Option<Duration> = None;
        let mut reserve = None;
        let mut directory: Option<PathBuf> = None;
        let mut consent = None;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                key if KINDS.contains(&key) => {
                    if let Some(other) = resource {
                        let told =
                            format!("it takes `{}` already: one resource each", other.kind());
                        return Err(human::reject_entry(&mut map, told));
                    }
                    resource = Some(read(key, &mut map)?);
                }
                "ramp" => human::read_once(&mut map, "ramp", &mut ramp)?,
                "hold" => {
                    hold = Some(human::read_converted(&mut map, |HumanDuration(time)| {
                        if time.is_zero() {
                            Err(InvalidPressure::NoTime)
                        } else {
                            Ok(time)
                        }
                    })?);
                }
                "reserve" => human::read_once(&mut map, "reserve", &mut reserve)?,
                "directory" => human::read_once(&mut map, "directory", &mut directory)?,
                "consent" => human::read_once(&mut map, "consent", &mut consent)?,
                other => {
                    let known = KINDS.into_iter().chain(OTHERS);
                    return Err(human::reject_key(&mut map, other, known));
                }
            }
        }
        let Some(resource) = resource else {
            let kinds = human::quoted_list(KINDS);
            return Err(A::Error::custom(format_args!("expected one of {kinds}")));
        };
        let pressure = Pressure {
            resource,
            ramp: ramp.map_or(Duration::ZERO, |HumanDuration(ramp)| ramp),
            hold,
            reserve,
            directory,
            consent,
        };
        pressure.check().map_err(A::Error::custom)?;
        Ok(pressure)
    }
}

/// Reads the details of the resource called `key`; what is wrong with them is told at their place.
fn read<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Resource, A::Error> {
    fn checked<V>(build: fn(V) -> Resource) -> impl FnOnce(V) -> Result<Resource, InvalidPressure> {
        move |details| {
            let resource = build(details);
            resource.check().map(|()| resource)
        }
    }
    match key {
        "cpu" => human::read_converted(map, checked(Resource::Cpu)),
        "memory" => human::read_converted(map, checked(Resource::Memory)),
        "leak" => human::read_converted(map, checked(Resource::Leak)),
        "disk_io" => human::read_converted(map, checked(Resource::DiskIo)),
        "disk_fill" => human::read_converted(map, checked(Resource::DiskFill)),
        "descriptors" => human::read_converted(map, checked(Resource::Descriptors)),
        "threads" => human::read_converted(map, checked(Resource::Threads)),
        "runtime_workers" => human::read_converted(map, checked(Resource::RuntimeWorkers)),
        "blocking_pool" => human::read_converted(map, checked(Resource::BlockingPool)),
        _ => human::read_converted(map, checked(Resource::Clock)),
    }
}
