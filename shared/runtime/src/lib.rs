//! The only crate that knows Lambda.
//!
//! | module | what |
//! | --- | --- |
//! | [`http`] | a route: request, response, serving |
//! | [`task`] | everything else that invokes a function |
//! | [`aws`] | how AWS is called: credentials, region, TLS roots |
//! | [`environment`] | configuration, time, randomness: the only contact with the process's surroundings |
//! | [`log`] | JSON lines |

pub mod aws;
pub mod environment;
pub mod http;
pub mod log;
pub mod task;
