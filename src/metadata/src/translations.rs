//! The translations of what a person sees of the objects. They are in directories of their own for each language, since
//! Salesforce refuses them in an organisation that has not added the language.

use tollbridge_records::{Field, FieldType};

use crate::languages::Translator;
use crate::objects::{CUSTOM_OBJECTS, CustomObject};
use crate::package_fields::FORMULA_FIELDS;
use crate::xml::{self, Element, parent, text};
use crate::{Files, Language, LanguageError, Package, custom_fields, objects, validation_rules};

pub(crate) fn write(language: &Language, files: &mut Files) -> Result<(), LanguageError> {
    let mut translator = language.translator();
    for package in Package::ALL {
        for object in objects::names() {
            let path = |file: &str| {
                let code = &language.code;
                let folder = format!("{}-{code}/main/default/objectTranslations", package.directory());
                format!("{folder}/{object}-{code}/{file}-meta.xml")
            };
            let mut translated = false;
            for (_, field) in objects::fields_of(object).filter(|(of, _)| *of == package) {
                files.insert(
                    path(&format!("{}.fieldTranslation", field.name)),
                    field_file(&field, object, &mut translator),
                );
                translated = true;
            }
            if package == Package::Core {
                for field in FORMULA_FIELDS.iter().filter(|field| field.object == object) {
                    let label = translator.translate(&custom_fields::label(field.name));
                    let children = named(field.name, label, translator.translate(field.help));
                    let file = xml::file("CustomFieldTranslation", children);
                    files.insert(path(&format!("{}.fieldTranslation", field.name)), file);
                }
            }
            if translated {
                let custom = CUSTOM_OBJECTS.iter().find(|custom| custom.name == object && package == Package::Core);
                let children = custom.map_or_else(Vec::new, |custom| object_itself(custom, &mut translator));
                let file = xml::file("CustomObjectTranslation", children);
                files.insert(path(&format!("{object}-{}.objectTranslation", language.code)), file);
            }
        }
    }
    translator.finish()
}

/// The object's name, its sections and its rules.
fn object_itself(object: &CustomObject, translator: &mut Translator<'_>) -> Vec<Element> {
    let case = |plural: bool, value: String| parent("caseValues", vec![text("plural", plural), text("value", value)]);
    let mut children = vec![
        case(false, translator.translate(object.label)),
        case(true, translator.translate(object.plural)),
        text("nameFieldLabel", translator.translate(object.number_label)),
    ];
    let mut layout = vec![text("layout", object.layout)];
    for section in object.layout_sections {
        let label = translator.translate(section);
        layout.push(parent("sections", vec![text("label", label), text("section", section)]));
    }
    children.push(parent("layouts", layout));
    for rule in validation_rules::validation_rules().iter().filter(|rule| rule.object == object.name) {
        let message = translator.translate(rule.message);
        children.push(parent("validationRules", vec![text("errorMessage", message), text("name", rule.name)]));
    }
    children
}

fn field_file(field: &Field, object: &str, translator: &mut Translator<'_>) -> String {
    let label = translator.translate(&custom_fields::label(field.name));
    let mut children = named(field.name, label, translator.translate(&custom_fields::help(field)));
    match field.holds {
        FieldType::Picklist(values) => {
            for value in values.values() {
                let label = custom_fields::value_label(value);
                let translation = translator.translate(&label);
                // Salesforce names a value by its label here.
                let value = vec![text("masterLabel", label), text("translation", translation)];
                children.push(parent("picklistValues", value));
            }
        }
        FieldType::Lookup(_) => {
            children.push(text("relationshipLabel", translator.translate(&custom_fields::child_label(object))));
        }
        FieldType::ExternalId(_)
        | FieldType::Text(_)
        | FieldType::LongText
        | FieldType::Number(_)
        | FieldType::Checkbox
        | FieldType::DateTime => {}
    }
    xml::file("CustomFieldTranslation", children)
}

fn named(name: &str, label: String, help: String) -> Vec<Element> {
    vec![text("name", name), text("label", label), text("help", help)]
}
