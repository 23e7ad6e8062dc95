//! The manifests that the embedded runtime refuses, given to Spin: it refuses them too, and in the same words. Without a
//! Spin there is nothing to do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests may panic")]

use tollbridge_tests::{left_out, refusals, spin};

#[test]
fn spin_refuses_every_manifest_that_we_refuse() {
    let Some(program) = spin::program() else { return };
    let folder = tempfile::tempdir().unwrap();
    for refusal in refusals::write(folder.path()).unwrap() {
        let name = refusal.manifest.file_stem().unwrap().to_string_lossy().into_owned();
        if !refusal.by_spin {
            left_out::partly(&format!("{name}: Spin starts it, and denies what it calls"));
            continue;
        }
        let said = spin::refusal(&program, &refusal.manifest).unwrap();
        assert!(said.contains(&refusal.words), "{name}: {said:?} does not say {:?}", refusal.words);
    }
}
