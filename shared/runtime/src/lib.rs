//! The only crate that knows Lambda.
//!
//! All functions of a group are one binary. Which of them a process is, `Handler` in `template.yaml` says ([`serve`]).
//!
//! | module | what |
//! | --- | --- |
//! | [`http`] | a route: request, response, serving |
//! | [`task`] | everything else that invokes a function |
//! | [`aws`] | how AWS is called: credentials, region, TLS roots |
//! | [`environment`] | configuration, time, randomness: the only contact with the process's surroundings |
//! | [`log`] | JSON lines |

pub mod apart;
pub mod aws;
pub mod environment;
pub mod http;
pub mod log;
pub mod task;

/// A function of a group: a route or a task.
pub trait Function: Sync {
    /// What `Handler` in `template.yaml` names, and `events/<name>.json` its example.
    fn name(&self) -> &'static str;

    /// Serves invocations for as long as the environment lives.
    fn serve(&'static self);
}

/// Serves the one of these functions that `Handler` in `template.yaml` names: the runtime interface hands it over as `_HANDLER`
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html>).
///
/// # Panics
/// Where the group has no function of that name: every invocation must say so.
pub fn serve(functions: impl IntoIterator<Item = &'static dyn Function>) {
    log::start();
    let handler = environment::require("_HANDLER");
    let function = functions.into_iter().find(|function| function.name() == handler);
    let function = function
        .unwrap_or_else(|| panic!("this group has no function {handler}: see its Handler in template.yaml"));
    function.serve();
}
