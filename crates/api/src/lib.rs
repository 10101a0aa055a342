//! The HTTP faces.

pub mod auth;
mod settings;

pub use settings::{
    AccessKey, AgentPassword, ApiKey, InternalSettings, Limits, PublicSettings, Role, Secret, Settings, TlsSettings,
};
