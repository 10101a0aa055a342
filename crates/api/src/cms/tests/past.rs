//! What was, on the floor of the tests: its day is 2020-11-16, and it begins at two in the morning, UTC.

use engine::Command;
use serde_json::{Value, json};

use super::floor::Still;
use crate::cms::interfaces;

fn ask(floor: &Still, name: &str, question: &Value) -> Result<Value, String> {
    let entry = interfaces().iter().find(|entry| entry.about.name == name).unwrap();
    let written = floor.answer(entry, &question.to_string()).map_err(|refused| refused.sentence)?;
    Ok(serde_json::from_slice(&written.data).unwrap())
}

fn of_queue(more: &Value) -> Value {
    with(json!({ "ccId": 1, "vdn": 170, "skillIds": [1], "indexIds": ["IDX_COUNT_SKILL_INCOMING_CALL"] }), more)
}

fn with(mut question: Value, more: &Value) -> Value {
    let (Some(fields), Some(more)) = (question.as_object_mut(), more.as_object()) else { panic!("two objects") };
    fields.extend(more.clone());
    question
}

fn val(answer: &Value) -> &Value {
    &answer[0]["idxs"][0]["val"]
}

#[test]
fn figures_are_of_the_day_where_the_vdn_is() {
    let mut floor = Still::with_life();
    let incoming = |floor: &Still, more: Value| val(&ask(floor, "hisindex/skill", &of_queue(&more)).unwrap()).clone();
    assert_eq!(incoming(&floor, json!({})), "3");
    assert_eq!(incoming(&floor, json!({ "timeGrain": "15MIN" })), json!({ "2020-11-16 02:00:00.0": "3" }));
    assert_eq!(incoming(&floor, json!({ "enableOffset": "Y" })), "0");
    assert_eq!(incoming(&floor, json!({ "mediaType": 1 })), "0", "there are calls of voice only");

    let mut india = floor.engine.state().floor().unwrap();
    india.settings.utc_offset_minutes = 330;
    floor.does(Command::Configure(india));
    assert_eq!(incoming(&floor, json!({ "timeGrain": "60MIN" })), json!({ "2020-11-16 07:00:00.0": "3" }));
    floor.later(17 * 3600);
    assert_eq!(incoming(&floor, json!({})), "0", "it is after midnight there");
    assert_eq!(incoming(&floor, json!({ "enableOffset": "Y" })), "3");
}

#[test]
fn what_is_wrong_with_a_question_about_figures_is_said() {
    let floor = Still::with_life();
    let refused = |more: Value| ask(&floor, "hisindex/skill", &of_queue(&more)).unwrap_err();
    let unknown = refused(json!({ "indexIds": ["IDX_COUNT_SKILL_REQUEST", "IDX_COUNT_SKILL_LUCK"] }));
    assert_eq!(unknown, "indexIds: there is no index \"IDX_COUNT_SKILL_LUCK\" here");
    assert_eq!(refused(json!({ "timeGrain": "5MIN" })), "timeGrain: \"5MIN\" is not 15MIN, 30MIN or 60MIN");
    assert_eq!(refused(json!({ "enableOffset": "X" })), "enableOffset: \"X\" is not Y or N");
    let total = json!({ "vdnIds": [170], "indexIds": ["IDX_COUNT_TOTAL_CALL"] });
    let refused = ask(&floor, "hisindex/vdn", &total).unwrap_err();
    assert_eq!(refused, "timeGrain is missing: IDX_COUNT_TOTAL_CALL is for minutes only");
}

#[test]
fn figures_of_days_and_months_are_together() {
    let floor = Still::with_life();
    let days = |from: &str, until: &str| {
        let range = json!({ "beginDayTime": from, "endDayTime": until });
        ask(&floor, "hisindex/skillforday", &of_queue(&range))
    };
    assert_eq!(val(&days("2020-11-01 00:00:00", "2020-11-30 23:59:59").unwrap()), "3");
    assert_eq!(val(&days("2020-11-16 02:05:00", "2020-11-30 23:59:59").unwrap()), "0");
    assert!(days("2020-11-16 02:05:00", "2020-11-16 02:04:59").unwrap_err().starts_with("endDayTime: "));
    assert!(days("2020-11-16", "2020-11-17").unwrap_err().starts_with("beginDayTime: \"2020-11-16\" is not a time"));

    let agents: Vec<u32> = (1001..2001).collect();
    let months = |agents: &[u32], from: &str, until: &str| {
        let question = json!({ "vdn": 170, "agentIds": agents, "indexIds": ["IDX_COUNT_AGENT_SIGN_IN"],
            "beginMonthTime": from, "endMonthTime": until });
        ask(&floor, "hisindex/agentformonth", &question)
    };
    assert_eq!(val(&months(&agents, "202011", "202011").unwrap()), "1");
    assert_eq!(val(&months(&[1007, 1001], "202001", "202012").unwrap()), "0", "1007 never signed in");
    assert!(months(&agents, "202011", "202012").unwrap_err().contains("61 days are more than 31000"));
    assert!(months(&agents, "202012", "202011").unwrap_err().starts_with("endMonthTime: "));
}

#[test]
fn calls_of_today_and_yesterday_are_listed_in_pages() {
    let mut floor = Still::with_life();
    let day = json!({ "ccId": 1, "vdn": 170, "beginDate": "1605398400000", "endDate": 1_605_571_200_000_i64 });
    let page = |floor: &Still, more: Value| ask(floor, "vdn/querycalls", &with(day.clone(), &more));
    let all = page(&floor, json!({})).unwrap();
    assert_eq!((&all["count"], all["data"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    assert_eq!(all["data"][0]["callerNo"], "+4930100");
    assert_eq!(page(&floor, json!({ "callerNo": "+49", "calleeNo": "" })).unwrap()["count"], 0);
    let beyond = page(&floor, json!({ "offset": 1, "limit": 1 })).unwrap();
    assert_eq!((&beyond["count"], &beyond["data"]), (&json!(1), &json!([])));
    let early = page(&floor, json!({ "beginDate": 1_605_398_399_999_i64 })).unwrap_err();
    assert!(early.starts_with("beginDate: 1605398399999 is before yesterday"), "{early}");
    assert!(page(&floor, json!({ "endDate": 1_605_657_600_001_i64 })).unwrap_err().starts_with("endDate: "));
    floor.later(2 * 24 * 3600);
    assert!(page(&floor, json!({})).unwrap_err().starts_with("beginDate: "), "that is longer ago now");
}

#[test]
fn operations_are_of_quarters_of_an_hour_and_by_type() {
    let floor = Still::with_life();
    let operations = |more: Value| {
        let question =
            json!({ "currentAgentId": 1003, "beginTime": "2020-11-16 02:00:00", "endTime": "2020-11-16 02:30:00" });
        ask(&floor, "agent/agentoprinfo", &with(question, &more))
    };
    let types = |answer: &Value| answer.as_array().unwrap().iter().map(|row| row["opType"].clone()).collect::<Vec<_>>();
    assert_eq!(types(&operations(json!({})).unwrap()), [1, 3]);
    let busy = operations(json!({ "operateType": 3 })).unwrap();
    assert_eq!((types(&busy), &busy[0]["opCause"], &busy[0]["endTime"]), (vec![json!(3)], &json!(200), &json!("")));
    assert_eq!(operations(json!({ "operateType": 999 })).unwrap(), json!([]));
    assert_eq!(operations(json!({ "currentAgentId": 7 })).unwrap(), json!([]));
    for end in ["2020-11-16 02:10:00", "2020-11-16 02:00:00", "2020-11-17 02:15:00"] {
        assert!(operations(json!({ "endTime": end })).unwrap_err().starts_with("endTime: "), "{end}");
    }
}

#[test]
fn the_five_minutes_before_are_told_when_they_are_over() {
    let mut floor = Still::with_life();
    let quality = |floor: &Still| {
        let question = json!({ "ccId": 1, "vdn": 170, "skillIds": [1] });
        ask(floor, "skill/servicequality", &question).unwrap()[0].clone()
    };
    let now = quality(&floor);
    assert_eq!((&now["statStartTime"], &now["inCallNum"]), (&json!(1_605_491_700_000_i64), &json!(0)));
    floor.later(300);
    let later = quality(&floor);
    assert_eq!((&later["statStartTime"], &later["inCallNum"]), (&json!(1_605_492_000_000_i64), &json!(3)));
}

#[test]
fn an_agents_previous_state_is_told() {
    let floor = Still::with_life();
    let question = json!({ "ccId": 1, "vdn": 170, "agentIds": [1003, 1007] });
    let statuses = ask(&floor, "agentgroup/agentstatusinfobyagentids", &question).unwrap();
    assert_eq!((&statuses[0]["prevState"], &statuses[0]["prevStateTime"]), (&json!(1), &json!(109)));
    let never = (&statuses[1]["prevStateTime"], &statuses[1]["logonTime"]);
    assert_eq!(never, (&json!(4_294_967_295_u64), &json!(4_294_967_295_000_u64)));
}
