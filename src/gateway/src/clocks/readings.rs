//! The latest clock reading of each peer of a site. Drains store them in one record for the site.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;
use tollbridge_domain::durations::{HOUR, MINUTE};

use super::difference::ClockDifference;
use crate::config::Site;

/// How long an unchanged reading is not stored again.
const WRITE_INTERVAL: i64 = 10 * MINUTE;

/// How long a reading is valid. After that a drain reads the clock even where it has no call to make, so that `/readyz`
/// never shows an old reading.
const MAX_AGE: i64 = HOUR;

/// A smaller change counts as none.
const MIN_CHANGE_MILLISECONDS: i64 = 2_000;

/// A system whose clock is compared with this host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    MaldoPay,
    Salesforce,
    Store,
}

impl Peer {
    const ALL: [Self; 3] = [Self::MaldoPay, Self::Salesforce, Self::Store];

    /// The name in log lines.
    pub fn code(self) -> &'static str {
        match self {
            Self::MaldoPay => "maldopay",
            Self::Salesforce => "salesforce",
            Self::Store => "store",
        }
    }

    /// The possessive form, for a sentence about its clock.
    fn whose(self) -> &'static str {
        match self {
            Self::MaldoPay => "MaldoPay's",
            Self::Salesforce => "Salesforce's",
            Self::Store => "the store's",
        }
    }
}

/// A difference, with the time of the reading by this host's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    pub at: Timestamp,
    pub difference: ClockDifference,
}

impl Reading {
    /// Whether it is worth storing in the place of an earlier one.
    fn is_worth_storing(self, before: Option<Self>) -> bool {
        let Some(before) = before else { return true };
        let age = self.at.milliseconds().saturating_sub(before.at.milliseconds());
        self.difference.is_apart()
            || before.difference.is_apart()
            || self.difference.differs_from(before.difference, MIN_CHANGE_MILLISECONDS)
            || age.saturating_abs() > WRITE_INTERVAL
    }
}

/// The latest reading of each clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReadings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maldopay: Option<Reading>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salesforce: Option<Reading>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<Reading>,
}

impl ClockReadings {
    pub fn key(site: &Site) -> String {
        format!("clk/{}@", site.name)
    }

    /// Parses the stored record. An unreadable one counts as absent: nothing depends on it, and the next reading
    /// replaces it.
    pub fn read(value: Option<Vec<u8>>) -> Self {
        value.and_then(|value| serde_json::from_slice(&value).ok()).unwrap_or_default()
    }

    /// The record to store.
    pub fn record(self, site: &Site) -> (String, Vec<u8>) {
        // Plain fields always make JSON.
        (Self::key(site), serde_json::to_vec(&self).unwrap_or_else(|_| b"{}".to_vec()))
    }

    /// Whether a peer's clock must be read before a drain: its last reading was apart, or is missing or old.
    pub fn is_due(self, peer: Peer, now: Timestamp) -> bool {
        self.of(peer).is_none_or(|reading| {
            let age = now.milliseconds().saturating_sub(reading.at.milliseconds());
            // A reading is from the future where this host's clock was set back, or another host took it.
            reading.difference.is_apart() || age.saturating_abs() > MAX_AGE
        })
    }

    fn of(self, peer: Peer) -> Option<Reading> {
        match peer {
            Peer::MaldoPay => self.maldopay,
            Peer::Salesforce => self.salesforce,
            Peer::Store => self.store,
        }
    }

    pub fn is_apart(self, peer: Peer) -> bool {
        self.of(peer).is_some_and(|reading| reading.difference.is_apart())
    }

    pub fn with(self, peer: Peer, reading: Reading) -> Self {
        let reading = Some(reading);
        match peer {
            Peer::MaldoPay => Self { maldopay: reading, ..self },
            Peer::Salesforce => Self { salesforce: reading, ..self },
            Peer::Store => Self { store: reading, ..self },
        }
    }

    /// These readings, completed by earlier ones.
    pub fn or(self, before: Self) -> Self {
        Self {
            maldopay: self.maldopay.or(before.maldopay),
            salesforce: self.salesforce.or(before.salesforce),
            store: self.store.or(before.store),
        }
    }

    /// Whether any reading is worth storing in the place of the stored ones.
    pub fn is_worth_storing(self, stored: Self) -> bool {
        Peer::ALL.into_iter().any(|peer| self.of(peer).is_some_and(|reading| reading.is_worth_storing(stored.of(peer))))
    }

    /// The peers whose clocks are apart from this host's.
    fn apart(self) -> impl Iterator<Item = (Peer, ClockDifference)> {
        let differences = move |peer| self.of(peer).map(|reading| (peer, reading.difference));
        Peer::ALL.into_iter().filter_map(differences).filter(|(_, difference)| difference.is_apart())
    }

    /// A clause that says which clocks are apart and how far; none where all agree.
    pub fn description(self) -> Option<String> {
        let mut parts = Vec::new();
        for (peer, difference) in self.apart() {
            let seconds = difference.seconds();
            let way = if seconds < 0 { "behind" } else { "ahead of" };
            parts.push(format!("{} s {way} {}", seconds.saturating_abs(), peer.whose()));
        }
        (!parts.is_empty()).then(|| format!("this host's clock is {}", parts.join(" and ")))
    }
}

/// The readings as `/readyz` shows them.
#[derive(Serialize)]
pub struct ClocksView {
    #[serde(skip_serializing_if = "Option::is_none")]
    maldopay: Option<ReadingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salesforce: Option<ReadingView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<ReadingView>,
    /// Which clocks are apart, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadingView {
    /// How far the host's clock is ahead; negative where it is behind.
    seconds: i64,
    measured_at: String,
}

impl ClocksView {
    /// None for a site without readings.
    pub fn of(readings: ClockReadings) -> Option<Self> {
        let view = |reading: Reading| ReadingView {
            seconds: reading.difference.seconds(),
            measured_at: reading.at.to_string(),
        };
        let problem = |description| format!("{description}: drains and retries refuse until it is set right, by NTP");
        (readings != ClockReadings::default()).then(|| Self {
            maldopay: readings.maldopay.map(view),
            salesforce: readings.salesforce.map(view),
            store: readings.store.map(view),
            problem: readings.description().map(problem),
        })
    }
}
