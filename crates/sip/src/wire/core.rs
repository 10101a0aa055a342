//! What the parts of the wire share: the transactions, and the ways out.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use leg::{Headers, Request, Response, ServerTxn};
use rsipstack::sip::{Header, SipMessage};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::layer::{Layer, Outgoing, Output, Standing};
use super::tcp::Connections;
use super::udp::Socket;
use super::{ClientTxn, FromWire, message, text};
use crate::admission::Admission;
use crate::digest::hex;
use crate::place::{Destination, Flow, Place};
use crate::settings::Transport;

pub(super) struct Core {
    layer: Mutex<Layer>,
    /// Told when something falls due earlier than all before.
    earlier: Notify,
    pub(super) connections: Arc<Connections>,
    pub(super) admission: Arc<Admission>,
    pub(super) udp: Vec<Arc<Socket>>,
    pub(super) tcp: Vec<SocketAddr>,
    pub(super) advertise: Option<IpAddr>,
    pub(super) user_agent: String,
    pub(super) events: UnboundedSender<FromWire>,
    pub(super) stop: CancellationToken,
}

impl Core {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { settings, admission, udp, tcp, connections, events, stop } = parts;
        Self {
            layer: Mutex::new(Layer::new(&settings.user_agent, settings.limits.transactions)),
            earlier: Notify::new(),
            connections,
            admission,
            udp,
            tcp,
            advertise: settings.advertise,
            user_agent: settings.user_agent.clone(),
            events,
            stop,
        }
    }

    pub(super) fn layer(&self) -> MutexGuard<'_, Layer> {
        self.layer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the layer do something, and does what it says.
    fn turn(&self, what: impl FnOnce(&mut Layer, Instant) -> Vec<Output>) {
        let mut layer = self.layer();
        let before = layer.next_due();
        let out = what(&mut layer, Instant::now());
        let after = layer.next_due();
        drop(layer);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.earlier.notify_one();
        }
        for output in out {
            match output {
                Output::Send(flow, message) => self.transmit(&flow, &message),
                // Nobody listens any more when the edge stops.
                Output::Tell(event) => drop(self.events.send(event)),
            }
        }
    }

    fn transmit(&self, flow: &Flow, message: &bytes::Bytes) {
        match flow.transport {
            Transport::Tcp => self.connections.send(flow.connection, message.clone()),
            Transport::Udp => {
                if let Some(socket) = self.udp.iter().find(|socket| socket.local == flow.local) {
                    socket.send(message, flow.remote);
                }
            }
        }
    }

    /// A message came in.
    pub(super) fn received(&self, incoming: SipMessage, flow: Flow) {
        match incoming {
            SipMessage::Request(request) => {
                let standing = self.standing(&request, flow);
                let vias = message::vias(&request.headers);
                let request = message::request(&request);
                self.turn(|layer, now| layer.request(now, request, &vias, flow, standing));
            }
            SipMessage::Response(response) => {
                let Some(branch) = message::branch(&response).map(str::to_owned) else { return };
                let response = message::response(response);
                self.turn(|layer, now| layer.response(now, response, &branch));
            }
        }
    }

    /// A stranger is whom we do not know, until it sends back a nonce that was sent to it.
    fn standing(&self, request: &rsipstack::sip::Request, flow: Flow) -> Standing {
        let challenged = || {
            request.headers.iter().any(|header| match header {
                Header::Authorization(value) => self.admission.was_challenged(value.value(), flow.remote),
                _ => false,
            })
        };
        if self.admission.knows(flow.place()) || challenged() { Standing::Known } else { Standing::Stranger }
    }

    pub(super) fn respond(&self, txn: ServerTxn, response: &Response) {
        self.turn(|layer, now| layer.respond(now, txn, response));
    }

    pub(super) fn cancel(&self, txn: ClientTxn, extra: &Headers) {
        self.turn(|layer, now| layer.cancel_ours(now, txn, extra));
    }

    pub(super) fn abandon(&self, txn: ClientTxn) {
        self.turn(|layer, now| {
            layer.abandon(now, txn);
            Vec::new()
        });
    }

    pub(super) fn closed(&self, flow: Flow) {
        self.turn(|layer, _| layer.closed(flow));
    }

    pub(super) fn send(self: &Arc<Self>, txn: ClientTxn, branch: Option<&str>, request: Request, to: Destination) {
        let branch = branch.map_or_else(fresh_branch, Into::into);
        match self.way(&to) {
            Some(flow) => self.send_by(txn, branch, request, flow),
            None => {
                let core = self.clone();
                tokio::spawn(async move {
                    match core.new_way(&to).await {
                        Some(flow) => core.send_by(txn, branch, request, flow),
                        None => drop(core.events.send(FromWire::Failed { txn, why: leg::Failure::Transport })),
                    }
                });
            }
        }
    }

    fn send_by(&self, txn: ClientTxn, branch: Box<str>, request: Request, flow: Flow) {
        let local = self.advertised(flow.transport, flow.local);
        self.turn(|layer, now| layer.send(now, Outgoing { txn, branch, request, flow, local }));
    }

    pub(super) fn ack(self: &Arc<Self>, request: &Request, to: Destination) {
        match self.way(&to) {
            Some(flow) => self.ack_by(request, flow),
            None => {
                let (core, request) = (self.clone(), request.clone());
                tokio::spawn(async move {
                    if let Some(flow) = core.new_way(&to).await {
                        core.ack_by(&request, flow);
                    }
                });
            }
        }
    }

    fn ack_by(&self, request: &Request, flow: Flow) {
        let local = self.advertised(flow.transport, flow.local);
        let via = format!("SIP/2.0/{} {local};branch={};rport", flow.transport.as_str(), fresh_branch());
        self.transmit(&flow, &text::request(request, &via, &self.user_agent));
    }

    /// The way to a destination that needs no new connection.
    pub(super) fn way(&self, to: &Destination) -> Option<Flow> {
        match *to {
            Destination::Flow(flow) if flow.transport == Transport::Tcp => {
                self.connections.is_open(flow.connection).then_some(flow)
            }
            Destination::Flow(flow) => self.udp.iter().any(|socket| socket.local == flow.local).then_some(flow),
            Destination::Place(Place { transport: Transport::Tcp, address }) => self.connections.to(address),
            Destination::Place(Place { transport: Transport::Udp, address }) => {
                let socket = self.udp.iter().find(|socket| socket.local.is_ipv4() == address.is_ipv4())?;
                Some(Flow { transport: Transport::Udp, local: socket.local, remote: address, connection: 0 })
            }
        }
    }

    /// The way to a destination that may need a new connection.
    async fn new_way(self: &Arc<Self>, to: &Destination) -> Option<Flow> {
        let Destination::Place(Place { transport: Transport::Tcp, address }) = *to else { return None };
        let connected = super::tcp::connect(self, address).await;
        connected.inspect_err(|error| tracing::info!(%error, to = %address, "no connection")).ok()
    }

    /// The address of ours that others are to use for what goes this way.
    pub(super) fn advertised(&self, transport: Transport, local: SocketAddr) -> SocketAddr {
        // A connection we opened has a port of its own, at which nobody listens.
        let is_dialled = transport == Transport::Tcp && !self.tcp.contains(&local);
        let listener = if is_dialled {
            let same = self.tcp.iter().find(|listener| listener.is_ipv4() == local.is_ipv4());
            SocketAddr::new(local.ip(), same.map_or(5060, SocketAddr::port))
        } else {
            local
        };
        SocketAddr::new(self.advertise.unwrap_or_else(|| listener.ip()), listener.port())
    }

    /// Does what falls due, until the wire stops.
    pub(super) async fn keep_time(self: Arc<Self>) {
        loop {
            let next = self.layer().next_due();
            let wait = next.map(|next| next.saturating_duration_since(Instant::now()));
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.earlier.notified() => {}
                () = tokio::time::sleep(wait.unwrap_or(Duration::from_secs(3600))) => {
                    self.turn(Layer::tick);
                }
            }
        }
    }
}

/// What a [`Core`] is made of.
pub(super) struct Parts<'a> {
    pub(super) settings: &'a crate::Settings,
    pub(super) admission: Arc<Admission>,
    pub(super) udp: Vec<Arc<Socket>>,
    pub(super) tcp: Vec<SocketAddr>,
    pub(super) connections: Arc<Connections>,
    pub(super) events: UnboundedSender<FromWire>,
    pub(super) stop: CancellationToken,
}

/// A branch that nobody else makes. Should the system have no randomness left, it is at least never alike.
fn fresh_branch() -> Box<str> {
    static MADE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let mut random = [0; 12];
    if getrandom::fill(&mut random).is_err() {
        random[..8].copy_from_slice(&MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes());
    }
    format!("z9hG4bK{}", hex(&random)).into()
}
