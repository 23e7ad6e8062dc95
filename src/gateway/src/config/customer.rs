//! Where a site reads a customer from: the fields of the records in a request that become fields of the customer, and
//! what each payment method needs.

use core::fmt;

use tollbridge_connector::is_method_value_name;

/// A field of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerField {
    /// The merchant's id of the customer.
    Id,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The e-mail address.
    Email,
    /// The telephone number.
    Phone,
    /// The date of birth, `YYYY-MM-DD`.
    BirthDate,
    /// ISO 3166-1 alpha-2.
    Country,
    /// The city.
    City,
    /// The postal code.
    PostalCode,
    /// Street and house number.
    Street,
    /// ISO 639-1.
    Language,
    /// The IP address that the customer pays from.
    Ip,
}

/// Every field, with its name in the HTTP interface and the configuration, and its default sources. A Contact takes
/// precedence over an Account.
pub const CUSTOMER_FIELDS: [(CustomerField, &str, &[&str]); 12] = [
    (CustomerField::Id, "id", &["contact.Id", "account.PersonContactId", "account.Id"]),
    (CustomerField::FirstName, "firstName", &["contact.FirstName", "account.FirstName"]),
    (CustomerField::LastName, "lastName", &["contact.LastName", "account.LastName"]),
    (CustomerField::Email, "email", &["contact.Email", "account.PersonEmail"]),
    (
        CustomerField::Phone,
        "phone",
        &["contact.MobilePhone", "contact.Phone", "account.PersonMobilePhone", "account.Phone"],
    ),
    (CustomerField::BirthDate, "birthDate", &["contact.Birthdate", "account.PersonBirthdate"]),
    (
        CustomerField::Country,
        "country",
        &["contact.MailingCountryCode", "account.PersonMailingCountryCode", "account.BillingCountryCode"],
    ),
    (CustomerField::City, "city", &["contact.MailingCity", "account.PersonMailingCity", "account.BillingCity"]),
    (
        CustomerField::PostalCode,
        "postalCode",
        &["contact.MailingPostalCode", "account.PersonMailingPostalCode", "account.BillingPostalCode"],
    ),
    (
        CustomerField::Street,
        "street",
        &["contact.MailingStreet", "account.PersonMailingStreet", "account.BillingStreet"],
    ),
    // Salesforce has no standard field for these two.
    (CustomerField::Language, "language", &[]),
    (CustomerField::Ip, "ip", &[]),
];

/// The path in a request of the field that every payment needs.
pub const CUSTOMER_ID: &str = "customer.id";

/// A record that a request may include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerRecord {
    /// `contact` in the body.
    Contact,
    /// `account` in the body.
    Account,
}

/// A field of such a record: `contact.Email`, `account.National_Id__c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordField {
    record: CustomerRecord,
    path: String,
}

impl RecordField {
    /// None where the path names no field of a record.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (record, field) = path.split_once('.')?;
        let record = match record {
            "contact" => CustomerRecord::Contact,
            "account" => CustomerRecord::Account,
            _ => return None,
        };
        let is_name = (1..=80).contains(&field.len())
            && field.starts_with(|first: char| first.is_ascii_alphabetic())
            && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_name.then(|| Self { record, path: path.to_owned() })
    }

    /// The record that has the field.
    #[must_use]
    pub fn record(&self) -> CustomerRecord {
        self.record
    }

    /// The record and the field: `contact.Email`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The field's API name.
    #[must_use]
    pub fn field(&self) -> &str {
        self.path.split_once('.').map_or("", |(_, field)| field)
    }
}

impl fmt::Display for RecordField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path)
    }
}

/// The sources of each field of the customer. The first source with a value counts.
#[derive(Clone, Debug)]
pub struct CustomerSources([Vec<RecordField>; 12]);

impl Default for CustomerSources {
    fn default() -> Self {
        let read = |paths: &[&str]| paths.iter().filter_map(|path| RecordField::parse(path)).collect();
        Self(CUSTOMER_FIELDS.map(|(_, _, paths)| read(paths)))
    }
}

impl CustomerSources {
    /// Replaces the sources of the field of this name. Returns false where the customer has no such field.
    pub fn replace(&mut self, name: &str, sources: Vec<RecordField>) -> bool {
        let place = CUSTOMER_FIELDS.iter().zip(&mut self.0).find(|((_, known, _), _)| *known == name);
        match place {
            Some((_, place)) => {
                *place = sources;
                true
            }
            None => false,
        }
    }

    /// Every field of the customer, with its name and its sources.
    pub fn iter(&self) -> impl Iterator<Item = (CustomerField, &'static str, &[RecordField])> {
        CUSTOMER_FIELDS.iter().zip(&self.0).map(|((field, name, _), sources)| (*field, *name, sources.as_slice()))
    }
}

/// The customer fields and values that a payment method needs.
#[derive(Clone, Debug, Default)]
pub struct MethodNeeds {
    /// The method's name in the site's services.
    pub method: String,
    /// The fields that must have a value, by their paths in a request: `customer.email`, `methodData.serviceData1`.
    pub needs: Vec<String>,
    /// The other fields that are read from records, by the same paths; none where all of them are.
    pub takes: Option<Vec<String>>,
    /// The sources of the method's values where the request does not give them, by MaldoPay's names.
    pub data: Vec<(String, Vec<RecordField>)>,
}

impl MethodNeeds {
    /// Whether the method uses this field of the customer, so that it may be read from a record.
    #[must_use]
    pub fn uses(&self, path: &str) -> bool {
        let is_in = |paths: &[String]| paths.iter().any(|other| other == path);
        self.takes.as_ref().is_none_or(|takes| path == CUSTOMER_ID || is_in(takes) || is_in(&self.needs))
    }

    /// The path in a request of a need in the configuration; none where no field has that name.
    #[must_use]
    pub fn path(need: &str) -> Option<String> {
        if need.strip_prefix("methodData.").is_some_and(is_method_value_name) {
            return Some(need.to_owned());
        }
        CUSTOMER_FIELDS.iter().find(|(_, name, _)| *name == need).map(|_| format!("customer.{need}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_source_is_a_field_of_a_record() {
        for ((_, name, sources), (_, _, read)) in CUSTOMER_FIELDS.iter().zip(CustomerSources::default().iter()) {
            let read: Vec<String> = read.iter().map(ToString::to_string).collect();
            assert_eq!(read, *sources, "{name}");
        }
    }

    /// `TOLLBRIDGE_BLESS=1` rewrites the table.
    #[test]
    fn the_table_in_the_documentation_lists_the_default_sources() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/http.md");
        let page = std::fs::read_to_string(path).unwrap();
        let mut table = "| field | read from |\n|---|---|\n".to_owned();
        for (_, name, sources) in CUSTOMER_FIELDS {
            let sources: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
            let sources = if sources.is_empty() { "nothing".to_owned() } else { sources.join(", ") };
            table.push_str(&format!("| `{name}` | {sources} |\n"));
        }
        let (begin, end) = ("<!-- begin customer -->\n", "<!-- end customer -->");
        let (before, rest) = page.split_once(begin).unwrap();
        let (_, after) = rest.split_once(end).unwrap();
        let expected = format!("{before}{begin}{table}{end}{after}");
        if std::env::var_os("TOLLBRIDGE_BLESS").is_some() {
            std::fs::write(path, &expected).unwrap();
        } else {
            assert!(page == expected, "docs/http.md differs; TOLLBRIDGE_BLESS=1 rewrites its table:\n{table}");
        }
    }

    #[test]
    fn a_path_names_a_record_and_one_field_of_it() {
        let field = RecordField::parse("contact.National_Id__c").unwrap();
        assert_eq!((field.record(), field.field()), (CustomerRecord::Contact, "National_Id__c"));
        let long = format!("contact.{}", "x".repeat(81));
        for wrong in
            ["", "contact", "contact.", "Contact.Email", "lead.Email", "contact.a.b", "contact.a b", "account.9", &long]
        {
            assert_eq!(RecordField::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_need_is_a_field_of_the_customer_or_a_value_of_the_method() {
        assert_eq!(MethodNeeds::path("email").as_deref(), Some("customer.email"));
        assert_eq!(MethodNeeds::path("methodData.serviceData1").as_deref(), Some("methodData.serviceData1"));
        for wrong in ["", "Email", "customer.email", "methodData", "methodData.serviceData9", "methodData.iban"] {
            assert_eq!(MethodNeeds::path(wrong), None, "{wrong}");
        }
    }
}
