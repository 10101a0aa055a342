//! The page with both documents.

use crate::world::World;

#[test]
fn the_page_and_all_it_loads_is_served_from_here() {
    let world = World::start();
    let mut client = world.outside();
    let moved = client.ask("GET", "/docs", &[], b"");
    assert_eq!((moved.status, moved.header("location")), (308, Some("/docs/")));
    let page = client.ask("GET", "/docs/", &[], b"");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self';"), "{policy}");

    let loaded: Vec<&str> =
        page.text().split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css")).collect();
    assert!(loaded.len() >= 4, "{loaded:?}");
    for name in loaded {
        assert!(!name.contains("//"), "{name} is loaded from elsewhere");
        let target = format!("/docs/{}", name.trim_start_matches("./"));
        assert_eq!(client.ask("GET", &target, &[], b"").status, 200, "{target}");
    }
    let starts = client.ask("GET", "/docs/swagger-initializer.js", &[], b"");
    for document in ["/rest/cmsapp/openapi.json", "/api/v1/openapi.json"] {
        assert!(starts.text().contains(document), "{}", starts.text());
        assert_eq!(client.ask("GET", document, &[], b"").status, 200);
    }
    assert!(starts.text().contains("\"validatorUrl\": \"none\""), "{}", starts.text());
}

#[test]
fn what_is_not_there_is_refused_like_everything_else() {
    let world = World::start();
    let answer = world.outside().ask("GET", "/docs/../../etc/passwd", &[], b"");
    assert_eq!((answer.status, answer.json()["status"].as_u64()), (404, Some(404)));
}
