//! Sessions of agents: a bearer token stands for a password that was right.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::{AgentId, VdnId};
use sha2::{Digest, Sha256};

/// How long a session lasts: a long shift.
pub(crate) const LASTS: Duration = Duration::from_secs(12 * 3600);
/// Sessions of one agent; one more ends the oldest.
const OF_ONE_AGENT_MAX: usize = 8;

/// SHA-256 of a token or an API key: what we keep of it.
pub(crate) type TokenHash = [u8; 32];

/// What we keep of a secret that somebody shows us.
pub(crate) fn hash(secret: &[u8]) -> TokenHash {
    Sha256::digest(secret).into()
}

/// All live sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<TokenHash, Session>>);

/// A session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) vdn: VdnId,
    pub(crate) agent: AgentId,
    /// Of the password it was opened with: another password ends it.
    pub(crate) password: TokenHash,
    pub(crate) until: Instant,
}

/// Why no session was opened.
#[derive(Debug)]
pub(crate) enum CannotOpen {
    /// There are as many as there may be.
    Full,
    /// The operating system gave no random bytes.
    Random,
}

impl Sessions {
    /// Opens a session and returns its token: 256 random bits in hexadecimal digits.
    pub(crate) fn open(
        &self,
        vdn: VdnId,
        agent: AgentId,
        password: TokenHash,
        max: u32,
        now: Instant,
    ) -> Result<String, CannotOpen> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|_| CannotOpen::Random)?;
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= max as usize {
            sessions.retain(|_, session| session.until > now);
        }
        let of_agent = sessions.iter().filter(|(_, session)| (session.vdn, session.agent) == (vdn, agent));
        let mut of_agent: Vec<_> = of_agent.map(|(hash, session)| (session.until, *hash)).collect();
        if of_agent.len() >= OF_ONE_AGENT_MAX {
            of_agent.sort_unstable();
            sessions.remove(&of_agent[0].1);
        } else if sessions.len() >= max as usize {
            return Err(CannotOpen::Full);
        }
        sessions.insert(hash(token.as_bytes()), Session { vdn, agent, password, until: now + LASTS });
        Ok(token)
    }

    /// The session of a token, if it is live.
    pub(crate) fn find(&self, token: &TokenHash, now: Instant) -> Option<Session> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(token).copied().filter(|session| session.until > now)
    }

    /// Ends a session.
    pub(crate) fn close(&self, token: &TokenHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_its_time_and_no_longer() {
        let (sessions, mut now) = (Sessions::default(), Instant::now());
        let token = sessions.open(VdnId(170), AgentId(1001), [7; 32], 1, now).unwrap();
        assert_eq!(token.len(), 64);
        let found = sessions.find(&hash(token.as_bytes()), now).unwrap();
        assert_eq!((found.vdn, found.agent, found.password), (VdnId(170), AgentId(1001), [7; 32]));
        assert!(sessions.find(&hash(b"another"), now).is_none());
        assert!(matches!(sessions.open(VdnId(170), AgentId(1002), [7; 32], 1, now), Err(CannotOpen::Full)));
        now += LASTS;
        assert!(sessions.find(&hash(token.as_bytes()), now).is_none());
        assert!(sessions.open(VdnId(170), AgentId(1002), [7; 32], 1, now).is_ok());
    }

    #[test]
    fn the_ninth_session_of_an_agent_ends_the_first() {
        let (sessions, mut now) = (Sessions::default(), Instant::now());
        let mut tokens = Vec::new();
        for _ in 0..9 {
            tokens.push(sessions.open(VdnId(170), AgentId(1001), [7; 32], 100, now).unwrap());
            now += Duration::from_secs(1);
        }
        let is_live = |token: &String| sessions.find(&hash(token.as_bytes()), now).is_some();
        assert!(!is_live(&tokens[0]));
        assert!(tokens[1..].iter().all(is_live));
        sessions.close(&hash(tokens[5].as_bytes()));
        assert!(!is_live(&tokens[5]));
    }
}
