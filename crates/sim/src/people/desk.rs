//! Agents and supervisors at their screens: wishes by the faces, and what they do wrong.

use engine::{AgentId, Call, CallId, ChangedBy, Command, Place, Presence, QueueId, Rest, SignIn, Transfer, Work};
use node::Submission;

use super::Act;
use crate::floors;
use crate::sometimes::Situation;
use crate::wishes;
use crate::world::{Due, World};
use crate::writer::Asker;

impl World {
    fn ask(&mut self, command: Command) {
        if self.is_up && self.edge.is_open {
            self.submit(Submission::wish(command), Asker::Nobody);
        }
    }

    /// An agent looks at its screen, and does something about what it sees.
    pub(super) fn desk(&mut self, id: AgentId) {
        let pause = self.chance.millis(1200, 7000);
        self.after(pause, Due::Act(Act::Desk(id)));
        let Some(agent) = self.books.truth().state().agent(id).cloned() else { return };
        let by = ChangedBy::Agent;
        let is_calm = self.is_calm();
        match (agent.presence, agent.work) {
            (Presence::SignedOut, _) if agent.settings.sign_in == SignIn::Register => {
                self.ask(Command::BecomeReady { agent: id, by });
            }
            (Presence::SignedOut, _) => self.ask(Command::SignIn { agent: id, by }),
            // A rest has a time of its own; most come back when it is over.
            (Presence::NotReady(_), Work::Idle { .. })
                if is_calm
                    || self.chance.is(if matches!(agent.rest, Some(Rest::Begun { .. })) { 200 } else { 700 }) =>
            {
                self.ask(Command::BecomeReady { agent: id, by });
            }
            (_, Work::WrapUp { .. }) if is_calm || self.chance.is(500) => {
                self.ask(Command::EndWrapUp { agent: id, by })
            }
            _ if is_calm => {}
            (_, Work::Talking { call, .. }) if self.chance.is(350) => self.asks_for_somebody(id, call),
            (_, Work::Offered { .. }) => self.walks_away(id, true),
            (Presence::Ready, Work::Idle { .. }) if self.chance.is(150) && !self.is_on_the_phone(id) => {
                self.meet(Situation::Colleague);
                let number = self.draw_number();
                self.dials(Some(id), number);
            }
            _ => self.walks_away(id, false),
        }
    }

    /// For its call; or it says what is to become of one that it keeps.
    fn asks_for_somebody(&mut self, agent: AgentId, call: CallId) {
        let is_keeper = self.books.truth().state().call(call).is_some_and(|call| call.keeper.is_some());
        if is_keeper {
            let what = self.chance.weighted(&[3, 2, 3]);
            return self.ask(match what {
                0 => Command::CompleteTransfer { call, agent },
                1 => Command::JoinTalk { call, agent },
                _ => Command::TakeBack { call, agent },
            });
        }
        let (to, mode) = (wishes::asked_for(&mut self.chance, self.setting.size), wishes::mode(&mut self.chance));
        self.ask(Command::TransferBy(Transfer { call, agent, to, mode, expected_wait_max: None }));
    }

    fn walks_away(&mut self, id: AgentId, rings: bool) {
        let by = ChangedBy::Agent;
        let (leaves, rests) = if rings { (80, 80) } else { (40, 60) };
        if self.chance.is(60) {
            let wish = wishes::ask_rest(&mut self.chance, id, by);
            self.ask(wish);
        } else if self.chance.is(10) {
            self.ask(Command::CancelRest { agent: id, by });
        } else if self.chance.is(leaves) {
            if rings {
                self.meet(Situation::SignedOutRinging);
            }
            self.ask(Command::SignOut { agent: id, by });
        } else if self.chance.is(rests) {
            let why = wishes::why(&mut self.chance);
            self.ask(Command::BecomeNotReady { agent: id, why, by });
        } else if self.chance.is(30) {
            // Not what it should do in this state; refused, or without effect.
            self.ask(Command::EndWrapUp { agent: id, by });
            self.ask(Command::BecomeReady { agent: id, by });
        }
    }

    /// A supervisor does something to somebody.
    pub(super) fn supervise(&mut self) {
        let pause = self.chance.millis(1500, 6000);
        self.after(pause, Due::Act(Act::Supervise));
        if self.is_calm() {
            return;
        }
        let by = ChangedBy::Supervisor;
        let agents: Vec<AgentId> = self.books.truth().state().agents().map(|agent| agent.settings.id).collect();
        let Some(agent) = self.chance.one_of(&agents).copied() else { return };
        match self.chance.weighted(&[3, 3, 2, 2, 4, 2, 2, 1, 3, 2, 4, 2, 4]) {
            0 => self.ask(Command::SignOut { agent, by }),
            1 => {
                let why = wishes::why(&mut self.chance);
                self.ask(Command::BecomeNotReady { agent, why, by });
            }
            2 => self.ask(Command::BecomeReady { agent, by }),
            3 => self.on_a_call(|call, _| Command::ReleaseCall { call }),
            4 => self.on_a_call(|call, target| Command::MoveCall { call, target }),
            5 => self.on_a_call(|call, _| Command::CancelQueuing { call }),
            6 => self.ask(Command::EndWrapUp { agent, by }),
            7 => self.ask(Command::SignIn { agent, by }),
            8 => self.reload(),
            9 => {
                let queue = wishes::queue(&mut self.chance, self.setting.size);
                self.ask(Command::CloseQueue { queue });
            }
            10 => self.opens_a_queue(),
            11 => self.about_rests(),
            _ => {
                let word = wishes::force(&mut self.chance, agent);
                self.ask(word);
            }
        }
    }

    /// The first who waits for a rest is told whether it may.
    fn about_rests(&mut self) {
        let Some(agent) = self.books.truth().state().rest_wishes().next() else { return };
        if self.chance.is(500) {
            self.ask(Command::GrantRest { agent });
        } else {
            let order = wishes::order(&mut self.chance);
            self.ask(Command::DenyRest { agent, order });
        }
    }

    /// One that is closed, if there is one.
    fn opens_a_queue(&mut self) {
        let state = self.books.truth().state();
        let closed: Vec<QueueId> =
            state.queues().map(|queue| queue.id).filter(|queue| state.closed_since(*queue).is_some()).collect();
        let queue = match self.chance.one_of(&closed) {
            Some(queue) => *queue,
            None => wishes::queue(&mut self.chance, self.setting.size),
        };
        self.ask(Command::OpenQueue { queue });
    }

    fn on_a_call(&mut self, command: impl FnOnce(CallId, engine::Target) -> Command) {
        let waits = |call: &&Call| !matches!(call.place, Place::Talking { .. });
        let calls: Vec<CallId> = self.books.truth().state().calls().filter(waits).map(|call| call.id).collect();
        let target = wishes::target(&mut self.chance, self.setting.size);
        if let Some(call) = self.chance.one_of(&calls).copied() {
            self.ask(command(call, target));
        }
    }

    /// The file changes, and the server is told to read it again.
    fn reload(&mut self) {
        if self.is_up && self.edge.is_open {
            self.floor = floors::changed(&mut self.chance, self.setting.size, &self.floor);
            if self.books.truth().state().calls().next().is_some() {
                self.meet(Situation::Configured);
            }
            self.ask(Command::Configure(self.floor.clone()));
        }
    }
}
