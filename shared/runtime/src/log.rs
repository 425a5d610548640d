//! JSON lines on standard output, where Lambda takes them. What never goes into one: see `infra/docs/LOGGING.md`.

use tracing_subscriber::EnvFilter;

/// Sends `tracing` to standard output. `LOG_LEVEL` says how much; `info` where it says nothing.
pub fn start() {
    let level = crate::environment::setting("LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // It writes whole messages, mail among them.
    let filter = "rmcp=error".parse().map_or(EnvFilter::new("error"), |quiet| filter.add_directive(quiet));
    // A second start in one process, as in tests, keeps the first.
    let _ = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .without_time()
        .with_current_span(true)
        .with_span_list(false)
        .flatten_event(true)
        .with_target(false)
        .try_init();
}
