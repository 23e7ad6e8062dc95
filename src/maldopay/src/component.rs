//! Exports the functions of the world `provider`; each calls the module that implements it.

#[allow(missing_docs, reason = "generated; the WIT package documents every item")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tollbridge:maldopay;
            world maldopay { export tollbridge:provider/provider@0.1.0; }
        ",
        path: "../../wit",
        with: { "tollbridge:types/types@0.1.0": tollbridge_connector::types },
    });
}

use bindings::exports::tollbridge::provider::provider;
use tollbridge_connector::types::{Command, Delivery, Detail, FieldProblem, Header, PaymentEvent, Site};

use crate::{Credentials, DecodeError, EncodeError, InterpretError, Rejection, RequestTypes, SignedNumbers};

struct MaldoPay;

impl provider::Guest for MaldoPay {
    fn verify(
        delivery: Delivery,
        signing: provider::Signing,
        keys: Vec<String>,
        now: i64,
    ) -> Result<(), provider::Rejection> {
        crate::verify(&delivery, crate::Signing::from(&signing), &keys, now).map_err(Into::into)
    }

    fn decode(
        delivery: Delivery,
        site: Site,
        signing: provider::Signing,
        now: i64,
    ) -> Result<PaymentEvent, provider::DecodeError> {
        crate::decode(&delivery, &site, crate::Signing::from(&signing), now).map_err(Into::into)
    }

    fn identify(delivery: Delivery, signing: provider::Signing) -> provider::Identity {
        let identity = crate::identify(&delivery, crate::Signing::from(&signing));
        provider::Identity {
            reference: identity.reference,
            transaction_ids: identity.transactions,
            digest: identity.digest,
        }
    }

    fn encode(
        command: Command,
        site: Site,
        credentials: provider::Credentials,
        types: provider::RequestTypes,
    ) -> Result<provider::ProviderRequest, provider::EncodeError> {
        let credentials = Credentials { api_key: credentials.api_key, encrypting_key: credentials.encrypting_key };
        let types = match types {
            provider::RequestTypes::Always => RequestTypes::Always,
            provider::RequestTypes::WhereNeeded => RequestTypes::WhereNeeded,
        };
        let request = crate::encode(&command, &site, &credentials, types)?;
        let header = |(name, value): (&str, &str)| Header { name: name.to_owned(), value: value.to_owned() };
        Ok(provider::ProviderRequest {
            method: "POST".to_owned(),
            path: request.path.to_owned(),
            headers: request.headers.into_iter().map(header).collect(),
            body: request.body,
        })
    }

    fn interpret(
        command: Command,
        response: provider::ProviderResponse,
    ) -> Result<PaymentEvent, provider::InterpretError> {
        crate::interpret(&command, response.status, &response.body).map_err(Into::into)
    }

    fn details(bodies: Vec<String>, signing: provider::Signing) -> Vec<Vec<Detail>> {
        bodies.iter().map(|body| crate::details(body, crate::Signing::from(&signing))).collect()
    }
}

impl<'a> From<&'a provider::Signing> for crate::Signing<'a> {
    fn from(signing: &'a provider::Signing) -> Self {
        let numbers = match signing.numbers {
            provider::SignedNumbers::AsWritten => SignedNumbers::AsWritten,
            provider::SignedNumbers::Shortest => SignedNumbers::Shortest,
        };
        Self { scheme: signing.scheme, orders: &signing.orders, numbers }
    }
}

impl From<Rejection> for provider::Rejection {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Missing(name) => Self::Missing(name.to_owned()),
            Rejection::Malformed(problem) => Self::Malformed(problem),
            Rejection::Mismatch => Self::Mismatch,
            Rejection::OutsideWindow => Self::OutsideWindow,
        }
    }
}

fn problem(field: &str, problem: String) -> FieldProblem {
    FieldProblem { field: field.to_owned(), problem }
}

impl From<DecodeError> for provider::DecodeError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Malformed(problem) => Self::Malformed(problem),
            DecodeError::Missing(name) => Self::Missing(name.to_owned()),
            DecodeError::Invalid { field, problem: text } => Self::Invalid(problem(field, text)),
        }
    }
}

impl From<EncodeError> for provider::EncodeError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::UnknownMethod(name) => Self::UnknownMethod(name),
            EncodeError::Missing(name) => Self::Missing(name.to_owned()),
            EncodeError::Invalid { field, problem: text } => Self::Invalid(problem(field, text)),
        }
    }
}

impl From<InterpretError> for provider::InterpretError {
    fn from(error: InterpretError) -> Self {
        match error {
            InterpretError::Inconclusive(status) => Self::Inconclusive(status),
            InterpretError::Unreadable(problem) => Self::Unreadable(problem),
        }
    }
}

bindings::export!(MaldoPay with_types_in bindings);
