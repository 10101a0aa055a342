//! Session timers (RFC 4028): who refreshes, how often, and when silence ends the session.

use std::time::Duration;

use crate::message::{Headers, Response};
use crate::port::SessionTimers;
use crate::time::Timestamp;
use crate::value::{Refresher, SessionExpires, delta_seconds};

/// No session interval may be shorter (RFC 4028, 5).
const MIN_SECONDS: u32 = 90;

/// The longest interval others can make us agree to: a day. Every wait has an end.
const MAX_SECONDS: u32 = 86_400;

/// The timer of one session.
#[derive(Clone, Debug)]
pub(super) struct SessionTimer {
    /// What we propose, grown to what others asked for.
    interval: u32,
    min: u32,
    /// Whether the running interval is ours to refresh; `None` before the first answer.
    we_refresh: Option<bool>,
    refresh_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

/// What we settle on in the 2xx to a request of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) seconds: u32,
    refresher: Refresher,
}

impl Terms {
    pub(super) fn we_refresh(self) -> bool {
        self.refresher == Refresher::Uas
    }

    /// Writes them into the 2xx. `Require` only where the other side is to refresh (RFC 4028, 9).
    pub(super) fn put_on(self, response: Response) -> Response {
        let expires = SessionExpires { seconds: self.seconds, refresher: Some(self.refresher) };
        let response = response.with("Session-Expires", &expires.to_string());
        if self.we_refresh() { response } else { response.with("Require", "timer") }
    }
}

impl SessionTimer {
    pub(super) fn new(settings: SessionTimers) -> Self {
        let min = settings.min_seconds.max(MIN_SECONDS);
        let interval = settings.interval_seconds.max(min);
        Self { interval, min, we_refresh: None, refresh_at: None, expires_at: None }
    }

    /// The interval in seconds, and whether it is ours to refresh.
    pub(super) const fn standing(&self) -> (u32, Option<bool>) {
        (self.interval, self.we_refresh)
    }

    /// Adds what a session refresh of ours proposes (RFC 4028, 7.1 and 7.4). The first request leaves open who
    /// refreshes; later ones keep it as it is.
    pub(super) fn propose(&self, headers: &mut Headers, is_first: bool) {
        let who = |ours| if ours { Refresher::Uac } else { Refresher::Uas };
        let refresher = self.we_refresh.filter(|_| !is_first).map(who);
        headers.push("Session-Expires", &SessionExpires { seconds: self.interval, refresher }.to_string());
        headers.push("Min-SE", &self.min.to_string());
    }

    /// What we answer to a session refresh of the other side (RFC 4028, 9): never more than it asked for. When it
    /// leaves open who refreshes, it stays as it was, or is left to the side that asked. `Err` is our Min-SE, for 422.
    pub(super) fn terms(&self, headers: &Headers) -> Result<Terms, u32> {
        let knows_timers = headers.lists("Supported", "timer");
        let asked = headers.get("Session-Expires").and_then(SessionExpires::parse);
        let their_min = headers.get("Min-SE").and_then(delta_seconds).unwrap_or(0).min(MAX_SECONDS);
        let ours = self.interval.max(their_min);
        let Some(asked) = asked else { return Ok(Terms { seconds: ours, refresher: Refresher::Uas }) };
        if asked.seconds < self.min && knows_timers {
            return Err(self.min);
        }
        let refresher = match (knows_timers, asked.refresher, self.we_refresh) {
            (false, _, _) | (true, Some(Refresher::Uas), _) | (true, None, Some(true)) => Refresher::Uas,
            (true, Some(Refresher::Uac), _) | (true, None, Some(false) | None) => Refresher::Uac,
        };
        // Below our minimum only where a proxy asked for a phone that knows no timers: nobody could handle a 422.
        Ok(Terms { seconds: asked.seconds.max(self.min).min(ours.max(self.min)), refresher })
    }

    /// Starts the interval anew, at the answer of a session refresh.
    pub(super) fn start(&mut self, now: Timestamp, seconds: u32, we_refresh: bool) {
        let seconds = u64::from(seconds.clamp(MIN_SECONDS, MAX_SECONDS));
        let interval = Duration::from_secs(seconds);
        self.we_refresh = Some(we_refresh);
        self.refresh_at = we_refresh.then(|| now + interval / 2);
        // A little early, so that the BYE arrives before the other side gives up too (RFC 4028, 10).
        self.expires_at = Some(now + (interval - Duration::from_secs(32).min(interval / 3)));
    }

    /// Takes the 2xx to a session refresh of ours. Without Session-Expires the other side knows no timers; then we
    /// refresh, which shows whether it is still there.
    pub(super) fn settled(&mut self, now: Timestamp, headers: &Headers) {
        match headers.get("Session-Expires").and_then(SessionExpires::parse) {
            Some(settled) => self.start(now, settled.seconds, settled.refresher != Some(Refresher::Uas)),
            None => self.start(now, self.interval, true),
        }
    }

    /// Takes the Min-SE of a 422; `false` when it would not change what we propose.
    pub(super) fn lengthen(&mut self, headers: &Headers) -> bool {
        let longer = self.interval.saturating_add(1)..=MAX_SECONDS;
        let Some(min) = headers.get("Min-SE").and_then(delta_seconds).filter(|min| longer.contains(min)) else {
            return false;
        };
        self.interval = min;
        self.min = self.min.max(min);
        true
    }

    /// A request that would have refreshed the session failed: when nothing else will, once more after half of what
    /// is left.
    pub(super) fn try_later(&mut self, now: Timestamp) {
        let (Some(true), None, Some(expires)) = (self.we_refresh, self.refresh_at, self.expires_at) else { return };
        let left = Duration::from_micros(u64::try_from(expires.0.saturating_sub(now.0)).unwrap_or(0));
        self.refresh_at = (left > Duration::from_secs(10)).then(|| now + left / 2);
    }

    /// Whether a refresh is due; told once.
    pub(super) fn take_refresh(&mut self, now: Timestamp) -> bool {
        let due = self.refresh_at.is_some_and(|at| now >= at);
        if due {
            self.refresh_at = None;
        }
        due
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| now >= at)
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.refresh_at.into_iter().chain(self.expires_at).min()
    }
}
