//! The real provider and mapper, called natively.

use std::cell::{Cell, RefCell};

use secrecy::ExposeSecret as _;
use tollbridge_connector::types::{Command, Delivery, Detail, Header, Payment, PaymentEvent, RecordWrite, Site};
use tollbridge_domain::DeliveryProblem;
use tollbridge_maldopay::{Credentials, DecodeError, EncodeError, InterpretError, Rejection, Signing};

use super::{
    Identity, Mapper, MappingProblem, Provider, ProviderProblem, ProviderRequest, RequestTypes, SignedNumbers,
    Undecodable,
};

pub struct NativeProvider;

fn problem(code: &'static str, field: Option<&str>, detail: String) -> ProviderProblem {
    ProviderProblem { code, field: field.map(ToOwned::to_owned), detail }
}

fn signing(site: &super::ConfiguredSite) -> Signing<'_> {
    let numbers = match site.signed_numbers {
        SignedNumbers::AsWritten => tollbridge_maldopay::SignedNumbers::AsWritten,
        SignedNumbers::Shortest => tollbridge_maldopay::SignedNumbers::Shortest,
    };
    Signing { scheme: site.settings.provider.signature, orders: &site.callback_fields, numbers }
}

impl Provider for NativeProvider {
    fn verify(
        &self,
        delivery: &Delivery,
        site: &super::ConfiguredSite,
        keys: &[String],
        now: i64,
    ) -> Result<(), ProviderProblem> {
        tollbridge_maldopay::verify(delivery, signing(site), keys, now).map_err(|rejection| {
            let code = match rejection {
                Rejection::Missing(_) => "signature_missing",
                Rejection::Malformed(_) => "signature_malformed",
                Rejection::Mismatch => "signature_mismatch",
                Rejection::OutsideWindow => "signature_outside_window",
            };
            problem(code, None, rejection.to_string())
        })
    }

    fn decode(&self, delivery: &Delivery, site: &super::ConfiguredSite, now: i64) -> Result<PaymentEvent, Undecodable> {
        tollbridge_maldopay::decode(delivery, &site.settings, signing(site), now).map_err(|error| {
            let (field, problem, detail) = match error {
                DecodeError::Malformed(what) => (None, DeliveryProblem::Malformed, what),
                DecodeError::Missing(field) => (Some(field), DeliveryProblem::Missing, "missing".to_owned()),
                DecodeError::Invalid { field, problem } => (Some(field), DeliveryProblem::Invalid, problem),
            };
            Undecodable { field: field.map(ToOwned::to_owned), problem, detail }
        })
    }

    fn identify(&self, delivery: &Delivery, site: &super::ConfiguredSite) -> Identity {
        let tollbridge_maldopay::Identity { reference, transactions, digest } =
            tollbridge_maldopay::identify(delivery, signing(site));
        Identity { reference, transactions, digest }
    }

    fn encode(&self, command: &Command, site: &super::ConfiguredSite) -> Result<ProviderRequest, ProviderProblem> {
        let secrets = &site.maldopay;
        let types = match site.request_types {
            RequestTypes::Always => tollbridge_maldopay::RequestTypes::Always,
            RequestTypes::WhereNeeded => tollbridge_maldopay::RequestTypes::WhereNeeded,
        };
        let credentials = Credentials {
            api_key: secrets.api_key.expose_secret().to_owned(),
            encrypting_key: secrets.encrypting_keys[0].expose_secret().to_owned(),
        };
        let request =
            tollbridge_maldopay::encode(command, &site.settings, &credentials, types).map_err(
                |error| match &error {
                    EncodeError::UnknownMethod(_) => problem("unknown_method", Some("method"), error.to_string()),
                    EncodeError::Missing(field) | EncodeError::Invalid { field, .. } => {
                        problem("invalid_field", Some(field), error.to_string())
                    }
                },
            )?;
        let header = |(name, value): (&str, &str)| Header { name: name.to_owned(), value: value.to_owned() };
        Ok(ProviderRequest {
            method: "POST".to_owned(),
            path: request.path.to_owned(),
            headers: request.headers.into_iter().map(header).collect(),
            body: request.body,
        })
    }

    fn interpret(&self, command: &Command, status: u16, body: Vec<u8>) -> Result<PaymentEvent, ProviderProblem> {
        tollbridge_maldopay::interpret(command, status, &body).map_err(|error| {
            let code = match error {
                InterpretError::Inconclusive(_) => "inconclusive",
                InterpretError::Unreadable(_) => "unreadable",
            };
            problem(code, None, error.to_string())
        })
    }

    fn details(&self, bodies: &[String], site: &super::ConfiguredSite) -> Vec<Vec<Detail>> {
        bodies.iter().map(|body| tollbridge_maldopay::details(body, signing(site))).collect()
    }
}

pub struct NativeMapper;

impl Mapper for NativeMapper {
    fn records(
        &self,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
        _document: &str,
    ) -> Result<Vec<RecordWrite>, MappingProblem> {
        tollbridge_records::records(payment, events, site)
            .map_err(|error| MappingProblem { field: error.field, detail: error.problem })
    }

    fn check(&self, _document: &str) -> Result<(), Vec<MappingProblem>> {
        Ok(())
    }
}

/// A mapper of documents. The text of a document is the status to write on the order, after the payment's record. A
/// text with `bad` is invalid, one with `fails` maps nothing, and one with `dies` traps.
#[derive(Default)]
pub struct DocumentMapperDouble {
    /// The number of calls.
    pub mapped: Cell<u32>,
    /// The additional data of the last call: of the payment, and of each event.
    pub details: RefCell<(Vec<Detail>, Vec<Vec<Detail>>)>,
}

impl Mapper for DocumentMapperDouble {
    fn records(
        &self,
        payment: &Payment,
        events: &[PaymentEvent],
        site: &Site,
        document: &str,
    ) -> Result<Vec<RecordWrite>, MappingProblem> {
        self.mapped.set(self.mapped.get() + 1);
        let of_events = events.iter().map(|event| event.details.clone()).collect();
        self.details.replace((payment.details.clone(), of_events));
        assert!(!document.contains("dies"), "the mapper trapped");
        if document.contains("fails") {
            return Err(MappingProblem { field: "order: Status__c".to_owned(), detail: "no number".to_owned() });
        }
        let mut records = NativeMapper.records(payment, events, site, "")?;
        for field in records.iter_mut().flat_map(|record| &mut record.fields) {
            if field.name == "MaldoPay_Status__c" {
                field.value = serde_json::Value::from(document).to_string();
            }
        }
        Ok(records)
    }

    fn check(&self, document: &str) -> Result<(), Vec<MappingProblem>> {
        if !document.contains("bad") {
            return Ok(());
        }
        let problem = |line: u32| MappingProblem { field: format!("line {line}"), detail: "bad".to_owned() };
        Err(vec![problem(1), problem(2)])
    }
}
