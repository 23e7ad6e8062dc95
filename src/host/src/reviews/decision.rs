//! A person's decision, as options and as the body of the request.

use clap::Subcommand;
use serde_json::{Value, json};

/// What to do with a payment in review.
#[derive(Subcommand)]
pub enum Decision {
    /// Make one more status inquiry about calls without an answer, and send all of it to Salesforce again.
    Retry(PersonOptions),
    /// Accept reasons for review, as they are now.
    Accept {
        #[command(flatten)]
        accepted: AcceptedOptions,
        /// Why; it is stored in the payment's history.
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// Who decided; it is stored in the payment's history.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Say which record a payment is for that nobody here requested.
    Assign {
        /// The record.
        #[arg(long, value_name = "OBJECT:ID", value_parser = object_and_id)]
        source: (String, String),
        /// The record's number.
        #[arg(long, value_name = "NUMBER")]
        number: Option<String>,
        /// The number of the invoice.
        #[arg(long, value_name = "NUMBER")]
        invoice: Option<String>,
        /// The id of the invoice's record.
        #[arg(long, value_name = "ID", requires = "invoice")]
        invoice_id: Option<String>,
        /// Why; it is stored in the payment's history.
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// Who decided; it is stored in the payment's history.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

/// Who retries and why. Both are optional.
#[derive(clap::Args)]
pub struct PersonOptions {
    /// Why.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Who decided.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// What is accepted.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct AcceptedOptions {
    /// A reason to accept, such as charged_back; may be repeated.
    #[arg(long, value_name = "REASON")]
    reason: Vec<String>,
    /// Accept exactly what was shown with this review token.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
}

impl Decision {
    /// The body of the request. What is not given is left out: a null would be refused.
    pub fn body(&self) -> Value {
        let (mut body, note, by) = match self {
            Self::Retry(PersonOptions { note, by }) => (json!({ "action": "retry" }), note.as_ref(), by),
            Self::Accept { accepted: AcceptedOptions { reason, token }, note, by } => {
                let body = match token {
                    Some(token) => json!({ "action": "accept", "reviewToken": token }),
                    None => json!({ "action": "accept", "reasons": reason }),
                };
                (body, Some(note), by)
            }
            Self::Assign { source: (object, id), number, invoice, invoice_id, note, by } => {
                let mut source = json!({ "object": object, "id": id });
                set(&mut source, "number", number.as_ref());
                let mut body = json!({ "action": "assign", "source": source });
                if let Some(number) = invoice {
                    let mut invoice = json!({ "number": number });
                    set(&mut invoice, "id", invoice_id.as_ref());
                    set(&mut body, "invoice", Some(invoice));
                }
                (body, Some(note), by)
            }
        };
        set(&mut body, "note", note);
        set(&mut body, "by", by.as_ref());
        body
    }
}

fn set(object: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    if let (Value::Object(members), Some(value)) = (object, value) {
        members.insert(name.to_owned(), json!(value));
    }
}

fn object_and_id(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once(':') {
        Some((object, id)) if !object.is_empty() && !id.is_empty() => Ok((object.to_owned(), id.to_owned())),
        _ => Err("write the object and the id, such as Order:801Hs00000abcdeIAA"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(subcommand)]
        decision: Decision,
    }

    fn body(line: &[&str]) -> Option<Value> {
        CommandLine::try_parse_from([&["resolve"], line].concat()).ok().map(|line| line.decision.body())
    }

    #[test]
    fn each_decision_is_the_body_that_the_gateway_takes() {
        let accepted = body(&["accept", "--reason", "a", "--reason", "b", "--note", "n"]);
        assert_eq!(accepted, Some(json!({"action": "accept", "reasons": ["a", "b"], "note": "n"})));
        let shown = body(&["accept", "--token", "t", "--note", "n", "--by", "me"]);
        assert_eq!(shown, Some(json!({"action": "accept", "reviewToken": "t", "note": "n", "by": "me"})));
        let line = "assign --source Order:801 --number 7 --invoice I-1 --invoice-id 3tt --note n";
        let source = json!({"object": "Order", "id": "801", "number": "7"});
        let assigned =
            json!({"action": "assign", "source": source, "invoice": {"number": "I-1", "id": "3tt"}, "note": "n"});
        assert_eq!(body(&line.split(' ').collect::<Vec<_>>()), Some(assigned));
        assert_eq!(body(&["retry"]), Some(json!({"action": "retry"})));
    }

    #[test]
    fn half_a_decision_is_refused() {
        for line in ["accept --note n", "accept --reason a --token t --note n", "accept --reason a", "assign --note n"]
        {
            assert_eq!(body(&line.split(' ').collect::<Vec<_>>()), None, "{line}");
        }
    }
}
