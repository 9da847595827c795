use super::warnings::warnings_of;
use super::*;
use crate::manager::variables::Variables;

fn manager(variables: &[(&str, &str)]) -> Result<ChaosManager, Error> {
    with_variables(ChaosManager::builder(), variables).try_build()
}

fn with_variables(builder: ChaosManagerBuilder, variables: &[(&str, &str)]) -> ChaosManagerBuilder {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.into()));
    builder.variables(Variables::new(variables))
}

#[test]
fn a_variable_wins_over_the_builder_before_and_after_it() {
    let variables = [("CHAOS_SEED", "7"), ("CHAOS_ENVIRONMENT", "production")];
    let in_code = |builder: ChaosManagerBuilder| builder.seed(1).environment(Environment::Test);
    for builder in [
        in_code(with_variables(ChaosManager::builder(), &variables)),
        with_variables(in_code(ChaosManager::builder()), &variables),
    ] {
        let chaos = builder.try_build().unwrap();
        assert_eq!(chaos.seed(), 7);
        let refused = chaos.start(broken("a", points())).unwrap_err();
        let because = |error| matches!(error, Error::NeedsConsent { because, .. } if because == ConsentNeeded::Production);
        assert!(because(refused));
    }
}

#[test]
fn a_misspelt_name_is_a_warning_that_names_the_known_one() {
    let warnings = warnings_of(|| {
        let variables = [("CHAOS_ENVIROMENT", "staging"), ("CHAOS_TEST_URL", "x")];
        manager(&variables).unwrap();
    });
    assert_eq!(
        warnings,
        [
            "the environment variable CHAOS_ENVIROMENT has no effect; did you mean `CHAOS_ENVIRONMENT`?"
        ]
    );
}

#[test]
fn what_no_variable_says_is_up_to_the_builder() {
    let builder = ChaosManager::builder()
        .seed(1)
        .environment(Environment::Test)
        .protect("auth");
    let chaos = with_variables(builder, &[]).try_build().unwrap();
    assert_eq!(chaos.seed(), 1);
    assert!(chaos.start(broken("a", points())).is_ok());
    let refused = chaos.start(broken("b", BlastRadius::points_at("auth")));
    assert!(
        matches!(refused, Err(Error::Protected { .. })),
        "{refused:?}"
    );
}

#[test]
fn without_variables_nothing_is_armed_and_every_experiment_needs_consent() {
    let chaos = manager(&[]).unwrap();
    let site = chaos.site("pms");
    assert!(site.needs().is_none());
    assert!(chaos.status().is_empty());
    let refused = chaos.start(broken("a", points())).unwrap_err();
    assert!(matches!(refused, Error::NeedsConsent { .. }), "{refused}");
    let agreed = broken("a", points()).consent_to_production(Consent::by("a game day").unwrap());
    assert!(chaos.start(agreed).is_ok());
}

#[test]
fn an_empty_variable_is_ignored() {
    let names = [
        "CHAOS",
        "CHAOS_FILE",
        "CHAOS_SEED",
        "CHAOS_ENVIRONMENT",
        "CHAOS_INSTANCE",
        "CHAOS_HALT_FILE",
    ];
    assert!(manager(&names.map(|name| (name, ""))).is_ok());
}

#[test]
fn the_seed_is_read_and_defaults_to_a_random_one() {
    let seed = |text| manager(&[("CHAOS_SEED", text)]).unwrap().seed();
    assert_eq!(seed("7"), 7);
    assert_eq!(seed("18446744073709551615"), u64::MAX);
    assert_ne!(manager(&[]).unwrap().seed(), manager(&[]).unwrap().seed());
}

#[test]
fn the_environment_is_read() {
    for environment in ["development", "test", "staging"] {
        let chaos = manager(&[("CHAOS_ENVIRONMENT", environment)]).unwrap();
        assert!(chaos.start(broken("a", points())).is_ok(), "{environment}");
    }
    let chaos = manager(&[("CHAOS_ENVIRONMENT", "production")]).unwrap();
    assert!(chaos.start(broken("a", points())).is_err());
}

#[test]
fn the_instance_is_read() {
    let share = points().share_of_instances(Rate::percent(50.0).unwrap());
    let reached: Vec<bool> = (0..20)
        .map(|number| {
            let instance = format!("orders-{number}");
            let chaos =
                manager(&[("CHAOS_INSTANCE", &instance), ("CHAOS_ENVIRONMENT", "test")]).unwrap();
            let site = chaos.site("pms");
            let _guard = chaos.start(broken("a", share.clone())).unwrap();
            site.needs().is_some_and(Needs::decision)
        })
        .collect();
    assert!(reached.contains(&true) && reached.contains(&false));
}

#[test]
fn off_refuses_every_experiment_and_reads_no_file() {
    let chaos = manager(&[
        ("CHAOS", "off"),
        ("CHAOS_FILE", "/nowhere/chaos.yaml"),
        ("CHAOS_ENVIRONMENT", "test"),
    ])
    .unwrap();
    let refused = chaos.start(broken("a", points())).unwrap_err();
    assert!(matches!(refused, Error::SwitchedOff { .. }), "{refused}");
    chaos.resume();
    assert!(chaos.start(broken("a", points())).is_err());
    let on = manager(&[("CHAOS", "on"), ("CHAOS_ENVIRONMENT", "test")]).unwrap();
    assert!(on.start(broken("a", points())).is_ok());
}

#[test]
fn an_invalid_variable_is_reported_with_its_name_and_the_expected_and_found_values() {
    for (variable, found, expected) in [
        ("CHAOS", "yes", "`on` or `off`"),
        ("CHAOS_SEED", "-1", "a whole number from 0"),
        (
            "CHAOS_SEED",
            "18446744073709551616",
            "a whole number from 0",
        ),
        ("CHAOS_ENVIRONMENT", "prod", "`development`, `test`"),
    ] {
        let error = manager(&[(variable, found)]).unwrap_err().to_string();
        for part in [variable, &format!("{found:?}"), expected] {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
}

#[test]
fn a_missing_file_is_an_error() {
    let refused = manager(&[("CHAOS_FILE", "/nowhere/chaos.yaml")]).unwrap_err();
    assert!(matches!(refused, Error::File(_)), "{refused}");
}

#[test]
fn a_halt_file_that_exists_halts() {
    let path = std::env::temp_dir().join(format!("halt-file-{}", std::process::id()));
    std::fs::write(&path, "").unwrap();
    let chaos = manager(&[("CHAOS_HALT_FILE", path.to_str().unwrap())]).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(chaos.halted());
    std::fs::remove_file(&path).unwrap();
    let is_journalled = || {
        journalled(&chaos).iter().any(
            |event| matches!(event, Event::Halted { attribution } if attribution.to_string().contains(path.to_str().unwrap())),
        )
    };
    // Whichever thread found the file halts first and journals then.
    while !is_journalled() {
        std::thread::yield_now();
    }
}
