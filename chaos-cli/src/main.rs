//! The command `chaos-lab`: runs experiments, judges them and writes reports.

mod arguments;
mod commands;
mod connection;
mod exit;
mod output;
mod search;
mod source;
mod terminal_text;

use std::process::ExitCode;

use arguments::{Arguments, Command, Monkey};
use clap::Parser;
use exit::Exit;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(run) => commands::run::run(*run).await,
        Command::Schedule(schedule) => commands::schedule::schedule(schedule).await,
        Command::Judge(judge) => commands::records::judge(&judge).await,
        Command::Compare(compare) => commands::records::compare(&compare),
        Command::Request(request) => commands::approval::request(&request).await,
        Command::Approve(approve) => commands::approval::approve(&approve).await,
        Command::Report(report) => commands::report::report(&report).await,
        Command::Trend(trend) => commands::trend::trend(&trend),
        Command::Clean(clean) => commands::clean::clean(&clean),
        Command::List(list) => commands::list::list(list.suite.as_deref()),
        Command::Validate(file) => commands::list::validate(&file),
        Command::Explain(file) => commands::list::explain(&file),
        Command::Targets(token) => commands::doctor::targets(&token).await,
        Command::Doctor(doctor) => commands::doctor::doctor(&doctor).await,
        Command::Monkey(Monkey::Run(run)) => commands::monkey::run(&run).await,
        Command::Monkey(Monkey::Plan(plan)) => commands::monkey::plan(&plan),
        Command::Flag(flag) => commands::flag::flag(&flag).await,
        Command::Notify(notify) => commands::notify::notify(&notify).await,
        Command::Completions(completions) => commands::completions::completions(&completions),
        Command::Status(connection) => commands::steer::status(&connection).await,
        Command::Logs(logs) => commands::steer::logs(&logs).await,
        Command::Stop(stop) => commands::steer::stop(&stop).await,
        Command::Halt(halt) => commands::steer::halt(&halt).await,
    };
    result.unwrap_or_else(|error| Exit::of_error(&error)).into()
}
