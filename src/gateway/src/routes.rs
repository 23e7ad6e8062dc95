//! Which handler a method and a path belong to.

use tollbridge_domain::{MappingName, Operation, PaymentReference};

use crate::problem::Problem;

/// A route, with what its path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/payments`
    Open,
    /// `POST /v1/payments/{ref}/captures`, `…/refunds`, `…/voids`
    Operate(PaymentReference, Operation),
    /// `GET /v1/payments/{ref}`
    Payment(PaymentReference),
    /// `GET /v1/payments/{ref}/events`
    Events(PaymentReference),
    /// `POST /v1/payments/{ref}/status`
    Status(PaymentReference),
    /// `POST /v1/payments/{ref}/sync`
    Sync(PaymentReference),
    /// `POST /v1/payments/{ref}/erase`
    Erase(PaymentReference),
    /// `GET /v1/journal`
    Journal,
    /// `GET /v1/reviews`
    Reviews,
    /// `POST /v1/reviews/{ref}/resolve`
    Resolve(PaymentReference),
    /// `GET /v1/mappings`
    Mappings,
    /// `GET /v1/mappings/{name}`
    Mapping(MappingName),
    /// `PUT /v1/mappings/{name}`
    StoreMapping(MappingName),
    /// `GET /v1/mappings/{name}/versions/{version}`
    MappingVersion(MappingName, u64),
    /// `POST /v1/mappings/{name}/activate`
    ActivateMapping(MappingName),
    /// `POST /v1/mappings/{name}/rollback`
    RollMappingBack(MappingName),
    /// `GET /v1/mappings/{name}/differences`
    Differences(MappingName),
    /// `POST /v1/drain`
    Drain,
    /// `POST /webhooks/maldopay/{site}`
    Webhook(String),
    /// `GET /healthz`
    Health,
    /// `GET /readyz`
    Ready,
}

impl Route {
    /// The route's name in the log, without what its path names.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "/v1/payments",
            Self::Operate(_, Operation::Capture) => "/v1/payments/{ref}/captures",
            Self::Operate(_, Operation::Refund) => "/v1/payments/{ref}/refunds",
            Self::Operate(..) => "/v1/payments/{ref}/voids",
            Self::Payment(_) => "/v1/payments/{ref}",
            Self::Events(_) => "/v1/payments/{ref}/events",
            Self::Status(_) => "/v1/payments/{ref}/status",
            Self::Sync(_) => "/v1/payments/{ref}/sync",
            Self::Erase(_) => "/v1/payments/{ref}/erase",
            Self::Journal => "/v1/journal",
            Self::Reviews => "/v1/reviews",
            Self::Resolve(_) => "/v1/reviews/{ref}/resolve",
            Self::Mappings => "/v1/mappings",
            Self::Mapping(_) | Self::StoreMapping(_) => "/v1/mappings/{name}",
            Self::MappingVersion(..) => "/v1/mappings/{name}/versions/{version}",
            Self::ActivateMapping(_) => "/v1/mappings/{name}/activate",
            Self::RollMappingBack(_) => "/v1/mappings/{name}/rollback",
            Self::Differences(_) => "/v1/mappings/{name}/differences",
            Self::Drain => "/v1/drain",
            Self::Webhook(_) => "/webhooks/maldopay/{site}",
            Self::Health => "/healthz",
            Self::Ready => "/readyz",
        }
    }

    /// The route of a method and a path.
    ///
    /// # Errors
    /// There is nothing there, or not for this method.
    pub fn of(method: &str, path: &str) -> Result<Self, Problem> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let reference = |text: &str| PaymentReference::parse(text).map_err(|_| payment_not_found());
        let mapping = |text: &str| MappingName::parse(text).map_err(|_| mapping_not_found());
        let (expected, route) = match segments.as_slice() {
            ["v1", "payments"] => ("POST", Self::Open),
            ["v1", "payments", payment] => ("GET", Self::Payment(reference(payment)?)),
            ["v1", "payments", payment, "captures"] => ("POST", Self::Operate(reference(payment)?, Operation::Capture)),
            ["v1", "payments", payment, "refunds"] => ("POST", Self::Operate(reference(payment)?, Operation::Refund)),
            ["v1", "payments", payment, "voids"] => ("POST", Self::Operate(reference(payment)?, Operation::Void)),
            ["v1", "payments", payment, "events"] => ("GET", Self::Events(reference(payment)?)),
            ["v1", "payments", payment, "status"] => ("POST", Self::Status(reference(payment)?)),
            ["v1", "payments", payment, "sync"] => ("POST", Self::Sync(reference(payment)?)),
            ["v1", "payments", payment, "erase"] => ("POST", Self::Erase(reference(payment)?)),
            ["v1", "journal"] => ("GET", Self::Journal),
            ["v1", "reviews"] => ("GET", Self::Reviews),
            ["v1", "reviews", payment, "resolve"] => ("POST", Self::Resolve(reference(payment)?)),
            ["v1", "mappings"] => ("GET", Self::Mappings),
            ["v1", "mappings", name] if method == "PUT" => ("PUT", Self::StoreMapping(mapping(name)?)),
            ["v1", "mappings", name] => ("GET", Self::Mapping(mapping(name)?)),
            ["v1", "mappings", name, "versions", version] => {
                let version = version.parse().map_err(|_| mapping_not_found())?;
                ("GET", Self::MappingVersion(mapping(name)?, version))
            }
            ["v1", "mappings", name, "activate"] => ("POST", Self::ActivateMapping(mapping(name)?)),
            ["v1", "mappings", name, "rollback"] => ("POST", Self::RollMappingBack(mapping(name)?)),
            ["v1", "mappings", name, "differences"] => ("GET", Self::Differences(mapping(name)?)),
            ["v1", "drain"] => ("POST", Self::Drain),
            ["webhooks", "maldopay", site] => ("POST", Self::Webhook((*site).to_owned())),
            ["healthz"] => ("GET", Self::Health),
            ["readyz"] => ("GET", Self::Ready),
            _ => return Err(Problem::new(404, "not_found", "there is nothing at this path")),
        };
        if method == expected || (method == "HEAD" && expected == "GET") {
            Ok(route)
        } else {
            let problem = Problem::new(405, "method_not_allowed", format!("use {expected} here"));
            Err(Problem { allow: Some(expected), ..problem })
        }
    }
}

/// The answer about a mapping document that is not there.
pub fn mapping_not_found() -> Problem {
    Problem::new(404, "mapping_not_found", "this site has no mapping of this name and version")
}

/// The answer about a payment that is not there, or is another site's: the two look the same.
pub fn payment_not_found() -> Problem {
    Problem::new(404, "payment_not_found", "this site has no payment of this reference")
}
