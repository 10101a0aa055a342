use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use engine::{AgentId, ChangedBy, Command, VdnId};
use leg::{Method, Request};

use super::{Fact, Refusal, Registered, Registrar, Registration};
use crate::admission::Admission;
use crate::digest::Authenticator;
use crate::directory::Directory;
use crate::place::{Destination, Flow, Place};
use crate::settings::{Expires, Settings, Transport};

const VDN: VdnId = VdnId(170);
const AGENT: AgentId = AgentId(1001);

struct Desk {
    registrar: Registrar,
    admission: Arc<Admission>,
    now: Instant,
    cseq: u32,
}

fn flow(port: u16) -> Flow {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Flow { transport: Transport::Udp, local: at(5060), remote: at(port), connection: 0 }
}

fn tcp(port: u16, connection: u64) -> Flow {
    Flow { transport: Transport::Tcp, connection, ..flow(port) }
}

impl Desk {
    fn new() -> Self {
        let settings = Settings::new(Vec::new(), media::Settings::new(Ipv4Addr::LOCALHOST.into(), 20_000..=20_100));
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(settings)));
        let admission = Arc::new(Admission::new(directory, Arc::new(Authenticator::new().unwrap())));
        Self { registrar: Registrar::new(admission.clone()), admission, now: Instant::now(), cseq: 0 }
    }

    fn register(&mut self, flow: Flow, contact: &str, expires: u32) -> Result<Registered, Refusal> {
        self.cseq += 1;
        self.register_as(flow, contact, expires, self.cseq)
    }

    fn register_as(&self, flow: Flow, contact: &str, expires: u32, cseq: u32) -> Result<Registered, Refusal> {
        let cseq = format!("{cseq} REGISTER");
        let request = Request::new(Method::Register, "sip:demo")
            .with("Call-ID", "c")
            .with("CSeq", &cseq)
            .with("Contact", contact)
            .with("Expires", &expires.to_string());
        let (expires, bindings_max) = (Expires::default(), 5);
        let from = Registration { vdn: VDN, agent: AGENT, flow, request: &request, expires, bindings_max };
        self.registrar.register(&from, self.now)
    }
}

fn command(registered: &Registered) -> Option<Command> {
    registered.fact.as_ref().and_then(|fact| fact.command.clone())
}

fn notes(fact: &Fact) -> (usize, usize) {
    let set = fact.notes.iter().filter(|note| note.value.is_some()).count();
    (set, fact.notes.len() - set)
}

#[test]
fn the_first_binding_signs_in_the_last_one_gone_loses_the_phone() {
    let mut desk = Desk::new();
    let first = desk.register(flow(5071), "<sip:1001@127.0.0.1:5071>", 300).unwrap();
    assert_eq!(command(&first), Some(Command::SignIn { agent: AGENT, by: ChangedBy::Phone }));
    assert_eq!(notes(first.fact.as_ref().unwrap()), (1, 0));
    assert_eq!(first.contacts, ["<sip:1001@127.0.0.1:5071>;expires=300"]);
    let second = desk.register(flow(5072), "<sip:1001@127.0.0.1:5072>", 300).unwrap();
    assert_eq!((command(&second), second.contacts.len()), (None, 2));
    let third = desk.register(flow(5071), "<sip:1001@127.0.0.1:5071>", 0).unwrap();
    assert_eq!((command(&third), notes(third.fact.as_ref().unwrap())), (None, (0, 1)));
    let last = desk.register(flow(5072), "*", 0).unwrap();
    assert_eq!(command(&last), Some(Command::PhoneLost { agent: AGENT }));
    assert!(last.contacts.is_empty() && desk.registrar.is_empty());
}

#[test]
fn a_refresh_is_no_news_but_a_new_flow_is() {
    let mut desk = Desk::new();
    let contact = "<sip:1001@10.0.0.1>;+sip.instance=\"<urn:uuid:1>\"";
    desk.register(flow(5071), contact, 300).unwrap();
    desk.now += Duration::from_secs(200);
    assert_eq!(desk.register(flow(5071), contact, 300).unwrap().fact, None);
    assert!(desk.registrar.expire(desk.now + Duration::from_secs(299)).is_empty());
    let moved = desk.register(flow(5072), contact, 300).unwrap().fact.unwrap();
    assert_eq!((notes(&moved), moved.command), ((1, 0), None));
    assert_eq!(desk.registrar.len(), 1);
    assert_eq!(desk.registrar.agents_at(flow(5072).place()), [(VDN, AGENT)]);
    assert!(desk.registrar.agents_at(flow(5071).place()).is_empty());
}

#[test]
fn bindings_end_by_their_time_and_by_their_connection() {
    let mut desk = Desk::new();
    desk.register(flow(5071), "<sip:1001@127.0.0.1:5071>", 300).unwrap();
    desk.register(tcp(6000, 4), "<sip:1001@127.0.0.1:6000;transport=tcp>", 600).unwrap();
    assert!(desk.registrar.closed(tcp(6000, 5)).is_empty());
    let facts = desk.registrar.closed(tcp(6000, 4));
    assert_eq!((facts.len(), notes(&facts[0]), facts[0].command.clone()), (1, (0, 1), None));
    assert_eq!(desk.registrar.next_end(), Some(desk.now + Duration::from_secs(300)));
    let facts = desk.registrar.expire(desk.now + Duration::from_secs(300));
    assert_eq!(facts[0].command, Some(Command::PhoneLost { agent: AGENT }));
    assert_eq!(desk.registrar.next_end(), None);
}

#[test]
fn a_sixth_contact_is_refused_and_changes_nothing() {
    let mut desk = Desk::new();
    for port in 1..=5 {
        desk.register(flow(port), &format!("<sip:1001@10.0.0.1:{port}>"), 300).unwrap();
    }
    let refusal = desk.register(flow(6), "<sip:1001@10.0.0.1:6>", 300).unwrap_err();
    assert_eq!((refusal.status, desk.registrar.len()), (403, 5));
    let swapped = desk.register(flow(6), "<sip:1001@10.0.0.1:6>, <sip:1001@10.0.0.1:1>;expires=0", 300).unwrap();
    assert_eq!((swapped.contacts.len(), notes(swapped.fact.as_ref().unwrap())), (5, (1, 1)));
}

#[test]
fn what_was_overtaken_is_refused() {
    let mut desk = Desk::new();
    desk.register(flow(5071), "<sip:1001@h>", 300).unwrap();
    assert_eq!(desk.register_as(flow(5071), "<sip:1001@h>", 0, 1).unwrap_err().status, 500);
    assert_eq!(desk.register_as(flow(5071), "*", 0, 1).unwrap_err().status, 500);
    assert_eq!(desk.registrar.len(), 1);
}

#[test]
fn a_phone_is_rung_by_its_flow_unless_it_listens_elsewhere() {
    let mut desk = Desk::new();
    let destination = |desk: &Desk| desk.registrar.bindings(VDN, AGENT)[0].destination;
    let instance = ";+sip.instance=\"<urn:uuid:1>\"";
    desk.register(flow(5071), &format!("<sip:1001@192.168.0.5:5060>{instance}"), 300).unwrap();
    assert_eq!(destination(&desk), Destination::Flow(flow(5071)), "behind a translation");
    desk.register(flow(40_000), &format!("<sip:1001@127.0.0.1:5071>{instance}"), 300).unwrap();
    assert_eq!(destination(&desk), Destination::Place(Place::of_uri("sip:127.0.0.1:5071").unwrap()));
    desk.register(tcp(40_001, 3), &format!("<sip:1001@127.0.0.1:5071;transport=tcp>{instance}"), 300).unwrap();
    assert_eq!(destination(&desk), Destination::Flow(tcp(40_001, 3)));
}

#[test]
fn bound_places_are_known_as_long_as_they_are_bound() {
    let mut desk = Desk::new();
    let place = flow(5071).place();
    desk.register(flow(5071), "<sip:1001@10.0.0.1:1>", 300).unwrap();
    desk.register(flow(5071), "<sip:1001@10.0.0.1:2>", 300).unwrap();
    desk.register(flow(5071), "<sip:1001@10.0.0.1:1>", 0).unwrap();
    assert!(desk.admission.knows(place));
    assert_eq!(desk.registrar.agents_at(place), [(VDN, AGENT)]);
    desk.register(flow(5071), "*", 0).unwrap();
    assert!(!desk.admission.knows(place));
}

#[test]
fn agents_who_are_gone_keep_no_binding() {
    let mut desk = Desk::new();
    desk.register(flow(5071), "<sip:1001@h>", 300).unwrap();
    assert!(desk.registrar.retain(|_, _| true).is_empty());
    let facts = desk.registrar.retain(|_, agent| agent != AGENT);
    assert_eq!((facts[0].command.clone(), notes(&facts[0]), desk.registrar.len()), (None, (0, 1), 0));
}
