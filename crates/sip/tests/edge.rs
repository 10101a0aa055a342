//! The whole edge with a journal in memory and phones made of text: who may do what, and what the floor learns of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{Line, Phone, Request, has, header, loopback, response, settings, status, trusting};
use engine::{
    AgentId, AgentQueue, AgentSettings, Command, Floor, NotReadyKind, Presence, Queue, QueueId, Reach, SignIn, Target,
    VdnId,
};
use md5::{Digest, Md5};
use node::{Journal, Node, NodeOptions, Submission};
use sha2::Sha256;
use sip::settings::{Number, Phone as PhoneSettings, Secret, Settings, Transport};
use sip::{Edge, place::Place};

const VDN: VdnId = VdnId(170);
const DOMAIN: &str = "sip:demo.example";

struct House {
    edge: Edge,
    node: Node,
    settings: Settings,
}

/// Agents 1001 and 1002 register, 1003 has a fixed phone at `fixed`. Queue 1 is 8001.
fn furnished(mut settings: Settings, fixed: u16) -> Settings {
    let vdn = &mut settings.vdns[0];
    vdn.numbers.insert("8001".into(), Number { target: Target::Queue(QueueId(1)), priority: 1 });
    for agent in [1001, 1002] {
        let password = Some(Secret::new(&format!("demo-{agent}")));
        vdn.phones.push(PhoneSettings { agent: AgentId(agent), password, fixed: None });
    }
    let fixed = Some(format!("sip:a3@127.0.0.1:{fixed}"));
    vdn.phones.push(PhoneSettings { agent: AgentId(1003), password: None, fixed });
    settings.options_ping = Duration::from_secs(1);
    settings.expires.min = Duration::from_secs(1);
    settings
}

fn floor() -> Floor {
    let part = AgentQueue { queue: QueueId(1), agent_weight: 1, queue_weight: 1 };
    let agent = |id, sign_in| AgentSettings { queues: vec![part], sign_in, ..AgentSettings::new(AgentId(id), "") };
    Floor {
        vdn: VDN,
        settings: engine::VdnSettings::default(),
        queues: vec![Queue::new(QueueId(1), "Sales")],
        agents: vec![agent(1001, SignIn::Register), agent(1002, SignIn::Register), agent(1003, SignIn::Always)],
    }
}

impl House {
    async fn open(settings: Settings) -> Self {
        Self::open_with(furnished(settings, 9)).await
    }

    async fn open_with(settings: Settings) -> Self {
        let (node, _) = Node::start(&Journal::memory(), VDN, NodeOptions::default()).unwrap();
        let receipt = node.submit(Submission::wish(Command::Configure(floor()))).await.unwrap();
        assert!(node.reached(receipt.position).await);
        let edge = Edge::start(settings.clone(), vec![node.clone()]).await.unwrap();
        Self { edge, node, settings }
    }

    fn address(&self, transport: &str) -> std::net::SocketAddr {
        let listening = self.edge.status().listening;
        listening.into_iter().find(|(name, _)| *name == transport).unwrap().1
    }

    async fn phone(&self) -> Phone {
        Phone::new(self.address("UDP")).await
    }

    /// Waits until the floor says so of an agent.
    async fn until(&self, agent: u32, what: impl Fn(&engine::Agent) -> bool) {
        for _ in 0..500 {
            if self.node.read(|state, _| state.agent(AgentId(agent)).is_some_and(&what)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.node.read(|state, _| state.agent(AgentId(agent)).cloned()));
    }
}

/// What a phone knows of its account.
struct Account<'a> {
    phone: &'a Phone,
    user: &'a str,
    password: &'a str,
    algorithm: &'a str,
}

fn hash(algorithm: &str, text: &str) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match algorithm {
        "MD5" => hex(&Md5::digest(text)),
        _ => hex(&Sha256::digest(text)),
    }
}

impl<'a> Account<'a> {
    fn new(phone: &'a Phone, user: &'a str, algorithm: &'a str) -> Self {
        let password = if user == "1001" { "demo-1001" } else { "demo-1002" };
        Self { phone, user, password, algorithm }
    }

    fn register(&self, cseq: u32, headers: &str) -> String {
        let request = Request::new(self.user, cseq).with(headers);
        let text = self.phone.request("REGISTER", DOMAIN, &request);
        let own = format!("<sip:{}@demo.example>", self.user);
        text.replace("<sip:tester@demo.example>", &own).replace(&format!("To: <{DOMAIN}>"), &format!("To: {own}"))
    }

    fn authorization(&self, challenge: &str, method: &str, uri: &str, nc: u32) -> String {
        let lines = challenge.split("\r\n").filter(|line| line.starts_with("WWW-Authenticate:"));
        let wanted = format!("algorithm={},", self.algorithm);
        let line = lines.clone().find(|line| line.contains(&wanted)).unwrap();
        let field = |name: &str| line.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap();
        let (realm, nonce, opaque) = (field("realm"), field("nonce"), field("opaque"));
        let ha1 = hash(self.algorithm, &format!("{}:{realm}:{}", self.user, self.password));
        let ha2 = hash(self.algorithm, &format!("{method}:{uri}"));
        let answer = hash(self.algorithm, &format!("{ha1}:{nonce}:{nc:08x}:c0:auth:{ha2}"));
        format!(
            "Authorization: Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{answer}\", algorithm={}, cnonce=\"c0\", opaque=\"{opaque}\", qop=auth, nc={nc:08x}\r\n",
            self.user, self.algorithm
        )
    }

    async fn ask(&self, text: &str) -> String {
        self.phone.send(text).await;
        self.phone.receive().await
    }

    async fn challenge(&self) -> String {
        let challenge = self.ask(&self.register(1, "")).await;
        assert_eq!(status(&challenge), Some(401), "{challenge}");
        challenge
    }

    /// Registers, with the headers of the second request.
    async fn bind(&self, cseq: u32, headers: &str) -> String {
        let challenge = self.ask(&self.register(cseq, "")).await;
        let authorization = self.authorization(&challenge, "REGISTER", DOMAIN, 1);
        self.ask(&self.register(cseq + 1, &format!("{authorization}{headers}"))).await
    }
}

#[tokio::test]
async fn a_phone_registers_with_either_digest_and_its_agent_is_ready() {
    let house = House::open(settings()).await;
    for (user, algorithm) in [("1001", "SHA-256"), ("1002", "MD5")] {
        let phone = house.phone().await;
        let account = Account::new(&phone, user, algorithm);
        let challenge = account.challenge().await;
        let offers = challenge.split("\r\n").filter(|line| line.starts_with("WWW-Authenticate:")).collect::<Vec<_>>();
        assert!(offers.len() == 2 && offers[0].contains("SHA-256") && offers[1].contains("MD5"), "{challenge}");
        let ok = account.bind(2, "Expires: 300\r\n").await;
        assert_eq!(status(&ok), Some(200), "{ok}");
        assert_eq!(header(&ok, "Contact"), format!("<sip:tester@{}>;expires=300", phone.address()));
        let agent = user.parse().unwrap();
        house.until(agent, |agent| agent.presence == Presence::Ready && agent.reach == Reach::Reachable).await;
    }
    assert_eq!(house.edge.status().bindings, 2);
}

#[tokio::test]
async fn one_nonce_serves_twenty_registers_and_no_count_twice() {
    let house = House::open(settings()).await;
    let phone = house.phone().await;
    let account = Account::new(&phone, "1001", "SHA-256");
    let challenge = account.challenge().await;
    for count in 1..=20 {
        let text = account.register(count + 1, &account.authorization(&challenge, "REGISTER", DOMAIN, count));
        assert_eq!(status(&account.ask(&text).await), Some(200), "nc={count}");
    }
    let again = account.register(30, &account.authorization(&challenge, "REGISTER", DOMAIN, 20));
    let refused = account.ask(&again).await;
    assert_eq!((status(&refused), refused.contains("stale=true")), (Some(401), true), "{refused}");
    let elsewhere = house.phone().await;
    let thief = Account::new(&elsewhere, "1001", "SHA-256");
    let stolen = thief.register(31, &account.authorization(&challenge, "REGISTER", DOMAIN, 21));
    assert_eq!(status(&thief.ask(&stolen).await), Some(401), "another's nonce");
}

#[tokio::test]
async fn nobody_learns_whether_an_agent_or_a_number_exists() {
    let mut talkative = settings();
    talkative.limits.per_stranger = 1000;
    let house = House::open(talkative).await;
    let shape = |answer: &str| {
        let names = answer.split("\r\n").map(|line| line.split([':', ' ']).next().unwrap_or("").to_owned());
        (status(answer), answer.split("\r\n").next().map(str::to_owned), names.collect::<Vec<_>>())
    };
    let mut shapes = Vec::new();
    for (user, password) in [("1001", "wrong"), ("1003", "wrong"), ("4711", "wrong"), ("nobody", "wrong")] {
        let phone = house.phone().await;
        let account = Account { phone: &phone, user, password, algorithm: "SHA-256" };
        shapes.push(shape(&account.bind(1, "").await));
    }
    assert!(shapes.iter().all(|one| *one == shapes[0] && one.0 == Some(401)), "{shapes:?}");
    let mut shapes = Vec::new();
    for method in ["INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "REFER"] {
        for number in ["8001", "1001", "1003", "4711", "*71"] {
            let phone = house.phone().await;
            let uri = format!("sip:{number}@demo.example");
            let answer = phone.ask(method, &uri, &Request::new("e", 1)).await;
            assert!(answer.len() < phone.request(method, &uri, &Request::new("e", 1)).len() * 3 / 2);
            shapes.push(shape(&answer));
        }
    }
    assert!(shapes.iter().all(|one| *one == shapes[0] && one.0 == Some(403)), "{shapes:?}");
}

#[tokio::test]
async fn an_agent_registers_itself_and_nobody_else() {
    let house = House::open(settings()).await;
    let phone = house.phone().await;
    let account = Account::new(&phone, "1001", "SHA-256");
    for (from, to) in [("To: <sip:1001@", "To: <sip:1002@"), ("From: <sip:1001@", "From: <sip:1002@")] {
        let challenge = account.challenge().await;
        let text = account.register(2, &account.authorization(&challenge, "REGISTER", DOMAIN, 1)).replace(from, to);
        assert_eq!(status(&account.ask(&text).await), Some(403), "{to}");
    }
    let challenge = account.challenge().await;
    let wrong = Account { password: "guess", ..Account::new(&phone, "1001", "SHA-256") };
    let text = wrong.register(3, &wrong.authorization(&challenge, "REGISTER", DOMAIN, 1));
    let refused = wrong.ask(&text).await;
    assert_eq!((status(&refused), refused.contains("stale")), (Some(401), false));
    let required = account.bind(5, "Require: gruu\r\n").await;
    assert_eq!((status(&required), header(&required, "Unsupported")), (Some(420), "gruu"));
    assert_eq!(house.edge.status().bindings, 0);
}

#[tokio::test]
async fn bindings_are_listed_removed_and_end_and_the_agent_is_lost() {
    let mut brief = settings();
    brief.expires.min = Duration::from_secs(1);
    let house = House::open(brief).await;
    let phone = house.phone().await;
    let account = Account::new(&phone, "1001", "SHA-256");
    let second = "Contact: <sip:1001@10.0.0.9>;expires=60\r\n";
    let ok = account.bind(1, second).await;
    assert_eq!(ok.matches("Contact:").count(), 2, "{ok}");
    let ok = account.bind(3, "Expires: 0\r\n").await;
    assert_eq!((status(&ok), ok.matches("Contact:").count()), (Some(200), 1), "{ok}");
    let contact = format!("Contact: <sip:tester@{}>\r\n", phone.address());
    let challenge = account.challenge().await;
    let all = account.register(6, &account.authorization(&challenge, "REGISTER", DOMAIN, 1));
    let all = all.replace(&contact, "Contact: *\r\nExpires: 0\r\n");
    let ok = account.ask(&all).await;
    assert_eq!((status(&ok), has(&ok, "Contact")), (Some(200), false));
    house.until(1001, |agent| matches!(agent.reach, Reach::Lost { .. })).await;
    assert_eq!(status(&account.bind(7, "Expires: 1\r\n").await), Some(200));
    house.until(1001, |agent| agent.reach == Reach::Reachable).await;
    house.until(1001, |agent| matches!(agent.reach, Reach::Lost { .. })).await;
    assert_eq!(house.edge.status().bindings, 0);
}

#[tokio::test]
async fn too_short_an_interval_is_refused_with_the_shortest() {
    let mut patient = furnished(settings(), 9);
    patient.expires.min = Duration::from_secs(60);
    let house = House::open_with(patient).await;
    let phone = house.phone().await;
    let brief = Account::new(&phone, "1001", "MD5").bind(1, "Expires: 59\r\n").await;
    assert_eq!((status(&brief), header(&brief, "Min-Expires")), (Some(423), "60"));
}

#[tokio::test]
async fn a_call_over_a_registered_flow_is_the_agents_and_challenged() {
    let house = House::open(trusting()).await;
    let phone = house.phone().await;
    let account = Account::new(&phone, "1001", "SHA-256");
    assert_eq!(status(&account.bind(1, "").await), Some(200));
    let uri = "sip:*72@demo.example";
    let from = |text: String| text.replace("<sip:tester@demo.example>", "<sip:1001@demo.example>");
    phone.send(&from(phone.request("INVITE", uri, &Request::new("code", 1)))).await;
    let challenge = phone.status(401).await;
    phone.send(&from(phone.request("ACK", uri, &Request::new("code", 1)))).await;
    let authorization = account.authorization(&challenge, "INVITE", uri, 1);
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    let headers = format!("{authorization}Content-Type: application/sdp\r\n");
    let request = Request { headers: &headers, body: sdp, ..Request::new("code", 2) };
    phone.send(&from(phone.request("INVITE", uri, &request))).await;
    phone.status(200).await;
    house
        .until(1001, |agent| matches!(agent.presence, Presence::NotReady(why) if why.kind == NotReadyKind::Busy))
        .await;
    let caller = house.phone().await;
    let text = from(caller.request("INVITE", uri, &request));
    caller.send(&text).await;
    caller.status(404).await;
}

#[tokio::test]
async fn trunks_call_and_ask_and_no_more() {
    let house = House::open(trusting()).await;
    let trunk = house.phone().await;
    let options = trunk.ask("OPTIONS", DOMAIN, &Request::new("t1", 1)).await;
    assert_eq!(status(&options), Some(200));
    assert!(header(&options, "Allow").contains("INVITE") && header(&options, "Accept") == "application/sdp");
    for (method, expected) in [("SUBSCRIBE", 405), ("MESSAGE", 405), ("PUBLISH", 405), ("REFER", 403), ("BYE", 481)] {
        let answer = trunk.ask(method, DOMAIN, &Request::new(method, 1)).await;
        assert_eq!(status(&answer), Some(expected), "{answer}");
    }
    let uri = "sip:4711@demo.example";
    assert_eq!(status(&trunk.ask("INVITE", uri, &Request::new("t2", 1)).await), Some(404));
    trunk.send(&trunk.request("ACK", uri, &Request::new("t2", 1))).await;
    let odd = trunk.ask("INVITE", "mailto:x@y", &Request::new("t3", 1)).await;
    assert!(matches!(status(&odd), Some(416)), "{odd}");
}

#[tokio::test]
async fn a_phone_on_a_stream_is_bound_for_as_long_as_the_stream() {
    let house = House::open(settings()).await;
    let phone = house.phone().await;
    let mut line = Line::connect(house.address("TCP")).await;
    let account = Account::new(&phone, "1001", "SHA-256");
    line.send(&account.register(1, "").replace("/UDP", "/TCP")).await;
    let challenge = line.receive().await.unwrap();
    let authorization = account.authorization(&challenge, "REGISTER", DOMAIN, 1);
    line.send(&account.register(2, &authorization).replace("/UDP", "/TCP")).await;
    assert_eq!(status(&line.receive().await.unwrap()), Some(200));
    house.until(1001, |agent| agent.reach == Reach::Reachable).await;
    drop(line);
    house.until(1001, |agent| matches!(agent.reach, Reach::Lost { .. })).await;
}

#[tokio::test]
async fn bindings_outlive_the_edge() {
    let house = House::open(settings()).await;
    let phone = house.phone().await;
    assert_eq!(status(&Account::new(&phone, "1001", "SHA-256").bind(1, "").await), Some(200));
    house.until(1001, |agent| agent.reach == Reach::Reachable).await;
    let House { edge, node, settings } = house;
    edge.stop().await;
    let edge = Edge::start(settings, vec![node.clone()]).await.unwrap();
    assert_eq!(edge.status().bindings, 1);
    assert!(node.read(|state, _| state.agent(AgentId(1001)).is_some_and(|agent| agent.presence == Presence::Ready)));
}

#[tokio::test]
async fn a_lost_phone_is_asked_until_it_answers() {
    let mut fixed = Phone::new(loopback(1)).await;
    let house = House::open_with(furnished(trusting(), fixed.address().port())).await;
    let caller = house.phone().await;
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    let request = Request { headers: "Content-Type: application/sdp\r\n", body: sdp, ..Request::new("lost", 1) };
    caller.send(&caller.request("INVITE", "sip:8001@demo.example", &request)).await;
    caller.status(200).await;
    fixed.server = house.address("UDP");
    let invite = fixed.receive().await;
    assert!(invite.starts_with("INVITE sip:a3@127.0.0.1"), "{invite}");
    fixed.send(&response(&invite, "503 Service Unavailable", "")).await;
    house.until(1003, |agent| matches!(agent.reach, Reach::Lost { .. })).await;
    loop {
        let text = fixed.receive().await;
        if text.starts_with("OPTIONS ") {
            fixed.send(&response(&text, "200 OK", "")).await;
            break;
        }
    }
    loop {
        if fixed.receive().await.starts_with("INVITE ") {
            break;
        }
    }
}

#[test]
fn a_fixed_phone_is_where_its_uri_says() {
    let place = Place::of_uri("sip:a3@127.0.0.1:5081").unwrap();
    assert_eq!((place.transport, place.address), (Transport::Udp, loopback(5081)));
}
