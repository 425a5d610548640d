//! The log of requests and counts of use in memory: whatever is told twice, in parts, out of order or half counts once.

use app::Refusal;
use app::base::enter::{Repeatable, identify};
use app::base::store::{Answer, Change, Key, PageRequest, Record, StoreError, TokenPointer};
use app::ledger::requests::{Filter, Recorded, list, record};
use app::people::usage::{self, Days, Row};
use domain::base::digest::Digest;
use domain::ledger::requests::{RequestLine, StatusWanted, With};
use domain::mailbox::filter::Span;
use domain::people::access::{Permit, Role, Scope, scope};
use domain::people::usage::{Amounts, By, Of, Usage};
use domain::{InboxId, OrganizationId, Timestamp, TokenId};
use jiff::SignedDuration;
use testkit::samples::{self, NOW, inbox_id, organization_id};
use testkit::world::World;

fn owner<S: domain::people::access::ScopeType>() -> Permit<S> {
    samples::session(1, Role::Owner).0.principal(NOW).unwrap().permit().unwrap()
}

fn token_id(n: u8) -> TokenId {
    TokenId::new(NOW, [n; 10])
}

/// The `n`-th line: of token 1 about inbox 1, that many milliseconds behind [`NOW`].
fn line(n: u16) -> RequestLine {
    RequestLine {
        id: Digest::of(&n.to_be_bytes()),
        at: NOW + SignedDuration::from_millis(i64::from(n)),
        with: With::Token(token_id(1)),
        ..samples::request_line(1)
    }
}

async fn told(world: &World, lines: &[RequestLine]) -> Recorded {
    record(&*world.store, world.ports.now(), lines.to_vec()).await.unwrap()
}

fn page(limit: u16, cursor: Option<String>) -> PageRequest {
    PageRequest { limit, cursor }
}

/// All lines that a filter takes, in pages of so many.
async fn all(world: &World, filter: &Filter, limit: u16) -> Vec<RequestLine> {
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let shown =
            list(&world.ports, &owner::<scope::LogsRead>(), filter, &page(limit, cursor)).await.unwrap();
        assert!(shown.items.len() <= usize::from(limit));
        found.extend(shown.items.into_iter().map(|shown| shown.line));
        cursor = shown.next;
        if cursor.is_none() {
            return found;
        }
    }
}

/// All rows of the last 30 days, in pages of so many.
async fn rows(world: &World, by: By, limit: u16) -> Vec<Row> {
    let (mut found, mut cursor) = (vec![], None);
    loop {
        let permit = owner::<scope::UsageRead>();
        let rows =
            usage::list(&world.ports, &permit, by, Days::default(), &page(limit, cursor)).await.unwrap();
        assert!(rows.items.len() <= usize::from(limit));
        found.extend(rows.items);
        cursor = rows.next;
        if cursor.is_none() {
            return found;
        }
    }
}

/// How many requests were counted, of the organization on all its days.
async fn requests(world: &World) -> u64 {
    rows(world, By::Day, 100).await.iter().map(|row| row.amounts.requests).sum()
}

#[tokio::test]
async fn a_batch_that_is_told_again_in_whatever_parts_counts_once() {
    let world = World::default();
    let lines: Vec<_> = (0..130).map(line).collect();
    assert_eq!(told(&world, &lines).await, Recorded { new: 130, ..Recorded::default() });
    assert_eq!(told(&world, &lines).await, Recorded { known: 130, ..Recorded::default() });
    let (one, two) = lines.split_at(47);
    assert_eq!((told(&world, two).await.new, told(&world, one).await.new), (0, 0));
    // New ones between known ones, in any order, and one that stands twice.
    let mut mixed: Vec<_> = (100..160).rev().map(line).collect();
    mixed.push(line(150));
    assert_eq!(told(&world, &mixed).await, Recorded { new: 30, known: 31, stale: 0 });
    assert_eq!(requests(&world).await, 160);
    for limit in [1, 7, 100] {
        let expected: Vec<_> = (0..160).rev().map(line).collect();
        assert_eq!(all(&world, &Filter::default(), limit).await, expected, "newest first, each once");
    }
}

#[tokio::test]
async fn what_could_not_be_written_is_told_again_and_counts_once() {
    let world = World::default();
    let lines: Vec<_> = (0..60).map(line).collect();
    let elsewhere = RequestLine { organization_id: organization_id(2), ..line(500) };
    let both = [&lines[..], &[elsewhere]].concat();
    // The first organization's fails, and the other's is written all the same.
    world.store.fail_commits(vec![StoreError::Transient("no answer".into())]);
    let failed = record(&*world.store, world.ports.now(), both.clone()).await.unwrap_err();
    assert!(matches!(failed, Refusal::Unavailable(_)), "{failed:?}");
    let written = |organization: OrganizationId| {
        let contents = world.store.contents();
        let of = contents
            .records
            .keys()
            .filter(|(id, key)| *id == organization && matches!(key, Key::RequestLine(..)));
        of.count()
    };
    assert_eq!((written(organization_id(1)), written(organization_id(2))), (0, 1));
    assert_eq!(told(&world, &both).await, Recorded { new: 60, known: 1, stale: 0 });
    assert_eq!((requests(&world).await, written(organization_id(2))), (60, 1));
    // Nobody sees another organization's.
    assert_eq!(all(&world, &Filter::default(), 100).await.len(), 60);
}

#[tokio::test]
async fn requests_count_on_their_day_of_their_inbox_and_of_their_token() {
    let world = World::default();
    let (token, _) = samples::token(1, Role::Editor, &[]);
    let pointer = TokenPointer::from(&token);
    world.ports.store.commit(Change::new(organization_id(1)).create(token).create(pointer)).await.unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let midnight = at("2026-01-02T00:00:00Z");
    let of = |n: u16, at: Timestamp, with: With, inbox_id: Option<InboxId>, status: u16| RequestLine {
        at,
        with,
        inbox_id,
        status,
        ..line(n)
    };
    let session = With::Session(samples::session(1, Role::Owner).0.id);
    let (token, other) = (With::Token(token_id(1)), With::Token(token_id(9)));
    let just_before = midnight - SignedDuration::from_millis(1);
    world.pass(24 * 3_600);
    told(
        &world,
        &[
            of(1, just_before, token, Some(inbox_id(1)), 200),
            of(2, midnight, token, Some(inbox_id(1)), 202),
            of(3, midnight, other, Some(inbox_id(2)), 200),
            // Whoever is refused, before or after anybody looked for the inbox that they name, used none.
            of(4, midnight, token, Some(inbox_id(3)), 422),
            of(5, midnight, session, Some(inbox_id(3)), 403),
            of(6, midnight, session, None, 200),
        ],
    )
    .await;
    let (first, second) = ("2026-01-01".parse().unwrap(), "2026-01-02".parse().unwrap());
    let row = |day, of, requests, name: Option<&str>| Row {
        day,
        of,
        name: name.map(str::to_owned),
        amounts: Amounts { requests, ..Amounts::default() },
    };
    for limit in [1, 2, 100] {
        assert_eq!(
            rows(&world, By::Day, limit).await,
            [row(second, Of::Organization, 5, None), row(first, Of::Organization, 1, None)]
        );
        assert_eq!(
            rows(&world, By::Inbox, limit).await,
            [
                row(second, Of::Inbox(inbox_id(2)), 1, None),
                row(second, Of::Inbox(inbox_id(1)), 1, None),
                row(first, Of::Inbox(inbox_id(1)), 1, None),
            ]
        );
        assert_eq!(
            rows(&world, By::Token, limit).await,
            [
                row(second, Of::Token(token_id(9)), 1, None),
                row(second, Of::Token(token_id(1)), 2, Some("Sample")),
                row(first, Of::Token(token_id(1)), 1, Some("Sample")),
            ]
        );
    }
    let shown = list(&world.ports, &owner(), &Filter::default(), &page(100, None)).await.unwrap();
    let named: Vec<_> =
        shown.items.iter().filter(|shown| shown.name.is_some()).map(|it| it.line.with).collect();
    assert_eq!(named, [token, token, token], "the name of a token that is there");
}

#[tokio::test]
async fn parts_of_one_count_are_one_row_whatever_a_page_takes() {
    let world = World::default();
    for part in 0..Usage::PARTS {
        for inbox in 1..=7 {
            let one = samples::usage(Of::Inbox(inbox_id(inbox)), part);
            let write = app::base::store::Write::Use(one);
            world.ports.store.commit(Change::new(organization_id(1)).write(write)).await.unwrap();
        }
    }
    let expected: Vec<_> = (1..=7).rev().map(|n| (Of::Inbox(inbox_id(n)), 15)).collect();
    for limit in 1..=8 {
        let found: Vec<_> =
            rows(&world, By::Inbox, limit).await.iter().map(|row| (row.of, row.amounts.requests)).collect();
        assert_eq!(found, expected, "by {limit}");
    }
}

#[tokio::test]
async fn a_line_is_shown_for_ninety_days_to_the_millisecond() {
    let world = World::default();
    let edge = world.ports.now() - RequestLine::KEPT;
    let milli = SignedDuration::from_millis(1);
    let at = |n: u16, at: Timestamp| RequestLine { at, ..line(n) };
    let recorded = told(&world, &[at(1, edge), at(2, edge + milli), at(3, edge - milli)]).await;
    assert_eq!(recorded, Recorded { new: 2, known: 0, stale: 1 });
    assert_eq!(all(&world, &Filter::default(), 100).await.len(), 2);
    // Whatever time to live has left.
    world.pass(1);
    assert_eq!(all(&world, &Filter::default(), 100).await, []);
    let old = Filter { span: Span { after: Some(Timestamp::UNIX_EPOCH), before: None }, ..Filter::default() };
    assert_eq!(all(&world, &old, 100).await, [], "nor does whoever asks for it get it");
    // Nor is one taken that is dated ahead.
    let ahead = at(4, world.ports.now() + SignedDuration::from_hours(1));
    assert_eq!(told(&world, &[ahead]).await, Recorded { new: 0, known: 0, stale: 1 });
}

#[tokio::test]
async fn a_filter_takes_what_it_names_over_any_number_of_pages() {
    let world = World::default();
    let mut lines: Vec<_> = (0..400).map(line).collect();
    for (n, line) in (0..).zip(&mut lines) {
        (line.status, line.code) = match n % 4 {
            0 => (429, Some("rate_limited".to_owned())),
            1 => (422, None),
            _ => (200, None),
        };
        if n % 10 == 0 {
            line.with = With::Token(token_id(2));
        }
        if n % 3 == 0 {
            line.operation = "messages_send".to_owned();
        }
    }
    told(&world, &lines).await;
    let newest = |takes: &dyn Fn(&RequestLine) -> bool| -> Vec<_> {
        lines.iter().rev().filter(|line| takes(line)).cloned().collect()
    };
    let status = |text: &str| Filter { status: StatusWanted::parse(text), ..Filter::default() };
    let route = Filter { operation: Some("messages_send".into()), ..Filter::default() };
    let token = Filter { token_id: Some(token_id(2)), ..route.clone() };
    let span = Span { after: Some(lines[10].at), before: Some(lines[20].at) };
    for limit in [1, 9, 100] {
        assert_eq!(all(&world, &status("429"), limit).await, newest(&|line| line.status == 429));
        assert_eq!(all(&world, &status("4xx"), limit).await, newest(&|line| line.status >= 400));
        assert_eq!(all(&world, &route, limit).await, newest(&|line| line.operation == "messages_send"));
        let of_both =
            newest(&|line| line.operation == "messages_send" && line.with == With::Token(token_id(2)));
        assert_eq!(all(&world, &token, limit).await, of_both);
        let within = Filter { span, ..Filter::default() };
        assert_eq!(all(&world, &within, limit).await, newest(&|line| span.takes(line.at)));
    }
    let bad = list(&world.ports, &owner(), &Filter::default(), &page(5, Some("x".into()))).await;
    assert_eq!(bad.unwrap_err().code().as_str(), "invalid_cursor");
}

#[tokio::test]
async fn whoever_is_refused_with_a_good_credential_is_known() {
    let world = World::default();
    let (token, secret) = samples::token(1, Role::Editor, &[Scope::MessagesRead]);
    world.ports.store.commit(Change::new(organization_id(1)).create(token.clone())).await.unwrap();
    let ask = async |secret: &str| {
        let request = Repeatable { key: "once", route: "POST /v1/x", body: b"{}", shows_secret: false };
        identify(&world.ports, Some(secret), &[], Some(request)).await.map(|it| it.once)
    };
    let once = ask(secret.reveal()).await.unwrap();
    let change = once.save(Change::new(organization_id(1)), world.ports.now(), || (200, "{}".to_owned()));
    world.ports.store.commit(change).await.unwrap();
    let replayed = ask(secret.reveal()).await.unwrap_err();
    assert!(matches!(replayed.refusal, Refusal::Answered(_)));
    assert_eq!(replayed.principal.map(|it| it.actor.token()), Some(Some(token.id)));
    let (_, other) = samples::token(2, Role::Editor, &[]);
    assert!(ask(other.reveal()).await.unwrap_err().principal.is_none());
    let answers = |record: &Record| matches!(record, Record::Answer(Answer { status: 200, .. }));
    assert_eq!(world.store.contents().records.values().filter(|it| answers(it)).count(), 1);
}

#[tokio::test]
async fn what_is_no_day_or_too_many_is_refused_with_what_to_do() {
    let read = |query: &str| {
        let query: std::collections::HashMap<_, _> = runtime::http::form_pairs(query);
        wire::base::request::query::<wire::people::usage::UsageQuery, _>(&query)
            .map(wire::people::usage::UsageQuery::read)
    };
    for (query, code) in [
        ("from=2026-13-01", "invalid_date"),
        ("from=20260101", "invalid_date"),
        ("to=2026-01-01T00:00:00Z", "invalid_date"),
        ("to=-000001-01-01", "invalid_date"),
        ("to=tomorrow", "invalid_date"),
        ("by=inboxes", "unknown_choice"),
        ("by=", "unknown_choice"),
        ("day=2026-01-01", "unknown_field"),
        ("by=x&from=y", "invalid_request"),
    ] {
        assert_eq!(read(query).unwrap_err().code().as_str(), code, "{query}");
    }
    let world = World::default();
    for query in ["from=2025-01-01&to=2025-04-01", "from=2025-04-02&to=2025-04-01", "from=2027-01-01"] {
        let (by, days, page) = read(query).unwrap();
        let refused = usage::list(&world.ports, &owner(), by, days, &page).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "out_of_range", "{query}");
    }
    let (by, days, page) = read("from=2025-01-01&to=2025-03-31&by=token").unwrap();
    assert_eq!(usage::list(&world.ports, &owner(), by, days, &page).await.unwrap().items, []);
    let logs = |query: &str| {
        let query: std::collections::HashMap<_, _> = runtime::http::form_pairs(query);
        wire::base::request::query::<wire::ledger::requests::LogsQuery, _>(&query)
            .map(wire::ledger::requests::LogsQuery::filter)
    };
    for (query, code) in [
        ("status=4", "unknown_status"),
        ("status=9xx", "unknown_status"),
        ("after=yesterday", "invalid_time"),
        ("token_id=inb_x", "invalid_id"),
        ("route=", "required"),
        ("path=/v1", "unknown_field"),
    ] {
        assert_eq!(logs(query).unwrap_err().code().as_str(), code, "{query}");
    }
}
