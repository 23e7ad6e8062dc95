//! The payments that each site lists for review.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::ensure;

use crate::calling::CommandCaller;
use crate::run::{ChaosRun, text};

/// The references of all payments in the review queues.
pub async fn listed(run: &Arc<ChaosRun>) -> anyhow::Result<BTreeSet<String>> {
    let mut caller = CommandCaller::new(run.clone(), run.random().fork());
    let mut listed = BTreeSet::new();
    for site in 0..run.sites.len() {
        let mut after = Some(0);
        while let Some(number) = after {
            let reply = caller.get(site, &format!("/v1/reviews?after={number}&limit=50")).await?;
            ensure!(reply.status == 200, "the reviews were answered {} {}", reply.status, reply.body);
            let page = reply.json();
            for review in page["reviews"].as_array().into_iter().flatten() {
                ensure!(
                    listed.insert(text(review, "reference").to_owned()),
                    "a payment is twice in the review queue: {review}"
                );
            }
            after = page["next"].as_u64();
        }
    }
    Ok(listed)
}
