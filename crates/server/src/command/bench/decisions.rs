//! How long a decision takes, from its submission to its receipt, with a load of questions beside it and without.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::{Command, QueueId, Target};
use node::{Node, Submission};
use tokio::runtime::Builder;

use super::centre::{arrive, arrived};
use super::figures::Figures;
use crate::command::Failure;

/// One decision in each: so many a second that none waits for the one before.
const EVERY: Duration = Duration::from_millis(2);

/// Decides until `is_over`, on a thread of its own.
pub(super) fn start(node: Node, first_leg: u64, is_over: Arc<AtomicBool>) -> JoinHandle<Result<Figures, Failure>> {
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| Failure::of(&error))?;
        runtime.block_on(measure(node, first_leg, is_over))
    })
}

/// Calls arrive in a queue, and leave.
async fn measure(node: Node, first_leg: u64, is_over: Arc<AtomicBool>) -> Result<Figures, Failure> {
    let begun = Instant::now();
    let mut times = Vec::new();
    let mut waits = None;
    let mut leg = first_leg;
    let mut tick = tokio::time::interval(EVERY);
    while !is_over.load(Ordering::Relaxed) {
        tick.tick().await;
        let command = match waits.take() {
            Some(call) => Command::CallerLeft { call },
            None => arrive(leg, Target::Queue(QueueId(1))),
        };
        leg += 1;
        let submitted = Instant::now();
        let receipt = node.submit(Submission::wish(command)).await;
        times.push(submitted.elapsed());
        let receipt = receipt.map_err(|refused| Failure::Failed(format!("the bench's floor: {refused}")))?;
        waits = receipt.record.entry.as_ref().and_then(|entry| arrived(&entry.events));
    }
    Ok(Figures::new(times, begun.elapsed(), Duration::ZERO))
}
