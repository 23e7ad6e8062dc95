//! The `tollbridge` program: serves the application, and simulates MaldoPay and Salesforce for trying it out.

mod audit;
mod completions;
mod component;
mod config;
mod demo;
mod doctor;
mod drain;
mod erase;
mod gateway;
mod limits;
mod manifest;
mod map;
mod mappings;
mod order;
mod output;
mod payments;
mod reviews;
mod run;
mod sandbox;
mod settings;
mod signals;
mod up;
mod web;
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

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
struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

#[derive(Subcommand)]
enum CliCommand {
    /// Serve the application of a spin.toml.
    #[command(after_help = up::EXAMPLES)]
    Up(up::Arguments),
    /// Simulate MaldoPay and Salesforce on this machine.
    #[command(after_help = sandbox::EXAMPLES)]
    Sandbox(sandbox::Arguments),
    /// Start everything on this machine, to try it by hand: with the sandbox, or with a configuration of your own.
    #[command(after_help = run::EXAMPLES)]
    Run(run::Arguments),
    /// Run the whole story on free ports, and check every step.
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::Arguments),
    /// Send callbacks as MaldoPay does.
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Try a mapping document.
    #[command(subcommand)]
    Map(MapCommand),
    /// Make a configuration, or check one.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check a whole deployment: runtime, store, configuration, MaldoPay, Salesforce, clocks and callback address.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Arguments),
    /// Inspect a component.
    #[command(subcommand)]
    Component(ComponentCommand),
    /// Inspect the ledger.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Show a payment, or find payments.
    #[command(after_help = payments::EXAMPLES)]
    Payments(payments::Arguments),
    /// List the payments that need a person, and decide about them.
    #[command(after_help = reviews::EXAMPLES)]
    Reviews(reviews::Arguments),
    /// Have a gateway send what is open to Salesforce.
    #[command(after_help = drain::EXAMPLES)]
    Drain(drain::Arguments),
    /// Store, activate and show a site's mapping documents.
    #[command(after_help = mappings::EXAMPLES)]
    Mappings(mappings::Arguments),
    /// Erase the personal data of a payment.
    #[command(after_help = erase::EXAMPLES)]
    Erase(erase::Arguments),
    /// Print the script with which a shell completes commands and options.
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::Arguments),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Write the two texts of a new configuration, with new keys.
    #[command(after_help = config::INIT_EXAMPLES)]
    Init(Box<config::InitArguments>),
    /// List every error in the configuration, or describe its sites.
    #[command(after_help = config::CHECK_EXAMPLES)]
    Check(config::CheckArguments),
}

#[derive(Subcommand)]
enum ComponentCommand {
    /// Check that a mapper or a provider matches its world and imports nothing.
    #[command(after_help = component::CHECK_EXAMPLES)]
    Check(component::CheckArguments),
}

#[derive(Subcommand)]
enum MapCommand {
    /// List every error in a mapping document.
    #[command(after_help = map::CHECK_EXAMPLES)]
    Check(map::CheckArguments),
    /// Show what a mapping document would write for a recorded history.
    #[command(after_help = map::PREVIEW_EXAMPLES)]
    Preview(map::PreviewArguments),
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Verify that no entry of a site's payments was changed or removed.
    #[command(after_help = audit::EXAMPLES)]
    Verify(audit::Arguments),
}

#[derive(Subcommand)]
enum WebhookCommand {
    /// Sign and post a callback; succeeds if the answer is 200 and OK.
    #[command(after_help = webhook::EXAMPLES)]
    Send(webhook::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let program = Cli::parse();
    let done = match program.command {
        CliCommand::Up(arguments) => up::up(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Sandbox(arguments) => sandbox::sandbox(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Run(arguments) => run::run(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Demo(arguments) => demo::demo(arguments).await,
        CliCommand::Webhook(WebhookCommand::Send(arguments)) => webhook::send(arguments).await,
        CliCommand::Map(MapCommand::Check(arguments)) => map::check(&arguments),
        CliCommand::Map(MapCommand::Preview(arguments)) => map::preview(&arguments),
        CliCommand::Config(ConfigCommand::Init(arguments)) => config::init(*arguments).map(|()| ExitCode::SUCCESS),
        CliCommand::Config(ConfigCommand::Check(arguments)) => config::check(&arguments),
        CliCommand::Doctor(arguments) => doctor::doctor(&arguments).await,
        CliCommand::Component(ComponentCommand::Check(arguments)) => component::check(&arguments),
        CliCommand::Payments(arguments) => payments::payments(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Reviews(arguments) => reviews::reviews(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Drain(arguments) => drain::drain(arguments).await,
        CliCommand::Mappings(arguments) => mappings::mappings(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Completions(arguments) => {
            completions::completions(&arguments, Cli::command()).map(|()| ExitCode::SUCCESS)
        }
        CliCommand::Erase(arguments) => erase::erase(arguments).await.map(|()| ExitCode::SUCCESS),
        CliCommand::Audit(AuditCommand::Verify(arguments)) => Ok(audit::verify(arguments).await),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {}", described(&error));
        ExitCode::FAILURE
    })
}

/// The error and its causes, except causes that the message before already quotes.
fn described(error: &anyhow::Error) -> String {
    let mut described = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if described.is_empty() {
            described = cause;
        } else if !described.contains(&cause) {
            described = format!("{described}: {cause}");
        }
    }
    described
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Cli, described};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_cause_that_the_message_quotes_is_not_repeated() {
        let error = anyhow::anyhow!("no such file").context("cannot read `a`: no such file").context("no manifest");
        assert_eq!(described(&error), "no manifest: cannot read `a`: no such file");
    }
}
