//! Where a text has what was looked for.

use std::collections::BTreeMap;

use crate::query::{Condition, Query};
use crate::words::{Field, Role, words};

/// A fragment has about so many characters around what it shows.
const AROUND: usize = 80;
/// A text has at most so many fragments.
const FRAGMENTS: usize = 3;

/// A piece of a text with what was found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The piece.
    pub text: String,
    /// Where in the piece something was found: from, and up to, in characters; in order, and none within another.
    pub matches: Vec<(usize, usize)>,
}

/// The pieces of a text in which something of the query stands; a short text is one piece.
pub fn highlight(query: &Query, field: Field, text: &str) -> Vec<Fragment> {
    // By place: terms with where they begin and end.
    let mut places: BTreeMap<u32, Vec<(String, usize, usize)>> = BTreeMap::new();
    words(text, |word| {
        if word.role != Role::Whole || is_wanted(query, &word.term) {
            places.entry(word.place).or_default().push((word.term, word.start, word.end));
        }
    });
    let find = |place: u32, term: &str| {
        places.get(&place)?.iter().find(|(own, ..)| own == term).map(|(_, start, end)| (*start, *end))
    };
    let mut spans = vec![];
    for clause in query.clauses.iter().filter(|clause| !clause.negated) {
        let Condition::Words { field: wanted, words } = &clause.condition else { continue };
        if wanted.is_some_and(|wanted| wanted != field) {
            continue;
        }
        for place in places.keys() {
            let found: Option<Vec<_>> =
                words.iter().map(|(at, term)| find(place.checked_add(*at)?, term)).collect();
            spans.extend(found.unwrap_or_default());
        }
    }
    spans.sort_unstable();
    let mut joined: Vec<(usize, usize)> = vec![];
    for (start, end) in spans {
        match joined.last_mut() {
            Some((_, last)) if start <= *last => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    fragments(text, &joined)
}

fn is_wanted(query: &Query, term: &str) -> bool {
    query.clauses.iter().any(|clause| {
        matches!(&clause.condition, Condition::Words { words, .. } if words.iter().any(|(_, own)| own == term))
    })
}

/// A piece of a text, from and up to, and what was found in it.
type Window = (usize, usize, Vec<(usize, usize)>);

fn fragments(text: &str, spans: &[(usize, usize)]) -> Vec<Fragment> {
    let chars: Vec<char> = text.chars().collect();
    let mut windows: Vec<Window> = vec![];
    for &(start, end) in spans {
        if let Some((_, last, matches)) = windows.last_mut()
            && start <= *last
        {
            // What goes on beyond the piece is shown as far as the piece goes, unless that would be all of it.
            *last = (*last).max((end + 1).min(chars.len()));
            matches.push((start, end));
            continue;
        }
        if windows.len() == FRAGMENTS {
            break;
        }
        let from = word_start(&chars, start);
        windows.push((from, (end + AROUND).min(chars.len()), vec![(start, end)]));
    }
    let cut = |(from, to, matches): Window| Fragment {
        text: chars[from..to].iter().collect(),
        matches: matches.into_iter().map(|(start, end)| (start - from, end - from)).collect(),
    };
    windows.into_iter().map(cut).collect()
}

/// A little before this place, where a word begins if one does.
fn word_start(chars: &[char], place: usize) -> usize {
    let from = place.saturating_sub(AROUND);
    if from == 0 {
        return 0;
    }
    let gap = chars[from..place].iter().take(AROUND / 2).position(|c| c.is_whitespace());
    gap.map_or(from, |gap| from + gap + 1)
}
