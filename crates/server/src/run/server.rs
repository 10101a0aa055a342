//! Nodes, histories, faces and the SIP edge, wired together: started bottom up, reloaded, stopped top down.

use std::fs::DirBuilder;
use std::mem;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, Instant};

use api::{Faces, RenderMetrics};
use history::History;
use node::Node;
use sip::{Edge, Vitals};
use tokio::runtime::Handle;

use super::keys::Keys;
use super::readiness::Ready;
use super::{floor_metrics, open, tls};
use crate::command::Failure;
use crate::config::{Config, to_api, to_sip};

/// How long open requests may run on when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// A server that serves.
#[derive(Debug)]
pub(crate) struct Server {
    config: Config,
    nodes: Vec<Node>,
    histories: Vec<History>,
    keys: Keys,
    faces: Faces,
    edge: Edge,
    ready: Ready,
}

impl Server {
    /// Starts journal, nodes, their histories, faces and the SIP edge, in this order: nothing is asked or rung before it can
    /// be decided. Histories and faces run on `threads`, the edge where this is called.
    pub(crate) async fn start(config: Config, render: RenderMetrics, threads: &Handle) -> Result<Self, Failure> {
        let begun = Instant::now();
        make_private(&config.journal.data)?;
        let tls = tls::settings(&config).map_err(|error| Failure::of(&error))?;
        let mut keys = Keys::open(&config)?;
        let nodes = open::nodes(&config).await?;
        let histories = open::histories(&config, &nodes, threads).await?;
        let ready = Ready::default();
        let render = floor_metrics::start(&nodes, render);
        let mut settings = to_api::settings(&config, tls);
        let configured = mem::take(&mut settings.public.access_keys);
        settings.public.access_keys = keys.configure(configured, |all| all);
        let faces = Faces::start(settings, nodes.clone(), histories.clone(), render, ready.check(&nodes));
        let faces = threads.spawn(faces).await.map_err(|error| Failure::of(&error))?;
        let faces = faces.map_err(|error| Failure::of(&error))?;
        keys.watch(faces.access())?;
        let edge = Edge::start(to_sip::settings(&config), nodes.clone()).await.map_err(|error| Failure::of(&error))?;
        ready.starts(edge.vitals());
        tracing::info!(
            public = %faces.public_address(),
            internal = %faces.internal_address(),
            sip = ?edge.status().listening,
            took = ?begun.elapsed(),
            "ready"
        );
        Ok(Self { config, nodes, histories, keys, faces, edge, ready })
    }

    /// Takes another configuration: the floors first, then what the edges are told. Listeners, the journal, the log and
    /// the set of VDNs stay until the next start.
    pub(crate) async fn reload(&mut self, config: Config) -> Result<(), Failure> {
        self.needs_restart(&config)?;
        let tls = tls::settings(&config).map_err(|error| Failure::of(&error))?;
        let mut settings = to_api::settings(&config, tls);
        settings.check().map_err(|error| Failure::of(&error))?;
        let phones = to_sip::settings(&config);
        let mistakes = phones.mistakes();
        if let Some(mistake) = mistakes.first() {
            return Err(Failure::Wrong(mistake.to_string()));
        }
        for (node, vdn) in self.nodes.iter().zip(&config.vdns) {
            open::configure(node, &vdn.floor).await?;
        }
        self.edge.reload(phones).map_err(|error| Failure::of(&error))?;
        let taken = self.keys.configure(mem::take(&mut settings.public.access_keys), |all| {
            settings.public.access_keys = all;
            self.faces.reload(settings)
        });
        taken.map_err(|error| Failure::of(&error))?;
        self.config = config;
        Ok(())
    }

    /// Says what in `config` only counts after a restart; refuses a change of the VDNs themselves.
    fn needs_restart(&self, config: &Config) -> Result<(), Failure> {
        let ids = |config: &Config| config.vdns.iter().map(|vdn| vdn.id.value).collect::<Vec<_>>();
        if ids(config) != ids(&self.config) {
            let why = "VDNs were added, removed or moved in the file; that needs a restart";
            return Err(Failure::Wrong(why.to_owned()));
        }
        let (old, new) = (&self.config, config);
        let listeners = |config: &Config| {
            let sip: Vec<_> = config.sip.listen.iter().map(|listen| listen.value.clone()).collect();
            (sip, config.faces.public.listen.value, config.faces.internal.value)
        };
        let media = |config: &Config| {
            let settings = config.media.settings.clone();
            (settings.address, settings.ports, settings.threads, settings.hold_audio, settings.ringback)
        };
        let unchanged = [
            ("listeners", listeners(old) == listeners(new)),
            ("[sip.limits]", old.sip.limits == new.sip.limits),
            ("[media]", media(old) == media(new)),
            ("[keys]", old.keys == new.keys),
            ("[journal]", old.journal == new.journal),
            ("[log]", old.log == new.log),
            ("[process]", old.threads == new.threads),
        ];
        for (what, _) in unchanged.iter().filter(|(_, is_same)| !is_same) {
            tracing::warn!("{what} changed in the file; that counts after a restart");
        }
        Ok(())
    }

    /// Whether the tasks run without which nothing rings.
    pub(crate) fn vitals(&self) -> Vitals {
        self.edge.vitals()
    }

    /// The VDNs' nodes, in the order of the file.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Takes no new calls and hangs up the live ones, lets open requests end, and closes the journal and its history.
    pub(crate) async fn stop(self) {
        self.ready.stops();
        self.edge.stop().await;
        self.faces.stop(GRACE).await;
        let keys = self.keys;
        let _ = tokio::task::spawn_blocking(move || keys.stop()).await;
        for node in self.nodes {
            // Stopping a node blocks until its writer is done.
            let _ = tokio::task::spawn_blocking(move || node.stop()).await;
        }
        for history in self.histories {
            let _ = tokio::task::spawn_blocking(move || history.stop()).await;
        }
    }
}

/// Makes the data folder if it is not there, for this user alone: callers' numbers are in the journal.
pub(crate) fn make_private(folder: &Path) -> Result<(), Failure> {
    if folder.is_dir() {
        return Ok(());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Failure::Failed(format!("cannot make the data folder {}: {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::run::Signals;
    use std::sync::Arc;

    const CENTRE: &str = r#"
[sip]
listen = "127.0.0.1:0"

[media]
ports = "32000-32998"

[public]
listen = "127.0.0.1:0"

[internal]
listen = "127.0.0.1:0"

[journal]
store = "memory"

[[vdn]]
id = 170
domain = "127.0.0.1"
"#;

    fn ready(server: &Server) -> (u16, String) {
        let url = format!("http://{}/readyz", server.faces.internal_address());
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut answer = tokio::task::block_in_place(|| agent.get(url).call()).expect("the internal face answers");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("it answers with text"))
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_whose_sip_breaks_says_so_and_stops_by_itself() {
        let folder = std::env::temp_dir().join(format!("anteroom-broken-{}", std::process::id()));
        let mut config = config::parse("test.toml", CENTRE, Path::new("")).expect("the test's file has no mistake");
        config.journal.data.clone_from(&folder);
        tls::install_cryptography();
        let signals = Signals::listen().expect("signals can be listened to");
        let server = Server::start(config, Arc::new(String::new), &Handle::current()).await.expect("the server starts");
        assert_eq!(ready(&server).0, 200);

        let part = server.vitals().run("switchboard", async { panic!("a fault for the test") });
        assert!(part.await.is_err_and(|error| error.is_panic()));
        let (status, text) = ready(&server);
        assert_eq!(status, 503);
        assert!(text.contains("broken: the switchboard ended by a fault of ours"), "{text}");

        let end =
            tokio::time::timeout(Duration::from_secs(20), signals.serve(server, None, std::future::pending())).await;
        let end = end.expect("it stops without being told");
        assert!(matches!(&end, Err(Failure::Broken(why)) if why.contains("switchboard")), "{end:?}");
        let _ = std::fs::remove_dir_all(folder);
    }
}
