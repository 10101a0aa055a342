//! `anteroom ask`: a signed client of the public face.

mod question;
mod table;

use api::cms::{Verb, interfaces};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};
use serde_json::Value;

use super::connection;
use super::{Failure, print_line};

const PRIVATE_CALLS: &str = "/rest/cmsapp/v1/openapi/agent/agentprivatecall";

/// Ask a running server over its signed interface
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    question: Question,
}

/// The private calls in plain words, or any interface by its name.
#[derive(Debug)]
enum Question {
    PrivateCalls(PrivateCalls),
    Interface(question::Question),
}

const IN_WORDS: &str = "private-calls";

impl Subcommand for Question {
    fn augment_subcommands(command: Command) -> Command {
        let command = command.subcommand(PrivateCalls::augment_args(Command::new(IN_WORDS)));
        command.subcommands(interfaces().iter().map(question::command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        name == IN_WORDS || interfaces().iter().any(|entry| entry.about.name == name)
    }
}

impl FromArgMatches for Question {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (name, matches) = matches.subcommand().ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        match question::Question::read(name, matches) {
            Some(question) => question.map(Self::Interface),
            None => PrivateCalls::from_arg_matches(matches).map(Self::PrivateCalls),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

const NOTES: &str = "\
Examples:
  of the demo, in the folder where it was started
      anteroom ask private-calls --cc 1 --vdn 170 --agent 1099
  whatever else CC-CMS can be asked: `anteroom ask --help` has every interface
      anteroom ask agentgroup/agentstatusinfobyagentids --cc 1 --vdn 170 --agents 1001,1099
  of another server, with its secret key in the environment variable ANTEROOM_SK
      anteroom ask private-calls --cc 1 --vdn 170 --agent 1099 --json \\
          --base https://cms.example.com:28443 --ak wallboard

Exit codes: 0 answered; 1 refused, or not reached; 2 the command line is wrong.";

/// Which calls wait in an agent's private queue, in the order in which the agent will serve them
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
struct PrivateCalls {
    /// The call centre's id, ccId
    #[arg(long)]
    cc: u32,
    /// The VDN's id
    #[arg(long)]
    vdn: u32,
    /// The agent's id
    #[arg(long)]
    agent: u32,
    /// Print the answer as it came
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: connection::Options,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    match &options.question {
        Question::PrivateCalls(question) => private_calls(question),
        Question::Interface(question) => ask(question),
    }
}

/// Asks any interface.
fn ask(question: &question::Question) -> Result<(), Failure> {
    let (path, body) = question.request()?;
    let connection = question.connection.connect()?;
    let verb = question.entry.about.verb;
    let body = (verb == Verb::Post).then_some(body.as_str());
    let (status, answer) = connection.ask(verb.name(), &path, body, true)?;
    let data = data(status, &answer);
    if question.is_json {
        print_line(&answer);
        return data.map(|_| ());
    }
    table::lines(&data?).iter().for_each(|line| print_line(line));
    Ok(())
}

fn private_calls(question: &PrivateCalls) -> Result<(), Failure> {
    let connection = question.connection.connect()?;
    let body = serde_json::json!({ "ccId": question.cc, "vdn": question.vdn, "agentId": question.agent }).to_string();
    let (status, answer) = connection.ask("POST", PRIVATE_CALLS, Some(&body), true)?;
    let calls = calls(status, &answer);
    if question.json {
        print_line(&answer);
        return calls.map(|_| ());
    }
    let calls = calls?;
    print_line(&match calls.len() {
        0 => format!("No call waits for agent {} alone.", question.agent),
        1 => format!("1 call waits for agent {} alone:", question.agent),
        count => format!("{count} calls wait for agent {} alone, first to be served first:", question.agent),
    });
    calls.iter().for_each(|call| print_line(call));
    Ok(())
}

/// The ids in an answer, or why there are none.
fn calls(status: u16, answer: &str) -> Result<Vec<String>, Failure> {
    let ids = data(status, answer)?;
    let ids = ids.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(ids.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The data of an answer in any of the family's envelopes, or why there are none.
fn data(status: u16, answer: &str) -> Result<Value, Failure> {
    let refused = |why: &str| Failure::Failed(format!("refused: {why}"));
    if status == 401 {
        return Err(refused("the signature is not accepted (401): is the access key right, and this machine's clock?"));
    }
    let mut json: Value = serde_json::from_str(answer)
        .map_err(|_| Failure::Failed(format!("the answer is not JSON (HTTP status {status}); is this an anteroom?")))?;
    let text = |name: &str| json[name].as_str();
    let code = text("resultCode").or_else(|| text("returnCode")).or_else(|| text("result")).unwrap_or_default();
    if status != 200 || !["0100000", "0"].contains(&code) {
        let words = ["resultDesc", "description", "message"].into_iter().find_map(text);
        return Err(refused(&format!("{} (code {code}, HTTP status {status})", words.unwrap_or("without a reason"))));
    }
    let member = ["resultDesc", "data", "resultDatas"].into_iter().find(|name| json.get(name).is_some());
    Ok(member.map_or(Value::Null, |name| json[name].take()))
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn an_answer_is_ids_in_order_or_a_reason() {
        let answer = r#"{"result":"0","resultCode":"0100000","resultDesc":["1605492949-1447","1605492950-6448"]}"#;
        let ids = calls(200, answer).expect("a success");
        assert_eq!(ids, ["1605492949-1447", "1605492950-6448"]);
        let refused = calls(200, r#"{"resultCode":"0100002","resultDesc":"agentId is 7","result":"1"}"#).unwrap_err();
        assert_eq!(refused.to_string(), "refused: agentId is 7 (code 0100002, HTTP status 200)");
        assert!(calls(401, "{}").unwrap_err().to_string().contains("401"));
        assert!(calls(200, "<html>").unwrap_err().to_string().contains("not JSON"));
    }
}
