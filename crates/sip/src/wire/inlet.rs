//! What the library's UDP transport has read, taken off before the library's own transactions see it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};

use rsipstack::transaction::endpoint::TransportEventInspector;
use rsipstack::transport::transport_layer::DomainResolver;
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};

use super::core::Core;
use crate::place::Flow;
use crate::settings::Transport;

/// Lets nothing through to the library.
#[derive(Clone, Default)]
pub(super) struct Inlet(pub(super) Arc<OnceLock<Weak<Core>>>);

impl TransportEventInspector for Inlet {
    fn handle<'a, 'b>(
        &'a self,
        event: TransportEvent,
    ) -> Pin<Box<dyn Future<Output = Option<TransportEvent>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        if let TransportEvent::Incoming(message, connection, from) = event
            && let Some(core) = self.0.get().and_then(Weak::upgrade)
            && let Some(flow) = flow(&connection, &from)
        {
            core.received(message, flow);
        }
        Box::pin(std::future::ready(None))
    }
}

fn flow(connection: &SipConnection, from: &SipAddr) -> Option<Flow> {
    let address = |addr: &SipAddr| -> Option<SocketAddr> { addr.get_socketaddr().ok() };
    let (local, remote) = (address(connection.get_addr())?, address(from)?);
    Some(Flow { transport: Transport::Udp, local, remote, connection: 0 })
}

/// We send to addresses only; names in other people's headers are not looked up.
pub(super) struct NoNames;

impl DomainResolver for NoNames {
    fn resolve<'a, 'b, 'c>(
        &'a self,
        target: &'b SipAddr,
    ) -> Pin<Box<dyn Future<Output = rsipstack::Result<SipAddr>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        let error = rsipstack::Error::DnsResolutionError(target.to_string());
        Box::pin(std::future::ready(Err(error)))
    }
}
