//! The provider and the mappers, over the components that the manifest names.

use secrecy::ExposeSecret as _;
use tollbridge_connector::types::{Command, Delivery, Detail, FieldProblem, Payment, PaymentEvent, RecordWrite, Site};

use tollbridge_domain::DeliveryProblem;

use super::bindings::tollbridge::document_mapper::mapper as document_mapper;
use super::bindings::tollbridge::mapper::mapper;
use super::bindings::tollbridge::provider::provider;
use crate::config::{self, RequestTypes, SignedNumbers};
use crate::ports::{Identity, Mapper, MappingProblem, Provider, ProviderProblem, ProviderRequest, Undecodable};

/// The component behind `tollbridge:provider/provider`.
pub struct ProviderPlugin;

fn problem(code: &'static str, field: Option<String>, detail: impl Into<String>) -> ProviderProblem {
    ProviderProblem { code, field, detail: detail.into() }
}

fn signing(site: &config::Site) -> provider::Signing {
    let numbers = match site.signed_numbers {
        SignedNumbers::AsWritten => provider::SignedNumbers::AsWritten,
        SignedNumbers::Shortest => provider::SignedNumbers::Shortest,
    };
    provider::Signing { scheme: site.settings.provider.signature, orders: site.callback_fields.clone(), numbers }
}

impl Provider for ProviderPlugin {
    fn verify(
        &self,
        delivery: &Delivery,
        site: &config::Site,
        keys: &[String],
        now: i64,
    ) -> Result<(), ProviderProblem> {
        provider::verify(delivery, &signing(site), keys, now).map_err(|rejection| match rejection {
            provider::Rejection::Missing(name) => problem("signature_missing", None, format!("{name} is missing")),
            provider::Rejection::Malformed(what) => problem("signature_malformed", None, what),
            provider::Rejection::Mismatch => problem("signature_mismatch", None, "no key of this site signed this"),
            provider::Rejection::OutsideWindow => {
                problem("signature_outside_window", None, "the delivery's time is too far from now")
            }
        })
    }

    fn decode(&self, delivery: &Delivery, site: &config::Site, now: i64) -> Result<PaymentEvent, Undecodable> {
        provider::decode(delivery, &site.settings, &signing(site), now).map_err(|error| {
            let (field, problem, detail) = match error {
                provider::DecodeError::Malformed(what) => (None, DeliveryProblem::Malformed, what),
                provider::DecodeError::Missing(field) => (Some(field), DeliveryProblem::Missing, "missing".to_owned()),
                provider::DecodeError::Invalid(FieldProblem { field, problem }) => {
                    (Some(field), DeliveryProblem::Invalid, problem)
                }
            };
            Undecodable { field, problem, detail }
        })
    }

    fn identify(&self, delivery: &Delivery, site: &config::Site) -> Identity {
        let provider::Identity { reference, transaction_ids, digest } = provider::identify(delivery, &signing(site));
        Identity { reference, transactions: transaction_ids, digest }
    }

    fn encode(&self, command: &Command, site: &config::Site) -> Result<ProviderRequest, ProviderProblem> {
        let secrets = &site.maldopay;
        let types = match site.request_types {
            RequestTypes::Always => provider::RequestTypes::Always,
            RequestTypes::WhereNeeded => provider::RequestTypes::WhereNeeded,
        };
        let credentials = provider::Credentials {
            api_key: secrets.api_key.expose_secret().to_owned(),
            // Requests are signed with the current key, which comes first.
            encrypting_key: secrets
                .encrypting_keys
                .first()
                .map_or_else(String::new, |key| key.expose_secret().to_owned()),
        };
        let request = provider::encode(command, &site.settings, &credentials, types).map_err(|error| match error {
            provider::EncodeError::UnknownMethod(_) => {
                problem("unknown_method", Some("method".to_owned()), "method: this site has no method of this name")
            }
            provider::EncodeError::Missing(field) => {
                problem("invalid_field", Some(field.clone()), format!("{field}: missing"))
            }
            provider::EncodeError::Invalid(field) => {
                problem("invalid_field", Some(field.field.clone()), format!("{}: {}", field.field, field.problem))
            }
        })?;
        Ok(ProviderRequest { method: request.method, path: request.path, headers: request.headers, body: request.body })
    }

    fn interpret(&self, command: &Command, status: u16, body: Vec<u8>) -> Result<PaymentEvent, ProviderProblem> {
        let response = provider::ProviderResponse { status, body };
        provider::interpret(command, &response).map_err(|error| match error {
            provider::InterpretError::Inconclusive(status) => {
                problem("inconclusive", None, format!("the status {status} does not say what came of it"))
            }
            provider::InterpretError::Unreadable(what) => problem("unreadable", None, what),
        })
    }

    fn details(&self, bodies: &[String], site: &config::Site) -> Vec<Vec<Detail>> {
        provider::details(bodies, &signing(site))
    }
}

/// The component behind `tollbridge:mapper/mapper`.
pub struct MapperPlugin;

/// The component behind `tollbridge:document-mapper/mapper`.
pub struct DocumentMapperPlugin;

/// The two mappers have the same interface under two names, and so two equal sets of bindings.
macro_rules! mapper {
    ($mapper:ident, $interface:ident) => {
        impl Mapper for $mapper {
            fn records(
                &self,
                payment: &Payment,
                events: &[PaymentEvent],
                site: &Site,
                document: &str,
            ) -> Result<Vec<RecordWrite>, MappingProblem> {
                $interface::records(payment, events, site, document).map_err(|error| match error {
                    $interface::MappingError::Missing(fact) => {
                        MappingProblem { field: fact, detail: "missing".to_owned() }
                    }
                    $interface::MappingError::Field(field) => {
                        MappingProblem { field: field.field, detail: field.problem }
                    }
                })
            }

            fn check(&self, document: &str) -> Result<(), Vec<MappingProblem>> {
                $interface::check(document).map_err(|problems| {
                    let problem = |found: FieldProblem| MappingProblem { field: found.field, detail: found.problem };
                    problems.into_iter().map(problem).collect()
                })
            }
        }
    };
}

mapper!(MapperPlugin, mapper);
mapper!(DocumentMapperPlugin, document_mapper);
