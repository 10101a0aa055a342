//! Rests: who has a place, who waits for one, and that nobody waits in vain.

use engine::{Agent, AgentId, ChangedBy, ChosenPresence, Command, Event, NotReadyKind, Presence, QueueId, Rest, State};

use super::checks::serves;

/// Between two turns.
pub fn check_rests(state: &State) {
    for agent in state.agents() {
        let will_rest =
            matches!(agent.after_work, Some(ChosenPresence::NotReady(why)) if why.kind == NotReadyKind::Rest);
        match agent.rest {
            None => {}
            Some(Rest::Asked { .. }) => {
                assert!(!rests(agent) && !will_rest, "who waits has no place");
                assert_ne!(agent.presence, Presence::SignedOut, "who is out waits for nothing");
            }
            Some(Rest::Granted { .. }) => assert!(will_rest, "a granted rest comes after the work"),
            Some(Rest::Begun { .. }) => assert!(rests(agent), "only a rest has an end"),
        }
    }
    for queue in state.queues() {
        let id = queue.id;
        assert_eq!(state.resting_count(id) as usize, resting(state, id));
        let places = queue.rest_max.map(|max| max.places(u32::try_from(state.signed_in_count(id)).unwrap()));
        assert_eq!(state.rest_places(id), places);
        let listed = line(state).into_iter().filter(|agent| places.is_some() && serves(agent, id));
        assert!(state.rest_line(id).eq(listed.map(|agent| agent.settings.id)));
    }
    assert!(state.rest_wishes().eq(line(state).iter().map(|agent| agent.settings.id)));
    let waits = line(state).into_iter().find(|agent| may_rest(state, agent));
    assert!(waits.is_none(), "{waits:?} waits for a rest that it could have");
}

/// What holds just before a place is given: by its own wish, an agent gets only what is left, and nobody is overtaken.
pub fn check_grant(state: &State, command: &Command, event: &Event) {
    let (who, by) = match event {
        Event::RestGranted { agent, by, .. } => (*agent, *by),
        Event::PresenceChanged { agent, presence: Presence::NotReady(why), by, .. }
            if why.kind == NotReadyKind::Rest =>
        {
            (*agent, *by)
        }
        Event::PresenceChosen { agent, after_work: Some(ChosenPresence::NotReady(why)), by }
            if why.kind == NotReadyKind::Rest =>
        {
            (*agent, *by)
        }
        _ => return,
    };
    let agent = state.agent(who).expect("it is there");
    let asks = matches!(command, Command::AskRest { agent, .. } if *agent == who);
    if by == ChangedBy::Supervisor && !asks {
        return;
    }
    assert!(has_place(agent) || may_rest(state, agent), "{agent:?} has a place that is not left to it");
}

/// With a place in each queue that bounds rests, and nobody before it in the line of one.
fn may_rest(state: &State, agent: &Agent) -> bool {
    let id = agent.settings.id;
    let before: Vec<&Agent> = line(state).into_iter().take_while(|other| other.settings.id != id).collect();
    let bounds = |queue: &QueueId| state.queue(*queue).is_some_and(|queue| queue.rest_max.is_some());
    agent.settings.queues.iter().map(|part| part.queue).filter(bounds).all(|queue| {
        let max = state.queue(queue).and_then(|queue| queue.rest_max).expect("it bounds rests");
        let signed_in = state.agents().filter(|other| other.presence != Presence::SignedOut && serves(other, queue));
        let places = max.places(u32::try_from(signed_in.count()).unwrap());
        resting(state, queue) < places as usize && !before.iter().any(|other| serves(other, queue))
    })
}

/// Who waits, first come first.
fn line(state: &State) -> Vec<&Agent> {
    let ticket = |agent: &Agent| match agent.rest {
        Some(Rest::Asked { ticket, .. }) => Some(ticket),
        _ => None,
    };
    let mut waiting: Vec<(u64, AgentId, &Agent)> =
        state.agents().filter_map(|agent| Some((ticket(agent)?, agent.settings.id, agent))).collect();
    waiting.sort_by_key(|(ticket, id, _)| (*ticket, *id));
    assert!(waiting.windows(2).all(|pair| pair[0].0 < pair[1].0), "no two have the same ticket");
    waiting.into_iter().map(|(_, _, agent)| agent).collect()
}

fn resting(state: &State, queue: QueueId) -> usize {
    state.agents().filter(|agent| serves(agent, queue) && has_place(agent)).count()
}

fn rests(agent: &Agent) -> bool {
    matches!(agent.presence, Presence::NotReady(why) if why.kind == NotReadyKind::Rest)
}

fn has_place(agent: &Agent) -> bool {
    let will_rest = matches!(agent.after_work, Some(ChosenPresence::NotReady(why)) if why.kind == NotReadyKind::Rest);
    rests(agent) || will_rest || matches!(agent.rest, Some(Rest::Granted { .. }))
}
