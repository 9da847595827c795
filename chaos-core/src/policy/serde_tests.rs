use super::*;
use crate::Format;
use crate::policy::{Date, Days, Hours};

const YAML: &str = "version: 1
time_zone: Europe/Berlin
windows:
  low: { days: mon-fri, hours: 09:00-17:00 }
  high:
    - { days: [mon-thu, sun], hours: 22:00-06:00 }
    - { days: sat }
holidays: [2026-04-03, 12-25]
freezes:
  - { from: 2026-12-18, until: 2027-01-03, why: sale }
protected:
  payments: absolute
  sms: high
at_most_at_once: 2
highest_risk: high
longest: { low: 10m, high: 1m30s }
";

fn parse(yaml: &str) -> Result<Policy, String> {
    Policy::parse(yaml, Format::Yaml, "p.yaml").map_err(|error| error.to_string())
}

fn in_code() -> Result<Policy, InvalidPolicy> {
    let days: Days = "sun-thu".parse()?;
    let holy: Date = "2026-04-03".parse()?;
    Policy::new()
        .time_zone(Zone::named("europe/berlin")?)
        .window(
            Risk::Low,
            Window::new(Days::WORKDAYS, "09:00-17:00".parse()?),
        )
        .window(
            Risk::High,
            Window::new(days, Hours::between((22, 0), (6, 0))?),
        )
        .window(Risk::High, Window::new("sat".parse()?, Hours::ALL))
        .holiday(holy.into())
        .holiday(Holiday::every_year(12, 25)?)
        .freeze(Freeze::new(Date::new(2026, 12, 18)?, Date::new(2027, 1, 3)?)?.because("sale"))
        .protect("payments", Grade::Absolute)?
        .protect("payments", Grade::Medium)?
        .protect("sms", Grade::Medium)?
        .protect("sms", Grade::High)?
        .at_most_at_once(2)?
        .highest_risk(Risk::High)
        .longest(Risk::Low, Duration::from_secs(600))?
        .longest(Risk::High, Duration::from_secs(90))
}

#[test]
fn a_file_and_code_say_the_same() {
    assert_eq!(parse(YAML), Ok(in_code().unwrap()));
    assert_eq!(parse("version: 1"), Ok(Policy::new()));
}

#[test]
fn a_written_policy_is_read_back_in_every_format() {
    let policy = in_code().unwrap();
    for (text, format) in [
        (serde_saphyr::to_string(&policy).unwrap(), Format::Yaml),
        (toml::to_string(&policy).unwrap(), Format::Toml),
        (serde_json::to_string(&policy).unwrap(), Format::Json),
    ] {
        let read = Policy::parse(&text, format, "policy");
        assert_eq!(read.unwrap(), policy, "{text}");
    }
    assert_eq!(
        serde_json::to_string(&Policy::new()).unwrap(),
        r#"{"version":1,"time_zone":"UTC"}"#
    );
}

#[test]
fn a_mistake_is_reported_with_position_key_and_expectation() {
    let mut wrong = Vec::new();
    for (good, bad, expected) in [
        (
            "version: 1",
            "version: 2",
            "1:10: version: expected 1, the only version there is, found 2",
        ),
        (
            "highest_risk:",
            "higest_risk:",
            "15:1: higest_risk: unknown key `higest_risk`: did you mean `highest_risk`? (expected one of ",
        ),
        (
            "highest_risk: high",
            "highest_risk: hgih",
            "15:15: highest_risk: unknown value `hgih`: did you mean `high`? (expected one of ",
        ),
        (
            "Europe/Berlin",
            "Europe/Belrin",
            "2:12: time_zone: unknown time zone `Europe/Belrin`: did you mean `Europe/Berlin`?",
        ),
        (
            "Europe/Berlin",
            "Moon",
            "2:12: time_zone: unknown time zone `Moon`, expected a name such as `Europe/Berlin` or `UTC`",
        ),
        (
            "  low: { days",
            "  lwo: { days",
            "4:3: windows.lwo: unknown key `lwo`: did you mean `low`? (expected one of ",
        ),
        (
            "days: mon-fri",
            "day: mon-fri",
            "4:10: windows.low.day: unknown key `day`: did you mean `days`? (expected one of `days`, `hours`)",
        ),
        (
            "mon-fri",
            "mon-firday",
            "4:16: windows.low.days: unknown day `firday`: did you mean `fri`? (expected one of ",
        ),
        (
            "[mon-thu, sun]",
            "[]",
            "6:15: windows.high[0].days: expected at least one day",
        ),
        (
            "[mon-thu, sun]",
            "[mon, 3]",
            "6:21: windows.high[0].days[1]: expected a day such as `mon`, or `mon-fri`, found integer `3`",
        ),
        (
            "{ days: sat }",
            "{}",
            "7:7: windows.high[1]: expected one of `days`, `hours`",
        ),
        (
            "{ days: mon-fri, hours: 09:00-17:00 }",
            "[]",
            "4:8: windows.low: expected at least one window (`highest_risk` refuses a risk altogether)",
        ),
        (
            "09:00-17:00",
            "9-17",
            "4:32: windows.low.hours: expected hours such as `09:00-17:00`, found `9-17`",
        ),
        (
            "09:00-17:00",
            "09:00-24:30",
            "4:32: windows.low.hours: expected hours such as `09:00-17:00`, found `09:00-24:30`",
        ),
        (
            "09:00-17:00",
            "24:00-17:00",
            "4:32: windows.low.hours: expected hours such as `09:00-17:00`, found `24:00-17:00`",
        ),
        (
            "09:00-17:00",
            "09:00-09:00",
            "4:32: windows.low.hours: expected two different times such as `22:00-06:00`, or ",
        ),
        (
            "2026-04-03",
            "2026-02-29",
            "8:12: holidays[0]: expected a date of the calendar such as 2026-12-25, found `2026-02-29`",
        ),
        (
            "12-25]",
            "13-01]",
            "8:24: holidays[1]: expected a date of the calendar such as 2026-12-25, found `13-01`",
        ),
        (
            "2027-01-03",
            "2026-12-17",
            "10:5: freezes[0]: expected an end on or after 2026-12-18, found 2026-12-17",
        ),
        (
            "payments: absolute",
            "payments: total",
            "12:13: protected.payments: unknown value `total`",
        ),
        (
            "payments: absolute",
            "\"\": absolute",
            "protected: expected the name of a service, found an empty string",
        ),
        ("sms: high", "payments: high", "13:3: "),
        (
            "at_most_at_once: 2",
            "at_most_at_once: 0",
            "14:18: at_most_at_once: expected at least 1, found 0",
        ),
        (
            "at_most_at_once: 2",
            "at_most_at_once: few",
            "14:18: at_most_at_once: expected a whole number of at least 1, found string \"few\"",
        ),
        (
            "low: 10m",
            "low: 0s",
            "16:17: longest.low: expected a time longer than zero (`highest_risk` refuses a risk altogether)",
        ),
    ] {
        assert!(YAML.contains(good), "{good}");
        let refused = parse(&YAML.replacen(good, bad, 1)).unwrap_err();
        if !refused.starts_with("p.yaml:") || !refused.contains(expected) {
            wrong.push(format!("{refused}\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_service_named_twice_in_json_is_refused() {
    let json = r#"{ "version": 1, "protected": { "sms": "high", "sms": "medium" } }"#;
    let refused = Policy::parse(json, Format::Json, "p.json").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "p.json:1:54: protected.sms: key `sms` is given twice"
    );
}

#[test]
fn values_that_make_no_sense_cannot_be_built() {
    assert!(Policy::new().protect("", Grade::High).is_err());
    assert!(Policy::new().at_most_at_once(0).is_err());
    assert!(Policy::new().longest(Risk::Low, Duration::ZERO).is_err());
    assert!(Zone::named("Etc/Unknown").is_err() && Zone::named("").is_err());
    assert!(Days::of([]).is_err());
    assert!(Hours::between((9, 0), (9, 0)).is_err());
    assert!(Hours::between((9, 60), (12, 0)).is_err());
    assert!(Hours::between((0, 0), (24, 1)).is_err());
    assert!(Date::new(2027, 2, 29).is_err() && Date::new(2028, 2, 29).is_ok());
    assert!(Date::new(2027, 4, 31).is_err() && Date::new(2027, 0, 1).is_err());
    assert!(Date::new(0, 1, 1).is_err() && Date::new(1900, 2, 29).is_err());
    assert!(Holiday::every_year(2, 29).is_ok() && Holiday::every_year(2, 30).is_err());
    for text in ["2026-12-5", "26-12-05", "2026-12-05-01", "+026-12-05", "12"] {
        assert!(text.parse::<Date>().is_err(), "{text}");
    }
}
