//! What every interface answers on the floor of the tests: `tests/replies`, which are the document's examples too.
//!
//! `UPDATE=1 cargo test` rewrites them.

use std::path::PathBuf;

use super::floor::Still;
use crate::cms::answer::wrapped;
use crate::cms::interfaces;

/// As it goes out, but for line breaks.
fn broken_into_lines(reply: &[u8]) -> String {
    let text = String::from_utf8(reply.to_vec()).unwrap();
    let text = ["\"resultDatas\":", "\"resultDesc\":", "\"data\":"]
        .iter()
        .fold(text, |text, member| text.replace(member, &format!("\n  {member}")));
    text.replace("},{", "},\n    {") + "\n"
}

#[test]
fn every_interface_answers_its_example_like_this() {
    let floor = Still::with_life();
    let mut changed = Vec::new();
    for entry in interfaces() {
        let written =
            floor.answer(entry, entry.about.question).unwrap_or_else(|refused| panic!("{entry:?}: {refused:?}"));
        let reply = broken_into_lines(&wrapped(entry.about.envelope, &written));
        let path = format!("{}/tests/replies/{}.json", env!("CARGO_MANIFEST_DIR"), entry.about.name);
        if std::env::var_os("UPDATE").is_some() {
            let path = PathBuf::from(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &reply).unwrap();
        } else if reply != entry.about.reply {
            changed.push(format!("{}:\n{reply}\ninstead of\n{}", entry.about.name, entry.about.reply));
        }
    }
    assert!(changed.is_empty(), "{}\nrun with UPDATE=1 if that is right", changed.join("\n"));
}
