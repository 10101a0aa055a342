//! `[[vdn.agent]]`: an agent, or a range of agents written once, with `{id}` in the texts that differ.

use std::collections::BTreeMap;
use std::path::Path;

use engine::{AgentId, AgentQueue, AgentSettings, SignIn};

use super::ids::Ids;
use super::mistake::{At, Span};
use super::private::{self, WrittenPrivate};
use super::queue::QueueNames;
use super::reader::Reader;
use super::secret::{Secret, secret};
use super::sip::is_sip_address;
use super::treatment::QueueRef;
use super::written::words;

/// All agents of a VDN.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    /// What the engine is given.
    pub(crate) settings: Vec<AgentSettings>,
    /// What the SIP edge is given.
    pub(crate) phones: Vec<Phone>,
    /// Where each is written.
    pub(crate) at: BTreeMap<u32, Span>,
}

/// How an agent's phone is known.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) agent: AgentId,
    /// For REGISTER and for signing in through a face; none: neither is possible.
    pub(crate) password: Option<Secret>,
    /// The address of a phone that never registers.
    pub(crate) fixed: Option<At<String>>,
}

words!(SignIn, "\"person\", \"register\" or \"always\"", {
    "person" => Self::Person,
    "register" => Self::Register,
    "always" => Self::Always,
});

/// Reads every `[[vdn.agent]]` of a VDN.
pub(crate) fn read_all(vdn: &Reader<'_>, queues: &QueueNames, folder: &Path) -> Agents {
    let mut agents = Agents::default();
    let mut private = Vec::new();
    for reader in vdn.tables("agent") {
        read(&reader, queues, folder, &mut agents, &mut private);
    }
    for (settings, written) in agents.settings.iter_mut().zip(private) {
        settings.private = written.resolve(Some(settings.id), queues, &agents.at, vdn.mistakes());
    }
    agents
}

fn read(
    reader: &Reader<'_>,
    queues: &QueueNames,
    folder: &Path,
    agents: &mut Agents,
    private: &mut Vec<WrittenPrivate>,
) {
    let ids = ids(reader);
    let name = reader.get::<String>("name").map_or_else(String::new, |name| name.value);
    let sign_in = reader.get_or("sign_in", SignIn::Person);
    let queues = agent_queues(reader, queues);
    let idle_automatically = reader.get_or("idle_automatically", true);
    let phone = phone_address(reader, sign_in);
    let of_private_queue = private::read(reader);
    check_shared(reader, &ids.value, phone.as_ref());
    for id in ids.value.0 {
        if agents.at.insert(id.0, ids.span).is_some() {
            let what = format!("there is an agent {id} already");
            reader.mistakes().say(ids.span, what, "give each agent an id of its own".to_owned());
            continue;
        }
        let text = id.to_string();
        let password = secret(reader, "password", "password_file", folder, &text);
        agents.phones.push(Phone {
            agent: id,
            password: password.map(|password| password.value),
            fixed: phone.as_ref().map(|phone| At::new(phone.value.replace("{id}", &text), phone.span)),
        });
        agents.settings.push(AgentSettings {
            queues: queues.clone(),
            sign_in,
            idle_automatically,
            ..AgentSettings::new(id, &name.replace("{id}", &text))
        });
        private.push(of_private_queue.clone());
    }
    check_password(reader, sign_in);
}

/// `id = 1099` for one agent, `ids = "1001-1005, 1099"` for several.
fn ids(reader: &Reader<'_>) -> At<Ids> {
    match (reader.get::<Ids>("id"), reader.get::<Ids>("ids")) {
        (Some(_), Some(ids)) => {
            let instead = "keep `id` for one agent, or `ids` for several".to_owned();
            reader.mistakes().say(ids.span, "both `id` and `ids` are given", instead);
            ids
        }
        (Some(ids), None) | (None, Some(ids)) => ids,
        (None, None) => {
            if reader.value("id").is_none() && reader.value("ids").is_none() {
                let instead = "add `id = 1099`, or `ids = \"1001-1005\"` for several".to_owned();
                reader.mistakes().say(reader.span(), "an agent without an id", instead);
            }
            At::new(Ids(Vec::new()), reader.span())
        }
    }
}

fn agent_queues(reader: &Reader<'_>, names: &QueueNames) -> Vec<AgentQueue> {
    let mut queues: Vec<AgentQueue> = Vec::new();
    for item in reader.items("queues") {
        let (wish, agent_weight, queue_weight) = if item.get_ref().is_table() {
            let Some(table) = reader.as_table(item, "{ queue, ... } of `queues`") else { continue };
            let wish = table.need("queue", QueueRef::Id(0));
            let weight = |key| table.number_or(key, 1..=u8::MAX, 1);
            (wish, weight("agent_weight"), weight("queue_weight"))
        } else {
            let Some(wish) = reader.read::<QueueRef>("queues", item) else { continue };
            (wish, 1, 1)
        };
        let Some(queue) = names.find(&wish, reader.mistakes()) else { continue };
        if queue.0 != 0 && queues.iter().any(|other| other.queue == queue) {
            let what = format!("queue {queue} is named twice");
            reader.mistakes().say(wish.span, what, "name each queue once".to_owned());
            continue;
        }
        queues.push(AgentQueue { queue, agent_weight, queue_weight });
    }
    queues
}

/// A phone that never registers goes with `sign_in = "always"`, and only with it.
fn phone_address(reader: &Reader<'_>, sign_in: SignIn) -> Option<At<String>> {
    let phone = reader.get::<String>("phone");
    match (&phone, sign_in) {
        (None, SignIn::Always) => {
            let instead = "add `phone = \"sip:1099@192.0.2.10\"`, the address to ring".to_owned();
            reader.mistakes().say(
                reader.span_of("sign_in"),
                "`sign_in` is \"always\", but there is no `phone`",
                instead,
            );
        }
        (Some(phone), SignIn::Person | SignIn::Register) => {
            let instead = "remove `phone`, or write `sign_in = \"always\"`".to_owned();
            reader.mistakes().say(phone.span, "`phone` is given, but the phone registers", instead);
        }
        (Some(_), SignIn::Always) | (None, SignIn::Person | SignIn::Register) => {}
    }
    if let Some(phone) = &phone
        && !is_sip_address(&phone.value.replace("{id}", "0"))
    {
        let instead = "write an address such as \"sip:1099@192.0.2.10\" or \"sip:1099@192.0.2.10:5062\"".to_owned();
        reader.mistakes().say(phone.span, format!("`phone` is \"{}\"", phone.value), instead);
    }
    phone
}

/// Several agents written as one must not share a password or a phone.
fn check_shared(reader: &Reader<'_>, ids: &Ids, phone: Option<&At<String>>) {
    if ids.0.len() < 2 {
        return;
    }
    for key in ["password", "password_file"] {
        let Some(text) = reader.get::<String>(key) else { continue };
        if !text.value.contains("{id}") {
            let what = format!("`{key}` is the same for {} agents", ids.0.len());
            reader.mistakes().say(text.span, what, "write `{id}` where each agent's id belongs".to_owned());
        }
    }
    if let Some(phone) = phone
        && !phone.value.contains("{id}")
    {
        let what = format!("`phone` is the same for {} agents", ids.0.len());
        reader.mistakes().say(phone.span, what, "write `{id}` where each agent's id belongs".to_owned());
    }
}

fn check_password(reader: &Reader<'_>, sign_in: SignIn) {
    let has_password = reader.value("password").is_some() || reader.value("password_file").is_some();
    if !has_password && sign_in != SignIn::Always {
        let instead = "add `password` or `password_file`: the phone registers with it".to_owned();
        reader.mistakes().say(reader.span(), "an agent whose phone registers has no password", instead);
    }
}
