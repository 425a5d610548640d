//! What goes on behind the API, at AWS's word: each function is idempotent, since each may be told twice.

pub mod anchor;
mod batch;
pub mod chain;
pub mod deliver;
mod endpoints;
pub mod key_log;
pub mod logs;
mod patience;
pub mod publish;
pub mod purge;
pub mod settle;
pub mod sweep;
pub mod uploads;

use runtime::Function;

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[
    &anchor::TASK,
    &chain::TASK,
    &deliver::TASK,
    &key_log::TASK,
    &logs::TASK,
    &publish::TASK,
    &purge::TASK,
    &settle::TASK,
    &sweep::TASK,
    &uploads::TASK,
];
