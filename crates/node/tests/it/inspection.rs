//! Looking at a journal from outside.

use engine::VdnId;
use node::{Journal, Node, NodeOptions, Options, Position, inspect};

use crate::common::{Folder, People, VDN, live, standing};

#[tokio::test]
async fn a_journal_can_be_looked_at_while_it_is_written() {
    let folder = Folder::new("inspect");
    let journal = Journal::sqlite(folder.path(), Options::default()).expect("opens");
    let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).expect("starts");
    let inspection = inspect(folder.path()).expect("opens beside");
    assert_eq!(inspection.journal_id(), journal.id());
    assert_eq!(inspection.vdns().expect("readable"), []);
    let mut people = People::new(VDN, 2);
    let first = live(&node, &mut people, 300).await;
    let middle = standing(&node);
    live(&node, &mut people, 700).await;
    assert_eq!(inspection.vdns().expect("readable"), [VDN]);
    assert_eq!(inspection.last(VDN).expect("sound"), standing(&node).1);
    let then = inspection.recover(VDN, Some(middle.1)).expect("recovers");
    assert_eq!((then.state().hash(), then.position()), middle, "what was true then");
    let now = inspection.recover(VDN, None).expect("recovers");
    assert_eq!((now.state().hash(), now.position()), standing(&node));
    let records: Vec<_> = inspection.records(VDN, Position::START).collect::<Result<_, _>>().expect("sound");
    assert_eq!(records[..first.len()], first);
    assert_eq!(records.last().expect("records").position, now.position());
    assert_eq!(inspection.earliest(VDN).expect("sound").position(), Position::START, "nothing is forgotten");
    assert_eq!(inspection.records(VDN, now.position()).count(), 0);
    assert_eq!(inspection.records(VdnId(5), Position::START).count(), 0);
}

#[test]
fn a_journal_that_is_not_there_is_not_made() {
    let folder = Folder::new("nothing");
    let error = inspect(folder.path()).expect_err("nothing there").to_string();
    assert!(error.contains("journal.sqlite"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
