//! The public JSON: what requests may say ([`fields`], [`requests`]), what answers look like ([`views`],
//! [`problem`]; [`policies`] has both), what events tell ([`events`]).
//!
//! Names are `snake_case`, times RFC 3339 in UTC. Nothing here decides anything.

pub mod events;
pub mod fields;
pub mod policies;
pub mod problem;
pub mod requests;
pub mod views;
