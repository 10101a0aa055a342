//! The OpenAPI document.

use std::path::Path;

use crate::world::World;

/// `UPDATE=1 cargo test` rewrites the committed document.
#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi-v1.json");
    let world = World::start();
    let served = world.outside().ask("GET", "/api/v1/openapi.json", &[], b"");
    assert_eq!((served.status, served.text()), (200, api::openapi_document()));
    assert_eq!(served.header("content-type"), Some("application/json"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, api::openapi_document()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == api::openapi_document(), "docs/openapi-v1.json is old: run with UPDATE=1");
}

#[test]
fn every_path_it_describes_is_served() {
    let world = World::start();
    let document: serde_json::Value = serde_json::from_str(api::openapi_document()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 14, "{}", paths.len());
    for (path, methods) in paths {
        let target = path.replace("{vdn}", "170").replace("{agent}", "1099").replace("{queue}", "1");
        let target = target.replace("{call}", "1-1");
        for method in methods.as_object().unwrap().keys() {
            let answer = world.outside().ask(&method.to_uppercase(), &target, &[], b"");
            assert!(![404, 405].contains(&answer.status), "{method} {target}: {}", answer.status);
        }
    }
}
