//! Phones that cannot be met as the standards say. The one place for what is done about them.

use leg::Request;

/// Whether this phone stops at the first challenge whose algorithm it does not know, where RFC 7616 (3.7) has it go on to
/// the next: then MD5 is all it is offered. So does baresip 1 (libre 1 and 2: `Register: Function not implemented`).
/// Nothing is given away by it, for any phone may choose MD5.
pub(super) fn stops_at_sha256(request: &Request) -> bool {
    let agent = request.headers.get("User-Agent").unwrap_or_default();
    ["baresip v0.", "baresip v1."].iter().any(|known| agent.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_baresip_is_known_by_its_name_and_nobody_else_is() {
        for (agent, expected) in
            [("baresip v1.0.0 (x86_64/linux)", true), ("baresip v3.1.0 (x86_64/linux)", false), ("Yealink", false)]
        {
            let mut request = Request::new(leg::Method::Register, "sip:127.0.0.1");
            request.headers.push("User-Agent", agent);
            assert_eq!(stops_at_sha256(&request), expected, "{agent}");
        }
    }
}
