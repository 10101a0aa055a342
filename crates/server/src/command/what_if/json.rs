//! The answer for programs.

use std::time::Duration;

use serde_json::{Value, json};
use whatif::{Figures, Key};

use super::{Answer, notes};

pub(super) fn text(answer: &Answer) -> String {
    let columns = |key: Key| {
        let of = |run: &std::collections::BTreeMap<Key, Figures>| figures(run.get(&key).unwrap_or(&Figures::default()));
        json!({ "recorded": of(&answer.recorded), "modelled": of(&answer.modelled), "changed": of(&answer.changed) })
    };
    let queues = answer.queues.iter().map(|(key, name)| {
        let id = if let Key::Queue(queue) = key { Some(queue.0) } else { None };
        json!({ "queue": id, "name": name, "figures": columns(*key) })
    });
    json!({
        "vdn": answer.vdn.0,
        "day": answer.date.to_string(),
        "config": answer.other,
        "arrivals": answer.arrivals,
        "queues": queues.collect::<Vec<_>>(),
        "directed": columns(Key::Directed),
        "total": columns(Key::All),
        "notes": notes::sentences(&answer.notes, &answer.other),
    })
    .to_string()
}

fn figures(figures: &Figures) -> Value {
    json!({
        "offered": figures.offered,
        "answered": figures.answered,
        "answered_in_time": figures.in_time,
        "service_level": figures.service_level(),
        "abandoned": figures.abandoned,
        "abandoned_soon": figures.abandoned_soon,
        "turned_away": figures.turned_away,
        "sent_outside": figures.sent_outside,
        "failed": figures.failed,
        "still_there": figures.still_there,
        "wait_seconds": percentiles(|percent| figures.wait(percent)),
        "private_waits": figures.private_waits.len(),
        "private_wait_seconds": percentiles(|percent| figures.private_wait(percent)),
        "mean_talk_seconds": figures.mean_talk().map(|talk| talk.as_secs_f64()),
        "occupancy": figures.occupancy(),
    })
}

fn percentiles(of: impl Fn(u8) -> Option<Duration>) -> Value {
    let seconds = |percent| of(percent).map(|wait| wait.as_secs_f64());
    json!({ "p50": seconds(50), "p90": seconds(90), "p99": seconds(99), "max": seconds(100) })
}
