//! The simulator of anteroom and the slow reference model of its rules. For development and tests only.
pub mod chance;
pub mod checks;
pub mod floors;
pub mod model;
pub mod rules;
pub mod wishes;
