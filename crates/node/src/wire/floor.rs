//! What is configured, on disk.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, DirectedToNotReady, Floor, OpenHours, Queue, QueueId, SignIn, Strategy,
    Treatment, Treatments, VdnId, VdnSettings,
};

use super::mirror::{mirror_enum, mirror_struct};

mirror_struct!(FloorV1 for Floor {
    vdn: VdnId,
    settings: VdnSettings,
    queues: Vec<Queue>,
    agents: Vec<AgentSettings>,
});

mirror_struct!(VdnSettingsV1 for VdnSettings {
    private_wait_max: Duration,
    private_depth_max: u32,
    default_queue: Option<QueueId>,
    directed_to_not_ready: DirectedToNotReady,
    lost_retry: Duration,
    lost_grace: Duration,
    reoffer_min: Duration,
    auto_ready: Duration,
    ring_max: Duration,
    wrap_up: Duration,
    keep_ready: bool,
    utc_offset_minutes: i16,
});

mirror_enum!(DirectedToNotReadyV1 for DirectedToNotReady { Refuse, Wait });

mirror_struct!(QueueV1 for Queue {
    id: QueueId,
    name: Arc<str>,
    strategy: Strategy,
    ring_max: Duration,
    wrap_up: Duration,
    wait_max: Duration,
    waiting_max: Option<u32>,
    lets_wait: bool,
    keep_ready: bool,
    no_agents_while_waiting: bool,
    hours: Vec<OpenHours>,
    treatments: Treatments,
});

mirror_struct!(OpenHoursV1 for OpenHours { from_minute: u16, until_minute: u16 });

mirror_struct!(TreatmentsV1 for Treatments {
    closed: Treatment,
    no_agents: Treatment,
    overflow: Treatment,
    busy: Treatment,
    timeout: Treatment,
    cancelled: Treatment,
});

mirror_struct!(TreatmentV1 for Treatment { action: Action, fallback: Option<Box<Treatment>> });

mirror_enum!(ActionV1 for Action {
    Release,
    Queue(queue: QueueId),
    Agent(agent: AgentId),
    External(address: Arc<str>),
    Stay,
});

mirror_struct!(AgentSettingsV1 for AgentSettings {
    id: AgentId,
    name: Arc<str>,
    queues: Vec<AgentQueue>,
    sign_in: SignIn,
    idle_automatically: bool,
});

mirror_struct!(AgentQueueV1 for AgentQueue { queue: QueueId, agent_weight: u8, queue_weight: u8 });

mirror_enum!(SignInV1 for SignIn { Person, Register, Always });
