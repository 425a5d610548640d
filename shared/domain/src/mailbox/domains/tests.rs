use super::*;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn later(hours: i64) -> Timestamp {
    NOW + SignedDuration::from_hours(hours)
}

fn organization(n: u8) -> OrganizationId {
    OrganizationId::new(NOW, [n; 10])
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn domain() -> Domain {
    let tokens = ["one", "two", "three"].map(str::to_owned).into();
    Domain::new(organization(1), (name("shop.example.com"), true), tokens, ("eu-west-1", Actor::System, NOW))
}

fn answer(wanted: &Wanted) -> Answer {
    Answer { value: wanted.value.clone(), priority: wanted.priority }
}

/// What a look brings where DNS has `answers` for each record.
fn look(domain: &Domain, sends: bool, answers: impl Fn(&Wanted) -> Option<Vec<Answer>>) -> Seen {
    let found = domain.wanted().into_iter().map(|it| Found::new(it.name.clone(), it.kind, answers(&it)));
    Seen { sends, tokens: domain.tokens.clone(), found: found.collect() }
}

fn all(domain: &Domain) -> Seen {
    look(domain, true, |wanted| Some(vec![answer(wanted)]))
}

fn nothing(domain: &Domain) -> Seen {
    look(domain, false, |_| Some(vec![]))
}

fn texts(of: &[&str]) -> Vec<Answer> {
    of.iter().map(|text| Answer { value: (*text).to_owned(), priority: None }).collect()
}

fn wanted(purpose: Purpose) -> Wanted {
    domain().wanted().into_iter().find(|it| it.purpose == purpose).unwrap()
}

#[test]
fn names_are_taken_as_people_type_them() {
    for (typed, taken) in [
        ("example.com", "example.com"),
        ("Shop.EXAMPLE.com", "shop.example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("a.co.uk", "a.co.uk"),
        ("acme.test", "acme.test"),
        ("me.github.io", "me.github.io"),
    ] {
        assert_eq!(DomainName::parse(typed).map(|it| it.to_string()), Ok(taken.to_owned()), "{typed}");
    }
}

#[test]
fn a_bad_name_says_what_is_wrong_with_it() {
    use InvalidDomainName::{Address, Ip, Malformed, PublicSuffix, TooLong};
    let long = format!("{}.{}.{}.example.com", "a".repeat(63), "b".repeat(63), "c".repeat(63));
    for (text, why) in [
        ("", Malformed),
        (".", Malformed),
        ("..", Malformed),
        ("localhost", PublicSuffix),
        ("com", PublicSuffix),
        ("COM.", PublicSuffix),
        ("co.uk", PublicSuffix),
        ("github.io", PublicSuffix),
        ("s3.amazonaws.com", PublicSuffix),
        ("ann@example.com", Address),
        ("@example.com", Address),
        ("192.0.2.1", Ip),
        ("[192.0.2.1]", Ip),
        ("2001:db8::1", Ip),
        ("1.2", Malformed),
        ("example.123", Malformed),
        ("exa mple.com", Malformed),
        (" example.com", Malformed),
        ("example..com", Malformed),
        ("-example.com", Malformed),
        ("example-.com", Malformed),
        ("*.example.com", Malformed),
        ("_dmarc.example.com", Malformed),
        ("https://example.com", Malformed),
        ("example.com/path", Malformed),
        ("example.com:25", Malformed),
        ("example.com\n", Malformed),
        ("exam\0ple.com", Malformed),
        ("ex\u{202e}ample.com", Malformed),
        ("xn--a.com", Malformed),
        ("xn--99999999.com", Malformed),
        (&*long, TooLong),
        ("a.b.c.d.e.f.g.h.example.com", TooLong),
        (&*"a".repeat(10_000), TooLong),
    ] {
        assert_eq!(DomainName::parse(text), Err(why), "{text:?}");
    }
}

#[test]
fn a_name_is_within_itself_and_what_is_above_it_alone() {
    let shop = name("eu.shop.example.com");
    for above in ["eu.shop.example.com", "shop.example.com", "example.com"] {
        assert!(shop.is_within(above), "{above}");
    }
    for other in ["p.example.com", "hop.example.com", "x.eu.shop.example.com", "example.org"] {
        assert!(!shop.is_within(other), "{other}");
    }
    assert_eq!(shop.registered(), "example.com");
}

#[test]
fn names_that_look_alike_have_one_look() {
    let plain = name("paypal.com").look();
    for alike in ["pаypal.com", "раураl.com", "login.paypаl.com", "páypal.com"] {
        assert_eq!(name(alike).look(), plain, "{alike}");
    }
    for other in ["paypal.org", "paypals.com", "pay-pal.com"] {
        assert_ne!(name(other).look(), plain, "{other}");
    }
}

#[test]
fn a_domain_takes_eight_records_of_which_four_are_required() {
    let domain = domain();
    let wanted = domain.wanted();
    assert_eq!(wanted.len(), 8);
    assert_eq!(wanted.iter().filter(|it| it.is_required()).count(), 4);
    let names: std::collections::BTreeSet<_> = wanted.iter().map(|it| (&it.name, it.kind)).collect();
    assert_eq!(names.len(), wanted.len(), "a look-up each");
    assert!(wanted.iter().all(|it| it.name == "shop.example.com" || it.name.ends_with(".shop.example.com")));
    // What proves that it is one organization's does not prove it of another.
    let other = Domain::new(
        organization(2),
        (domain.name.clone(), true),
        domain.tokens.clone(),
        ("eu-west-1", Actor::System, NOW),
    );
    assert_ne!(wanted[0].value, other.wanted()[0].value);
    assert_eq!(wanted[1..], other.wanted()[1..]);
    assert_ne!(domain.id, other.id);
    assert_eq!(Domain::id_of(organization(1), &domain.name), domain.id);
}

#[test]
fn a_domain_is_verified_once_its_records_are_there_and_ses_says_so() {
    let asked = domain();
    let (still, turn) = asked.clone().seen(nothing(&asked), later(1));
    assert_eq!((still.status, turn), (DomainStatus::Pending, None));
    // SES does not see them yet.
    let (still, turn) = asked.clone().seen(Seen { sends: false, ..all(&asked) }, later(1));
    assert_eq!((still.status, turn), (DomainStatus::Pending, None));
    // The keys are there, which another organization may have set.
    let foreign = look(&asked, true, |it| {
        Some(if it.purpose == Purpose::Ownership { vec![] } else { vec![answer(it)] })
    });
    let (still, turn) = asked.clone().seen(foreign, later(1));
    assert_eq!((still.status, turn), (DomainStatus::Pending, None));
    // What is not required may be missing.
    let least = look(&asked, true, |it| Some(if it.is_required() { vec![answer(it)] } else { vec![] }));
    let (verified, turn) = asked.clone().seen(least, later(1));
    assert_eq!((verified.status, turn), (DomainStatus::Verified, Some(Turn::Verified)));
    assert_eq!((verified.verified_at, verified.look_at), (Some(later(1)), Some(later(25))));
    assert_eq!(verified.notice().missing, [""; 0]);
}

#[test]
fn a_new_domain_is_warmed_up_for_fourteen_days() {
    let (verified, _) = domain().seen(all(&domain()), later(1));
    let sends = |domain: &Domain, days: i64| domain.sends_per_day(later(1 + 24 * days)).map(SendsPerDay::get);
    let bounds = [-1, 0, 1, 2, 13].map(|days| sends(&verified, days));
    assert_eq!(bounds, [Some(50), Some(50), Some(100), Some(200), Some(409_600)]);
    assert_eq!((sends(&verified, 14), sends(&verified, 400)), (None, None));
    let warm_at = verified.warm_at().unwrap();
    let last = verified.sends_per_day(warm_at - SignedDuration::from_millis(1)).map(SendsPerDay::get);
    assert_eq!((last, verified.sends_per_day(warm_at)), (Some(409_600), None));
    // One that is not verified sends nothing anyway, and one that sent elsewhere before may be left as it is.
    let known = Domain { warms_up: false, ..verified };
    for unbounded in [domain(), known] {
        assert_eq!((sends(&unbounded, 0), unbounded.warm_at()), (None, None));
    }
}

#[test]
fn looks_come_often_at_first_and_end_after_three_days() {
    let mut domain = domain();
    let (mut looks, mut pauses) = (0, vec![]);
    while let Some(at) = domain.look_at {
        let (next, turn) = domain.clone().seen(nothing(&domain), at);
        looks += 1;
        if let Some(next) = next.look_at {
            pauses.push(next.duration_since(at).as_secs());
        }
        assert_eq!(turn, next.look_at.is_none().then_some(Turn::Failed));
        domain = next;
    }
    assert_eq!(domain.status, DomainStatus::Failed);
    assert!((later(72)..later(74)).contains(&domain.looked_at.unwrap()));
    assert!(pauses.is_sorted() && pauses[0] == 60 && *pauses.last().unwrap() == 7_200, "{pauses:?}");
    assert!((60..120).contains(&looks), "{looks}");
    // Somebody asks once more, for another three days.
    let again = domain.clone().asked_again(later(100));
    let (again, turn) = again.clone().seen(nothing(&again), later(100));
    assert_eq!((again.status, turn), (DomainStatus::Pending, None));
    assert_eq!(again.look_at, Some(later(100) + SignedDuration::from_mins(1)));
    let (verified, turn) = domain.clone().seen(all(&domain), later(100));
    assert_eq!((verified.status, turn), (DomainStatus::Verified, Some(Turn::Verified)));
}

#[test]
fn records_that_vanish_are_told_once_and_take_the_domain_after_three_days() {
    let asked = domain();
    let (verified, _) = asked.clone().seen(all(&asked), later(1));
    // DNS that is silent takes nothing away.
    let silent = look(&asked, true, |_| None);
    let (still, turn) = verified.clone().seen(silent, later(25));
    assert_eq!((still.status, still.failing_since, turn), (DomainStatus::Verified, None, None));
    assert!(still.judged().iter().all(|(_, judged)| judged.status == RecordStatus::Found));
    let (failing, turn) = verified.clone().seen(nothing(&asked), later(25));
    assert_eq!((failing.status, turn), (DomainStatus::Verified, Some(Turn::Vanished)));
    assert_eq!((failing.failing_since, failing.look_at), (Some(later(25)), Some(later(26))));
    assert_eq!(failing.notice().missing.len(), 4);
    let (failing, turn) = failing.clone().seen(nothing(&asked), later(26));
    assert_eq!(turn, None, "told once");
    let (well, turn) = failing.clone().seen(all(&asked), later(27));
    assert_eq!((well.failing_since, turn), (None, None));
    let (failed, turn) = failing.clone().seen(nothing(&asked), later(25 + 72));
    assert_eq!((failed.status, failed.look_at, turn), (DomainStatus::Failed, None, Some(Turn::Failed)));
}

#[test]
fn mail_exchangers_beside_ours_are_said() {
    let mx = |value: &str| Answer { value: value.to_owned(), priority: Some(10) };
    let (from, receiving) = (wanted(Purpose::MailFromMx), wanted(Purpose::Receiving));
    let ours = |it: &Wanted| mx(&it.value);
    assert_eq!(from.judge(Some(&[ours(&from)])).status, RecordStatus::Found);
    let two = from.judge(Some(&[ours(&from), mx("mx.other.test")]));
    assert!(two.status == RecordStatus::Differs && two.hint.unwrap().contains("alone"));
    let two = receiving.judge(Some(&[mx("mx.other.test"), ours(&receiving)]));
    assert!(two.status == RecordStatus::Found && two.hint.is_some());
    let other = receiving.judge(Some(&[mx("mx.other.test")]));
    assert!(other.status == RecordStatus::Differs && other.hint.unwrap().contains("another server"));
    assert_eq!(receiving.judge(Some(&[])).status, RecordStatus::Missing);
    assert_eq!(receiving.judge(None).status, RecordStatus::Unknown);
}

#[test]
fn an_spf_record_that_is_there_is_merged_and_two_are_said_to_be_none() {
    let spf = wanted(Purpose::MailFromSpf);
    for (there, merged) in [
        ("v=spf1 -all", "v=spf1 include:amazonses.com -all"),
        ("v=spf1 include:_spf.google.com ~all", "v=spf1 include:_spf.google.com include:amazonses.com ~all"),
        ("v=spf1 a mx ALL", "v=spf1 a mx include:amazonses.com ALL"),
        ("v=spf1 redirect=_spf.example.net", "v=spf1 include:amazonses.com redirect=_spf.example.net"),
        ("v=spf1", "v=spf1 include:amazonses.com"),
        ("V=SPF1  ip4:192.0.2.0/24   ?all", "V=SPF1 ip4:192.0.2.0/24 include:amazonses.com ?all"),
    ] {
        let judged = spf.judge(Some(&texts(&["something else", there])));
        assert_eq!(
            (judged.status, judged.merged.as_deref()),
            (RecordStatus::Differs, Some(merged)),
            "{there}"
        );
        assert_eq!(spf.judge(Some(&texts(&[merged]))).status, RecordStatus::Found, "{merged}");
    }
    let two = spf.judge(Some(&texts(&["v=spf1 -all", "v=spf1 include:amazonses.com -all"])));
    assert!(two.status == RecordStatus::Differs && two.hint.unwrap().contains("several SPF"));
    assert_eq!(spf.judge(Some(&texts(&["v=spf10 -all"]))).status, RecordStatus::Missing);
}

#[test]
fn a_broken_dmarc_record_is_said() {
    let dmarc = wanted(Purpose::Dmarc);
    for sound in
        ["v=DMARC1; p=none", "v=DMARC1;p=Reject;rua=mailto:a@b.test", "v=DMARC1; sp=none; p = quarantine"]
    {
        assert_eq!(dmarc.judge(Some(&texts(&[sound]))).status, RecordStatus::Found, "{sound}");
    }
    for (broken, said) in [
        (&["v=DMARC1"][..], "no policy"),
        (&["v=DMARC1; p=maybe"], "no policy"),
        (&["v=DMARC1; policy=none"], "no policy"),
        (&["p=none"], "no DMARC record"),
        (&["v=dmarc1; p=none"], "no DMARC record"),
        (&["v=DMARC1; p=none", "v=DMARC1; p=reject"], "several DMARC"),
    ] {
        let judged = dmarc.judge(Some(&texts(broken)));
        assert_eq!(judged.status, RecordStatus::Differs, "{broken:?}");
        assert!(judged.hint.unwrap().contains(said), "{broken:?}");
    }
}

#[test]
fn a_value_with_the_zone_behind_it_is_explained_and_other_texts_are_no_fault() {
    let dkim = wanted(Purpose::Dkim);
    let doubled = format!("{}.shop.example.com", dkim.value);
    let judged = dkim.judge(Some(&texts(&[&doubled])));
    assert!(judged.status == RecordStatus::Differs && judged.hint.unwrap().contains("with a dot"));
    let proof = wanted(Purpose::Ownership);
    assert_eq!(proof.judge(Some(&texts(&["google-site-verification=x"]))).status, RecordStatus::Missing);
    assert_eq!(proof.judge(Some(&texts(&["countersign=0"]))).status, RecordStatus::Differs);
    assert_eq!(proof.judge(Some(&texts(&["x", &proof.value]))).status, RecordStatus::Found);
}

#[test]
fn what_is_kept_of_answers_is_bounded() {
    let many = vec![Answer { value: "é".repeat(100_000), priority: None }; 300];
    let found = Found::new("x".into(), RecordType::Txt, Some(many)).answers.unwrap();
    assert_eq!(found.len(), Found::MOST);
    assert!(found.iter().all(|answer| answer.value.chars().count() == Found::MAX_VALUE));
}

#[test]
fn another_organization_s_verified_domain_keeps_others_off_it_and_around_it() {
    let first = name("shop.example.com");
    let family = Family::empty(first.look()).with(organization(1), &first);
    for (text, why) in [
        ("shop.example.com", Some(Unavailable::Taken)),
        ("eu.shop.example.com", Some(Unavailable::OfAnother)),
        ("example.com", Some(Unavailable::OfAnother)),
        ("mail.example.com", None),
        ("exаmple.com", Some(Unavailable::LooksAlike)),
        ("x.exámple.com", Some(Unavailable::LooksAlike)),
    ] {
        assert_eq!(name(text).look(), family.look, "{text} is of this family");
        assert_eq!(family.hindrance(organization(2), &name(text)), why, "{text}");
        assert_eq!(family.hindrance(organization(1), &name(text)), None, "one's own keep nobody off");
    }
    let none = family.clone().without(organization(1), &first);
    assert_eq!(none.hindrance(organization(2), &first), None);
    assert_eq!(family.clone().without(organization(2), &first), family, "nobody gives away another's");
    let full = (0..Family::MOST).fold(Family::empty(first.look()), |family, n| {
        family.with(organization(3), &name(&format!("h{n}.example.com")))
    });
    assert_eq!(full.hindrance(organization(2), &name("mail.example.com")), Some(Unavailable::Full));
}

#[test]
fn names_read_back() {
    for status in DomainStatus::ALL {
        assert_eq!(DomainStatus::parse(status.as_str()), Some(*status));
    }
    for purpose in Purpose::ALL {
        assert_eq!(Purpose::parse(purpose.as_str()), Some(*purpose));
    }
    for kind in RecordType::ALL {
        assert_eq!(RecordType::parse(kind.as_str()), Some(*kind));
    }
}
