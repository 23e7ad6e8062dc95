//! Counts the running invocations, and waits until none is left.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts the invocations. Clones share the count.
#[derive(Clone)]
pub(crate) struct Activity {
    running: Arc<watch::Sender<usize>>,
    abandoned: Arc<watch::Sender<bool>>,
}

/// One invocation; it ends when this is dropped.
pub(crate) struct InvocationGuard {
    activity: Activity,
}

impl Activity {
    pub(crate) fn new() -> Activity {
        Activity { running: Arc::new(watch::Sender::new(0)), abandoned: Arc::new(watch::Sender::new(false)) }
    }

    pub(crate) fn begin(&self) -> InvocationGuard {
        self.running.send_modify(|running| *running += 1);
        InvocationGuard { activity: self.clone() }
    }

    pub(crate) fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Resolves when nothing is running.
    pub(crate) async fn idle(&self) {
        // Waiting fails only when the sender is dropped, and `self` holds it.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    /// Signals every invocation to abort.
    pub(crate) fn abandon(&self) {
        self.abandoned.send_replace(true);
    }
}

impl InvocationGuard {
    /// Resolves when the invocation has to abort.
    pub(crate) async fn abandoned(&self) {
        let mut abandoned = self.activity.abandoned.subscribe();
        let _ = abandoned.wait_for(|abandoned| *abandoned).await;
    }
}

impl Drop for InvocationGuard {
    fn drop(&mut self) {
        self.activity.running.send_modify(|running| *running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn is_idle_when_the_last_one_ends() {
        let activity = Activity::new();
        activity.idle().await;
        let (first, second) = (activity.begin(), activity.begin());
        let waiting = tokio::spawn({
            let activity = activity.clone();
            async move { activity.idle().await }
        });
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        assert_eq!(activity.running(), 1);
        drop(second);
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn an_abandoned_invocation_is_notified() {
        let activity = Activity::new();
        let running = activity.begin();
        activity.abandon();
        running.abandoned().await;
    }
}
