//! Signing in on the running stack: how many passwords are compared when many come at once.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use app::base::ports::Clock as _;
use domain::people::credential::SignInWindow;
use jiff::SignedDuration;
use runtime::environment::SystemClock;
use serde_json::{Value, json};
use tests::Stack;

/// So many attempts, and so many of them under way at any time: more than this machine answers within a function's time limit
/// would be told nothing of their passwords. (`people::sign_in::three_hundred_…` has all of them at once.)
const MANY: usize = 300;
const AT_ONCE: usize = 60;

/// Waits until so much of a window is left, so that all that follows falls into one.
fn wait_for(left: SignedDuration) {
    let now = SystemClock.now();
    let rest = SignInWindow::of(now).ends_at().duration_since(now);
    if rest < left {
        std::thread::sleep(Duration::from_millis(u64::try_from(rest.as_millis()).unwrap() + 1));
    }
}

/// How often each reason stands in the audit log of this person's refusals.
fn refused(stack: &Stack, user: &str) -> BTreeMap<String, usize> {
    let (mut reasons, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("/v1/audit?limit=100&action=session.refuse&target={user}{cursor}");
        let page = stack.get(&path, stack.text("/owner/token")).expect(200);
        for entry in page["data"].as_array().unwrap() {
            let reason = entry["details"]["reason"].as_str().unwrap().to_owned();
            *reasons.entry(reason).or_default() += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return reasons,
        }
    }
}

/// Keeps the processors busy: nothing else runs beside it.
#[test]
fn alone_three_hundred_passwords_side_by_side_get_no_more_guesses_than_in_a_row() {
    let stack = Stack::running().organization();
    wait_for(SignedDuration::from_mins(2));
    let me = stack.get("/v1/me", stack.text("/approver/session")).expect(200);
    let (user, email) = (me["user"]["id"].as_str().unwrap(), stack.text("/approver/email"));
    let right = stack.text("/approver/password");
    let sign_in = |email: &str, password: &str| {
        stack.post("/v1/sessions", "", &json!({"email": email, "password": password}))
    };
    let (together, next) = (Barrier::new(AT_ONCE), AtomicUsize::new(0));
    let attempts = || {
        together.wait();
        let mut answers = vec![];
        loop {
            let n = next.fetch_add(1, Ordering::SeqCst);
            if n >= MANY {
                return answers;
            }
            answers.push(sign_in(email, if n == AT_ONCE / 2 { right } else { "not the password at all" }));
        }
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let people: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(attempts)).collect();
        people.into_iter().flat_map(|person| person.join().unwrap()).collect()
    });
    assert_eq!(answers.len(), MANY);
    let let_in = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.refused(401, "wrong_email_or_password");
    }
    let seen = stack.until("the refusals in the audit log", || {
        let seen = refused(&stack, user);
        (seen.values().sum::<usize>() == MANY - let_in).then_some(seen)
    });
    println!("of {MANY}: {let_in} let in, {seen:?}");
    let compared = seen["wrong_password"] + let_in;
    // In a row: ten; where the right one is among them it gives the guesses back, and up to ten more follow.
    assert!(if let_in == 0 { compared == 10 } else { (10..=20).contains(&compared) }, "{seen:?}");
    assert_eq!(seen["locked"], MANY - compared);

    // The right one may have come late, and have given ten guesses back.
    for _ in 0..SignInWindow::GUESSES {
        sign_in(email, "not the password at all").refused(401, "wrong_email_or_password");
    }
    // Now it is locked: the right password is answered as a wrong one, and as an address that nobody has.
    let plain = |answer: tests::Answer| {
        let mut body = answer.body;
        assert!(body["error"]["request_id"].take().is_string(), "{body}");
        let told: Vec<_> = answer.headers.iter().map(|(name, _)| name.clone()).collect();
        (answer.status, body, told)
    };
    let locked = plain(sign_in(email, right));
    assert_eq!(locked.0, 401);
    assert_eq!(plain(sign_in("nobody.at.all@example.com", right)), locked);
    assert_eq!(plain(sign_in(stack.text("/viewer/email"), "not the password at all")), locked);
    assert_eq!(locked.1["error"]["details"], Value::from(serde_json::Map::new()));

    let verified = stack.get("/v1/audit/verify", stack.text("/owner/token")).expect(200);
    assert_eq!(verified["verified"], true, "{verified}");
}
