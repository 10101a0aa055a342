//! The result codes of CC-CMS. Clients know the eight of its documents and no others; these are the ones we have a use
//! for.

use axum::http::StatusCode;

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// It was.
    Succeeded,
    /// The VDN cannot answer now.
    Failed,
    /// A parameter is wrong, or names something that is not there.
    InvalidParameter,
    /// The access key may not ask about this VDN.
    NotPermitted,
}

impl Code {
    /// `resultCode`.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Succeeded => "0100000",
            Self::Failed => "0100001",
            Self::InvalidParameter => "0100002",
            Self::NotPermitted => "0101003",
        }
    }

    /// What goes with it: only a VDN that cannot answer is more than the interface's own business, for a load balancer
    /// may know another server.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Succeeded | Self::InvalidParameter | Self::NotPermitted => StatusCode::OK,
            Self::Failed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// `result`, which clients of release 8.13 and before read.
    pub(crate) const fn legacy(self) -> &'static str {
        match self {
            Self::Succeeded => "0",
            Self::Failed | Self::InvalidParameter | Self::NotPermitted => "1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let row = |code: Code| (code.text(), code.status().as_u16(), code.legacy());
        assert_eq!(row(Code::Succeeded), ("0100000", 200, "0"));
        assert_eq!(row(Code::Failed), ("0100001", 503, "1"));
        assert_eq!(row(Code::InvalidParameter), ("0100002", 200, "1"));
        assert_eq!(row(Code::NotPermitted), ("0101003", 200, "1"));
    }
}
