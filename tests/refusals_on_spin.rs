//! Spin refuses the manifests that the embedded runtime refuses, in the same words. The test does nothing without a
//! Spin.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests may panic")]

use tollbridge_tests::{left_out, refusals, spin};

#[test]
fn spin_refuses_every_manifest_that_the_embedded_runtime_refuses() {
    let Some(program) = spin::program() else { return };
    let folder = tempfile::tempdir().unwrap();
    for refusal in refusals::write(folder.path()).unwrap() {
        let name = refusal.manifest.file_stem().unwrap().to_string_lossy().into_owned();
        if !refusal.by_spin {
            left_out::partly(&format!("{name}: Spin starts it and denies its calls"));
            continue;
        }
        let message = spin::refusal(&program, &refusal.manifest).unwrap();
        assert!(message.contains(&refusal.words), "{name}: {message:?} does not contain {:?}", refusal.words);
    }
}
