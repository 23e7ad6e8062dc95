//! The connection between the gateways and Redis, and its faults: the response to a write is lost, or a write arrives
//! late, sometimes long after its sender saw the connection break.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy, sink};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// How many writes of a thousand meet each fault.
const LOST: u32 = 8;
const LATE: u32 = 8;
const SLOW: u32 = 20;

/// The longest delay of a write, in milliseconds.
const LONGEST_DELAY: u64 = 2_000;

/// The commands that write.
const WRITES: [&[u8]; 4] = [b"MSET", b"INCRBY", b"EVAL", b"DEL"];

pub struct RedisProxy {
    address: SocketAddr,
    shared: Arc<ProxyShared>,
    /// The tasks of all connections. They end with the proxy.
    _accepting: JoinSet<()>,
}

struct ProxyShared {
    redis: SocketAddr,
    chance: Mutex<ProxyState>,
    /// Writes that have not arrived yet.
    late: watch::Sender<usize>,
    /// How many commands were sent.
    arrivals: watch::Sender<u64>,
}

struct ProxyState {
    random: Option<Rng>,
    is_bad: bool,
    counts: ProxyFaults,
}

/// What happened to writes.
#[derive(Clone, Copy, Default)]
pub struct ProxyFaults {
    pub lost: u64,
    pub late: u64,
    pub slow: u64,
}

enum WriteFate {
    Carried,
    /// Redis carries it out, and its sender sees the connection break.
    Lost,
    /// Its sender sees the connection break, and Redis carries it out afterwards.
    Late(Duration),
    /// It is delayed, and with it everything that follows on the connection.
    Slow(Duration),
}

impl RedisProxy {
    /// A proxy for the Redis on this port. It works until its faults are switched on. Without a seed it has no faults.
    pub async fn to(port: u16, seed: Option<u64>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let random = seed.map(Rng::with_seed);
        let chance = ProxyState { random, is_bad: false, counts: ProxyFaults::default() };
        let redis = (Ipv4Addr::LOCALHOST, port).into();
        let shared = Arc::new(ProxyShared {
            redis,
            chance: Mutex::new(chance),
            late: watch::Sender::new(0),
            arrivals: watch::Sender::new(0),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, shared.clone()));
        Ok(Self { address, shared, _accepting: accepting })
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Switches the faults on or off. When this returns after switching them off, every late write has arrived.
    pub async fn is_bad(&self, is_bad: bool) {
        self.shared.chance().is_bad = is_bad;
        if !is_bad {
            // It keeps the sender.
            let _ = self.shared.late.subscribe().wait_for(|late| *late == 0).await;
        }
    }

    /// How many commands were sent so far.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.shared.arrivals.subscribe()
    }

    pub fn faults(&self) -> ProxyFaults {
        self.shared.chance().counts
    }
}

impl ProxyShared {
    fn chance(&self) -> MutexGuard<'_, ProxyState> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self, command: &RedisCommand) -> WriteFate {
        let mut chance = self.chance();
        if !chance.is_bad || !WRITES.contains(&command.name.as_slice()) {
            return WriteFate::Carried;
        }
        let Some(random) = &mut chance.random else { return WriteFate::Carried };
        let drawn = random.u32(0..1000);
        let delay = Duration::from_millis(random.u64(1..LONGEST_DELAY));
        if drawn < LOST {
            chance.counts.lost += 1;
            WriteFate::Lost
        } else if drawn < LOST + LATE {
            chance.counts.late += 1;
            self.late.send_modify(|late| *late += 1);
            WriteFate::Late(delay)
        } else if drawn < LOST + LATE + SLOW {
            chance.counts.slow += 1;
            WriteFate::Slow(delay)
        } else {
            WriteFate::Carried
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<ProxyShared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((gateway, _)) = accepted {
                    connections.spawn(carry(gateway, shared.clone()));
                }
            }
            // Each end sees that the other is gone.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Carries commands one way and responses the other, until either end is gone or a fault breaks the connection.
async fn carry(gateway: TcpStream, shared: Arc<ProxyShared>) -> io::Result<()> {
    let redis = TcpStream::connect(shared.redis).await?;
    gateway.set_nodelay(true)?;
    redis.set_nodelay(true)?;
    let (from_gateway, to_gateway) = gateway.into_split();
    let (from_redis, mut to_redis) = redis.into_split();
    let (down, is_down) = oneshot::channel();
    let (copied, ()) = tokio::join!(responses(from_redis, to_gateway, is_down), async {
        // A closed end is no error.
        let _ = commands(BufReader::new(from_gateway), &mut to_redis, down, &shared).await;
        let _ = to_redis.shutdown().await;
    });
    copied
}

async fn commands(
    mut from: BufReader<OwnedReadHalf>,
    to: &mut OwnedWriteHalf,
    down: oneshot::Sender<()>,
    shared: &ProxyShared,
) -> io::Result<()> {
    while let Some(command) = RedisCommand::read(&mut from).await? {
        shared.arrivals.send_modify(|arrivals| *arrivals += 1);
        match shared.fate(&command) {
            WriteFate::Carried => to.write_all(&command.bytes).await?,
            WriteFate::Slow(delay) => {
                tokio::time::sleep(delay).await;
                to.write_all(&command.bytes).await?;
            }
            WriteFate::Lost => {
                drop((from, down));
                return to.write_all(&command.bytes).await;
            }
            WriteFate::Late(delay) => {
                drop((from, down));
                tokio::time::sleep(delay).await;
                let written = to.write_all(&command.bytes).await;
                shared.late.send_modify(|late| *late -= 1);
                return written;
            }
        }
    }
    Ok(())
}

/// Carries responses until the connection breaks. Later responses of Redis are read and dropped, so that Redis reads
/// all that it was sent.
async fn responses(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, down: oneshot::Receiver<()>) -> io::Result<()> {
    tokio::select! {
        biased;
        // The sender is dropped.
        _ = down => {}
        _ = copy(&mut from, &mut to) => {}
    }
    drop(to);
    copy(&mut from, &mut sink()).await.map(drop)
}

/// One command as it is sent: a list of strings.
struct RedisCommand {
    name: Vec<u8>,
    bytes: Vec<u8>,
}

impl RedisCommand {
    /// Reads the next command. `None` at the end.
    async fn read(from: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let Some(parts) = number(from, b'*', &mut bytes).await? else { return Ok(None) };
        let mut name = Vec::new();
        for part in 0..parts {
            let length = number(from, b'$', &mut bytes).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let begin = bytes.len();
            // The bytes are followed by a line end.
            bytes.resize(begin + length + 2, 0);
            from.read_exact(&mut bytes[begin..]).await?;
            if part == 0 {
                name = bytes[begin..begin + length].to_ascii_uppercase();
            }
        }
        Ok(Some(Self { name, bytes }))
    }
}

/// Reads a line with this mark and a number, and appends it to the command. `None` at the end.
async fn number(from: &mut BufReader<OwnedReadHalf>, mark: u8, bytes: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let begin = bytes.len();
    if from.read_until(b'\n', bytes).await? == 0 {
        return Ok(None);
    }
    let line = std::str::from_utf8(&bytes[begin..]).ok().and_then(|line| line.strip_prefix(char::from(mark)));
    let number = line.and_then(|line| line.trim_end().parse().ok());
    number.map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
