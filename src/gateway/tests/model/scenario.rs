//! A scenario: the state before it, its actors and the possible faults; and its exploration.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::actor::{Actor, act};
use super::explore::{Budget, DeviationKind, Explorer, Schedule};
use super::judge::judge;
use super::run::{ActorEnd, Inner, ModelRun};
use super::store::digest_of;
use super::world::World;

type Script = Box<dyn Fn(&Actor<'_>) + Send + Sync>;

struct Role {
    name: &'static str,
    /// How far its clock is ahead, in milliseconds.
    ahead: i64,
    script: Script,
}

pub struct ModelScenario {
    world: World,
    roles: Vec<Role>,
    budget: Budget,
    large: Budget,
    jumps: Vec<i64>,
}

/// A problem, and how it arises.
pub struct Finding {
    pub problem: String,
    pub schedule: Schedule,
    pub steps: Vec<String>,
}

/// The result of an exploration.
pub struct Exploration {
    pub finding: Option<Finding>,
    pub runs: u64,
    pub states: usize,
    pub took: Duration,
}

impl ModelScenario {
    /// A scenario that starts after this. Its return value is for the actors to use.
    pub fn after<T>(before: impl FnOnce(&Actor<'_>) -> T) -> (Self, T) {
        let nothing = Budget::of(0);
        let run = ModelRun::new(World::new(), Explorer::new(nothing), nothing, Vec::new(), &[]);
        let given = act(&run, None, 0, before);
        let world = run.into_inner().world;
        (Self { world, roles: Vec::new(), budget: nothing, large: nothing, jumps: Vec::new() }, given)
    }

    /// Adds an actor.
    pub fn with<T>(self, name: &'static str, script: impl Fn(&Actor<'_>) -> T + Send + Sync + 'static) -> Self {
        self.with_clock_ahead(name, 0, script)
    }

    /// Adds an actor whose clock is this many seconds ahead.
    pub fn with_clock_ahead<T>(
        mut self,
        name: &'static str,
        seconds: i64,
        script: impl Fn(&Actor<'_>) -> T + Send + Sync + 'static,
    ) -> Self {
        let script = Box::new(move |actor: &Actor<'_>| drop(script(actor)));
        self.roles.push(Role { name, ahead: seconds * 1000, script });
        self
    }

    /// Limits preemptions and faults together, in a small and in a large exploration.
    pub fn within(mut self, small: u8, large: u8) -> Self {
        self.budget = self.budget.within(small);
        self.large = self.large.within(large);
        self
    }

    /// Limits this kind, in a small and in a large exploration.
    pub fn most(mut self, kind: DeviationKind, small: u8, large: u8) -> Self {
        self.budget = self.budget.with(kind, small);
        self.large = self.large.with(kind, large);
        self
    }

    /// Lets time jump by this many seconds while every actor is stalled.
    pub fn jumping(mut self, seconds: &[i64]) -> Self {
        self.jumps = seconds.iter().map(|seconds| seconds * 1000).collect();
        self
    }

    /// Explores all runs, up to the first with a problem, and then finds the shortest schedule that leads to it.
    pub fn explore(&self, large: bool) -> Exploration {
        let started = Instant::now();
        let budget = if large { self.large } else { self.budget };
        let (explorer, problem) = self.all_within(budget);
        let (mut runs, states) = (explorer.runs, explorer.states());
        let mut found = problem.map(|problem| (problem, explorer.schedule()));
        if found.is_some() {
            for all in 0..budget.all() {
                let (explorer, problem) = self.all_within(budget.within(all));
                runs += explorer.runs;
                if let Some(problem) = problem {
                    found = Some((problem, explorer.schedule()));
                    break;
                }
            }
        }
        let finding =
            found.map(|(problem, schedule)| Finding { steps: self.replay(large, &schedule).1, problem, schedule });
        Exploration { finding, runs, states, took: started.elapsed() }
    }

    fn all_within(&self, budget: Budget) -> (Explorer, Option<String>) {
        let mut explorer = Explorer::new(budget);
        loop {
            let (inner, problem) = self.run(explorer, budget, false);
            explorer = inner.explorer;
            if problem.is_some() || !explorer.next() {
                return (explorer, problem);
            }
        }
    }

    /// Follows one schedule again. Returns the problem at its end, and the steps.
    pub fn replay(&self, large: bool, schedule: &Schedule) -> (Option<String>, Vec<String>) {
        let budget = if large { self.large } else { self.budget };
        let (inner, problem) = self.run(Explorer::prescribed(budget, schedule.clone()), budget, true);
        (problem, inner.steps.unwrap_or_default())
    }

    fn run(&self, mut explorer: Explorer, budget: Budget, noting: bool) -> (Inner, Option<String>) {
        explorer.begin();
        let names: Vec<_> = self.roles.iter().map(|role| role.name).collect();
        let run = ModelRun::new(self.world.clone(), explorer, budget, self.jumps.clone(), &names);
        let run = Arc::new(if noting { run.noting() } else { run });
        std::thread::scope(|scope| {
            for (number, role) in self.roles.iter().enumerate() {
                let run = Arc::clone(&run);
                scope.spawn(move || play(&run, number, role));
            }
            run.start();
        });
        let problem = if run.lock().is_new_end() { judged(&run) } else { None };
        (Arc::into_inner(run).map(ModelRun::into_inner).unwrap(), problem)
    }
}

fn judged(run: &ModelRun) -> Option<String> {
    let steps = run.lock().steps.as_ref().map(Vec::len);
    let judged = catch_unwind(AssertUnwindSafe(|| act(run, None, 0, |actor| judge(run, actor))));
    // The steps of the quiet time explain little of how the problem arose.
    if let (Some(steps), Some(before)) = (&mut run.lock().steps, steps) {
        steps.truncate(before);
    }
    judged.unwrap_or_else(|panic| Err(message_of(panic.as_ref()))).err()
}

/// Runs one actor from its turn to its end.
fn play(run: &ModelRun, number: usize, role: &Role) {
    let played = catch_unwind(AssertUnwindSafe(|| {
        run.await_turn(number);
        act(run, Some(number), role.ahead, &role.script);
    }));
    if let Err(panic) = played
        && !panic.is::<ActorEnd>()
    {
        let wrong = format!("{}: {}", role.name, message_of(panic.as_ref()));
        run.lock().world.notes.wrong.insert(wrong);
    }
    run.leave(number);
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}

impl Inner {
    /// Whether the run came to its end, and no other one ended in the same state.
    fn is_new_end(&mut self) -> bool {
        !self.abandoned && self.explorer.is_new_end(digest_of(&(self.world.digest(), self.late_digest())))
    }
}
