//! Whether the store can be used, and keeps what it acknowledges.

use std::path::Path;

use tollbridge_runtime::{RedisUrl, StoreLocation, durability};

use super::clock;
use super::findings::{Area, Findings};

/// Checks the Redis server, or else the folder.
pub async fn check(findings: &mut Findings, folder: &Path, redis: Option<&str>) {
    let (state, shown) = match redis.map(str::parse::<RedisUrl>) {
        Some(Ok(url)) => (StoreLocation::Redis(url.clone()), format!("the Redis server at {url}")),
        Some(Err(error)) => {
            let advice = "correct --redis, TOLLBRIDGE_REDIS or the variable redis_url";
            return findings.problem(Area::Store, None, error.to_string(), advice);
        }
        None => (StoreLocation::Directory(folder.to_owned()), format!("SQLite in {}", folder.display())),
    };
    let durability = match durability(&state).await {
        Ok(Some(durability)) => durability,
        Ok(None) => {
            let what = format!("there is no store in {} yet", folder.display());
            let advice = "`tollbridge up` creates it; name another folder with --state, or a Redis server with --redis";
            return findings.note(Area::Store, None, what, advice);
        }
        Err(error) => {
            let advice = "the gateway answers 503 without its store: make it reachable for this user";
            return findings.problem(Area::Store, None, error.to_string(), advice);
        }
    };
    let hidden: Vec<&str> =
        durability.settings.iter().filter(|setting| setting.value.is_none()).map(|setting| setting.name).collect();
    let settings = durability.settings.iter().filter_map(|setting| {
        let value = setting.value.as_ref()?;
        Some(format!("{} {value}", setting.name))
    });
    let settings = settings.collect::<Vec<_>>().join(", ");
    if let Some(weakness) = durability.weakness {
        let advice = "what was acknowledged to MaldoPay must not be lost: change these settings of the store";
        findings.problem(Area::Store, None, format!("{shown} {weakness}"), advice);
    } else if hidden.is_empty() {
        findings.ok(Area::Store, None, format!("{shown} keeps what it acknowledged: {settings}"));
    } else {
        let what = format!("{shown} does not reveal {}", hidden.join(", "));
        let advice = "see that it has appendonly yes, appendfsync always and maxmemory-policy noeviction";
        findings.note(Area::Store, None, what, advice);
    }
    if let Some(time) = durability.server_time.and_then(|time| jiff::Timestamp::try_from(time).ok()) {
        clock::compare(findings, None, "Redis", time, jiff::Timestamp::now());
    }
}
