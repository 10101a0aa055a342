//! The HTTP faces.

pub mod auth;
mod faces;
mod settings;

pub use faces::{Check, CheckReadiness, Faces, Readiness, RenderMetrics, StartError};
pub use settings::{
    AccessKey, AgentPassword, ApiKey, InternalSettings, Limits, PublicSettings, Role, Secret, Settings, SettingsError,
    TlsSettings,
};
