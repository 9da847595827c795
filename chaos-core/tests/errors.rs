//! What is wrong is said in a sentence, whoever prints it.

use std::error::Error as StdError;
use std::time::Duration;

use chaos_core::{
    BlastRadius, ChaosManager, Crash, Error, Experiment, ExperimentFile, Failure, Fault, Format,
    Pressure,
};

const SECOND: Duration = Duration::from_secs(1);

/// `fn main() -> Result<(), Box<dyn Error>>` prints an error so, and so does `unwrap`.
#[track_caller]
fn is_the_sentence(error: impl Into<Box<dyn StdError>>) {
    let error = error.into();
    let sentence = error.to_string();
    assert_eq!(format!("{error:?}"), sentence);
    assert_eq!(format!("{error:#?}"), sentence);
}

#[test]
fn an_error_that_leaves_main_is_the_sentence() {
    let chaos = ChaosManager::new();
    let crash = Fault::crash(Crash::Abort);
    is_the_sentence(
        chaos
            .inject(BlastRadius::points_at("pms"), crash)
            .unwrap_err(),
    );
    let nowhere = Experiment::new("a").fault(Fault::error(Failure::Reset));
    is_the_sentence(chaos.start(nowhere).unwrap_err());
    let file = || ExperimentFile::parse("version: 2", Format::Yaml, "chaos.yaml").unwrap_err();
    is_the_sentence(file());
    is_the_sentence(Error::from(file()));
    is_the_sentence(Pressure::runtime_workers(1, SECOND).start().unwrap_err());
}
