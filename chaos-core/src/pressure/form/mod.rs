//! The form of a pressure in files: one resource, and how it is held.

mod alternatives;

use std::path::PathBuf;

use serde::de::{Error, MapAccess};

use self::alternatives::HOLDING_KEYS;
use super::builder::Pressure;
use super::invalid::InvalidPressure;
use super::kind::PressureKind;
use super::resource::Resource;
use crate::human::{self, FromMap, HumanDuration};

human::deserialize_by!(human::from_map: Pressure);

impl FromMap for Pressure {
    const EXPECTED: &'static str = "a pressure such as { cpu: { workers: 2, duty: 50% } }";

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut resource: Option<Resource> = None;
        let mut ramp = None;
        let mut hold = None;
        let mut reserve = None;
        let mut directory: Option<PathBuf> = None;
        let mut consent = None;
        while let Some(key) = map.next_key::<String>()? {
            let mut kinds = PressureKind::ALL.iter();
            if let Some(&kind) = kinds.find(|kind| kind.name() == key) {
                if let Some(other) = resource {
                    let other = other.kind();
                    return Err(human::reject_entry(
                        &mut map,
                        format_args!("`{other}` is set already: a pressure takes one resource"),
                    ));
                }
                resource = Some(read_resource(kind, &mut map)?);
                continue;
            }
            match key.as_str() {
                "ramp" => human::read_once(&mut map, "ramp", &mut ramp)?,
                "hold" => {
                    hold = Some(human::read_converted(&mut map, |time: HumanDuration| {
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
                unknown => {
                    let known = kind_names().chain(HOLDING_KEYS);
                    return Err(human::reject_key(&mut map, unknown, known));
                }
            }
        }
        let Some(resource) = resource else {
            return Err(human::missing_key(kind_names()));
        };
        let pressure = Pressure {
            resource,
            ramp: ramp.unwrap_or(HumanDuration::ZERO),
            hold,
            reserve,
            directory,
            consent,
        };
        pressure.check().map_err(A::Error::custom)?;
        Ok(pressure)
    }
}

fn kind_names() -> impl Iterator<Item = &'static str> {
    PressureKind::ALL.iter().map(|kind| kind.name())
}

/// Reads the details of a resource, and reports errors in them at their position.
fn read_resource<'de, A: MapAccess<'de>>(
    kind: PressureKind,
    map: &mut A,
) -> Result<Resource, A::Error> {
    fn checked<V>(build: fn(V) -> Resource) -> impl FnOnce(V) -> Result<Resource, InvalidPressure> {
        move |details| {
            let resource = build(details);
            resource.check().map(|()| resource)
        }
    }
    match kind {
        PressureKind::Cpu => human::read_converted(map, checked(Resource::Cpu)),
        PressureKind::Memory => human::read_converted(map, checked(Resource::Memory)),
        PressureKind::Leak => human::read_converted(map, checked(Resource::Leak)),
        PressureKind::DiskIo => human::read_converted(map, checked(Resource::DiskIo)),
        PressureKind::DiskFill => human::read_converted(map, checked(Resource::DiskFill)),
        PressureKind::Descriptors => human::read_converted(map, checked(Resource::Descriptors)),
        PressureKind::Threads => human::read_converted(map, checked(Resource::Threads)),
        PressureKind::RuntimeWorkers => {
            human::read_converted(map, checked(Resource::RuntimeWorkers))
        }
        PressureKind::BlockingPool => human::read_converted(map, checked(Resource::BlockingPool)),
        PressureKind::Clock => human::read_converted(map, checked(Resource::Clock)),
    }
}
