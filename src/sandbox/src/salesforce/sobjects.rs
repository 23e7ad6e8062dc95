//! Single records: create, upsert by external id, update, read and delete, under the organisation's rules.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use tollbridge_metadata::Condition;

use super::RemovedField;
use super::books::{RecordBooks, SalesforceRecord};
use super::errors::{RestError, RestResponse};
use super::ids;
use super::schema::{self, FieldType, ObjectSchema};

/// A request for a record, alone or as part of a composite.
#[derive(Debug)]
pub(crate) struct RecordRequest<'a> {
    pub(crate) method: &'a Method,
    /// The API version in the path, such as `v67.0`.
    pub(crate) version: &'a str,
    /// The decoded parts of the path after `sobjects/`.
    pub(crate) path: &'a [String],
    pub(crate) body: Option<&'a Value>,
}

/// Writes and reads records.
pub(crate) struct RecordAccess<'a> {
    pub(crate) books: &'a mut RecordBooks,
    pub(crate) multi_currency: bool,
    pub(crate) removed_fields: &'a [RemovedField],
}

impl RecordAccess<'_> {
    /// Carries out the request, or changes nothing.
    pub(crate) fn carry_out(&mut self, request: &RecordRequest<'_>) -> Result<RestResponse, RestError> {
        let Some((name, rest)) = request.path.split_first() else {
            return Err(RestError::no_resource());
        };
        let object = schema::object(name)?;
        match (request.method, rest) {
            (&Method::POST, []) => self.create(object, request),
            (&Method::PATCH, [id]) => self.update(object, id, request),
            (&Method::PATCH, [field, value]) => self.upsert(object, field, value, request),
            (&Method::GET, [id]) => self.read(object, id, request),
            (&Method::GET, [field, value]) => {
                let id = self.id_by_external_id(object, field, value)?;
                self.read(object, &id, request)
            }
            (&Method::DELETE, [id]) => self.delete(object, id),
            (&Method::DELETE, [field, value]) => {
                let id = self.id_by_external_id(object, field, value)?;
                self.delete(object, &id)
            }
            (_, [] | [_] | [_, _]) => Err(RestError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                format!("HTTP Method '{}' not allowed.", request.method),
            )),
            _ => Err(RestError::no_resource()),
        }
    }

    fn create(&mut self, object: &ObjectSchema, request: &RecordRequest<'_>) -> Result<RestResponse, RestError> {
        let fields = self.checked_fields(object, body(request)?)?;
        let duplicate = object
            .external_id
            .and_then(|field| fields.get(field)?.as_str())
            .and_then(|value| self.books.by_external_id(object.name, value));
        if let (Some(record), Some(field)) = (duplicate, object.external_id) {
            let id = text(record, "Id");
            return Err(RestError::bad_request(
                "DUPLICATE_VALUE",
                format!("duplicate value found: {field} duplicates value on record with id: {id}"),
            )
            .on(&[]));
        }
        let id = self.books.create(object, merged(SalesforceRecord::new(), fields));
        Ok(created(object, request, &id, json!({ "id": id, "success": true, "errors": [] })))
    }

    fn upsert(
        &mut self,
        object: &ObjectSchema,
        field: &str,
        value: &str,
        request: &RecordRequest<'_>,
    ) -> Result<RestResponse, RestError> {
        check_external_id(object, field)?;
        let body = body(request)?;
        if body.contains_key(field) {
            return Err(not_to_be_specified(field));
        }
        let mut fields = self.checked_fields(object, body)?;
        if let Some(record) = self.books.by_external_id(object.name, value) {
            let id = text(record, "Id");
            self.change(object, &id, fields)?;
            let body = json!({ "id": id, "success": true, "errors": [], "created": false });
            return Ok(RestResponse::new(StatusCode::OK, body));
        }
        let holds = object.holds(field, self.multi_currency)?;
        let value = schema::stored(field, holds, &Value::from(value))?;
        fields.insert(field.to_owned(), value);
        let id = self.books.create(object, merged(SalesforceRecord::new(), fields));
        let body = json!({ "id": id, "success": true, "errors": [], "created": true });
        Ok(created(object, request, &id, body))
    }

    fn update(
        &mut self,
        object: &ObjectSchema,
        id: &str,
        request: &RecordRequest<'_>,
    ) -> Result<RestResponse, RestError> {
        ids::checked(id)?;
        let fields = self.checked_fields(object, body(request)?)?;
        self.change(object, id, fields)?;
        Ok(RestResponse::empty())
    }

    fn read(&self, object: &ObjectSchema, id: &str, request: &RecordRequest<'_>) -> Result<RestResponse, RestError> {
        ids::checked(id)?;
        let record = self.books.record(object.name, id).ok_or_else(no_record)?;
        let mut shown = SalesforceRecord::new();
        let url = record_url(object, request, &text(record, "Id"));
        shown.insert("attributes".to_owned(), json!({ "type": object.name, "url": url }));
        for field in object.fields() {
            shown.insert(field.name.to_owned(), Value::Null);
        }
        shown.extend(record.clone());
        Ok(RestResponse::new(StatusCode::OK, Value::Object(shown)))
    }

    fn delete(&mut self, object: &ObjectSchema, id: &str) -> Result<RestResponse, RestError> {
        ids::checked(id)?;
        self.books.record(object.name, id).ok_or_else(no_record)?;
        self.books.remove(object.name, id);
        Ok(RestResponse::empty())
    }

    /// Changes a record unless a validation rule forbids it.
    fn change(&mut self, object: &ObjectSchema, id: &str, fields: SalesforceRecord) -> Result<(), RestError> {
        let before = self.books.record(object.name, id).ok_or_else(no_record)?;
        let id = text(before, "Id");
        let after = merged(before.clone(), fields);
        if let Some(rule) = object.rules.iter().find(|rule| refuses(&rule.condition, before, &after)) {
            let fields: Vec<&str> = rule.condition.error_field().into_iter().collect();
            return Err(RestError::bad_request("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message).on(&fields));
        }
        self.books.put(object.name, &id, after);
        Ok(())
    }

    fn id_by_external_id(&self, object: &ObjectSchema, field: &str, value: &str) -> Result<String, RestError> {
        check_external_id(object, field)?;
        self.books.by_external_id(object.name, value).map(|record| text(record, "Id")).ok_or_else(no_record)
    }

    /// The fields as they are stored: types checked, parents resolved.
    fn checked_fields(&self, object: &ObjectSchema, body: &Map<String, Value>) -> Result<SalesforceRecord, RestError> {
        let mut fields = SalesforceRecord::new();
        for (name, value) in body {
            if name == "attributes" {
                continue;
            }
            if name == "Id" {
                return Err(not_to_be_specified(name));
            }
            if let Some((lookup, parent)) = object.relationship(name) {
                fields.insert(lookup.to_owned(), self.parent(schema::object(parent)?, value)?);
                continue;
            }
            if self.removed_fields.iter().any(|removed| removed.object == object.name && removed.field == *name) {
                return Err(object.no_such_column(name));
            }
            let holds = object.holds(name, self.multi_currency)?;
            let stored = schema::stored(name, holds, value)?;
            if let (FieldType::Lookup(parent), Some(id)) = (holds, stored.as_str()) {
                self.check_parent_id(name, parent, id)?;
            }
            fields.insert(name.clone(), stored);
        }
        Ok(fields)
    }

    /// The id of the record that `{"Reference__c": "…"}` names.
    fn parent(&self, parent: &ObjectSchema, named: &Value) -> Result<Value, RestError> {
        let pair = named.as_object().and_then(|named| named.iter().find(|(field, _)| *field != "attributes"));
        let Some((field, Value::String(value))) = pair else {
            return Err(RestError::bad_request(
                "JSON_PARSER_ERROR",
                format!("Expected an external id of {}", parent.name),
            ));
        };
        let record = (parent.external_id == Some(field.as_str()))
            .then(|| self.books.by_external_id(parent.name, value))
            .flatten();
        record.and_then(|record| record.get("Id")).cloned().ok_or_else(|| {
            let message = format!(
                "Foreign key external ID: {} not found for field {field} in entity {}",
                value.to_lowercase(),
                parent.name
            );
            RestError::bad_request("INVALID_FIELD", message).on(&[])
        })
    }

    fn check_parent_id(&self, name: &str, parent: &str, id: &str) -> Result<(), RestError> {
        ids::checked(id).map_err(|error| error.on(&[name]))?;
        match self.books.record(parent, id) {
            Some(_) => Ok(()),
            None => Err(RestError::bad_request(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                format!("insufficient access rights on cross-reference id: {id}"),
            )
            .on(&[name])),
        }
    }
}

fn body<'a>(request: &RecordRequest<'a>) -> Result<&'a Map<String, Value>, RestError> {
    request
        .body
        .and_then(Value::as_object)
        .ok_or_else(|| RestError::bad_request("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object"))
}

/// The record with the fields changed; `null` empties a field.
fn merged(mut record: SalesforceRecord, fields: SalesforceRecord) -> SalesforceRecord {
    for (name, value) in fields {
        if value.is_null() {
            record.remove(&name);
        } else {
            record.insert(name, value);
        }
    }
    record
}

fn created(object: &ObjectSchema, request: &RecordRequest<'_>, id: &str, body: Value) -> RestResponse {
    RestResponse { location: Some(record_url(object, request, id)), ..RestResponse::new(StatusCode::CREATED, body) }
}

fn record_url(object: &ObjectSchema, request: &RecordRequest<'_>, id: &str) -> String {
    format!("/services/data/{}/sobjects/{}/{id}", request.version, object.name)
}

fn text(record: &SalesforceRecord, field: &str) -> String {
    record.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn check_external_id(object: &ObjectSchema, field: &str) -> Result<(), RestError> {
    if object.external_id == Some(field) {
        Ok(())
    } else {
        Err(RestError::not_found(format!("Provided external ID field does not exist or is not accessible: {field}")))
    }
}

fn no_record() -> RestError {
    RestError::no_resource()
}

fn not_to_be_specified(field: &str) -> RestError {
    RestError::bad_request("INVALID_FIELD", format!("The {field} field should not be specified in the sobject data."))
        .on(&[field])
}

/// Whether a validation rule refuses the change. What a formula compares with a blank field is false.
fn refuses(condition: &Condition, before: &SalesforceRecord, after: &SalesforceRecord) -> bool {
    match condition {
        Condition::Falls(field) => {
            let number = |record: &SalesforceRecord| record.get(*field).and_then(Value::as_i64);
            matches!((number(before), number(after)), (Some(before), Some(after)) if after < before)
        }
        Condition::Changes(fields) => fields.iter().any(|field| {
            let value = |record: &SalesforceRecord| record.get(field.name).cloned();
            value(before).is_some() && value(before) != value(after)
        }),
    }
}
