//! The table as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::cms::interface::FIELDS_MAX;
use crate::cms::{Envelope, Form, Verb, interfaces, openapi_document};

#[test]
fn names_and_paths_are_there_once() {
    let names: BTreeSet<_> = interfaces().iter().map(|entry| entry.about.name).collect();
    let paths: BTreeSet<_> = interfaces().iter().map(|entry| entry.about.path).collect();
    assert_eq!((names.len(), paths.len()), (interfaces().len(), interfaces().len()));
}

#[test]
fn every_line_of_the_table_is_in_order() {
    for entry in interfaces() {
        let about = entry.about;
        assert!(about.path.starts_with("/rest/cmsapp/v"), "{}", about.path);
        assert!(entry.fields.len() <= FIELDS_MAX, "{}", about.path);
        assert_eq!(about.verb == Verb::Get, about.path.contains('{'), "{}", about.path);
        let is_wrapped = about.question.contains("queryParam");
        assert_eq!(about.form == Form::Either, is_wrapped, "{}", about.path);
    }
}

/// How many interfaces there are in each envelope.
#[test]
fn envelopes() {
    let mut envelopes: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in interfaces() {
        let name = match entry.about.envelope {
            Envelope::A => "A",
            Envelope::B => "B",
            Envelope::C => "C",
            Envelope::L => "L",
            Envelope::LBoth => "L, in both members",
        };
        *envelopes.entry(name).or_default() += 1;
    }
    assert_eq!(envelopes["C"], 1);
    assert_eq!(envelopes["L, in both members"], 1);
}

/// `UPDATE=1 cargo test` rewrites the committed document.
#[test]
fn the_committed_document_is_the_one_that_is_made() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi-cms.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, openapi_document()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == openapi_document(), "docs/openapi-cms.json is old: run with UPDATE=1");
}

#[test]
fn every_name_of_the_platform_behind_is_answered() {
    let served = crate::bms::names();
    let name = |bms: &str| served[bms].about.name;
    assert_eq!(name("agentprivatecall"), "agent/agentprivatecall");
    assert_eq!(name("queryagentCalls"), "agent/queryagentcalls");
    assert_eq!(name("siteagentinfobyagentids"), "agent/agentbyworkno");
    let documented = [
        "siteagentcallandskillinfobyagentids",
        "queryAgentsLoginSkills",
        "agentstatusinfobyagentids",
        "queryAgentStatusEx3Message",
        "queryagentCalls",
        "agentprivatecall",
        "teamagentstatusinfo",
        "siteagentinfobyagentids",
        "teamrestinfo",
        "teamrestagentinfo",
        "queryAgentRestDetailInfo",
        "agentskillstatusinfo",
        "querytotalskillstatusex3",
        "querycurrentcallstatinfo",
        "querybatchmultiskillqueue",
        "skillstatusinfo",
        "calloverloadstatus",
        "callStatInfos",
        "querycallstatbyinno",
        "queryStatInfoOfEverySkill",
        "skillcallqueueinfos",
        "agentstatusinfobyskillids",
        "agentstatusinfo",
        "rindexSkill",
        "queryivrdevicestatus",
        "queryivrInfo",
        "restreason",
        "querytotalagentinfo",
        "totalagentdynamicinfo",
        "teamagentstatusinfobyvdns",
        "querybasecallinfo",
        "callinfo",
    ];
    let missing: Vec<_> = documented.into_iter().filter(|name| !served.contains_key(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
