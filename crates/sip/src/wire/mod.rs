//! The port to the SIP library: transports and transactions below, plain messages above. Nothing of the library's is
//! visible outside this folder.
//!
//! What comes in is one stream of [`FromWire`], in the order of arrival. What goes out never blocks its sender. The
//! wire writes `Via`, `Content-Length`, `User-Agent` and `Server` itself and takes them off what comes in, but for the
//! `User-Agent`.

mod core;
mod inlet;
mod layer;
mod message;
mod screen;
mod tcp;
mod text;
mod udp;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use leg::{Headers, Request, Response, ServerTxn};
use rsipstack::EndpointBuilder;
use rsipstack::transport::TransportLayer;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

use self::core::{Core, Parts};
use crate::admission::Admission;
use crate::edge::StartError;
use crate::place::{Destination, Flow, Place};
use crate::settings::{Listen, Settings, Transport};
use crate::vitals::Vitals;

pub(crate) use screen::ALLOW;
pub(crate) use text::answer as answer_to;

/// One of our requests, as its sender numbers it: unique among all that are under way, and for 64·T1 (32 s) after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTxn(pub u64);

/// What comes in.
#[derive(Debug)]
pub enum FromWire {
    /// A request that wants an answer: neither ACK nor CANCEL, and never the same one twice. An INVITE was answered 100.
    Request {
        /// What to answer by.
        txn: ServerTxn,
        /// The request.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// An ACK of a 2xx, repeated ones too. (Those of other final responses stay here.)
    Ack {
        /// The ACK.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// An INVITE that was not answered finally yet is given up. The CANCEL was answered 200; the INVITE wants its 487.
    Cancel {
        /// The INVITE's transaction.
        txn: ServerTxn,
        /// The CANCEL's headers.
        headers: Headers,
        /// How it came.
        flow: Flow,
    },
    /// A response to a request of ours. Every 2xx to an INVITE is told, also after the first final one, for 64·T1.
    Response {
        /// Our request.
        txn: ClientTxn,
        /// The response.
        response: Response,
        /// How it came.
        flow: Flow,
    },
    /// A request of ours got no final response, and will get none.
    Failed {
        /// Our request.
        txn: ClientTxn,
        /// Why.
        why: leg::Failure,
    },
    /// A connection is gone. What was sent by it and still waits for an answer was told as `Failed` before.
    Closed {
        /// The connection.
        flow: Flow,
    },
}

/// The sending side of the port. Cheap to clone.
#[derive(Clone)]
pub struct Wire {
    core: Arc<Core>,
    listening: Arc<[Listen]>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("listening", &self.listening).finish_non_exhaustive()
    }
}

/// The receiving side of the port.
pub type Inbox = UnboundedReceiver<FromWire>;

impl Wire {
    /// Opens the listeners and starts to read. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When a listener cannot be opened; none is open then.
    pub fn start(settings: &Settings, admission: Arc<Admission>, vitals: &Vitals) -> Result<(Self, Inbox), StartError> {
        let stop = CancellationToken::new();
        let sockets = Sockets::bind(&settings.listen, &admission)?;
        let layer = TransportLayer::new_with_domain_resolver(stop.clone(), Box::new(inlet::NoNames));
        for socket in &sockets.udp {
            layer.add_transport(udp::attach(socket.clone(), stop.clone()));
        }
        let inlet = inlet::Inlet(Arc::new(OnceLock::new()));
        let endpoint = EndpointBuilder::new()
            .with_transport_layer(layer)
            .with_cancel_token(stop.clone())
            .with_transport_inspector(Box::new(inlet.clone()))
            .build();
        let (events, inbox) = unbounded_channel();
        let core = Arc::new(Core::new(Parts {
            settings,
            admission,
            udp: sockets.udp,
            tcp: sockets.tcp.iter().map(|(local, _)| *local).collect(),
            connections: tcp::Connections::new(settings.limits.connections),
            events,
            stop,
        }));
        // The only call of `set` there is.
        let _ = inlet.0.set(Arc::downgrade(&core));
        vitals.run("clock of the wire", core.clone().keep_time());
        vitals.run("wire", async move { endpoint.serve().await });
        for (local, listener) in sockets.tcp {
            vitals.run("TCP listener", tcp::accept(core.clone(), listener, local));
        }
        Ok((Self { core, listening: sockets.listening.into() }, inbox))
    }

    /// Where it listens, with the real port where 0 was asked for.
    #[must_use]
    pub fn listening(&self) -> &[Listen] {
        &self.listening
    }

    /// Sends a request and repeats it as its transport asks for. What becomes of it is told by `txn`.
    ///
    /// `branch` is the whole `branch` of its `Via`, magic cookie included; `None` makes a fresh one.
    pub fn send(&self, txn: ClientTxn, branch: Option<&str>, request: Request, to: Destination) {
        self.core.send(txn, branch, request, to);
    }

    /// Answers a request. The answers to an unknown transaction, and those after a final one, go nowhere; but a 2xx to
    /// an INVITE may be sent again for 64·T1, which is the sender's business (RFC 3261, 13.3.1.4).
    pub fn respond(&self, txn: ServerTxn, response: &Response) {
        self.core.respond(txn, response);
    }

    /// Sends the ACK of a 2xx, with a fresh branch and in no transaction.
    pub fn ack(&self, request: &Request, to: Destination) {
        self.core.ack(request, to);
    }

    /// Sends a CANCEL for our INVITE `txn`, with these headers on top of those that RFC 3261 9.1 asks for. The INVITE
    /// ends by its final response, or as [`leg::Failure::Timeout`] after 64·T1. Nothing happens when it has ended.
    pub fn cancel(&self, txn: ClientTxn, extra: Headers) {
        self.core.cancel(txn, &extra);
    }

    /// Stops repeating a request and tells no more of it, but for a 2xx to an INVITE that may still come.
    pub fn abandon(&self, txn: ClientTxn) {
        self.core.abandon(txn);
    }

    /// The address of ours that belongs into `Contact` for messages to `to`; `None` when no listener leads there.
    #[must_use]
    pub fn local(&self, to: &Destination) -> Option<SocketAddr> {
        let Place { transport, address } = to.place();
        let local = match (self.core.way(to), transport) {
            (Some(flow), _) => flow.local,
            (None, Transport::Tcp) => *self.core.tcp.iter().find(|local| local.is_ipv4() == address.is_ipv4())?,
            (None, Transport::Udp) => return None,
        };
        Some(self.core.advertised(transport, local))
    }

    /// How many requests of others wait for our answer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.core.layer().waiting()
    }

    /// How many TCP connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.core.connections.len()
    }

    /// How many transactions are kept, finished ones too that may still be asked after: of others, and ours.
    #[must_use]
    pub fn kept(&self) -> (usize, usize) {
        self.core.layer().kept()
    }

    /// Closes the sockets. What was sent just before has left.
    pub fn stop(&self) {
        self.core.stop.cancel();
    }
}

/// Bound, and not read yet.
struct Sockets {
    udp: Vec<Arc<udp::Socket>>,
    tcp: Vec<(SocketAddr, tokio::net::TcpListener)>,
    listening: Vec<Listen>,
}

impl Sockets {
    fn bind(listens: &[Listen], admission: &Arc<Admission>) -> Result<Self, StartError> {
        let mut sockets = Self { udp: Vec::new(), tcp: Vec::new(), listening: Vec::new() };
        for listen in listens {
            let local = sockets.open(listen, admission).map_err(|error| StartError::Listen(*listen, error))?;
            sockets.listening.push(Listen { transport: listen.transport, address: local });
        }
        Ok(sockets)
    }

    fn open(&mut self, listen: &Listen, admission: &Arc<Admission>) -> std::io::Result<SocketAddr> {
        match listen.transport {
            Transport::Udp => {
                let socket = udp::bind(listen.address, admission.clone())?;
                let local = socket.local;
                self.udp.push(socket);
                Ok(local)
            }
            Transport::Tcp => {
                let listener = tcp::bind(listen.address)?;
                let local = listener.local_addr()?;
                self.tcp.push((local, listener));
                Ok(local)
            }
        }
    }
}
