//! The objects, with their fields and rules. Of a standard object, the package has only the fields.

use tollbridge_records::{Field, OBJECTS};

use crate::package_fields::FORMULA_FIELDS;
use crate::xml::{self, parent, text};
use crate::{Files, Package, custom_fields, validation_rules};

/// An object that the package creates.
pub(crate) struct CustomObject {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) plural: &'static str,
    /// The label of the field with the record's own number, and the form of that number.
    pub(crate) number_label: &'static str,
    number_format: &'static str,
    description: &'static str,
    compact_layout: &'static str,
    /// The sections of its page layout that have a heading.
    pub(crate) layout: &'static str,
    pub(crate) layout_sections: &'static [&'static str],
}

/// The objects that the package creates.
pub(crate) const CUSTOM_OBJECTS: [CustomObject; 2] = [
    CustomObject {
        name: "MaldoPay_Payment__c",
        label: "MaldoPay Payment",
        plural: "MaldoPay Payments",
        number_label: "Payment Number",
        number_format: "PAY-{000000}",
        description: "A payment by MaldoPay. Tollbridge writes it; nobody else should.",
        compact_layout: "MaldoPay_Payment",
        layout: "MaldoPay Payment Layout",
        layout_sections: &["Payment", "Amounts", "Tax and Conversion", "What It Is For", "Technical"],
    },
    CustomObject {
        name: "MaldoPay_Event__c",
        label: "MaldoPay Event",
        plural: "MaldoPay Events",
        number_label: "Event Number",
        number_format: "EVT-{000000}",
        description: "Something that MaldoPay reported about a payment. It never changes.",
        compact_layout: "MaldoPay_Event",
        layout: "MaldoPay Event Layout",
        layout_sections: &["Event", "Amounts", "Technical"],
    },
];

/// Salesforce's own field of an organisation with several currencies: no package has it.
const CURRENCY_ISO_CODE: &str = "CurrencyIsoCode";

/// Every object with a field of the table.
pub(crate) fn names() -> [&'static str; 4] {
    OBJECTS
}

/// The fields of the object that the package creates, and the package that each is in.
pub(crate) fn fields_of(object: &str) -> impl Iterator<Item = (Package, Field)> {
    let is_invoice = object == "Invoice";
    let created = tollbridge_records::fields(object).into_iter().filter(|field| field.name != CURRENCY_ISO_CODE);
    created.map(move |field| {
        let needs_invoice = is_invoice || field.name == "Invoice__c";
        (if needs_invoice { Package::Invoice } else { Package::Core }, field)
    })
}

pub(crate) fn write(files: &mut Files) {
    for object in names() {
        for (package, field) in fields_of(object) {
            let path = format!("objects/{object}/fields/{}.field-meta.xml", field.name);
            files.insert(package.path(&path), custom_fields::file(object, &field));
        }
    }
    for field in FORMULA_FIELDS {
        let path = format!("objects/{}/fields/{}.field-meta.xml", field.object, field.name);
        files.insert(Package::Core.path(&path), custom_fields::formula(&field));
    }
    for object in CUSTOM_OBJECTS {
        let path = format!("objects/{0}/{0}.object-meta.xml", object.name);
        files.insert(Package::Core.path(&path), custom_object(&object));
    }
    for rule in validation_rules::validation_rules() {
        let path = format!("objects/{}/validationRules/{}.validationRule-meta.xml", rule.object, rule.name);
        files.insert(Package::Core.path(&path), rule.file());
    }
}

fn custom_object(object: &CustomObject) -> String {
    let number = vec![
        text("displayFormat", object.number_format),
        text("label", object.number_label),
        text("type", "AutoNumber"),
    ];
    let children = vec![
        text("compactLayoutAssignment", object.compact_layout),
        text("deploymentStatus", "Deployed"),
        text("description", object.description),
        text("enableActivities", object.name == "MaldoPay_Payment__c"),
        text("enableBulkApi", true),
        text("enableReports", true),
        text("enableSearch", true),
        text("enableSharing", true),
        text("enableStreamingApi", true),
        text("externalSharingModel", "Private"),
        text("label", object.label),
        parent("nameField", number),
        text("pluralLabel", object.plural),
        // Whoever may read the object reads every record. Only the integration user owns records, so only it edits any.
        text("sharingModel", "Read"),
    ];
    xml::file("CustomObject", children)
}
