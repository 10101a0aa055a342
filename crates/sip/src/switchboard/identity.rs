//! Who calls: read from a trunk's INVITE, written into an agent's.

use std::sync::Arc;

use engine::AgentId;
use leg::value::{NameAddr, list, percent_encoded};
use leg::{Headers, Request};

/// The longest number and the longest display name that are carried on, in bytes.
const NUMBER_MAX: usize = 64;
const DISPLAY_MAX: usize = 64;

/// Who calls, as agents and outside numbers are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Empty when withheld.
    pub(crate) number: Arc<str>,
    /// Empty when there is none, or when it is withheld.
    pub(crate) display: Arc<str>,
}

impl Identity {
    /// What a trunk's INVITE says: `P-Asserted-Identity` (RFC 3325), for trunks are trusted by configuration, else
    /// `From`. A caller who asks for privacy (RFC 3323), or is anonymous in `From`, has no number.
    pub(crate) fn of_trunk_call(request: &Request) -> Self {
        let from = request.headers.get("From").and_then(NameAddr::parse);
        if asks_for_privacy(&request.headers) || from.as_ref().is_some_and(is_anonymous) {
            return Self::withheld();
        }
        let asserted = request.headers.all("P-Asserted-Identity").flat_map(list).find_map(NameAddr::parse);
        let Some(who) = asserted.or(from) else { return Self::withheld() };
        let number = who.user().map_or_else(String::new, |user| carried(&user, NUMBER_MAX));
        Self { number: number.into(), display: carried(&who.display(), DISPLAY_MAX).into() }
    }

    /// A colleague, by number.
    pub(crate) fn of_agent(agent: AgentId) -> Self {
        Self { number: agent.to_string().into(), display: "".into() }
    }

    pub(crate) fn withheld() -> Self {
        Self { number: "".into(), display: "".into() }
    }

    fn is_withheld(&self) -> bool {
        self.number.is_empty()
    }

    /// The display name for `From`.
    pub(crate) fn display_name(&self) -> &str {
        if self.is_withheld() { "Anonymous" } else { &self.display }
    }

    /// The URI for `From`: the caller's number in our domain, or the anonymous one of RFC 3323, 4.1.1.3.
    pub(crate) fn uri(&self, domain: &str) -> String {
        if self.is_withheld() {
            return "sip:anonymous@anonymous.invalid".to_owned();
        }
        format!("sip:{}@{domain}", percent_encoded(&self.number))
    }

    /// `P-Asserted-Identity` towards whom we trust; `Privacy` when there is nothing to assert.
    pub(crate) fn headers(&self, domain: &str) -> Headers {
        if self.is_withheld() {
            return Headers::new().with("Privacy", "id");
        }
        let asserted = leg::value::name_addr(&self.display, &self.uri(domain), "");
        Headers::new().with("P-Asserted-Identity", &asserted)
    }
}

/// A number as logs may show it: its last three digits at most, and never more than half of it.
pub(crate) fn masked(number: &str) -> String {
    let length = number.chars().count();
    let shown = 3.min(length / 2);
    let tail = number.chars().skip(length - shown).collect::<String>();
    format!("…{tail}")
}

/// The text without control characters, cut at `bytes_max`.
fn carried(text: &str, bytes_max: usize) -> String {
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if out.len() + c.len_utf8() > bytes_max {
            break;
        }
        out.push(c);
    }
    out
}

fn asks_for_privacy(headers: &Headers) -> bool {
    let values = headers.all("Privacy").flat_map(|value| value.split([';', ',']));
    values.map(str::trim).any(|value| ["id", "user", "header"].iter().any(|asked| value.eq_ignore_ascii_case(asked)))
}

fn is_anonymous(from: &NameAddr<'_>) -> bool {
    let Some(uri) = from.parts() else { return true };
    uri.host.eq_ignore_ascii_case("anonymous.invalid")
        || uri.user.is_none_or(|user| user.eq_ignore_ascii_case("anonymous"))
}

#[cfg(test)]
mod tests {
    use super::{Identity, masked};
    use leg::{Method, Request};

    fn identity(headers: &[(&str, &str)]) -> (String, String) {
        let mut request = Request::new(Method::Invite, "sip:8001@example.com");
        for (name, value) in headers {
            request.headers.push(name, value);
        }
        let identity = Identity::of_trunk_call(&request);
        (identity.number.to_string(), identity.display.to_string())
    }

    #[test]
    fn the_asserted_number_goes_before_from() {
        let from = ("From", "\"Ann\" <sip:+4930123@carrier.example>;tag=1");
        assert_eq!(identity(&[from]), ("+4930123".into(), "Ann".into()));
        let asserted = ("P-Asserted-Identity", "<tel:+4930999>");
        assert_eq!(identity(&[from, asserted]), ("+4930999".into(), String::new()));
    }

    #[test]
    fn withheld_numbers_stay_withheld() {
        let none = (String::new(), String::new());
        let asserted = ("P-Asserted-Identity", "<sip:+4930999@carrier.example>");
        let anonymous = ("From", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1");
        assert_eq!(identity(&[anonymous, asserted]), none);
        assert_eq!(identity(&[("From", "<sip:+4930123@c.example>;tag=1"), asserted, ("Privacy", "header;id")]), none);
        assert_eq!(Identity::withheld().uri("sales.example"), "sip:anonymous@anonymous.invalid");
        assert_eq!(Identity::withheld().headers("sales.example").get("Privacy"), Some("id"));
    }

    #[test]
    fn agents_are_told_the_number_in_our_domain() {
        let caller = Identity { number: "+49 30".into(), display: "A \"b\"".into() };
        assert_eq!(caller.uri("sales.example"), "sip:+49%2030@sales.example");
        let asserted = caller.headers("sales.example");
        assert_eq!(asserted.get("P-Asserted-Identity"), Some("\"A \\\"b\\\"\" <sip:+49%2030@sales.example>"));
    }

    #[test]
    fn overlong_identities_are_cut() {
        let long = "7".repeat(500);
        let (number, _) = identity(&[("From", &format!("<sip:{long}@c.example>;tag=1"))]);
        assert_eq!(number.len(), 64);
    }

    #[test]
    fn logs_see_the_end_of_a_number_only() {
        assert_eq!(masked("+4930123456"), "…456");
        assert_eq!(masked("101"), "…1");
        assert_eq!(masked(""), "…");
    }
}
