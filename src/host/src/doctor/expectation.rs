//! What a mapping writes in Salesforce: the objects, how their records are written, and the fields.

use tollbridge_connector::types::WriteMode;
use tollbridge_records::FieldType;
use tollbridge_rules::CompiledMapping;

/// An object that a mapping writes.
#[derive(Debug)]
pub struct ExpectedObject {
    pub name: String,
    /// Whether records are created and changed, changed only, or created once.
    pub mode: WriteMode,
    /// The external id by which records are found.
    pub external_id: Option<String>,
    /// The other fields.
    pub fields: Vec<ExpectedField>,
}

/// A field that a mapping writes.
#[derive(Debug)]
pub struct ExpectedField {
    /// The API name, or that of the relationship (`…__r`) where the parent is named by its external id.
    pub name: String,
    /// What it must hold, where that is known.
    pub holds: Option<FieldType>,
}

impl ExpectedField {
    /// Which payments write this field, if not all do. An organisation without such payments does not need it.
    pub fn condition(&self) -> Option<&'static str> {
        match self.name.as_str() {
            "Tax_Amount__c" | "Tax_Rate__c" | "Tax_Country__c" | "Tax_Inclusive__c" => Some("payments with tax"),
            "Original_Amount__c"
            | "Original_Currency__c"
            | "Converted_Amount__c"
            | "Converted_Currency__c"
            | "Conversion_Rate__c" => Some("payments that MaldoPay converts"),
            "Invoice__c" => Some("payments for an Invoice"),
            _ => None,
        }
    }
}

/// The mapper names the parent payment by its reference, so that it needs no id.
const PARENT: FieldType = FieldType::Lookup("MaldoPay_Payment__c");

/// What the compiled mapper writes.
pub fn of_compiled_mapper() -> Vec<ExpectedObject> {
    let object = |name: &&str| {
        let mut fields = tollbridge_records::fields(name);
        let mode = match *name {
            "MaldoPay_Payment__c" => WriteMode::Upsert,
            "MaldoPay_Event__c" => WriteMode::InsertOnce,
            _ => WriteMode::Update,
        };
        // The external id is the first field of the objects that have one.
        let external_id = (mode != WriteMode::Update && !fields.is_empty()).then(|| fields.remove(0).name.to_owned());
        let field = |field: tollbridge_records::Field| ExpectedField {
            name: if field.holds == PARENT { relationship(field.name) } else { field.name.to_owned() },
            holds: Some(field.holds),
        };
        ExpectedObject { name: (*name).to_owned(), mode, external_id, fields: fields.into_iter().map(field).collect() }
    };
    tollbridge_records::OBJECTS.iter().map(object).collect()
}

/// What a mapping document writes. Its records of one object are taken together.
pub fn of_document(mapping: &CompiledMapping) -> Vec<ExpectedObject> {
    let mut objects: Vec<ExpectedObject> = Vec::new();
    for target in mapping.targets() {
        let known = tollbridge_records::fields(target.object);
        let external_id = target.external_id.map(ToOwned::to_owned);
        let object = match objects.iter_mut().find(|object| object.name == target.object) {
            Some(object) => object,
            None => {
                let (name, fields) = (target.object.to_owned(), Vec::new());
                objects.push(ExpectedObject { name, mode: target.mode, external_id: external_id.clone(), fields });
                let Some(object) = objects.last_mut() else { continue };
                object
            }
        };
        object.external_id = object.external_id.take().or(external_id);
        if target.mode != WriteMode::Update && object.mode == WriteMode::Update {
            object.mode = target.mode;
        }
        for name in target.fields {
            if object.fields.iter().any(|field| field.name == name) {
                continue;
            }
            let is_same = |field: &&tollbridge_records::Field| {
                field.name == name || field.holds == PARENT && relationship(field.name) == name
            };
            let holds = known.iter().find(is_same).map(|field| field.holds);
            object.fields.push(ExpectedField { name: name.to_owned(), holds });
        }
    }
    objects
}

/// The relationship of a lookup: `MaldoPay_Payment__r` of `MaldoPay_Payment__c`.
fn relationship(lookup: &str) -> String {
    format!("{}r", lookup.trim_end_matches('c'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default document writes what the compiled mapper writes.
    #[test]
    fn the_default_document_expects_what_the_compiled_mapper_expects() {
        let mapping = CompiledMapping::read(tollbridge_rules::DEFAULT_DOCUMENT).ok().unwrap();
        let shown = |objects: Vec<ExpectedObject>| -> Vec<String> {
            let shown = |object: ExpectedObject| {
                let mut fields: Vec<_> = object.fields.iter().map(|field| format!("{field:?}")).collect();
                fields.sort();
                format!("{} {:?} {:?} {fields:#?}", object.name, object.mode, object.external_id)
            };
            objects.into_iter().map(shown).collect()
        };
        let (compiled, document) = (shown(of_compiled_mapper()), shown(of_document(&mapping)));
        for (compiled, document) in compiled.iter().zip(&document) {
            assert_eq!(compiled, document);
        }
    }
}
