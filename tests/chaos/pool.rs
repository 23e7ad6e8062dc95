//! The work that is left, taken in random order, and the work that waits until time has passed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use serde_json::Value;
use tokio::sync::Notify;
use tollbridge_sandbox::Callback;

use crate::life::DueItem;

/// One request to the gateway.
#[derive(Clone)]
pub enum Item {
    Command(MerchantCommand),
    Delivery(Delivery),
    /// A drain of this site, as a scheduler would start it.
    Drain(usize),
}

/// A command from Salesforce. A repetition has the same content and key.
#[derive(Clone)]
pub struct MerchantCommand {
    pub life: usize,
    pub site: usize,
    pub path: String,
    pub key: String,
    pub body: Value,
}

/// A callback from MaldoPay about this payment.
#[derive(Clone)]
pub struct Delivery {
    pub site: usize,
    pub reference: String,
    pub callback: Callback,
}

/// How many unfinished tasks are listed at most.
const MOST_NAMED: usize = 20;

pub struct Pool {
    state: Mutex<PoolState>,
    changed: Notify,
}

struct PoolState {
    ready: Vec<Item>,
    waiting: Vec<DueItem>,
    busy: usize,
    is_held: bool,
    random: Rng,
}

impl Pool {
    pub fn new(random: Rng) -> Self {
        let state = PoolState { ready: Vec::new(), waiting: Vec::new(), busy: 0, is_held: false, random };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    pub fn add(&self, due: DueItem) {
        let mut state = self.state();
        if due.rounds == 0 {
            state.ready.push(due.item)
        } else {
            state.waiting.push(due)
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Takes the next task. `None` when no task is left and none is in progress that could add more. The caller has to
    /// call [`Pool::done`] after the task.
    pub async fn take(&self) -> Option<Item> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.state();
                if !state.is_held && !state.ready.is_empty() {
                    let many = state.ready.len();
                    let drawn = state.random.usize(0..many);
                    state.busy += 1;
                    return Some(state.ready.swap_remove(drawn));
                }
                if !state.is_held && state.busy == 0 {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// Pauses the pool: no task can be taken. Waits until all tasks in progress are done.
    pub async fn hold(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.state();
                state.is_held = true;
                if state.busy == 0 {
                    return;
                }
            }
            changed.await;
        }
    }

    /// Resumes the pool.
    pub fn release(&self) {
        self.state().is_held = false;
        self.changed.notify_waiters();
    }

    pub fn done(&self) {
        self.state().busy -= 1;
        self.changed.notify_waiters();
    }

    /// Releases the tasks that waited for time to pass. Returns whether any task is left, now or later.
    pub fn time_passed(&self) -> bool {
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        let any = !waiting.is_empty() || !state.ready.is_empty();
        for due in waiting {
            let rounds = due.rounds.saturating_sub(1);
            if rounds == 0 { state.ready.push(due.item) } else { state.waiting.push(DueItem { rounds, ..due }) }
        }
        any
    }

    /// The unfinished tasks, as text.
    pub fn left(&self) -> Vec<String> {
        let state = self.state();
        let waiting = state.waiting.iter().map(|due| &due.item);
        let words = |item: &Item| match item {
            Item::Command(command) => format!("POST {} with the key {}", command.path, command.key),
            Item::Delivery(delivery) => format!("a callback about {}", delivery.reference),
            Item::Drain(site) => format!("a drain of site {site}"),
        };
        state.ready.iter().chain(waiting).map(words).take(MOST_NAMED).collect()
    }

    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
