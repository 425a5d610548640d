//! A second factor on the running stack: set up, signed in with, asked for, and taken away.

use serde_json::{Value, json};
use tests::{Answer, Stack};

use crate::stack::people::members::{PASSWORD, joined};

/// The next code that was not shown yet: each is good once.
struct Authenticator {
    totp: totp_rs::Totp,
    last: u64,
}

impl Authenticator {
    fn of(started: &Value) -> Self {
        let secret = totp_rs::Secret::try_from_base32(started["secret"].as_str().unwrap()).unwrap();
        Self { totp: totp_rs::Builder::new().with_secret(secret).build().unwrap(), last: 0 }
    }

    /// Waits for the next step where that of now was shown.
    fn code(&mut self) -> String {
        loop {
            let now =
                u64::try_from(app::base::ports::Clock::now(&runtime::environment::SystemClock).as_second())
                    .unwrap();
            if now / 30 > self.last {
                self.last = now / 30;
                return self.totp.generate(now).to_string();
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
    }
}

fn sign_in(stack: &Stack, role: &str, code: Option<&str>) -> Answer {
    let text = |field: &str| stack.text(&format!("/{role}/{field}")).to_owned();
    let mut body = json!({"email": text("email"), "password": text("password")});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    stack.post("/v1/sessions", "", &body)
}

fn set_up(stack: &Stack, session: &str, whose: &str) -> (Authenticator, Vec<String>) {
    let started = stack.post("/v1/me/totp", session, &json!({})).expect(201);
    assert!(started["otpauth_uri"].as_str().unwrap().contains(started["secret"].as_str().unwrap()));
    let mut held = Authenticator::of(&started);
    let shown = json!({"code": held.code(), "password": stack.text(&format!("/{whose}/password"))});
    let confirmed = stack.post("/v1/me/totp/confirm", session, &shown).expect(200);
    let codes = confirmed["recovery_codes"].as_array().unwrap().iter();
    (held, codes.map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// The session of somebody who joined the organization, and has a second factor.
pub(crate) fn joined_with_one(stack: &Stack) -> Value {
    let session = joined(stack, "viewer");
    let token = session["token"].as_str().unwrap();
    let mut held = Authenticator::of(&stack.post("/v1/me/totp", token, &json!({})).expect(201));
    let shown = json!({"code": held.code(), "password": PASSWORD});
    stack.post("/v1/me/totp/confirm", token, &shown).expect(200);
    session
}

#[test]
fn whoever_lost_their_second_factor_signs_in_without_it_once_a_manager_took_it_away() {
    let stack = Stack::running().organization();
    let lost = joined_with_one(&stack);
    let (session, id) = (lost["token"].as_str().unwrap(), lost["member_id"].as_str().unwrap());
    let path = format!("/v1/members/{id}/totp");
    let me = stack.get("/v1/me", session).expect(200);
    let email = me["user"]["email"].as_str().unwrap();
    let sign_in = json!({"email": email, "password": PASSWORD});
    stack.post("/v1/sessions", "", &sign_in).refused(401, "second_factor_required");
    stack.call("DELETE", &path, session, None).refused(403, "missing_scope");
    let program = json!({"name": "people", "scopes": ["members.manage"]});
    let program = stack.post("/v1/tokens", stack.text("/owner/session"), &program).expect(201);
    stack.call("DELETE", &path, program["token"].as_str().unwrap(), None).refused(403, "person_required");
    assert_eq!(stack.call("DELETE", &path, stack.text("/owner/session"), None).status, 204);
    stack.get("/v1/me", session).refused(401, "invalid_credential");
    stack.post("/v1/sessions", "", &sign_in).expect(201);
    stack.call("DELETE", &path, stack.text("/owner/session"), None).refused(409, "no_second_factor");
}

#[test]
fn a_second_factor_is_set_up_asked_for_and_taken_away() {
    let stack = Stack::running().organization();
    let session = stack.text("/approver/session");
    assert_eq!(
        stack.get("/v1/me/totp", session).expect(200),
        json!({"enabled": false, "since": null, "recovery_codes_left": 0})
    );
    stack
        .post("/v1/me/totp/confirm", session, &json!({"code": "123456", "password": "p"}))
        .refused(409, "second_factor_not_started");
    stack
        .call("DELETE", "/v1/me/totp", session, Some(&json!({"code": "123456"})))
        .refused(409, "no_second_factor");
    let (mut held, codes) = set_up(&stack, session, "approver");
    assert_eq!(codes.len(), 10);
    stack.post("/v1/me/totp", session, &json!({})).refused(409, "second_factor_enabled");
    sign_in(&stack, "approver", None).refused(401, "second_factor_required");
    sign_in(&stack, "approver", Some("nonsense")).refused(401, "wrong_second_factor");
    let code = held.code();
    let opened = sign_in(&stack, "approver", Some(&code)).expect(201);
    assert_eq!(opened["opened_with"], "totp");
    sign_in(&stack, "approver", Some(&code)).refused(401, "wrong_second_factor");
    let opened = sign_in(&stack, "approver", Some(&codes[0])).expect(201);
    assert_eq!(opened["opened_with"], "recovery_code");
    let own = opened["token"].as_str().unwrap();
    assert_eq!(stack.get("/v1/me/totp", own).expect(200)["recovery_codes_left"], 9);
    let proof = |code: Option<&str>| {
        let shown = json!({"password": stack.text("/approver/password"), "code": code});
        stack.post("/v1/me/proof", own, &shown)
    };
    proof(None).refused(422, "required");
    proof(Some("000000")).refused(422, "wrong_code");
    proof(Some(&codes[2])).expect(200);
    stack.post("/v1/me/totp/recovery-codes", own, &json!({})).refused(422, "code_or_password");
    let password = json!({"password": stack.text("/approver/password")});
    let renewed = stack.post("/v1/me/totp/recovery-codes", own, &password).expect(201);
    assert_eq!(renewed["recovery_codes"].as_array().unwrap().len(), 10);
    sign_in(&stack, "approver", Some(&codes[1])).refused(401, "wrong_second_factor");
    stack.call("DELETE", "/v1/me/totp", own, Some(&json!({"code": "000000x"}))).refused(422, "wrong_code");
    assert_eq!(stack.call("DELETE", "/v1/me/totp", own, Some(&json!({"code": held.code()}))).status, 204);
    stack.get("/v1/me", session).refused(401, "invalid_credential");
    sign_in(&stack, "approver", None).expect(201);
    stack.get("/v1/me/totp", stack.text("/agent_token")).refused(403, "person_required");
}

#[test]
fn where_an_owner_asks_for_it_whoever_decides_has_a_second_factor() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let asked = json!({"require_second_factor": true});
    stack.call("PATCH", "/v1/organization", owner, Some(&asked)).refused(403, "second_factor_needed");
    let (mut held, _) = set_up(&stack, owner, "owner");
    let changed = stack.call("PATCH", "/v1/organization", owner, Some(&asked)).expect(200);
    assert_eq!(changed["require_second_factor"], true);
    stack
        .post("/v1/organization/pause", stack.text("/approver/session"), &json!({}))
        .refused(403, "second_factor_needed");
    let strong =
        sign_in(&stack, "owner", Some(&held.code())).expect(201)["token"].as_str().unwrap().to_owned();
    stack.post("/v1/organization/pause", &strong, &json!({})).expect(200);
    stack.post("/v1/organization/resume", &strong, &json!({})).expect(200);
    let off = json!({"require_second_factor": false});
    stack.call("PATCH", "/v1/organization", &strong, Some(&off)).expect(200);
    stack.post("/v1/organization/pause", stack.text("/approver/session"), &json!({})).expect(200);
}
