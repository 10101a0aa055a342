//! The vectors of RFC 7616, and what must not get through.

use std::net::SocketAddr;

use super::{Algorithm, Attempt, Authenticator, Credentials, DigestHeader, Verdict};

const REALM: &str = "demo.example";
const URI: &str = "sip:demo.example";

fn source() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5070))
}

fn attempt() -> Attempt<'static> {
    Attempt { method: "REGISTER", uri: URI, source: source(), realm: REALM, now: 0 }
}

/// What a phone makes of a challenge.
fn answer(challenge: &str, algorithm: Algorithm, password: &str, nc: &str, uri: &str) -> String {
    let field = |name: &str| {
        let start = challenge.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        challenge[start..].split('"').next().unwrap().to_owned()
    };
    let (nonce, opaque) = (field("nonce"), field("opaque"));
    let ha1 = algorithm.hash(&["1001", REALM, password]);
    let ha2 = algorithm.hash(&["REGISTER", uri]);
    let response = algorithm.hash(&[&ha1, &nonce, nc, "0a4f113b", "auth", &ha2]);
    format!(
        "Digest username=\"1001\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
         cnonce=\"0a4f113b\", nc={nc}, qop=auth, opaque=\"{opaque}\", algorithm={}",
        algorithm.as_str()
    )
}

struct Desk {
    authenticator: Authenticator,
    known: Credentials,
}

impl Desk {
    fn new() -> Self {
        let authenticator = Authenticator::new().unwrap();
        Self { authenticator, known: Credentials::new("1001", REALM, "secret") }
    }

    fn challenge(&self, index: usize) -> String {
        self.authenticator.challenges(REALM, source(), false, 0)[index].clone()
    }

    fn check(&self, attempt: &Attempt<'_>, value: &str) -> Verdict {
        self.authenticator.check(attempt, &DigestHeader::parse(value).unwrap(), Some(&self.known))
    }
}

#[test]
fn the_example_of_rfc_7616() {
    let text = "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", \
                nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
                cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"x\"";
    let header = DigestHeader::parse(text).unwrap();
    let credentials = Credentials::new("Mufasa", "http-auth@example.org", "Circle of Life");
    assert_eq!(credentials.response(Algorithm::Md5, "GET", &header), "8ca523f5e9506fed4657c9700eebdbec");
    assert_eq!(
        credentials.response(Algorithm::Sha256, "GET", &header),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
}

#[test]
fn sha_256_is_offered_before_md5_with_nonces_of_their_own() {
    let desk = Desk::new();
    let [first, second] = desk.authenticator.challenges(REALM, source(), true, 0);
    assert!(first.contains("algorithm=SHA-256, qop=\"auth\", stale=true"), "{first}");
    assert!(second.contains("algorithm=MD5, qop=\"auth\", stale=true"), "{second}");
}

#[test]
fn both_algorithms_are_accepted_twenty_times_on_one_nonce() {
    let desk = Desk::new();
    for (index, algorithm) in Algorithm::ALL.into_iter().enumerate() {
        let challenge = desk.challenge(index);
        for count in 1..=20 {
            let value = answer(&challenge, algorithm, "secret", &format!("{count:08x}"), URI);
            assert_eq!(desk.check(&attempt(), &value), Verdict::Genuine, "{count}");
            assert_eq!(desk.check(&attempt(), &value), Verdict::Stale, "replay of {count}");
        }
        let short = answer(&challenge, algorithm, "secret", "100", URI);
        assert_eq!(desk.check(&attempt(), &short), Verdict::Genuine);
    }
}

#[test]
fn what_is_wrong_is_refused() {
    let desk = Desk::new();
    let challenge = desk.challenge(0);
    let good = answer(&challenge, Algorithm::Sha256, "secret", "00000001", URI);
    let wrong_password = answer(&challenge, Algorithm::Sha256, "guess", "00000001", URI);
    assert_eq!(desk.check(&attempt(), &wrong_password), Verdict::Wrong);
    let header = DigestHeader::parse(&good).unwrap();
    assert_eq!(desk.authenticator.check(&attempt(), &header, None), Verdict::Wrong, "unknown user");
    let elsewhere = Attempt { uri: "sip:other.example", ..attempt() };
    assert_eq!(desk.check(&elsewhere, &good), Verdict::Wrong, "altered URI");
    let other_method = Attempt { method: "INVITE", ..attempt() };
    assert_eq!(desk.check(&other_method, &good), Verdict::Wrong, "altered method");
    for (from, to) in
        [("SHA-256", "MD5"), ("SHA-256", "SHA-256-sess"), ("opaque=\"", "opaque=\"0"), (REALM, "x.example")]
    {
        assert_eq!(desk.check(&attempt(), &good.replace(from, to)), Verdict::Wrong, "{to}");
    }
    assert_eq!(desk.check(&attempt(), &good), Verdict::Genuine, "nothing wrong was counted");
}

#[test]
fn a_nonce_that_is_old_or_somebody_elses_is_stale() {
    let desk = Desk::new();
    let value = answer(&desk.challenge(0), Algorithm::Sha256, "secret", "00000001", URI);
    let stranger = Attempt { source: SocketAddr::from(([127, 0, 0, 2], 5070)), ..attempt() };
    assert_eq!(desk.check(&stranger, &value), Verdict::Stale);
    let later = Attempt { now: 60_001, ..attempt() };
    assert_eq!(desk.check(&later, &value), Verdict::Stale);
    let other_process = Desk::new().challenge(0).replace(&Desk::new().authenticator.opaque, "");
    let value = answer(&other_process, Algorithm::Sha256, "secret", "00000001", URI);
    assert_ne!(desk.check(&attempt(), &value), Verdict::Genuine);
}

#[test]
fn a_digest_counts_for_the_same_user_host_and_port() {
    let desk = Desk::new();
    let challenge = desk.challenge(0);
    let value = |nc: &str| answer(&challenge, Algorithm::Sha256, "secret", nc, "sip:demo.example:5060");
    assert_eq!(desk.check(&attempt(), &value("1")), Verdict::Genuine);
    let with_parameters = Attempt { uri: "sip:DEMO.example;transport=udp", ..attempt() };
    assert_eq!(desk.check(&with_parameters, &value("2")), Verdict::Genuine);
    let other_port = Attempt { uri: "sip:demo.example:5061", ..attempt() };
    assert_eq!(desk.check(&other_port, &value("3")), Verdict::Wrong);
}
