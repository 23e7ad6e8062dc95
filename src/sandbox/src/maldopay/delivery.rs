//! Delivers callbacks to the merchant, and repeats each until the merchant accepts it.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::MaldoPaySandbox;
use super::callbacks::Callback;
use crate::client::DeliveryResponse;
use crate::lock::lock;

/// How often MaldoPay repeats a callback that the merchant did not accept.
const REPETITIONS: u32 = 5;

/// How long [`MaldoPaySandbox::callbacks_done`] waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// The tasks that MaldoPay runs besides answering requests.
#[derive(Debug)]
pub(crate) struct Background {
    tasks: Mutex<JoinSet<()>>,
    running: watch::Sender<usize>,
}

impl Background {
    pub(crate) fn new() -> Self {
        Self { tasks: Mutex::new(JoinSet::new()), running: watch::Sender::new(0) }
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.running.send_modify(|running| *running = running.saturating_add(1));
        let running = DeliveryGuard(self.running.clone());
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _running = running;
            task.await;
        });
    }

    pub(crate) fn abort(&self) {
        lock(&self.tasks).abort_all();
    }
}

/// Counts a task until it ends, however it ends.
struct DeliveryGuard(watch::Sender<usize>);

impl Drop for DeliveryGuard {
    fn drop(&mut self) {
        self.0.send_modify(|running| *running = running.saturating_sub(1));
    }
}

impl MaldoPaySandbox {
    /// Sends a callback once and returns the merchant's answer. MaldoPay's books do not change.
    ///
    /// # Errors
    /// No callback URL is set, or the merchant does not answer.
    pub async fn callback(&self, callback: Callback) -> anyhow::Result<DeliveryResponse> {
        self.attempt(&self.dated(callback)).await
    }

    /// Waits until MaldoPay has nothing more to send: every scenario has run, and every callback was accepted or given
    /// up.
    ///
    /// # Errors
    /// MaldoPay is still sending after 20 seconds.
    pub async fn callbacks_done(&self) -> anyhow::Result<()> {
        let mut running = self.inner.background.running.subscribe();
        tokio::time::timeout(PATIENCE, running.wait_for(|running| *running == 0))
            .await
            .context("callbacks are still being sent")??;
        Ok(())
    }

    /// Sends a callback. If the merchant does not accept it, MaldoPay repeats it in the background.
    pub(crate) async fn deliver(&self, callback: Callback) -> anyhow::Result<DeliveryResponse> {
        let callback = self.dated(callback);
        let first = self.attempt(&callback).await;
        if !is_accepted(&first) {
            let maldopay = self.clone();
            self.inner.background.spawn(async move { maldopay.repeat(&callback).await });
        }
        first
    }

    /// Sends a callback until the merchant accepts it or MaldoPay gives up.
    pub(crate) async fn deliver_until_accepted(&self, callback: &Callback) {
        if !is_accepted(&self.attempt(callback).await) {
            self.repeat(callback).await;
        }
    }

    /// Dates the callback later than every earlier one of its transaction, unless it already has a date.
    pub(crate) fn dated(&self, callback: Callback) -> Callback {
        match callback.undated().and_then(|transaction| self.books().next_update(transaction)) {
            Some(time) => callback.dated_at(time),
            None => callback,
        }
    }

    async fn repeat(&self, callback: &Callback) {
        let mut pause = self.inner.callback_retry;
        for _ in 0..REPETITIONS {
            tokio::time::sleep(pause).await;
            if is_accepted(&self.attempt(callback).await) {
                return;
            }
            pause = pause.saturating_mul(2);
        }
    }

    async fn attempt(&self, callback: &Callback) -> anyhow::Result<DeliveryResponse> {
        let url = self.callback_url().context("no callback URL is set: call set_callback_url")?;
        self.inner.client.post(&url, self.signed(callback)).await
    }
}

fn is_accepted(delivered: &anyhow::Result<DeliveryResponse>) -> bool {
    delivered.as_ref().is_ok_and(DeliveryResponse::is_accepted)
}
