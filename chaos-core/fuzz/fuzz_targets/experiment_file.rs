//! Any text is read or refused, without a panic; what is read can be written and read again as the same.
#![no_main]

use chaos_core::{ExperimentFile, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // The first byte picks the format; letters, so that seeds can be written by hand.
    let Some((pick, text)) = data.split_first() else {
        return;
    };
    let format = match pick {
        b't' => Format::Toml,
        b'j' => Format::Json,
        _ => Format::Yaml,
    };
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let Ok(file) = ExperimentFile::parse(text, format, "fuzz") else {
        return;
    };
    for again in [Format::Yaml, Format::Toml, Format::Json] {
        let written = file
            .render(again)
            .unwrap_or_else(|error| panic!("{again}: {error}\n{file:?}"));
        let read = ExperimentFile::parse(&written, again, "rendered")
            .unwrap_or_else(|error| panic!("{again}: {error}\n{written}"));
        assert_eq!(read, file, "{again}:\n{written}");
    }
});
