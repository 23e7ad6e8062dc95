//! Handles one request: routes and authenticates it, calls its handler, and does the deferred work after the response.

use tollbridge_ledger::Ledger;

use crate::clocks::Clocks;
use crate::config::{ApiKey, Config, ConfigProblem, Origins, Site};
use crate::health::Viewer;
use crate::http::authentication::{Caller, has_one_of};
use crate::http::message::Request;
use crate::http::problem::Problem;
use crate::http::reply::{DeferredWork, Reply};
use crate::http::routes::{Route, SiteRoute};
use crate::log::LogLine;
use crate::outbox::SalesforceSync;
use crate::ports::{MappingProblem, Ports};
use crate::site_context::SiteContext;
use crate::tracing::Trace;
use crate::trigger::Trigger;
use crate::{commands, erasure, finding, health, mappings, outbox, queries, reviews, webhook};

/// The gateway with its parsed configuration.
pub struct Gateway<'a> {
    ports: Ports<'a>,
    config: Result<Config, Vec<ConfigProblem>>,
    /// The callers' keys, known even where the configuration has problems.
    keys: Vec<ApiKey>,
}

impl<'a> Gateway<'a> {
    /// The gateway over these ports, with the two texts of the configuration. It may call these origins.
    #[must_use]
    pub fn new(ports: Ports<'a>, config: &str, secrets: &str, origins: Origins<'_>) -> Self {
        let (config, keys) = Config::read_with_keys(config, secrets, origins);
        Self { ports, config, keys }
    }

    /// Responds to a request, and returns the work that is left once the response was sent.
    #[must_use]
    pub fn handle(&self, mut request: Request) -> Reply {
        // With and without a slash at the end it is one route, and one command.
        if request.path.ends_with('/') {
            request.path.pop();
        }
        let started = self.ports.clock.now();
        let trace = Trace::of(&request, self.ports.random);
        let method = request.method.clone();
        let (route, name) = match Route::of(&request.method, &request.path) {
            Ok((route, name)) => (Ok(route), name),
            Err(problem) => (Err(problem), "none"),
        };
        // Where the secrets cannot be parsed, no caller's key is known to show the problems to. The log shows the first
        // one's place.
        let unusable = self.config.as_ref().err().and_then(|problems| problems.first());
        let place = unusable.filter(|_| matches!(route, Ok(Route::Ready))).map(|problem| problem.at.as_str());
        let result = route.and_then(|route| self.respond(route, request, &trace));
        let (mut reply, code) = match result {
            Ok(reply) => (reply, None),
            Err(problem) => (problem.response(&trace.correlation_id).into(), Some(problem.code)),
        };
        reply.response = reply.response.with_header("x-correlation-id", trace.correlation_id.to_string());
        let now = self.ports.clock.now();
        let payment = match &reply.deferred {
            DeferredWork::Sync { reference, .. } => Some(reference.as_str()),
            DeferredWork::None => None,
        };
        let line = LogLine {
            method: Some(&method),
            route: Some(name),
            payment,
            status: Some(reply.response.status),
            code,
            milliseconds: Some(now.milliseconds().saturating_sub(started.milliseconds())),
            place,
            ..LogLine::new(now, "request", &trace.correlation_id)
        };
        line.write(self.ports.sink);
        reply
    }

    fn viewer(&self, request: &Request) -> Viewer {
        if has_one_of(request, &self.keys) { Viewer::Authenticated } else { Viewer::Anonymous }
    }

    fn respond(&self, route: Route, request: Request, trace: &Trace) -> Result<Reply, Problem> {
        let clocks = Clocks::default();
        // MaldoPay's signature tells whether a callback can be read.
        if !matches!(route, Route::Webhook(_)) && request.is_encoded() {
            let detail = "the body is compressed or otherwise encoded: send it as it is, without Content-Encoding";
            return Err(Problem::new(415, "body_encoded", detail));
        }
        let parameters = route.parameters();
        let check = |request: &Request| parameters.map_or(Ok(()), |known| request.check_parameters(known));
        let route = match route {
            Route::Health => {
                check(&request)?;
                return Ok(health::alive().into());
            }
            Route::Ready => {
                check(&request)?;
                let viewer = self.viewer(&request);
                return Ok(health::ready(self.ports, &self.config, viewer).into());
            }
            Route::Webhook(name) => {
                let site = self.config(&request)?.site(&name);
                let site = site.ok_or_else(|| Problem::new(404, "not_found", "there is no site of this name"))?;
                return webhook::receive(self.ports, site, &self.ledger(site), trace, request);
            }
            Route::OpenPayment => {
                let caller = Caller::of(&request, self.config(&request)?)?;
                check(&request)?;
                let (site, body) = commands::read(&request, &caller)?;
                let ledger = self.ledger(site);
                return commands::open(&self.context(site, &ledger, trace, &clocks), &request, &body);
            }
            Route::Site(route) => route,
        };
        let caller = Caller::of(&request, self.config(&request)?)?;
        check(&request)?;
        let site = caller.only_site(&request)?;
        let ledger = self.ledger(site);
        let context = self.context(site, &ledger, trace, &clocks);
        let manual = SiteContext { trigger: Trigger::Manual, ..context };
        match route {
            SiteRoute::Operate(reference, operation) => commands::operate(&context, &request, &reference, operation),
            SiteRoute::Find => finding::find(site, &ledger, &request).map(Into::into),
            SiteRoute::Payment(reference) => queries::payment(site, &ledger, &reference).map(Into::into),
            SiteRoute::Events(reference) => queries::events(&ledger, &reference).map(Into::into),
            SiteRoute::Status(reference) => commands::status(&context, &reference),
            SiteRoute::Sync(reference) => outbox::sync_again(&manual, &reference).map(Into::into),
            SiteRoute::Erase(reference) => erasure::erase(&context, &request, &reference),
            SiteRoute::Journal => queries::journal(&ledger, &request).map(Into::into),
            SiteRoute::Reviews => reviews::list(self.ports, site, &ledger, &request).map(Into::into),
            SiteRoute::Resolve(reference) => reviews::resolve(&manual, &request, &reference).map(Into::into),
            SiteRoute::Mappings => mappings::list(site, &ledger).map(Into::into),
            SiteRoute::Mapping(name) => mappings::show(site, &ledger, &name).map(Into::into),
            SiteRoute::StoreMapping(name) => {
                mappings::store(self.ports, site, &ledger, trace, &request, &name).map(Into::into)
            }
            SiteRoute::MappingVersion(name, version) => mappings::version(&ledger, &name, version).map(Into::into),
            SiteRoute::ActivateMapping(name) => {
                mappings::activate(site, &ledger, trace, &request, &name).map(Into::into)
            }
            SiteRoute::RollMappingBack(name) => mappings::roll_back(site, &ledger, trace, &name).map(Into::into),
            SiteRoute::Differences(name) => mappings::differences(site, &ledger, &request, &name).map(Into::into),
            SiteRoute::Drain => {
                let trigger = outbox::trigger(&request)?;
                outbox::drain(&SiteContext { trigger, ..context }).map(Into::into)
            }
        }
    }

    /// The configuration, if it has no problem.
    fn config(&self, request: &Request) -> Result<&Config, Problem> {
        self.config.as_ref().map_err(|problems| not_configured(problems, self.viewer(request)))
    }

    /// Does the work that is left after a response. The drain does later whatever fails now.
    pub fn finish(&self, deferred: DeferredWork) {
        let DeferredWork::Sync { site, reference, sequence, trace } = deferred else { return };
        let Some(site) = self.config.as_ref().ok().and_then(|config| config.site(site.as_str())) else { return };
        let (ledger, clocks) = (self.ledger(site), Clocks::default());
        let context = self.context(site, &ledger, &trace, &clocks);
        if let Err(problem) = SalesforceSync::new(&context).sync(&reference, sequence, false) {
            let line = LogLine {
                site: Some(site.name.as_str()),
                payment: Some(reference.as_str()),
                code: Some(problem.code),
                ..LogLine::new(self.ports.clock.now(), "sync", &trace.correlation_id)
            };
            line.write(self.ports.sink);
        }
    }

    fn ledger(&self, site: &Site) -> Ledger<'a> {
        let Ports { store, clock, random, .. } = self.ports;
        Ledger::new(store, clock, random, site.name.clone(), site.ledger_keys())
    }

    /// The context of work that no operator triggers. Handlers that an operator calls set the trigger themselves.
    fn context<'b>(
        &self,
        site: &'b Site,
        ledger: &'b Ledger<'a>,
        trace: &'b Trace,
        clocks: &'b Clocks,
    ) -> SiteContext<'b>
    where
        'a: 'b,
    {
        SiteContext { ports: self.ports, site, ledger, trace, trigger: Trigger::Automatic, clocks }
    }
}

/// Refuses work while the configuration has problems. The problems contain no value of a secret.
fn not_configured(problems: &[ConfigProblem], viewer: Viewer) -> Problem {
    let detail = "the configuration cannot be used, so nothing was done: GET /readyz with a site's key says what is \
                  wrong and where";
    let visible = problems.iter().filter(|problem| viewer.may_see(problem));
    let visible = visible.map(|found| MappingProblem { field: found.at.clone(), detail: found.problem.clone() });
    Problem { problems: visible.collect(), ..Problem::new(503, "not_configured", detail) }
}
