//! A phone of the demo: a SIP user agent of its own on loopback, with one line, over UDP and RTP like any other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use engine::VdnId;
use leg::message::Headers;
use leg::{
    End, Incoming, Input, Leg, LegEvent, Method, Numbers, Outgoing, Output, Request, Response, ServerTxn,
    SessionTimers, Timestamp, Wish,
};
use sip::admission::Admission;
use sip::digest::Authenticator;
use sip::directory::Directory;
use sip::place::{Destination, Place};
use sip::settings::{Listen, Network, Settings, Transport, Trunk};
use sip::wire::{ClientTxn, FromWire, Inbox, Wire};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::audio::Audio;
use super::register::Account;
use crate::command::Failure;

/// How long before its registration ends a phone renews it.
const REGISTER_EVERY: Duration = Duration::from_secs(1200);
/// The number of a REFER among the requests of a line; legs count from 0.
const REFER: u32 = 1 << 20;
/// Who talks for this long and hears nothing has something to complain about.
const SILENCE_MAX: Duration = Duration::from_secs(3);

/// What its owner does.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// Calls `number`, showing `from`.
    Call {
        from: String,
        number: String,
    },
    Answer,
    Decline,
    /// Gives the caller to another number.
    Transfer(String),
    HangUp,
}

/// What its owner notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Registered,
    /// Somebody calls.
    Rings,
    /// The line is up: our answer was acknowledged, or the other side's came.
    Talks,
    TransferRefused,
    /// The line is free again.
    Free,
    /// Something that a person would call support for.
    Complains(String),
}

/// A phone as its owner holds it.
#[derive(Debug)]
pub(super) struct Phone(Sender<Order>);

impl Phone {
    /// Takes a phone out of its box: `name` is told with each of its reports.
    pub(super) fn start(
        name: usize,
        pitch: u16,
        server: SocketAddr,
        account: Option<Account>,
        reports: Sender<(usize, Report)>,
    ) -> Result<Self, Failure> {
        let (wire, inbox) = wire(server)?;
        let (orders, taken) = channel(16);
        let to = Destination::Place(Place { transport: Transport::Udp, address: server });
        let here = wire.local(&to).unwrap_or(server);
        let device = Device {
            name,
            pitch,
            wire,
            to,
            here,
            account,
            reports,
            begun: Instant::now(),
            registers: 0,
            register_at: Instant::now(),
            line: None,
            lines: 0,
        };
        tokio::spawn(device.run(inbox, taken));
        Ok(Self(orders))
    }

    /// A phone whose owner is too fast for it misses the order.
    pub(super) fn order(&self, order: Order) {
        let _ = self.0.try_send(order);
    }
}

/// Transport and transactions of the house, with the house itself as the only one who may call.
fn wire(server: SocketAddr) -> Result<(Wire, Inbox), Failure> {
    let listen = Listen { transport: Transport::Udp, address: SocketAddr::new(server.ip(), 0) };
    let mut settings = Settings::new(vec![listen], media::Settings::new(server.ip(), 0..=0));
    "anteroom demo phone".clone_into(&mut settings.user_agent);
    settings.trunks.push(Trunk {
        name: "house".to_owned(),
        sources: vec![Network::new(server.ip(), 32)],
        vdn: VdnId(170),
        max_calls: None,
        outbound: Vec::new(),
    });
    let directory = Arc::new(ArcSwap::from_pointee(Directory::new(settings.clone())));
    let chance = Authenticator::new().map_err(|error| Failure::Failed(format!("no random numbers: {error}")))?;
    let admission = Arc::new(Admission::new(directory, Arc::new(chance)));
    Wire::start(&settings, admission, &sip::Vitals::default()).map_err(|error| Failure::of(&error))
}

struct Device {
    name: usize,
    pitch: u16,
    wire: Wire,
    to: Destination,
    here: SocketAddr,
    account: Option<Account>,
    reports: Sender<(usize, Report)>,
    begun: Instant,
    registers: u32,
    register_at: Instant,
    line: Option<Line>,
    lines: u64,
}

struct Line {
    leg: Leg,
    number: u64,
    /// The INVITE that a CANCEL would name.
    invite: Option<ServerTxn>,
    audio: Audio,
    talks_since: Option<Instant>,
    /// The last CSeq of ours, and how many requests were sent beside the leg's own.
    last_cseq: u32,
    beside: u32,
    is_over: bool,
}

impl Device {
    async fn run(mut self, mut inbox: Inbox, mut orders: Receiver<Order>) {
        let mut is_owned = true;
        loop {
            let due = self.due().saturating_duration_since(Instant::now());
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.receive(message),
                    None => return,
                },
                // Without an owner it still answers, until the house has hung up.
                order = orders.recv(), if is_owned => match order {
                    Some(order) => self.obey(order),
                    None => is_owned = false,
                },
                () = tokio::time::sleep(due) => self.keep_time(),
            }
        }
    }

    fn due(&self) -> Instant {
        let of_leg = self.line.as_ref().and_then(|line| line.leg.next_deadline());
        let of_leg = of_leg.map(|at| self.begun + Duration::from_micros(u64::try_from(at.0).unwrap_or(0)));
        let registers = self.account.as_ref().map(|_| self.register_at);
        of_leg.into_iter().chain(registers).min().unwrap_or_else(|| Instant::now() + Duration::from_secs(60))
    }

    fn keep_time(&mut self) {
        if self.account.is_some() && self.register_at <= Instant::now() {
            self.register(None);
        }
        self.turn(Input::Due);
    }

    fn now(&self) -> Timestamp {
        Timestamp(i64::try_from(self.begun.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// An owner who does not listen misses it.
    fn report(&self, report: Report) {
        let _ = self.reports.try_send((self.name, report));
    }

    fn complain(&self, of: impl Into<String>) {
        self.report(Report::Complains(of.into()));
    }

    fn contact(&self) -> String {
        let user = self.account.as_ref().map_or("caller", |account| account.user.as_str());
        format!("sip:{user}@{}", self.here)
    }

    fn register(&mut self, challenge: Option<&Response>) {
        self.register_at = Instant::now() + REGISTER_EVERY;
        self.registers += 1;
        let contact = self.contact();
        let Some(account) = &self.account else { return };
        match account.request(&contact, self.registers, challenge) {
            Some(request) => self.wire.send(ClientTxn(u64::from(self.registers)), None, request, self.to),
            None => self.complain("the registrar offers no digest with SHA-256"),
        }
    }

    fn registered(&mut self, response: &Response) {
        let is_challenged = response.headers.has("WWW-Authenticate");
        match response.status() {
            100..200 => {}
            200..300 => self.report(Report::Registered),
            401 if is_challenged && self.registers % 2 == 1 => self.register(Some(response)),
            status => self.complain(format!("registering is answered {status}")),
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Call { from, number } => self.call(&from, &number),
            Order::Answer => {
                if let Some(media) = self.line.as_ref().map(|line| line.audio.address()) {
                    self.turn(Input::Wish(Wish::Answer { media }));
                }
            }
            Order::Decline => self.turn(Input::Wish(Wish::Reject { status: 486, reason: None, retry_after: None })),
            Order::Transfer(number) => self.transfer(&number),
            Order::HangUp => self.turn(Input::Wish(Wish::HangUp { reason: None })),
        }
    }

    /// What makes a leg of ours another one than those before.
    fn numbers(&mut self) -> Numbers {
        self.lines += 1;
        let unique = self.lines << 16 | u64::from(self.here.port());
        Numbers { cseq: 1, sdp_session: unique, sdp_version: 1, chance: unique }
    }

    fn call(&mut self, from: &str, number: &str) {
        if self.line.as_ref().is_some_and(|line| !line.is_over) {
            return;
        }
        let Some(audio) = self.audio() else { return };
        let numbers = self.numbers();
        let (here, house) = (self.here, self.to.place().address);
        let unique = format!("{:x}", numbers.sdp_session);
        let outgoing = Outgoing {
            call_id: format!("{unique}@{here}").into(),
            local_tag: format!("c{unique}").into(),
            branch: format!("z9hG4bK-demo-{unique}").into(),
            target: format!("sip:{number}@{house}").into(),
            routes: Vec::new(),
            from_display: "".into(),
            from: format!("sip:{from}@{here}").into(),
            to: format!("sip:{number}@{house}").into(),
            contact: format!("sip:{from}@{here}").into(),
            extra: Headers::new(),
            media: audio.address(),
            numbers,
            timers: SessionTimers::default(),
            silent_after: None,
            unanswered_after: None,
        };
        let (leg, outputs) = Leg::outgoing(self.now(), outgoing);
        self.take_line(leg, None, audio);
        self.put_out(outputs);
    }

    fn take_line(&mut self, leg: Leg, invite: Option<ServerTxn>, audio: Audio) {
        let number = self.lines;
        let (talks_since, last_cseq, beside, is_over) = (None, 0, 0, false);
        self.line = Some(Line { leg, number, invite, audio, talks_since, last_cseq, beside, is_over });
    }

    fn audio(&self) -> Option<Audio> {
        let audio = Audio::open(self.here.ip(), self.pitch);
        audio.inspect_err(|error| self.complain(format!("no port for audio: {error}"))).ok()
    }

    fn receive(&mut self, message: FromWire) {
        match message {
            FromWire::Request { txn, request, .. } => self.requested(txn, request),
            FromWire::Ack { request, .. } => self.turn(Input::Ack(request)),
            FromWire::Cancel { txn, headers, .. } => {
                if self.line.as_ref().is_some_and(|line| line.invite == Some(txn)) {
                    self.turn(Input::Cancel { txn, headers });
                }
            }
            FromWire::Response { txn, response, .. } => match self.of_line(txn) {
                Some(REFER) => self.transfer_answered(&response),
                Some(nth) => self.turn(Input::Response { txn: leg::ClientTxn(nth), response }),
                None if txn.0 < 1 << 24 => self.registered(&response),
                None => {}
            },
            FromWire::Failed { txn, why } => match self.of_line(txn) {
                Some(REFER) => self.complain("nobody answers the transfer"),
                Some(nth) => self.turn(Input::Failed { txn: leg::ClientTxn(nth), why }),
                None => self.complain("nobody answers the registration"),
            },
            FromWire::Closed { .. } => {}
        }
    }

    /// Which request of the line that is.
    fn of_line(&self, txn: ClientTxn) -> Option<u32> {
        self.line.as_ref().filter(|line| line.number == txn.0 >> 24)?;
        u32::try_from(txn.0 & ((1 << 24) - 1)).ok()
    }

    fn requested(&mut self, txn: ServerTxn, request: Request) {
        let to = request.headers.get("To").unwrap_or_default();
        let is_ours = self.line.as_ref().is_some_and(|line| to.contains(line.leg.local_tag()));
        match request.method {
            Method::Notify if is_ours => self.wire.respond(txn, &answer(&request, 200)),
            _ if is_ours => self.turn(Input::Request { txn, request }),
            Method::Invite => self.invited(txn, &request),
            Method::Options => self.wire.respond(txn, &answer(&request, 200)),
            _ => self.wire.respond(txn, &answer(&request, 481)),
        }
    }

    fn invited(&mut self, txn: ServerTxn, invite: &Request) {
        if self.line.as_ref().is_some_and(|line| !line.is_over) {
            return self.wire.respond(txn, &answer(invite, 486));
        }
        let Some(audio) = self.audio() else { return self.wire.respond(txn, &answer(invite, 500)) };
        let numbers = self.numbers();
        let local_tag = format!("a{:x}", numbers.sdp_session).into();
        let incoming =
            Incoming { local_tag, contact: self.contact().into(), numbers, timers: SessionTimers::default() };
        match Leg::incoming(txn, invite, &incoming) {
            Ok(leg) => {
                self.take_line(leg, Some(txn), audio);
                self.turn(Input::Wish(Wish::Ring));
                self.report(Report::Rings);
            }
            Err(refusal) => {
                self.complain(format!("the house's INVITE is answered {}", refusal.status()));
                self.wire.respond(txn, &refusal);
            }
        }
    }

    fn turn(&mut self, input: Input) {
        let now = self.now();
        let Some(line) = &mut self.line else { return };
        let outputs = line.leg.handle(now, input);
        self.put_out(outputs);
    }

    fn put_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            let Some(line) = &mut self.line else { return };
            let on_wire = |txn: leg::ClientTxn| ClientTxn(line.number << 24 | u64::from(txn.0));
            match output {
                Output::Respond { txn, response } => self.wire.respond(txn, &response),
                Output::Send { txn, branch, mut request } => {
                    let txn = on_wire(txn);
                    line.count(&mut request);
                    self.wire.send(txn, branch.as_deref(), request, self.to);
                }
                Output::Ack { request } => self.wire.ack(&request, self.to),
                Output::Cancel { txn, .. } => self.wire.cancel(on_wire(txn), Headers::new()),
                Output::Event(event) => self.notice(event),
            }
        }
    }

    fn notice(&mut self, event: LegEvent) {
        let Some(line) = &mut self.line else { return };
        match event {
            LegEvent::Media(agreed) => line.audio.agree(agreed),
            LegEvent::Answered | LegEvent::Acknowledged => {
                line.talks_since = Some(Instant::now());
                self.report(Report::Talks);
            }
            LegEvent::Offered { .. } => {
                let media = line.audio.address();
                self.turn(Input::Wish(Wish::AnswerOffer { media }));
            }
            LegEvent::Ended(end) => self.ended(&end),
            LegEvent::Gone => self.line = None,
            _ => {}
        }
    }

    fn ended(&mut self, end: &End) {
        let Some(line) = &mut self.line else { return };
        line.is_over = true;
        let talked = line.talks_since.is_some_and(|since| since.elapsed() >= SILENCE_MAX);
        if talked && line.audio.heard() == 0 {
            self.complain("nothing was heard");
        }
        match end {
            End::Cancelled { .. } | End::Refused { .. } | End::PeerHungUp { .. } | End::HungUp => {}
            // Somebody who was called is not there.
            End::Rejected { status: 480 | 486 } => {}
            End::Rejected { status } => self.complain(format!("the call is refused: {status}")),
            broken => self.complain(format!("the call broke: {broken:?}")),
        }
        self.report(Report::Free);
    }

    /// A REFER, which legs only receive.
    fn transfer(&mut self, number: &str) {
        let Some(line) = self.line.as_mut().filter(|line| line.leg.is_talking()) else { return };
        line.last_cseq += 1;
        line.beside += 1;
        let house = self.to.place().address;
        let dialog = line.leg.memory();
        let request = Request::new(Method::Refer, dialog.target)
            .with("Max-Forwards", "70")
            .with("From", &format!("{};tag={}", dialog.local, dialog.local_tag))
            .with("To", &format!("{};tag={}", dialog.remote, dialog.remote_tag))
            .with("Call-ID", dialog.call_id)
            .with("CSeq", &format!("{} REFER", line.last_cseq))
            .with("Contact", dialog.contact)
            .with("Refer-To", &format!("<sip:{number}@{house}>"));
        let txn = ClientTxn(line.number << 24 | u64::from(REFER));
        self.wire.send(txn, None, request, self.to);
    }

    fn transfer_answered(&mut self, response: &Response) {
        match response.status() {
            100..300 => {}
            // What the floor may refuse: the colleague is not there.
            404 | 480 | 486 => self.report(Report::TransferRefused),
            status => {
                self.complain(format!("the transfer is answered {status}"));
                self.report(Report::TransferRefused);
            }
        }
    }
}

impl Line {
    /// Requests beside the leg's own move its numbers on.
    fn count(&mut self, request: &mut Request) {
        let Some(cseq) = request.headers.get("CSeq").and_then(leg::value::CSeq::parse) else { return };
        let number = cseq.number + self.beside;
        self.last_cseq = self.last_cseq.max(number);
        request.headers.set("CSeq", &leg::value::CSeq { number, method: cseq.method }.to_string());
    }
}

/// A response outside of what the leg answers.
fn answer(request: &Request, status: u16) -> Response {
    let mut response = Response::new(status);
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let value = request.headers.get(name).unwrap_or_default();
        let is_new = name == "To" && !value.contains("tag=");
        let tag = if is_new { ";tag=demo" } else { "" };
        response.headers.push(name, &format!("{value}{tag}"));
    }
    response
}
