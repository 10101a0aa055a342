//! The board itself: one value, one entrance ([`Board::handle`]), everything that can wake it in one list.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use engine::{AgentId, CallId, LegKey, VdnId};
use leg::{Headers, Input, LegEvent, Output, Request, Response, ServerTxn, Timestamp, Wish};
use media::{Media, MediaEvent, PortId};
use node::{Node, Record};
use tokio::sync::mpsc::UnboundedSender;

use super::Parts;
use super::arrive::Arrival;
use super::ask::Answer;
use super::calls::Call;
use super::derive::Chance;
use super::facts::Facts;
use super::legs::{LegId, Legs, Role, Slot};
use super::meters::Meters;
use super::refusals::Refusal;
use crate::directory::Directory;
use crate::door::Inbound;
use crate::place::{Destination, Flow, Place};
use crate::registrar::Binding;
use crate::settings::{Settings, Transport};
use crate::wire::ClientTxn;

/// All that can wake the switchboard.
#[derive(Debug)]
pub enum Wake {
    /// What the door let in.
    Inbound(Inbound),
    /// A record of this VDN is durable.
    Committed(VdnId, Arc<Record>),
    /// What became of something that was submitted.
    Answered(Answer),
    /// A key was pressed.
    Media(MediaEvent),
    /// Something is due.
    Timer,
    /// New settings count from now on; legs keep what they were made with.
    Settings(Arc<Directory>),
    /// All legs are hung up; no call is taken any more.
    Shutdown,
}

/// What the switchboard needs of the network: the wire, or what takes its place in a test.
pub trait Network {
    /// See [`crate::wire::Wire::send`].
    fn send(&self, txn: ClientTxn, branch: Option<&str>, request: Request, to: Destination);
    /// See [`crate::wire::Wire::respond`].
    fn respond(&self, txn: ServerTxn, response: &Response);
    /// See [`crate::wire::Wire::ack`].
    fn ack(&self, request: &Request, to: Destination);
    /// See [`crate::wire::Wire::cancel`].
    fn cancel(&self, txn: ClientTxn, extra: Headers);
    /// Our address towards a destination, for `Contact`.
    fn local(&self, to: &Destination) -> Option<std::net::SocketAddr>;
}

/// Looks up where an agent's phones are.
pub type Phones = Box<dyn Fn(VdnId, AgentId) -> Vec<Binding> + Send>;

/// All calls of the edge, and all their legs.
pub(super) struct Board<N> {
    pub(super) directory: Arc<Directory>,
    pub(super) nodes: BTreeMap<VdnId, Node>,
    pub(super) media: Media,
    pub(super) network: N,
    pub(super) phones: Phones,
    /// Where answers of the node come back.
    pub(super) wakes: UnboundedSender<Wake>,
    pub(super) legs: Legs,
    pub(super) calls: HashMap<CallId, Box<Call>>,
    /// Calls that are being decided.
    pub(super) arrivals: HashMap<LegKey, Arrival>,
    /// The callers' legs there are, arriving or live: an INVITE that comes by two ways is one call.
    pub(super) keys: HashSet<LegKey>,
    pub(super) ports: HashMap<PortId, LegId>,
    /// Facts that could not be committed yet.
    pub(super) facts: Facts,
    pub(super) chance: Chance,
    pub(super) now: Timestamp,
    pub(super) meters: Meters,
    pub(super) is_closing: bool,
    /// What legs reported in this turn and was not looked at yet.
    events: VecDeque<(LegId, LegEvent)>,
    /// Calls whose legs may no longer match their stage.
    touched: VecDeque<CallId>,
}

impl<N: Network> Board<N> {
    /// A board without calls. Answers of the nodes come back through `wakes`.
    pub(super) fn new(parts: Parts<N>, wakes: UnboundedSender<Wake>) -> Self {
        Self {
            directory: parts.directory,
            nodes: parts.nodes.into_iter().map(|node| (node.vdn(), node)).collect(),
            media: parts.media,
            network: parts.network,
            phones: parts.phones,
            wakes,
            legs: Legs::new(parts.admission),
            calls: HashMap::new(),
            arrivals: HashMap::new(),
            keys: HashSet::new(),
            ports: HashMap::new(),
            facts: Facts::default(),
            chance: Chance::new(parts.secret),
            now: Timestamp(0),
            meters: Meters::default(),
            is_closing: false,
            events: VecDeque::new(),
            touched: VecDeque::new(),
        }
    }

    /// One turn: what woke us, what legs reported in its course, and the calls it touched, until all is quiet.
    pub(super) fn handle(&mut self, now: Timestamp, wake: Wake) {
        self.now = self.now.max(now);
        match wake {
            Wake::Inbound(inbound) => self.inbound(inbound),
            Wake::Committed(vdn, record) => self.committed(vdn, &record),
            Wake::Answered(answer) => self.answered(answer),
            Wake::Media(MediaEvent::Dtmf { port, key }) => self.key_at_port(port, key),
            Wake::Timer => self.timer(),
            Wake::Settings(directory) => self.directory = directory,
            Wake::Shutdown => self.shutdown(),
        }
        loop {
            if let Some((leg, event)) = self.events.pop_front() {
                self.leg_event(leg, event);
            } else if let Some(call) = self.touched.pop_front() {
                self.mend(call);
            } else {
                break;
            }
        }
    }

    /// When [`Wake::Timer`] is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        [self.legs.next_due(), self.facts.next_due()].into_iter().flatten().min()
    }

    /// Shows what there is, and says how many calls.
    pub(super) fn publish(&self) -> usize {
        let calls = self.calls.len() + self.arrivals.len();
        self.meters.now(calls, self.legs.len(), self.facts.len());
        calls
    }

    /// Whether nothing is left to be said or submitted.
    pub(super) fn is_quiet(&self) -> bool {
        self.legs.len() == 0 && self.facts.is_empty() && self.arrivals.is_empty()
    }

    fn timer(&mut self) {
        while let Some(leg) = self.legs.pop_due(self.now) {
            self.turn(leg, Input::Due);
        }
        self.submit_due_facts();
    }

    fn shutdown(&mut self) {
        self.is_closing = true;
        for leg in self.legs.ids() {
            self.part(leg, Some(leg::value::Reason::sip(503, "The server is stopping")));
        }
    }

    fn inbound(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Call(incoming) => self.invite(&incoming),
            Inbound::InDialog { txn, request, flow } => self.dialog_request(txn, request, &flow),
            Inbound::Ack { request, flow } => {
                if let Some(leg) = self.leg_of(&request, &flow) {
                    self.turn(leg, Input::Ack(request));
                }
            }
            Inbound::Cancel { txn, headers } => {
                if let Some(leg) = self.legs.by_invite(txn) {
                    self.turn(leg, Input::Cancel { txn, headers });
                }
            }
            Inbound::Response { txn, response, flow: _ } => {
                let (leg, txn) = LegId::of_wire(txn);
                self.turn(leg, Input::Response { txn, response });
            }
            Inbound::Failed { txn, why } => {
                let (leg, txn) = LegId::of_wire(txn);
                self.turn(leg, Input::Failed { txn, why });
            }
        }
    }

    /// A request in a dialog of ours, or in one that we do not know.
    fn dialog_request(&mut self, txn: ServerTxn, request: Request, flow: &Flow) {
        let Some(leg) = self.leg_of(&request, flow) else {
            return self.network.respond(txn, &super::reply(&request, Refusal::status(481), ""));
        };
        self.legs.follow(leg, flow);
        if request.method == leg::Method::Invite {
            self.legs.expect_cancel(txn, leg);
        }
        self.turn(leg, Input::Request { txn, request });
    }

    /// The leg whose dialog a request is in: by our tag, and from where its other side is. A stranger who knows the
    /// tag is told what he would be told of any other.
    fn leg_of(&self, request: &Request, flow: &Flow) -> Option<LegId> {
        let tag = leg::value::NameAddr::parse(request.headers.get("To")?)?.tag()?;
        let id = self.legs.by_tag(tag)?;
        let slot = self.legs.get(id)?;
        let source = flow.remote.ip().to_canonical();
        let is_peer = slot.to.place().address.ip().to_canonical() == source;
        let is_its_trunk = || {
            let trunk = slot.trunk.as_deref().and_then(|name| self.settings().trunks.iter().find(|t| t.name == name));
            trunk.is_some_and(|trunk| trunk.sources.iter().any(|network| network.contains(source)))
        };
        (is_peer || is_its_trunk()).then_some(id)
    }

    /// Tells a leg something, and carries out what it answers. Without effect for a leg that is gone.
    pub(super) fn turn(&mut self, id: LegId, input: Input) {
        let Some(slot) = self.legs.get_mut(id) else { return };
        let outputs = slot.leg.handle(self.now, input);
        self.carry_out(id, outputs);
        self.legs.schedule(id);
    }

    /// [`Board::turn`] for what the house wants.
    pub(super) fn wish(&mut self, id: LegId, wish: Wish) {
        self.turn(id, Input::Wish(wish));
    }

    /// Sends what a leg wants sent; its events wait for their turn.
    pub(super) fn carry_out(&mut self, id: LegId, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Respond { txn, response } => {
                    if !response.is_provisional() {
                        self.legs.answered(txn);
                    }
                    self.network.respond(txn, &response);
                }
                Output::Send { txn, branch, request } => {
                    let Some(slot) = self.legs.get(id) else { return };
                    self.network.send(id.on_wire(txn), branch.as_deref(), request, next_hop(slot));
                }
                Output::Ack { request } => {
                    let Some(slot) = self.legs.get(id) else { return };
                    self.network.ack(&request, next_hop(slot));
                }
                Output::Cancel { txn, reason } => {
                    let reason = reason.map(|reason| Headers::new().with("Reason", &reason.to_string()));
                    self.network.cancel(id.on_wire(txn), reason.unwrap_or_default());
                }
                Output::Event(event) => self.events.push_back((id, event)),
            }
        }
    }

    /// Has the call's legs compared with its stage before this turn is over.
    pub(super) fn touch(&mut self, call: CallId) {
        if !self.touched.contains(&call) {
            self.touched.push_back(call);
        }
    }

    /// Ends a leg's service: it is hung up, or refused if it was never answered, and no longer speaks for a call.
    pub(super) fn part(&mut self, id: LegId, reason: Option<leg::value::Reason>) {
        if let Some(slot) = self.legs.get_mut(id) {
            slot.role = Role::Parting;
            self.close_port(id);
            self.wish(id, Wish::HangUp { reason });
        }
    }

    /// Closes a leg's port, if it has one.
    pub(super) fn close_port(&mut self, id: LegId) {
        if let Some(port) = self.legs.get_mut(id).and_then(|slot| slot.port.take()) {
            self.ports.remove(&port);
            self.media.close(port);
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        self.directory.settings()
    }

    /// `Contact` towards a destination.
    pub(super) fn contact(&self, to: &Destination) -> String {
        let place = to.place();
        let mut address = self.network.local(to).unwrap_or(place.address);
        if let Some(advertised) = self.settings().advertise {
            address.set_ip(advertised);
        }
        match place.transport {
            Transport::Udp => format!("sip:{address}"),
            Transport::Tcp => format!("sip:{address};transport=tcp"),
        }
    }

    /// Where a port of ours receives RTP, as a session description says it.
    pub(super) fn announced(&self, port: &media::Port, to: &Destination) -> std::net::SocketAddr {
        let mut address = port.local;
        if let Some(advertised) = self.settings().advertise {
            address.set_ip(advertised);
        } else if address.ip().is_unspecified()
            && let Some(local) = self.network.local(to)
        {
            address.set_ip(local.ip());
        }
        address
    }
}

/// Where a leg's next request goes. A phone is reached by the flow it registered or called by. A trunk or a fixed phone
/// over UDP is reached where its dialog says (RFC 3261, 12.2.1.1), as long as that is an address and no name.
fn next_hop(slot: &Slot) -> Destination {
    let is_flow_of_phone = slot.trunk.is_none() && matches!(slot.to, Destination::Flow(_));
    if is_flow_of_phone || slot.to.place().transport == Transport::Tcp {
        return slot.to;
    }
    Place::of_uri(slot.leg.next_hop()).map_or(slot.to, Destination::Place)
}
