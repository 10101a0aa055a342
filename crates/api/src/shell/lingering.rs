//! Closing so that the other side sees what was said last.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long what still comes is read and dropped.
const LINGER_MAX: Duration = Duration::from_secs(2);
/// How long nothing may come.
const SILENCE_MAX: Duration = Duration::from_millis(500);
/// How much of it.
const DROPPED_MAX: usize = 1 << 20;

/// A stream that, once shut down, reads on for a while and drops what it reads.
///
/// A client may get an answer while it still sends: a refusal that needs no body, for instance. Closing a socket with
/// unread bytes resets the connection, and the reset can overtake the answer.
#[derive(Debug)]
pub(super) struct Lingering<S> {
    stream: S,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not shut down.
    Open,
    /// Our side is shut down; what comes is dropped, `left` bytes at most.
    Dropping { left: usize, until: Instant, silent: Pin<Box<Sleep>> },
    /// Nothing more is read.
    Done,
}

impl<S> Lingering<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, state: State::Open }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    /// Reads and drops until the other side has closed, or enough was dropped, or for long enough.
    fn poll_drop(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let State::Dropping { left, until, silent } = &mut self.state else { return Poll::Ready(()) };
        let mut bytes = [0; 4096];
        while *left > 0 && silent.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            *left = left.saturating_sub(buffer.filled().len());
            silent.as_mut().reset((Instant::now() + SILENCE_MAX).min(*until));
        }
        self.state = State::Done;
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.state, State::Open) {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            let (until, silent) = (Instant::now() + LINGER_MAX, Box::pin(sleep(SILENCE_MAX)));
            self.state = State::Dropping { left: DROPPED_MAX, until, silent };
        }
        self.poll_drop(cx).map(Ok)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
