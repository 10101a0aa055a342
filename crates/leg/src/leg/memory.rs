//! What a leg would have to be told to go on in another process.

use super::Leg;

/// What a leg goes on with: for whoever keeps it beyond this process. A leg that is taken up again starts at
/// [`Memory::cseq`] and [`Memory::sdp_version`], which are ahead of what is in use; see
/// [`LegEvent::Reserve`](crate::LegEvent::Reserve).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory<'a> {
    /// The dialog's Call-ID.
    pub call_id: &'a str,
    /// Our tag.
    pub local_tag: &'a str,
    /// The other side's tag.
    pub remote_tag: &'a str,
    /// Our address, as a name-addr without tag.
    pub local: &'a str,
    /// The other side's address, as a name-addr without tag.
    pub remote: &'a str,
    /// Our `Contact`, as a name-addr.
    pub contact: &'a str,
    /// The other side's `Contact`, as a URI.
    pub target: &'a str,
    /// The route set in the order of use, each a name-addr.
    pub routes: &'a [Box<str>],
    /// No request of ours has this CSeq or a higher one.
    pub cseq: u32,
    /// The highest CSeq of the other side; `None` before its first request.
    pub remote_cseq: Option<u32>,
    /// The session id of our descriptions.
    pub sdp_session: u64,
    /// No description of ours has this version or a higher one.
    pub sdp_version: u64,
    /// The session interval we propose, in seconds (RFC 4028).
    pub interval_seconds: u32,
    /// Whether we refresh the session; `None` before the first answer.
    pub we_refresh: Option<bool>,
}

impl Leg {
    /// What it would go on with.
    #[must_use]
    pub fn memory(&self) -> Memory<'_> {
        let (cseq, sdp_version) = self.noted;
        let (interval_seconds, we_refresh) = self.timer.standing();
        let dialog = &self.dialog;
        Memory {
            call_id: &dialog.call_id,
            local_tag: &dialog.local_tag,
            remote_tag: &dialog.remote_tag,
            local: dialog.local(),
            remote: dialog.remote(),
            contact: &dialog.contact,
            target: &dialog.target,
            routes: dialog.routes(),
            cseq,
            remote_cseq: dialog.remote_cseq(),
            sdp_session: self.media.session_id(),
            sdp_version,
            interval_seconds,
            we_refresh,
        }
    }
}
