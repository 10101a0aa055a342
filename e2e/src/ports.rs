//! Ports of our own, so that tests can run side by side.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// A port on 127.0.0.1 that is free for UDP and TCP, as are the nine above it (baresip takes the next one for TLS).
///
/// # Panics
/// When there is none left.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes start at different places, below the range from which the kernel hands out ports by itself.
    let base = 10_000 + (std::process::id() % 1_500) as u16 * 10;
    for _ in 0..1_500 {
        let step = NEXT.fetch_add(10, Ordering::Relaxed);
        let port = 10_000 + (base - 10_000 + step) % 15_000;
        if (port..port + 10).all(is_free) {
            return port;
        }
    }
    panic!("no ten ports in a row are free between 10000 and 25000");
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok()
}
