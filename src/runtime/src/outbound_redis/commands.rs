//! Classifies commands as reads and writes, for counting them.

use crate::bindings::fermyon::spin::redis::RedisParameter;

/// Commands that change nothing. All others count as writes.
const READS: [&str; 25] = [
    "DBSIZE",
    "ECHO",
    "EXISTS",
    "GET",
    "GETRANGE",
    "HEXISTS",
    "HGET",
    "HGETALL",
    "HLEN",
    "HMGET",
    "KEYS",
    "LLEN",
    "LRANGE",
    "MGET",
    "PING",
    "PTTL",
    "SCAN",
    "SCARD",
    "SISMEMBER",
    "SMEMBERS",
    "STRLEN",
    "TIME",
    "TTL",
    "TYPE",
    "ZRANGE",
];

/// Whether the command only reads.
pub(super) fn reads(command: &str) -> bool {
    READS.iter().any(|read| command.eq_ignore_ascii_case(read))
}

/// The values among the arguments of a command that sets keys.
pub(super) fn values_written<'a>(command: &str, arguments: &'a [RedisParameter]) -> impl Iterator<Item = &'a [u8]> {
    let keys = match command.to_ascii_uppercase().as_str() {
        "SET" => 1,
        "MSET" => arguments.len() / 2,
        _ => 0,
    };
    arguments.iter().skip(1).step_by(2).take(keys).filter_map(|argument| match argument {
        RedisParameter::Binary(value) => Some(value.as_slice()),
        RedisParameter::Int64(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_counts_as_a_write() {
        assert!(reads("MGET") && reads("get"));
        for command in ["SET", "MSET", "INCRBY", "DEL", "GETDEL", "EVAL", "FLUSHALL", "", "GET "] {
            assert!(!reads(command), "{command}");
        }
    }

    #[test]
    fn values_are_distinguished_from_keys_and_options() {
        let arguments = ["a", "1", "b", "22"].map(|text| RedisParameter::Binary(text.into()));
        assert_eq!(values_written("mset", &arguments).collect::<Vec<_>>(), [b"1".as_slice(), b"22"]);
        assert_eq!(values_written("SET", &arguments).collect::<Vec<_>>(), [b"1"]);
        assert_eq!(values_written("DEL", &arguments).count(), 0);
    }
}
