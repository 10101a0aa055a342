//! The store, as the command line and the server use it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use api::Refusal;
use api::cms::{Group, Groups};
use engine::VdnId;
use rusqlite::Connection;

use crate::{Author, FILE, KeyStore, KeysError, Kind, MasterKey, Scope, Vdns};

const NOW: SystemTime = UNIX_EPOCH;
const HOUR: Duration = Duration::from_secs(3600);

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("anteroom-keys-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn open(&self) -> KeyStore {
        KeyStore::open(&self.0, master(7)).unwrap()
    }

    /// The file, by somebody who has no master key.
    fn raw(&self) -> Connection {
        Connection::open(self.0.join(FILE)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn master(digit: u32) -> MasterKey {
    MasterKey::parse(&digit.to_string().repeat(64), "the test").unwrap()
}

fn by() -> Author {
    Author { user: "alice (uid 1000)".into(), by: "a test".into() }
}

fn scope() -> Scope {
    Scope { vdns: Vdns::Of(vec![VdnId(170), VdnId(200)]), groups: Groups::ALL }
}

/// The secrets with which a key signs at a time, newest first.
fn secrets(store: &mut KeyStore, ak: &str, now: SystemTime) -> Vec<String> {
    let keys = store.access_keys(&[VdnId(170)], now).unwrap().keys;
    let key = keys.into_iter().find(|key| key.ak == ak);
    let text = |secret: &api::KeySecret| String::from_utf8(secret.sk.expose().to_vec()).unwrap();
    key.map_or_else(Vec::new, |key| key.secrets.iter().map(text).collect())
}

#[test]
fn a_key_is_what_it_was_made_for_also_after_the_store_was_closed() {
    let folder = Folder::new("made");
    let some = [Group::Agents, Group::Calls].into_iter().collect();
    let sk = {
        let mut store = folder.open();
        store.create("everything", &Scope { vdns: Vdns::All, groups: Groups::ALL }, &by(), NOW).unwrap();
        store.create("wallboard", &Scope { groups: some, ..scope() }, &by(), NOW).unwrap().sk
    };
    assert_eq!(sk.len(), 64);
    let mut store = folder.open();
    let keys = store.access_keys(&[VdnId(1), VdnId(2)], NOW).unwrap();
    assert!(keys.unreadable.is_empty());
    let [everything, wallboard] = &keys.keys[..] else { panic!("{keys:?}") };
    assert_eq!((everything.ak.as_str(), &everything.vdns[..]), ("everything", &[VdnId(1), VdnId(2)][..]));
    assert_eq!((wallboard.ak.as_str(), &wallboard.vdns[..]), ("wallboard", &[VdnId(170), VdnId(200)][..]));
    assert_eq!((wallboard.groups, wallboard.is_enabled), (some, true));
    assert_eq!(wallboard.secrets[0].sk.expose(), sk.as_bytes());
    assert_eq!(fs::metadata(folder.0.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn no_file_of_the_store_shows_a_secret() {
    let folder = Folder::new("sealed");
    let mut store = folder.open();
    let sk = store.create("wallboard", &scope(), &by(), NOW).unwrap().sk;
    let other = store.rotate("wallboard", NOW + HOUR, false, &by(), NOW).unwrap().made.sk;
    for file in fs::read_dir(&folder.0).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for secret in [&sk, &other] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

#[test]
fn a_secret_that_was_moved_or_changed_cannot_be_opened_and_the_others_can() {
    let folder = Folder::new("moved");
    let mut store = folder.open();
    for ak in ["one", "two", "three"] {
        store.create(ak, &scope(), &by(), NOW).unwrap();
    }
    let one = secrets(&mut store, "one", NOW);
    let raw = folder.raw();
    raw.execute("UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE ak = 'one') WHERE ak = 'two'", [])
        .unwrap();
    raw.execute("UPDATE secret SET id = 77 WHERE ak = 'three'", []).unwrap();
    let keys = store.access_keys(&[], NOW).unwrap();
    assert_eq!(keys.keys.iter().map(|key| key.ak.as_str()).collect::<Vec<_>>(), ["one"]);
    assert_eq!(keys.unreadable, [("three".to_owned(), 77), ("two".to_owned(), 2)]);
    assert_eq!(secrets(&mut store, "one", NOW), one);
}

#[test]
fn another_master_key_opens_nothing_and_says_so() {
    let folder = Folder::new("other");
    folder.open();
    assert!(matches!(KeyStore::open(&folder.0, master(8)), Err(KeysError::AnotherMasterKey(_))));
    let elsewhere = Folder::new("other-file");
    let foreign = Connection::open(elsewhere.0.join(FILE)).unwrap();
    foreign.execute_batch("CREATE TABLE something (of_others TEXT)").unwrap();
    assert!(matches!(KeyStore::open(&elsewhere.0, master(7)), Err(KeysError::NotAStore(_))));
}

#[test]
fn a_rotation_leaves_the_old_secret_until_the_time_that_was_said() {
    let folder = Folder::new("rotated");
    let mut store = folder.open();
    let first = store.create("wallboard", &scope(), &by(), NOW).unwrap().sk;
    let rotated = store.rotate("wallboard", NOW + HOUR, false, &by(), NOW).unwrap();
    let second = rotated.made.sk;
    assert_eq!(rotated.old_ends, NOW + HOUR);
    assert_eq!(secrets(&mut store, "wallboard", NOW), [second.as_str(), first.as_str()]);
    let again = store.rotate("wallboard", NOW + HOUR, false, &by(), NOW).unwrap_err();
    assert!(again.to_string().contains("1970-01-01T01:00:00Z"), "{again}");
    assert_eq!(secrets(&mut store, "wallboard", NOW + HOUR), [second.as_str()]);

    let third = store.rotate("wallboard", NOW + 2 * HOUR, true, &by(), NOW).unwrap().made.sk;
    assert_eq!(
        secrets(&mut store, "wallboard", NOW),
        [third.as_str(), second.as_str()],
        "the oldest has ended at once"
    );
    let fourth = store.rotate("wallboard", NOW + 3 * HOUR, false, &by(), NOW + 2 * HOUR).unwrap().made.sk;
    assert_eq!(secrets(&mut store, "wallboard", NOW + 2 * HOUR), [fourth.as_str(), third.as_str()]);
}

#[test]
fn keys_are_disabled_enabled_and_removed() {
    let folder = Folder::new("changed");
    let mut store = folder.open();
    store.create("wallboard", &scope(), &by(), NOW).unwrap();
    assert!(store.set_enabled("wallboard", false, &by(), NOW).unwrap());
    assert!(!store.set_enabled("wallboard", false, &by(), NOW).unwrap(), "it is disabled already");
    assert!(!store.access_keys(&[], NOW).unwrap().keys[0].is_enabled);
    assert!(store.set_enabled("wallboard", true, &by(), NOW).unwrap());
    store.remove("wallboard", &by(), NOW).unwrap();
    assert!(store.list().unwrap().is_empty());
    let what: Vec<String> = store.audit(None, Some("wallboard"), 10).unwrap().into_iter().map(|row| row.what).collect();
    let created = "created for VDN 170,200, interface groups all";
    assert_eq!(what, [created, "disabled", "enabled", "removed"]);
    store.create("wallboard", &scope(), &by(), NOW).unwrap();
    assert_eq!(store.list().unwrap()[0].secrets[0].id, 2, "an id is never given twice");
}

#[test]
fn what_cannot_be_is_named() {
    let folder = Folder::new("wrong");
    let mut store = folder.open();
    store.create("wallboard", &scope(), &by(), NOW).unwrap();
    assert!(matches!(store.create("wallboard", &scope(), &by(), NOW), Err(KeysError::There(_))));
    for name in ["", "a/b", "a b", "\u{e9}", &"a".repeat(65)] {
        assert!(matches!(store.create(name, &scope(), &by(), NOW), Err(KeysError::Name(_))), "{name}");
    }
    let nobody = Scope { vdns: Vdns::Of(Vec::new()), ..scope() };
    assert!(matches!(store.create("other", &nobody, &by(), NOW), Err(KeysError::EmptyScope("VDN"))));
    let nothing = Scope { groups: [].into_iter().collect(), ..scope() };
    assert!(matches!(store.create("other", &nothing, &by(), NOW), Err(KeysError::EmptyScope("interface group"))));
    assert!(matches!(store.rotate("other", NOW, false, &by(), NOW), Err(KeysError::NotThere(_))));
    assert!(matches!(store.set_enabled("other", true, &by(), NOW), Err(KeysError::NotThere(_))));
    assert!(matches!(store.remove("other", &by(), NOW), Err(KeysError::NotThere(_))));
    assert_eq!(store.audit(None, None, 10).unwrap().len(), 1, "what was refused changed nothing");
}

#[test]
fn a_change_of_another_process_is_noticed_once() {
    let folder = Folder::new("noticed");
    let (mut server, mut line) = (folder.open(), folder.open());
    assert!(!server.was_changed().unwrap());
    line.create("wallboard", &scope(), &by(), NOW).unwrap();
    assert!(server.was_changed().unwrap());
    assert!(!server.was_changed().unwrap());
    server.note_refusals(&[(refusal(Some("wallboard")), 3)], NOW).unwrap();
    assert!(!server.was_changed().unwrap(), "what it wrote itself is no news");
}

fn refusal(ak: Option<&str>) -> Refusal {
    let source = Some([192, 0, 2, 7].into());
    Refusal { ak: ak.map(str::to_owned), cause: "another signature", source, interface: "/path".into() }
}

#[test]
fn the_audit_log_says_who_changed_what_and_who_was_refused() {
    let folder = Folder::new("audit");
    let mut store = folder.open();
    store.create("wallboard", &scope(), &by(), NOW).unwrap();
    store.note_refusals(&[(refusal(Some("wallboard")), 3), (refusal(None), 1)], NOW + HOUR).unwrap();
    let rows = store.audit(None, None, 10).unwrap();
    assert_eq!(rows[0].who.as_deref(), Some("alice (uid 1000) by a test"));
    assert_eq!((rows[0].kind, rows[0].times, rows[0].at), (Kind::Change, 1, NOW));
    let refused = &rows[1];
    assert_eq!((refused.kind, refused.times, refused.at), (Kind::Refusal, 3, NOW + HOUR));
    assert_eq!((refused.source.as_deref(), refused.interface.as_deref()), (Some("192.0.2.7"), Some("/path")));
    assert_eq!(store.audit(Some(Kind::Change), None, 10).unwrap().len(), 1);
    assert_eq!(store.audit(None, None, 1).unwrap()[0].ak, None, "the last one");
}

#[test]
fn rows_of_the_audit_log_are_not_changed_and_only_the_oldest_goes() {
    let folder = Folder::new("append-only");
    let mut store = folder.open();
    store.create("one", &scope(), &by(), NOW).unwrap();
    store.create("two", &scope(), &by(), NOW).unwrap();
    let raw = folder.raw();
    assert!(raw.execute("UPDATE audit SET who = 'mallory'", []).is_err());
    assert!(raw.execute("DELETE FROM audit WHERE ak = 'two'", []).is_err());
    assert_eq!(store.audit(None, None, 10).unwrap().len(), 2);
}

#[test]
fn a_flood_of_refusals_washes_no_change_away() {
    let folder = Folder::new("flood");
    let mut store = folder.open();
    store.create("wallboard", &scope(), &by(), NOW).unwrap();
    let many: Vec<(Refusal, u32)> = (0..1000).map(|index| (refusal(Some(&format!("x{index}"))), 1)).collect();
    for _ in 0..101 {
        store.note_refusals(&many, NOW).unwrap();
    }
    let refusals: i64 =
        folder.raw().query_row("SELECT count(*) FROM audit WHERE kind = 'refusal'", [], |row| row.get(0)).unwrap();
    assert_eq!(refusals, 100_000);
    assert_eq!(store.audit(Some(Kind::Change), None, 10).unwrap().len(), 1);
}

#[test]
fn a_master_key_is_made_for_its_owner_alone_and_read_only_then() {
    let folder = Folder::new("master");
    let path = folder.0.join("master.key");
    MasterKey::make(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(MasterKey::read(&path).is_ok());
    assert!(matches!(MasterKey::make(&path), Err(KeysError::File { .. })), "it is never overwritten");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(MasterKey::read(&path), Err(KeysError::Exposed(_))));
    for wrong in ["", "00", &"0".repeat(63), &"g".repeat(64), &"\u{e9}".repeat(32)] {
        assert!(MasterKey::parse(wrong, "here").is_err(), "{wrong}");
    }
}
