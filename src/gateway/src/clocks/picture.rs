//! What is known of the clocks around a site: the last difference to each, and when it was measured. Drains keep it in the
//! store, one record for the site.

use serde::{Deserialize, Serialize};
use tollbridge_domain::Timestamp;

use super::difference::Difference;
use crate::config::Site;

/// How long a difference that stays the same is not written anew.
const KEPT_MILLISECONDS: i64 = 10 * 60_000;

/// How long a measurement holds. Then the next drain asks, so that what is shown is not old where no drain had anything to
/// ask or to tell.
const HOLDS_MILLISECONDS: i64 = 60 * 60_000;

/// By how much it may change before it is.
const SAME_MILLISECONDS: i64 = 2_000;

/// Whose clock is compared with this host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    MaldoPay,
    Salesforce,
    Store,
}

impl Peer {
    const ALL: [Self; 3] = [Self::MaldoPay, Self::Salesforce, Self::Store];

    /// In log lines.
    pub fn code(self) -> &'static str {
        match self {
            Self::MaldoPay => "maldopay",
            Self::Salesforce => "salesforce",
            Self::Store => "store",
        }
    }

    /// In a sentence about its clock.
    fn whose(self) -> &'static str {
        match self {
            Self::MaldoPay => "MaldoPay's",
            Self::Salesforce => "Salesforce's",
            Self::Store => "the store's",
        }
    }
}

/// A difference, and when it was measured, by this host's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    pub at: Timestamp,
    /// In milliseconds.
    pub difference: Difference,
}

impl Measured {
    /// Whether it is worth taking the place of the one before it.
    fn is_news(self, before: Option<Self>) -> bool {
        let Some(before) = before else { return true };
        let age = self.at.milliseconds().saturating_sub(before.at.milliseconds());
        self.difference.is_apart()
            || before.difference.is_apart()
            || self.difference.differs_from(before.difference, SAME_MILLISECONDS)
            || age.saturating_abs() > KEPT_MILLISECONDS
    }
}

/// The last that is known of each clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maldopay: Option<Measured>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salesforce: Option<Measured>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<Measured>,
}

impl Picture {
    pub fn key(site: &Site) -> String {
        format!("clk/{}@", site.name)
    }

    /// What is kept. A record that cannot be read counts as none: it only helps, and the next measurement replaces it.
    pub fn read(value: Option<Vec<u8>>) -> Self {
        value.and_then(|value| serde_json::from_slice(&value).ok()).unwrap_or_default()
    }

    /// The record that keeps it.
    pub fn record(self, site: &Site) -> (String, Vec<u8>) {
        // Plain fields always make JSON.
        (Self::key(site), serde_json::to_vec(&self).unwrap_or_else(|_| b"{}".to_vec()))
    }

    /// Whether a peer's clock must be looked at before anything is decided by this host's: it was apart, or nobody knows.
    pub fn is_due(self, peer: Peer, now: Timestamp) -> bool {
        self.of(peer).is_none_or(|measured| {
            let age = now.milliseconds().saturating_sub(measured.at.milliseconds());
            // From the future it is where this host's clock was set back, or is not the one that it was measured with.
            measured.difference.is_apart() || age.saturating_abs() > HOLDS_MILLISECONDS
        })
    }

    fn of(self, peer: Peer) -> Option<Measured> {
        match peer {
            Peer::MaldoPay => self.maldopay,
            Peer::Salesforce => self.salesforce,
            Peer::Store => self.store,
        }
    }

    pub fn is_apart(self, peer: Peer) -> bool {
        self.of(peer).is_some_and(|measured| measured.difference.is_apart())
    }

    pub fn with(self, peer: Peer, measured: Measured) -> Self {
        let measured = Some(measured);
        match peer {
            Peer::MaldoPay => Self { maldopay: measured, ..self },
            Peer::Salesforce => Self { salesforce: measured, ..self },
            Peer::Store => Self { store: measured, ..self },
        }
    }

    /// This, and of whom it says nothing what was known before.
    pub fn over(self, before: Self) -> Self {
        Self {
            maldopay: self.maldopay.or(before.maldopay),
            salesforce: self.salesforce.or(before.salesforce),
            store: self.store.or(before.store),
        }
    }

    /// Whether it says anything worth writing to who keeps that.
    pub fn is_news(self, kept: Self) -> bool {
        Peer::ALL.into_iter().any(|peer| self.of(peer).is_some_and(|measured| measured.is_news(kept.of(peer))))
    }

    /// Whose clocks are too far from this host's.
    fn apart(self) -> impl Iterator<Item = (Peer, Difference)> {
        let differences = move |peer| self.of(peer).map(|measured| (peer, measured.difference));
        Peer::ALL.into_iter().filter_map(differences).filter(|(_, difference)| difference.is_apart())
    }

    /// That clocks are apart, in a sentence; none where they are not.
    pub fn sentence(self) -> Option<String> {
        let mut parts = Vec::new();
        for (peer, difference) in self.apart() {
            let seconds = difference.seconds();
            let way = if seconds < 0 { "behind" } else { "ahead of" };
            parts.push(format!("{} s {way} {}", seconds.saturating_abs(), peer.whose()));
        }
        (!parts.is_empty()).then(|| format!("this host's clock is {}", parts.join(" and ")))
    }
}

/// The same, as `/readyz` shows it.
#[derive(Serialize)]
pub struct ClocksView {
    #[serde(skip_serializing_if = "Option::is_none")]
    maldopay: Option<MeasuredView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salesforce: Option<MeasuredView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<MeasuredView>,
    /// What is wrong, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MeasuredView {
    /// How far the host's clock is ahead; negative where it is behind.
    seconds: i64,
    measured_at: String,
}

impl ClocksView {
    /// None of a site of which nothing was measured.
    pub fn of(picture: Picture) -> Option<Self> {
        let view = |measured: Measured| MeasuredView {
            seconds: measured.difference.seconds(),
            measured_at: measured.at.to_string(),
        };
        let wrong = |sentence| format!("{sentence}: drains and retries refuse until it is set right, by NTP");
        (picture != Picture::default()).then(|| Self {
            maldopay: picture.maldopay.map(view),
            salesforce: picture.salesforce.map(view),
            store: picture.store.map(view),
            problem: picture.sentence().map(wrong),
        })
    }
}
