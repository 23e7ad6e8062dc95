//! How a site's contract says that callbacks are signed.

use tollbridge_connector::types::SignatureScheme;

/// The signature scheme and, if it signs no field names, the allowed orders of the names.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The signature scheme.
    pub scheme: SignatureScheme,
    /// The allowed orders of a callback's field names, if the site fixes them. Only `values-pipe` uses them.
    pub orders: &'a [Vec<String>],
}

impl From<SignatureScheme> for Signing<'_> {
    /// The scheme without a fixed order.
    fn from(scheme: SignatureScheme) -> Self {
        Self { scheme, orders: &[] }
    }
}

impl Signing<'_> {
    /// Whether the scheme signs only the values of a callback.
    pub(crate) fn is_of_values(self) -> bool {
        match self.scheme {
            SignatureScheme::ValuesPipe => true,
            SignatureScheme::Body | SignatureScheme::StandardWebhooks => false,
        }
    }
}
