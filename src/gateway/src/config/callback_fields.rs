//! The orders in which a site's callbacks have the names of their fields, for the scheme that signs no names.

use tollbridge_connector::types::SignatureScheme;

use super::reader::Entry;

/// Names of which every callback has one: what one of them says, money depends on.
const NEEDED: [&[&str]; 5] =
    [&["result", "codeId"], &["referenceOrderId"], &["maldoTransactionId"], &["amount"], &["currencyCode", "currency"]];

/// The most names of a callback.
const MOST: usize = 63;

/// Reads one order, or a list of orders; none where something is wrong with it, which its document knows.
pub fn callback_fields(entry: &Entry<'_>, signature: Option<SignatureScheme>) -> Option<Vec<Vec<String>>> {
    let written = entry.list()?;
    let mut orders = Vec::new();
    if written.iter().any(Entry::is_list) {
        for order in &written {
            orders.push(names(&order.list()?)?);
        }
    } else {
        orders.push(names(&written)?);
    }
    let problem = match signature {
        Some(SignatureScheme::ValuesPipe) | None => orders.iter().find_map(|order| wrong(order)),
        Some(SignatureScheme::Body | SignatureScheme::StandardWebhooks) => {
            Some("only the signature values-pipe needs it: the others sign the names".to_owned())
        }
    };
    if let Some(problem) = problem {
        entry.wrong(&problem);
        return None;
    }
    Some(orders)
}

fn names(order: &[Entry<'_>]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for name in order {
        names.push(name.filled()?.to_owned());
    }
    Some(names)
}

fn wrong(order: &[String]) -> Option<String> {
    let has = |name: &str| order.iter().any(|other| other == name);
    let missing = NEEDED.iter().find(|names| !names.iter().any(|name| has(name)));
    let twice = order.iter().find(|name| order.iter().filter(|other| other == name).count() > 1);
    if let Some(names) = missing {
        Some(format!("{} is missing", names.join(" or ")))
    } else if let Some(name) = twice {
        Some(format!("{name:?} comes twice"))
    } else if order.len() > MOST {
        Some(format!("more than {MOST} names"))
    } else if order.iter().any(|name| name == "checksum" || name.contains('[')) {
        Some("leave out checksum and what is nested: they are not signed".to_owned())
    } else {
        None
    }
}
