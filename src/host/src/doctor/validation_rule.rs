//! Whether the organisation has the validation rule that lets only the newer state of a payment through.

use serde::Deserialize;

use super::findings::{Area, Findings, Level};
use super::salesforce::Session;

/// The object and the field that the rule is about.
const OBJECT: &str = "MaldoPay_Payment__c";
const FIELD: &str = "Version__c";

const RULE: &str = "AND(NOT(ISNEW()), Version__c < PRIORVALUE(Version__c))";

/// An answer of the Tooling API.
#[derive(Deserialize)]
struct Rules {
    records: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    id: String,
    active: bool,
    error_display_field: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    error_condition_formula: Option<String>,
}

/// Looks the rule up.
pub async fn check(findings: &mut Findings, site: &str, session: &Session<'_>) {
    let add = |findings: &mut Findings, level: Level, what: &str| {
        let advice = format!(
            "create an active validation rule on {OBJECT} with the formula {RULE} and the error at the field {FIELD}"
        );
        findings.add(Area::Salesforce, Some(site), level, what.to_owned(), Some(advice));
    };
    let fields = "Id, Active, ErrorDisplayField";
    let of_object = format!("EntityDefinition.QualifiedApiName = '{OBJECT}'");
    let Some(rules) = query(session, fields, &of_object).await else {
        let unseen =
            "the validation rule of MaldoPay_Payment__c cannot be read by the run-as user, who need not be able to";
        return add(findings, Level::Note, unseen);
    };
    let is_at_field = |rule: &&Rule| rule.error_display_field.as_ref().is_some_and(|field| field.ends_with(FIELD));
    let Some(rule) = rules.records.iter().find(is_at_field) else {
        return add(
            findings,
            Level::Problem,
            "no validation rule of MaldoPay_Payment__c shows its error at Version__c",
        );
    };
    if !rule.active {
        return add(findings, Level::Problem, "the validation rule at MaldoPay_Payment__c.Version__c is not active");
    }
    // The formula can be queried for one rule at a time only.
    let detailed = query(session, "Id, Active, ErrorDisplayField, Metadata", &format!("Id = '{}'", rule.id)).await;
    let formula = detailed
        .and_then(|rules| rules.records.into_iter().next()?.metadata?.error_condition_formula)
        .map(|formula| formula.split_whitespace().collect::<String>());
    let is_right = |formula: &String| {
        formula.contains("Version__c<PRIORVALUE(Version__c)") || formula.contains("PRIORVALUE(Version__c)>Version__c")
    };
    match formula {
        Some(formula) if !is_right(&formula) => {
            add(findings, Level::Problem, "the validation rule at MaldoPay_Payment__c.Version__c has another formula");
        }
        Some(_) | None => findings.ok(Area::Salesforce, Some(site), "the validation rule at Version__c is active"),
    }
}

async fn query(session: &Session<'_>, fields: &str, condition: &str) -> Option<Rules> {
    let soql = format!("SELECT {fields} FROM ValidationRule WHERE {condition}");
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &soql).finish();
    let answer = session.get(&format!("tooling/query?{query}")).await.ok()?;
    serde_json::from_str(&answer.body).ok().filter(|_| answer.status == 200)
}
