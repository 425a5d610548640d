//! JSON lines on standard output, where Lambda takes them. What never goes into one: see `infra/docs/LOGGING.md`.

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Sends `tracing` to standard output. `LOG_LEVEL` says how much; `info` where it says nothing.
pub fn start() {
    let level = crate::environment::setting("LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
    // A second start in one process, as in tests, keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber(std::io::stdout, &level));
}

/// What writes the lines.
pub(crate) fn subscriber<W>(writer: W, level: &str) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // It writes whole messages, mail among them.
    let filter = "rmcp=error".parse().map_or(EnvFilter::new("error"), |quiet| filter.add_directive(quiet));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .without_time()
        .with_current_span(true)
        .with_span_list(false)
        .flatten_event(true)
        .with_target(false)
        .with_writer(writer)
        .finish()
}
