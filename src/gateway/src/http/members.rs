//! The fields of a JSON object as they are written, with the first name that comes twice. JSON readers disagree about
//! which of the two values counts.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::echoed;

/// The fields of an object by their names.
#[derive(Default)]
pub struct Members<'a> {
    pub fields: BTreeMap<String, &'a RawValue>,
    /// The first name that comes twice. Of its values, the last one is in `fields`.
    repeated: Option<String>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<String>()? {
            if members.fields.contains_key(&name) {
                members.repeated.get_or_insert_with(|| name.clone());
            }
            members.fields.insert(name, map.next_value()?);
        }
        Ok(members)
    }
}

/// The field of this name in a JSON object, as it is written.
pub fn member<'a>(json: &'a str, name: &str) -> Option<&'a RawValue> {
    serde_json::from_str::<Members<'_>>(json).ok()?.fields.get(name).copied()
}

impl Members<'_> {
    /// The path of the first name that comes twice in its object, here or further down. `path` is that of this object,
    /// empty for a body. The whole was parsed before, so its nesting is bounded.
    pub fn repeated_name(&self, path: &str) -> Option<String> {
        if let Some(name) = &self.repeated {
            return Some(below(path, echoed(name)));
        }
        self.fields.iter().find_map(|(name, raw)| repeated_within(raw, path, echoed(name)))
    }
}

fn repeated_within(raw: &RawValue, path: &str, name: &str) -> Option<String> {
    let json = raw.get();
    if json.starts_with('{') {
        return serde_json::from_str::<Members<'_>>(json).ok()?.repeated_name(&below(path, name));
    }
    if !json.starts_with('[') {
        return None;
    }
    let path = below(path, name);
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    items.iter().enumerate().find_map(|(number, raw)| repeated_within(raw, &path, &number.to_string()))
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
