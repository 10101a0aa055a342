//! What is configured, on disk.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, DayHours, DirectedToNotReady, Floor, Holiday, OnNotReady, OnRestEnd,
    OnSignOut, OpenHours, PrivateAction, PrivateSettings, Queue, QueueId, RestMax, SignIn, SkillStep, Strategy,
    Treatment, Treatments, VdnId, VdnSettings,
};

use super::mirror::{mirror_enum, mirror_struct};

mirror_struct!(FloorWire for Floor {
    vdn: VdnId,
    settings: VdnSettings,
    queues: Vec<Queue>,
    agents: Vec<AgentSettings>,
});

mirror_struct!(VdnSettingsWire for VdnSettings {
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
} and VdnSettingsMoreWire since 2 {
    OnPrivateWaitEnd(on_private_wait_end: Vec<PrivateAction> = Vec::new()),
    OnSignOut(on_sign_out: OnSignOut = OnSignOut::Return),
    OnNotReady(on_not_ready: OnNotReady = OnNotReady::Keep),
    Delegate(delegate: Option<AgentId> = None),
    PrivateRunMax(private_run_max: Option<u32> = None),
    PublicWaitMax(public_wait_max: Option<Duration> = None),
    PriorityStep(priority_step: Option<Duration> = None),
    RestWait(rest_wait: bool = false),
    OnRestEnd(on_rest_end: OnRestEnd = OnRestEnd::Overdue),
});

mirror_enum!(OnRestEndWire for OnRestEnd { Overdue, Ready });

mirror_enum!(RestMaxWire for RestMax { Agents(most: u32), Percent(percent: u8) });

mirror_enum!(OnSignOutWire for OnSignOut { Return, Delegate, ReturnToSender, Refuse, Release });

mirror_enum!(OnNotReadyWire for OnNotReady { Keep, AsOnSignOut });

mirror_enum!(PrivateActionWire for PrivateAction {
    Return,
    Delegate,
    ReturnToSender,
    Queue(queue: QueueId),
    Agent(agent: AgentId),
    Stay,
    Release,
});

mirror_enum!(DirectedToNotReadyWire for DirectedToNotReady { Refuse, Wait });

mirror_struct!(QueueWire for Queue {
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
} and QueueMoreWire since 2 {
    Also(also: Vec<QueueId> = Vec::new()),
    Holidays(holidays: Vec<Holiday> = Vec::new()),
    ServiceLevel(service_level: Duration = Duration::from_secs(20)),
    ShortAbandon(short_abandon: Duration = Duration::from_secs(5)),
    PriorityStep(priority_step: Option<Duration> = None),
    SkillSteps(skill_steps: Vec<SkillStep> = Vec::new()),
    RestMax(rest_max: Option<RestMax> = None),
});

mirror_struct!(HolidayWire for Holiday { day: i32, hours: Vec<DayHours> });

mirror_struct!(SkillStepWire for SkillStep { after: Duration, weight_min: u8 });

mirror_struct!(DayHoursWire for DayHours { from_minute: u16, until_minute: u16 });

mirror_struct!(OpenHoursWire for OpenHours { from_minute: u16, until_minute: u16 });

mirror_struct!(TreatmentsWire for Treatments {
    closed: Treatment,
    no_agents: Treatment,
    overflow: Treatment,
    busy: Treatment,
    timeout: Treatment,
    cancelled: Treatment,
});

mirror_struct!(TreatmentWire for Treatment { action: Action, fallback: Option<Box<Treatment>> });

mirror_enum!(ActionWire for Action {
    Release,
    Queue(queue: QueueId),
    Agent(agent: AgentId),
    External(address: Arc<str>),
    Stay,
});

mirror_struct!(AgentSettingsWire for AgentSettings {
    id: AgentId,
    name: Arc<str>,
    queues: Vec<AgentQueue>,
    sign_in: SignIn,
    idle_automatically: bool,
} and AgentSettingsMoreWire since 2 {
    Private(private: PrivateSettings = PrivateSettings::default()),
});

mirror_struct!(PrivateSettingsWire for PrivateSettings {
    wait_max: Option<Duration>,
    depth_max: Option<u32>,
    directed_to_not_ready: Option<DirectedToNotReady>,
    on_wait_end: Option<Vec<PrivateAction>>,
    on_sign_out: Option<OnSignOut>,
    on_not_ready: Option<OnNotReady>,
    delegate: Option<AgentId>,
});

mirror_struct!(AgentQueueWire for AgentQueue { queue: QueueId, agent_weight: u8, queue_weight: u8 });

mirror_enum!(SignInWire for SignIn { Person, Register, Always });
