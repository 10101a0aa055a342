//! The access keys of a running server: those of the file and those of the store, and the audit log of refusals.
//!
//! A thread looks every second whether somebody has changed the store, and has the signed face take what is there. What
//! the face refused since then is written down by the same thread, so that no request waits for a disk.

use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use api::{Access, AccessKey, Refusal};
use engine::VdnId;
use keys::{KeyStore, KeysError};

use crate::command::{Failure, chain};
use crate::config::Config;

/// How often the store is looked at: a change of the store counts after this, and a little.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is written down when secrets were used.
const NOTE_USES_EVERY: Duration = Duration::from_secs(60);
/// How many different refusals are told apart between two looks; the rest is counted together.
const DIFFERENT_MAX: usize = 1000;

/// All access keys of the server.
#[derive(Debug)]
pub(crate) struct Keys {
    known: Arc<Mutex<Known>>,
    store: Option<KeyStore>,
    vdns: Vec<VdnId>,
    watch: Option<Watch>,
}

/// The keys of now.
#[derive(Debug, Default)]
struct Known {
    /// Of the file.
    configured: Vec<AccessKey>,
    /// Of the store.
    stored: Vec<AccessKey>,
}

impl Known {
    /// Both; a name that is in the file means the key of the file.
    fn all(&self) -> Vec<AccessKey> {
        let is_configured = |stored: &&AccessKey| self.configured.iter().any(|key| key.ak == stored.ak);
        for key in self.stored.iter().filter(is_configured) {
            tracing::warn!(
                ak = key.ak,
                "an access key is in the file and in the key store: the one of the file counts"
            );
        }
        let stored = self.stored.iter().filter(|key| !is_configured(key));
        self.configured.iter().chain(stored).cloned().collect()
    }
}

/// The thread that looks.
#[derive(Debug)]
struct Watch {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Keys {
    /// Opens the store, if the file has one.
    pub(crate) fn open(config: &Config) -> Result<Self, Failure> {
        let vdns = config.vdns.iter().map(|vdn| vdn.id.value).collect::<Vec<_>>();
        let mut stored = Vec::new();
        let mut store = None;
        if let Some(place) = &config.keys {
            let opened = place.read().and_then(|master| KeyStore::open(&config.journal.data, master));
            let mut opened = opened.map_err(|error| Failure::of(&error))?;
            stored = read(&mut opened, &vdns).map_err(|error| Failure::of(&error))?;
            tracing::info!(keys = stored.len(), "opened the key store");
            store = Some(opened);
        }
        let known = Arc::new(Mutex::new(Known { configured: Vec::new(), stored }));
        Ok(Self { known, store, vdns, watch: None })
    }

    /// Has `take` take all keys, where those of the file are `configured` from now on: nobody else swaps keys meanwhile.
    pub(crate) fn configure<T>(&self, configured: Vec<AccessKey>, take: impl FnOnce(Vec<AccessKey>) -> T) -> T {
        let mut known = lock(&self.known);
        known.configured = configured;
        take(known.all())
    }

    /// From now on the store's changes reach the signed face, and its refusals the store.
    pub(crate) fn watch(&mut self, access: Access) -> Result<(), Failure> {
        let Some(store) = self.store.take() else { return Ok(()) };
        let heard: Arc<Heard> = Arc::default();
        let hears = Arc::clone(&heard);
        access.on_refusal(Arc::new(move |refusal| hears.hear(refusal)));
        let watching = Watching { store, heard, access, known: Arc::clone(&self.known), vdns: self.vdns.clone() };
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("keys".to_owned()).spawn(move || watching.run(&stopped));
        let thread = thread.map_err(|error| Failure::of(&error))?;
        self.watch = Some(Watch { stop, thread });
        Ok(())
    }

    /// Writes down what was heard last. Blocks until that is done.
    pub(crate) fn stop(self) {
        if let Some(Watch { stop, thread }) = self.watch {
            drop(stop);
            // It has logged what went wrong.
            let _ = thread.join();
        }
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The keys of the store; what cannot be opened is said and left out.
fn read(store: &mut KeyStore, vdns: &[VdnId]) -> Result<Vec<AccessKey>, KeysError> {
    let read = store.access_keys(vdns, SystemTime::now())?;
    for (ak, secret) in read.unreadable {
        tracing::error!(
            ak,
            secret,
            "a secret of the key store cannot be opened: somebody has changed it without the master key"
        );
    }
    Ok(read.keys)
}

struct Watching {
    store: KeyStore,
    heard: Arc<Heard>,
    access: Access,
    known: Arc<Mutex<Known>>,
    vdns: Vec<VdnId>,
}

impl Watching {
    fn run(mut self, stopped: &mpsc::Receiver<()>) {
        let mut uses_noted = Instant::now();
        loop {
            let is_over = stopped.recv_timeout(LOOK_EVERY) != Err(RecvTimeoutError::Timeout);
            if let Err(error) = self.look() {
                tracing::error!("the key store failed, the access keys stay as they are: {}", chain(&error));
            }
            if is_over || uses_noted.elapsed() >= NOTE_USES_EVERY {
                uses_noted = Instant::now();
                if let Err(error) = self.store.note_uses() {
                    tracing::warn!("the uses of access keys are not written down: {}", chain(&error));
                }
            }
            if is_over {
                return;
            }
        }
    }

    fn look(&mut self) -> Result<(), KeysError> {
        let refusals = self.heard.take();
        if !refusals.is_empty() {
            self.store.note_refusals(&refusals, SystemTime::now())?;
        }
        if self.store.was_changed()? {
            let stored = read(&mut self.store, &self.vdns)?;
            tracing::info!(keys = stored.len(), "the access keys of the store were read again");
            let mut known = lock(&self.known);
            known.stored = stored;
            if let Err(error) = self.access.replace(known.all()) {
                tracing::error!("the access keys are not taken, the old ones go on: {}", chain(&error));
            }
        }
        Ok(())
    }
}

/// What was refused since somebody took it.
#[derive(Debug, Default)]
struct Heard(Mutex<HashMap<Refusal, u32>>);

impl Heard {
    fn hear(&self, refusal: Refusal) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = counts.contains_key(&refusal) || counts.len() < DIFFERENT_MAX;
        let others = Refusal {
            ak: None,
            cause: "too many different ones to tell apart",
            source: None,
            interface: String::new(),
        };
        let count = counts.entry(if is_known { refusal } else { others }).or_default();
        *count = count.saturating_add(1);
    }

    fn take(&self) -> Vec<(Refusal, u32)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(ak: usize) -> Refusal {
        Refusal { ak: Some(ak.to_string()), cause: "another signature", source: None, interface: "/path".into() }
    }

    #[test]
    fn a_flood_of_refusals_is_counted_and_takes_bounded_room() {
        let heard = Heard::default();
        (0..5000).for_each(|ak| heard.hear(refusal(ak)));
        (0..7).for_each(|_| heard.hear(refusal(3)));
        let taken = heard.take();
        assert_eq!(taken.len(), DIFFERENT_MAX + 1);
        assert_eq!(taken.iter().map(|(_, count)| count).sum::<u32>(), 5007);
        assert_eq!(taken.iter().find(|(found, _)| *found == refusal(3)).map(|(_, count)| *count), Some(8));
        assert!(heard.take().is_empty());
    }

    #[test]
    fn a_key_of_the_file_counts_before_one_of_the_store() {
        let key = |ak: &str, sk: &str| AccessKey::new(ak, sk.into(), vec![VdnId(1)]);
        let known = Known {
            configured: vec![key("one", "of the file")],
            stored: vec![key("one", "of the store"), key("two", "of the store")],
        };
        let all: Vec<(String, Vec<u8>)> =
            known.all().into_iter().map(|key| (key.ak, key.secrets[0].sk.expose().to_vec())).collect();
        assert_eq!(all, [("one".into(), b"of the file".to_vec()), ("two".into(), b"of the store".to_vec())]);
    }
}
