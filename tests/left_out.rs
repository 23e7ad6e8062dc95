//! What a run on Spin leaves out, because only the embedded runtime can do it, and why: each in a line of a file that whoever
//! started the run reads.

use std::fs::File;
use std::io::Write as _;

use crate::spin;

/// Names the file.
pub const VARIABLE: &str = "TOLLBRIDGE_TEST_LEFT_OUT";

/// Whether the test that calls this is left out, because this run is on Spin. A test that makes the store fail, counts
/// what is asked of it, moves the clock or ends a component that never does begins with this, and says which of them.
#[must_use]
pub fn needs_embedded_runtime(reason: &str) -> bool {
    let on_spin = spin::program().is_some();
    if on_spin {
        report("left out", reason);
    }
    on_spin
}

/// Says that a part of the test that calls this is left out.
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
