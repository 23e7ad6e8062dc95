//! The payment methods that MaldoPay is known to offer, and the start code of each.

/// Which way the money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the payer to the merchant.
    In,
    /// From the merchant to the customer.
    Out,
}

/// A payment method.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) direction: Direction,
    /// The `codeId` for a successful start.
    pub(crate) start_code: u64,
    /// Whether the method redirects the payer to a page.
    pub(crate) redirects: bool,
    /// The fields that `user` must have besides `playerId`. No public document lists them; Pix represents the methods
    /// that need many.
    pub(crate) needs: &'static [&'static str],
    /// The bank in callbacks, where the method has one.
    pub(crate) bank: Option<&'static str>,
}

const fn money_in(id: u64, name: &'static str, start_code: u64, redirects: bool) -> Service {
    Service { id, name, direction: Direction::In, start_code, redirects, needs: &[], bank: None }
}

const fn money_out(id: u64, name: &'static str, start_code: u64) -> Service {
    Service { id, name, direction: Direction::Out, start_code, redirects: false, needs: &[], bank: None }
}

const SERVICES: &[Service] = &[
    money_in(2031, "MaldoPay Checkout", 313, true),
    money_in(2116, "Credit S2S", 200, false),
    money_in(2006, "Bank deposit", 301, false),
    money_in(2086, "Open banking", 311, true),
    Service {
        needs: &["firstName", "lastName", "emailAddress"],
        bank: Some("Banco Sandbox"),
        ..money_in(2157, "Pix", 311, true)
    },
    money_in(2005, "AstroPay", 206, false),
    money_in(2059, "Papara", 3_205_900, true),
    money_in(2078, "PayFix", 315, true),
    money_in(2093, "MFT", 320_930, false),
    money_in(2047, "Crypto FX", 311, true),
    money_out(2012, "Bank withdraw", 304),
    money_out(2091, "Open banking withdraw", 311),
    money_out(2158, "Pix withdraw", 311),
];

/// The service with this id.
pub(crate) fn service(id: u64) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.id == id)
}

/// The meaning of a code's first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeClass {
    Succeeded,
    Pending,
    Other,
}

/// The class of a code of any length.
pub(crate) fn class(code: u64) -> CodeClass {
    match code.to_string().chars().next() {
        Some('2') => CodeClass::Succeeded,
        Some('3') => CodeClass::Pending,
        _ => CodeClass::Other,
    }
}
