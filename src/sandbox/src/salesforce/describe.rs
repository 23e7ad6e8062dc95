//! What the organisation says about itself: `sobjects/{object}/describe`, and the validation rules by the Tooling API.
//! Only objects and fields that the user may read are there, as in Salesforce.

use http::{StatusCode, Uri};
use serde_json::{Map, Value, json};

use super::errors::{RestError, RestResponse};
use super::schema::{self, FieldSchema, FieldType, ObjectSchema};

/// The name under which [`Descriptions::change`] finds the organisation's only validation rule.
const RULE: &str = "ValidationRule";

/// How the organisation differs from the one that Tollbridge asks for.
#[derive(Debug, Default)]
pub(crate) struct Descriptions {
    changes: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    object: String,
    field: Option<String>,
    /// The members that differ; null takes the object or the field away.
    members: Value,
}

impl Descriptions {
    pub(crate) fn change(&mut self, object: &str, field: Option<&str>, members: Value) {
        let (object, field) = (object.to_owned(), field.map(ToOwned::to_owned));
        self.changes.push(Change { object, field, members });
    }

    /// The description after the changes to it; `None` if it was taken away.
    fn changed(&self, object: &str, field: Option<&str>, mut description: Map<String, Value>) -> Option<Value> {
        for change in &self.changes {
            if change.object == object && change.field.as_deref() == field {
                description.extend(change.members.as_object()?.clone());
            }
        }
        Some(Value::Object(description))
    }

    /// `GET sobjects/{object}/describe`
    pub(crate) fn describe(&self, name: &str, version: &str, multi_currency: bool) -> Result<RestResponse, RestError> {
        let object = schema::object(name)?;
        let mut fields = vec![FieldSchema { name: "Id", holds: FieldType::Text(18) }];
        fields.extend(object.fields().copied());
        if multi_currency {
            fields.push(FieldSchema { name: "CurrencyIsoCode", holds: FieldType::Text(3) });
        }
        let described = fields.iter().filter_map(|field| self.changed(name, Some(field.name), of_field(object, field)));
        let description = of_object(object, version, described.collect());
        match self.changed(name, None, description) {
            Some(description) => Ok(RestResponse::new(StatusCode::OK, description)),
            None => Err(RestError::no_resource()),
        }
    }

    /// `GET tooling/query`, for the validation rules of `MaldoPay_Payment__c`.
    pub(crate) fn query(&self, uri: &Uri, version: &str) -> Result<RestResponse, RestError> {
        let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        let soql = query.into_iter().find(|(name, _)| name == "q").map(|(_, soql)| soql.into_owned());
        let soql = soql.filter(|soql| soql.contains("FROM ValidationRule")).ok_or_else(|| {
            RestError::bad_request("MALFORMED_QUERY", "the sandbox answers queries about ValidationRule only")
        })?;
        let id = "03dSb0000000001AAA";
        let mut rule = Map::new();
        let url = format!("/services/data/{version}/tooling/sobjects/ValidationRule/{id}");
        rule.insert("attributes".to_owned(), json!({ "type": RULE, "url": url }));
        rule.insert("Id".to_owned(), json!(id));
        rule.insert("Active".to_owned(), json!(true));
        rule.insert("ErrorDisplayField".to_owned(), json!("Version__c"));
        if soql.contains("Metadata") {
            let formula = "AND(NOT(ISNEW()), Version__c < PRIORVALUE(Version__c))";
            rule.insert("Metadata".to_owned(), json!({ "active": true, "errorConditionFormula": formula }));
        }
        let records: Vec<Value> = self.changed(RULE, None, rule).into_iter().collect();
        let size = records.len();
        let response = json!({
            "size": size, "totalSize": size, "done": true, "queryLocator": null, "entityTypeName": RULE,
            "records": records,
        });
        Ok(RestResponse::new(StatusCode::OK, response))
    }
}

fn of_object(object: &ObjectSchema, version: &str, fields: Vec<Value>) -> Map<String, Value> {
    let url = format!("/services/data/{version}/sobjects/{}", object.name);
    let described = json!({
        "activateable": false,
        "createable": true,
        "custom": object.name.ends_with("__c"),
        "deletable": true,
        "fields": fields,
        "keyPrefix": object.prefix,
        "label": object.name.trim_end_matches("__c").replace('_', " "),
        "name": object.name,
        "queryable": true,
        "retrieveable": true,
        "updateable": true,
        "urls": { "describe": format!("{url}/describe"), "rowTemplate": format!("{url}/{{ID}}"), "sobject": url },
    });
    described.as_object().cloned().unwrap_or_default()
}

fn of_field(object: &ObjectSchema, field: &FieldSchema) -> Map<String, Value> {
    let is_id = field.name == "Id";
    let is_external_id = object.external_id == Some(field.name);
    let (kind, length, precision, scale) = match field.holds {
        _ if is_id => ("id", 18, 0, 0),
        FieldType::Text(length) if length > 255 => ("textarea", length, 0, 0),
        FieldType::Text(length) => ("string", length, 0, 0),
        FieldType::Free => ("string", 255, 0, 0),
        FieldType::Number(decimals) => ("double", 0, 18, decimals),
        FieldType::Checkbox => ("boolean", 0, 0, 0),
        FieldType::DateTime => ("datetime", 0, 0, 0),
        FieldType::Lookup(_) => ("reference", 18, 0, 0),
    };
    let (parents, relationship) = match field.holds {
        FieldType::Lookup(parent) => (vec![parent], Some(format!("{}__r", field.name.trim_end_matches("__c")))),
        FieldType::Text(_) | FieldType::Number(_) | FieldType::Checkbox | FieldType::DateTime | FieldType::Free => {
            (Vec::new(), None)
        }
    };
    let described = json!({
        "byteLength": length.saturating_mul(3),
        "calculated": false,
        "createable": !is_id,
        "custom": field.name.ends_with("__c"),
        "digits": 0,
        "externalId": is_external_id,
        "idLookup": is_id || is_external_id,
        "label": field.name.trim_end_matches("__c").replace('_', " "),
        "length": length,
        "name": field.name,
        "nillable": !is_id && field.holds != FieldType::Checkbox,
        "precision": precision,
        "referenceTo": parents,
        "relationshipName": relationship,
        "scale": scale,
        "type": kind,
        "unique": is_external_id,
        "updateable": !is_id,
    });
    described.as_object().cloned().unwrap_or_default()
}
