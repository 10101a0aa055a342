//! `anteroom ask`: a signed client of the public face.

use clap::{Args, Subcommand};
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

#[derive(Debug, Subcommand)]
enum Question {
    PrivateCalls(PrivateCalls),
}

const NOTES: &str = "\
Examples:
  of the demo, in the folder where it was started
      anteroom ask private-calls --cc 1 --vdn 170 --agent 1099
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
    }
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
    let refused = |why: &str| Failure::Failed(format!("refused: {why}"));
    if status == 401 {
        return Err(refused("the signature is not accepted (401): is the access key right, and this machine's clock?"));
    }
    let json: Value = serde_json::from_str(answer)
        .map_err(|_| Failure::Failed(format!("the answer is not JSON (HTTP status {status}); is this an anteroom?")))?;
    let code = json["resultCode"].as_str().unwrap_or_default();
    if status != 200 || code != "0100000" {
        let text = json["resultDesc"].as_str().unwrap_or("without a reason");
        return Err(refused(&format!("{text} (code {code}, HTTP status {status})")));
    }
    let ids = json["resultDesc"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(ids.iter().filter_map(Value::as_str).map(str::to_owned).collect())
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
