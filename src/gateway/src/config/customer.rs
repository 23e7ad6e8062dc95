//! Where a site reads a customer from: which field of the records that a caller hands over goes to which field of the
//! customer, and what each method needs.

use core::fmt;

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
    /// The date of birth.
    BirthDate,
    /// The country.
    Country,
    /// The city.
    City,
    /// The postal code.
    PostalCode,
    /// Street and number.
    Street,
    /// The language.
    Language,
    /// The address the customer pays from.
    Ip,
}

/// Every field, with its name in the HTTP interface and the configuration, and where it is read from when nothing else is
/// said. Of persons, what the Contact says counts before what the Account does.
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
    // Salesforce has no field of its own for these two.
    (CustomerField::Language, "language", &[]),
    (CustomerField::Ip, "ip", &[]),
];

/// The path in a request of the one field that every payment needs.
pub const CUSTOMER_ID: &str = "customer.id";

/// A record that a caller may hand over.
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
    /// Reads it; none where it names no field of a record.
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

    /// The record.
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

/// Where each field of the customer is read from: the first record's field that has a value.
#[derive(Clone, Debug)]
pub struct CustomerSources([Vec<RecordField>; 12]);

impl Default for CustomerSources {
    fn default() -> Self {
        let read = |paths: &[&str]| paths.iter().filter_map(|path| RecordField::parse(path)).collect();
        Self(CUSTOMER_FIELDS.map(|(_, _, paths)| read(paths)))
    }
}

impl CustomerSources {
    /// Reads the field of this name from these instead; false where the customer has no such field.
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

    /// Every field of the customer with its name and where it is read from.
    pub fn iter(&self) -> impl Iterator<Item = (CustomerField, &'static str, &[RecordField])> {
        CUSTOMER_FIELDS.iter().zip(&self.0).map(|((field, name, _), sources)| (*field, *name, sources.as_slice()))
    }
}

/// What a method takes and needs of whom it is used for.
#[derive(Clone, Debug, Default)]
pub struct MethodNeeds {
    /// The method's name in the site's services.
    pub method: String,
    /// The fields that must have a value, by their path in a request: `customer.email`, `methodData.serviceData1`.
    pub needs: Vec<String>,
    /// The fields, by the same paths, that are read from records besides those; none where all of them are.
    pub takes: Option<Vec<String>>,
    /// Which of its values are read from records where the request does not give them, by MaldoPay's name.
    pub data: Vec<(String, Vec<RecordField>)>,
}

impl MethodNeeds {
    /// Whether the method has a use for this field of the customer, so that it may be read from a record.
    #[must_use]
    pub fn uses(&self, path: &str) -> bool {
        let named = |paths: &[String]| paths.iter().any(|named| named == path);
        self.takes.as_ref().is_none_or(|takes| path == CUSTOMER_ID || named(takes) || named(&self.needs))
    }

    /// The path in a request of a need as it is written in the configuration; none where nothing can be needed by that name.
    #[must_use]
    pub fn path(need: &str) -> Option<String> {
        if need.strip_prefix("methodData.").is_some_and(is_method_value) {
            return Some(need.to_owned());
        }
        CUSTOMER_FIELDS.iter().find(|(_, name, _)| *name == need).map(|_| format!("customer.{need}"))
    }
}

/// Whether MaldoPay has a value of this name.
#[must_use]
pub fn is_method_value(name: &str) -> bool {
    matches!(name.strip_prefix("serviceData"), Some("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_field_of_a_record() {
        for ((_, name, sources), (_, _, read)) in CUSTOMER_FIELDS.iter().zip(CustomerSources::default().iter()) {
            let read: Vec<String> = read.iter().map(ToString::to_string).collect();
            assert_eq!(read, *sources, "{name}");
        }
    }

    /// `TOLLBRIDGE_BLESS=1` rewrites the table.
    #[test]
    fn the_table_on_the_page_is_what_is_read() {
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
