//! What a site's contract says of the signatures of its callbacks.

use tollbridge_connector::types::SignatureScheme;

/// How deliveries are signed and, where nobody signs their names, in which order the names come.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The scheme.
    pub scheme: SignatureScheme,
    /// The orders in which a callback may have its names, where the site fixes them. Only `values-pipe` looks at them.
    pub orders: &'a [Vec<String>],
}

impl From<SignatureScheme> for Signing<'_> {
    /// The scheme, with no order fixed.
    fn from(scheme: SignatureScheme) -> Self {
        Self { scheme, orders: &[] }
    }
}

impl Signing<'_> {
    /// Whether the scheme signs the values of a callback alone.
    pub(crate) fn is_of_values(self) -> bool {
        match self.scheme {
            SignatureScheme::ValuesPipe => true,
            SignatureScheme::Body | SignatureScheme::StandardWebhooks => false,
        }
    }
}
