//! One request from its arrival to its answer, and the work after the answer.

use tollbridge_ledger::Ledger;

use crate::answer::{After, Answered, Request, Response};
use crate::auth::{Caller, has_one_of};
use crate::commands::{self, Context};
use crate::config::{ApiKey, Config, ConfigProblem, Site};
use crate::health::Asker;
use crate::log::Line;
use crate::ports::{MappingProblem, Ports};
use crate::problem::Problem;
use crate::routes::Route;
use crate::salesforce::Occasion;
use crate::sync::{Outcome, Telling};
use crate::tracing::Trace;
use crate::{drain, erasure, health, inquiries, mappings, reviews, webhook};

/// The gateway with its configuration read.
pub struct Gateway<'a> {
    ports: Ports<'a>,
    config: Result<Config, Vec<ConfigProblem>>,
    /// The callers' keys, also where the configuration cannot be used.
    keys: Vec<ApiKey>,
}

impl<'a> Gateway<'a> {
    /// The gateway over these ports, with the two texts of its configuration.
    #[must_use]
    pub fn new(ports: Ports<'a>, config: &str, secrets: &str) -> Self {
        let (config, keys) = Config::read_with_keys(config, secrets);
        Self { ports, config, keys }
    }

    /// Answers a request, and says what is left to do once the answer was handed over.
    #[must_use]
    pub fn handle(&self, request: Request) -> Answered {
        let started = self.ports.clock.now();
        let trace = Trace::of(&request, self.ports.random);
        let method = request.method.clone();
        let route = Route::of(&request.method, &request.path);
        // Whoever deploys has no key that could be known, where it is the secrets that cannot be read.
        let unusable = self.config.as_ref().err().and_then(|problems| problems.first());
        let place = unusable.filter(|_| matches!(route, Ok(Route::Ready))).map(|problem| problem.at.as_str());
        let name = route.as_ref().map_or("none", Route::name);
        let answered = route.and_then(|route| self.answer(route, request, &trace));
        let (mut answered, code) = match answered {
            Ok(answered) => (answered, None),
            Err(problem) => (problem.response(&trace.correlation_id).into(), Some(problem.code)),
        };
        answered.response = answered.response.with_header("x-correlation-id", trace.correlation_id.to_string());
        let now = self.ports.clock.now();
        let payment = match &answered.after {
            After::Tell { reference, .. } => Some(reference.as_str()),
            After::Nothing => None,
        };
        let line = Line {
            method: Some(&method),
            route: Some(name),
            payment,
            status: Some(answered.response.status),
            code,
            milliseconds: Some(now.milliseconds().saturating_sub(started.milliseconds())),
            place,
            ..Line::new(now, "request", &trace.correlation_id)
        };
        line.write(self.ports.sink);
        answered
    }

    fn asker(&self, request: &Request) -> Asker {
        if has_one_of(request, &self.keys) { Asker::Known } else { Asker::Anybody }
    }

    fn answer(&self, route: Route, request: Request, trace: &Trace) -> Result<Answered, Problem> {
        match route {
            Route::Health => return Ok(health::alive().into()),
            Route::Ready => {
                let asker = self.asker(&request);
                return Ok(health::ready(self.ports, &self.config, asker).into());
            }
            Route::Open | Route::Operate(..) | Route::Payment(_) | Route::Events(_) => {}
            Route::Status(_) | Route::Sync(_) | Route::Erase(_) | Route::Journal | Route::Drain | Route::Webhook(_) => {
            }
            Route::Reviews | Route::Resolve(_) | Route::Mappings | Route::Mapping(_) | Route::StoreMapping(_) => {}
            Route::MappingVersion(..) | Route::ActivateMapping(_) | Route::RollMappingBack(_) => {}
            Route::Differences(_) => {}
        }
        let config = self.config.as_ref().map_err(|problems| not_configured(problems, self.asker(&request)))?;
        if let Route::Webhook(name) = &route {
            let site =
                config.site(name).ok_or_else(|| Problem::new(404, "not_found", "there is no site of this name"))?;
            return webhook::receive(self.ports, site, &self.ledger(site), trace, request);
        }
        let caller = Caller::of(&request, config)?;
        if route == Route::Open {
            let (site, body) = commands::read(&request, &caller)?;
            let ledger = self.ledger(site);
            let context = Context { ports: self.ports, site, ledger: &ledger, trace };
            return commands::open(&context, &request, &body);
        }
        let site = caller.only_site(&request)?;
        let ledger = self.ledger(site);
        match route {
            Route::Operate(reference, operation) => {
                let context = Context { ports: self.ports, site, ledger: &ledger, trace };
                commands::operate(&context, &request, &reference, operation)
            }
            Route::Payment(reference) => inquiries::payment(site, &ledger, &reference).map(Into::into),
            Route::Events(reference) => inquiries::events(&ledger, &reference).map(Into::into),
            Route::Status(reference) => {
                let context = Context { ports: self.ports, site, ledger: &ledger, trace };
                commands::status(&context, &reference)
            }
            Route::Sync(reference) => {
                let sequence = ledger.history(&reference)?.last_sequence();
                let outcome = self.telling(site, &ledger, trace, Occasion::Asked).tell(&reference, sequence, true)?;
                if matches!(outcome, Outcome::Deferred | Outcome::Paused) {
                    // All of it may have been told before, and then no drain would come to it again.
                    ledger.reopen(&reference, sequence, &trace.correlation_id)?;
                }
                inquiries::payment(site, &ledger, &reference).map(Into::into)
            }
            Route::Erase(reference) => {
                let context = Context { ports: self.ports, site, ledger: &ledger, trace };
                erasure::erase(&context, &request, &reference)
            }
            Route::Journal => inquiries::journal(&ledger, &request).map(Into::into),
            Route::Reviews => reviews::list(self.ports, site, &ledger, &request).map(Into::into),
            Route::Resolve(reference) => {
                let telling = self.telling(site, &ledger, trace, Occasion::Asked);
                reviews::resolve(&telling, &request, &reference).map(Into::into)
            }
            Route::Mappings => mappings::list(&ledger).map(Into::into),
            Route::Mapping(name) => mappings::show(&ledger, &name).map(Into::into),
            Route::StoreMapping(name) => mappings::store(self.ports, &ledger, trace, &request, &name).map(Into::into),
            Route::MappingVersion(name, version) => mappings::version(&ledger, &name, version).map(Into::into),
            Route::ActivateMapping(name) => mappings::activate(&ledger, trace, &request, &name).map(Into::into),
            Route::RollMappingBack(name) => mappings::roll_back(&ledger, trace, &name).map(Into::into),
            Route::Differences(name) => mappings::differences(&ledger, &request, &name).map(Into::into),
            Route::Drain => {
                let occasion = drain::occasion(&request)?;
                drain::drain(&self.telling(site, &ledger, trace, occasion)).map(Into::into)
            }
            Route::Open | Route::Webhook(_) | Route::Health | Route::Ready => Ok(Response::text(404, "").into()),
        }
    }

    /// Does what is left after an answer. What it cannot do now, the drain does later.
    pub fn finish(&self, after: After) {
        let After::Tell { site, reference, sequence, trace } = after else { return };
        let Some(site) = self.config.as_ref().ok().and_then(|config| config.site(site.as_str())) else { return };
        let ledger = self.ledger(site);
        if let Err(problem) = self.telling(site, &ledger, &trace, Occasion::News).tell(&reference, sequence, false) {
            let line = Line {
                site: Some(site.name.as_str()),
                payment: Some(reference.as_str()),
                code: Some(problem.code),
                ..Line::new(self.ports.clock.now(), "sync", &trace.correlation_id)
            };
            line.write(self.ports.sink);
        }
    }

    fn ledger(&self, site: &Site) -> Ledger<'a> {
        let Ports { store, clock, random, .. } = self.ports;
        Ledger::new(store, clock, random, site.name.clone(), site.ledger_keys())
    }

    fn telling<'b>(&self, site: &'b Site, ledger: &'b Ledger<'a>, trace: &'b Trace, occasion: Occasion) -> Telling<'b>
    where
        'a: 'b,
    {
        Telling { ports: self.ports, site, ledger, trace, occasion }
    }
}

/// Nothing is done with a configuration that cannot be used. What is wrong is said without any value of a secret.
fn not_configured(problems: &[ConfigProblem], asker: Asker) -> Problem {
    let detail = "the configuration cannot be used, so nothing was done: GET /readyz with a site's key says what is wrong \
                  and where";
    let said = problems.iter().filter(|problem| asker.may_know(problem));
    let said = said.map(|found| MappingProblem { field: found.at.clone(), detail: found.problem.clone() });
    Problem { problems: said.collect(), ..Problem::new(503, "not_configured", detail) }
}
