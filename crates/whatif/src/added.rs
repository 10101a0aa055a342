//! Agents whom the day did not have: each works the hours of a colleague who was there.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Agent, AgentId, AgentSettings, ChangedBy, Command, Floor, Presence, Reach, SignIn};

use crate::day::{Day, Happening};

/// Whose hours each agent works whom the day did not have; none: nobody's, it is there all day.
pub(crate) fn models(day: &Day, floor: &Floor) -> BTreeMap<AgentId, Option<AgentId>> {
    let on_duty = on_duty(day);
    let mut taken: BTreeMap<AgentId, usize> = BTreeMap::new();
    let mut models = BTreeMap::new();
    let added = floor.agents.iter().filter(|agent| !day.agents.contains_key(&agent.id));
    for agent in added {
        let colleagues = on_duty.iter().filter_map(|id| day.agents.get(id));
        let model = colleagues
            .map(|colleague| (shared(agent, colleague), colleague.id))
            .min_by_key(|(shared, id)| (usize::MAX - shared, taken.get(id).copied().unwrap_or(0), *id))
            .map(|(_, id)| id);
        if let Some(model) = model {
            *taken.entry(model).or_default() += 1;
        }
        models.insert(agent.id, model);
    }
    models
}

fn shared(one: &AgentSettings, other: &AgentSettings) -> usize {
    one.queues.iter().filter(|part| other.serves(part.queue)).count()
}

/// Who was signed in at some time of the day.
fn on_duty(day: &Day) -> BTreeSet<AgentId> {
    let at_first = day.start.state().agents().filter(|agent| agent.presence != Presence::SignedOut);
    let later = day.stimuli.iter().filter_map(|stimulus| match &stimulus.what {
        Happening::Command { command, signs_in: true } => about(command),
        _ => None,
    });
    let always = day.agents.values().filter(|agent| agent.sign_in == SignIn::Always).map(|agent| agent.id);
    at_first.map(|agent| agent.settings.id).chain(later).chain(always).collect()
}

/// The agent whose presence or phone a command is about.
pub(crate) fn about(command: &Command) -> Option<AgentId> {
    match command {
        Command::SignIn { agent, .. }
        | Command::SignOut { agent, .. }
        | Command::BecomeReady { agent, .. }
        | Command::BecomeNotReady { agent, .. }
        | Command::PhoneFound { agent }
        | Command::PhoneLost { agent } => Some(*agent),
        _ => None,
    }
}

/// What brings an added agent to where its model is at the beginning; without a model it is ready.
pub(crate) fn at_first(agent: AgentId, model: Option<&Agent>) -> Vec<Command> {
    let by = ChangedBy::Supervisor;
    let (found, sign_in) = (Command::PhoneFound { agent }, Command::SignIn { agent, by });
    let Some(model) = model else { return vec![found, sign_in] };
    let mut commands = Vec::new();
    commands.extend((model.reach == Reach::Reachable).then_some(found));
    match model.presence {
        Presence::SignedOut => {}
        Presence::Ready => commands.push(sign_in),
        Presence::NotReady(why) => commands.extend([sign_in, Command::BecomeNotReady { agent, why, by }]),
    }
    commands
}

/// What an added agent does when its model does this. It comes and goes as if a supervisor saw to it, so that it does
/// not matter how the two sign in.
pub(crate) fn likewise(agent: AgentId, command: &Command, signs_in: bool) -> Vec<Command> {
    let by = ChangedBy::Supervisor;
    let found = Command::PhoneFound { agent };
    let commands = match command {
        Command::SignIn { by: ChangedBy::Phone, .. } | Command::PhoneFound { .. } => vec![found],
        Command::SignIn { .. } => Vec::new(),
        Command::SignOut { .. } => vec![Command::SignOut { agent, by }],
        Command::BecomeReady { .. } => vec![Command::BecomeReady { agent, by }],
        Command::BecomeNotReady { why, .. } => vec![Command::BecomeNotReady { agent, why: *why, by: ChangedBy::Agent }],
        Command::PhoneLost { .. } => vec![Command::PhoneLost { agent }],
        _ => Vec::new(),
    };
    let sign_in = signs_in.then_some(Command::SignIn { agent, by });
    commands.into_iter().chain(sign_in).collect()
}
