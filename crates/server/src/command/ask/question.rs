//! Every interface of the signed face as a command: its fields are the options.

use api::cms::{Asked, Entry, Kind, Verb, interfaces};
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value, json};

use crate::command::{Failure, connection};

/// One question, as the command line has it.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) entry: &'static Entry,
    /// Print the answer as it came.
    pub(super) is_json: bool,
    pub(super) connection: connection::Options,
    values: Vec<(&'static Asked, Vec<String>)>,
}

/// The command of an interface.
pub(super) fn command(entry: &'static Entry) -> Command {
    let options = entry.fields.iter().map(|asked| {
        let arg = Arg::new(asked.field.name).long(option(asked.field.name)).required(asked.is_needed);
        let arg = arg.help(asked.field.about.trim_end_matches('.')).value_name(value_name(asked.field.kind));
        if asked.field.kind.is_list() { arg.value_delimiter(',').num_args(1..) } else { arg }
    });
    let json = Arg::new("json").long("json").help("Print the answer as it came").action(clap::ArgAction::SetTrue);
    // Said last: options that are added bring the words of their own struct along.
    connection::Options::augment_args(Command::new(entry.about.name).args(options).arg(json)).about(entry.about.title)
}

/// What a field's option is called.
fn option(field: &'static str) -> String {
    let ours = match field {
        "ccId" => "cc",
        "vdnId" => "vdn",
        "vdnIds" => "vdns",
        "agentId" | "currentAgentId" => "agent",
        "agentIds" => "agents",
        "skillId" => "queue",
        "skillIds" => "queues",
        "callId" => "call",
        "indexIds" => "indexes",
        other => other,
    };
    let mut option = String::new();
    for letter in ours.chars() {
        if letter.is_ascii_uppercase() {
            option.push('-');
        }
        option.push(letter.to_ascii_lowercase());
    }
    option
}

const fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer(_) | Kind::Digits(_) => "NUMBER",
        Kind::Integers(..) => "NUMBER,...",
        Kind::Text(_) => "TEXT",
        Kind::Texts(_) => "TEXT,...",
        Kind::Flag => "true|false",
    }
}

impl Question {
    /// None: no interface has this name.
    pub(super) fn read(name: &str, matches: &ArgMatches) -> Option<Result<Self, clap::Error>> {
        let entry = interfaces().iter().find(|entry| entry.about.name == name)?;
        let given = |asked: &'static Asked| {
            let values = matches.get_many::<String>(asked.field.name)?;
            Some((asked, values.cloned().collect()))
        };
        Some(connection::Options::from_arg_matches(matches).map(|connection| Self {
            entry,
            is_json: matches.get_flag("json"),
            connection,
            values: entry.fields.iter().filter_map(given).collect(),
        }))
    }

    /// The path and the body that ask it. Values are not checked here: the server does.
    pub(super) fn request(&self) -> Result<(String, String), Failure> {
        let mut path = self.entry.about.path.to_owned();
        let mut body = Map::new();
        for (asked, values) in &self.values {
            let name = asked.field.name;
            path = path.replace(&format!("{{{name}}}"), values.first().map_or("", String::as_str));
            body.insert(name.to_owned(), value(asked.field.kind, name, values)?);
        }
        match (self.entry.about.verb, self.entry.about.form.wrapper()) {
            (Verb::Get, _) => Ok((path, String::new())),
            (Verb::Post, None) => Ok((path, Value::Object(body).to_string())),
            (Verb::Post, Some(wrapper)) => Ok((path, json!({ wrapper: body }).to_string())),
        }
    }
}

fn value(kind: Kind, name: &'static str, values: &[String]) -> Result<Value, Failure> {
    let number = |text: &String| {
        let number: Result<u64, _> = text.trim().parse();
        number.map(Value::from).map_err(|_| Failure::Wrong(format!("--{}: {text} is not a number", option(name))))
    };
    match kind {
        Kind::Integer(_) => values.first().map_or(Ok(Value::Null), number),
        Kind::Integers(..) => values.iter().map(number).collect(),
        Kind::Digits(_) | Kind::Text(_) | Kind::Flag => Ok(values.first().cloned().into()),
        Kind::Texts(_) => Ok(values.to_vec().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(line: &[&str]) -> Question {
        let entry = interfaces().iter().find(|entry| entry.about.name == line[0]).expect("it is there");
        let matches = command(entry).try_get_matches_from(line).expect("a right line");
        Question::read(line[0], &matches).expect("it is there").expect("a right line")
    }

    fn request(line: &[&str]) -> (String, Value) {
        let (path, body) = question(line).request().expect("right values");
        (path, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    #[test]
    fn fields_are_options_and_are_sent_as_the_interface_wants_them() {
        let (path, body) = request(&["agentgroup/teamagentstatusinfo", "--cc=1", "--vdn=170", "--agents=1001,1099"]);
        assert_eq!(path, "/rest/cmsapp/v1/openapi/agentgroup/teamagentstatusinfo");
        assert_eq!(body, json!({ "ccId": 1, "vdn": 170, "agentIds": [1001, 1099] }));
        let (_, body) = request(&["vdn/queryAgentByStatus", "--cc=1", "--vdn=170", "--offset=0", "--limit=10"]);
        assert_eq!(body, json!({ "ccId": "1", "vdn": "170", "offset": 0, "limit": 10 }));
        let (_, body) = request(&["skill/agentbyconfigedskill", "--cc=1", "--vdn=170", "--queue=2"]);
        assert_eq!(body, json!({ "queryParam": { "ccId": 1, "vdn": 170, "skillId": 2 } }));
        let (path, body) = request(&["agentgroup/restreasons", "--cc=1", "--vdn=170"]);
        assert_eq!((path.as_str(), body), ("/rest/cmsapp/v1/openapi/agentgroup/restreasons/1/170", Value::Null));
        let line = ["skill/agentstatusbyskill", "--cc=1", "--vdn=170", "--queues=1,2", "--is-skill-all-match=true"];
        let expected = json!({ "ccId": 1, "vdn": 170, "skillIds": [1, 2], "isSkillAllMatch": "true" });
        assert_eq!(request(&line).1, expected);
    }

    #[test]
    fn every_interface_is_a_command_whose_options_differ() {
        for entry in interfaces() {
            command(entry).debug_assert();
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        let wrong = question(&["agent/queryagentcalls", "--cc=1", "--vdn=x", "--agent=1099"]).request();
        assert_eq!(wrong.unwrap_err().to_string(), "--vdn: x is not a number");
    }
}
