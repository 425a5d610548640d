//! The only contact with the process's surroundings: configuration, time, randomness.

use std::time::Duration;

use app::base::ports::{Clock, Random};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// A setting of this function, from its environment in `template.yaml`. Empty counts as absent.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A setting without which the function can't work.
///
/// # Panics
/// Where it is missing: the template and the function disagree, and every invocation must say so.
pub fn require(name: &str) -> String {
    setting(name).unwrap_or_else(|| {
        panic!("the environment variable {name} is missing: see this function in template.yaml")
    })
}

/// The system's time, in whole milliseconds as it is stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn wait(&self, milliseconds: u64) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(Duration::from_millis(milliseconds)))
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// Where the system has no randomness: nothing secret may be made then.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap_or_else(|error| panic!("no randomness: {error}"));
    }
}

/// Milliseconds for measuring durations.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn stopwatch() -> impl Fn() -> u64 {
    let start = std::time::Instant::now();
    move || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
