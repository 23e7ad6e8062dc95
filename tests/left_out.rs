//! Reports the tests that a run on Spin leaves out, because only the embedded runtime supports them, with the reason.
//! Each report is one line of a file that the process that started the run reads.

use std::fs::File;
use std::io::Write as _;

use crate::spin;

/// The environment variable with the path of the file.
pub const VARIABLE: &str = "TOLLBRIDGE_TEST_LEFT_OUT";

/// Whether the calling test is left out because this run is on Spin. A test that makes the store fail, counts its
/// operations, moves the clock or ends a component that never returns begins with this call and gives its reason.
#[must_use]
pub fn needs_embedded_runtime(reason: &str) -> bool {
    let on_spin = spin::program().is_some();
    if on_spin {
        report("left out", reason);
    }
    on_spin
}

/// Reports that a part of the calling test is left out.
pub fn partly(reason: &str) {
    report("left out in part", reason);
}

fn report(how: &str, reason: &str) {
    let thread = std::thread::current();
    let line = format!("{how}: {}: {reason}\n", thread.name().unwrap_or("a test"));
    eprint!("{line}");
    if let Some(file) = std::env::var_os(VARIABLE) {
        let mut file = File::options().create(true).append(true).open(file).expect("the file can be written");
        file.write_all(line.as_bytes()).expect("the file can be written");
    }
}
