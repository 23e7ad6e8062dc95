//! A program that runs beside a test, above all `tollbridge up`, and the lines that it prints.

use std::io::{BufRead as _, BufReader, Lines};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ChildStdout, Command};

use serde_json::json;

use crate::caller::Client;
use crate::group::ProcessGroup;
use crate::sites::TR;

/// A running program. It is killed when this is dropped.
pub struct RunningProgram {
    lines: Lines<BufReader<ChildStdout>>,
    group: ProcessGroup,
}

impl RunningProgram {
    pub fn start(command: &mut Command) -> Self {
        let mut group = ProcessGroup::start(command).unwrap();
        let lines = BufReader::new(group.leader.stdout.take().unwrap()).lines();
        Self { lines, group }
    }

    /// Reads until a line contains this, and returns the line.
    #[track_caller]
    pub fn line_with(&mut self, text: &str) -> String {
        let mut before = Vec::new();
        for line in self.lines.by_ref().map(Result::unwrap) {
            if line.contains(text) {
                return line;
            }
            before.push(line);
        }
        panic!("it ended without a line with {text}: {before:#?}");
    }
}

/// `tollbridge up` on the workspace's manifest.
pub struct RunningGateway {
    client: Client,
    address: SocketAddr,
    _group: ProcessGroup,
}

impl RunningGateway {
    /// Starts the program that `command` names, with its ledger in `state` and this configuration.
    pub fn start(mut command: Command, state: &Path, config: &str) -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml");
        command.args(["up", "--listen", "127.0.0.1:0", "--manifest"]).arg(manifest).arg("--state").arg(state);
        command.args(["--variable", &format!("config={config}")]);
        let mut program = RunningProgram::start(&mut command);
        let line = program.line_with("is up on");
        let address = line.rsplit("http://").next().unwrap().parse().unwrap();
        let RunningProgram { lines, group } = program;
        // The process would block if nobody read its output.
        std::thread::spawn(move || lines.for_each(drop));
        Self { client: Client::new(address), address, _group: group }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Charges an Order of the site `tr`, and returns the payment's reference.
    pub async fn charge(&self, order: &str) -> String {
        let body = json!({
            "site": TR.name, "intent": "charge", "amount": "10.00", "currency": "TRY", "method": "credit",
            "source": {"object": "Order", "id": order, "number": "00000123"}, "customer": {"id": "c"},
        });
        let call = self.client.call("POST", "/v1/payments").key(order).json(&body);
        let charged = call.with("authorization", format!("Bearer {}", TR.api_key)).send().await.unwrap();
        charged.expect(201)["reference"].as_str().unwrap().to_owned()
    }
}
