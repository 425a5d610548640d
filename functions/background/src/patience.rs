//! Trying again what others write at the same time, after a pause.

use std::time::Duration;

use app::Refusal;
use app::base::ports::Random as _;
use runtime::environment::SystemRandom;

/// It is tried again so often.
const TRIES: u32 = 4;

/// Tries again while it is temporarily not possible, each time after a longer pause.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, Refusal>>>(
    step: impl Fn() -> F,
) -> Result<T, Refusal> {
    let mut tries = 0;
    loop {
        match step().await {
            Err(Refusal::Unavailable(_)) if tries < TRIES => {
                tries += 1;
                let mut jitter = [0];
                SystemRandom.fill(&mut jitter);
                tokio::time::sleep(Duration::from_millis(u64::from(jitter[0]) << tries)).await;
            }
            other => return other,
        }
    }
}
