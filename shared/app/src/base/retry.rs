//! Trying again what loses against others: load, decide and commit, until nobody else writes in between.

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Change, StoreError};

/// What came of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try<T> {
    /// It is done, with this result.
    Done(T),
    /// Somebody else was faster: load again and decide anew.
    Again,
}

impl<T> Try<T> {
    /// Done where it was written, again where the write met a conflict. Any other error ends the tries.
    pub fn of(written: Result<(), StoreError>, done: T) -> Result<Self, Refusal> {
        match written {
            Ok(()) => Ok(Try::Done(done)),
            Err(StoreError::Conflict(_)) => Ok(Try::Again),
            Err(error) => Err(error.into()),
        }
    }
}

/// Commits, unless somebody else was faster.
pub(crate) async fn commit_first(ports: &Ports, change: Change) -> Result<bool, Refusal> {
    match ports.store.commit(change).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Takes a step until it is done, at most `tries` times. Where it never is, the refusal is temporary, and `why` is its text.
///
/// The step is no `AsyncFn`: whoever calls it could not be shown to be `Send`.
pub async fn retry<T, F: Future<Output = Result<Try<T>, Refusal>>>(
    tries: usize,
    why: &'static str,
    step: impl Fn() -> F,
) -> Result<T, Refusal> {
    for _ in 0..tries {
        if let Try::Done(done) = step().await? {
            return Ok(done);
        }
    }
    Err(Refusal::Unavailable(why.to_owned()))
}

/// The first pause is shorter than this many milliseconds; each following one may be twice as long.
const FIRST_PAUSE: u64 = 16;
/// It is doubled at most so often.
const DOUBLED: usize = 4;

/// As [`retry`], with a pause of random length before each further try: of many who change the same, those who lost do not meet again.
pub async fn retry_apart<T, F: Future<Output = Result<Try<T>, Refusal>>>(
    ports: &Ports,
    tries: usize,
    why: &'static str,
    step: impl Fn() -> F,
) -> Result<T, Refusal> {
    for n in 0..tries {
        if n > 0 {
            let most = FIRST_PAUSE << (n - 1).min(DOUBLED);
            ports.clock.wait(u64::from_be_bytes(ports.bytes()) % most).await;
        }
        if let Try::Done(done) = step().await? {
            return Ok(done);
        }
    }
    Err(Refusal::Unavailable(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt as _;

    use super::*;

    /// Three tries of what gives these, and how many of them there were.
    fn tried(outcomes: &[Result<(), StoreError>]) -> (Result<usize, Refusal>, usize) {
        let tries = Cell::new(0);
        let step = || async {
            let n = tries.replace(tries.get() + 1);
            Try::of(outcomes[n].clone(), n)
        };
        let result = retry(3, "it kept changing", step).now_or_never().unwrap();
        (result, tries.get())
    }

    #[test]
    fn what_meets_a_conflict_is_tried_again_and_nothing_else_is() {
        let conflict = || Err(StoreError::Conflict(vec![]));
        assert_eq!(tried(&[Ok(())]), (Ok(0), 1));
        assert_eq!(tried(&[conflict(), conflict(), Ok(())]), (Ok(2), 3));
        let gave_up = Refusal::Unavailable("it kept changing".to_owned());
        assert_eq!(tried(&[conflict(), conflict(), conflict(), Ok(())]), (Err(gave_up), 3));
        let slow = StoreError::Transient("slow".to_owned());
        assert_eq!(tried(&[conflict(), Err(slow.clone()), Ok(())]), (Err(slow.into()), 2));
    }
}
