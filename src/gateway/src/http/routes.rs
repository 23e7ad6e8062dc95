//! The table of routes.

use tollbridge_domain::{MappingName, Operation, PaymentReference};

use crate::http::problem::Problem;

/// A route, with the names in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /healthz`
    Health,
    /// `GET /readyz`
    Ready,
    /// `POST /webhooks/maldopay/{site}`
    Webhook(String),
    /// `POST /v1/payments`. The site is in its body.
    OpenPayment,
    /// A route of one of the caller's sites.
    Site(SiteRoute),
}

/// A route for one of the caller's sites: the one in `?site=`, or their only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SiteRoute {
    /// `GET /v1/payments?source=…`
    Find,
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
}

/// A route with the method that its path allows besides `HEAD`, and its name in the log, which omits the names in the
/// path.
struct RouteMatch {
    route: Route,
    method: &'static str,
    name: &'static str,
}

impl RouteMatch {
    fn new(method: &'static str, name: &'static str, route: Route) -> Self {
        Self { route, method, name }
    }

    fn of_site(method: &'static str, name: &'static str, route: SiteRoute) -> Self {
        Self::new(method, name, Route::Site(route))
    }
}

impl Route {
    /// The query parameters that it takes. `None` for a webhook: its address was given to MaldoPay, and a callback is
    /// never refused for what comes with the address.
    pub fn parameters(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Webhook(_) => None,
            Self::Health | Self::Ready | Self::OpenPayment => Some(&[]),
            Self::Site(route) => Some(route.parameters()),
        }
    }

    /// The route of a method and a path, with the route's name in the log.
    ///
    /// # Errors
    /// The path has no route, or not for this method.
    pub fn of(method: &str, path: &str) -> Result<(Self, &'static str), Problem> {
        let matched = matched(method, path)?;
        if method == matched.method || (method == "HEAD" && matched.method == "GET") {
            return Ok((matched.route, matched.name));
        }
        let problem = Problem::new(405, "method_not_allowed", format!("use {} here", matched.method));
        Err(Problem { allow: Some(matched.method), ..problem })
    }
}

impl SiteRoute {
    fn parameters(&self) -> &'static [&'static str] {
        match self {
            Self::Find => &["site", "source", "number", "transaction", "invoice", "limit"],
            Self::Journal | Self::Reviews | Self::Differences(_) => &["site", "after", "limit"],
            Self::Drain => &["site", "resume"],
            Self::Operate(..)
            | Self::Payment(_)
            | Self::Events(_)
            | Self::Status(_)
            | Self::Sync(_)
            | Self::Erase(_)
            | Self::Resolve(_)
            | Self::Mappings
            | Self::Mapping(_)
            | Self::StoreMapping(_)
            | Self::MappingVersion(..)
            | Self::ActivateMapping(_)
            | Self::RollMappingBack(_) => &["site"],
        }
    }
}

/// The route of a path. This is the only table of the routes.
fn matched(method: &str, path: &str) -> Result<RouteMatch, Problem> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let reference = |text: &str| PaymentReference::parse(text).map_err(|_| payment_not_found());
    let mapping = |text: &str| MappingName::parse(text).map_err(|_| mapping_not_found());
    Ok(match segments.as_slice() {
        ["healthz"] => RouteMatch::new("GET", "/healthz", Route::Health),
        ["readyz"] => RouteMatch::new("GET", "/readyz", Route::Ready),
        ["webhooks", "maldopay", site] => {
            RouteMatch::new("POST", "/webhooks/maldopay/{site}", Route::Webhook((*site).to_owned()))
        }
        ["v1", "payments"] if matches!(method, "GET" | "HEAD") => {
            RouteMatch::of_site("GET", "/v1/payments", SiteRoute::Find)
        }
        ["v1", "payments"] => RouteMatch::new("POST", "/v1/payments", Route::OpenPayment),
        ["v1", "payments", payment] => {
            RouteMatch::of_site("GET", "/v1/payments/{ref}", SiteRoute::Payment(reference(payment)?))
        }
        ["v1", "payments", payment, "captures"] => {
            let route = SiteRoute::Operate(reference(payment)?, Operation::Capture);
            RouteMatch::of_site("POST", "/v1/payments/{ref}/captures", route)
        }
        ["v1", "payments", payment, "refunds"] => {
            let route = SiteRoute::Operate(reference(payment)?, Operation::Refund);
            RouteMatch::of_site("POST", "/v1/payments/{ref}/refunds", route)
        }
        ["v1", "payments", payment, "voids"] => {
            let route = SiteRoute::Operate(reference(payment)?, Operation::Void);
            RouteMatch::of_site("POST", "/v1/payments/{ref}/voids", route)
        }
        ["v1", "payments", payment, "events"] => {
            RouteMatch::of_site("GET", "/v1/payments/{ref}/events", SiteRoute::Events(reference(payment)?))
        }
        ["v1", "payments", payment, "status"] => {
            RouteMatch::of_site("POST", "/v1/payments/{ref}/status", SiteRoute::Status(reference(payment)?))
        }
        ["v1", "payments", payment, "sync"] => {
            RouteMatch::of_site("POST", "/v1/payments/{ref}/sync", SiteRoute::Sync(reference(payment)?))
        }
        ["v1", "payments", payment, "erase"] => {
            RouteMatch::of_site("POST", "/v1/payments/{ref}/erase", SiteRoute::Erase(reference(payment)?))
        }
        ["v1", "journal"] => RouteMatch::of_site("GET", "/v1/journal", SiteRoute::Journal),
        ["v1", "reviews"] => RouteMatch::of_site("GET", "/v1/reviews", SiteRoute::Reviews),
        ["v1", "reviews", payment, "resolve"] => {
            RouteMatch::of_site("POST", "/v1/reviews/{ref}/resolve", SiteRoute::Resolve(reference(payment)?))
        }
        ["v1", "mappings"] => RouteMatch::of_site("GET", "/v1/mappings", SiteRoute::Mappings),
        ["v1", "mappings", name] if method == "PUT" => {
            RouteMatch::of_site("PUT", "/v1/mappings/{name}", SiteRoute::StoreMapping(mapping(name)?))
        }
        ["v1", "mappings", name] => {
            RouteMatch::of_site("GET", "/v1/mappings/{name}", SiteRoute::Mapping(mapping(name)?))
        }
        ["v1", "mappings", name, "versions", version] => {
            let version = version.parse().map_err(|_| mapping_not_found())?;
            let route = SiteRoute::MappingVersion(mapping(name)?, version);
            RouteMatch::of_site("GET", "/v1/mappings/{name}/versions/{version}", route)
        }
        ["v1", "mappings", name, "activate"] => {
            RouteMatch::of_site("POST", "/v1/mappings/{name}/activate", SiteRoute::ActivateMapping(mapping(name)?))
        }
        ["v1", "mappings", name, "rollback"] => {
            RouteMatch::of_site("POST", "/v1/mappings/{name}/rollback", SiteRoute::RollMappingBack(mapping(name)?))
        }
        ["v1", "mappings", name, "differences"] => {
            RouteMatch::of_site("GET", "/v1/mappings/{name}/differences", SiteRoute::Differences(mapping(name)?))
        }
        ["v1", "drain"] => RouteMatch::of_site("POST", "/v1/drain", SiteRoute::Drain),
        _ => return Err(Problem::new(404, "not_found", "there is nothing at this path")),
    })
}

/// The problem of a mapping document that does not exist.
pub fn mapping_not_found() -> Problem {
    Problem::new(404, "mapping_not_found", "this site has no mapping of this name and version")
}

/// The problem of a payment that does not exist or belongs to another site. The two look the same.
pub fn payment_not_found() -> Problem {
    Problem::new(404, "payment_not_found", "this site has no payment of this reference")
}

#[cfg(test)]
mod tests;
