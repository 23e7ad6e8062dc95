//! Names that several crates form or accept, and must form or accept alike.

use crate::types::RecordKey;

/// The names that [`is_method_value_name`] knows, for messages.
pub const METHOD_VALUE_NAMES: &str =
    "serviceData1 to serviceData8, locale, chainMode, bonusCode, company and passportNo";

/// Whether MaldoPay has a method value of this name. The numbered ones are documented; the others were seen in public
/// integrations.
#[must_use]
pub fn is_method_value_name(name: &str) -> bool {
    matches!(name.strip_prefix("serviceData"), Some("1" | "2" | "3" | "4" | "5" | "6" | "7" | "8"))
        || matches!(name, "locale" | "chainMode" | "bonusCode" | "company" | "passportNo")
}

/// The field of Salesforce's version rule: it refuses a lower version of a payment than the record has.
pub const VERSION_FIELD: &str = "Version__c";

impl RecordKey {
    /// The name of this record of an object: the object and the id, or the object, the external id field and the
    /// external id. It is also the record's path below `sobjects/` in Salesforce's REST API.
    #[must_use]
    pub fn record_name(&self, object: &str) -> String {
        match self {
            Self::Id(id) => format!("{object}/{id}"),
            Self::ExternalId(key) => format!("{object}/{}/{}", key.field, key.value),
        }
    }
}
