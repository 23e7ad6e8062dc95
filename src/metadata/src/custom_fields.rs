//! The metadata of one field.

use tollbridge_records::{Field, FieldType};

use crate::DIGITS;
use crate::objects::CUSTOM_OBJECTS;
use crate::package_fields::FormulaField;
use crate::xml::{self, Element, parent, text};

/// The label of a field: its API name, in words.
pub(crate) fn label(name: &str) -> String {
    let words = name.trim_end_matches("__c").split('_');
    let words: Vec<&str> = words.map(|word| if word == "Id" { "ID" } else { word }).collect();
    words.join(" ")
}

/// The label of a value of a picklist: the value, in words.
pub(crate) fn value_label(value: &str) -> String {
    capitalised(&value.replace('_', " "))
}

/// What a person sees beside a field: its purpose as a sentence, without the marks of Markdown.
pub(crate) fn help(field: &Field) -> String {
    format!("{}.", capitalised(&field.purpose.replace('`', "")))
}

/// The label of the list of these objects below a record that they look up.
pub(crate) fn child_label(object: &str) -> String {
    let custom = CUSTOM_OBJECTS.iter().find(|custom| custom.name == object);
    custom.map_or_else(|| format!("{object}s"), |custom| custom.plural.to_owned())
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), characters.as_str()))
}

pub(crate) fn file(object: &str, field: &Field) -> String {
    let mut children =
        vec![text("fullName", field.name), text("label", label(field.name)), text("inlineHelpText", help(field))];
    if !matches!(field.holds, FieldType::Checkbox) {
        children.push(text("required", false));
    }
    children.extend(of_type(object, field.holds));
    xml::file("CustomField", children)
}

fn of_type(object: &str, holds: FieldType) -> Vec<Element> {
    match holds {
        FieldType::ExternalId(longest) => vec![
            text("type", "Text"),
            text("length", longest),
            text("externalId", true),
            text("unique", true),
            // Two references that differ only in case are two payments.
            text("caseSensitive", true),
        ],
        FieldType::Text(longest) => vec![text("type", "Text"), text("length", longest), text("unique", false)],
        FieldType::Picklist(values) => {
            let value = |value: &str| {
                let children = vec![text("default", false), text("fullName", value), text("label", value_label(value))];
                parent("value", children)
            };
            let mut definition = vec![text("sorted", false)];
            definition.extend(values.values().into_iter().map(value));
            // A later version of Tollbridge, or a mapping document, may write a value that is not in this list.
            let set = vec![text("restricted", false), parent("valueSetDefinition", definition)];
            vec![text("type", "Picklist"), parent("valueSet", set)]
        }
        FieldType::LongText => {
            vec![text("type", "LongTextArea"), text("length", 32_768), text("visibleLines", 5)]
        }
        FieldType::Number(decimals) => vec![
            text("type", "Number"),
            text("precision", DIGITS),
            text("scale", decimals),
            text("externalId", false),
            text("unique", false),
        ],
        FieldType::Checkbox => vec![text("type", "Checkbox"), text("defaultValue", false)],
        FieldType::DateTime => vec![text("type", "DateTime"), text("externalId", false)],
        FieldType::Lookup(parent_object) => {
            let children = child_label(object);
            // An event must keep its payment. Anything else survives the record that it looks up.
            let on_deletion = if object == "MaldoPay_Event__c" { "Restrict" } else { "SetNull" };
            vec![
                text("type", "Lookup"),
                text("referenceTo", parent_object),
                text("relationshipName", children.replace(' ', "_")),
                text("relationshipLabel", children),
                text("deleteConstraint", on_deletion),
            ]
        }
    }
}

pub(crate) fn formula(field: &FormulaField) -> String {
    let children = vec![
        text("fullName", field.name),
        text("label", label(field.name)),
        text("inlineHelpText", field.help),
        text("type", "Number"),
        text("precision", DIGITS),
        text("scale", field.decimals),
        text("externalId", false),
        text("required", false),
        text("unique", false),
        text("formula", field.formula),
        text("formulaTreatBlanksAs", "BlankAsZero"),
    ];
    xml::file("CustomField", children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_the_names_in_words() {
        assert_eq!(label("Charged_Back_Amount__c"), "Charged Back Amount");
        assert_eq!(label("MaldoPay_Transaction_Id__c"), "MaldoPay Transaction ID");
        assert_eq!(value_label("partially_captured"), "Partially captured");
        assert_eq!(child_label("MaldoPay_Event__c"), "MaldoPay Events");
        assert_eq!(child_label("Order"), "Orders");
    }
}
