//! The safety promises, with a module for each; a test fails if its promise is broken.

mod asking;
mod experiments;
mod patience;
mod process;
mod promise_01_nothing_outlives;
mod promise_02_halt_is_final;
mod promise_03_nothing_is_left_behind;
mod promise_04_caps_and_rates;
mod promise_05_protected;
mod promise_06_consent;
mod promise_08_dry_run;
mod promise_09_whole_or_not_at_all;
mod promise_10_conditions;
mod promise_10_probes;
mod promise_11_undo_once;
mod promise_12_tags_only_select;
mod promise_13_never_starved;
mod promise_13_nothing_delays_the_stop;
