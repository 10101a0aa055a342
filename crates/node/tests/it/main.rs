//! The node as its users know it.

mod common;
mod crash;
mod damage;
mod full;
mod inspection;
mod replica;
mod snapshots;
mod streams;
mod writer;
