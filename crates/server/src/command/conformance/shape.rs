//! The forms of answers, read from the OpenAPI document of the face, and what of an answer has another form.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Schemas within schemas: as deep as anybody looks.
const DEPTH_MAX: usize = 32;

/// The document of the face.
#[derive(Debug)]
pub(super) struct Shapes(Value);

impl Shapes {
    pub(super) fn of(document: &str) -> Self {
        Self(serde_json::from_str(document).unwrap_or_default())
    }

    /// What of the answer of a success differs from what the document says of it, by member.
    pub(super) fn differences(&self, path: &str, method: &str, answer: &Value) -> BTreeSet<String> {
        let method = method.to_lowercase();
        let operation = &self.0["paths"][path][method];
        // The first alternative is the success, the others are failures.
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"][0];
        let mut found = BTreeSet::new();
        self.compare(schema, answer, "", 0, &mut found);
        found
    }

    fn resolved<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..DEPTH_MAX {
            let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/")) else { break };
            schema = name.split('/').fold(&self.0, |value, part| &value[part]);
        }
        schema
    }

    fn compare(&self, schema: &Value, value: &Value, at: &str, depth: usize, found: &mut BTreeSet<String>) {
        let schema = self.resolved(schema);
        if depth > DEPTH_MAX {
            return;
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[choice].as_array() {
                return self.compare_choices(choices, value, at, depth, found);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return self.compare(&self.merged(parts), value, at, depth + 1, found);
        }
        if let Some(constant) = schema.get("const") {
            if constant != value {
                found.insert(format!("{}: {} and should be {constant}", named(at), shown(value)));
            }
            return;
        }
        if !has_type(&schema["type"], value) {
            found.insert(format!("{}: {} and should be {}", named(at), kind(value), schema["type"]));
            return;
        }
        match value {
            Value::Object(members) => self.compare_members(schema, members, at, depth, found),
            Value::Array(items) => {
                items
                    .iter()
                    .for_each(|item| self.compare(&schema["items"], item, &format!("{at}[]"), depth + 1, found));
            }
            _ => {}
        }
    }

    /// Objects that are one, part by part: the members of all.
    fn merged(&self, parts: &[Value]) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts.iter().map(|part| self.resolved(part)) {
            let inner = part["allOf"].as_array().map(|parts| self.merged(parts));
            let part = inner.as_ref().unwrap_or(part);
            properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
            required.extend(part["required"].as_array().cloned().unwrap_or_default());
        }
        serde_json::json!({ "type": "object", "properties": properties, "required": required })
    }

    /// By the choice that it differs least from.
    fn compare_choices(&self, choices: &[Value], value: &Value, at: &str, depth: usize, found: &mut BTreeSet<String>) {
        let by_choice = choices.iter().map(|choice| {
            let mut found = BTreeSet::new();
            self.compare(choice, value, at, depth + 1, &mut found);
            found
        });
        found.extend(by_choice.min_by_key(BTreeSet::len).unwrap_or_default());
    }

    fn compare_members(
        &self,
        schema: &Value,
        members: &Map<String, Value>,
        at: &str,
        depth: usize,
        found: &mut BTreeSet<String>,
    ) {
        let Some(properties) = schema["properties"].as_object() else { return };
        let of = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        for (name, value) in members {
            match properties.get(name) {
                Some(property) => self.compare(property, value, &of(name), depth + 1, found),
                None => drop(found.insert(match spelled(properties, name) {
                    Some(right) => format!("{}: the documents spell it {right}", of(name)),
                    None => format!("{}: no document has it", of(name)),
                })),
            }
        }
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for name in required.iter().filter_map(Value::as_str).filter(|name| !members.contains_key(*name)) {
            if spelled(members, name).is_none() {
                found.insert(format!("{}: is missing", of(name)));
            }
        }
    }
}

/// The member that is called so but for upper and lower case.
fn spelled<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.keys().map(String::as_str).find(|member| *member != name && member.eq_ignore_ascii_case(name))
}

fn named(at: &str) -> &str {
    if at.is_empty() { "the answer" } else { at }
}

/// A value, short.
fn shown(value: &Value) -> String {
    let text: String = value.to_string().chars().take(60).collect();
    format!("is {text}")
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "is null",
        Value::Bool(_) => "is a truth value",
        Value::Number(_) => "is a number",
        Value::String(_) => "is a string",
        Value::Array(_) => "is an array",
        Value::Object(_) => "is an object",
    }
}

/// Whether a value is of a type, or of one of several; of any when none is said.
fn has_type(types: &Value, value: &Value) -> bool {
    match types {
        Value::String(name) => match name.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        },
        Value::Array(several) => several.iter().any(|one| has_type(one, value)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(answer: &Value) -> Vec<String> {
        let item = json!({ "type": "object", "required": ["agentId", "workNo"], "properties": {
            "agentId": { "type": "integer" }, "workNo": { "type": ["string", "null"] }, "extra": { "type": "string" },
        } });
        let success = json!({ "type": "object", "required": ["resultCode", "resultDesc"], "properties": {
            "resultCode": { "const": "0100000" }, "resultDesc": { "type": "array", "items": { "$ref": "#/items/one" } },
        } });
        let content = json!({ "application/json": { "schema": { "anyOf": [success, {}] } } });
        let document = json!({ "items": { "one": item }, "paths": { "/p": { "post": { "responses": { "200": { "content": content } } } } } });
        Shapes(document).differences("/p", "POST", answer).into_iter().collect()
    }

    #[test]
    fn an_object_in_parts_has_the_members_of_all_of_them() {
        let part =
            |name: &str| json!({ "type": "object", "required": [name], "properties": { name: { "type": "integer" } } });
        let shapes = Shapes(json!({ "parts": { "one": part("one") } }));
        let schema = json!({ "allOf": [{ "$ref": "#/parts/one" }, part("two")] });
        let found = |value: &Value| {
            let mut found = BTreeSet::new();
            shapes.compare(&schema, value, "", 0, &mut found);
            found.into_iter().collect::<Vec<_>>()
        };
        assert!(found(&json!({ "one": 1, "two": 2 })).is_empty());
        assert_eq!(
            found(&json!({ "two": "2", "three": 3 })),
            ["one: is missing", "three: no document has it", "two: is a string and should be \"integer\"",]
        );
    }

    #[test]
    fn what_is_as_the_document_says_does_not_differ() {
        let items = json!([{ "agentId": 7, "workNo": null }, { "agentId": 8, "workNo": "8", "extra": "" }]);
        assert!(found(&json!({ "resultCode": "0100000", "resultDesc": items })).is_empty());
    }

    #[test]
    fn spelling_types_and_what_is_missing_or_too_much_are_found_once_each() {
        let items = json!([{ "agentId": "7", "workno": "7" }, { "agentId": "8", "more": 1 }]);
        let expected = [
            "result: no document has it",
            "resultCode: is 7 and should be \"0100000\"",
            "resultDesc[].agentId: is a string and should be \"integer\"",
            "resultDesc[].more: no document has it",
            "resultDesc[].workNo: is missing",
            "resultDesc[].workno: the documents spell it workNo",
        ];
        assert_eq!(found(&json!({ "result": "0", "resultCode": 7, "resultDesc": items })), expected);
        assert_eq!(found(&json!([])), ["the answer: is an array and should be \"object\""]);
    }
}
