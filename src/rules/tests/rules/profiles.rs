//! Each shipped profile over recorded histories: what every entry sends to Salesforce.

use serde_json::value::RawValue;
use tollbridge_connector::types::{RecordKey, WriteMode};
use tollbridge_replay::{RecordChange, RecordedHistory, replay};
use tollbridge_rules::CompiledMapping;

use crate::golden::{compare, files, profiles};

const PROFILES: [&str; 5] = ["order", "invoice", "custom-object", "commerce-payments", "customer-and-method"];

/// Fields on separate lines, each value with every digit.
fn shown(change: &RecordChange) -> Box<RawValue> {
    let key = match &change.key {
        RecordKey::Id(id) => format!("Id={id}"),
        RecordKey::ExternalId(key) => format!("{}={}", key.field, key.value),
    };
    let mode = match change.mode {
        WriteMode::Upsert => "upsert",
        WriteMode::Update => "update",
        WriteMode::InsertOnce => "insert-once",
    };
    let fields: Vec<String> =
        change.fields.iter().map(|(name, value)| format!("        \"{name}\": {}", value.get())).collect();
    let text = format!(
        "{{\n      \"record\": \"{mode} {}/{key}\",\n      \"fields\": {{\n{}\n      }}\n    }}",
        change.object,
        fields.join(",\n")
    );
    RawValue::from_string(text).unwrap()
}

fn given(mapping: &CompiledMapping, history: &RecordedHistory) -> String {
    let steps = replay(history, &|payment, events, site| mapping.records(payment, events, site)).unwrap();
    let steps: Vec<String> = steps
        .iter()
        .map(|step| {
            let changes: Vec<String> = step.changes.iter().map(|change| shown(change).to_string()).collect();
            format!("  {{\n    \"entry\": {},\n    \"sent\": [{}]\n  }}", step.sequence, changes.join(", "))
        })
        .collect();
    format!("[\n{}\n]\n", steps.join(",\n"))
}

#[test]
fn each_profile_produces_its_expected_changes() {
    for profile in PROFILES {
        let document = std::fs::read_to_string(profiles().join(format!("{profile}.toml"))).unwrap();
        assert_eq!(tollbridge_rules::check(&document), [], "{profile}");
        let mapping = CompiledMapping::read(&document).unwrap();
        for path in files(&profiles().join(profile), ".json", ".expected.json") {
            let history = RecordedHistory::read(&std::fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let given = given(&mapping, &history);
            assert!(serde_json::from_str::<serde_json::Value>(&given).is_ok(), "{given}");
            compare(&path.with_extension("expected.json"), &given);
        }
    }
}

#[test]
fn every_document_in_the_folder_is_tested() {
    let names: Vec<String> = files(&profiles(), ".toml", "")
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut tested = PROFILES.to_vec();
    tested.sort_unstable();
    assert_eq!(names, tested);
}
