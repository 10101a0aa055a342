//! What the interfaces answer, on floors whose time stands still.

mod floor;
mod golden;
mod names;
mod past;
mod random;
mod slow;
