//! Who types a command, for the audit log.

use std::fs;

use keys::Author;

/// The user of this process, and the command.
pub(super) fn of(act: &str) -> Author {
    let id = rustix::process::getuid().as_raw();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = name(&passwd, id);
    let mut user = format!("{} (uid {id})", user.unwrap_or("unknown"));
    // Anybody can set the variable for itself; it is worth noting where sudo has made somebody root.
    if id == 0
        && let Ok(behind) = std::env::var("SUDO_USER")
    {
        user = format!("{user} for {}", behind.chars().filter(|c| !c.is_control()).take(64).collect::<String>());
    }
    Author { user, by: format!("anteroom keys {act}") }
}

/// The name of a user, in the lines of `/etc/passwd`.
fn name(passwd: &str, id: u32) -> Option<&str> {
    let mut users = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    users.find(|fields| fields.get(2).and_then(|own| own.parse().ok()) == Some(id)).map(|fields| fields[0])
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_user_is_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        assert_eq!(name(passwd, 0), Some("root"));
        assert_eq!(name(passwd, 1000), Some("alice"));
        assert_eq!(name(passwd, 100), None);
    }
}
