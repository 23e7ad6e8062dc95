//! Reads the customer of a request: from its `customer` fields, and from the Contact or Account that it may include. A
//! request that lacks what the method needs is refused with all missing fields, before its key is claimed.

use serde_json::{Map, Value};
use tollbridge_connector::types::{Customer, MethodValue};
use tollbridge_domain::{Language, TelephoneNumber, Timestamp, looks_like_card};

use crate::cards;
use crate::config::{CUSTOMER_FIELDS, CUSTOMER_ID, CustomerField, CustomerRecord, MethodNeeds, RecordField, Site};
use crate::http::fields::{BodyObject, FieldProblems, check_text, invalid};
use crate::http::problem::Problem;
use crate::ports::MappingProblem;

/// The payer or payee, with the values that the payment method takes.
pub struct Payer {
    pub customer: Customer,
    pub method_values: Vec<MethodValue>,
}

impl Payer {
    /// Reads the customer for a payment method of the site. A method that is none of the site's is no method here: then
    /// nobody knows which fields of a record it uses, and none is read.
    ///
    /// `problems` keeps every value that is invalid, and every field that the method needs and that is missing.
    pub fn read(fields: &BodyObject<'_>, method: Option<&str>, site: &Site, problems: &mut FieldProblems) -> Self {
        let mut payer = Self { customer: empty_customer(), method_values: Vec::new() };
        let names = CUSTOMER_FIELDS.map(|(_, name, _)| name);
        let has_customer = fields.has("customer");
        let given = if has_customer { fields.object("customer", "customer", &names, problems) } else { None };
        let records = RequestRecords {
            contact: problems.optional(fields.members("contact")),
            account: problems.optional(fields.members("account")),
        };
        let read = [
            ("customer", given.is_some()),
            ("contact", records.contact.is_some()),
            ("account", records.account.is_some()),
        ];
        if !read.iter().any(|(field, _)| fields.has(field)) {
            problems.add(invalid("customer", "missing: give it, or a contact or account to read it from"));
        }
        // Of what is no object, nobody knows what it lacks.
        if read.iter().any(|(field, is_read)| fields.has(field) && !is_read)
            || !read.iter().any(|(_, is_read)| *is_read)
        {
            return payer;
        }
        let needs = site.methods.iter().find(|needs| Some(needs.method.as_str()) == method);
        // The names of the fields that the request has, be their values valid or not.
        let mut known = Vec::new();
        for (field, name, sources) in site.customer.iter() {
            let path = format!("customer.{name}");
            let is_needed = needs.is_some_and(|needs| needs.needs.contains(&path));
            let found = given.map(|given| given.text_or_null(name, longest(field))).transpose();
            let found = found.map(Option::flatten).and_then(|own| match own {
                Some(text) => Ok(Some((path.clone(), text.to_owned()))),
                // A field that the method does not use is not passed on merely because a record has it.
                None if method.is_none() || needs.is_some_and(|needs| !needs.uses(&path)) => Ok(None),
                None if field == CustomerField::Phone => records.telephone_number(sources, is_needed),
                None => records.first(sources),
            });
            let value = found.and_then(|found| found.map(|(at, text)| customer_value(field, &at, text)).transpose());
            match value {
                Ok(None) => continue,
                Ok(Some(value)) => put(&mut payer.customer, field, value),
                Err(problem) => problems.add(problem),
            }
            known.push(path);
        }
        let given = problems.value(fields.texts("methodData"));
        if given.is_none() {
            let needed = needs.into_iter().flat_map(|needs| &needs.needs);
            known.extend(needed.filter(|path| path.starts_with("methodData.")).cloned());
        }
        for (name, value) in given.into_iter().flatten() {
            payer.method_values.push(MethodValue { name: name.to_owned(), value: value.to_owned() });
        }
        known.extend(payer.method_values.iter().map(|value| format!("methodData.{}", value.name)));
        for (name, sources) in needs.map(|needs| needs.data.as_slice()).unwrap_or_default() {
            let path = format!("methodData.{name}");
            if known.contains(&path) {
                continue;
            }
            let value = records.first(sources).and_then(|found| {
                found
                    .map(|(at, value)| {
                        check_text(&at, &value, 255).and_then(|()| check_card(&at, &value)).map(|()| value)
                    })
                    .transpose()
            });
            match value {
                Ok(None) => continue,
                Ok(Some(value)) => payer.method_values.push(MethodValue { name: name.clone(), value }),
                Err(problem) => problems.add(problem),
            }
            known.push(path);
        }
        if let Err(problem) = check_needs(needs, &known, site) {
            problems.add(problem);
        }
        payer
    }
}

/// The value of a field at this path, in the form that is passed on.
fn customer_value(field: CustomerField, at: &str, text: String) -> Result<String, Problem> {
    check_text(at, &text, longest(field))?;
    let value = value(field, text).map_err(|wrong| invalid(at, wrong))?;
    check_card(at, &value)?;
    Ok(value)
}

/// The records of the request, in Salesforce's form.
struct RequestRecords<'a> {
    contact: Option<&'a Map<String, Value>>,
    account: Option<&'a Map<String, Value>>,
}

impl RequestRecords<'_> {
    /// The value of a field, in one line: Salesforce's addresses have line breaks.
    fn text(&self, source: &RecordField) -> Result<Option<String>, Problem> {
        let record = match source.record() {
            CustomerRecord::Contact => self.contact,
            CustomerRecord::Account => self.account,
        };
        let text = match record.and_then(|record| record.get(source.field())) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if !number.is_f64() => number.to_string(),
            Some(Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(invalid(source.to_string(), "not text: hand over a text field"));
            }
        };
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Ok(Some(lines.join(", ")).filter(|text| !text.is_empty()))
    }

    /// The first of these fields that has a value, with its path.
    fn first(&self, sources: &[RecordField]) -> Result<Option<(String, String)>, Problem> {
        for source in sources {
            if let Some(text) = self.text(source)? {
                return Ok(Some((source.to_string(), text)));
            }
        }
        Ok(None)
    }

    /// The first of these fields that is a telephone number, with its path. Such fields also hold remarks and two
    /// numbers in one, so a field that cannot be read is a problem only if the number is needed and no other has one.
    fn telephone_number(&self, sources: &[RecordField], is_needed: bool) -> Result<Option<(String, String)>, Problem> {
        let mut unreadable = None;
        for source in sources {
            let Some(text) = self.text(source)? else { continue };
            match TelephoneNumber::parse(&text) {
                Ok(number) => return Ok(Some((source.to_string(), number.into()))),
                Err(error) => unreadable = unreadable.or(Some(invalid(source.to_string(), error))),
            }
        }
        unreadable.filter(|_| is_needed).map_or(Ok(None), Err)
    }
}

/// Refuses a value that is passed on and looks like a payment card number. What nobody reads in a record is not looked
/// at.
fn check_card(at: &str, value: &str) -> Result<(), Problem> {
    if looks_like_card(value) { Err(cards::refused(at)) } else { Ok(()) }
}

/// Refuses a request that lacks needed fields, and names for each the record fields that it could come from.
fn check_needs(needs: Option<&MethodNeeds>, known: &[String], site: &Site) -> Result<(), Problem> {
    let mut problems: Vec<MappingProblem> = Vec::new();
    let always = CUSTOMER_ID.to_owned();
    for path in [&always].into_iter().chain(needs.into_iter().flat_map(|needs| &needs.needs)) {
        if known.contains(path) || problems.iter().any(|problem| problem.field == *path) {
            continue;
        }
        let sources = match path.split_once('.') {
            Some(("methodData", name)) => needs.and_then(|needs| {
                needs.data.iter().find(|(value, _)| value == name).map(|(_, sources)| sources.as_slice())
            }),
            Some((_, name)) => site.customer.iter().find(|(_, field, _)| *field == name).map(|(_, _, sources)| sources),
            None => None,
        };
        let sources: Vec<String> = sources.unwrap_or_default().iter().map(ToString::to_string).collect();
        let by = needs.filter(|_| *path != always).map(|needs| format!(", and {} needs it", needs.method));
        let by = by.unwrap_or_default();
        let detail = if sources.is_empty() {
            format!("{path}: missing{by}")
        } else {
            format!("{path}: missing{by}; without it this site reads {}", sources.join(", then "))
        };
        problems.push(MappingProblem { field: path.clone(), detail });
    }
    let Some(first) = problems.first() else { return Ok(()) };
    let field = first.field.clone();
    let details: Vec<&str> = problems.iter().map(|problem| problem.detail.as_str()).collect();
    let detail = details.join(". ");
    Err(Problem { problems: problems.into(), ..Problem::field("invalid_field", field, detail) })
}

fn empty_customer() -> Customer {
    Customer {
        id: String::new(),
        first_name: None,
        last_name: None,
        email: None,
        phone: None,
        birth_date: None,
        country: None,
        city: None,
        postal_code: None,
        street: None,
        language: None,
        ip: None,
    }
}

fn put(customer: &mut Customer, field: CustomerField, text: String) {
    let place = match field {
        CustomerField::Id => {
            customer.id = text;
            return;
        }
        CustomerField::FirstName => &mut customer.first_name,
        CustomerField::LastName => &mut customer.last_name,
        CustomerField::Email => &mut customer.email,
        CustomerField::Phone => &mut customer.phone,
        CustomerField::BirthDate => &mut customer.birth_date,
        CustomerField::Country => &mut customer.country,
        CustomerField::City => &mut customer.city,
        CustomerField::PostalCode => &mut customer.postal_code,
        CustomerField::Street => &mut customer.street,
        CustomerField::Language => &mut customer.language,
        CustomerField::Ip => &mut customer.ip,
    };
    *place = Some(text);
}

/// The maximum length of a field, in characters.
fn longest(field: CustomerField) -> usize {
    match field {
        CustomerField::Id => 80,
        CustomerField::FirstName | CustomerField::LastName | CustomerField::City => 100,
        CustomerField::PostalCode => 20,
        // With what people write between the digits.
        CustomerField::Phone => 80,
        CustomerField::Street => 255,
        CustomerField::Email => 254,
        CustomerField::BirthDate => 10,
        CustomerField::Country => 2,
        CustomerField::Language => 3,
        CustomerField::Ip => 45,
    }
}

/// The value in the form that is passed on, or a message that says what to write instead.
fn value(field: CustomerField, text: String) -> Result<String, String> {
    let (is_valid, form): (fn(&str) -> bool, &str) = match field {
        CustomerField::Id
        | CustomerField::FirstName
        | CustomerField::LastName
        | CustomerField::City
        | CustomerField::PostalCode
        | CustomerField::Street => return Ok(text),
        CustomerField::Language => {
            return Language::parse(&text)
                .map(|language| language.code().to_owned())
                .map_err(|error| error.to_string());
        }
        CustomerField::Phone => {
            return TelephoneNumber::parse(&text).map(Into::into).map_err(|error| error.to_string());
        }
        CustomerField::Email => (is_email, "not an e-mail address"),
        CustomerField::BirthDate => (is_date, "write it as 1990-04-01"),
        CustomerField::Country => (is_country, "write the two capital letters of ISO 3166-1, such as TR"),
        CustomerField::Ip => (|ip| ip.parse::<core::net::IpAddr>().is_ok(), "not an IP address"),
    };
    if is_valid(&text) { Ok(text) } else { Err(form.to_owned()) }
}

fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
        && !text.contains(char::is_whitespace)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Timestamp::parse_local(&format!("{text} 00:00:00"), 0).is_ok()
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
