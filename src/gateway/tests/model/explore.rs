//! Chooses the schedule of each run: depth first through every choice that a run makes, within a budget for deviations.
//!
//! A run asks at each choice. The first option is the ordinary one and costs nothing; any other may cost a preemption
//! or a fault. A run that reaches a state in which an earlier run had at least as much budget left ends there.

use std::collections::{HashMap, HashSet};

/// The kinds of deviations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviationKind {
    /// Another actor continues although this one could.
    Preemption,
    /// An actor dies.
    Crash,
    /// Only a part of a write is written.
    Torn,
    /// An operation takes effect, and its caller gets an error.
    Lost,
    /// The caller of an operation gets an error, and the operation takes effect later.
    Late,
    /// Time passes while every actor is stalled.
    Jump,
}

const KINDS: usize = 6;

impl DeviationKind {
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

/// How much a run may spend: of each kind, and in total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    kinds: [u8; KINDS],
    all: u8,
}

impl Budget {
    /// This much in total, and nothing of any kind yet.
    pub fn of(all: u8) -> Self {
        Self { kinds: [0; KINDS], all }
    }

    /// At most this much of this kind.
    pub fn with(mut self, kind: DeviationKind, most: u8) -> Self {
        self.kinds[kind.index()] = most;
        self
    }

    pub fn all(self) -> u8 {
        self.all
    }

    /// The same with another total.
    pub fn within(self, all: u8) -> Self {
        Self { all, ..self }
    }

    /// Whether any run may spend this kind.
    pub fn has(&self, kind: DeviationKind) -> bool {
        self.kinds[kind.index()] > 0
    }

    fn spend(&mut self, cost: Option<DeviationKind>) {
        if let Some(kind) = cost {
            self.kinds[kind.index()] -= 1;
            self.all -= 1;
        }
    }

    fn affords(&self, cost: Option<DeviationKind>) -> bool {
        cost.is_none_or(|kind| self.all > 0 && self.has(kind))
    }

    fn covers(&self, other: &Self) -> bool {
        let mut kinds = self.kinds.iter().zip(&other.kinds);
        self.all >= other.all && kinds.all(|(own, theirs)| *own >= (*theirs).min(other.all))
    }
}

/// A choice that was made.
struct Choice {
    chosen: usize,
    costs: Vec<Option<DeviationKind>>,
    /// The budget before the choice.
    left: Budget,
}

/// The schedule of a run: the choices at which it deviates from the ordinary option, each with its option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule(pub Vec<(usize, usize)>);

impl std::fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let turns: Vec<String> = self.0.iter().map(|(at, chosen)| format!("{at}:{chosen}")).collect();
        formatter.write_str(if turns.is_empty() { "ordinary".to_owned() } else { turns.join(",") }.as_str())
    }
}

impl std::str::FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "ordinary" {
            return Ok(Self::default());
        }
        let turn = |part: &str| {
            let (at, chosen) = part.split_once(':')?;
            Some((at.parse().ok()?, chosen.parse().ok()?))
        };
        let turns: Option<Vec<_>> = text.split(',').map(turn).collect();
        turns
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not a schedule: write it as it was printed, such as 12:1,30:2"))
    }
}

/// Ends the program. A panic would end only one actor and leave the others waiting.
fn abort(problem: &str) -> ! {
    eprintln!("{problem}");
    std::process::exit(2)
}

/// The choices of all runs.
pub struct Explorer {
    budget: Budget,
    left: Budget,
    path: Vec<Choice>,
    depth: usize,
    /// The schedule that the run must follow.
    prescribed: Option<Schedule>,
    /// The visited states, with the budgets that were left in each.
    seen: HashMap<u64, Vec<Budget>>,
    /// The states in which runs ended.
    ends: HashSet<u64>,
    /// The number of runs started.
    pub runs: u64,
}

impl Explorer {
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            left: budget,
            path: Vec::new(),
            depth: 0,
            prescribed: None,
            seen: HashMap::new(),
            ends: HashSet::new(),
            runs: 0,
        }
    }

    /// Follows only this schedule.
    pub fn prescribed(budget: Budget, schedule: Schedule) -> Self {
        Self { prescribed: Some(schedule), ..Self::new(budget) }
    }

    pub fn states(&self) -> usize {
        self.seen.len()
    }

    /// Starts a run.
    pub fn begin(&mut self) {
        self.runs += 1;
        self.depth = 0;
        self.left = self.budget;
    }

    /// Chooses among options with these costs, the first of which is free. Returns the index of the chosen one.
    pub fn choose(&mut self, costs: &[Option<DeviationKind>]) -> usize {
        assert!(costs.first().is_some_and(Option::is_none), "the ordinary option is free");
        let chosen = if let Some(choice) = self.path.get(self.depth) {
            if choice.costs != costs {
                abort(&format!("choice {} differs from the earlier run: the run is not deterministic", self.depth));
            }
            choice.chosen
        } else {
            let prescribed =
                self.prescribed.as_ref().and_then(|schedule| schedule.0.iter().find(|(at, _)| *at == self.depth));
            let chosen = prescribed.map_or(0, |(_, chosen)| *chosen);
            if chosen >= costs.len() {
                abort(&format!("choice {} has no option {chosen}", self.depth));
            }
            self.path.push(Choice { chosen, costs: costs.to_vec(), left: self.left });
            chosen
        };
        self.depth += 1;
        if self.prescribed.is_none() {
            self.left.spend(costs[chosen]);
        }
        chosen
    }

    /// Whether an earlier run was in this state with at least as much budget left. Always `false` where a run repeats
    /// earlier choices.
    pub fn was_in(&mut self, state: u64) -> bool {
        if self.prescribed.is_some() || self.depth < self.path.len() {
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

    /// Whether no earlier run ended in this state.
    pub fn is_new_end(&mut self, state: u64) -> bool {
        self.prescribed.is_some() || self.ends.insert(state)
    }

    /// Moves on to the next run. Returns whether there is one.
    pub fn next(&mut self) -> bool {
        while let Some(mut choice) = self.path.pop() {
            let next = (choice.chosen + 1..choice.costs.len()).find(|next| choice.left.affords(choice.costs[*next]));
            if let Some(next) = next {
                choice.chosen = next;
                self.path.push(choice);
                return true;
            }
        }
        false
    }

    /// The schedule of the last run.
    pub fn schedule(&self) -> Schedule {
        let turns = self.path.iter().enumerate().filter(|(_, choice)| choice.chosen > 0);
        Schedule(turns.map(|(at, choice)| (at, choice.chosen)).collect())
    }
}
