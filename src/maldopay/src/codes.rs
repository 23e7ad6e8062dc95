//! MaldoPay's codes: the first digit is the class, whatever the length. A code comes as a number or as a string.

use tollbridge_connector::types::ReportedOutcome;

/// What a code says about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The transaction has ended.
    Ended(ReportedOutcome),
    /// The transaction is pending.
    Pending,
}

/// The class of a code; `None` for text that is no transaction's code.
pub fn class(code: &str) -> Option<Class> {
    if code.len() > 10 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match code.bytes().next()? {
        b'2' => Some(Class::Ended(ReportedOutcome::Confirmed)),
        b'3' => Some(Class::Pending),
        b'4' | b'5' => Some(Class::Ended(ReportedOutcome::Declined)),
        _ => None,
    }
}

/// Whether a code is about the merchant and not about a transaction: the brand has no API credentials.
pub fn refuses_the_merchant(code: &str) -> bool {
    code == "491"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digit_is_the_class() {
        for (code, expected) in [
            ("200", Some(Class::Ended(ReportedOutcome::Confirmed))),
            ("206", Some(Class::Ended(ReportedOutcome::Confirmed))),
            ("313", Some(Class::Pending)),
            ("3205900", Some(Class::Pending)),
            ("491", Some(Class::Ended(ReportedOutcome::Declined))),
            ("500", Some(Class::Ended(ReportedOutcome::Declined))),
            ("0", None),
            ("700", None),
            ("", None),
            ("-200", None),
            ("2e2", None),
        ] {
            assert_eq!(class(code), expected, "{code:?}");
        }
    }
}
