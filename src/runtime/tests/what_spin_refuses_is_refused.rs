//! A manifest that Spin would not start is not served, and the reason is Spin's: one manifest for each reason lies in
//! `tests/refusals`, and `make test-spin` hands the same ones to Spin.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use tollbridge_runtime::Application;
use tollbridge_tests::refusals;

#[test]
fn every_manifest_is_refused_for_its_own_reason() {
    let folder = tempfile::tempdir().unwrap();
    let refusals = refusals::write(folder.path()).unwrap();
    assert!(refusals.len() >= 18, "{} manifests", refusals.len());
    for refusal in refusals {
        let name = refusal.manifest.file_stem().unwrap().to_string_lossy().into_owned();
        match Application::load(&refusal.manifest) {
            Ok(_) => panic!("{name} is served"),
            Err(reason) => {
                let reason = reason.to_string();
                assert!(reason.contains(&refusal.words), "{name}: {reason:?} does not say {:?}", refusal.words);
            }
        }
    }
}
