//! In-memory ports, a clock that stands still, and the contract suite that keeps them honest. For tests alone.

pub mod contract;
pub mod memory;
pub mod samples;
pub mod world;

pub use memory::MemoryStore;
pub use world::World;
