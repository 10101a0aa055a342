//! The HTTP faces.

mod access;
mod app;
pub mod auth;
mod bms;
pub mod cms;
mod docs;
mod faces;
mod failures;
mod gate;
mod internal;
mod refusal;
mod settings;
mod shell;
mod strict;
mod v1;

pub use access::{AccessKey, KeySecret, LastUse, NoteRefusal, Refusal, SECRETS_MAX};
pub use faces::{Access, Check, CheckReadiness, Faces, Readiness, RenderMetrics, StartError};
pub use settings::{
    AccessCode, AgentPassword, ApiKey, InternalSettings, Limits, PublicSettings, Role, Secret, Settings, SettingsError,
    SourceLock, TlsSettings,
};
pub use v1::openapi_document;
