//! How a site's contract says that callbacks are signed.

use tollbridge_connector::types::SignatureScheme;

/// How the numbers of a callback enter the text that is signed, if only values are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignedNumbers {
    /// As they are written: `50.00`.
    #[default]
    AsWritten,
    /// In their shortest form: `50` for `50.00`.
    Shortest,
}

/// The signature scheme and, if it signs no field names, the allowed orders of the names.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The signature scheme.
    pub scheme: SignatureScheme,
    /// The allowed orders of a callback's field names, if the site fixes them. Only `values-pipe` uses them.
    pub orders: &'a [Vec<String>],
    /// How numbers are signed. Only `values-pipe` uses it.
    pub numbers: SignedNumbers,
}

impl From<SignatureScheme> for Signing<'_> {
    /// The scheme without a fixed order, with numbers as they are written.
    fn from(scheme: SignatureScheme) -> Self {
        Self { scheme, orders: &[], numbers: SignedNumbers::AsWritten }
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
