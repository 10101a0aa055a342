//! A baresip under remote control (its `ctrl_tcp` module): a real phone that does what the test says.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::sound::{Heard, heard, heard_at_the_end, share_of_tone, share_of_tone_at_the_end, write_tone};
use crate::{Centre, eventually, free_port};

/// How a phone is set up.
#[derive(Clone, Copy, Debug)]
pub struct Handset {
    /// How it sends SIP: `udp` or `tcp`.
    pub transport: &'static str,
    /// The codecs it speaks, best first.
    pub codecs: &'static str,
    /// For how many seconds it registers.
    pub expires: u32,
}

impl Default for Handset {
    fn default() -> Self {
        Self { transport: "udp", codecs: "pcma,pcmu", expires: 60 }
    }
}

/// A running baresip. Killed when dropped.
#[derive(Debug)]
pub struct Phone {
    user: String,
    transport: &'static str,
    folder: PathBuf,
    process: Child,
    control: TcpStream,
    events: Arc<Mutex<VecDeque<Value>>>,
}

impl Phone {
    /// A phone that registers as an agent and stays registered.
    #[must_use]
    pub fn of_agent(centre: &Centre, agent: u32) -> Self {
        Self::of_agent_with(centre, agent, Handset::default())
    }

    /// The same, set up in another way.
    #[must_use]
    pub fn of_agent_with(centre: &Centre, agent: u32, handset: Handset) -> Self {
        let Handset { transport, expires, .. } = handset;
        let server = format!("sip:127.0.0.1:{};transport={transport}", centre.sip_port);
        let parameters = format!(";auth_pass=demo-{agent};regint={expires};outbound=\"{server}\"");
        let phone = Self::start(centre, &agent.to_string(), &parameters, handset, 440.0);
        // The event of this can come before anybody listens; the log keeps it.
        eventually(&format!("phone {agent} is registered"), || phone.log().contains("200 OK").then_some(()));
        phone
    }

    /// A caller's phone with this number: it registers nowhere and dials the server directly, as a trunk would.
    #[must_use]
    pub fn of_caller(centre: &Centre, number: &str) -> Self {
        Self::of_caller_with(centre, number, Handset::default())
    }

    /// The same, set up in another way.
    #[must_use]
    pub fn of_caller_with(centre: &Centre, number: &str, handset: Handset) -> Self {
        Self::start(centre, number, ";regint=0", handset, 880.0)
    }

    fn start(centre: &Centre, user: &str, parameters: &str, handset: Handset, tone: f64) -> Self {
        let Handset { transport, codecs, .. } = handset;
        let folder = centre.folder.join(format!("phone-{user}"));
        let (sip, control, rtp) = (free_port(), free_port(), free_port());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the phone's folder can be made");
        write_tone(&folder.join("voice.wav"), tone, 120);
        let domain = format!("127.0.0.1:{}", centre.sip_port);
        let host = if parameters.contains("auth_pass") { domain } else { format!("127.0.0.1:{sip}") };
        let account =
            format!("<sip:{user}@{host};transport={transport}>{parameters};answermode=manual;audio_codecs={codecs}\n");
        fs::write(folder.join("accounts"), account).expect("the phone's account can be written");
        fs::write(folder.join("contacts"), "").expect("the phone's contacts can be written");
        fs::write(folder.join("config"), configuration(&folder.display().to_string(), sip, control, rtp))
            .expect("the phone's configuration can be written");
        let log = fs::File::create(folder.join("log")).expect("the phone's log can be made");
        let errors = log.try_clone().expect("the phone's log has a second handle");
        let process = Command::new("baresip")
            .args(["-4", "-v", "-f"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("baresip is installed: ./test.sh does that");
        let control =
            eventually("baresip listens to its control port", || TcpStream::connect(("127.0.0.1", control)).ok());
        let events = Arc::new(Mutex::new(VecDeque::new()));
        listen(control.try_clone().expect("the control connection has a second handle"), Arc::clone(&events));
        Self { user: user.to_owned(), transport, folder, process, control, events }
    }

    /// Dials a number of the centre.
    pub fn dial(&mut self, centre: &Centre, number: &str) {
        let transport = self.transport;
        self.command("dial", &format!("sip:{number}@127.0.0.1:{};transport={transport}", centre.sip_port));
    }

    /// Answers the call that rings.
    pub fn accept(&mut self) {
        self.command("accept", "");
    }

    /// Hangs up; a call that rings is declined.
    pub fn hang_up(&mut self) {
        self.command("hangup", "");
    }

    /// Blind transfer by REFER.
    pub fn transfer(&mut self, centre: &Centre, number: &str) {
        self.command("transfer", &format!("sip:{number}@127.0.0.1:{}", centre.sip_port));
    }

    /// Puts the other side on hold, by re-INVITE.
    pub fn hold(&mut self) {
        self.command("hold", "");
    }

    /// Takes it back.
    pub fn retrieve(&mut self) {
        self.command("resume", "");
    }

    /// Presses a key (RFC 4733).
    pub fn press(&mut self, key: char) {
        self.command("sndcode", &key.to_string());
    }

    /// Waits for the next event of this kind and returns the number at the other side. Events of other kinds stay.
    pub fn wait_for(&self, kind: &str) -> String {
        eventually(&format!("phone {} sees {kind}", self.user), || {
            let mut events = self.events.lock().expect("the listener does not panic");
            let at = events.iter().position(|event| event["type"] == kind)?;
            let event = events.remove(at)?;
            let uri = event["peeruri"].as_str().unwrap_or_default();
            Some(uri.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned())
        })
    }

    /// Waits until a call rings and says who calls.
    #[must_use]
    pub fn rings(&self) -> String {
        self.wait_for("CALL_INCOMING")
    }

    /// Waits until a call is established.
    pub fn is_connected(&self) {
        self.wait_for("CALL_ESTABLISHED");
    }

    /// Waits until a call is over.
    pub fn is_released(&self) {
        self.wait_for("CALL_CLOSED");
    }

    /// Whether an event of this kind has come and nobody has waited for it yet.
    #[must_use]
    pub fn has_seen(&self, kind: &str) -> bool {
        self.events.lock().expect("the listener does not panic").iter().any(|event| event["type"] == kind)
    }

    /// What the phone has heard in its latest talk.
    #[must_use]
    pub fn has_heard(&self) -> Heard {
        self.latest_recording().map(|file| heard(&file)).unwrap_or_default()
    }

    /// How strongly the latest recording carries this tone, 0 to 1.
    #[must_use]
    pub fn hears_tone(&self, hertz: f64) -> f64 {
        self.latest_recording().map_or(0.0, |file| share_of_tone(&file, hertz))
    }

    /// The same, of the last half second alone.
    #[must_use]
    pub fn hears_tone_now(&self, hertz: f64) -> f64 {
        self.latest_recording().map_or(0.0, |file| share_of_tone_at_the_end(&file, hertz))
    }

    /// What the phone has heard in the last half second.
    #[must_use]
    pub fn hears_now(&self) -> Heard {
        self.latest_recording().map(|file| heard_at_the_end(&file)).unwrap_or_default()
    }

    fn latest_recording(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(&self.folder).ok()?;
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        files.filter(|file| file.to_string_lossy().ends_with("-dec.wav")).max()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The phone loses power: no BYE, no un-register.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// The phone is switched off in order: it un-registers.
    ///
    /// # Panics
    /// When it cannot be told, or does not end.
    pub fn switch_off(&mut self) {
        let told = Command::new("kill").arg(self.process.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "the phone runs");
        eventually("the phone is off", || self.process.try_wait().ok().flatten());
    }

    fn command(&mut self, command: &str, parameters: &str) {
        let message = json!({ "command": command, "params": parameters }).to_string();
        let framed = format!("{}:{message},", message.len());
        self.control.write_all(framed.as_bytes()).expect("the phone takes commands");
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.kill();
    }
}

fn configuration(folder: &str, sip: u16, control: u16, rtp: u16) -> String {
    let last = rtp + 9;
    format!(
        "poll_method epoll\nnet_interface 127.0.0.1\nsip_listen 127.0.0.1:{sip}\nrtp_ports {rtp}-{last}\n\
         call_local_timeout 120\ncall_max_calls 4\n\
         audio_source aufile,{folder}/voice.wav\naudio_player aubridge,ear\naudio_alert aubridge,bell\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\nsnd_path {folder}\n\
         module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
         module sndfile.so\nmodule account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n\
         ctrl_tcp_listen 127.0.0.1:{control}\n"
    )
}

/// Collects the phone's events for as long as its control connection lives.
fn listen(control: TcpStream, events: Arc<Mutex<VecDeque<Value>>>) {
    thread::spawn(move || {
        let mut control = BufReader::new(control);
        while let Some(message) = read_netstring(&mut control) {
            let value: Value = serde_json::from_slice(&message).unwrap_or_default();
            if value["event"] == true {
                events.lock().expect("the test does not panic while it holds this").push_back(value);
            }
        }
    });
}

/// One `<length>:<bytes>,`; none at the end of the connection.
fn read_netstring(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut byte = [0];
        from.read_exact(&mut byte).ok()?;
        match byte[0] {
            digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
            b':' => break,
            _ => return None,
        }
    }
    let mut message = vec![0; length + 1];
    from.read_exact(&mut message).ok()?;
    message.pop();
    Some(message)
}
