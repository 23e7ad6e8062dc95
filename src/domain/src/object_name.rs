//! The API names of Salesforce's objects, which do not depend on case.

/// The standard objects that a payment can be for, in Salesforce's own spelling and in the order of the alphabet.
const STANDARD: [&str; 48] = [
    "Account",
    "Asset",
    "AssetStatePeriod",
    "BillingSchedule",
    "BillingScheduleGroup",
    "Campaign",
    "CampaignMember",
    "Case",
    "Contact",
    "Contract",
    "ContractLineItem",
    "CreditMemo",
    "CreditMemoLine",
    "Entitlement",
    "Expense",
    "FinanceTransaction",
    "FulfillmentOrder",
    "GiftCommitment",
    "GiftTransaction",
    "Individual",
    "InsurancePolicy",
    "Invoice",
    "InvoiceLine",
    "Lead",
    "LegalEntity",
    "Opportunity",
    "OpportunityLineItem",
    "Order",
    "OrderItem",
    "OrderPaymentSummary",
    "OrderSummary",
    "Payment",
    "PaymentAuthorization",
    "PaymentGroup",
    "PaymentSchedule",
    "PaymentScheduleItem",
    "Product2",
    "Quote",
    "QuoteLineItem",
    "Refund",
    "ReturnOrder",
    "ReturnOrderLineItem",
    "ServiceAppointment",
    "ServiceContract",
    "User",
    "WebCart",
    "WorkOrder",
    "WorkOrderLineItem",
];

/// The endings that make an object a custom, external, event, metadata or big one.
const ENDINGS: [&str; 5] = ["__c", "__x", "__e", "__mdt", "__b"];

/// The name in Salesforce's own spelling, as far as it is known here: that of the standard objects, and the small letters of an
/// ending. What an organisation calls its own objects only it knows.
pub fn canonical(name: &str) -> String {
    if let Some(standard) = STANDARD.iter().find(|standard| standard.eq_ignore_ascii_case(name)) {
        return (*standard).to_owned();
    }
    let ending = ENDINGS.iter().find_map(|ending| {
        let start = name.len().checked_sub(ending.len())?;
        let (own, written) = name.split_at_checked(start)?;
        written.eq_ignore_ascii_case(ending).then(|| format!("{own}{ending}"))
    });
    ending.unwrap_or_else(|| name.to_owned())
}

/// What tells the object from every other, however its name is written: Salesforce's spelling where it is known, else small
/// letters.
pub fn identity(name: &str) -> String {
    let standard = STANDARD.iter().find(|standard| standard.eq_ignore_ascii_case(name));
    standard.map_or_else(|| name.to_ascii_lowercase(), |standard| (*standard).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_object_is_written_as_salesforce_writes_it() {
        for name in ["Order", "order", "ORDER", "oRdEr"] {
            assert_eq!((canonical(name), identity(name)), ("Order".to_owned(), "Order".to_owned()), "{name}");
        }
        for standard in STANDARD {
            assert_eq!(canonical(&standard.to_ascii_lowercase()), standard);
        }
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn a_custom_object_keeps_its_spelling_and_is_the_same_in_every_other() {
        for (name, written) in [
            ("Foo__C", "Foo__c"),
            ("ns__Foo__c", "ns__Foo__c"),
            ("Foo__MDT", "Foo__mdt"),
            ("Foo__X", "Foo__x"),
            ("__C", "__c"),
            ("Subscription", "Subscription"),
        ] {
            assert_eq!(canonical(name), written);
            assert_eq!(identity(name), identity(&name.to_ascii_uppercase()));
        }
        assert_ne!(identity("Foo__c"), identity("Foo__x"));
        assert_ne!(identity("Order__c"), identity("Order"));
    }
}
