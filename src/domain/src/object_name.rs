//! The API names of Salesforce's objects, which are case-insensitive.

/// The standard objects that a payment can be for, in Salesforce's own spelling, in alphabetical order.
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

/// The endings of custom objects, external objects, platform events, custom metadata types and big objects.
const ENDINGS: [&str; 5] = ["__c", "__x", "__e", "__mdt", "__b"];

/// The name in Salesforce's own spelling, as far as it is known: that of the standard objects, and the lower case of an
/// ending. Only the organisation knows how it spells its own objects.
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

/// What identifies the object, however its name is written: Salesforce's spelling if it is known, else lower case.
pub fn identity(name: &str) -> String {
    let standard = STANDARD.iter().find(|standard| standard.eq_ignore_ascii_case(name));
    standard.map_or_else(|| name.to_ascii_lowercase(), |standard| (*standard).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_object_gets_salesforces_spelling() {
        for name in ["Order", "order", "ORDER", "oRdEr"] {
            assert_eq!((canonical(name), identity(name)), ("Order".to_owned(), "Order".to_owned()), "{name}");
        }
        for standard in STANDARD {
            assert_eq!(canonical(&standard.to_ascii_lowercase()), standard);
        }
        assert!(STANDARD.is_sorted());
    }

    #[test]
    fn a_custom_object_keeps_its_spelling_and_has_one_identity_in_every_spelling() {
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
