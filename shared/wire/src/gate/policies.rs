//! Policies as JSON. What they may say is the domain's: here JSON becomes the tree that it reads, and back.

use app::base::error::{FieldError, Refusal};
use app::gate::policies::{Trial, TrialDraft, TrialMail};
use domain::base::code::Code;
use domain::gate::policy::{
    Evaluation, Facts, FileFact, Policy, PolicyBook, PolicyContent, Terms, Tree, Verdict, limits,
};
use domain::gate::policy::{Violation, Volume};
use domain::people::access::Role;
use serde_json::{Map, Value, json};

use crate::base::fields::Fields;
use crate::base::parts::{actor, step, time};

/// JSON as a tree. The parser has bounded its depth.
fn tree(value: &Value) -> Tree {
    match value {
        Value::Null => Tree::Null,
        Value::Bool(yes) => Tree::Bool(*yes),
        Value::Number(n) => n.as_u64().map_or(Tree::OtherNumber, Tree::Number),
        Value::String(text) => Tree::Text(text.clone()),
        Value::Array(list) => Tree::List(list.iter().map(tree).collect()),
        Value::Object(map) => {
            Tree::Map(map.iter().map(|(name, value)| (name.clone(), tree(value))).collect())
        }
    }
}

fn value(tree: Tree) -> Value {
    match tree {
        Tree::Null | Tree::OtherNumber => Value::Null,
        Tree::Bool(yes) => Value::Bool(yes),
        Tree::Number(n) => Value::from(n),
        Tree::Text(text) => Value::String(text),
        Tree::List(list) => Value::Array(list.into_iter().map(value).collect()),
        Tree::Map(map) => Value::Object(map.into_iter().map(|(name, inner)| (name, value(inner))).collect()),
    }
}

fn refused(violations: Vec<Violation>) -> Refusal {
    let errors = violations.into_iter().map(|one| FieldError::new(one.path, one.code, one.message));
    Refusal::Invalid(errors.collect())
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    Fields::of_body(body).map(Fields::into_object)
}

/// A policy: `name`, `description`, `enabled`, `inbox_ids` and `rules`.
pub fn content(body: &[u8]) -> Result<PolicyContent, Refusal> {
    PolicyContent::read(&tree(&Value::Object(object(body)?))).map_err(refused)
}

/// A policy, and under `version` the version of the one whose place it takes.
pub fn replacement(body: &[u8]) -> Result<(u64, PolicyContent), Refusal> {
    let mut object = object(body)?;
    let version = object.remove("version");
    let content = PolicyContent::read(&tree(&Value::Object(object)));
    let version = match version.as_ref().map(Value::as_u64) {
        Some(Some(version)) => Ok(version),
        Some(None) => Err(FieldError::new("version", Code::WrongType, "must be a whole number")),
        None => {
            Err(FieldError::new("version", Code::Required, "is required: that of the policy as you know it"))
        }
    };
    match (version, content) {
        (Ok(version), Ok(content)) => Ok((version, content)),
        (version, content) => {
            let mut errors: Vec<_> = version.err().into_iter().collect();
            if let Err(Refusal::Invalid(others)) = content.map_err(refused) {
                errors.extend(others);
            }
            Err(Refusal::Invalid(errors))
        }
    }
}

/// What is tried out: `inbox_id`, either `draft` or `message_id`, and at will `token_id` and `policies`.
pub fn trial(body: &[u8]) -> Result<Trial, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let inbox_id = fields.id("inbox_id");
    let inbox_id = fields.require("inbox_id", inbox_id);
    let message_id = fields.id("message_id");
    let token_id = fields.id("token_id");
    let draft = fields.object("draft", draft);
    let mail = match (draft, message_id) {
        (Some(draft), None) => Some(TrialMail::Draft(Box::new(draft))),
        (None, Some(id)) => Some(TrialMail::Stored(id)),
        (Some(_), Some(_)) => {
            fields.error("draft", Code::DraftOrMessage, "can't stand beside message_id");
            None
        }
        (None, None) => fields.require("draft", None),
    };
    let policies = candidates(&mut fields);
    fields.finish()?;
    let missing = || Refusal::field("draft", Code::Required, "is required");
    Ok(Trial { inbox_id: inbox_id.ok_or_else(missing)?, mail: mail.ok_or_else(missing)?, token_id, policies })
}

fn candidates(fields: &mut Fields) -> Option<Vec<PolicyContent>> {
    let Value::Array(list) = fields.value("policies")? else {
        fields.error("policies", Code::WrongType, "must be a list of policies");
        return None;
    };
    if list.len() > limits::POLICIES {
        fields.error("policies", Code::TooMany, format!("has more than {} entries", limits::POLICIES));
        return None;
    }
    let mut contents: Vec<PolicyContent> = vec![];
    for (i, one) in list.iter().enumerate() {
        match PolicyContent::read_at(&tree(one), &format!("policies[{i}]")) {
            Ok(content) => contents.push(content),
            Err(violations) => {
                for one in violations {
                    fields.error(&one.path, one.code, one.message);
                }
            }
        }
    }
    if contents.iter().map(PolicyContent::patterns).sum::<usize>() > limits::BOOK_PATTERNS {
        let message = format!("have more than {} patterns together", limits::BOOK_PATTERNS);
        fields.error("policies", Code::TooManyPatterns, message);
    }
    Some(contents)
}

#[expect(clippy::unnecessary_wraps, reason = "the form that a reader of an object has")]
fn draft(fields: &mut Fields) -> Option<TrialDraft> {
    let mut recipients = fields.mailboxes("to");
    recipients.extend(fields.mailboxes("cc"));
    recipients.extend(fields.mailboxes("bcc"));
    if recipients.len() > domain::gate::seal::MAX_RECIPIENTS {
        let message =
            format!("has more than {} recipients with cc and bcc", domain::gate::seal::MAX_RECIPIENTS);
        fields.error("to", Code::TooManyRecipients, message);
    }
    let attachments = fields.objects("attachments", |file| {
        let filename = file.text("filename", 200);
        let filename = file.require("filename", filename);
        let content_type = file.text("content_type", 200);
        let size = file.number("size").unwrap_or_default();
        let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        Some(FileFact { filename: filename?, content_type, size: size.min(1 << 53) })
    });
    if attachments.len() > app::gate::submit::MAX_ATTACHMENTS {
        let message = format!("has more than {} files", app::gate::submit::MAX_ATTACHMENTS);
        fields.error("attachments", Code::TooManyAttachments, message);
    }
    Some(TrialDraft {
        recipients,
        subject: fields.line("subject"),
        text: fields.long_text("text"),
        html: fields.long_text("html"),
        attachments,
        send_at: fields.time("send_at"),
        in_reply_to: fields.id("in_reply_to"),
    })
}

/// A policy as it is shown.
pub fn policy(policy: &Policy) -> Value {
    let mut view = json!({ "id": policy.id.to_string() });
    let says = [
        ("inbox_ids", Value::Null),
        ("version", json!(policy.version)),
        ("created_at", time(policy.created_at)),
        ("updated_at", time(policy.updated_at)),
        ("updated_by", actor(&policy.updated_by)),
    ];
    for (name, field) in says {
        view[name] = field;
    }
    if let Tree::Map(entries) = policy.content.write() {
        for (name, inner) in entries {
            view[name] = value(inner);
        }
    }
    view
}

/// All policies. They are few: there is one page.
pub fn book(book: &PolicyBook) -> Value {
    let unreadable: Vec<_> =
        book.unreadable.iter().map(|one| json!({ "id": one.id.map(|id| id.to_string()) })).collect();
    json!({
        "data": book.policies.iter().map(policy).collect::<Vec<_>>(),
        "next_cursor": null,
        "unreadable": unreadable,
    })
}

/// What became of a mail that was tried out, and why.
pub fn evaluation(evaluation: &Evaluation, facts: &Facts) -> Value {
    let terms = match &evaluation.outcome {
        Verdict::Hold(terms) => self::terms(terms, None),
        Verdict::Allow | Verdict::Block => Value::Null,
    };
    json!({
        "outcome": evaluation.outcome.as_str(),
        "terms": terms,
        "reasons": evaluation.reasons,
        "trace": evaluation.trace.iter().map(step).collect::<Vec<_>>(),
        "omitted_steps": evaluation.omitted,
        "rules_looked_at": evaluation.looked_at,
        "facts": self::facts(facts),
    })
}

/// What a held mail takes, with the votes that there are.
pub fn terms(terms: &Terms, progress: Option<&[(usize, u8)]>) -> Value {
    let requirements: Vec<_> = terms
        .requirements
        .iter()
        .enumerate()
        .map(|(i, requirement)| {
            let votes = progress.and_then(|progress| progress.get(i)).map(|(votes, _)| votes);
            json!({ "quorum": requirement.quorum, "roles": roles(&requirement.roles), "votes": votes })
        })
        .collect();
    json!({
        "requirements": requirements,
        "separation": terms.separation,
        "rejections": terms.rejections,
        "expires_in": terms.expires_in.as_secs(),
        "late": terms.late.as_str(),
        "remind_after": terms.remind_after.map(|after| after.as_secs()),
        "notify": roles(&terms.notify),
        "by": terms.by.as_str(),
        "links": terms.links.as_str(),
    })
}

fn roles<'a>(roles: impl IntoIterator<Item = &'a Role>) -> Vec<&'static str> {
    roles.into_iter().map(|role| role.as_str()).collect()
}

/// The facts without the words of the mail.
fn facts(facts: &Facts) -> Value {
    let recipients = facts.recipients.iter().map(|one| {
        json!({
            "address": one.address.as_str(),
            "kind": if one.internal { "internal" } else { "external" },
            "first_contact": one.first_contact,
        })
    });
    let files = facts.attachments.iter().map(
        |file| json!({ "filename": file.filename, "content_type": file.content_type, "size": file.size }),
    );
    let volumes = facts.volumes.iter().map(|(volume, count)| {
        let Volume { per, recipient, window } = volume;
        json!({
            "per": per.as_str(),
            "recipient": recipient.as_ref().map(domain::base::address::EmailAddress::as_str),
            "window": window.as_str(),
            "count": count,
        })
    });
    json!({
        "inbox_id": facts.inbox.id.to_string(),
        "sender": actor(&facts.actor),
        "recipients": recipients.collect::<Vec<_>>(),
        "attachments": files.collect::<Vec<_>>(),
        "links": facts.links,
        "pictures": facts.pictures,
        "size": facts.size,
        "thread": { "kind": if facts.is_reply { "reply" } else { "new" }, "tainted": facts.tainted },
        "answers_automatic": facts.answers_automatic,
        "at": time(facts.at),
        "volumes": volumes.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors<T>(found: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        match found {
            Err(Refusal::Invalid(errors)) => {
                errors.into_iter().map(|one| (one.field, one.code.as_str())).collect()
            }
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("taken"),
        }
    }

    #[test]
    fn bodies_that_are_too_much_are_refused_and_not_choked_on() {
        let rule = r#"{"name":"r","when":{"always":true},"outcome":"allow"}"#;
        let rules = |n: usize| format!(r#"{{"name":"p","rules":[{}]}}"#, vec![rule; n].join(","));
        assert!(content(rules(100).as_bytes()).is_ok());
        assert_eq!(errors(content(rules(10_000).as_bytes())), [("rules".to_owned(), "too_many_rules")]);
        let deep = format!("{}1{}", r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
        let nested = format!(r#"{{"name":"p","rules":[{{"name":"r","when":{deep},"outcome":"allow"}}]}}"#);
        assert_eq!(errors(content(nested.as_bytes())), [(String::new(), "invalid_json")]);
        let large = format!(r#"{{"name":"{}","rules":[{rule}]}}"#, "a".repeat(1_000_000));
        assert_eq!(errors(content(large.as_bytes())), [("name".to_owned(), "too_long")]);
        for body in ["", "[]", "null", "{"] {
            assert_eq!(errors(content(body.as_bytes())), [(String::new(), "invalid_json")], "{body}");
        }
    }

    #[test]
    fn a_replacement_names_the_version_and_everything_that_is_wrong() {
        let good =
            r#"{"version":3,"name":"p","rules":[{"name":"r","when":{"always":true},"outcome":"block"}]}"#;
        assert_eq!(replacement(good.as_bytes()).unwrap().0, 3);
        let expected = [("version", "required"), ("name", "required"), ("rules", "required")];
        assert_eq!(errors(replacement(b"{}")), expected.map(|(field, code)| (field.to_owned(), code)));
        assert_eq!(errors(replacement(br#"{"version":"1","name":"p","rules":[]}"#))[0].1, "wrong_type");
    }

    #[test]
    fn a_trial_is_a_draft_or_a_mail() {
        let inbox = "inb_01kc1x5e3r0000000000000001";
        let with = |rest: &str| format!(r#"{{"inbox_id":"{inbox}"{rest}}}"#);
        assert!(trial(with(r#","draft":{"to":"a@b.co","text":"x"}"#).as_bytes()).is_ok());
        assert_eq!(errors(trial(with("").as_bytes())), [("draft".to_owned(), "required")]);
        let both = with(r#","draft":{},"message_id":"msg_01kc1x5e3r0000000000000001""#);
        assert_eq!(errors(trial(both.as_bytes())), [("draft".to_owned(), "draft_or_message")]);
        let bad = with(
            r#","draft":{"to":["x"],"nope":1},"policies":[{"name":"p","rules":[{"name":"r","when":{"x":1},"outcome":"allow"}]}]"#,
        );
        let expected = [
            ("draft.to[0]", "invalid_address"),
            ("draft.nope", "unknown_field"),
            ("policies[0].rules[0].when.x", "unknown_condition"),
        ];
        assert_eq!(errors(trial(bad.as_bytes())), expected.map(|(field, code)| (field.to_owned(), code)));
    }
}
