//! A seeded crowd's day on a real engine, as people are shown it.

#[path = "../../../../whatif/tests/day/crowd.rs"]
mod crowd;

use std::path::Path;

use crowd::{BEGIN, Crowd, floor};

use super::*;

/// What two more agents would have done for the crowd's day.
fn two_more() -> Answer {
    let entries = Crowd::new(7, floor(4)).live(9 * 3600);
    let (first, rest) = entries.split_first().expect("a day begins with its floor");
    let mut start = Engine::default();
    start.apply(first);
    let (mut recorder, mut tally) = begun(start, BEGIN);
    for entry in rest {
        recorder.entry(entry);
        tally.entry(recorder.state(), entry);
    }
    let end = rest.last().expect("it goes on").at;
    let floor_then = floor_of(recorder.state(), VdnId(170));
    let recorded = Recorded { day: recorder.finish(end), figures: tally.finish(end), floor: floor_then };
    let other = OtherFloor { floor: floor(6), numbers: BTreeMap::new() };
    let answer = compare(recorded, (Date::of(BEGIN, 60), 60), "two-more.toml", &other, &Progress::new());
    answer.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Compares with a file of the documentation; `ANTEROOM_GOLDEN=write` writes it anew.
fn documented(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var("ANTEROOM_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, actual).expect("the file can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "{} differs; see `documented` in this file", path.display());
}

#[test]
fn the_documentation_shows_what_is_drawn_and_printed() {
    let answer = two_more();
    documented("what-if.svg", &plot::svg(&answer).expect("it can be drawn"));
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/what-if.md");
    let manual = std::fs::read_to_string(manual).expect("there is a manual");
    let printed = table::text(&answer);
    assert!(manual.contains(&printed), "docs/what-if.md has another table than:\n{printed}");
}

#[test]
fn the_modelled_day_is_the_recorded_one() {
    let answer = two_more();
    assert_eq!(answer.recorded, answer.modelled);
}

#[test]
fn programs_get_the_same_figures() {
    let answer = two_more();
    let value: serde_json::Value = serde_json::from_str(&json::text(&answer)).expect("it is JSON");
    assert_eq!(value["arrivals"], answer.arrivals);
    for (column, figures) in [("recorded", &answer.recorded), ("changed", &answer.changed)] {
        let shown = &value["total"][column];
        assert_eq!(shown["offered"], figures[&Key::All].offered);
        assert_eq!(shown["service_level"].as_f64(), figures[&Key::All].service_level());
    }
    assert_eq!(value["queues"][1]["name"], "Support (queue 2)");
}

#[test]
fn a_plot_is_svg() {
    assert!(plot::file("waits.svg").is_ok());
    assert!(plot::file("waits.png").expect_err("no picture of points").contains(".svg"));
}
