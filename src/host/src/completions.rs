//! `tollbridge completions`: prints the script that lets a shell complete the program's commands and options.

use clap_complete::{Shell, generate};

use crate::output::print;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  tollbridge completions bash > ~/.local/share/bash-completion/completions/tollbridge
  tollbridge completions zsh > \"${fpath[1]}/_tollbridge\"
  tollbridge completions fish > ~/.config/fish/completions/tollbridge.fish";

#[derive(clap::Args)]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

/// Prints the script for the shell.
pub fn completions(arguments: &Arguments, mut command: clap::Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "tollbridge", &mut script);
    print(&String::from_utf8_lossy(&script))
}
