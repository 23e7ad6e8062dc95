//! The field orders of a site's callbacks, for the signature scheme that does not sign the field names.

use tollbridge_connector::types::SignatureScheme;

use super::reader::ConfigValue;

/// Every callback has one name of each group. Amounts, and thus money, depend on these fields.
const REQUIRED: [&[&str]; 5] =
    [&["result", "codeId"], &["referenceOrderId"], &["maldoTransactionId"], &["amount"], &["currencyCode", "currency"]];

/// The maximum number of names in one order.
const MAX_NAMES: usize = 63;

/// Parses one order, or a list of orders. Problems are reported to the document.
pub fn callback_fields(entry: &ConfigValue<'_>, signature: Option<SignatureScheme>) -> Option<Vec<Vec<String>>> {
    let written = entry.list()?;
    let mut orders = Vec::new();
    if written.iter().any(ConfigValue::is_list) {
        for order in &written {
            orders.push(names(&order.list()?)?);
        }
    } else {
        orders.push(names(&written)?);
    }
    let problem = match signature {
        Some(SignatureScheme::ValuesPipe) | None => orders.iter().find_map(|order| problem_with(order)),
        Some(SignatureScheme::Body | SignatureScheme::StandardWebhooks) => {
            Some("only the signature values-pipe needs it: the other schemes sign the names".to_owned())
        }
    };
    if let Some(problem) = problem {
        entry.report(&problem);
        return None;
    }
    Some(orders)
}

fn names(order: &[ConfigValue<'_>]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for name in order {
        names.push(name.non_empty()?.to_owned());
    }
    Some(names)
}

fn problem_with(order: &[String]) -> Option<String> {
    let has = |name: &str| order.iter().any(|other| other == name);
    let missing = REQUIRED.iter().find(|names| !names.iter().any(|name| has(name)));
    let twice = order.iter().find(|name| order.iter().filter(|other| other == name).count() > 1);
    if let Some(names) = missing {
        Some(format!("{} is missing", names.join(" or ")))
    } else if let Some(name) = twice {
        Some(format!("{name:?} comes twice"))
    } else if order.len() > MAX_NAMES {
        Some(format!("more than {MAX_NAMES} names"))
    } else if order.iter().any(|name| name == "checksum" || name.contains('[')) {
        Some("leave out checksum and what is nested: they are not signed".to_owned())
    } else {
        None
    }
}
