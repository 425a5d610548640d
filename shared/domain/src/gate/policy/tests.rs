use proptest::prelude::*;

use super::*;
use crate::base::code::Code;
use crate::people::signing::SignedVotes;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id<T>(make: impl Fn(Timestamp, [u8; 10]) -> T, n: u8) -> T {
    make(Timestamp::UNIX_EPOCH, [n; 10])
}

fn inbox(n: u8) -> InboxId {
    id(InboxId::new, n)
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn recipient(text: &str, internal: bool, first_contact: bool) -> RecipientFact {
    RecipientFact { address: address(text), internal, first_contact }
}

fn file(filename: &str, content_type: &str, size: u64) -> FileFact {
    FileFact {
        filename: filename.to_owned(),
        content_type: content_type.to_owned(),
        detected_type: None,
        size,
    }
}

fn detected(filename: &str, content_type: &str, detected_type: &str) -> FileFact {
    FileFact { detected_type: Some(detected_type.to_owned()), ..file(filename, content_type, 5) }
}

fn facts() -> Facts {
    Facts {
        inbox: Origin { id: inbox(1), created_at: Timestamp::UNIX_EPOCH },
        actor: Actor::Token {
            token_id: id(TokenId::new, 1),
            member_id: id(MemberId::new, 1),
            name: crate::people::access::CalledThen::default(),
        },
        recipients: vec![
            recipient("Ann@known.example", false, false),
            recipient("someone@new.example", false, true),
        ],
        subject: "Your order".to_owned(),
        text: "It left today. See https://shop.example/track".to_owned(),
        attachments: vec![],
        links: vec!["shop.example".to_owned()],
        pictures: vec!["cdn.example".to_owned()],
        size: 1_000,
        is_reply: true,
        tainted: false,
        answers_automatic: false,
        // A Wednesday.
        at: at("2026-07-15T10:30:00Z"),
        volumes: Volumes::new(),
    }
}

fn rule(when: Condition, outcome: Outcome) -> Rule {
    Rule { name: "a rule".to_owned(), when, outcome }
}

fn policy(n: u8, rules: Vec<Rule>) -> Policy {
    Policy {
        id: id(PolicyId::new, n),
        content: PolicyContent {
            name: format!("policy {n}"),
            description: String::new(),
            enabled: true,
            inboxes: None,
            rules,
        },
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        updated_by: Actor::System,
        settled_at: Timestamp::UNIX_EPOCH,
    }
}

fn book(rules: Vec<Rule>) -> PolicyBook {
    PolicyBook { policies: vec![policy(1, rules)], unreadable: vec![], groups: vec![], version: 1 }
}

/// Whether a condition is met; `None` where it can't be answered.
fn answer(when: Condition, facts: &Facts) -> Option<bool> {
    let found = book(vec![rule(when, Outcome::Allow)]).evaluate(facts);
    match found.reasons[0].as_str() {
        REASON_ALLOWED => Some(true),
        REASON_NOTHING_ALLOWS => Some(false),
        REASON_UNREADABLE => None,
        other => panic!("{other}"),
    }
}

/// A tree from a shorthand of the tests: JSON without escapes.
fn tree(json: &str) -> Tree {
    fn value(rest: &mut &str) -> Tree {
        *rest = rest.trim_start();
        let first = rest.chars().next().unwrap();
        match first {
            '{' | '[' => {
                *rest = rest[1..].trim_start();
                let (mut list, mut map) = (vec![], vec![]);
                while !rest.starts_with(['}', ']']) {
                    let one = value(rest);
                    *rest = rest.trim_start();
                    if let Some(behind) = rest.strip_prefix(':') {
                        *rest = behind;
                        let Tree::Text(name) = one else { panic!("a name must be a text") };
                        map.push((name, value(rest)));
                    } else {
                        list.push(one);
                    }
                    *rest = rest.trim_start().trim_start_matches(',').trim_start();
                }
                *rest = &rest[1..];
                if first == '{' { Tree::Map(map) } else { Tree::List(list) }
            }
            '"' => {
                let (text, behind) = rest[1..].split_once('"').unwrap();
                *rest = behind;
                Tree::Text(text.to_owned())
            }
            _ => {
                let end = rest.find([',', '}', ']', ' ']).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(end);
                *rest = behind;
                match word {
                    "true" => Tree::Bool(true),
                    "false" => Tree::Bool(false),
                    "null" => Tree::Null,
                    n => n.parse().map_or(Tree::OtherNumber, Tree::Number),
                }
            }
        }
    }
    value(&mut &*json)
}

fn with_condition(json: &str) -> Tree {
    tree(&format!(r#"{{"name":"p","rules":[{{"name":"r","when":{json},"outcome":"allow"}}]}}"#))
}

fn condition(json: &str) -> Condition {
    PolicyContent::read(&with_condition(json)).unwrap().rules.remove(0).when
}

fn violations(tree: &Tree) -> Vec<(String, &'static str)> {
    PolicyContent::read(tree).unwrap_err().into_iter().map(|one| (one.path, one.code.as_str())).collect()
}

fn hold(quorum: u8, roles: &[Role]) -> Outcome {
    let requirements = vec![Requirement::of_roles(quorum, roles.iter().copied())];
    Outcome::Hold(Terms { requirements, ..Terms::default() })
}

#[test]
fn without_a_word_it_is_held() {
    let found = PolicyBook::default().evaluate(&facts());
    assert_eq!(found.outcome, Verdict::Hold(Terms::default()));
    assert_eq!(found.reasons, [REASON_NOTHING_ALLOWS]);
    assert_eq!((found.trace.len(), found.looked_at), (0, 0));
}

#[test]
fn the_strictest_wins_wherever_it_stands() {
    let allow = || rule(Condition::Always, Outcome::Allow);
    let block = || rule(Condition::Always, Outcome::Block);
    let held = || rule(Condition::Always, hold(2, &[Role::Owner]));
    let judge = |rules| book(rules).evaluate(&facts());
    assert_eq!(judge(vec![allow()]).outcome, Verdict::Allow);
    for rules in [vec![allow(), held()], vec![held(), allow()]] {
        let found = judge(rules);
        assert_eq!(found.reasons, [REASON_HELD]);
        let Verdict::Hold(terms) = found.outcome else { panic!("{found:?}") };
        assert_eq!(terms.requirements, [Requirement::of_roles(2, [Role::Owner])]);
    }
    for rules in [vec![block(), held(), allow()], vec![allow(), held(), block()]] {
        let found = judge(rules);
        assert_eq!((found.outcome, found.reasons), (Verdict::Block, vec![REASON_BLOCKED.to_owned()]));
        assert_eq!((found.trace.len(), found.looked_at), (3, 3));
    }
}

#[test]
fn holds_unite_and_drop_what_another_implies() {
    let hour = SignedDuration::from_hours(1);
    let one = Terms {
        requirements: vec![Requirement::of_roles(1, DECIDERS), Requirement::of_roles(1, [Role::Owner])],
        separation: false,
        rejections: 3,
        expires_in: hour,
        late: Late::Send,
        remind_after: None,
        notify: [Role::Viewer].into(),
        by: By::Any,
        links: Links::Decide,
        signed: SignedVotes { votes: 2, device_bound: false },
        open_rows: 3,
    };
    let two = Terms {
        requirements: vec![Requirement::of_roles(2, DECIDERS)],
        separation: true,
        remind_after: Some(hour),
        notify: [Role::Owner].into(),
        by: By::Person,
        links: Links::SignIn,
        signed: SignedVotes { votes: 1, device_bound: true },
        open_rows: 2,
        ..one.clone()
    };
    let both = one.clone().unite(two.clone());
    assert_eq!(both, two.unite(one));
    // One vote of anyone is part of two votes of anyone; the owner's vote is not.
    let expected = [Requirement::of_roles(1, [Role::Owner]), Requirement::of_roles(2, DECIDERS)];
    assert_eq!(both.requirements, expected);
    assert!(both.separation);
    assert_eq!((both.rejections, both.expires_in, both.late), (3, hour, Late::Send));
    assert_eq!((both.remind_after, both.notify.len()), (Some(hour), 2));
    assert_eq!((both.by, both.links), (By::Person, Links::SignIn));
    assert_eq!(both.signed, SignedVotes { votes: 2, device_bound: true });
    assert_eq!(both.open_rows, 3);
    let signed = Terms { by: By::Passkey, ..both.clone() }.unite(both);
    assert_eq!((signed.by, signed.signed.votes), (By::Passkey, 2));
}

#[test]
fn a_policy_counts_for_its_inboxes_and_while_it_is_enabled() {
    let mut one = policy(1, vec![rule(Condition::Always, Outcome::Allow)]);
    one.content.inboxes = Some([inbox(1)].into());
    let mut book = PolicyBook { policies: vec![one], unreadable: vec![], groups: vec![], version: 1 };
    assert_eq!(book.evaluate(&facts()).outcome, Verdict::Allow);
    let elsewhere = Facts { inbox: Origin { id: inbox(2), ..facts().inbox }, ..facts() };
    assert_eq!(book.evaluate(&elsewhere).reasons, [REASON_NOTHING_ALLOWS]);
    book.policies[0].content.enabled = false;
    assert_eq!(book.evaluate(&facts()).reasons, [REASON_NOTHING_ALLOWS]);
}

/// An inbox that was made after the policies were last saved.
fn newer() -> Facts {
    Facts { inbox: Origin { id: inbox(2), created_at: at("2026-01-01T00:00:00Z") }, ..facts() }
}

#[test]
fn pictures_from_elsewhere_are_judged_by_where_they_lie() {
    let pattern = |text: &str| vec![DomainPattern::parse(text).unwrap()];
    for (test, expected) in [
        (LinkTest::Present(true), true),
        (LinkTest::Present(false), false),
        (LinkTest::DomainIn(pattern("cdn.example")), true),
        (LinkTest::DomainIn(pattern("shop.example")), false),
        (LinkTest::DomainNotIn(pattern("cdn.example")), false),
        (LinkTest::DomainNotIn(pattern("shop.example")), true),
    ] {
        assert_eq!(answer(Condition::Picture(test.clone()), &facts()), Some(expected), "{test:?}");
    }
}

#[test]
fn a_new_inbox_starts_under_every_hold_and_block_that_names_inboxes() {
    let of = |outcome| {
        let mut one = policy(1, vec![rule(Condition::Always, outcome)]);
        one.content.inboxes = Some([inbox(1)].into());
        one
    };
    let all = policy(2, vec![rule(Condition::Always, Outcome::Allow)]);
    let judge = |policies: Vec<Policy>| {
        PolicyBook { policies, unreadable: vec![], groups: vec![], version: 1 }.evaluate(&newer())
    };
    // A block that names another inbox covers a new one, an allowance does not.
    assert_eq!(judge(vec![all.clone(), of(Outcome::Block)]).outcome, Verdict::Block);
    assert_eq!(
        judge(vec![all.clone(), of(Outcome::Hold(Terms::default()))]).outcome,
        Verdict::Hold(Terms::default())
    );
    assert_eq!(judge(vec![of(Outcome::Allow)]).reasons, [REASON_NOTHING_ALLOWS]);
    let found = judge(vec![all.clone(), of(Outcome::Block)]);
    assert!(found.trace[1].because.starts_with("the inbox is newer than"), "{:?}", found.trace);
    // So does a rule that asks for inboxes, wherever the question stands.
    let named =
        || Condition::Sender(SenderTest { inbox_in: Some([inbox(1)].into()), ..SenderTest::default() });
    for when in [named(), Condition::Any(vec![named()]), Condition::Not(Box::new(named()))] {
        let block = policy(1, vec![rule(when.clone(), Outcome::Block)]);
        assert_eq!(judge(vec![all.clone(), block]).outcome, Verdict::Block, "{when:?}");
        let hold = policy(1, vec![rule(when.clone(), Outcome::Hold(Terms::default()))]);
        assert_ne!(judge(vec![all.clone(), hold]).outcome, Verdict::Allow, "{when:?}");
    }
    let allow = policy(1, vec![rule(named(), Outcome::Allow)]);
    assert_eq!(judge(vec![allow]).reasons, [REASON_NOTHING_ALLOWS]);
    // Once a person has saved the policy, it says what it says.
    let settled = Policy { settled_at: at("2026-01-02T00:00:00Z"), ..of(Outcome::Block) };
    assert_eq!(judge(vec![all, settled]).outcome, Verdict::Allow);
}

#[test]
fn what_can_not_be_read_holds() {
    let mut broken = book(vec![rule(Condition::Always, Outcome::Allow)]);
    broken.unreadable.push(Unreadable { id: None, stored: "?".to_owned() });
    let found = broken.evaluate(&facts());
    assert_eq!(
        (found.outcome, found.reasons),
        (Verdict::Hold(Terms::default()), vec![REASON_UNREADABLE.to_owned()])
    );
    broken.policies[0].content.rules.push(rule(Condition::Always, Outcome::Block));
    assert_eq!(broken.evaluate(&facts()).outcome, Verdict::Block);
    assert_eq!(PolicyBook::broken(3).evaluate(&facts()).reasons, [REASON_UNREADABLE]);

    // A pattern that no longer compiles, a zone that is gone, mails that were not counted: neither met nor unmet.
    let both = Places { subject: true, body: true, filename: false };
    let pattern = || Condition::Pattern { places: both, regex: "(".to_owned() };
    let zone =
        Condition::Time(Hours { days: (1..=7).collect(), from: 0, to: 1_440, time_zone: "X/Y".to_owned() });
    let volume = Condition::VolumeOver { per: Per::Inbox, window: Window::Hour, over: 1 };
    for unknown in [pattern(), zone, volume] {
        assert_eq!(answer(unknown.clone(), &facts()), None);
        assert_eq!(answer(Condition::Not(Box::new(unknown)), &facts()), None);
    }
    let no = || Condition::SizeOver(1 << 40);
    for (when, expected) in [
        (Condition::All(vec![pattern(), no()]), Some(false)),
        (Condition::All(vec![no(), pattern()]), Some(false)),
        (Condition::Any(vec![pattern(), Condition::Always]), Some(true)),
        (Condition::Any(vec![Condition::Always, pattern()]), Some(true)),
        (Condition::All(vec![pattern(), Condition::Always]), None),
        (Condition::Any(vec![no(), pattern()]), None),
    ] {
        assert_eq!(answer(when.clone(), &facts()), expected, "{when:?}");
    }
}

#[test]
fn every_condition_tells_what_it_should() {
    let mut given = facts();
    given.attachments = vec![
        file("Invoice.PDF", "application/pdf; x=y", 2_000),
        file("run.pdf.exe. ", "application/octet-stream", 10),
        file("book.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12", 5),
    ];
    given.text = "Your  pass\u{ad}word\nis here. Card 4111 1111 1111 1111.".to_owned();
    for (per, recipient, n) in [
        (Per::Inbox, None, 5),
        (Per::Recipient, Some(address("Ann@known.example")), 1),
        (Per::Recipient, Some(address("someone@new.example")), 3),
    ] {
        given.volumes.insert(Volume { of: Counted::Mails, per, recipient, window: Window::Hour }, n);
    }
    let (inb, tok, mem) = (inbox(1), id(TokenId::new, 1), id(MemberId::new, 1));
    let (own, other) = (format!(r#""{inb}""#), format!(r#""{}""#, inbox(9)));
    for (json, expected) in [
        (r#"{"always":true}"#.to_owned(), true),
        (r#"{"not":{"always":true}}"#.to_owned(), false),
        (r#"{"any_recipient":{"domain_in":["NEW.example"]}}"#.to_owned(), true),
        (r#"{"any_recipient":{"domain_in":["*.example"]}}"#.to_owned(), true),
        (r#"{"any_recipient":{"domain_in":["*.new.example"]}}"#.to_owned(), false),
        (r#"{"any_recipient":{"domain_in":["ew.example"]}}"#.to_owned(), false),
        (r#"{"every_recipient":{"domain_in":["new.example","known.example"]}}"#.to_owned(), true),
        (r#"{"every_recipient":{"domain_in":["new.example"]}}"#.to_owned(), false),
        (r#"{"any_recipient":{"address_in":["ANN@known.example"]}}"#.to_owned(), true),
        (r#"{"any_recipient":{"first_contact":true}}"#.to_owned(), true),
        (r#"{"any_recipient":{"first_contact":true,"domain_in":["known.example"]}}"#.to_owned(), false),
        (r#"{"every_recipient":{"kind":"external"}}"#.to_owned(), true),
        (r#"{"any_recipient":{"kind":"internal"}}"#.to_owned(), false),
        (r#"{"recipient_count":{"at_least":2,"at_most":2}}"#.to_owned(), true),
        (r#"{"recipient_count":{"at_least":3}}"#.to_owned(), false),
        (r#"{"any_attachment":{"extension_in":["PDF"]}}"#.to_owned(), true),
        (r#"{"any_attachment":{"extension_in":["pdf"],"over":5000}}"#.to_owned(), false),
        (r#"{"any_attachment":{"media_type_in":["application/pdf"]}}"#.to_owned(), true),
        (r#"{"any_attachment":{"media_type_in":["image/*"]}}"#.to_owned(), false),
        (r#"{"any_attachment":{"kind_in":["executable"]}}"#.to_owned(), true),
        (r#"{"any_attachment":{"kind_in":["macro"]}}"#.to_owned(), true),
        (r#"{"any_attachment":{"kind_in":["archive"]}}"#.to_owned(), false),
        (r#"{"every_attachment":{"kind_in":["executable","macro"]}}"#.to_owned(), false),
        (r#"{"attachments":{"at_least":3,"total_over":2014}}"#.to_owned(), true),
        (r#"{"attachments":{"total_over":2015}}"#.to_owned(), false),
        (r#"{"keyword":{"any_of":["PASSWORD IS"]}}"#.to_owned(), true),
        (r#"{"keyword":{"any_of":["password"],"in":["subject"]}}"#.to_owned(), false),
        (r#"{"keyword":{"any_of":["YOUR order"],"in":["subject"]}}"#.to_owned(), true),
        (r#"{"pattern":{"regex":"([0-9] ?){15}[0-9]","in":["body"]}}"#.to_owned(), true),
        (r#"{"pattern":{"regex":"^([0-9] ?){16}$"}}"#.to_owned(), false),
        (r#"{"link":{"present":true}}"#.to_owned(), true),
        (r#"{"link":{"present":false}}"#.to_owned(), false),
        (r#"{"link":{"domain_in":["shop.example"]}}"#.to_owned(), true),
        (r#"{"link":{"domain_not_in":["shop.example"]}}"#.to_owned(), false),
        (r#"{"size_over":999}"#.to_owned(), true),
        (r#"{"size_over":1000}"#.to_owned(), false),
        (
            format!(
                r#"{{"sender":{{"inbox_in":[{own}],"token_in":["{tok}"],"member_in":["{mem}"],"kind":"token"}}}}"#
            ),
            true,
        ),
        (format!(r#"{{"sender":{{"inbox_in":[{other}]}}}}"#), false),
        (r#"{"sender":{"kind":"member"}}"#.to_owned(), false),
        (r#"{"thread":{"kind":"reply","tainted":false}}"#.to_owned(), true),
        (r#"{"thread":{"kind":"new"}}"#.to_owned(), false),
        (r#"{"thread":{"tainted":true}}"#.to_owned(), false),
        (r#"{"answers_automatic":false}"#.to_owned(), true),
        // 12:30 on a Wednesday in Berlin, 19:30 in Tokyo.
        (
            r#"{"time":{"days":["wed"],"from":"12:30","to":"12:31","time_zone":"Europe/Berlin"}}"#.to_owned(),
            true,
        ),
        (r#"{"time":{"from":"09:00","to":"17:00","time_zone":"Asia/Tokyo"}}"#.to_owned(), false),
        (
            r#"{"time":{"days":["tue"],"from":"18:00","to":"13:00","time_zone":"Europe/Berlin"}}"#.to_owned(),
            true,
        ),
        (
            r#"{"time":{"days":["wed"],"from":"18:00","to":"13:00","time_zone":"Europe/Berlin"}}"#.to_owned(),
            false,
        ),
        (r#"{"time":{"days":["sat","sun"],"time_zone":"UTC"}}"#.to_owned(), false),
        (r#"{"volume":{"per":"inbox","window":"hour","over":4}}"#.to_owned(), true),
        (r#"{"volume":{"per":"inbox","window":"hour","over":5}}"#.to_owned(), false),
        (r#"{"volume":{"per":"recipient","window":"hour","over":2}}"#.to_owned(), true),
        (r#"{"volume":{"per":"recipient","window":"hour","over":3}}"#.to_owned(), false),
    ] {
        assert_eq!(answer(condition(&json), &given), Some(expected), "{json}");
    }
}

#[test]
fn no_recipients_and_no_files_are_not_all_of_them() {
    let mut given = facts();
    given.recipients.clear();
    assert_eq!(answer(condition(r#"{"every_recipient":{"kind":"external"}}"#), &given), Some(false));
    assert_eq!(answer(condition(r#"{"every_attachment":{"kind_in":["archive"]}}"#), &given), Some(false));
}

const PROGRAM: &str = "application/vnd.microsoft.portable-executable";

/// Whether a rule that holds mail for this condition holds it.
fn holds(json: &str, facts: &Facts) -> bool {
    let found = book(vec![rule(condition(json), Outcome::Hold(Terms::default()))]).evaluate(facts);
    found.reasons == [REASON_HELD]
}

#[test]
fn what_is_declared_of_a_file_gets_around_no_rule() {
    let one = |file: FileFact| Facts { attachments: vec![file], ..facts() };
    let any = |kind: &str| format!(r#"{{"any_attachment":{{"kind_in":["{kind}"]}}}}"#);
    let typed = |media: &str| format!(r#"{{"any_attachment":{{"media_type_in":["{media}"]}}}}"#);
    // What is a program, a macro's container or an archive is one, whatever it is called.
    for (kind, detected_type) in [
        ("executable", PROGRAM),
        ("executable", "text/x-shellscript"),
        ("executable", "application/x-ms-shortcut"),
        ("macro", "application/x-ole-storage"),
        ("archive", "application/zip"),
        ("archive", "application/zstd"),
    ] {
        let given = one(detected("notes.txt", "text/plain", detected_type));
        assert!(holds(&any(kind), &given) && holds(&typed(detected_type), &given), "{detected_type}");
        assert!(holds(&typed("text/plain"), &given), "what is declared counts as well");
        assert_eq!(answer(condition(&typed("text/plain")), &given), Some(false), "{detected_type}");
        assert_eq!(answer(condition(&typed(detected_type)), &given), Some(false), "{detected_type}");
        // What is left open by a rule that lets go is what is left open by one that holds, turned around.
        let not = |condition: &str| format!(r#"{{"not":{condition}}}"#);
        assert_eq!(answer(condition(&not(&any(kind))), &given), Some(false), "{detected_type}");
        assert!(holds(&not(&typed("text/plain")), &given), "{detected_type}");
    }
    let every = r#"{"every_attachment":{"media_type_in":["application/pdf","image/*"]}}"#;
    for (file, goes) in [
        (file("a.pdf", "application/pdf", 5), true),
        (detected("a.pdf", "application/pdf", "application/pdf"), true),
        (detected("a.png", "image/png", "image/jpeg"), true),
        (detected("a.pdf", "application/pdf", PROGRAM), false),
        (detected("a.pdf", "application/pdf", "application/zip"), false),
        (detected("a.bin", "application/octet-stream", "application/pdf"), false),
    ] {
        assert_eq!(answer(condition(every), &one(file.clone())), Some(goes), "{file:?}");
    }
    // Another name of the same is the same.
    for (wanted, told) in
        [("application/x-msdownload", PROGRAM), ("application/x-zip-compressed", "application/zip")]
    {
        assert!(holds(&typed(wanted), &one(detected("setup", "application/octet-stream", told))), "{wanted}");
    }
    let given = one(detected("a.xml", "application/xml", "text/xml"));
    assert_eq!(answer(condition(&typed("application/xml")), &given), Some(true));
    let given = one(detected(
        "a.docm",
        "application/vnd.ms-word.document.macroEnabled.12",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ));
    assert_eq!(answer(condition(&any("macro")), &given), Some(true));
    // Where a name is asked for, it is the name.
    let given = one(detected("a.pdf", "application/pdf", PROGRAM));
    assert!(holds(r#"{"any_attachment":{"extension_in":["pdf"]}}"#, &given));
    let found = book(vec![rule(condition(&any("executable")), Outcome::Block)]).evaluate(&given);
    assert_eq!(found.trace[0].because, format!("the file “a.pdf” (5 bytes, which begin as “{PROGRAM}”)"));
}

#[test]
fn the_trace_names_the_fact() {
    let when =
        condition(r#"{"all":[{"any_recipient":{"first_contact":true}},{"not":{"link":{"present":false}}}]}"#);
    let found = book(vec![rule(when, Outcome::Block)]).evaluate(&facts());
    let step = &found.trace[0];
    assert_eq!(step.because, "to someone@new.example: never written to before; not so: it has no links");
    assert_eq!((step.outcome, step.rule, step.policy_version), ("block", 0, 1));
    // What a pattern found is not told: it may be what must not be seen.
    let mut given = facts();
    given.text = "4111111111111111".to_owned();
    let when = condition(r#"{"pattern":{"regex":"[0-9]{16}"}}"#);
    let found = book(vec![rule(when, Outcome::Block)]).evaluate(&given);
    assert_eq!(found.trace[0].because, "the body matches the pattern “[0-9]{16}”");
}

#[test]
fn the_trace_is_bounded_and_keeps_what_decided() {
    let mut rules: Vec<_> = (0..99).map(|_| rule(Condition::Always, Outcome::Allow)).collect();
    rules.push(rule(Condition::Always, Outcome::Block));
    let found = book(rules).evaluate(&facts());
    assert_eq!(found.looked_at, 100);
    assert!(found.trace.len() <= limits::STEPS, "{}", found.trace.len());
    assert_eq!(found.trace.len() + found.omitted as usize, 100);
    assert_eq!(found.trace.last().unwrap().outcome, "block");
    let text: usize =
        found.trace.iter().map(|s| s.because.len() + s.rule_name.len() + s.policy_name.len()).sum();
    assert!(text <= limits::TRACE);
}

#[test]
fn what_is_counted_is_what_the_policies_ask_for() {
    let volume = |per, window, over| rule(Condition::VolumeOver { per, window, over }, Outcome::Block);
    let mut book = book(vec![volume(Per::Inbox, Window::Hour, 5)]);
    let mut other = policy(2, vec![volume(Per::Organization, Window::Day, 9)]);
    other.content.inboxes = Some([inbox(2)].into());
    book.policies.push(other);
    assert_eq!(book.counted(facts().inbox), [(Counted::Mails, Per::Inbox, Window::Hour, 5)].into());
    assert_eq!(book.counted(Origin { id: inbox(2), ..facts().inbox }).len(), 2);
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let bad = tree(
        r#"{"name":"","x":1,"inbox_ids":["inb_1"],"rules":[
            {"name":"r","when":{"all":[{"pattern":{"regex":"("}},{"colour":1}]},"outcome":"maybe"},
            {"name":"r","when":{"policy":"pol_1"},"outcome":"allow","terms":{}},
            {"name":"r","when":{"any":[]},"outcome":"hold","terms":{"requirements":[{"quorum":11,"roles":["viewer"]}],
             "expires_in":1,"remind_after":5,"rejections":0,"late":"never","notify":["king"]}},
            {"name":"r","when":{"time":{"days":["day"],"from":"9","time_zone":"Mars/Crater"}},"outcome":"block"},
            {"when":{"any_recipient":{}},"outcome":"block"},
            {"name":"r","when":{"pattern":{"regex":"(a{1000}){1000}"}},"outcome":"block"},
            {"name":"r","when":{"always":true,"size_over":1},"outcome":"block"},
            {"name":"r","when":{"link":{"domain_in":["a b"],"present":true}},"outcome":"block"},
            {"name":"r","when":{"size_over":-1},"outcome":"block"}]}"#,
    );
    let expected = [
        ("x", "unknown_field"),
        ("name", "required"),
        ("inbox_ids[0]", "invalid_id"),
        ("rules[0].when.all[0].pattern", "invalid_pattern"),
        ("rules[0].when.all[1].colour", "unknown_condition"),
        ("rules[0].outcome", "unknown_outcome"),
        ("rules[1].when.policy", "unknown_condition"),
        ("rules[1].terms", "terms_without_hold"),
        ("rules[2].when.any", "empty_list"),
        ("rules[2].terms.requirements[0].quorum", "quorum_out_of_range"),
        ("rules[2].terms.requirements[0].roles[0]", "unknown_role"),
        ("rules[2].terms.rejections", "quorum_out_of_range"),
        ("rules[2].terms.expires_in", "out_of_range"),
        ("rules[2].terms.late", "unknown_choice"),
        ("rules[2].terms.remind_after", "out_of_range"),
        ("rules[2].terms.notify[0]", "unknown_role"),
        ("rules[3].when.time.days[0]", "unknown_day"),
        ("rules[3].when.time.from", "invalid_time"),
        ("rules[3].when.time.time_zone", "unknown_time_zone"),
        ("rules[4].name", "required"),
        ("rules[4].when.any_recipient", "empty_condition"),
        ("rules[5].when.pattern", "pattern_too_large"),
        ("rules[6].when", "one_condition"),
        ("rules[7].when.link.domain_in[0]", "invalid_domain"),
        ("rules[7].when.link", "one_condition"),
        ("rules[8].when.size_over", "wrong_type"),
    ];
    assert_eq!(violations(&bad), expected.map(|(path, code)| (path.to_owned(), code)));
}

#[test]
fn too_much_of_anything_is_refused() {
    let repeat = |one: &str, n: usize| vec![one; n].join(",");
    let always = r#"{"always":true}"#;
    let deep = |n: usize| format!("{}{always}{}", r#"{"not":"#.repeat(n), "}".repeat(n));
    assert!(PolicyContent::read(&with_condition(&deep(limits::DEPTH - 1))).is_ok());
    assert_eq!(violations(&with_condition(&deep(limits::DEPTH)))[0].1, "too_deep");
    let list = |n| with_condition(&format!(r#"{{"all":[{}]}}"#, repeat(always, n)));
    assert!(PolicyContent::read(&list(limits::CONDITIONS - 1)).is_ok());
    assert_eq!(violations(&list(limits::CONDITIONS)), [("rules[0].when".to_owned(), "too_many_conditions")]);
    let rules = |n: usize| {
        let one = r#"{"name":"r","when":{"always":true},"outcome":"allow"}"#;
        tree(&format!(r#"{{"name":"p","rules":[{}]}}"#, repeat(one, n)))
    };
    assert!(PolicyContent::read(&rules(limits::RULES)).is_ok());
    assert_eq!(violations(&rules(10_000)), [("rules".to_owned(), "too_many_rules")]);
    let words = with_condition(&format!(r#"{{"keyword":{{"any_of":[{}]}}}}"#, repeat(r#""a""#, 501)));
    assert_eq!(violations(&words)[0].1, "too_many");
    let patterns = with_condition(&format!(r#"{{"any":[{}]}}"#, repeat(r#"{"pattern":{"regex":"a"}}"#, 21)));
    assert_eq!(violations(&patterns), [("rules".to_owned(), "too_many_patterns")]);
    let long = with_condition(&format!(r#"{{"keyword":{{"any_of":["{}"]}}}}"#, "a".repeat(201)));
    assert_eq!(violations(&long)[0].1, "too_long");
    let nested =
        with_condition(&format!(r#"{{"pattern":{{"regex":"{}a{}"}}}}"#, "(".repeat(90), ")".repeat(90)));
    assert_eq!(violations(&nested)[0].1, "invalid_pattern");
    // Many errors are cut off, not refused to be told.
    let many = tree(&format!(r#"{{"name":"p","rules":[{}]}}"#, repeat(r#"{"x":1,"y":2}"#, 100)));
    assert_eq!(violations(&many).len(), limits::VIOLATIONS);
}

#[test]
fn a_zone_of_daylight_saving_is_read_from_the_database() {
    // 08:30 in Berlin is 07:30 UTC in winter and 06:30 in summer.
    let when = || condition(r#"{"time":{"from":"08:30","to":"08:31","time_zone":"Europe/Berlin"}}"#);
    for (time, expected) in [
        ("2026-01-15T07:30:00Z", true),
        ("2026-01-15T06:30:00Z", false),
        ("2026-07-15T06:30:00Z", true),
        ("2026-07-15T07:30:00Z", false),
    ] {
        let given = Facts { at: at(time), ..facts() };
        assert_eq!(answer(when(), &given), Some(expected), "{time}");
    }
}

#[test]
fn the_written_form_has_one_spelling() {
    let terms = Tree::Text("a\"b\\c\u{1}é".to_owned());
    assert_eq!(terms.canonical(), "\"a\\\"b\\\\c\\u0001é\"");
    let content = PolicyContent::read(&with_condition(r#"{"size_over":5}"#)).unwrap();
    let expected = r#"{"name":"p","description":"","enabled":true,"rules":[{"name":"r","when":{"size_over":5},"outcome":"allow"}]}"#;
    assert_eq!(content.write().canonical(), expected);
    assert_eq!(content.digest(), Digest::of(expected.as_bytes()));
}

fn word() -> impl Strategy<Value = String> {
    "[a-z]{1,8}"
}

fn recipient_test() -> impl Strategy<Value = RecipientTest> {
    let domains =
        prop::option::of(prop::sample::subsequence(vec!["known.example", "*.example", "x.y"], 1..=3));
    (domains, any::<bool>(), any::<Option<bool>>()).prop_map(|(domains, internal, first_contact)| {
        RecipientTest {
            domain_in: domains
                .map(|list| list.into_iter().map(|d| DomainPattern::parse(d).unwrap()).collect()),
            address_in: None,
            internal: Some(internal),
            first_contact,
        }
    })
}

fn places() -> impl Strategy<Value = Places> {
    prop::sample::select(vec![
        (true, true, false),
        (true, false, true),
        (false, true, false),
        (false, false, true),
    ])
    .prop_map(|(subject, body, filename)| Places { subject, body, filename })
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let bounds = (0..4_u64, 0..4_u64).prop_map(|(least, more)| Bounds {
        at_least: Some(least),
        at_most: (more < 3).then_some(least + more),
    });
    let leaf = prop_oneof![
        Just(Condition::Always),
        recipient_test().prop_map(Condition::AnyRecipient),
        recipient_test().prop_map(Condition::EveryRecipient),
        bounds.clone().prop_map(Condition::RecipientCount),
        bounds.prop_map(|count| Condition::Attachments { count, total_over: Some(3) }),
        (places(), prop::collection::vec(word(), 1..3))
            .prop_map(|(places, any_of)| Condition::Keyword { places, any_of }),
        (places(), prop::collection::vec(word(), 1..3))
            .prop_map(|(places, any_of)| Condition::Words { places, any_of }),
        (places(), 0..2_000_u64, prop::sample::select(vec![None, Currency::parse("EUR")]))
            .prop_map(|(places, over, currency)| Condition::Amount { places, over, currency }),
        (
            prop::sample::select(vec![Per::Inbox, Per::Organization]),
            prop::sample::select(Window::ALL),
            0..9_u64
        )
            .prop_map(|(per, window, over)| Condition::FirstContacts { per, window, over }),
        // The stray parenthesis stands for a pattern that no longer compiles.
        (places(), "[a-z]{0,3}[(.]?").prop_map(|(places, regex)| Condition::Pattern { places, regex }),
        any::<bool>().prop_map(|yes| Condition::Link(LinkTest::Present(yes))),
        any::<bool>().prop_map(|yes| Condition::Picture(LinkTest::Present(yes))),
        (0..2_000_u64).prop_map(Condition::SizeOver),
        any::<bool>().prop_map(|yes| Condition::Sender(SenderTest {
            is_token: Some(yes),
            inbox_in: Some([inbox(1)].into()),
            ..SenderTest::default()
        })),
        (any::<bool>(), any::<Option<bool>>()).prop_map(|(tainted, is_reply)| Condition::Thread(
            ThreadTest { tainted: Some(tainted), is_reply }
        )),
        any::<bool>().prop_map(Condition::AnswersAutomatic),
        (0..1_440_u16, 1..=1_440_u16, prop::sample::subsequence((1..=7).collect::<Vec<i8>>(), 1..=7))
            .prop_filter("an empty time", |(from, to, _)| from != to)
            .prop_map(|(from, to, days)| Condition::Time(Hours {
                days: days.into_iter().collect(),
                from,
                to,
                time_zone: "America/New_York".to_owned(),
            })),
        (prop::sample::select(Per::ALL), prop::sample::select(Window::ALL), 0..9_u64)
            .prop_map(|(per, window, over)| Condition::VolumeOver { per, window, over }),
        (prop::option::of(0..9_u64), prop::sample::subsequence(FileKind::ALL.to_vec(), 1..=3)).prop_map(
            |(over, kinds)| Condition::AnyAttachment(FileTest {
                extension_in: Some(vec!["pdf".to_owned()]),
                media_type_in: Some(vec!["image/*".to_owned()]),
                kind_in: Some(kinds.into_iter().collect()),
                over,
            })
        ),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Condition::Any),
            inner.prop_map(|one| Condition::Not(Box::new(one))),
        ]
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    let roles = || prop::sample::subsequence(DECIDERS.to_vec(), 1..=3);
    let groups = prop::sample::subsequence(vec!["legal", "finance"], 0..=2);
    let members = prop::collection::btree_set((0..3_u8).prop_map(|n| id(MemberId::new, n)), 0..=2);
    let one =
        (1..=10_u8, roles(), groups, members).prop_map(|(quorum, roles, groups, members)| Requirement {
            groups: groups.into_iter().filter_map(GroupName::parse).collect(),
            members,
            ..Requirement::of_roles(quorum, roles)
        });
    let seconds = || 60..2_592_000_i64;
    (
        prop::collection::vec(one, 1..4),
        any::<bool>(),
        1..=10_u8,
        seconds(),
        prop::sample::select(Late::ALL),
        prop::option::of(seconds()),
        prop::sample::subsequence(Role::ALL.to_vec(), 0..=5),
        prop::sample::select(By::ALL),
        prop::sample::select(Links::ALL),
        (0u8..=10, any::<bool>(), 0u8..=100)
            .prop_map(|(votes, device_bound, rows)| (SignedVotes { votes, device_bound }, rows)),
    )
        .prop_map(
            |(
                requirements,
                separation,
                rejections,
                expires,
                late,
                remind,
                notify,
                by,
                links,
                (signed, open_rows),
            )| {
                Terms {
                    requirements,
                    separation,
                    rejections,
                    expires_in: SignedDuration::from_secs(expires),
                    late,
                    remind_after: remind.map(SignedDuration::from_secs),
                    notify: notify.into_iter().collect(),
                    by,
                    links,
                    signed,
                    open_rows,
                }
            },
        )
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Allow),
        2 => terms().prop_map(Outcome::Hold),
        1 => Just(Outcome::Block),
        1 => (0..1_440_u16, 0..1_440_u16).prop_filter("an empty time", |(from, to)| from != to).prop_map(|(from, to)| {
            Outcome::Defer(Hours { days: [1, 3].into(), from, to, time_zone: "UTC".to_owned() })
        }),
    ];
    (word(), any_condition(), outcome).prop_map(|(name, when, outcome)| Rule { name, when, outcome })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let recipients = prop::collection::vec(
        ("[ab]", prop::sample::select(vec!["known.example", "x.y"]), any::<bool>(), any::<bool>()),
        0..4,
    );
    let flags = any::<[bool; 5]>();
    let counts = prop::collection::btree_map(
        (
            prop::sample::select(vec![Counted::Mails, Counted::FirstContacts]),
            prop::sample::select(Per::ALL),
            prop::sample::select(Window::ALL),
        ),
        0..9_u64,
        0..6,
    );
    (recipients, "[a-z ]{0,12}", flags, 0..2_000_u64, 0..2_000_000_000_i64, counts).prop_map(
        |(recipients, text, [reply, tainted, automatic, person, new], size, second, counts)| {
            let member_id = id(MemberId::new, 1);
            Facts {
                recipients: recipients
                    .into_iter()
                    .map(|(local, domain, internal, first)| {
                        recipient(&format!("{local}@{domain}"), internal, first)
                    })
                    .collect(),
                text,
                attachments: vec![file("a.pdf", "image/png", size)],
                is_reply: reply,
                tainted,
                answers_automatic: automatic,
                inbox: Origin {
                    created_at: Timestamp::from_second(i64::from(new)).unwrap(),
                    ..facts().inbox
                },
                size,
                at: Timestamp::from_second(second).unwrap(),
                actor: if person { Actor::Member { member_id } } else { facts().actor },
                volumes: counts
                    .into_iter()
                    .map(|((of, per, window), n)| (Volume { of, per, recipient: None, window }, n))
                    .collect(),
                ..facts()
            }
        },
    )
}

/// How much each asks for: nothing that goes out under `after` may not have gone out under `before`.
fn not_weaker(before: &Verdict, after: &Verdict) -> bool {
    match (before, after) {
        (_, Verdict::Block) | (Verdict::Allow, _) => true,
        (Verdict::Hold(before), Verdict::Hold(after)) => {
            before.requirements.iter().all(|one| after.requirements.iter().any(|by| by.implies(one)))
                && after.separation >= before.separation
                && after.rejections <= before.rejections
                && after.expires_in <= before.expires_in
                && (before.late == Late::Send || after.late == Late::Expire)
                && after.notify.is_superset(&before.notify)
                && before.by.unite(after.by) == after.by
                && before.signed.unite(after.signed) == after.signed
                && (before.links == Links::Decide || after.links == Links::SignIn)
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_was_written_reads_back(rules in prop::collection::vec(any_rule(), 1..4), name in word()) {
        let content = PolicyContent { name, description: "é\"\\".to_owned(), enabled: false, inboxes: Some([inbox(3)].into()), rules };
        match PolicyContent::read_stored(&content.write()) {
            Ok(read) => prop_assert_eq!(read, content),
            Err(violations) => prop_assert!(violations.iter().all(|one| one.code == Code::InvalidPattern), "{:?}", violations),
        }
    }

    #[test]
    fn the_order_makes_no_difference(
        (rules, shuffled) in prop::collection::vec(any_rule(), 0..6).prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        facts in any_facts(),
        at in 0..6_usize,
    ) {
        let one = book(rules.clone()).evaluate(&facts);
        prop_assert_eq!(&one, &book(rules).evaluate(&facts));
        let two = book(shuffled.clone()).evaluate(&facts);
        prop_assert_eq!(&one.outcome, &two.outcome);
        prop_assert_eq!(&one.reasons, &two.reasons);
        // Nor does the policy that a rule stands in.
        let (left, right) = shuffled.split_at(at.min(shuffled.len()));
        let policies = vec![policy(1, left.to_vec()), policy(2, right.to_vec())];
        let parted = PolicyBook { policies, unreadable: vec![], groups: vec![], version: 1 }.evaluate(&facts);
        prop_assert_eq!(&one.outcome, &parted.outcome);
    }

    #[test]
    fn a_hold_or_a_block_that_is_added_lets_nothing_more_out(
        rules in prop::collection::vec(any_rule(), 0..6),
        added in any_rule(),
        facts in any_facts(),
    ) {
        let before = book(rules.clone()).evaluate(&facts);
        prop_assume!(added.outcome != Outcome::Allow);
        prop_assume!(!matches!(added.outcome, Outcome::Defer(_)));
        // Where nothing was said, the standard terms applied; a rule that matches says what applies in their place.
        prop_assume!(before.reasons != [REASON_NOTHING_ALLOWS] || matches!(added.outcome, Outcome::Block));
        let after = book([rules, vec![added]].concat()).evaluate(&facts);
        prop_assert!(not_weaker(&before.outcome, &after.outcome), "{:?} {:?}", before, after);
    }

    #[test]
    fn nothing_goes_out_without_a_rule_that_allows_it(
        rules in prop::collection::vec(any_rule(), 0..6),
        facts in any_facts(),
    ) {
        let rules: Vec<_> = rules.into_iter().filter(|rule| rule.outcome != Outcome::Allow).collect();
        let found = book(rules).evaluate(&facts);
        prop_assert_ne!(&found.outcome, &Verdict::Allow);
        prop_assert!(!found.reasons.is_empty());
        prop_assert!(found.trace.iter().all(|step| step.because.chars().count() <= limits::BECAUSE));
        if let Verdict::Hold(terms) = found.outcome {
            prop_assert!(!terms.requirements.is_empty());
        }
    }

    #[test]
    fn terms_unite_in_any_order(one in terms(), two in terms(), three in terms()) {
        let left = one.clone().unite(two.clone()).unite(three.clone());
        prop_assert_eq!(&left, &three.unite(two.clone()).unite(one.clone()));
        prop_assert!(not_weaker(&Verdict::Hold(one.clone()), &Verdict::Hold(one.clone().unite(two))));
    }
}

fn group(n: u8, name: &str, members: &[u8]) -> Group {
    Group {
        id: id(GroupId::new, n),
        name: GroupName::parse(name).unwrap(),
        members: members.iter().map(|n| id(MemberId::new, *n)).collect(),
        version: 1,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        updated_by: Actor::System,
    }
}

fn held_for(from: &str) -> PolicyContent {
    let terms = format!(r#"{{"requirements":[{{"quorum":2,"from":{from}}}]}}"#);
    let rule = format!(r#"{{"name":"r","when":{{"always":true}},"outcome":"hold","terms":{terms}}}"#);
    PolicyContent::read(&tree(&format!(r#"{{"name":"p","rules":[{rule}]}}"#))).unwrap()
}

#[test]
fn groups_and_members_are_asked_for_votes_and_fixed_when_a_mail_is_held() {
    let third = id(MemberId::new, 3);
    let content = held_for(&format!(r#"["role:owner","group:legal","member:{third}"]"#));
    assert_eq!(PolicyContent::read(&content.write()), Ok(content.clone()));
    let judged = |groups: Vec<Group>| {
        let policies = vec![Policy { content: content.clone(), ..policy(1, vec![]) }];
        let Verdict::Hold(terms) =
            (PolicyBook { policies, groups, ..PolicyBook::default() }).evaluate(&facts()).outcome
        else {
            panic!("held")
        };
        terms
    };
    let terms = judged(vec![group(1, "legal", &[1, 2]), group(2, "finance", &[4])]);
    let asked = &terms.requirements[0];
    assert_eq!(asked.members, [1, 2, 3].map(|n| id(MemberId::new, n)).into());
    assert!(asked.takes(third, Role::Approver) && asked.takes(id(MemberId::new, 9), Role::Owner));
    assert!(!asked.takes(id(MemberId::new, 4), Role::Admin));
    assert_eq!(asked.voters(), "owner or group legal");
    // A group that is not there gives nobody: the mail waits, and goes for no one else's vote.
    assert_eq!(judged(vec![]).requirements[0].members, [third].into());
    // What is asked by another membership of the same group is another requirement, and both are needed.
    let later = judged(vec![group(1, "legal", &[5])]);
    assert_eq!(terms.clone().unite(later).requirements.len(), 2);
    assert_ne!(terms.details()[0], judged(vec![group(1, "legal", &[1])]).details()[0]);
}

#[test]
fn whose_votes_count_is_named_by_role_group_and_member() {
    for (requirement, code) in [
        (r#"{"quorum":1,"from":[]}"#, Code::EmptyList),
        (r#"{"quorum":1,"from":["legal"]}"#, Code::UnknownVoter),
        (r#"{"quorum":1,"from":["group:Legal"]}"#, Code::UnknownVoter),
        (r#"{"quorum":1,"from":["role:viewer"]}"#, Code::UnknownVoter),
        (r#"{"quorum":1,"from":["member:inb_1"]}"#, Code::UnknownVoter),
        (r#"{"quorum":1,"from":["role:owner"],"roles":["owner"]}"#, Code::RolesOrFrom),
    ] {
        let rule = format!(
            r#"{{"name":"r","when":{{"always":true}},"outcome":"hold","terms":{{"requirements":[{requirement}]}}}}"#
        );
        let read = PolicyContent::read(&tree(&format!(r#"{{"name":"p","rules":[{rule}]}}"#)));
        assert_eq!(read.unwrap_err()[0].code, code, "{requirement}");
    }
}

#[test]
fn a_quorum_that_nobody_can_meet_is_found() {
    let content = held_for(r#"["group:legal","member:mem_00000000000000000000000000"]"#);
    let groups = [group(1, "legal", &[1, 2])];
    let seats = |roles: &[Role]| -> Vec<_> {
        (1..).zip(roles).map(|(n, role)| (id(MemberId::new, n), *role)).collect()
    };
    assert_eq!(content.impossible(&groups, &seats(&[Role::Approver, Role::Owner])), []);
    // Of a group whoever does not decide gives no vote.
    let short = content.impossible(&groups, &seats(&[Role::Approver, Role::Viewer, Role::Owner]));
    assert_eq!((short[0].able, short[0].path.as_str()), (1, "rules[0].terms.requirements[0]"));
    // What every mail waits for needs no look.
    let plain =
        PolicyContent { rules: vec![rule(Condition::Always, Outcome::Hold(Terms::default()))], ..content };
    assert!(plain.impossible(&[], &[]).is_empty() && !plain.asks_for_more());
}

#[test]
fn what_is_deferred_is_judged_as_if_it_were_not_and_waits_for_the_end_of_the_hours() {
    let hours = |from, to| Hours { days: (1..=7).collect(), from, to, time_zone: "UTC".to_owned() };
    let defer = |hours| rule(Condition::Always, Outcome::Defer(hours));
    let allow = || rule(Condition::Always, Outcome::Allow);
    let found = book(vec![allow(), defer(hours(600, 660)), defer(hours(600, 660)), defer(hours(0, 60))])
        .evaluate(&facts());
    assert_eq!((found.outcome, found.quiet), (Verdict::Allow, vec![hours(0, 60), hours(600, 660)]));
    assert_eq!(found.trace[1].outcome, "defer");
    // To put off is no leave to go, and what does not match puts nothing off.
    let found = book(vec![defer(hours(600, 660))]).evaluate(&facts());
    assert_eq!(found.reasons, [REASON_NOTHING_ALLOWS]);
    let never = rule(Condition::SizeOver(1_000_000), Outcome::Defer(hours(0, 60)));
    assert_eq!(book(vec![allow(), never]).evaluate(&facts()).quiet, []);
}

#[test]
fn hours_stand_with_the_outcome_that_they_belong_to() {
    let read = |rest: &str| {
        let json = format!(r#"{{"name":"p","rules":[{{"name":"r","when":{{"always":true}},{rest}}}]}}"#);
        PolicyContent::read(&tree(&json))
    };
    let night = r#""quiet_hours":{"from":"20:00","to":"07:00","time_zone":"Europe/Berlin"}"#;
    let content = read(&format!(r#""outcome":"defer",{night}"#)).unwrap();
    assert_eq!(PolicyContent::read(&content.write()), Ok(content));
    for (rest, path, code) in [
        (r#""outcome":"defer""#.to_owned(), "rules[0].quiet_hours", Code::Required),
        (format!(r#""outcome":"allow",{night}"#), "rules[0].quiet_hours", Code::HoursWithoutDefer),
        (format!(r#""outcome":"defer","terms":{{}},{night}"#), "rules[0].terms", Code::TermsWithoutHold),
        (
            r#""outcome":"defer","quiet_hours":{"time_zone":"UTC"}"#.to_owned(),
            "rules[0].quiet_hours",
            Code::InvalidTime,
        ),
    ] {
        let errors = read(&rest).unwrap_err();
        assert_eq!((errors[0].path.as_str(), errors[0].code), (path, code), "{rest}");
    }
}

#[test]
fn each_rule_that_does_not_match_says_why() {
    let why = |json: &str| {
        let book = book(vec![rule(condition(json), Outcome::Allow)]);
        assert_eq!(book.evaluate(&facts()).trace, [], "{json}");
        let unmatched = book.explain(&facts());
        assert_eq!((unmatched.steps.len(), unmatched.omitted, unmatched.steps[0].outcome), (1, 0, "allow"));
        unmatched.steps[0].because.clone()
    };
    for (json, because) in [
        (
            r#"{"every_recipient":{"first_contact":false}}"#,
            "not every recipient is written to before: someone@new.example is not",
        ),
        (r#"{"any_recipient":{"kind":"internal"}}"#, "no recipient is of the organization"),
        (r#"{"recipient_count":{"at_most":1}}"#, "it has 2 recipients"),
        (r#"{"any_attachment":{"over":5}}"#, "it has no files"),
        (r#"{"all":[{"always":true},{"size_over":5000}]}"#, "it has 1000 bytes"),
        (
            r#"{"any":[{"size_over":5000},{"thread":{"kind":"new"}}]}"#,
            "it has 1000 bytes; it answers a mail and nothing suspicious came into the conversation",
        ),
        (r#"{"not":{"link":{"present":true}}}"#, "it links to “shop.example”"),
        (r#"{"words":{"any_of":["secret"]}}"#, "none of its words stands there"),
        (r#"{"amount":{"over":5,"currency":"EUR"}}"#, "no amount over 5 EUR stands there"),
    ] {
        assert_eq!(why(json), because, "{json}");
    }
    // A policy that has no say says so, and what matches is not told of.
    let mut off = policy(1, vec![rule(Condition::Always, Outcome::Block)]);
    off.content.enabled = false;
    let mut elsewhere = policy(2, vec![rule(Condition::Always, Outcome::Block)]);
    elsewhere.content.inboxes = Some([inbox(9)].into());
    let on = policy(3, vec![rule(Condition::Always, Outcome::Allow)]);
    let told = PolicyBook { policies: vec![off, elsewhere, on], ..PolicyBook::default() }.explain(&facts());
    let told: Vec<_> = told.steps.iter().map(|step| step.because.as_str()).collect();
    assert_eq!(told, ["its policy is turned off", "its policy is for other inboxes"]);
}

proptest! {
    #[test]
    fn every_rule_either_matches_or_says_why_not(rules in prop::collection::vec(any_rule(), 0..6), facts in any_facts()) {
        let book = book(rules.clone());
        let (found, told) = (book.evaluate(&facts), book.explain(&facts));
        let matched = found.trace.len() + usize::try_from(found.omitted).unwrap();
        prop_assert_eq!(matched + told.steps.len(), rules.len());
        prop_assert!(told.steps.iter().all(|step| !step.because.is_empty() && step.because.chars().count() <= limits::BECAUSE));
    }
}

#[test]
fn words_stand_whole_and_amounts_and_file_names_are_looked_at() {
    let mut given = facts();
    given.subject = "A first class offer".to_owned();
    given.text = "We guаrаntее € 1.500 back".to_owned();
    given.attachments = vec![file("Confidential_plan.pdf", "application/pdf", 5)];
    for (json, outcome, matches) in [
        (r#"{"words":{"any_of":["ass"]}}"#, Outcome::Block, false),
        (r#"{"keyword":{"any_of":["ass"]}}"#, Outcome::Block, true),
        (r#"{"words":{"any_of":["guarantee"]}}"#, Outcome::Block, true),
        // What lets mail go is read as it is written.
        (r#"{"words":{"any_of":["guarantee"]}}"#, Outcome::Allow, false),
        (r#"{"not":{"words":{"any_of":["guarantee"]}}}"#, Outcome::Allow, false),
        (r#"{"words":{"any_of":["confidential"]}}"#, Outcome::Block, true),
        (r#"{"words":{"any_of":["confidential"],"in":["subject","body"]}}"#, Outcome::Block, false),
        (r#"{"keyword":{"any_of":["confidential"]}}"#, Outcome::Block, false),
        (r#"{"keyword":{"any_of":["confidential"],"in":["filename"]}}"#, Outcome::Block, true),
        (r#"{"pattern":{"regex":"\\.pdf$","in":["filename"]}}"#, Outcome::Block, true),
        (r#"{"amount":{"over":1000,"currency":"EUR"}}"#, Outcome::Block, true),
        (r#"{"amount":{"over":1000}}"#, Outcome::Block, true),
        (r#"{"amount":{"over":1000,"currency":"USD"}}"#, Outcome::Block, false),
        (r#"{"amount":{"over":1500}}"#, Outcome::Block, false),
        (r#"{"amount":{"over":1000}}"#, Outcome::Allow, false),
        (r#"{"not":{"amount":{"over":1000}}}"#, Outcome::Allow, false),
    ] {
        let json = json.replace("\\\\", "\\");
        let when = match PolicyContent::read(&with_condition(&json)) {
            Ok(mut content) => content.rules.remove(0).when,
            Err(errors) => panic!("{json}: {errors:?}"),
        };
        let found = book(vec![rule(when, outcome)]).evaluate(&given);
        assert_eq!(!found.trace.is_empty(), matches, "{json}");
    }
}

#[test]
fn first_contacts_are_counted_apart() {
    let first = condition(r#"{"first_contacts":{"per":"inbox","window":"day","over":20}}"#);
    let mut given = facts();
    assert_eq!(answer(first.clone(), &given), None, "nobody counted");
    let volume = Volume { of: Counted::FirstContacts, per: Per::Inbox, recipient: None, window: Window::Day };
    for (n, over) in [(20, false), (21, true)] {
        given.volumes.insert(volume.clone(), n);
        assert_eq!(answer(first.clone(), &given), Some(over), "{n}");
    }
    given.recipients.retain(|one| !one.first_contact);
    assert_eq!(answer(first, &given), Some(false), "a mail to people who are known is none");
}

#[test]
fn what_can_do_nothing_is_refused_when_it_is_written_and_read_where_it_was_stored() {
    for (json, path, code) in [
        (r#"{"pattern":{"regex":""}}"#, "pattern.regex", "empty_pattern"),
        (r#"{"pattern":{"regex":"a*"}}"#, "pattern.regex", "empty_pattern"),
        (r#"{"recipient_count":{"at_least":51}}"#, "recipient_count.at_least", "out_of_range"),
        (r#"{"amount":{"currency":"EUR"}}"#, "amount.over", "required"),
        (r#"{"amount":{"over":1,"currency":"euro"}}"#, "amount.currency", "invalid_currency"),
        (r#"{"words":{"any_of":[" "]}}"#, "words.any_of[0]", "empty_keyword"),
        (
            r#"{"first_contacts":{"per":"recipient","window":"day","over":1}}"#,
            "first_contacts.per",
            "unknown_choice",
        ),
    ] {
        assert_eq!(violations(&with_condition(json)), [(format!("rules[0].when.{path}"), code)], "{json}");
    }
    for json in [r#"{"pattern":{"regex":""}}"#, r#"{"recipient_count":{"at_least":51}}"#] {
        assert!(PolicyContent::read_stored(&with_condition(json)).is_ok(), "{json}");
    }
    // An empty subject can be looked for.
    assert!(PolicyContent::read(&with_condition(r#"{"pattern":{"regex":"^$","in":["subject"]}}"#)).is_ok());
    let late = r#"{"name":"p","rules":[{"name":"r","when":{"always":true},"outcome":"hold","terms":{"expires_in":3600,"remind_after":7200}}]}"#;
    assert_eq!(violations(&tree(late)), [("rules[0].terms.remind_after".to_owned(), "out_of_range")]);
    assert_eq!(limits::RECIPIENTS, crate::gate::seal::MAX_RECIPIENTS as u64);
}

/// One rule of every condition, and of some with every field, as JSON.
const EVERY_CONDITION: &[&str] = &[
    r#"{"always": true}"#,
    r#"{"not": {"always": true}}"#,
    r#"{"all": [{"size_over": 1}, {"size_over": 2}]}"#,
    r#"{"any": [{"size_over": 1}, {"size_over": 2}]}"#,
    r#"{"all": [{"size_over": 1}, {"any": [{"size_over": 2}, {"size_over": 3}]}]}"#,
    r#"{"any": [{"all": [{"size_over": 1}, {"size_over": 2}]}, {"size_over": 3}]}"#,
    r#"{"any_recipient": {"domain_in": ["example.com", "*.example.com"]}}"#,
    r#"{"any_recipient": {"domain_in": ["example.com"], "kind": "external"}}"#,
    r#"{"any_recipient": {"address_in": ["ann@example.com"]}}"#,
    r#"{"any_recipient": {"kind": "external"}}"#,
    r#"{"any_recipient": {"kind": "internal"}}"#,
    r#"{"any_recipient": {"first_contact": true}}"#,
    r#"{"any_recipient": {"first_contact": false}}"#,
    r#"{"every_recipient": {"first_contact": false}}"#,
    r#"{"every_recipient": {"kind": "internal"}}"#,
    r#"{"recipient_count": {"at_least": 2}}"#,
    r#"{"recipient_count": {"at_most": 2}}"#,
    r#"{"recipient_count": {"at_least": 2, "at_most": 5}}"#,
    r#"{"any_attachment": {"extension_in": ["pdf"]}}"#,
    r#"{"any_attachment": {"media_type_in": ["image/*"]}}"#,
    r#"{"any_attachment": {"kind_in": ["executable", "macro", "archive"]}}"#,
    r#"{"any_attachment": {"over": 5000000}}"#,
    r#"{"any_attachment": {"over": 5000001}}"#,
    r#"{"every_attachment": {"extension_in": ["pdf"]}}"#,
    r#"{"attachments": {"at_least": 1}}"#,
    r#"{"attachments": {"total_over": 1000}}"#,
    r#"{"attachments": {"at_least": 1, "total_over": 1000}}"#,
    r#"{"keyword": {"any_of": ["refund", "money back"]}}"#,
    r#"{"keyword": {"in": ["subject"], "any_of": ["refund"]}}"#,
    r#"{"words": {"any_of": ["refund"]}}"#,
    r#"{"words": {"in": ["filename"], "any_of": ["refund"]}}"#,
    r#"{"amount": {"over": 500}}"#,
    r#"{"amount": {"over": 500, "currency": "EUR"}}"#,
    r#"{"pattern": {"regex": "[0-9]{16}"}}"#,
    r#"{"link": {"present": true}}"#,
    r#"{"link": {"present": false}}"#,
    r#"{"link": {"domain_in": ["example.com"]}}"#,
    r#"{"link": {"domain_not_in": ["example.com"]}}"#,
    r#"{"picture": {"present": true}}"#,
    r#"{"picture": {"domain_in": ["example.com"]}}"#,
    r#"{"picture": {"domain_not_in": ["example.com"]}}"#,
    r#"{"size_over": 1000000}"#,
    r#"{"sender": {"inbox_in": ["inb_01kc1x5e3r0000000000000001"]}}"#,
    r#"{"sender": {"token_in": ["tok_01kc1x5e3r0000000000000001"]}}"#,
    r#"{"sender": {"member_in": ["mem_01kc1x5e3r0000000000000001"]}}"#,
    r#"{"sender": {"kind": "token"}}"#,
    r#"{"sender": {"kind": "member"}}"#,
    r#"{"thread": {"tainted": true}}"#,
    r#"{"thread": {"kind": "new"}}"#,
    r#"{"thread": {"tainted": true, "kind": "reply"}}"#,
    r#"{"answers_automatic": true}"#,
    r#"{"answers_automatic": false}"#,
    r#"{"time": {"time_zone": "UTC"}}"#,
    r#"{"time": {"days": ["sat", "sun"], "from": "09:00", "to": "17:00", "time_zone": "Europe/Berlin"}}"#,
    r#"{"time": {"days": ["mon", "tue", "wed"], "from": "22:00", "to": "06:00", "time_zone": "UTC"}}"#,
    r#"{"volume": {"per": "inbox", "window": "hour", "over": 10}}"#,
    r#"{"volume": {"per": "recipient", "window": "day", "over": 10}}"#,
    r#"{"volume": {"per": "organization", "window": "day", "over": 10}}"#,
    r#"{"first_contacts": {"per": "inbox", "window": "hour", "over": 10}}"#,
    r#"{"first_contacts": {"per": "organization", "window": "day", "over": 10}}"#,
];

fn ruled(when: &str, then: &str) -> Rule {
    let text = format!(r#"{{"name": "p", "rules": [{{"name": "r", "when": {when}, {then}}}]}}"#);
    PolicyContent::read(&tree(&text)).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")).rules.remove(0)
}

#[test]
fn every_condition_and_its_opposite_has_a_sentence_of_its_own() {
    for name in syntax::CONDITIONS {
        let written = format!("\"{name}\":");
        assert!(EVERY_CONDITION.iter().any(|json| json.contains(&written)), "{name}");
    }
    let mut told = std::collections::BTreeMap::new();
    for json in EVERY_CONDITION {
        let opposite = format!(r#"{{"not": {json}}}"#);
        for json in [(*json).to_owned(), opposite] {
            let rule = ruled(&json, r#""outcome": "allow""#);
            let sentence = rule.sentence(&|_| None);
            // A link that is not there is no other thing than no link, and what is not refused twice is taken.
            if let Some(before) = told.insert(sentence.clone(), json.clone()) {
                let alike = [r#"{"present""#, "answers_automatic", r#""kind""#, "always"];
                assert!(alike.iter().any(|part| json.contains(part)), "{before} and {json}: {sentence}");
            }
        }
    }
}

#[test]
fn rules_read_as_people_say_them() {
    let by_owner = r#""outcome": "hold", "terms": {"requirements": [{"quorum": 1, "roles": ["owner"]}], "expires_in": 86400}"#;
    let outside = r#"{"all": [{"not": {"every_recipient": {"domain_in": ["example.com"]}}}, {"attachments": {"at_least": 1}}]}"#;
    for (when, then, expected) in [
        (
            outside,
            by_owner,
            "When not every recipient is at example.com, and it has at least 1 file: hold it for 1 vote of an owner, for at most 24 hours.",
        ),
        (r#"{"always": true}"#, r#""outcome": "block""#, "Whatever the mail: block it."),
        (
            r#"{"not": {"any": [{"size_over": 5000000}, {"link": {"present": true}}]}}"#,
            r#""outcome": "allow""#,
            "When it is not larger than 5 MB, and it has no link: let it go without anybody\u{2019}s vote.",
        ),
        (
            r#"{"thread": {"kind": "new"}}"#,
            r#""outcome": "defer", "quiet_hours": {"days": ["sat", "sun"], "time_zone": "UTC"}"#,
            "When it begins a conversation: keep it back Saturday and Sunday, all day (UTC), until that time is over; this lets nothing go.",
        ),
        (
            r#"{"sender": {"kind": "token"}}"#,
            r#""outcome": "hold", "terms": {"requirements": [{"quorum": 2, "from": ["role:admin", "group:legal"]}, {"quorum": 1, "roles": ["owner"]}], "separation": false, "rejections": 2, "late": "send", "remind_after": 0, "notify": ["owner"], "by": "any", "links": "sign_in"}"#,
            "When a program asks for it: hold it for 2 votes of admins or members of the group \u{201c}legal\u{201d} and 1 vote of an owner, \
             for at most 7 days; whoever asked for it or edited it may approve it too; it takes 2 rejections to end it; approved after its \
             time, it goes out all the same; nobody is reminded; told by mail are owners; a program may decide as well; links in mails \
             lead to the sign-in.",
        ),
    ] {
        assert_eq!(ruled(when, then).sentence(&|_| None), expected);
    }
}

#[test]
fn what_somebody_typed_stays_between_its_quotation_marks() {
    let places = Places { subject: true, body: false, filename: false };
    let any_of = vec!["a\u{201d}: let it go\\\u{202e}\u{200b}\n".to_owned()];
    let told = rule(Condition::Words { places, any_of }, Outcome::Block).sentence(&|_| None);
    let expected = "When \u{201c}a\\\u{201d}: let it go\\\\\\u{202e}\\u{200b}\\u{a}\u{201d} stands in the subject, as a word of its own: block it.";
    assert_eq!(told, expected);
    let token = Condition::Sender(SenderTest {
        token_in: Some([id(TokenId::new, 1)].into()),
        ..SenderTest::default()
    });
    let told = rule(token, Outcome::Block).sentence(&|_| Some("Bot\u{201d} or anybody".to_owned()));
    assert_eq!(told, "When the token \u{201c}Bot\\\u{201d} or anybody\u{201d} asks for it: block it.");
}

proptest! {
    #[test]
    fn no_rule_is_without_a_sentence(rule in any_rule()) {
        let told = rule.sentence(&|_| None);
        prop_assert!(told.starts_with("When ") || told.starts_with("Whatever the mail: "), "{}", told);
        prop_assert!(told.ends_with('.') && !told.contains("  ") && !told.chars().any(char::is_control), "{}", told);
        prop_assert_eq!(&told, &rule.sentence(&|_| None));
        // Every word that was written into it is read in it, and so is every number of what is asked.
        let written = PolicyContent { name: "p".to_owned(), description: String::new(), enabled: true, inboxes: None, rules: vec![rule.clone()] };
        for (_, named) in written.named() {
            let name = match named {
                Named::Inbox(id) => id.to_string(),
                Named::Token(id) => id.to_string(),
                Named::Member(id) => id.to_string(),
                Named::Group(name) => name.to_string(),
            };
            prop_assert!(told.contains(&name), "{}: {}", name, told);
        }
    }

    #[test]
    fn terms_that_ask_for_something_else_read_otherwise(one in terms(), other in terms()) {
        prop_assert_eq!(one == other, one.words(&|_| None) == other.words(&|_| None));
        let near = Terms { separation: !one.separation, ..one.clone() };
        let late = Terms { rejections: one.rejections % 10 + 1, ..one.clone() };
        let waits = Terms { expires_in: one.expires_in + SignedDuration::from_secs(1), ..one.clone() };
        for changed in [near, late, waits] {
            prop_assert!(one.words(&|_| None) != changed.words(&|_| None), "{}", one.words(&|_| None));
        }
    }
}
