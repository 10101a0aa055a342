//! Ids as people and other systems read them.
#![allow(clippy::unwrap_used, reason = "a test may stop anywhere")]

use engine::{
    CallId, Caller, Command, Engine, Event, Floor, LegKey, NotACallId, Queue, QueueId, Target, Timestamp, VdnId,
    VdnSettings,
};

#[test]
fn a_call_id_is_read_as_it_is_written() {
    let id = CallId { second: 1_605_492_949, number: 1447 };
    assert_eq!(id.to_string(), "1605492949-1447");
    assert_eq!("1605492949-1447".parse(), Ok(id));
    for wrong in
        ["", "-", "1605492949", "1605492949-", "-1447", "+1-2", "1-+2", "1-2-3", "1 -2", "1-99999999999999999999"]
    {
        assert_eq!(wrong.parse::<CallId>(), Err(NotACallId), "{wrong:?}");
    }
}

#[test]
fn calls_are_counted_within_the_vdn() {
    let mut engine = Engine::default();
    let queues = vec![Queue::new(QueueId(1), "Sales")];
    let floor = Floor { vdn: VdnId(170), settings: VdnSettings::default(), queues, agents: vec![] };
    engine.handle(Timestamp::from_seconds(100), Command::Configure(floor)).unwrap();
    let mut arrive = |second, leg| {
        let command = Command::Arrive {
            key: LegKey([leg; 16]),
            caller: Caller::Outside("4930123".into()),
            called: "8001".into(),
            priority: 1,
            target: Target::Queue(QueueId(1)),
        };
        let entry = engine.handle(Timestamp::from_seconds(second), command).unwrap();
        let arrived = entry.events.into_iter().find_map(|event| match event {
            Event::CallArrived { call, .. } => Some(call.to_string()),
            _ => None,
        });
        arrived.unwrap()
    };
    assert_eq!(arrive(1000, 1), "1000-5171");
    assert_eq!(arrive(1000, 2), "1000-10172");
    assert_eq!(arrive(1001, 3), "1001-15173");
}
