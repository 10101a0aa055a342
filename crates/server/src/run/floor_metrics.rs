//! The floor in figures: counted from committed records, measured from the follower's state when somebody asks.
//!
//! Labels are ids of VDNs and queues; never a number, a name or a call.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use api::RenderMetrics;
use engine::{Agent, CallId, Event, Line, OfferEnd, Outcome, Place, Presence, State, Timestamp, Work};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use node::{Node, Position, Record, Subscription, SubscriptionError};

use super::wait_metrics::{self, Predictions};

/// How long records may wait to be counted: to be woken for each would cost more than to count it.
const COUNT_EVERY: Duration = Duration::from_millis(100);

/// Counts every record of every node from now on; `render` with the measured figures in front.
pub(crate) fn start(nodes: &[Node], render: RenderMetrics) -> RenderMetrics {
    describe();
    for node in nodes {
        tokio::spawn(follow(node.clone()));
    }
    let nodes = nodes.to_vec();
    Arc::new(move || {
        for node in &nodes {
            node.read(|state, _| measure(&vdn(node), state));
        }
        render()
    })
}

fn describe() {
    describe_gauge!("anteroom_calls_waiting", "Calls that wait in a queue; offered ones are not counted");
    describe_gauge!("anteroom_private_calls_waiting", "Calls that wait in private queues, all agents together");
    describe_gauge!("anteroom_calls_live", "Live calls by place: waiting, offered, talking, outside");
    describe_gauge!(
        "anteroom_agents",
        "Agents by what they do: signed_out, not_ready, idle, offered, talking, wrap_up"
    );
    describe_gauge!("anteroom_agents_available", "Agents of a queue who could take a call now");
    describe_gauge!("anteroom_agents_resting", "Agents of a queue who rest, or will when their work is over");
    describe_gauge!("anteroom_rest_wishes_waiting", "Agents of a queue with a quota who wait for a rest");
    describe_counter!("anteroom_calls_arrived_total", "Calls that arrived");
    describe_counter!("anteroom_calls_ended_total", "Calls that ended, by outcome");
    describe_counter!("anteroom_offers_made_total", "Offers made");
    describe_counter!("anteroom_offers_accepted_total", "Offers that the agent answered");
    describe_counter!("anteroom_offers_declined_total", "Offers that the agent declined");
    describe_counter!("anteroom_offers_expired_total", "Offers that rang for their whole time");
    describe_counter!("anteroom_offers_withdrawn_total", "Offers whose call or agent left");
    describe_counter!("anteroom_offers_failed_total", "Offers whose phone could not be rung");
    describe_counter!("anteroom_private_calls_total", "Calls that joined a private queue");
    describe_counter!("anteroom_transfers_total", "Calls that an agent gave away");
    describe_counter!("anteroom_transfers_taken_back_total", "Calls that an agent kept for a transfer and had back");
    describe_counter!("anteroom_treatments_total", "Treatments applied, by situation");
    wait_metrics::describe();
    describe_gauge!("anteroom_history_lag_records", "Records of the journal that are not in the history yet");
    describe_counter!("anteroom_history_errors_total", "Writes of the history that failed; they are tried again");
    describe_histogram!("anteroom_wait_seconds", "From a call's arrival, or its transfer, to the agent's answer");
}

fn vdn(node: &Node) -> String {
    node.vdn().to_string()
}

/// What is so at this moment. Looks at every agent and every live call, so it is for a scrape every few seconds; it
/// holds the follower's lock, never the writer's.
fn measure(vdn: &str, state: &State) {
    let label = || vdn.to_owned();
    for queue in state.queues() {
        let (id, waiting) = (queue.id.to_string(), state.waiting_count(queue.id));
        gauge!("anteroom_calls_waiting", "vdn" => label(), "queue" => id.clone()).set(waiting as f64);
        let available = state.available_count(queue.id);
        gauge!("anteroom_agents_available", "vdn" => label(), "queue" => id.clone()).set(available as f64);
        let (resting, wishes) = (state.resting_count(queue.id), state.rest_line(queue.id).len());
        gauge!("anteroom_agents_resting", "vdn" => label(), "queue" => id.clone()).set(f64::from(resting));
        gauge!("anteroom_rest_wishes_waiting", "vdn" => label(), "queue" => id).set(wishes as f64);
    }
    let private: usize = state.agents().map(|agent| state.private_count(agent.settings.id)).sum();
    gauge!("anteroom_private_calls_waiting", "vdn" => label()).set(private as f64);
    for (place, calls) in tally(&PLACES, state.calls().map(|call| place(&call.place))) {
        gauge!("anteroom_calls_live", "vdn" => label(), "place" => place).set(calls as f64);
    }
    for (doing, agents) in tally(&DOINGS, state.agents().map(doing)) {
        gauge!("anteroom_agents", "vdn" => label(), "doing" => doing).set(agents as f64);
    }
}

const PLACES: [&str; 4] = ["waiting", "offered", "talking", "outside"];
const DOINGS: [&str; 6] = ["signed_out", "not_ready", "idle", "offered", "talking", "wrap_up"];

fn place(place: &Place) -> &'static str {
    match place {
        Place::Waiting(_) => "waiting",
        Place::Offered { .. } => "offered",
        Place::Talking { .. } => "talking",
        Place::Outside { .. } => "outside",
    }
}

fn doing(agent: &Agent) -> &'static str {
    match (agent.work, agent.presence) {
        (Work::Offered { .. }, _) => "offered",
        (Work::Talking { .. }, _) => "talking",
        (Work::WrapUp { .. }, _) => "wrap_up",
        (Work::Idle { .. }, Presence::SignedOut) => "signed_out",
        (Work::Idle { .. }, Presence::NotReady(_)) => "not_ready",
        (Work::Idle { .. }, Presence::Ready) => "idle",
    }
}

/// How often each of `words` is among `found`; those that are not there count 0.
fn tally(words: &[&'static str], found: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<&'static str, usize> = words.iter().map(|word| (*word, 0)).collect();
    for word in found {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// Counts until the node stops; what it falls behind too far to see is not counted, and said.
async fn follow(node: Node) {
    let mut counted = Tally {
        vdn: vdn(&node),
        node: node.clone(),
        waits: HashMap::new(),
        predictions: Predictions::default(),
        joined: None,
    };
    let mut after = node.read(|_, position| position);
    loop {
        let end = match node.subscribe(after) {
            Ok(subscription) => counted.count_all(subscription, &mut after).await,
            Err(too_old) => SubscriptionError::TooOld(too_old),
        };
        match end {
            SubscriptionError::TooOld(too_old) => {
                tracing::warn!(vdn = counted.vdn, %too_old, "metrics fell behind and miss some records");
                after = too_old.kept_after;
            }
            SubscriptionError::Stopped => return,
            SubscriptionError::Store(error) => {
                tracing::error!(vdn = counted.vdn, %error, "metrics of the floor are no longer counted");
                return;
            }
        }
    }
}

struct Tally {
    vdn: String,
    /// Since when each call waits that no agent has answered.
    waits: HashMap<CallId, Timestamp>,
    node: Node,
    predictions: Predictions,
    /// The last call that joined a line and has not been asked for: one of all that are counted together is, so that
    /// asking costs little however many calls come.
    joined: Option<(CallId, Timestamp)>,
}

impl Tally {
    async fn count_all(&mut self, mut subscription: Subscription, after: &mut Position) -> SubscriptionError {
        loop {
            match subscription.next().await {
                Ok(record) => {
                    *after = record.position;
                    self.count(&record);
                    if subscription.is_drained() {
                        self.predict(*after);
                        tokio::time::sleep(COUNT_EVERY).await;
                    }
                }
                Err(end) => return end,
            }
        }
    }

    /// The follower is hardly further than what was counted; where it is not as far, nobody is asked for.
    fn predict(&mut self, counted: Position) {
        let Some((call, at)) = self.joined.take().filter(|_| self.predictions.has_room()) else { return };
        self.node.read(|state, position| {
            if position >= counted {
                self.predictions.ask(state, call, at);
            }
        });
    }

    fn count(&mut self, record: &Record) {
        for event in record.entry.iter().flat_map(|entry| &entry.events) {
            self.count_event(event, record.at);
        }
    }

    fn count_event(&mut self, event: &Event, at: Timestamp) {
        self.predictions.note(&self.vdn, event, at);
        if let Event::CallQueued { call, .. } = event {
            self.joined = Some((*call, at));
        }
        let count = |name: &'static str| counter!(name, "vdn" => self.vdn.clone()).increment(1);
        match event {
            Event::CallArrived { call, .. } => {
                count("anteroom_calls_arrived_total");
                self.waits.insert(*call, at);
            }
            Event::CallQueued { line: Line::Private(_), .. } => count("anteroom_private_calls_total"),
            Event::OfferMade { .. } => count("anteroom_offers_made_total"),
            Event::OfferAccepted { call, .. } => {
                count("anteroom_offers_accepted_total");
                if let Some(since) = self.waits.remove(call) {
                    let waited = at.since(since).as_secs_f64();
                    histogram!("anteroom_wait_seconds", "vdn" => self.vdn.clone()).record(waited);
                }
            }
            Event::OfferEnded { how, .. } => count(offer_end(*how)),
            Event::CallTransferred { call, .. } => {
                count("anteroom_transfers_total");
                self.waits.insert(*call, at);
            }
            Event::CallKept { call, .. } => {
                self.waits.insert(*call, at);
            }
            Event::CallGivenAway { .. } => count("anteroom_transfers_total"),
            Event::CallTakenBack { call, .. } => {
                count("anteroom_transfers_taken_back_total");
                self.waits.remove(call);
            }
            Event::TreatmentApplied { situation, .. } => {
                let labels = [("vdn", self.vdn.clone()), ("situation", format!("{situation:?}"))];
                counter!("anteroom_treatments_total", &labels).increment(1);
            }
            Event::CallEnded { call, outcome: how, .. } => {
                let labels = [("vdn", self.vdn.clone()), ("outcome", outcome(*how).to_owned())];
                counter!("anteroom_calls_ended_total", &labels).increment(1);
                self.waits.remove(call);
            }
            _ => {}
        }
    }
}

const fn offer_end(how: OfferEnd) -> &'static str {
    match how {
        OfferEnd::Declined => "anteroom_offers_declined_total",
        OfferEnd::Expired => "anteroom_offers_expired_total",
        OfferEnd::Withdrawn(_) => "anteroom_offers_withdrawn_total",
        OfferEnd::Failed => "anteroom_offers_failed_total",
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Abandoned => "abandoned",
        Outcome::Released(_) => "released",
        Outcome::Failed(_) => "failed",
    }
}
