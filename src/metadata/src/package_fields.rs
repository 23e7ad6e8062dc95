//! The fields that only the package has: Salesforce computes them from those that Tollbridge writes.

/// A number that Salesforce computes.
pub(crate) struct FormulaField {
    pub(crate) object: &'static str,
    pub(crate) name: &'static str,
    pub(crate) decimals: u8,
    pub(crate) formula: &'static str,
    /// What a person sees beside the field.
    pub(crate) help: &'static str,
}

/// All of them. List views and reports use them, because those cannot compare two fields.
pub(crate) const FORMULA_FIELDS: [FormulaField; 2] = [
    FormulaField {
        object: "MaldoPay_Payment__c",
        name: "Unsettled_Amount__c",
        decimals: 3,
        formula: "MAX(0, Captured_Amount__c - Settled_Amount__c)",
        help: "How much was captured and not settled yet.",
    },
    FormulaField {
        object: "MaldoPay_Payment__c",
        name: "Days_Since_Last_Event__c",
        decimals: 0,
        formula: "FLOOR(NOW() - Last_Event_At__c)",
        help: "How many days ago Tollbridge last heard of the payment.",
    },
];
