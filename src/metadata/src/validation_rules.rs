//! The rules by which Salesforce refuses what would make a record wrong, whoever writes it. Their formulas are made from
//! their conditions, so that the sandbox refuses by the same conditions.

use tollbridge_records::{Field, FieldType, VERSION_FIELD};

use crate::objects;
use crate::xml::{self, text};

/// A rule that refuses a write while its condition holds.
#[derive(Clone, Debug)]
pub struct ValidationRule {
    /// The object whose records it guards.
    pub object: &'static str,
    /// The API name.
    pub name: &'static str,
    /// What a person who set Salesforce up should know of it.
    pub(crate) description: &'static str,
    /// What it refuses.
    pub condition: Condition,
    /// What the writer is told.
    pub message: &'static str,
}

/// What a rule refuses in a record that exists already.
#[derive(Clone, Debug)]
pub enum Condition {
    /// The number in this field would become lower. The error is shown at the field.
    Falls(&'static str),
    /// One of these fields has a value, and would get another. The error belongs to no field.
    Changes(Vec<Field>),
}

impl Condition {
    /// The field that the error names.
    #[must_use]
    pub fn error_field(&self) -> Option<&'static str> {
        match self {
            Self::Falls(field) => Some(field),
            Self::Changes(_) => None,
        }
    }

    /// The formula that is true while Salesforce shall refuse the write.
    #[must_use]
    pub fn formula(&self) -> String {
        match self {
            Self::Falls(field) => format!("AND(NOT(ISNEW()), {field} < PRIORVALUE({field}))"),
            Self::Changes(fields) => {
                let changes: Vec<String> = fields.iter().map(|field| format!("    {}", change_of(field))).collect();
                format!("AND(NOT(ISNEW()), OR(\n{}\n))", changes.join(",\n"))
            }
        }
    }
}

/// True if the field had a value and gets another.
fn change_of(field: &Field) -> String {
    // A picklist is blank by its text.
    let before = match field.holds {
        FieldType::Picklist(_) => format!("TEXT(PRIORVALUE({}))", field.name),
        FieldType::ExternalId(_)
        | FieldType::Text(_)
        | FieldType::LongText
        | FieldType::Number(_)
        | FieldType::Checkbox
        | FieldType::DateTime
        | FieldType::Lookup(_) => format!("PRIORVALUE({})", field.name),
    };
    format!("AND(ISCHANGED({}), NOT(ISBLANK({before})))", field.name)
}

/// All rules.
#[must_use]
pub fn validation_rules() -> [ValidationRule; 2] {
    // A formula cannot ask whether a long text changed.
    let of_an_event = objects::fields_of("MaldoPay_Event__c").map(|(_, field)| field);
    let of_an_event = of_an_event.filter(|field| field.holds != FieldType::LongText);
    [
        ValidationRule {
            object: "MaldoPay_Payment__c",
            name: "Version_Never_Falls",
            description: "Two writers may race. Only the newer state gets through. Tollbridge knows this rule by the field \
                          of its error.",
            condition: Condition::Falls(VERSION_FIELD),
            message: "A newer state of this payment is stored already.",
        },
        // An upsert that repeats an event is an update with equal values. A rule that refuses every update would refuse it.
        ValidationRule {
            object: "MaldoPay_Event__c",
            name: "Event_Never_Changes",
            description: "What MaldoPay reported stays as it was reported. A field that is still empty may be filled in, \
                          for a version of Tollbridge that knows more fields. Writing the same again is no change.",
            condition: Condition::Changes(of_an_event.collect()),
            message: "What MaldoPay reported is never changed.",
        },
    ]
}

impl ValidationRule {
    pub(crate) fn file(&self) -> String {
        let mut children = vec![
            text("fullName", self.name),
            text("active", true),
            text("description", self.description),
            text("errorConditionFormula", self.condition.formula()),
            text("errorMessage", self.message),
        ];
        children.extend(self.condition.error_field().map(|field| text("errorDisplayField", field)));
        xml::file("ValidationRule", children)
    }
}
