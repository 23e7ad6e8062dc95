//! Which way a run goes: depth first through every choice that a run makes, within a budget for what is out of the ordinary.
//!
//! A run asks at each choice. The first way is the ordinary one and costs nothing; any other may cost a preemption or a fault.
//! A run that comes to a state that an earlier one was in, with no more left to spend, ends there.

use std::collections::{HashMap, HashSet};

/// What is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another actor goes on while this one could.
    Preemption,
    /// An actor dies.
    Crash,
    /// Only a part of a write is written.
    Torn,
    /// An operation takes effect, and its caller hears of an error.
    Lost,
    /// An operation's caller hears of an error, and it takes effect later.
    Late,
    /// Time passes while everybody stands still.
    Jump,
}

const KINDS: usize = 6;

impl Kind {
    fn index(self) -> usize {
        match self {
            Self::Preemption => 0,
            Self::Crash => 1,
            Self::Torn => 2,
            Self::Lost => 3,
            Self::Late => 4,
            Self::Jump => 5,
        }
    }
}

/// How much a run may spend: of each kind, and in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    kinds: [u8; KINDS],
    all: u8,
}

impl Budget {
    /// Nothing of any kind, and so much in all.
    pub fn of(all: u8) -> Self {
        Self { kinds: [0; KINDS], all }
    }

    /// At most so much of this kind.
    pub fn with(mut self, kind: Kind, most: u8) -> Self {
        self.kinds[kind.index()] = most;
        self
    }

    pub fn all(self) -> u8 {
        self.all
    }

    /// The same with so much in all.
    pub fn within(self, all: u8) -> Self {
        Self { all, ..self }
    }

    /// Whether there may be any of this kind, in whatever runs.
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds[kind.index()] > 0
    }

    fn spend(&mut self, cost: Option<Kind>) {
        if let Some(kind) = cost {
            self.kinds[kind.index()] -= 1;
            self.all -= 1;
        }
    }

    fn affords(&self, cost: Option<Kind>) -> bool {
        cost.is_none_or(|kind| self.all > 0 && self.has(kind))
    }

    fn covers(&self, other: &Self) -> bool {
        let mut kinds = self.kinds.iter().zip(&other.kinds);
        self.all >= other.all && kinds.all(|(own, theirs)| *own >= (*theirs).min(other.all))
    }
}

/// A choice that was made.
struct Choice {
    taken: usize,
    costs: Vec<Option<Kind>>,
    /// What was left before it.
    left: Budget,
}

/// A way through the choices of a run: those at which it did not go the ordinary way, each with the way that it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way(pub Vec<(usize, usize)>);

impl std::fmt::Display for Way {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let turns: Vec<String> = self.0.iter().map(|(at, taken)| format!("{at}:{taken}")).collect();
        formatter.write_str(if turns.is_empty() { "ordinary".to_owned() } else { turns.join(",") }.as_str())
    }
}

impl std::str::FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "ordinary" {
            return Ok(Self::default());
        }
        let turn = |part: &str| {
            let (at, taken) = part.split_once(':')?;
            Some((at.parse().ok()?, taken.parse().ok()?))
        };
        let turns: Option<Vec<_>> = text.split(',').map(turn).collect();
        turns.map(Self).ok_or_else(|| format!("{text:?} is no way: write it as it was printed, such as 12:1,30:2"))
    }
}

/// Ends the program. A panic would only end one actor, and leave the others waiting.
fn broken(problem: &str) -> ! {
    eprintln!("{problem}");
    std::process::exit(2)
}

/// The choices of all runs.
pub struct Explorer {
    budget: Budget,
    left: Budget,
    path: Vec<Choice>,
    depth: usize,
    /// Where a run is told which way to go.
    sync_state: Option<Way>,
    /// The states that there were, with what was left to spend in each.
    seen: HashMap<u64, Vec<Budget>>,
    /// The states in which runs ended.
    ends: HashSet<u64>,
    /// Runs that were crash_count.
    pub runs: u64,
}

impl Explorer {
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            left: budget,
            path: Vec::new(),
            depth: 0,
            sync_state: None,
            seen: HashMap::new(),
            ends: HashSet::new(),
            runs: 0,
        }
    }

    /// Goes this way only.
    pub fn sync_state(budget: Budget, way: Way) -> Self {
        Self { sync_state: Some(way), ..Self::new(budget) }
    }

    pub fn states(&self) -> usize {
        self.seen.len()
    }

    /// Begins a run.
    pub fn begin(&mut self) {
        self.runs += 1;
        self.depth = 0;
        self.left = self.budget;
    }

    /// Chooses among ways of these costs, the first of which is free; gives which is taken.
    pub fn choose(&mut self, costs: &[Option<Kind>]) -> usize {
        assert!(costs.first().is_some_and(Option::is_none), "the ordinary way is free");
        let taken = if let Some(choice) = self.path.get(self.depth) {
            if choice.costs != costs {
                broken(&format!("choice {} is another one than it was: the run is not deterministic", self.depth));
            }
            choice.taken
        } else {
            let sync_state = self.sync_state.as_ref().and_then(|way| way.0.iter().find(|(at, _)| *at == self.depth));
            let taken = sync_state.map_or(0, |(_, taken)| *taken);
            if taken >= costs.len() {
                broken(&format!("at choice {} there is nothing number {taken} to be done", self.depth));
            }
            self.path.push(Choice { taken, costs: costs.to_vec(), left: self.left });
            taken
        };
        self.depth += 1;
        if self.sync_state.is_none() {
            self.left.spend(costs[taken]);
        }
        taken
    }

    /// Whether the state was there before with no less to spend. Where a run repeats what was chosen, it says nothing.
    pub fn was_in(&mut self, state: u64) -> bool {
        if self.sync_state.is_some() || self.depth < self.path.len() {
            return false;
        }
        let left = self.left;
        let known = self.seen.entry(state).or_default();
        if known.iter().any(|known| known.covers(&left)) {
            return true;
        }
        known.retain(|known| !left.covers(known));
        known.push(left);
        false
    }

    /// Whether no run before ended in this state.
    pub fn is_new_end(&mut self, state: u64) -> bool {
        self.sync_state.is_some() || self.ends.insert(state)
    }

    /// Goes on to the next run. Whether there is one.
    pub fn next(&mut self) -> bool {
        while let Some(mut choice) = self.path.pop() {
            let next = (choice.taken + 1..choice.costs.len()).find(|next| choice.left.affords(choice.costs[*next]));
            if let Some(next) = next {
                choice.taken = next;
                self.path.push(choice);
                return true;
            }
        }
        false
    }

    /// The way of the last run.
    pub fn way(&self) -> Way {
        let turns = self.path.iter().enumerate().filter(|(_, choice)| choice.taken > 0);
        Way(turns.map(|(at, choice)| (at, choice.taken)).collect())
    }
}
