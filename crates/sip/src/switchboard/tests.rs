//! The board as a value: the test decides what wakes it, and when. Engine, node, legs and audio are the real ones; only
//! the network is a list of what was sent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use engine::{
    AgentId, AgentQueue, AgentSettings, Command, Event, FailCause, Floor, Outcome, Queue, QueueId, SignIn, Target,
    VdnId,
};
use leg::{Headers, Method, Request, Response, ServerTxn, Timestamp};
use media::Media;
use node::{Journal, Node, NodeOptions, Refused, Submission};
use tokio::sync::mpsc::UnboundedReceiver;

use super::ask::{Answer, Ask};
use super::board::{Board, Wake};
use super::{Channel, Network, Parts, Switchboard};
use crate::admission::Admission;
use crate::digest::Authenticator;
use crate::directory::Directory;
use crate::door::{Inbound, Incoming, Origin};
use crate::place::{Destination, Flow, Place};
use crate::registrar::Binding;
use crate::settings::{Number, Settings, Transport, Trunk, VdnSettings};
use crate::vitals::Vitals;
use crate::wire::ClientTxn;

const VDN: VdnId = VdnId(170);
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                   m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

/// What left the house.
#[derive(Clone, Debug)]
enum Sent {
    Request(ClientTxn, Request, Destination),
    Response(ServerTxn, Response),
    Ack,
    Cancel,
}

#[derive(Clone, Default)]
struct Line(Arc<Mutex<Vec<Sent>>>);

impl Line {
    fn push(&self, sent: Sent) {
        self.0.lock().unwrap().push(sent);
    }
}

impl Network for Line {
    fn send(&self, txn: ClientTxn, _: Option<&str>, request: Request, to: Destination) {
        self.push(Sent::Request(txn, request, to));
    }

    fn respond(&self, txn: ServerTxn, response: &Response) {
        self.push(Sent::Response(txn, response.clone()));
    }

    fn ack(&self, _: &Request, _: Destination) {
        self.push(Sent::Ack);
    }

    fn cancel(&self, _: ClientTxn, _: Headers) {
        self.push(Sent::Cancel);
    }

    fn local(&self, _: &Destination) -> Option<SocketAddr> {
        Some(local())
    }
}

fn local() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 5060))
}

fn caller_flow() -> Flow {
    flow(SocketAddr::from(([192, 0, 2, 9], 5060)))
}

fn agent_flow() -> Flow {
    flow(SocketAddr::from(([192, 0, 2, 10], 5060)))
}

fn flow(remote: SocketAddr) -> Flow {
    Flow { transport: Transport::Udp, local: local(), remote, connection: 0 }
}

/// A board with agent 1001 in queue 1 (8001), a trunk, and a clock of the test's own.
struct Table {
    board: Board<Line>,
    inbox: UnboundedReceiver<Wake>,
    line: Line,
    node: Node,
    now: Timestamp,
    _journal: Journal,
}

impl Table {
    async fn new() -> Self {
        let journal = Journal::memory();
        let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).unwrap();
        let configured = node.submit(Submission::wish(Command::Configure(floor()))).await.unwrap();
        // Edges are told before the follower: from here on, that record is behind us.
        assert!(node.reached(configured.position).await);
        let Channel { wakes, inbox } = Channel::default();
        let commits = wakes.clone();
        node.on_commit(move |record| drop(commits.send(Wake::Committed(VDN, Arc::clone(record)))));
        let line = Line::default();
        let board = Board::new(parts(line.clone(), &node), wakes);
        Self { board, inbox, line, node, now: Timestamp(0), _journal: journal }
    }

    fn wake(&mut self, wake: Wake) {
        self.board.handle(self.now, wake);
    }

    fn inbound(&mut self, inbound: Inbound) {
        self.wake(Wake::Inbound(inbound));
    }

    /// The next thing the node has to say.
    async fn said(&mut self) -> Wake {
        let said = tokio::time::timeout(Duration::from_secs(5), self.inbox.recv()).await;
        said.expect("the node says something").expect("the channel is open")
    }

    /// Hands on what the node says until it is as described.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..100 {
            if is_so(self) {
                return;
            }
            let said = self.said().await;
            self.wake(said);
        }
        panic!("never so: {what}");
    }

    async fn until_ended(&mut self, outcome: Outcome) {
        let mut records = self.node.subscribe(node::Position::START).unwrap();
        loop {
            let next = tokio::time::timeout(Duration::from_secs(5), records.next()).await;
            let record = next.expect("the call ends").unwrap();
            let events = record.entry.iter().flat_map(|entry| &entry.events);
            if events.into_iter().any(|event| matches!(event, Event::CallEnded { outcome: o, .. } if *o == outcome)) {
                return;
            }
        }
    }

    /// Waits until this many legs are noted in the journal.
    async fn until_noted(&mut self, legs: usize) {
        for _ in 0..500 {
            if self.node.notes("sip/leg/").len() == legs {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{legs} legs are never noted: {:?}", self.node.notes("sip/leg/"));
    }

    fn later(&mut self, span: Duration) {
        self.now = self.now + span;
        self.wake(Wake::Timer);
    }

    fn sent(&self) -> Vec<Sent> {
        self.line.0.lock().unwrap().clone()
    }

    fn final_answer(&self, txn: u64) -> Option<u16> {
        let mut sent = self.sent().into_iter();
        sent.find_map(|sent| match sent {
            Sent::Response(ServerTxn(to), response) if to == txn && !response.is_provisional() => {
                Some(response.status())
            }
            _ => None,
        })
    }

    /// The last request of this method that we sent.
    fn request(&self, method: &Method) -> Option<(ClientTxn, Request)> {
        let mut sent = self.sent().into_iter().rev();
        sent.find_map(|sent| match sent {
            Sent::Request(txn, request, _) if request.method == *method => Some((txn, request)),
            _ => None,
        })
    }

    fn count(&self, method: &Method) -> usize {
        let sent = self.sent();
        sent.iter().filter(|sent| matches!(sent, Sent::Request(_, request, _) if request.method == *method)).count()
    }

    /// The caller's INVITE to queue 1, in transaction 1.
    fn caller_dials(&mut self) {
        self.number_dialled("8001");
    }

    fn number_dialled(&mut self, number: &str) {
        self.inbound(call_to(number));
    }

    /// A request of the caller in its dialog.
    fn caller_asks(&mut self, txn: u64, method: Method, cseq: u32, flow: Flow) {
        let ours = self.sent().into_iter().find_map(|sent| match sent {
            Sent::Response(ServerTxn(1), response) => response.headers.get("To").map(str::to_owned),
            _ => None,
        });
        let mut request = Request::new(method.clone(), "sip:127.0.0.1");
        for (name, value) in [
            ("From", "<sip:+4930123@carrier.example>;tag=c1"),
            ("To", &ours.unwrap_or_default()),
            ("Call-ID", "call-1"),
            ("CSeq", &format!("{cseq} {method}")),
            ("Contact", "<sip:192.0.2.9>"),
        ] {
            request.headers.push(name, value);
        }
        if method == Method::Ack {
            self.inbound(Inbound::Ack { request, flow });
        } else {
            self.inbound(Inbound::InDialog { txn: ServerTxn(txn), request, flow });
        }
    }

    /// A response of the agent's phone to our last request of this method.
    fn agent_answers(&mut self, method: &Method, status: u16) {
        let (txn, request) = self.request(method).expect("the agent was asked");
        let mut response = Response::new(status);
        for name in ["From", "Call-ID", "CSeq"] {
            response.headers.push(name, request.headers.get(name).unwrap());
        }
        let to = request.headers.get("To").unwrap();
        let tagged = if to.contains("tag=") { to.to_owned() } else { format!("{to};tag=a1") };
        response.headers.push("To", &tagged);
        response.headers.push("Contact", "<sip:1001@192.0.2.10>");
        if *method == Method::Invite && status == 200 {
            response = response.with_body("application/sdp", SDP.into());
        }
        self.inbound(Inbound::Response { txn, response, flow: agent_flow() });
    }

    /// Caller and agent talk.
    async fn talking() -> Self {
        let mut table = Self::new().await;
        table.caller_dials();
        table.until("the caller is answered", |table| table.final_answer(1) == Some(200)).await;
        table.caller_asks(0, Method::Ack, 1, caller_flow());
        table.agent_answers(&Method::Invite, 180);
        table.agent_answers(&Method::Invite, 200);
        table.until("they talk", |table| table.board.calls.values().any(|call| call.talking_agent().is_some())).await;
        table
    }
}

fn parts<N>(network: N, node: &Node) -> Parts<N> {
    let directory = Arc::new(Directory::new(settings()));
    let swap = Arc::new(ArcSwap::new(Arc::clone(&directory)));
    Parts {
        media: Media::start(directory.settings().media.clone(), Box::new(|_| {})).unwrap(),
        directory,
        nodes: vec![node.clone()],
        phones: Box::new(|_, _| vec![phone()]),
        network,
        admission: Arc::new(Admission::new(swap, Arc::new(Authenticator::new().unwrap()))),
        secret: [1; 16],
    }
}

fn call_to(number: &str) -> Inbound {
    let (request, flow) = (invite(), caller_flow());
    let origin = Origin::Trunk { vdn: VDN, name: "carrier".into() };
    let (called, caller) = (number.into(), "+4930123".into());
    Inbound::Call(Box::new(Incoming { txn: ServerTxn(1), request, flow, origin, called, caller }))
}

fn invite() -> Request {
    Request::new(Method::Invite, "sip:8001@127.0.0.1")
        .with("From", "<sip:+4930123@carrier.example>;tag=c1")
        .with("To", "<sip:8001@127.0.0.1>")
        .with("Call-ID", "call-1")
        .with("CSeq", "1 INVITE")
        .with("Contact", "<sip:192.0.2.9>")
        .with_body("application/sdp", SDP.into())
}

fn phone() -> Binding {
    let place = Place { transport: Transport::Udp, address: agent_flow().remote };
    Binding { uri: "sip:1001@192.0.2.10".into(), destination: Destination::Place(place) }
}

fn settings() -> Settings {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut settings = Settings::new(Vec::new(), media::Settings::new(loopback, 33_000..=33_998));
    let mut vdn = VdnSettings::new(VDN, "demo.example");
    let agent =
        crate::settings::Phone { agent: AgentId(1001), password: None, fixed: Some("sip:1001@192.0.2.10".into()) };
    vdn.phones.push(agent);
    vdn.numbers.insert("8001".into(), Number { target: Target::Queue(QueueId(1)), priority: 1 });
    settings.vdns.push(vdn);
    let sources = vec!["192.0.2.9".parse().unwrap()];
    let outbound = Vec::new();
    settings.trunks.push(Trunk { name: "carrier".into(), sources, vdn: VDN, max_calls: None, outbound });
    settings
}

fn floor() -> Floor {
    let agent = AgentSettings {
        queues: vec![AgentQueue { queue: QueueId(1), agent_weight: 1, queue_weight: 1 }],
        sign_in: SignIn::Always,
        ..AgentSettings::new(AgentId(1001), "")
    };
    let queues = vec![Queue::new(QueueId(1), "Sales")];
    Floor { vdn: VDN, settings: engine::VdnSettings::default(), queues, agents: vec![agent] }
}

#[tokio::test]
async fn nothing_leaves_the_house_before_it_is_durable() {
    let mut table = Table::new().await;
    table.caller_dials();
    assert!(table.sent().is_empty(), "{:?}", table.sent());
    table.until("the agent is rung", |table| table.request(&Method::Invite).is_some()).await;
    assert_eq!(table.final_answer(1), Some(200));
}

#[tokio::test]
async fn a_caller_who_cancels_before_the_decision_is_told_so_and_leaves() {
    let mut table = Table::new().await;
    table.caller_dials();
    table.inbound(Inbound::Cancel { txn: ServerTxn(1), headers: Headers::new() });
    assert_eq!(table.final_answer(1), Some(487));
    table.until("the call is over", |table| table.board.calls.is_empty() && table.board.arrivals.is_empty()).await;
    table.until_ended(Outcome::Abandoned).await;
    assert!(table.board.keys.is_empty());
}

#[tokio::test]
async fn an_answer_that_is_never_acknowledged_fails_the_call() {
    let mut table = Table::new().await;
    table.caller_dials();
    table.until("the caller is answered", |table| table.final_answer(1) == Some(200)).await;
    table.agent_answers(&Method::Invite, 180);
    for _ in 0..80 {
        table.later(Duration::from_millis(500));
    }
    table.until_ended(Outcome::Failed(FailCause::NoAck)).await;
    table.until("it is forgotten", |table| table.board.calls.is_empty()).await;
    assert!(table.sent().iter().any(|sent| matches!(sent, Sent::Cancel)), "the agent stops ringing");
}

#[tokio::test]
async fn an_answer_that_crosses_the_callers_hang_up_is_hung_up() {
    let mut table = Table::new().await;
    table.caller_dials();
    table.until("the caller is answered", |table| table.final_answer(1) == Some(200)).await;
    table.caller_asks(0, Method::Ack, 1, caller_flow());
    table.agent_answers(&Method::Invite, 180);
    table.caller_asks(2, Method::Bye, 2, caller_flow());
    assert_eq!(table.final_answer(2), Some(200), "answered at once");
    table.agent_answers(&Method::Invite, 200);
    assert!(table.sent().iter().any(|sent| matches!(sent, Sent::Ack)), "the ACK waits for nobody");
    assert_eq!(table.count(&Method::Bye), 0, "the journal has not said so yet");
    table.until("the agent is hung up", |table| table.count(&Method::Bye) == 1).await;
    table.until_ended(Outcome::Abandoned).await;
}

#[tokio::test]
async fn an_agent_that_hangs_up_before_the_journal_knows_it_answered_has_answered() {
    let mut table = Table::new().await;
    table.caller_dials();
    table.until("the caller is answered", |table| table.final_answer(1) == Some(200)).await;
    table.caller_asks(0, Method::Ack, 1, caller_flow());
    table.agent_answers(&Method::Invite, 200);
    let (_, request) = table.request(&Method::Invite).unwrap();
    let bye = Request::new(Method::Bye, "sip:127.0.0.1")
        .with("From", &format!("{};tag=a1", request.headers.get("To").unwrap()))
        .with("To", request.headers.get("From").unwrap())
        .with("Call-ID", request.headers.get("Call-ID").unwrap())
        .with("CSeq", "1 BYE");
    table.inbound(Inbound::InDialog { txn: ServerTxn(9), request: bye, flow: agent_flow() });
    assert_eq!(table.final_answer(9), Some(200));
    table.until("the call is over", |table| table.board.calls.is_empty()).await;
    table.until_ended(Outcome::Answered).await;
    assert_eq!(table.count(&Method::Bye), 1, "the caller is hung up");
}

#[tokio::test]
async fn a_fact_is_submitted_until_it_is_old_news() {
    let mut table = Table::talking().await;
    table.caller_asks(2, Method::Bye, 2, caller_flow());
    // The node is made to say that it had no room, though it had.
    loop {
        match table.said().await {
            Wake::Answered(Answer { ask: ask @ Ask::Fact(_), .. }) => {
                table.wake(Wake::Answered(Answer { ask, result: Err(Refused::JournalFull) }));
                break;
            }
            other => table.wake(other),
        }
    }
    assert_eq!(table.board.facts.len(), 1);
    table.later(Duration::from_millis(50));
    assert_eq!(table.board.facts.len(), 1, "not before its time");
    table.later(Duration::from_millis(60));
    assert!(table.board.facts.is_empty());
    let old_news = table.said_about_a_fact().await;
    assert!(matches!(old_news, Err(Refused::Rejected(_))), "{old_news:?}");
}

impl Table {
    /// The agent's call goes back to the queue, by request.
    async fn wake_transferred(&mut self) {
        let call = *self.board.calls.keys().next().unwrap();
        let command = Command::Transfer { call, agent: AgentId(1001), target: Target::Queue(QueueId(1)) };
        self.node.submit(Submission::wish(command)).await.unwrap();
        self.until("the agent is hung up", |table| table.count(&Method::Bye) == 1).await;
    }

    async fn said_about_a_fact(&mut self) -> Result<node::Receipt, Refused> {
        loop {
            match self.said().await {
                Wake::Answered(Answer { ask: Ask::Fact(_), result }) => return result,
                other => self.wake(other),
            }
        }
    }
}

#[tokio::test]
async fn a_call_whose_caller_was_told_no_though_the_journal_had_it_fails() {
    let mut table = Table::new().await;
    table.caller_dials();
    match table.said().await {
        Wake::Answered(Answer { ask, .. }) => {
            table.wake(Wake::Answered(Answer { ask, result: Err(Refused::OutcomeUnknown) }));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(table.final_answer(1), Some(503));
    let committed = table.said().await;
    table.wake(committed);
    table.until_ended(Outcome::Failed(FailCause::LegLost)).await;
}

#[tokio::test]
async fn a_phone_is_reached_where_it_was_heard_last() {
    let mut table = Table::new().await;
    let by = |connection| {
        let remote = SocketAddr::from(([192, 0, 2, 10], 40_000 + u16::try_from(connection).unwrap()));
        Flow { transport: Transport::Tcp, local: local(), remote, connection }
    };
    let origin = Origin::Agent { vdn: VDN, agent: AgentId(1001) };
    let (called, caller) = ("8001".into(), "1001".into());
    let call = Incoming { txn: ServerTxn(1), request: invite(), flow: by(1), origin, called, caller };
    table.inbound(Inbound::Call(Box::new(call)));
    table.until("the caller is answered", |table| table.final_answer(1) == Some(200)).await;
    table.caller_asks(0, Method::Ack, 1, by(1));
    table.caller_asks(3, Method::Options, 2, by(2));
    assert_eq!(table.final_answer(3), Some(200));
    table.wake(Wake::Shutdown);
    let to_phone = table.sent().into_iter().any(|sent| {
        matches!(sent, Sent::Request(_, request, to) if request.method == Method::Bye && to == Destination::Flow(by(2)))
    });
    assert!(to_phone, "{:?}", table.sent());
}

#[tokio::test]
async fn strangers_who_know_a_dialog_are_told_that_there_is_none() {
    let mut table = Table::talking().await;
    let stranger = flow(SocketAddr::from(([203, 0, 113, 1], 5060)));
    table.caller_asks(7, Method::Bye, 2, stranger);
    assert_eq!(table.final_answer(7), Some(481));
    assert_eq!(table.board.calls.len(), 1);
}

#[tokio::test]
async fn nothing_is_left_of_a_call_that_is_over() {
    let mut table = Table::talking().await;
    table.caller_asks(2, Method::Bye, 2, caller_flow());
    table.until("the agent is hung up", |table| table.count(&Method::Bye) == 1).await;
    table.agent_answers(&Method::Bye, 200);
    for _ in 0..80 {
        table.later(Duration::from_secs(1));
    }
    assert_eq!(table.board.legs.len(), 0);
    assert!(table.board.ports.is_empty() && table.board.keys.is_empty() && table.board.calls.is_empty());
    assert_eq!(table.board.next_due(), None);
    assert!(table.board.is_quiet());
    table.until_noted(0).await;
}

#[tokio::test]
async fn legs_are_noted_while_they_serve_a_call() {
    let mut table = Table::talking().await;
    table.until_noted(2).await;
    let caller = table.board.keys.iter().next().copied().unwrap();
    let notes = table.node.notes(&super::note::caller_key(caller));
    assert_eq!(notes.len(), 1, "the caller's");
    table.wake_transferred().await;
    table.until_noted(1).await;
    table.caller_asks(2, Method::Bye, 2, caller_flow());
    table.until_noted(0).await;
}

#[tokio::test]
async fn a_refused_call_leaves_no_note() {
    let mut table = Table::new().await;
    let command = Command::BecomeNotReady {
        agent: AgentId(1001),
        why: engine::NotReady { kind: engine::NotReadyKind::Rest, reason: 0 },
        by: engine::ChangedBy::Agent,
    };
    table.node.submit(Submission::wish(command)).await.unwrap();
    table.number_dialled("1001");
    table.until("it is refused", |table| table.final_answer(1) == Some(480)).await;
    table.until_noted(0).await;
    assert!(table.board.keys.is_empty() && table.board.arrivals.is_empty());
}

#[tokio::test]
async fn a_phone_that_no_longer_answers_loses_the_call() {
    let mut table = Table::talking().await;
    let asked = |table: &Table| table.count(&Method::Invite) + table.count(&Method::Update);
    let before = asked(&table);
    for _ in 0..1900 {
        table.later(Duration::from_secs(1));
        if asked(&table) > before {
            break;
        }
    }
    let refresh = [Method::Update, Method::Invite].into_iter().find_map(|method| table.request(&method));
    let (txn, _) = refresh.expect("a session is refreshed");
    table.inbound(Inbound::Failed { txn, why: leg::Failure::Timeout });
    table.until_ended(Outcome::Failed(FailCause::LegLost)).await;
}

#[tokio::test]
async fn a_switchboard_that_stops_hangs_everybody_up() {
    let mut table = Table::talking().await;
    table.wake(Wake::Shutdown);
    assert_eq!(table.count(&Method::Bye), 2);
    let mut second = invite();
    second.headers.set("Call-ID", "call-2");
    let origin = Origin::Trunk { vdn: VDN, name: "carrier".into() };
    let (called, caller) = ("8001".into(), "".into());
    let call = Incoming { txn: ServerTxn(5), request: second, flow: caller_flow(), origin, called, caller };
    table.inbound(Inbound::Call(Box::new(call)));
    assert_eq!(table.final_answer(5), Some(503));
}

/// Where messages should leave, a fault of ours.
struct Faulty;

impl Network for Faulty {
    fn send(&self, _: ClientTxn, _: Option<&str>, _: Request, _: Destination) {
        panic!("a fault for the test");
    }
    fn respond(&self, _: ServerTxn, _: &Response) {
        panic!("a fault for the test");
    }
    fn ack(&self, _: &Request, _: Destination) {}
    fn cancel(&self, _: ClientTxn, _: Headers) {}
    fn local(&self, _: &Destination) -> Option<SocketAddr> {
        None
    }
}

#[tokio::test]
async fn a_switchboard_that_panics_is_noticed() {
    let (node, _) = Node::start(&Journal::memory(), VDN, NodeOptions::default()).unwrap();
    let vitals = Vitals::default();
    let switchboard = Switchboard::start(Channel::default(), parts(Faulty, &node), &vitals);
    assert_eq!(vitals.broken(), None);
    switchboard.inbound(call_to("8001"));
    assert_eq!(vitals.breaks().await, "switchboard");
    switchboard.stop().await;
}
