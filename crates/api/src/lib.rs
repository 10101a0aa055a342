//! The HTTP faces.

mod app;
pub mod auth;
mod bms;
mod cms;
mod faces;
mod internal;
mod refusal;
mod settings;
mod shell;
mod strict;
mod v1;

pub use faces::{Check, CheckReadiness, Faces, Readiness, RenderMetrics, StartError};
pub use settings::{
    AccessKey, AgentPassword, ApiKey, InternalSettings, Limits, PublicSettings, Role, Secret, Settings, SettingsError,
    TlsSettings,
};
pub use v1::openapi_document;
