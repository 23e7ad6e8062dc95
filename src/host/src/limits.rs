//! The options of `tollbridge up` that limit what one client and one host may occupy.

use std::time::Duration;

use clap::value_parser;
use tollbridge_runtime::{INSTANCES, Limits};

/// The options that set limits.
#[derive(Clone, clap::Args)]
#[group(id = "limits")]
#[command(next_help_heading = "Limits")]
pub struct Arguments {
    /// Open connections; beyond that the answer is 503.
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = value_parser!(u32).range(1..))]
    connections: u32,
    /// Open connections from one IPv4 address or IPv6 network (/64). A proxy in front counts as one address.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = value_parser!(u32).range(1..))]
    connections_per_address: u32,
    /// Time limit for a request's head, and for an idle connection.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u32).range(1..))]
    head_wait: u32,
    /// Time limit for a request's body.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(1..))]
    body_wait: u32,
    /// The first part of that time, during which no byte has to arrive.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    body_start: u32,
    /// Bytes of a body that must arrive per second after that.
    #[arg(long, value_name = "BYTES", default_value_t = 16_384, value_parser = value_parser!(u32).range(1..))]
    body_rate: u32,
    /// Requests in the component at once, each of which may use 128 MiB.
    #[arg(long, value_name = "N", default_value_t = INSTANCES, value_parser = value_parser!(u32).range(1..=i64::from(INSTANCES)))]
    instances: u32,
    /// How long a request waits for an instance before the answer is 503.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    instance_wait: u32,
    /// Calls to one host at once, such as a site's Salesforce; the same number may wait. The default is a quarter of
    /// the instances.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    calls_per_host: Option<u32>,
    /// How long a waiting call waits before it counts as not sent.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = value_parser!(u32).range(1..))]
    call_wait: u32,
}

impl From<Arguments> for Limits {
    fn from(given: Arguments) -> Self {
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Limits {
            connections: number(given.connections),
            connections_per_address: number(given.connections_per_address),
            head_wait: seconds(given.head_wait),
            body_wait: seconds(given.body_wait),
            body_start: seconds(given.body_start),
            body_rate: number(given.body_rate),
            longest_body: Limits::default().longest_body,
            instances: number(given.instances),
            instance_wait: seconds(given.instance_wait),
            calls_per_host: number(given.calls_per_host.unwrap_or(given.instances.div_ceil(4))),
            call_wait: seconds(given.call_wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        limits: Arguments,
    }

    #[test]
    fn the_options_have_the_runtimes_defaults() {
        assert_eq!(Limits::from(CommandLine::parse_from(["up"]).limits), Limits::default());
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        assert!(CommandLine::try_parse_from(["up", "--connections", "0"]).is_err());
        let given = CommandLine::parse_from(["up", "--connections", "7", "--call-wait", "9"]).limits;
        let limits = Limits { connections: 7, call_wait: Duration::from_secs(9), ..Limits::default() };
        assert_eq!(Limits::from(given), limits);
        let few = Limits::from(CommandLine::parse_from(["up", "--instances", "10"]).limits);
        assert_eq!((few.instances, few.calls_per_host), (10, 3));
    }
}
