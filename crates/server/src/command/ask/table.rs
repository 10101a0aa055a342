//! Answers for people: lists as tables, single things as lines.

use serde_json::{Map, Value};

/// The lines that show an answer's data.
pub(super) fn lines(data: &Value) -> Vec<String> {
    match data {
        Value::Array(items) if items.is_empty() => vec!["Nothing.".to_owned()],
        Value::Array(items) if items.iter().all(Value::is_object) => table(items),
        Value::Array(items) => items.iter().map(cell).collect(),
        Value::Object(members) => of_object(members),
        single => vec![cell(single)],
    }
}

/// Each member on a line; a list of objects in it as a table below.
fn of_object(members: &Map<String, Value>) -> Vec<String> {
    let (lists, singles): (Vec<_>, Vec<_>) = members.iter().partition(|(_, value)| is_list_of_objects(value));
    let width = singles.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut lines: Vec<_> = singles.iter().map(|(name, value)| format!("{name:width$}  {}", cell(value))).collect();
    for (name, list) in lists {
        lines.push(format!("{name}:"));
        lines.extend(self::lines(list));
    }
    lines
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_object))
}

/// A row for each object; one that has a list of objects has a row for each of these.
fn table(items: &[Value]) -> Vec<String> {
    let rows: Vec<Vec<(String, String)>> = items.iter().filter_map(Value::as_object).flat_map(rows).collect();
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let find = |row: &[(String, String)], column: &str| {
        row.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut cells = vec![columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>()];
    cells.extend(rows.iter().map(|row| columns.iter().map(|column| find(row, column)).collect()));
    aligned(&cells)
}

fn rows(object: &Map<String, Value>) -> Vec<Vec<(String, String)>> {
    let list = object.iter().find(|(_, value)| is_list_of_objects(value)).map(|(name, _)| name.as_str());
    let singles = object.iter().filter(|(name, _)| Some(name.as_str()) != list);
    let own: Vec<_> = singles.map(|(name, value)| (name.clone(), cell(value))).collect();
    let inner = list.and_then(|list| object[list].as_array()).filter(|items| !items.is_empty());
    let Some(inner) = inner else { return vec![own] };
    let row = |item: &Map<String, Value>| {
        // An inner object may have a member of the same name, an id as a rule.
        let named = |name: &String| if object.contains_key(name) { format!(".{name}") } else { name.clone() };
        let members = item.iter().map(|(name, value)| (named(name), cell(value)));
        own.iter().cloned().chain(members).collect()
    };
    inner.iter().filter_map(Value::as_object).map(row).collect()
}

/// Columns as wide as their widest cell, numbers to the right.
fn aligned(cells: &[Vec<String>]) -> Vec<String> {
    let count = cells.first().map_or(0, Vec::len);
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let is_number = |column: usize| cells.iter().skip(1).all(|row| row[column].parse::<f64>().is_ok());
    let columns: Vec<_> = (0..count).map(|column| (width(column), is_number(column))).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&columns).map(|(cell, (width, is_number))| match is_number {
            true => format!("{cell:>width$}"),
            false => format!("{cell:width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::lines;

    #[test]
    fn lists_are_tables_and_lists_within_them_rows() {
        let calls = json!([
            { "agentId": 1001, "callList": [] },
            { "agentId": 1099, "callList": [
                { "callId": "1605492135-15173", "callStatus": 6 },
                { "callId": "1605492190-30176", "callStatus": 3 },
            ] },
        ]);
        let expected = [
            "agentId  callId            callStatus",
            "   1001",
            "   1099  1605492135-15173  6",
            "   1099  1605492190-30176  3",
        ];
        assert_eq!(lines(&calls), expected);
        let indexes = json!([{ "id": "1", "idxs": [{ "id": "IDX_A", "val": "2" }] }]);
        assert_eq!(lines(&indexes), ["id  .id    val", " 1  IDX_A    2"]);
    }

    #[test]
    fn single_things_are_lines() {
        assert_eq!(lines(&json!([])), ["Nothing."]);
        assert_eq!(lines(&json!(["1-1", "2-1"])), ["1-1", "2-1"]);
        let rests = json!({ "onRestNum": 1, "name": null, "details": [{ "workNo": 1004 }] });
        assert_eq!(lines(&rests), ["name       -", "onRestNum  1", "details:", "workNo", "  1004"]);
    }
}
