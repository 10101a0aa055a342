//! The floor in figures: counted from committed records, measured from the follower's state when somebody asks.
//!
//! Labels are ids of VDNs and queues; never a number, a name or a call.

use std::collections::HashMap;
use std::sync::Arc;

use api::RenderMetrics;
use engine::{CallId, Event, FailCause, Line, OfferEnd, Outcome, ReleaseCause, State, Timestamp};
use metrics::{counter, gauge, histogram};
use node::{Node, Position, Record, Subscription, SubscriptionError};

/// Counts every record of every node from now on; `render` with the measured figures in front.
pub(crate) fn start(nodes: &[Node], render: RenderMetrics) -> RenderMetrics {
    describe();
    for node in nodes {
        tokio::spawn(follow(node.clone()));
    }
    let nodes = nodes.to_vec();
    Arc::new(move || {
        for node in &nodes {
            node.read(|state, position| measure(&vdn(node), state, position));
        }
        render()
    })
}

fn describe() {
    metrics::describe_counter!("anteroom_calls_arrived_total", "Calls that arrived");
    metrics::describe_counter!("anteroom_calls_ended_total", "Calls that ended, by outcome");
    metrics::describe_counter!("anteroom_offers_made_total", "Offers made to agents");
    metrics::describe_counter!("anteroom_offers_accepted_total", "Offers that the agent accepted");
    metrics::describe_counter!("anteroom_offers_declined_total", "Offers that the agent declined");
    metrics::describe_counter!("anteroom_offers_expired_total", "Offers that rang for their whole time");
    metrics::describe_counter!("anteroom_offers_withdrawn_total", "Offers whose call or agent left");
    metrics::describe_counter!("anteroom_offers_failed_total", "Offers whose phone could not be rung");
    metrics::describe_counter!("anteroom_treatments_total", "Treatments applied, by situation");
    metrics::describe_histogram!("anteroom_wait_seconds", "From joining a line to the agent's answer");
    metrics::describe_gauge!("anteroom_calls_live", "Live calls");
    metrics::describe_gauge!("anteroom_calls_waiting", "Calls that wait in a queue");
    metrics::describe_gauge!("anteroom_private_calls_waiting", "Calls that wait in private queues");
    metrics::describe_gauge!("anteroom_agents_available", "Agents of a queue who could take a call now");
    metrics::describe_gauge!("anteroom_agents_signed_in", "Agents signed in to a queue");
    metrics::describe_gauge!("anteroom_journal_position", "The last record that the follower has applied");
}

fn vdn(node: &Node) -> String {
    node.vdn().to_string()
}

/// What is so at this moment.
fn measure(vdn: &str, state: &State, position: Position) {
    let label = || vdn.to_owned();
    for queue in state.queues() {
        let id = || queue.id.to_string();
        gauge!("anteroom_calls_waiting", "vdn" => label(), "queue" => id()).set(state.waiting_count(queue.id) as f64);
        gauge!("anteroom_agents_available", "vdn" => label(), "queue" => id())
            .set(state.available_count(queue.id) as f64);
        gauge!("anteroom_agents_signed_in", "vdn" => label(), "queue" => id())
            .set(state.signed_in_count(queue.id) as f64);
    }
    let private: usize = state.agents().map(|agent| state.private_count(agent.settings.id)).sum();
    gauge!("anteroom_private_calls_waiting", "vdn" => label()).set(private as f64);
    gauge!("anteroom_calls_live", "vdn" => label()).set(state.calls().count() as f64);
    gauge!("anteroom_journal_position", "vdn" => label()).set(position.0 as f64);
}

/// Counts until the node stops; what it falls behind too far to see is not counted, and said.
async fn follow(node: Node) {
    let mut tally = Tally { vdn: vdn(&node), waits: HashMap::new() };
    let mut after = node.read(|_, position| position);
    loop {
        let end = match node.subscribe(after) {
            Ok(subscription) => tally.count_all(subscription, &mut after).await,
            Err(too_old) => SubscriptionError::TooOld(too_old),
        };
        match end {
            SubscriptionError::TooOld(too_old) => {
                tracing::warn!(vdn = tally.vdn, %too_old, "metrics fell behind and miss some records");
                after = too_old.kept_after;
            }
            SubscriptionError::Stopped => return,
            SubscriptionError::Store(error) => {
                tracing::error!(vdn = tally.vdn, %error, "metrics of the floor are no longer counted");
                return;
            }
        }
    }
}

struct Tally {
    vdn: String,
    /// Since when, and in which kind of line, each waiting call waits.
    waits: HashMap<CallId, (Timestamp, &'static str)>,
}

impl Tally {
    async fn count_all(&mut self, mut subscription: Subscription, after: &mut Position) -> SubscriptionError {
        loop {
            match subscription.next().await {
                Ok(record) => {
                    *after = record.position;
                    self.count(&record);
                }
                Err(end) => return end,
            }
        }
    }

    fn count(&mut self, record: &Record) {
        for event in record.entry.iter().flat_map(|entry| &entry.events) {
            self.count_event(event, record.at);
        }
    }

    fn count_event(&mut self, event: &Event, at: Timestamp) {
        let vdn = || self.vdn.clone();
        match event {
            Event::CallArrived { .. } => counter!("anteroom_calls_arrived_total", "vdn" => vdn()).increment(1),
            Event::OfferMade { .. } => counter!("anteroom_offers_made_total", "vdn" => vdn()).increment(1),
            Event::OfferEnded { how, .. } => {
                let name = match how {
                    OfferEnd::Declined => "anteroom_offers_declined_total",
                    OfferEnd::Expired => "anteroom_offers_expired_total",
                    OfferEnd::Withdrawn(_) => "anteroom_offers_withdrawn_total",
                    OfferEnd::Failed => "anteroom_offers_failed_total",
                };
                counter!(name, "vdn" => vdn()).increment(1);
            }
            Event::TreatmentApplied { situation, .. } => {
                let situation = format!("{situation:?}");
                counter!("anteroom_treatments_total", "vdn" => vdn(), "situation" => situation).increment(1);
            }
            Event::CallQueued { call, line, .. } => {
                let kind = match line {
                    Line::Queue(_) => "queue",
                    Line::Private(_) => "private",
                };
                self.waits.entry(*call).or_insert((at, kind)).1 = kind;
            }
            Event::OfferAccepted { call, .. } => {
                counter!("anteroom_offers_accepted_total", "vdn" => vdn()).increment(1);
                if let Some((since, line)) = self.waits.remove(call) {
                    let waited = at.since(since).as_secs_f64();
                    histogram!("anteroom_wait_seconds", "vdn" => vdn(), "line" => line).record(waited);
                }
            }
            Event::CallEnded { call, outcome, .. } => {
                self.waits.remove(call);
                counter!("anteroom_calls_ended_total", "vdn" => vdn(), "outcome" => outcome_name(*outcome))
                    .increment(1);
            }
            _ => {}
        }
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Abandoned => "abandoned",
        Outcome::Released(ReleaseCause::Treatment(_)) => "released: treatment",
        Outcome::Released(ReleaseCause::TooManyHops) => "released: too many hops",
        Outcome::Released(ReleaseCause::NoQueueToReturnTo) => "released: no queue to return to",
        Outcome::Released(ReleaseCause::Request) => "released: request",
        Outcome::Failed(FailCause::LostAtRestart) => "failed: lost at restart",
        Outcome::Failed(FailCause::NoAck) => "failed: no ACK",
        Outcome::Failed(FailCause::LegLost) => "failed: leg lost",
        Outcome::Failed(FailCause::Resources) => "failed: resources",
    }
}
