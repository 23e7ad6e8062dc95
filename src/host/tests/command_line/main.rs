//! The program's commands against a running gateway, `config init`, `run`, and what the program says when it is told
//! something wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

mod configuration;
mod gateway;
mod messages;
mod running;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const TOLLBRIDGE: &str = env!("CARGO_BIN_EXE_tollbridge");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program without variables of this environment.
fn tollbridge() -> Command {
    let mut command = Command::new(TOLLBRIDGE);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["TOLLBRIDGE_", "SPIN_VARIABLE_", "MALDOPAY_", "SALESFORCE_"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// What a command printed, and its exit status.
#[derive(Debug)]
struct ProgramOutput {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl ProgramOutput {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The value of this line of `name  value`.
    #[track_caller]
    fn value(&self, name: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}: {self:?}")).trim()
    }
}

fn printed(command: &mut Command) -> ProgramOutput {
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    ProgramOutput { code: output.status.code(), stdout, stderr }
}
