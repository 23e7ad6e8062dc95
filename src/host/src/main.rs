//! The `tollbridge` program: serves the application, and plays MaldoPay and Salesforce for whoever tries it out.

mod audit;
mod component;
mod config;
mod demo;
mod erase;
mod gateway;
mod limits;
mod map;
mod order;
mod run;
mod sandbox;
mod settings;
mod signals;
mod up;
mod web;
mod webhook;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Payments between Salesforce and MaldoPay: once, in order, with their history.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  tollbridge demo     see the whole story, checked step by step
  tollbridge run      try it by hand: the application, MaldoPay and Salesforce on this machine
  tollbridge up       serve the application of spin.toml"
)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the application of a spin.toml.
    #[command(after_help = up::EXAMPLES)]
    Up(up::Arguments),
    /// Play MaldoPay and Salesforce on this machine.
    #[command(after_help = sandbox::EXAMPLES)]
    Sandbox(sandbox::Arguments),
    /// Start everything on this machine, to be tried by hand.
    #[command(after_help = run::EXAMPLES)]
    Run(run::Arguments),
    /// Tell the whole story on free ports, and check that every step comes true.
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::Arguments),
    /// Send what MaldoPay would send.
    #[command(subcommand)]
    Webhook(Webhook),
    /// Try a mapping document.
    #[command(subcommand)]
    Map(Map),
    /// Look at the configuration.
    #[command(subcommand)]
    Config(Config),
    /// Look at a component that somebody built.
    #[command(subcommand)]
    Component(Component),
    /// Look at what the ledger holds.
    #[command(subcommand)]
    Audit(Audit),
    /// Have the personal data of a payment erased.
    #[command(after_help = erase::EXAMPLES)]
    Erase(erase::Arguments),
}

#[derive(Subcommand)]
enum Config {
    /// Say everything that is wrong with the configuration, or what its sites are.
    #[command(after_help = config::EXAMPLES)]
    Check(config::Arguments),
}

#[derive(Subcommand)]
enum Component {
    /// Say whether a mapper or a provider fits its world and imports nothing.
    #[command(after_help = component::CHECK_EXAMPLES)]
    Check(component::CheckArguments),
}

#[derive(Subcommand)]
enum Map {
    /// Say everything that is wrong with a mapping document.
    #[command(after_help = map::CHECK_EXAMPLES)]
    Check(map::CheckArguments),
    /// Show what a mapping document would write of a recorded history.
    #[command(after_help = map::PREVIEW_EXAMPLES)]
    Preview(map::PreviewArguments),
}

#[derive(Subcommand)]
enum Audit {
    /// Verify every payment of a site: nothing was changed, nothing removed.
    #[command(after_help = audit::EXAMPLES)]
    Verify(audit::Arguments),
}

#[derive(Subcommand)]
enum Webhook {
    /// Sign a callback and post it; succeeds if it is answered 200 and OK.
    #[command(after_help = webhook::EXAMPLES)]
    Send(webhook::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::parse();
    let done = match program.command {
        Command::Up(arguments) => up::up(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Sandbox(arguments) => sandbox::sandbox(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Run(arguments) => run::run(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Demo(arguments) => demo::demo(arguments).await,
        Command::Webhook(Webhook::Send(arguments)) => webhook::send(arguments).await,
        Command::Map(Map::Check(arguments)) => map::check(&arguments),
        Command::Map(Map::Preview(arguments)) => map::preview(&arguments),
        Command::Config(Config::Check(arguments)) => config::check(&arguments),
        Command::Component(Component::Check(arguments)) => component::check(&arguments),
        Command::Erase(arguments) => erase::erase(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Audit(Audit::Verify(arguments)) => Ok(audit::verify(arguments).await),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {}", told(&error));
        ExitCode::FAILURE
    })
}

/// The error and its causes, without those that the message before already tells: some errors quote their cause.
fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Program, told};

    #[test]
    fn the_command_line_is_free_of_contradictions() {
        Program::command().debug_assert();
    }

    #[test]
    fn a_cause_that_is_quoted_already_is_not_told_twice() {
        let error = anyhow::anyhow!("no such file").context("cannot read `a`: no such file").context("no manifest");
        assert_eq!(told(&error), "no manifest: cannot read `a`: no such file");
    }
}
