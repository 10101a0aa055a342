//! What becomes of calls that wait for one agent.

use alloc::vec::Vec;
use core::time::Duration;

use crate::id::{AgentId, QueueId};

use super::{AgentSettings, DirectedToNotReady, VdnSettings};

/// What happens to the calls of a private queue when its agent signs out. Whatever cannot be done with a call, it goes
/// back to its origin queue with the return ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnSignOut {
    /// Back to its origin queue.
    #[default]
    Return,
    /// To the agent's delegate.
    Delegate,
    /// Back to the agent who sent it.
    ReturnToSender,
    /// The agent cannot sign out by itself while calls wait. A sign-out that nobody can refuse, by a supervisor, by the
    /// loss of the phone or by the configuration, returns them.
    Refuse,
    /// It is released.
    Release,
}

/// What happens to the calls of a private queue when its agent stops being `Ready`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnNotReady {
    /// They go on waiting.
    #[default]
    Keep,
    /// What would happen at a sign-out that nobody can refuse.
    AsOnSignOut,
}

/// One thing to do with a call whose private wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrivateAction {
    /// Back to its origin queue with the return ticket, else to the default queue, else it is released.
    Return,
    /// To the agent's delegate.
    Delegate,
    /// Back to the agent who sent it.
    ReturnToSender,
    /// To a queue, through its door.
    Queue(QueueId),
    /// Directed to an agent.
    Agent(AgentId),
    /// It waits on where it is, for as long again.
    Stay,
    /// It is released.
    Release,
}

/// What an agent has otherwise than its VDN says; none: as the VDN says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PrivateSettings {
    /// See [`VdnSettings::private_wait_max`].
    pub wait_max: Option<Duration>,
    /// See [`VdnSettings::private_depth_max`].
    pub depth_max: Option<u32>,
    /// See [`VdnSettings::directed_to_not_ready`].
    pub directed_to_not_ready: Option<DirectedToNotReady>,
    /// See [`VdnSettings::on_private_wait_end`].
    pub on_wait_end: Option<Vec<PrivateAction>>,
    /// See [`VdnSettings::on_sign_out`].
    pub on_sign_out: Option<OnSignOut>,
    /// See [`VdnSettings::on_not_ready`].
    pub on_not_ready: Option<OnNotReady>,
    /// See [`VdnSettings::delegate`].
    pub delegate: Option<AgentId>,
}

/// What holds for one private queue: the agent's own settings, and the VDN's for what it leaves open.
#[derive(Clone, Copy, Debug)]
pub struct PrivateRules<'a> {
    /// How long a call waits.
    pub wait_max: Duration,
    /// How many calls wait at most.
    pub depth_max: u32,
    /// What happens to a call directed to the agent while it is `NotReady` and not engaged, or lost.
    pub directed_to_not_ready: DirectedToNotReady,
    /// What happens when a call has waited for `wait_max`: the first of these that is not refused, else `Return`.
    pub on_wait_end: &'a [PrivateAction],
    /// What happens when the agent signs out.
    pub on_sign_out: OnSignOut,
    /// What happens when the agent stops being `Ready`.
    pub on_not_ready: OnNotReady,
    /// Who takes the agent's calls where `Delegate` says so; never the agent itself.
    pub delegate: Option<AgentId>,
}

impl<'a> PrivateRules<'a> {
    /// What holds for the private queue of an agent with these settings.
    #[must_use]
    pub fn of(vdn: &'a VdnSettings, agent: &'a AgentSettings) -> Self {
        let own = &agent.private;
        Self {
            wait_max: own.wait_max.unwrap_or(vdn.private_wait_max),
            depth_max: own.depth_max.unwrap_or(vdn.private_depth_max),
            directed_to_not_ready: own.directed_to_not_ready.unwrap_or(vdn.directed_to_not_ready),
            on_wait_end: own.on_wait_end.as_deref().unwrap_or(&vdn.on_private_wait_end),
            on_sign_out: own.on_sign_out.unwrap_or(vdn.on_sign_out),
            on_not_ready: own.on_not_ready.unwrap_or(vdn.on_not_ready),
            delegate: own.delegate.or(vdn.delegate).filter(|delegate| *delegate != agent.id),
        }
    }
}
