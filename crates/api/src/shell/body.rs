//! Reading a request's body whole, within bounds.

use std::pin::pin;
use std::time::Duration;

use axum::body::HttpBody as Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use http_body_util::BodyExt;

/// Largest body of a request about one thing: 64 KiB.
pub(crate) const BODY_MAX: usize = 64 * 1024;

/// Largest body of a request about many things: 1 MiB.
pub(crate) const LONG_BODY_MAX: usize = 1 << 20;

/// How much of a body that is too large is read and dropped, so that a client that writes before it reads sees the
/// answer: 1 MiB.
const DRAINED_MAX: usize = 1 << 20;

/// How long a client may take to send its body.
const SENDING_MAX: Duration = Duration::from_secs(30);

/// Why there is no whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than it may be.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// The connection broke, or its framing is wrong.
    Broken,
}

/// The whole body, of at most `max` bytes.
pub(crate) async fn read_body<B>(headers: &HeaderMap, body: B, max: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes>,
{
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let is_waiting_to_send = headers.contains_key(EXPECT);
    if announced.is_some_and(|length| length > DRAINED_MAX || (length > max && is_waiting_to_send)) {
        return Err(BodyError::TooLarge);
    }
    let mut collecting = pin!(collect(body, max));
    // Mostly it has come with the head, and no clock is needed.
    if let Some(result) = collecting.as_mut().now_or_never() {
        return result;
    }
    tokio::time::timeout(SENDING_MAX, collecting).await.unwrap_or(Err(BodyError::TooSlow))
}

/// Collects up to `max` bytes; of a larger body reads on up to [`DRAINED_MAX`] and keeps nothing.
async fn collect(body: impl Body<Data = Bytes>, max: usize) -> Result<Bytes, BodyError> {
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        length += data.len();
        if length > DRAINED_MAX {
            return Err(BodyError::TooLarge);
        }
        if length > max {
            (first, rest) = (Bytes::new(), BytesMut::new());
        } else if length == data.len() {
            first = data;
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&data);
        }
    }
    match length {
        _ if length > max => Err(BodyError::TooLarge),
        _ if rest.is_empty() => Ok(first),
        _ => Ok(rest.freeze()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(parts: &[&'static str], max: usize) -> Result<Bytes, BodyError> {
        let parts: Vec<Result<Bytes, std::io::Error>> = parts.iter().map(|part| Ok(Bytes::from(*part))).collect();
        read_body(&HeaderMap::new(), axum::body::Body::from_stream(futures::stream::iter(parts)), max).await
    }

    #[tokio::test]
    async fn a_body_comes_whole_or_not_at_all() {
        assert_eq!(read(&[], 5).await, Ok(Bytes::new()));
        assert_eq!(read(&["abc"], 5).await, Ok(Bytes::from("abc")));
        assert_eq!(read(&["a", "", "bcd", "e"], 5).await, Ok(Bytes::from("abcde")));
        assert_eq!(read(&["", "abcde"], 5).await, Ok(Bytes::from("abcde")));
        assert_eq!(read(&["abcd", "ef", "g"], 5).await, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn what_is_announced_as_too_large_is_not_waited_for() {
        let announce = |length: &'static str, expects: bool| async move {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_LENGTH, length.parse().unwrap());
            if expects {
                headers.insert(EXPECT, "100-continue".parse().unwrap());
            }
            let never = axum::body::Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
            let reading = read_body(&headers, never, 5);
            tokio::time::timeout(Duration::from_millis(50), reading).await.ok()
        };
        assert_eq!(announce("1048577", false).await, Some(Err(BodyError::TooLarge)));
        assert_eq!(announce("6", true).await, Some(Err(BodyError::TooLarge)));
        assert_eq!(announce("6", false).await, None, "it is drained first");
        assert_eq!(announce("99999999999999999999999", false).await, None, "hyper refuses it before us");
    }
}
