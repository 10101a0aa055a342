//! The OpenAPI document of this face, made of the table: what is asked from the fields, what is answered from the types,
//! the examples from what the tests' floor answers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::field::{Asked, Kind, Ranges, TEXT_IN_LIST_MAX};
use super::group::Group;
use super::interface::{Entry, Envelope, Form, Verb};
use super::table::interfaces;

/// Where it is served.
pub(crate) const PATH: &str = "/rest/cmsapp/openapi.json";

/// The OpenAPI document of the vendor-shaped face, as it is served: JSON, indented.
#[must_use]
pub fn openapi_document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document()));
    &DOCUMENT
}

/// Serves it.
pub(crate) fn serve() -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], openapi_document()).into_response()
}

fn document() -> Value {
    let mut schemas = common_schemas();
    let paths: Map<String, Value> = interfaces().iter().map(|entry| path(entry, &mut schemas)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "anteroom, CC-CMS",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What agents, queues and calls do, by the interfaces that clients of CC-CMS know. Every \
                request is signed; docs/cms.md says which interfaces there are and what they leave open.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "security": [{ "signature": [] }],
        "tags": Group::ALL.map(|group| json!({ "name": group.name(), "description": description(group) })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": common_responses(),
            "securitySchemes": { "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "auth-v2/{access key}/{time}/{signed headers}/{signature}",
            } },
        },
    })
}

const fn description(group: Group) -> &'static str {
    match group {
        Group::Agents => "What agents do.",
        Group::Skills => "What skill queues do.",
        Group::Vdn => "What happens in a VDN.",
        Group::Calls => "Single calls.",
        Group::Legacy => "Interfaces of older releases.",
        Group::Configuration => "What is configured.",
        Group::History => "What was.",
    }
}

/// An interface's path and what is said of it.
fn path(entry: &Entry, schemas: &mut Map<String, Value>) -> (String, Value) {
    let about = &entry.about;
    let mut operation = json!({
        "operationId": about.name,
        "summary": about.title,
        "tags": [about.group.name()],
        "responses": responses(entry, schemas),
    });
    match about.verb {
        Verb::Post => {
            let question: Value = serde_json::from_str(about.question).expect("a test reads every example");
            let content = json!({ "schema": body(entry), "example": question });
            operation["requestBody"] = json!({ "required": true, "content": { "application/json": content } });
        }
        Verb::Get => operation["parameters"] = entry.fields.iter().map(parameter).collect(),
    }
    (about.path.to_owned(), json!({ about.verb.name().to_lowercase(): operation }))
}

/// The fields of a body.
fn body(entry: &Entry) -> Value {
    let fields = fields(entry.fields);
    match (entry.about.form, entry.about.form.wrapper()) {
        (Form::Either, Some(wrapper)) => {
            let wrapped = json!({ "type": "object", "required": [wrapper], "properties": { wrapper: fields } });
            json!({ "anyOf": [wrapped, fields] })
        }
        _ => fields,
    }
}

fn fields(asked: &[Asked]) -> Value {
    let required: Vec<&str> = asked.iter().filter(|asked| asked.is_needed).map(|asked| asked.field.name).collect();
    let properties: Map<String, Value> =
        asked.iter().map(|asked| (asked.field.name.to_owned(), property(asked))).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn property(asked: &Asked) -> Value {
    let mut schema = kind(asked.field.kind);
    schema["description"] = asked.field.about.into();
    schema
}

fn parameter(asked: &Asked) -> Value {
    json!({
        "name": asked.field.name,
        "in": "path",
        "required": true,
        "description": asked.field.about,
        "schema": kind(asked.field.kind),
    })
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Integer(ranges) => integer(ranges),
        Kind::Digits(ranges) => json!({ "anyOf": [{ "type": "string", "pattern": "^[0-9]+$" }, integer(ranges)] }),
        Kind::Integers(ranges, most) => json!({ "type": "array", "maxItems": most, "items": integer(ranges) }),
        Kind::Text(most) => json!({ "type": "string", "maxLength": most }),
        Kind::Texts(most) => {
            json!({ "type": "array", "maxItems": most, "items": { "type": "string", "maxLength": TEXT_IN_LIST_MAX } })
        }
        Kind::Flag => json!({ "anyOf": [{ "type": "string", "enum": ["true", "false"] }, { "type": "boolean" }] }),
    }
}

fn integer(ranges: Ranges) -> Value {
    let range = |(first, last): &(u64, u64)| json!({ "type": "integer", "minimum": first, "maximum": last });
    match ranges {
        [one] => range(one),
        several => json!({ "anyOf": several.iter().map(range).collect::<Vec<_>>() }),
    }
}

/// What can be answered. The types behind the data go into `schemas`.
fn responses(entry: &Entry, schemas: &mut Map<String, Value>) -> Value {
    let mut named = Vec::new();
    let name = entry.about.name.replace('/', ".");
    let data = json!({ "$ref": format!("#/components/schemas/{name}") });
    let own = (entry.schema)(&mut named);
    named.push((name, own));
    for (name, schema) in named {
        schemas.insert(name, serde_json::to_value(schema).expect("schemas have string keys"));
    }
    let reply: Value = serde_json::from_str(entry.about.reply).expect("a test reads every example");
    let (failure, sentence) = match entry.about.envelope {
        Envelope::C => ("FailureC", "returnCode"),
        Envelope::A | Envelope::B | Envelope::L | Envelope::LBoth => ("Failure", "resultCode"),
    };
    let failure = json!({ "$ref": format!("#/components/schemas/{failure}") });
    let success = success(entry.about.envelope, &data, reply.get("count").is_some());
    let schema = json!({ "anyOf": [success, failure] });
    let mut all = json!({ "200": {
        "description": format!("The answer, or why there is none: then {sentence} says so."),
        "content": { "application/json": { "schema": schema, "example": reply } },
    } });
    let mut refused = vec![400, 401, 403, 405, 408, 413, 429, 503];
    if entry.about.verb == Verb::Post {
        refused.push(415);
    }
    for status in refused {
        all[status.to_string()] = json!({ "$ref": format!("#/components/responses/{status}") });
    }
    all
}

/// The envelope of a success.
fn success(envelope: Envelope, data: &Value, is_counted: bool) -> Value {
    let (zero, code) = (json!({ "const": "0" }), json!({ "const": "0100000" }));
    let mut members: BTreeMap<&str, Value> = match envelope {
        Envelope::A => BTreeMap::from([
            ("result", zero),
            ("resultCode", code),
            ("resultDatas", data.clone()),
            ("resultDesc", data.clone()),
        ]),
        Envelope::B => BTreeMap::from([("resultCode", code), ("resultDesc", data.clone())]),
        Envelope::C => {
            BTreeMap::from([("returnCode", zero), ("description", json!({ "type": "string" })), ("data", data.clone())])
        }
        Envelope::L => BTreeMap::from([("result", zero), ("resultDatas", data.clone())]),
        Envelope::LBoth => {
            BTreeMap::from([("result", zero), ("resultDatas", data.clone()), ("resultDesc", data.clone())])
        }
    };
    if is_counted {
        members.insert("count", json!({ "type": "integer", "minimum": 0 }));
    }
    let required: Vec<&str> = members.keys().copied().collect();
    json!({ "type": "object", "required": required, "properties": members })
}

fn common_schemas() -> Map<String, Value> {
    let code = json!({
        "type": "string",
        "enum": ["0100001", "0100002", "0101003"],
        "description": "0100001 the VDN cannot answer now; 0100002 a parameter is wrong; 0101003 not for this access key.",
    });
    let schemas = json!({
        "Failure": {
            "type": "object",
            "required": ["resultCode", "resultDesc"],
            "properties": {
                "result": { "const": "1" },
                "resultCode": code,
                "resultDesc": { "type": "string", "description": "What is wrong, with the field and its value." },
            },
        },
        "FailureC": {
            "type": "object",
            "required": ["returnCode", "description"],
            "properties": {
                "returnCode": code,
                "description": { "type": "string", "description": "What is wrong, with the field and its value." },
            },
        },
        "Refusal": {
            "type": "object",
            "required": ["timestamp", "status", "error", "message", "path"],
            "properties": {
                "timestamp": { "type": "integer", "description": "Milliseconds since 1970." },
                "status": { "type": "integer" },
                "error": { "type": "string" },
                "message": { "type": "string" },
                "path": { "type": "string" },
            },
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}

fn common_responses() -> Value {
    let refusal = json!({ "$ref": "#/components/schemas/Refusal" });
    let failure = json!({ "anyOf": [
        { "$ref": "#/components/schemas/Failure" },
        { "$ref": "#/components/schemas/FailureC" },
    ] });
    let response = |description: &str, schema: &Value| json!({ "description": description, "content": { "application/json": { "schema": schema } } });
    json!({
        "400": response("The request is not framed as announced.", &refusal),
        "401": response("The request is not signed, or its signature is not accepted.", &refusal),
        "403": response("The address is locked after too many signatures that were not accepted.", &refusal),
        "405": response("The interface is for another method.", &refusal),
        "408": response("The body did not come in time.", &refusal),
        "413": response("The body is too large.", &refusal),
        "415": response("The body is not JSON by its own account.", &refusal),
        "429": response("More was asked than there is room for.", &refusal),
        "503": response("The VDN cannot answer now.", &failure),
    })
}
