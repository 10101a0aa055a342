//! Figures that are asked for by name.

use serde::Serialize;
use utoipa::ToSchema;

use super::interface::Refused;

/// What something is known by: its id, and each figure that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IndexRow<V: ToSchema> {
    /// Whose figures these are.
    pub(super) id: String,
    pub(super) idxs: Vec<IndexValue<V>>,
}

/// A figure.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IndexValue<V: ToSchema> {
    /// Which one.
    pub(super) id: &'static str,
    pub(super) val: V,
}

/// The figures with these names, in the order in which they are asked for.
///
/// # Errors
/// One is not known.
pub(super) fn find<T: Copy>(known: &[(&'static str, T)], asked: &[String]) -> Result<Vec<(&'static str, T)>, Refused> {
    let find = |name: &String| {
        let found = known.iter().find(|(known, _)| known == name).copied();
        found.ok_or_else(|| Refused::parameter(format!("indexIds: there is no index {name:?} here")))
    };
    asked.iter().map(find).collect()
}
