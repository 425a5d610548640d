//! The whole of it: mails are built into segments, merged, and found, and what that reads is counted.

use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::prelude::*;

use crate::words::Field;
use crate::*;

const HOUR: u128 = 3_600_000 << 80;

/// A day in 2026, in the form of an id.
fn id_at(time: &str) -> u128 {
    let millis = time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    u128::try_from(millis).unwrap() << 80
}

fn mail(id: u128, subject: &str, text: &str) -> Document {
    Document {
        id,
        from: vec!["Ann Lee <ann@acme.example>".to_owned()],
        to: vec!["support@countersign.example".to_owned()],
        subject: subject.to_owned(),
        text: text.to_owned(),
        files: vec![],
    }
}

/// What a search finds in these segments, and what it cost: rounds, reads and bytes.
fn run(segments: &[Bytes], query: &str, options: Options) -> (Found, (usize, usize, u64)) {
    run_with(segments, query, options, usize::MAX)
}

/// The same with at most so many reads.
fn run_with(
    segments: &[Bytes],
    query: &str,
    options: Options,
    most_reads: usize,
) -> (Found, (usize, usize, u64)) {
    let query = parse(query).unwrap();
    let sources = segments.iter().map(|it| Source::of(it).unwrap()).collect();
    let mut search = Search::new(&query, options, sources).with_reads(most_reads);
    for round in 0..200 {
        match search.step().unwrap() {
            Step::Found(found) => {
                let (reads, bytes) = search.cost();
                return (found, (round, reads, bytes));
            }
            Step::Read(reads) => {
                assert!(!reads.is_empty());
                for read in reads {
                    let range =
                        usize::try_from(read.range.start).unwrap()..usize::try_from(read.range.end).unwrap();
                    search.supply(&read, segments[read.source].slice(range)).unwrap();
                }
            }
            Step::TooMuch => panic!("too much {:?}", search.cost()),
        }
    }
    panic!("it never ends")
}

fn options(order: Order, limit: usize) -> Options {
    Options { order, limit, behind: None, basis: None }
}

fn ids(segments: &[Bytes], query: &str) -> Vec<u128> {
    let (found, _) = run(segments, query, options(Order::Date, 100));
    found.hits.iter().map(|hit| hit.cursor.id).collect()
}

fn segment(documents: &[Document]) -> Bytes {
    build(documents).into()
}

#[test]
fn every_language_is_found_as_people_write_it() {
    let texts = [
        "Sehr geehrte Damen und Herren, die Größe der Straße in Łódź",
        "東京都の請求書をお送りします。ガイドをご覧ください",
        "请查看附件中的发票，谢谢",
        "تجدون الفاتورة المُرفقة مع هذه الرسالة",
        "Congrats 🎉 on the launch 👍🏽",
        "Счёт за июль, Ελληνικά, हिन्दी में पत्र",
        "ใบแจ้งหนี้ของคุณพร้อมแล้ว",
        "안녕하세요 세금계산서를 보내드립니다",
    ];
    let mails: Vec<_> = texts.iter().zip(1..).map(|(text, id)| mail(id, "x", text)).collect();
    let segments = [segment(&mails)];
    for (query, found) in [
        ("grosse strasse", 1),
        ("GRÖSSE", 1),
        ("lodz", 1),
        ("請求書", 2),
        ("東京", 2),
        ("ｶﾞｲﾄﾞ", 2),
        ("发票", 3),
        ("票", 3),
        ("المرفقة", 4),
        ("🎉", 5),
        ("👍", 5),
        ("счет", 6),
        ("ελληνικα", 6),
        ("पत्र", 6),
        ("ใบแจ้งหนี้", 7),
        ("세금계산서", 8),
    ] {
        assert_eq!(ids(&segments, query), [found], "{query}");
    }
    // Both characters are there, and not beside each other.
    assert_eq!(ids(&segments, "京請"), []);
}

#[test]
fn operators_look_where_they_say() {
    let mut one =
        mail(id_at("2026-01-10T12:00:00Z"), "Invoice 42 is due", "Please pay Friday. It is due Monday week.");
    one.files = vec!["Q3 report.pdf".to_owned()];
    let mut two = mail(id_at("2026-02-10T12:00:00Z"), "Lunch", "no invoice here; due on Friday");
    two.from = vec!["Bob <bob@other.example>".to_owned()];
    two.to = vec!["x@a.example".to_owned(), "y@b.example".to_owned()];
    let (a, b) = (one.id, two.id);
    let segments = [segment(&[one, two])];
    let both: &[u128] = &[b, a];
    for (query, found) in [
        ("invoice", both),
        ("subject:invoice", &[a][..]),
        ("-subject:invoice", &[b]),
        ("invoice -lunch", &[a]),
        ("from:ann@acme.example", &[a]),
        ("from:acme", &[a]),
        ("to:acme", &[]),
        ("to:y@b.example", &[b]),
        // No phrase begins with one recipient and ends with the next.
        ("to:\"example y\"", &[]),
        ("has:attachment", &[a]),
        ("-has:attachment", &[b]),
        ("filename:report.pdf", &[a]),
        ("q3", &[a]),
        ("\"due friday\"", &[]),
        ("\"due monday\"", &[a]),
        ("due friday", both),
        ("-\"due monday\"", &[b]),
        // A word of the subject and one of the body make no phrase.
        ("\"due please\"", &[]),
        ("after:2026-02-10", &[b]),
        ("before:2026-02-10", &[a]),
        ("after:2026-02-10T12:00:00Z", &[b]),
        ("after:2026-02-10T12:00:00.001Z", &[]),
        ("before:2026-02-10T12:00:00Z", &[a]),
        ("before:2026-02-10T12:00:00.0001Z", both),
        ("after:2026-01-01 before:2026-03-01 friday", both),
        ("nowhere", &[]),
        ("invoice nowhere", &[]),
        ("invoice -nowhere", both),
        ("label:x is:unread", both),
        ("before:1950-01-01", &[][..]),
        ("after:9000-01-01", &[]),
    ] {
        assert_eq!(ids(&segments, query), found, "{query}");
    }
}

#[test]
fn relevance_prefers_subjects_and_rare_words() {
    let common = (10..60).map(|id| mail(id, "weekly news", "the report of the week"));
    let mails: Vec<_> = common
        .chain([
            mail(1, "zebra report", "nothing else"),
            mail(2, "other", "a zebra, in passing, in the report"),
            mail(3, "other", "zebra zebra zebra report"),
        ])
        .collect();
    let segments = [segment(&mails[..30]), segment(&mails[30..])];
    let (found, _) = run(&segments, "report zebra", options(Order::Relevance, 10));
    let order: Vec<_> = found.hits.iter().map(|hit| hit.cursor.id).collect();
    assert_eq!((order, found.next), (vec![1, 3, 2], None));
    let (found, _) = run(&segments, "report zebra after:1971-01-01", options(Order::Relevance, 10));
    assert_eq!(found.hits, []);
    // Page by page is the same as all at once, by either order.
    for order in [Order::Date, Order::Relevance] {
        let (all, _) = run(&segments, "report", options(order, 100));
        assert_eq!(all.hits.len(), 53);
        // Mails come in between the pages, which change how rare the words are.
        let mut segments = segments.to_vec();
        let (mut paged, mut behind, mut basis) = (vec![], None, None);
        loop {
            let (found, _) = run(&segments, "report", Options { order, limit: 7, behind, basis });
            assert_eq!(found.next.is_some(), found.hits.len() == 7, "53 is no multiple of 7");
            paged.extend(found.hits);
            (behind, basis) = (found.next, found.basis);
            if behind.is_none() {
                break;
            }
            let id = 1_000 * segments.len() as u128;
            let new: Vec<_> = (id..id + 40).map(|id| mail(id, "zebra report", "report zebra")).collect();
            segments.push(segment(&new));
        }
        assert_eq!(paged, all.hits, "{order:?}");
    }
}

#[test]
fn a_search_that_has_read_enough_goes_on_with_the_next_page() {
    // Two words that all have and never together, but for a few; and many segments.
    let start = id_at("2020-01-01T00:00:00Z");
    let mails: Vec<_> = (0..6_000)
        .map(|n| {
            let text = if n % 997 == 0 {
                "odd even"
            } else if n % 2 == 0 {
                "even"
            } else {
                "odd"
            };
            mail(start + n * HOUR, "x", &format!("{text} {}", "filler ".repeat(20)))
        })
        .collect();
    let segments: Vec<_> = mails.chunks(1_500).map(segment).collect();
    let all = ids(&segments, "odd even");
    assert_eq!(all.len(), 7);
    let (mut paged, mut behind, mut pages) = (vec![], None, 0);
    loop {
        let (found, cost) =
            run_with(&segments, "odd even", Options { behind, ..options(Order::Date, 5) }, 14);
        assert!(cost.1 <= 14 + 5, "{cost:?}");
        assert!(found.hits.iter().all(|hit| hit.text.is_some()), "highlights too");
        paged.extend(found.hits.iter().map(|hit| hit.cursor.id));
        pages += 1;
        assert!(found.next.is_none_or(|next| behind.is_none_or(|before| next < before)), "it moves on");
        behind = found.next;
        if behind.is_none() {
            break;
        }
    }
    assert_eq!(paged, all);
    assert!(pages > 2, "{pages}");
}

#[test]
fn a_look_for_mails_reads_little_of_a_segment() {
    let mails = mailbox(5_000);
    let made = segment(&mails);
    let ids = vec![mails[3].id, mails[4_999].id, mails[2_000].id + 1, 0, u128::MAX];
    let mut lookup = Lookup::new(Source::of(&made).unwrap(), ids);
    let mut bytes = 0;
    let found = loop {
        match lookup.step().unwrap() {
            Ok(found) => break found,
            Err(reads) => {
                for read in reads {
                    let part =
                        usize::try_from(read.range.start).unwrap()..usize::try_from(read.range.end).unwrap();
                    bytes += part.len();
                    lookup.supply(&read, made.slice(part)).unwrap();
                }
            }
        }
    };
    assert_eq!(found, [mails[3].id, mails[4_999].id]);
    assert!(bytes < made.len() / 20, "{bytes} of {}", made.len());
    let mut bad = made.to_vec();
    let last = bad.len() - 20;
    bad[last] ^= 1;
    let bad = Bytes::from(bad);
    let mut lookup = Lookup::new(Source::of(&made).unwrap(), vec![mails[3].id]);
    let Err(reads) = lookup.step().unwrap() else { panic!() };
    let part = usize::try_from(reads[0].range.start).unwrap()..usize::try_from(reads[0].range.end).unwrap();
    lookup.supply(&reads[0], bad.slice(part)).unwrap();
    assert_eq!(lookup.step(), Err(Broken { segment: 0 }));
}

#[test]
fn a_hostile_mail_takes_no_more_than_its_share() {
    // Words that nobody else has, each once, and long ones.
    let unique = (0..1_000_000).map(|n| format!("u{n} ")).collect::<Vec<_>>().concat();
    let long = (0..100_000).map(|n| format!("{n:x<80} ")).collect::<Vec<_>>().concat();
    // One word a million times, and a phrase at its end.
    let same = "spam ".repeat(1_000_000);
    let within = "spam ".repeat(30_000) + "spam eggs";
    let mails = [mail(1, "a", &unique), mail(2, "b", &long), mail(3, &same, &same), mail(4, "d", &within)];
    let made = segment(&mails);
    assert!(made.len() < 4 * 1024 * 1024, "{}", made.len());
    let made = [made];
    assert_eq!(ids(&made, "u1"), [1]);
    assert_eq!(ids(&made, "u19900"), [1]);
    assert_eq!(ids(&made, "u999999"), [], "beyond what is found");
    assert_eq!(ids(&made, "spam"), [4, 3]);
    assert_eq!(ids(&made, "eggs"), [4]);
    assert_eq!(ids(&made, "\"spam spam\""), [4, 3]);
    assert_eq!(ids(&made, "\"spam eggs\""), [], "beyond the places that are known");
    let (_, cost) = run(&made, "\"spam spam\" eggs", options(Order::Relevance, 10));
    assert!(cost.2 < 600 * 1024, "{cost:?}");
    // Others in the same segment are found as ever.
    let all: Vec<_> = mails.into_iter().chain(mailbox(50)).collect();
    assert_eq!(ids(&[segment(&all)], "unique7").len(), 1);
}

#[test]
fn a_mail_in_two_segments_is_found_once_and_merged_away() {
    let mails: Vec<_> = (1..=20).map(|id| mail(id, "same", &format!("mail number{id}"))).collect();
    let segments = [segment(&mails[..15]), segment(&mails[5..])];
    let all: Vec<_> = (1..=20).rev().collect();
    assert_eq!(ids(&segments, "same"), all);
    let (found, _) = run(&segments, "same", options(Order::Relevance, 100));
    assert_eq!(found.hits.len(), 20);
    let merged: Bytes = merge(&segments, &BTreeSet::new()).unwrap().into();
    // The same mails make the same bytes, built or merged.
    assert_eq!(merged, segment(&mails));
    let merged: Bytes = merge(&segments, &BTreeSet::from([7, 20])).unwrap().into();
    let without: Vec<_> = mails.iter().filter(|it| ![7, 20].contains(&it.id)).cloned().collect();
    assert_eq!(merged, segment(&without));
    let whole = String::from_utf8_lossy(&merged);
    assert!(!whole.contains("number20"), "what is gone is gone");
    assert_eq!(ids(&[merged], "number7"), []);
    let nothing: Bytes = merge(&segments, &(1..=20).collect()).unwrap().into();
    assert_eq!(ids(&[nothing], "same"), []);
}

/// A mailbox of so many mails: each has words that all have, words that some have, and one of its own.
fn mailbox(count: u128) -> Vec<Document> {
    let start = id_at("2020-01-01T00:00:00Z");
    (0..count)
        .map(|n| {
            let some = format!("topic{} customer{}", n % 10, n % 97);
            let filler: Vec<_> = (0..60).map(|i| format!("word{} ", (n * 31 + i * 17) % 5_000)).collect();
            let filler = filler.concat();
            mail(
                start + n * HOUR,
                &format!("Report {n} about {some}"),
                &format!("Dear all, unique{n} {filler} regards"),
            )
        })
        .collect()
}

#[test]
fn what_a_query_reads_does_not_grow_with_the_mailbox() {
    let small = [segment(&mailbox(100))];
    let large = mailbox(20_000);
    let large = [segment(&large)];
    let mut told = vec![format!("segments of {} and {} bytes", small[0].len(), large[0].len())];
    for (query, order) in [
        ("report", Order::Date),
        ("regards topic3", Order::Date),
        ("unique50", Order::Date),
        ("\"dear all\" -topic3", Order::Date),
        ("from:ann has:attachment", Order::Date),
        ("nowhere", Order::Date),
        ("customer13 topic3", Order::Date),
    ] {
        let (found, few) = run(&small, query, options(order, 10));
        let (many_found, many) = run(&large, query, options(order, 10));
        told.push(format!(
            "{query}: {} and {} hits, (rounds, reads, bytes) {few:?} and {many:?}",
            found.hits.len(),
            many_found.hits.len()
        ));
        // Where the page is as full, it costs no more than twice as much; a page of ten is ten mails far apart at worst.
        if found.hits.len() == many_found.hits.len() {
            assert!(many.1 <= few.1 * 2 && many.2 <= few.2 * 2 + 2_048, "{told:#?}");
        }
        assert!(many.1 <= 20 && many.2 <= 128 * 1024, "{told:#?}");
    }
    eprintln!("{told:#?}");
    // The last page costs what the first one does.
    let oldest = Cursor { score: 0, id: id_at("2020-01-03T00:00:00Z") };
    let (found, cost) = run(&large, "report", Options { behind: Some(oldest), ..options(Order::Date, 10) });
    assert_eq!(found.hits.len(), 10);
    assert!(cost.2 <= 256 * 1024, "{cost:?}");
}

#[test]
fn a_page_that_the_newest_segment_fills_reads_no_other() {
    let mails = mailbox(4_000);
    let segments: Vec<_> = mails.chunks(200).map(segment).collect();
    let newest = segments.iter().max_by_key(|it| Source::of(it).unwrap().newest).unwrap().clone();
    let (alone, one) = run(&[newest], "report", options(Order::Date, 10));
    let (found, all) = run(&segments, "report", options(Order::Date, 10));
    let ids = |found: &Found| found.hits.iter().map(|it| it.cursor).collect::<Vec<_>>();
    assert_eq!((ids(&found), all), (ids(&alone), one));
    // What is in few is looked for in more and more of them at once.
    let (_, (rounds, reads, _)) = run(&segments, "nowhere", options(Order::Date, 10));
    assert!(reads <= 2 * segments.len() && rounds <= 20, "{rounds} rounds, {reads} reads");
}

#[test]
fn what_is_broken_is_said_to_be_and_never_found_in() {
    let mails = mailbox(300);
    let good = segment(&mails);
    let query = parse("report customer13").unwrap();
    for at in (0..good.len()).step_by(61) {
        let mut bytes = good.to_vec();
        bytes[at] ^= 0x10;
        let bytes = Bytes::from(bytes);
        let Ok(known) = Source::of(&good) else { panic!() };
        let mut search = Search::new(&query, options(Order::Date, 10), vec![known]);
        let found = loop {
            match search.step() {
                Ok(Step::Read(reads)) => {
                    for read in reads {
                        let range = usize::try_from(read.range.start).unwrap()
                            ..usize::try_from(read.range.end).unwrap();
                        search.supply(&read, bytes.slice(range)).unwrap();
                    }
                }
                Ok(Step::Found(found)) => break Some(found),
                Ok(Step::TooMuch) => panic!("too much"),
                Err(Broken { segment }) => {
                    assert_eq!(segment, 0);
                    break None;
                }
            }
        };
        // It lies where this query does not look, or it is told.
        let (right, _) = run(std::slice::from_ref(&good), "report customer13", options(Order::Date, 10));
        assert!(found.is_none_or(|found| found == right), "byte {at}");
    }
    for length in [0, 1, 15, 16, 100, good.len() - 1] {
        assert!(merge(&[good.slice(..length)], &BTreeSet::new()).is_err(), "{length}");
    }
    assert!(Source::of(&good.slice(..good.len() - 1)).is_err());
}

#[test]
fn bounds_of_one_mail_hold() {
    let huge = "schön word ".repeat(100_000) + "theend";
    let document =
        Document { files: vec!["f.pdf".to_owned(); 10_000], ..mail(1, &"s ".repeat(50_000), &huge) };
    let made = segment(&[document]);
    assert!(made.len() < 1024 * 1024, "{}", made.len());
    assert_eq!(ids(std::slice::from_ref(&made), "schon"), [1]);
    assert_eq!(ids(std::slice::from_ref(&made), "theend"), []);
    let (found, _) = run(&[made], "word", options(Order::Date, 1));
    assert!(found.hits[0].text.as_ref().unwrap().len() <= 8 * 1024);
    assert_eq!(ids(&[segment(&[])], "x"), []);
}

#[test]
fn fragments_show_what_was_found() {
    let query = parse("\"due friday\" größe -zebra subject:other 東京").unwrap();
    let long = format!(
        "{} The GROSSE sum is due  Friday, in 東京都. zebra {}",
        "before ".repeat(50),
        "after ".repeat(50)
    );
    let found = highlight(&query, Field::Text, &long);
    let shown: Vec<Vec<String>> = found
        .iter()
        .map(|it| {
            let chars: Vec<_> = it.text.chars().collect();
            it.matches.iter().map(|(start, end)| chars[*start..*end].iter().collect()).collect()
        })
        .collect();
    assert_eq!(shown, [["GROSSE", "due", "Friday", "東京"]]);
    assert!(found[0].text.chars().count() < 300);
    assert_eq!(highlight(&query, Field::Text, "due, some other Friday"), []);
    let subject = highlight(&query, Field::Subject, "The other one");
    assert_eq!(subject, [Fragment { text: "The other one".to_owned(), matches: vec![(4, 9)] }]);
    assert_eq!(highlight(&query, Field::Subject, ""), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the words and however the mails are spread over segments: found is what a plain look finds.
    #[test]
    fn it_finds_what_a_plain_look_finds(
        texts in prop::collection::vec(prop::collection::vec(0u8..6, 1..8), 1..40),
        cuts in prop::collection::vec(1usize..10, 1..6),
        wanted in prop::collection::vec(0u8..6, 1..3),
        unwanted in prop::option::of(0u8..6),
        phrase in any::<bool>(),
        relevance in any::<bool>(),
        merged in any::<bool>(),
    ) {
        let word = |n: &u8| format!("w{n}");
        let join = |words: &[u8]| words.iter().map(word).collect::<Vec<_>>().join(" ");
        let mails: Vec<_> = texts.iter().zip(1..).map(|(words, id)| mail(id, "", &join(words))).collect();
        let mut rest = mails.as_slice();
        let mut segments = vec![];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (some, left) = rest.split_at((*cut).min(rest.len()));
            segments.push(segment(some));
            rest = left;
        }
        if merged {
            segments = vec![merge(&segments, &BTreeSet::new()).unwrap().into()];
        }
        let mut query = if phrase { format!("\"{}\"", join(&wanted)) } else { join(&wanted) };
        if let Some(it) = &unwanted { query = [query, word(it)].join(" -"); }
        let takes = |words: &[u8]| {
            let has = if phrase { words.windows(wanted.len()).any(|it| it == wanted) } else { wanted.iter().all(|it| words.contains(it)) };
            has && unwanted.as_ref().is_none_or(|it| !words.contains(it))
        };
        let right: BTreeSet<u128> = texts.iter().zip(1..).filter(|(words, _)| takes(words)).map(|(_, id)| id).collect();
        let order = if relevance { Order::Relevance } else { Order::Date };
        let (found, _) = run(&segments, &query, options(order, 100));
        let found: Vec<u128> = found.hits.iter().map(|it| it.cursor.id).collect();
        prop_assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), right);
        if !relevance {
            prop_assert!(found.is_sorted_by(|a, b| a > b));
        }
    }

    #[test]
    fn bytes_of_any_kind_are_no_segment(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(merge(&[bytes.into()], &BTreeSet::new()).is_err());
    }
}
