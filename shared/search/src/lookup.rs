//! Which of some mails a segment has, from the few of its bytes that say so.

use bytes::Bytes;

use crate::engine::{Broken, Read, Source};
use crate::segment::{Cache, Stop, Tail, View, read_tail};

/// A look for mails in one segment.
#[derive(Debug)]
pub struct Lookup {
    source: Source,
    ids: Vec<u128>,
    tail: Option<Tail>,
    cache: Cache,
}

impl Lookup {
    /// Looks for these mails.
    pub fn new(source: Source, ids: Vec<u128>) -> Self {
        Self { source, ids, tail: None, cache: Cache::default() }
    }

    /// Gives what was asked for.
    pub fn supply(&mut self, read: &Read, bytes: Bytes) -> Result<(), Broken> {
        if bytes.len() as u64 != read.range.end - read.range.start {
            return Err(Broken { segment: 0 });
        }
        self.cache.supply(0, read.range.start, bytes);
        Ok(())
    }

    /// Those that it has, or what is to be read and supplied first.
    pub fn step(&mut self) -> Result<Result<Vec<u128>, Vec<Read>>, Broken> {
        let broken = Broken { segment: 0 };
        let range = self.source.size.checked_sub(self.source.tail).ok_or(broken)?..self.source.size;
        if self.tail.is_none()
            && let Ok(bytes) = self.cache.get(0, range.clone(), range)
        {
            self.tail = Some(read_tail(bytes).map_err(|_| broken)?);
        }
        let mut found = vec![];
        if let Some(tail) = &self.tail {
            let view = View { cache: &self.cache, source: 0, tail };
            for id in &self.ids {
                match view.holds(*id) {
                    Ok(true) => found.push(*id),
                    Ok(false) | Err(Stop::Need) => {}
                    Err(Stop::Broken(_)) => return Err(broken),
                }
            }
        }
        let wanted = self.cache.take_wanted();
        if wanted.is_empty() {
            return Ok(Ok(found));
        }
        Ok(Err(wanted.into_iter().map(|(source, range)| Read { source, range }).collect()))
    }
}
