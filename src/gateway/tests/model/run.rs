//! One run: actors in threads, of which one at a time runs from one operation to the next. Before each operation the
//! run chooses who continues, and at each operation what becomes of it. So a run follows from its choices alone.

use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::doubles::HttpRequest;
use super::explore::{Budget, DeviationKind, Explorer};
use super::maldopay;
use super::store::digest_of;
use super::world::{World, is_to_maldopay};

/// The state of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ActorState {
    /// It can continue.
    Ready,
    Ended,
    Dead,
}

struct ActorProgress {
    name: &'static str,
    state: ActorState,
    /// The digest of everything that it saw. Its next step follows from that.
    saw: u64,
    /// Whether it did something since it last read a clock.
    read_no_clock: bool,
}

/// What takes effect after its caller got an error.
struct LateEffect {
    what: LateAction,
    digest: u64,
    /// The time by which MaldoPay knows of the operation.
    at_latest: Option<i64>,
}

enum LateAction {
    Writes(Vec<(String, Vec<u8>)>),
    Call(HttpRequest),
}

/// The longest time that a call to MaldoPay may be on its way. The gateway relies on it: see docs/reliability.md.
const LONGEST_WAY: i64 = 6 * 60_000;

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It takes effect, and its caller gets the result.
    Well,
    /// It takes effect, and its caller dies.
    Dies,
    /// It takes effect, and its caller gets an error.
    Lost,
    /// Its caller gets an error, and it takes effect later.
    Late,
    /// Only this many of the first keys of a write are written, or of the last, and its caller dies.
    TornAfter(usize),
    TornBefore(usize),
}

/// The panic payload that ends an actor's thread.
pub struct ActorEnd;

/// What a run does next.
enum Next {
    Run(usize),
    Land(usize),
    Jump(i64),
    /// All actors have ended.
    End,
    /// An earlier run was in this state.
    Abandon,
}

/// The state that the actors of a run share.
pub struct ModelRun {
    inner: Mutex<Inner>,
    turn: Condvar,
}

pub struct Inner {
    pub world: World,
    pub explorer: Explorer,
    budget: Budget,
    /// The possible lengths of a jump of time.
    jumps: Vec<i64>,
    actors: Vec<ActorProgress>,
    running: Option<usize>,
    late: Vec<LateEffect>,
    pub abandoned: bool,
    /// The steps, where the run records them.
    pub steps: Option<Vec<String>>,
}

impl ModelRun {
    pub fn new(world: World, explorer: Explorer, budget: Budget, jumps: Vec<i64>, names: &[&'static str]) -> Self {
        let acting =
            |name: &&'static str| ActorProgress { name, state: ActorState::Ready, saw: 0, read_no_clock: false };
        let actors = names.iter().map(acting).collect();
        let late = Vec::new();
        let (running, abandoned, steps) = (None, false, None);
        let inner = Inner { world, explorer, budget, jumps, actors, running, late, abandoned, steps };
        Self { inner: Mutex::new(inner), turn: Condvar::new() }
    }

    pub fn noting(self) -> Self {
        self.lock().steps = Some(Vec::new());
        self
    }

    pub fn into_inner(self) -> Inner {
        self.inner.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Chooses the first actor.
    pub fn start(&self) {
        let mut inner = self.lock();
        inner.pass_on();
        drop(inner);
        self.turn.notify_all();
    }

    /// Waits until this actor may start.
    pub fn await_turn(&self, actor: usize) {
        drop(self.awaited(self.lock(), actor));
    }

    fn awaited<'a>(&'a self, inner: MutexGuard<'a, Inner>, actor: usize) -> MutexGuard<'a, Inner> {
        let waits = |inner: &mut Inner| inner.running != Some(actor) && !inner.abandoned;
        let inner = self.turn.wait_while(inner, waits).unwrap_or_else(PoisonError::into_inner);
        if inner.abandoned {
            drop(inner);
            resume_unwind(Box::new(ActorEnd));
        }
        inner
    }

    /// Called before an operation of this actor: others may run first. The content of the guard belongs to the actor
    /// alone until it drops the guard.
    pub fn point(&self, actor: Option<usize>) -> MutexGuard<'_, Inner> {
        let inner = self.lock();
        match actor {
            None => inner,
            Some(actor) => self.decided(inner, actor, true),
        }
    }

    /// Called before a clock is read: time may pass, and only then may others run. What happens without that is the
    /// same as if it happened before the next operation.
    pub fn clock_point(&self, actor: Option<usize>) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock();
        match actor {
            Some(actor) if inner.budget.has(DeviationKind::Jump) && inner.actors[actor].read_no_clock => {
                inner.actors[actor].read_no_clock = false;
                self.decided(inner, actor, false)
            }
            Some(_) | None => inner,
        }
    }

    fn decided<'a>(&'a self, mut inner: MutexGuard<'a, Inner>, actor: usize, others: bool) -> MutexGuard<'a, Inner> {
        let mut others = others;
        loop {
            match inner.decide(Some(actor), others) {
                Next::Run(next) if next == actor => return inner,
                Next::Run(next) => {
                    inner.running = Some(next);
                    self.turn.notify_all();
                    return self.awaited(inner, actor);
                }
                Next::Land(which) => inner.land(which),
                Next::Jump(milliseconds) => {
                    inner.pass_time(milliseconds);
                    others = true;
                }
                Next::End => return inner,
                Next::Abandon => {
                    inner.abandoned = true;
                    drop(inner);
                    self.turn.notify_all();
                    resume_unwind(Box::new(ActorEnd));
                }
            }
        }
    }

    /// The actor has ended.
    pub fn leave(&self, actor: usize) {
        let mut inner = self.lock();
        if inner.actors[actor].state == ActorState::Ready {
            inner.actors[actor].state = ActorState::Ended;
            inner.note(Some(actor), || "ends".to_owned());
        }
        inner.pass_on();
        drop(inner);
        self.turn.notify_all();
    }
}

impl Inner {
    /// Lets the next actor run, now that none does.
    fn pass_on(&mut self) {
        self.running = None;
        while !self.abandoned {
            match self.decide(None, true) {
                Next::Run(next) => {
                    self.running = Some(next);
                    return;
                }
                Next::Land(which) => self.land(which),
                Next::Jump(milliseconds) => self.pass_time(milliseconds),
                Next::End => return,
                Next::Abandon => self.abandoned = true,
            }
        }
    }

    fn decide(&mut self, current: Option<usize>, others: bool) -> Next {
        let mut nexts = Vec::new();
        let mut costs = Vec::new();
        if let Some(current) = current {
            nexts.push(Next::Run(current));
            costs.push(None);
        }
        let switching = current.map(|_| DeviationKind::Preemption);
        for (other, acting) in self.actors.iter().enumerate() {
            if others && Some(other) != current && acting.state == ActorState::Ready {
                nexts.push(Next::Run(other));
                costs.push(switching);
            }
        }
        if nexts.is_empty() {
            return Next::End;
        }
        if others {
            nexts.extend((0..self.late.len()).map(Next::Land));
            costs.resize(nexts.len(), Some(DeviationKind::Preemption));
        }
        if self.budget.has(DeviationKind::Jump) {
            nexts.extend(self.jumps.iter().map(|jump| Next::Jump(*jump)));
            costs.resize(nexts.len(), Some(DeviationKind::Jump));
        }
        if costs.len() > 1 {
            let state = self.state(current);
            if self.explorer.was_in(state) {
                return Next::Abandon;
            }
        }
        nexts.swap_remove(self.explorer.choose(&costs))
    }

    /// The digest of everything that determines the rest of the run.
    fn state(&self, current: Option<usize>) -> u64 {
        let actors: Vec<_> =
            self.actors.iter().map(|acting| (acting.state, acting.saw, acting.read_no_clock)).collect();
        digest_of(&(self.world.digest(), actors, self.late_digest(), current))
    }

    /// The digest of what is still on its way.
    pub fn late_digest(&self) -> u64 {
        let late: Vec<_> = self.late.iter().map(|landing| (landing.digest, landing.at_latest)).collect();
        digest_of(&late)
    }

    /// Chooses the fate of an operation with an effect. A write of several keys may be written in part.
    pub fn fate(&mut self, actor: Option<usize>, keys: usize, may_be_late: bool) -> Fate {
        if actor.is_none() {
            return Fate::Well;
        }
        let mut fates = vec![Fate::Well];
        let mut costs = vec![None];
        let mut add = |kind: DeviationKind, more: &[Fate]| {
            if self.budget.has(kind) {
                fates.extend(more);
                costs.resize(fates.len(), Some(kind));
            }
        };
        add(DeviationKind::Crash, &[Fate::Dies]);
        add(DeviationKind::Lost, &[Fate::Lost]);
        if may_be_late {
            add(DeviationKind::Late, &[Fate::Late]);
        }
        for part in 1..keys {
            add(DeviationKind::Torn, &[Fate::TornAfter(part), Fate::TornBefore(part)]);
        }
        fates[self.explorer.choose(&costs)]
    }

    /// Chooses the fate of an actor that has handed over a response.
    pub fn fate_of_step(&mut self, actor: Option<usize>) -> Fate {
        if actor.is_none() || !self.budget.has(DeviationKind::Crash) {
            return Fate::Well;
        }
        [Fate::Well, Fate::Dies][self.explorer.choose(&[None, Some(DeviationKind::Crash)])]
    }

    /// Records what the actor saw.
    pub fn saw(&mut self, actor: Option<usize>, what: u64) {
        if let Some(actor) = actor {
            let acting = &mut self.actors[actor];
            acting.saw = digest_of(&(acting.saw, what));
        }
    }

    /// Records that the actor did something, so that its state changes whatever it saw.
    pub fn did(&mut self, actor: Option<usize>, what: impl FnOnce() -> String) {
        if let Some(actor) = actor {
            self.actors[actor].read_no_clock = true;
        }
        self.saw(actor, 0);
        self.note(actor, what);
    }

    pub fn dies(&mut self, actor: Option<usize>) {
        if let Some(actor) = actor {
            self.actors[actor].state = ActorState::Dead;
        }
        self.note(actor, || "DIES".to_owned());
    }

    pub fn note(&mut self, actor: Option<usize>, what: impl FnOnce() -> String) {
        let name = actor.map_or("", |actor| self.actors[actor].name);
        if let Some(steps) = &mut self.steps {
            steps.push(format!("{name:10} {}", what()));
        }
    }

    pub fn writes_late(&mut self, writes: &[(String, Vec<u8>)]) {
        let what = LateAction::Writes(writes.to_vec());
        self.late.push(LateEffect { what, digest: digest_of(writes), at_latest: None });
    }

    pub fn calls_late(&mut self, request: &HttpRequest) {
        let at_latest = is_to_maldopay(request).then_some(self.world.now + LONGEST_WAY);
        let digest = digest_of(&(&request.url, &request.body));
        self.late.push(LateEffect { what: LateAction::Call(request.clone()), digest, at_latest });
    }

    fn land(&mut self, which: usize) {
        let landing = self.late.remove(which);
        match landing.what {
            LateAction::Writes(writes) => {
                self.note(None, || format!("LATE: set {}", names(writes.iter().map(|(key, _)| key))));
                self.world.store.set_many(&writes);
            }
            LateAction::Call(request) => {
                self.note(None, || format!("LATE: call {}", described(&request)));
                // The caller no longer waits for the response.
                let _ = self.world.respond(&request);
            }
        }
    }

    /// Everything that is still on its way arrives.
    pub fn land_all(&mut self) {
        while !self.late.is_empty() {
            self.land(0);
        }
    }

    /// Time passes for all actors.
    pub fn pass_time(&mut self, milliseconds: i64) {
        let then = self.world.now + milliseconds;
        while let Some(due) = self.late.iter().position(|landing| landing.at_latest.is_some_and(|at| at <= then)) {
            self.land(due);
        }
        self.world.now = then;
        self.note(None, || format!("TIME: {} s pass", milliseconds / 1000));
    }
}

/// A call in one line.
pub fn described(request: &HttpRequest) -> String {
    if is_to_maldopay(request) { maldopay::described(request) } else { request.url.clone() }
}

/// Keys in one line.
pub fn names<'a>(keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    match keys.as_slice() {
        [first, _, _, _, .., last] => format!("{first} … {last} ({} keys)", keys.len()),
        few => few.join(" "),
    }
}
