//! What a component gets from Redis, what it is denied, and what the runtime counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tollbridge_tests::redis::RedisServer;

use super::wit::{HostConnection as _, RedisParameter, RedisResult};
use super::*;
use crate::allowed_hosts::AllowedHosts;
use crate::counters::{Counters, Meter};
use crate::host::Services;
use crate::log::Log;
use crate::outbound::Outbound;
use crate::store::{GuardedStore, MemoryBackend, StoreFaults};

/// The host of a component with this entry in `allowed_outbound_hosts`.
fn host(entry: &str) -> (Host, StoreFaults) {
    let allowed = Arc::new(AllowedHosts::parse([entry.to_owned()]).unwrap());
    let meter = Arc::new(Meter::default());
    let faults = StoreFaults::default();
    let services = Services {
        variables: BTreeMap::new(),
        stores: BTreeSet::new(),
        store: GuardedStore::new(Arc::new(MemoryBackend::default()), meter.clone(), faults.clone()),
        outbound: Outbound::new(allowed.clone(), meter.clone(), crate::limits::Limits::default()),
        allowed,
        meter,
        log: Log::Inherit,
        clock: crate::clock::ClockOffset::default(),
        redis_clock: crate::clock::ClockOffset::default(),
    };
    (Host::new(Arc::new(services)), faults)
}

/// A host with a connection to its own server. Each call may use a new handle to it.
async fn connected() -> (RedisServer, Host, StoreFaults, impl Fn() -> Resource<RedisConnection>) {
    let server = RedisServer::start().unwrap();
    let (mut host, faults) = host("redis://127.0.0.1:*");
    let number = reported(host.open(server.url()).await).unwrap().rep();
    (server, host, faults, move || Resource::new_own(number))
}

fn reported<T>(result: Result<T, RedisFailure>) -> Result<T, wit::Error> {
    result.map_err(|failure| super::reported(failure).unwrap())
}

fn binary(texts: &[&str]) -> Vec<RedisParameter> {
    texts.iter().map(|text| RedisParameter::Binary(text.as_bytes().to_vec())).collect()
}

/// The results as text, for comparison.
fn shown(results: Vec<RedisResult>) -> Vec<String> {
    results
        .into_iter()
        .map(|result| match result {
            RedisResult::Nil => "nil".to_owned(),
            RedisResult::Status(text) => format!("status {text}"),
            RedisResult::Int64(number) => format!("number {number}"),
            RedisResult::Binary(bytes) => format!("bytes {}", String::from_utf8(bytes).unwrap()),
        })
        .collect()
}

#[tokio::test]
async fn only_allowed_servers_can_be_connected_to() {
    let server = RedisServer::start().unwrap();
    let url = server.url();
    for entry in ["http://127.0.0.1:*", "redis://127.0.0.1", "redis://localhost:*", "rediss://127.0.0.1:*"] {
        let (mut host, _) = host(entry);
        let refused = reported(host.open(url.clone()).await);
        assert!(matches!(refused, Err(wit::Error::InvalidAddress)), "{entry}: {refused:?}");
    }
    let (mut host, _) = host("redis://127.0.0.1:*");
    for address in ["", "127.0.0.1", "http://127.0.0.1", "redis://127.0.0.1@localhost", "unix:///run/redis.sock"] {
        let refused = reported(host.open(address.to_owned()).await);
        assert!(matches!(refused, Err(wit::Error::InvalidAddress)), "{address}: {refused:?}");
    }
    assert!(reported(host.open(url).await).is_ok());
}

#[tokio::test]
async fn an_unreachable_server_is_an_error_without_the_password() {
    let mut server = RedisServer::start().unwrap();
    server.kill().unwrap();
    let (mut host, _) = host("redis://127.0.0.1:*");
    let address = format!("redis://:hidden@127.0.0.1:{}", server.port());
    let Err(wit::Error::Other(problem)) = reported(host.open(address).await) else { panic!("there is no server") };
    assert!(!problem.contains("hidden"), "{problem}");
}

#[tokio::test]
async fn connections_are_limited_and_released() {
    let (server, mut host, _, on) = connected().await;
    for _ in 1..MOST_CONNECTIONS {
        reported(host.open(server.url()).await).unwrap();
    }
    assert!(matches!(reported(host.open(server.url()).await), Err(wit::Error::TooManyConnections)));
    host.drop(on()).await.unwrap();
    reported(host.open(server.url()).await).unwrap();
}

#[tokio::test]
async fn every_operation_sends_its_command() {
    let (_server, mut host, _, on) = connected().await;
    assert_eq!(reported(host.get(on(), "key".to_owned()).await).unwrap(), None);
    reported(host.set(on(), "key".to_owned(), b"\x00value".to_vec()).await).unwrap();
    assert_eq!(reported(host.get(on(), "key".to_owned()).await).unwrap(), Some(b"\x00value".to_vec()));
    assert_eq!(reported(host.incr(on(), "n".to_owned()).await).unwrap(), 1);
    assert_eq!(reported(host.incr(on(), "n".to_owned()).await).unwrap(), 2);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    assert_eq!(reported(host.sadd(on(), "set".to_owned(), texts(&["a", "b"])).await).unwrap(), 2);
    assert_eq!(reported(host.sadd(on(), "set".to_owned(), texts(&["a"])).await).unwrap(), 0);
    let mut members = reported(host.smembers(on(), "set".to_owned()).await).unwrap();
    members.sort();
    assert_eq!(members, ["a", "b"]);
    assert_eq!(reported(host.srem(on(), "set".to_owned(), texts(&["a", "c"])).await).unwrap(), 1);
    assert_eq!(reported(host.del(on(), texts(&["key", "n", "absent"])).await).unwrap(), 2);
    reported(host.publish(on(), "channel".to_owned(), b"to nobody".to_vec()).await).unwrap();
}

#[tokio::test]
async fn a_commands_answer_is_a_flat_list() {
    let (_server, mut host, _, on) = connected().await;
    let set = host.execute(on(), "MSET".to_owned(), binary(&["a", "1", "b", "22"])).await;
    assert_eq!(shown(reported(set).unwrap()), ["status OK"]);
    let add = vec![RedisParameter::Binary(b"n".to_vec()), RedisParameter::Int64(-7)];
    assert_eq!(shown(reported(host.execute(on(), "INCRBY".to_owned(), add).await).unwrap()), ["number -7"]);
    let got = host.execute(on(), "MGET".to_owned(), binary(&["a", "absent", "b"])).await;
    assert_eq!(shown(reported(got).unwrap()), ["bytes 1", "nil", "bytes 22"]);
    let nested = host.execute(on(), "EVAL".to_owned(), binary(&["return {1, {'two', {}}}", "0"])).await;
    assert_eq!(shown(reported(nested).unwrap()), ["number 1", "bytes two"]);
}

#[tokio::test]
async fn the_servers_clock_is_this_machines_until_it_is_moved() {
    let (_server, mut host, _, on) = connected().await;
    for ahead in [0, 3600] {
        host.services.redis_clock.advance(std::time::Duration::from_secs(ahead));
        let answer = shown(reported(host.execute(on(), "TIME".to_owned(), Vec::new()).await).unwrap());
        assert_eq!(answer.len(), 2, "seconds and microseconds: {answer:?}");
        let seconds: u64 = answer[0].strip_prefix("bytes ").unwrap().parse().unwrap();
        let machine = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        assert!(seconds.abs_diff(machine + ahead) < 5, "{seconds}, and here it is {machine}");
    }
}

#[tokio::test]
async fn a_wrong_type_has_its_own_error() {
    let (_server, mut host, _, on) = connected().await;
    reported(host.set(on(), "text".to_owned(), b"text".to_vec()).await).unwrap();
    assert!(matches!(reported(host.incr(on(), "text".to_owned()).await), Err(wit::Error::TypeError)));
    let added = host.sadd(on(), "text".to_owned(), vec!["a".to_owned()]).await;
    assert!(matches!(reported(added), Err(wit::Error::TypeError)));
    let unknown = host.execute(on(), "NOSUCH".to_owned(), Vec::new()).await;
    assert!(matches!(reported(unknown), Err(wit::Error::Other(_))));
}

#[tokio::test]
async fn operations_are_counted_and_fail_on_demand() {
    let (_server, mut host, faults, on) = connected().await;
    reported(host.execute(on(), "MSET".to_owned(), binary(&["a", "1", "b", "22"])).await).unwrap();
    reported(host.execute(on(), "MGET".to_owned(), binary(&["a", "b"])).await).unwrap();
    reported(host.get(on(), "b".to_owned()).await).unwrap();
    reported(host.del(on(), vec!["b".to_owned()]).await).unwrap();
    let counted = Counters {
        store_reads: 2,
        store_writes: 2,
        store_bytes_read: 5,
        store_bytes_written: 3,
        ..Counters::default()
    };
    assert_eq!(host.services.meter.snapshot(0), counted);

    faults.fail_writes(true);
    assert!(reported(host.execute(on(), "INCRBY".to_owned(), binary(&["n", "1"])).await).is_err());
    assert!(reported(host.execute(on(), "MGET".to_owned(), binary(&["n"])).await).is_ok());
    faults.fail_all(true);
    assert!(reported(host.get(on(), "n".to_owned()).await).is_err());
    faults.fail_all(false);
    faults.fail_writes(false);
    assert_eq!(reported(host.get(on(), "n".to_owned()).await).unwrap(), None, "what failed was not carried out");

    faults.spoil_batch_reads(true);
    let got = host.execute(on(), "MGET".to_owned(), binary(&["absent", "a"])).await;
    assert_eq!(shown(reported(got).unwrap()), ["bytes 1"]);
}
