//! The scenarios: for each, the store and processes, the faults, and the size.

use std::time::Duration;

use tollbridge_runtime::RandomFaults;
use tollbridge_tests::redis::RedisServer;

use crate::gateway::{Deployment, GatewayProgram, RedisAccess, RedisProxy};
use crate::run::Scale;
use crate::{Arguments, history};

/// How many connections there are to the gateways.
const CONNECTIONS: usize = 16;

/// How many connections a scenario with many of them has. Each may have two requests in progress, and one address may
/// have 512.
const MANY_CONNECTIONS: usize = 250;

/// How much longer a commit takes on a slow disk.
const SLOWER_COMMITS: Duration = Duration::from_millis(40);

/// How far the clocks of two machines are apart.
const APART: Duration = Duration::from_secs(90);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ChaosScenario {
    /// One process on SQLite, killed.
    KilledOnSqlite,
    /// One process on SQLite on a slow disk, with many connections, killed.
    SlowDisk,
    /// Two processes on one Redis, either of them killed.
    KilledOnRedis,
    /// Two processes on one Redis that the gateway connects to itself, either of them killed.
    KilledOnOutboundRedis,
    /// Two processes on one Redis, either of which is stopped at times, for longer than an operation may be on its way.
    StandingStill,
    /// Two processes on one Redis whose clocks are apart, either of them killed.
    ClocksApart,
    /// Two processes on one Redis behind a connection that loses responses and delays writes, either of them killed.
    LateWrites,
    /// One process whose store fails.
    FailingStore,
}

impl ChaosScenario {
    pub const ALL: [Self; 8] = [
        Self::KilledOnSqlite,
        Self::SlowDisk,
        Self::KilledOnRedis,
        Self::KilledOnOutboundRedis,
        Self::StandingStill,
        Self::ClocksApart,
        Self::LateWrites,
        Self::FailingStore,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::KilledOnSqlite => "killed-on-sqlite",
            Self::SlowDisk => "slow-disk",
            Self::KilledOnRedis => "killed-on-redis",
            Self::KilledOnOutboundRedis => "killed-on-outbound-redis",
            Self::StandingStill => "standing-still",
            Self::ClocksApart => "clocks-apart",
            Self::LateWrites => "late-writes",
            Self::FailingStore => "failing-store",
        }
    }

    pub fn scale(self, arguments: &Arguments, seed: u64) -> Scale {
        // The others wait for slow disks, delayed writes and stopped processes. At this size each would run for a
        // quarter of an hour.
        let grows = match self {
            Self::KilledOnSqlite | Self::KilledOnRedis | Self::KilledOnOutboundRedis | Self::FailingStore => true,
            Self::SlowDisk | Self::StandingStill | Self::ClocksApart | Self::LateWrites => false,
        };
        let (payments, kills) = if arguments.large && grows { (1_000, 20) } else { (2 * history::ALL.len(), 3) };
        let stops = arguments.stops.unwrap_or(kills);
        let kills = arguments.kills.unwrap_or(kills);
        let payments = arguments.payments.unwrap_or(payments);
        let scale = Scale { payments, kills, stops: 0, connections: CONNECTIONS, seed };
        match self {
            Self::KilledOnSqlite
            | Self::KilledOnRedis
            | Self::KilledOnOutboundRedis
            | Self::ClocksApart
            | Self::LateWrites => scale,
            // With fewer orders, most connections would be idle.
            Self::SlowDisk => Scale {
                payments: arguments.payments.unwrap_or(MANY_CONNECTIONS),
                connections: MANY_CONNECTIONS,
                ..scale
            },
            // Each stop lasts longer than an operation may take to be sent.
            Self::StandingStill => Scale { kills: 0, stops, ..scale },
            Self::FailingStore => Scale { kills: 0, ..scale },
        }
    }

    /// Why this program cannot serve it, if it cannot.
    pub fn left_out(self, program: &GatewayProgram) -> Option<&'static str> {
        match (self, program) {
            (Self::KilledOnOutboundRedis, GatewayProgram::Spin(_)) => {
                Some("the gateway compares its clock with Redis's, which is this machine's: only Spin's clock is moved")
            }
            (Self::FailingStore, GatewayProgram::Spin(_)) => {
                Some("only the embedded runtime has a store that fails on purpose")
            }
            (Self::SlowDisk, GatewayProgram::Spin(spin)) if !spin.can_be_slow() => {
                Some("strace makes the disk of Spin slow, and is not installed: `apt-get install strace`")
            }
            (
                Self::KilledOnSqlite
                | Self::SlowDisk
                | Self::KilledOnRedis
                | Self::StandingStill
                | Self::ClocksApart
                | Self::LateWrites,
                GatewayProgram::Spin(_),
            )
            | (_, GatewayProgram::Tollbridge) => None,
        }
    }

    pub async fn serving(self, seed: u64) -> anyhow::Result<Deployment> {
        let on_redis = |server, proxy, apart| {
            let by_the_gateway = self == Self::KilledOnOutboundRedis;
            let reached = if by_the_gateway { RedisAccess::ByTheGateway } else { RedisAccess::ByTheHost };
            Deployment::ProcessesOnRedis { server, reached, proxy, processes: 2, apart }
        };
        Ok(match self {
            Self::KilledOnSqlite => Deployment::Process { slower_commits: Duration::ZERO },
            Self::SlowDisk => Deployment::Process { slower_commits: SLOWER_COMMITS },
            Self::KilledOnRedis | Self::KilledOnOutboundRedis => {
                on_redis(RedisServer::durable()?, None, Duration::ZERO)
            }
            Self::ClocksApart => on_redis(RedisServer::durable()?, None, APART),
            Self::StandingStill | Self::LateWrites => {
                let server = RedisServer::durable()?;
                // Where processes are stopped, the connection is only observed.
                let proxy = RedisProxy::to(server.port(), (self == Self::LateWrites).then_some(seed)).await?;
                on_redis(server, Some(proxy), Duration::ZERO)
            }
            Self::FailingStore => Deployment::Embedded(RandomFaults { seed, refused_percent: 3, lost_percent: 2 }),
        })
    }
}
