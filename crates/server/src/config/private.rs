//! What becomes of calls that wait for one agent: the same keys in `[[vdn]]`, for all, and in `[[vdn.agent]]`.

use std::collections::BTreeMap;

use engine::{AgentId, DirectedToNotReady, OnNotReady, OnSignOut, PrivateAction, PrivateSettings, VdnSettings};
use toml::de::DeValue;

use super::mistake::{At, Mistakes, Span};
use super::queue::QueueNames;
use super::reader::{Reader, Written, Wrong};
use super::to_floor::known_agent;
use super::treatment::QueueRef;
use super::written::{DAY, seconds, span, words};

words!(DirectedToNotReady, "\"refuse\" or \"wait\"", { "refuse" => Self::Refuse, "wait" => Self::Wait });

words!(OnSignOut, "\"return\", \"delegate\", \"sender\", \"refuse\" or \"release\"", {
    "return" => Self::Return,
    "delegate" => Self::Delegate,
    "sender" => Self::ReturnToSender,
    "refuse" => Self::Refuse,
    "release" => Self::Release,
});

words!(OnNotReady, "\"keep\" or \"as-on-sign-out\"", {
    "keep" => Self::Keep,
    "as-on-sign-out" => Self::AsOnSignOut,
});

/// What to do with a call whose private wait is over, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Do {
    Return,
    Delegate,
    Sender,
    Queue(QueueRef),
    Agent(AgentId),
    Stay,
    Release,
}

impl Written for Do {
    const FORM: &'static str =
        "\"return\", \"delegate\", \"sender\", \"queue 2\", \"agent 1099\", \"stay\" or \"release\", or a list of them";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let wrong = || Wrong::new(format!("is \"{text}\""));
        let (verb, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        match (verb, rest.trim()) {
            ("return", "") => Ok(Self::Return),
            ("delegate", "") => Ok(Self::Delegate),
            ("sender", "") => Ok(Self::Sender),
            ("stay", "") => Ok(Self::Stay),
            ("release", "") => Ok(Self::Release),
            ("queue", name) if !name.is_empty() => Ok(Self::Queue(QueueRef::of(name))),
            ("agent", id) => id.parse().map(|id| Self::Agent(AgentId(id))).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// How many things may be tried at the end of a private wait.
const ACTIONS_MAX: usize = 8;

/// What a table says of private queues; agents and queues are still words.
#[derive(Clone, Debug)]
pub(crate) struct WrittenPrivate {
    settings: PrivateSettings,
    on_wait_end: Option<Vec<At<Do>>>,
    delegate: Option<At<AgentId>>,
}

/// Reads the keys of private queues from the table of a VDN or an agent.
pub(crate) fn read(reader: &Reader<'_>) -> WrittenPrivate {
    let settings = PrivateSettings {
        wait_max: span(reader, "private_wait_max", seconds(1)..=DAY * 7),
        depth_max: reader.number("private_depth_max", 1..=10_000).map(|depth| depth.value),
        directed_to_not_ready: reader.get("directed_to_not_ready").map(|choice| choice.value),
        on_wait_end: None,
        on_sign_out: reader.get("on_sign_out").map(|choice| choice.value),
        on_not_ready: reader.get("on_not_ready").map(|choice| choice.value),
        delegate: None,
    };
    let on_wait_end = reader.value("on_private_wait_end").map(|_| reader.list::<Do>("on_private_wait_end"));
    if on_wait_end.as_ref().is_some_and(|actions| actions.len() > ACTIONS_MAX) {
        let what = format!("`on_private_wait_end` has more than {ACTIONS_MAX} steps");
        let instead = "the first that is not refused is done: a few are enough".to_owned();
        reader.mistakes().say(reader.span_of("on_private_wait_end"), what, instead);
    }
    let delegate = reader.number("delegate", 101..=999_999).map(|id| id.map(AgentId));
    WrittenPrivate { settings, on_wait_end, delegate }
}

impl WrittenPrivate {
    /// With the agents and queues that are meant; who is not there is a mistake. `own` is whose private queue it is.
    pub(crate) fn resolve(
        &self,
        own: Option<AgentId>,
        names: &QueueNames,
        agents: &BTreeMap<u32, Span>,
        mistakes: &Mistakes,
    ) -> PrivateSettings {
        let action = |wish: &At<Do>| {
            Some(match &wish.value {
                Do::Return => PrivateAction::Return,
                Do::Delegate => PrivateAction::Delegate,
                Do::Sender => PrivateAction::ReturnToSender,
                Do::Queue(queue) => PrivateAction::Queue(names.find(&At::new(queue.clone(), wish.span), mistakes)?),
                Do::Agent(agent) => PrivateAction::Agent(known_agent(*agent, wish.span, agents, mistakes)?),
                Do::Stay => PrivateAction::Stay,
                Do::Release => PrivateAction::Release,
            })
        };
        let delegate = self.delegate.as_ref().and_then(|At { value, span }| {
            if own == Some(*value) {
                let what = format!("agent {value} is its own delegate");
                mistakes.say(*span, what, "name another agent".to_owned());
                return None;
            }
            known_agent(*value, *span, agents, mistakes)
        });
        let on_wait_end = self.on_wait_end.as_ref().map(|actions| {
            let mut actions: Vec<PrivateAction> = actions.iter().filter_map(action).collect();
            // What comes last by itself need not be said.
            actions.pop_if(|last| *last == PrivateAction::Return);
            actions
        });
        PrivateSettings { on_wait_end, delegate, ..self.settings.clone() }
    }
}

/// What is the same for all of a VDN, where its table says something.
pub(crate) fn apply(settings: &mut VdnSettings, written: PrivateSettings) {
    let usual = VdnSettings::default();
    settings.private_wait_max = written.wait_max.unwrap_or(usual.private_wait_max);
    settings.private_depth_max = written.depth_max.unwrap_or(usual.private_depth_max);
    settings.directed_to_not_ready = written.directed_to_not_ready.unwrap_or(usual.directed_to_not_ready);
    settings.on_private_wait_end = written.on_wait_end.unwrap_or(usual.on_private_wait_end);
    settings.on_sign_out = written.on_sign_out.unwrap_or(usual.on_sign_out);
    settings.on_not_ready = written.on_not_ready.unwrap_or(usual.on_not_ready);
    settings.delegate = written.delegate;
}
