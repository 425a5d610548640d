//! Tells members by mail of what waits for their decision, and owners of a webhook that was disabled: events of the bus and digests, both
//! through one queue. So do invitations, links to choose another password and security alerts.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Queue;
use app::base::store::Directory;
use app::gate::notify::{
    Alerted, Disabled, DueDigest, Invited, Notifier, Notify, OwnersTold, Teller, Waiting,
};
use app::gate::registrations::AskedClaim;
use app::people::email::AskedProof;
use app::people::resets::AskedReset;
use assembly::Aws;
use aws_flow::SqsQueue;
use aws_mail::SesNotifier;
use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::base::id::Id;
use domain::delivery::event::{EventKind, WhyDisabled};
use domain::mailbox::inbox::NOTIFICATIONS;
use domain::people::access::{Actor, CalledThen, Role};
use domain::people::alert::{Alert, Deed, OwnersAlert};
use futures_util::future::BoxFuture;
use runtime::environment::{require, setting};
use runtime::task::{Task, TaskError, batch_failures, messages};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    directory: Arc<dyn Directory>,
    notifier: Arc<dyn Notifier>,
    queue: Arc<dyn Queue>,
    from: EmailAddress,
    public_url: String,
    enabled: bool,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "dispatch-notify", context, handle };

/// From the environment.
///
/// # Panics
/// Where the mail domain is none: the template checks it.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    let from = EmailAddress::parse(&format!("{NOTIFICATIONS}@{}", require("MAIL_DOMAIN")))
        .unwrap_or_else(|error| panic!("MAIL_DOMAIN {error}"));
    let ses = runtime::aws::ses_config(&aws.config);
    let public_url = setting("PUBLIC_URL").unwrap_or_else(|| require("API_URL"));
    Context {
        ports: aws.ports(),
        directory: aws.directory(),
        notifier: Arc::new(SesNotifier::new(&ses, require("CONFIGURATION_SET"), from.clone())),
        queue: Arc::new(SqsQueue::new(&aws.config, require("NOTIFY_QUEUE_URL"))),
        from,
        public_url: public_url.trim_end_matches('/').to_owned(),
        enabled: setting("NOTIFICATIONS").as_deref() == Some("ENABLED"),
    }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let messages = messages(event)?;
        let teller = Teller {
            ports: &context.ports,
            directory: &*context.directory,
            notifier: &*context.notifier,
            queue: &*context.queue,
            encode: write,
            from: &context.from,
            public_url: &context.public_url,
        };
        let mut failed = vec![];
        // One after the other: SES takes so many a second, and the mails that were approved come first.
        for (message_id, body) in messages {
            let told = match read(&body) {
                // What was queued before an operator switched them off.
                Some(what) if !context.enabled && !goes_anyway(&what) => Ok(()),
                Some(what) => teller.tell(&what).await.map_err(|error| error.to_string()),
                None => Err("a message of the queue can't be read".to_owned()),
            };
            if let Err(error) = told {
                tracing::warn!(message_id, error, "members were not all notified");
                failed.push(message_id);
            }
        }
        Ok(batch_failures(&failed))
    })
}

/// Whether it is mailed though members are told of nothing that waits: invitations and other passwords a person asked for, and an alert
/// is of use only where nobody can switch it off.
fn goes_anyway(what: &Notify) -> bool {
    match what {
        Notify::Invited(_)
        | Notify::Claim(_)
        | Notify::Proof(_)
        | Notify::Forgot(_)
        | Notify::Alert(_)
        | Notify::Owners(_) => true,
        Notify::Waiting(_) | Notify::Uploaded(_) | Notify::Digest(_) | Notify::Disabled(_) => false,
    }
}

/// What those are told of whose vote is wanted (`NotifyRule` in `template.yaml`).
const TOLD: &[EventKind] =
    &[EventKind::ApprovalRequested, EventKind::ApprovalDelegated, EventKind::ApprovalReminder];

/// A message of the queue: an event of the bus, or a digest that we put there.
pub fn read(body: &str) -> Option<Notify> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let detail = value.get("detail")?;
    let organization_id = Id::parse(&text(detail, "organization_id")?).ok()?;
    if let Some(digest) = detail.get("digest") {
        return Some(Notify::Digest(DueDigest {
            organization_id,
            member_id: Id::parse(&text(digest, "member_id")?).ok()?,
            due: Timestamp::from_millisecond(digest.get("due")?.as_i64()?).ok()?,
        }));
    }
    if let Some(asked) = detail.get("password_reset") {
        return Some(Notify::Forgot(AskedReset {
            organization_id,
            member_id: Id::parse(&text(asked, "member_id")?).ok()?,
            id: Id::parse(&text(asked, "id")?).ok()?,
        }));
    }
    if let Some(asked) = detail.get("claim") {
        return Some(Notify::Claim(AskedClaim { organization_id, id: Id::parse(&text(asked, "id")?).ok()? }));
    }
    if let Some(asked) = detail.get("email_verification") {
        return Some(Notify::Proof(AskedProof {
            organization_id,
            member_id: Id::parse(&text(asked, "member_id")?).ok()?,
            id: Id::parse(&text(asked, "id")?).ok()?,
        }));
    }
    if let Some(alerted) = detail.get("security_alert") {
        return Some(Notify::Alert(Alerted {
            organization_id,
            member_id: Id::parse(&text(alerted, "member_id")?).ok()?,
            id: Id::parse(&text(alerted, "id")?).ok()?,
            alert: read_alert(alerted)?,
        }));
    }
    if let Some(told) = detail.get("owners_alert") {
        let id = Id::parse(&text(told, "id")?).ok()?;
        return Some(Notify::Owners(OwnersTold { organization_id, id, alert: read_owners(told)? }));
    }
    let event = detail.get("event")?;
    let kind = EventKind::parse(&text(event, "type")?)?;
    if kind == EventKind::WebhookDisabled {
        let webhook = event.pointer("/data/webhook")?;
        let reason = text(webhook, "disabled_reason")?;
        return Some(Notify::Disabled(Disabled {
            organization_id,
            webhook_id: Id::parse(&text(webhook, "id")?).ok()?,
            event_id: Id::parse(&text(event, "id")?).ok()?,
            why: WhyDisabled::ALL.iter().copied().find(|why| why.as_str() == reason)?,
        }));
    }
    if matches!(kind, EventKind::InvitationCreated | EventKind::InvitationResent) {
        return Some(Notify::Invited(Invited {
            organization_id,
            invitation_id: Id::parse(&text(event.pointer("/data/invitation")?, "id")?).ok()?,
            event_id: Id::parse(&text(event, "id")?).ok()?,
        }));
    }
    // One that came to an early end may have made mails before.
    if matches!(kind, EventKind::UploadCompleted | EventKind::UploadFailed) {
        let upload = event.pointer("/data/upload")?;
        return Some(Notify::Uploaded((organization_id, Id::parse(&text(upload, "id")?).ok()?)));
    }
    Some(Notify::Waiting(Waiting {
        organization_id,
        approval_id: Id::parse(&text(event.pointer("/data/approval")?, "id")?).ok()?,
        event_id: Id::parse(&text(event, "id")?).ok()?,
        kind: TOLD.contains(&kind).then_some(kind)?,
    }))
}

fn read_alert(value: &Value) -> Option<Alert> {
    let text = |name: &str| value.get(name)?.as_str();
    Some(match text("what")? {
        "signed_in" => Alert::SignedIn(Id::parse(text("session_id")?).ok()?),
        "password_changed" => Alert::PasswordChanged,
        "second_factor_added" => Alert::SecondFactorAdded,
        "second_factor_removed" => Alert::SecondFactorRemoved,
        "passkey_added" => Alert::PasskeyAdded,
        "passkey_removed" => Alert::PasskeyRemoved,
        "openid_connected" => Alert::OpenIdConnected,
        "openid_disconnected" => Alert::OpenIdDisconnected,
        "role_changed" => {
            Alert::RoleChanged { from: Role::parse(text("from")?)?, to: Role::parse(text("to")?)? }
        }
        _ => return None,
    })
}

fn read_owners(value: &Value) -> Option<OwnersAlert> {
    let text = |name: &str| value.get(name)?.as_str();
    let actor = match (text("member_id"), text("token_id")) {
        (None, _) => Actor::System,
        (Some(member), None) => Actor::Member { member_id: Id::parse(member).ok()? },
        (Some(member), Some(token)) => Actor::Token {
            token_id: Id::parse(token).ok()?,
            member_id: Id::parse(member).ok()?,
            name: CalledThen::default(),
        },
    };
    let role = |name: &str| text(name).and_then(Role::parse);
    Some(OwnersAlert {
        deed: Deed::parse(text("what")?)?,
        actor,
        target: text("target")?.to_owned(),
        roles: role("from").zip(role("to")),
    })
}

/// A digest as a message of the queue, in the form of an event of the bus.
pub fn write(digest: &DueDigest) -> String {
    json!({ "detail": {
        "organization_id": digest.organization_id.to_string(),
        "digest": { "member_id": digest.member_id.to_string(), "due": digest.due.as_millisecond() },
    } })
    .to_string()
}

#[cfg(test)]
mod tests {
    use domain::delivery::event::InvitationNotice;

    use super::*;

    #[test]
    fn the_example_event_names_an_approval() {
        let event: Value =
            serde_json::from_str(include_str!("../../../events/dispatch-notify.json")).unwrap();
        let read = read(event["Records"][0]["body"].as_str().unwrap());
        assert!(
            matches!(&read, Some(Notify::Waiting(w)) if w.kind == EventKind::ApprovalRequested),
            "{read:?}"
        );
    }

    /// As the bus carries it (`aws_flow::EventBridgeBus`).
    #[test]
    fn what_is_published_is_understood() {
        let approval = testkit::samples::approval(1);
        for kind in TOLD.iter().copied().chain([EventKind::ApprovalApproved]) {
            let event = domain::delivery::event::Event {
                kind,
                subject: domain::delivery::event::Subject::Approval(Box::new(approval.clone())),
                ..testkit::samples::event(1)
            };
            let published = wire::delivery::events::publish(&event);
            let body: Value = serde_json::from_str(&published.body).unwrap();
            let organization_id = published.organization_id.to_string();
            let message = json!({"detail": {"organization_id": organization_id, "event": body}});
            let waiting = Notify::Waiting(Waiting {
                organization_id: approval.organization_id,
                approval_id: approval.id,
                event_id: event.id,
                kind,
            });
            let expected = (kind != EventKind::ApprovalApproved).then_some(waiting);
            assert_eq!(read(&message.to_string()), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_webhook_that_was_disabled_is_understood() {
        let (organization_id, webhook) = (testkit::samples::organization_id(1), testkit::samples::webhook(1));
        let event = domain::delivery::event::Event {
            kind: EventKind::WebhookDisabled,
            subject: domain::delivery::event::Subject::Endpoint(domain::delivery::event::Endpoint {
                id: webhook.id,
                status: webhook.status,
            }),
            ..testkit::samples::event(1)
        };
        let body: Value = serde_json::from_str(&wire::delivery::events::publish(&event).body).unwrap();
        let message = json!({"detail": {"organization_id": organization_id.to_string(), "event": body}});
        let disabled = Disabled {
            organization_id,
            webhook_id: webhook.id,
            event_id: event.id,
            why: WhyDisabled::Failing,
        };
        assert_eq!(read(&message.to_string()), Some(Notify::Disabled(disabled)));
    }

    #[test]
    fn a_forgotten_password_reads_back() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).unwrap();
        let asked = AskedReset {
            organization_id: domain::OrganizationId::new(now, [1; 10]),
            member_id: domain::MemberId::new(now, [2; 10]),
            id: domain::AuditId::new(now, [3; 10]),
        };
        assert_eq!(read(&wire::people::resets::write(&asked)), Some(Notify::Forgot(asked)));
    }

    #[test]
    fn a_claim_reads_back() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).unwrap();
        let asked = AskedClaim {
            organization_id: domain::OrganizationId::new(now, [1; 10]),
            id: domain::AuditId::new(now, [3; 10]),
        };
        assert_eq!(read(&wire::gate::registrations::write(&asked)), Some(Notify::Claim(asked)));
    }

    #[test]
    fn a_proof_of_an_address_reads_back() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).unwrap();
        let asked = AskedProof {
            organization_id: domain::OrganizationId::new(now, [1; 10]),
            member_id: domain::MemberId::new(now, [2; 10]),
            id: domain::AuditId::new(now, [3; 10]),
        };
        assert_eq!(read(&wire::people::email::write(&asked)), Some(Notify::Proof(asked)));
    }

    #[test]
    fn a_security_alert_reads_back() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).unwrap();
        for alert in [
            Alert::SignedIn(domain::SessionId::new(now, [4; 10])),
            Alert::PasswordChanged,
            Alert::SecondFactorAdded,
            Alert::SecondFactorRemoved,
            Alert::OpenIdConnected,
            Alert::OpenIdDisconnected,
            Alert::RoleChanged { from: Role::Viewer, to: Role::Owner },
        ] {
            let alerted = Alerted {
                organization_id: domain::OrganizationId::new(now, [1; 10]),
                member_id: domain::MemberId::new(now, [2; 10]),
                id: domain::AuditId::new(now, [3; 10]),
                alert,
            };
            assert_eq!(read(&wire::gate::alerts::write(&alerted)), Some(Notify::Alert(alerted)));
        }
    }

    #[test]
    fn what_owners_are_told_reads_back() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).unwrap();
        let member_id = domain::MemberId::new(now, [2; 10]);
        let token_id = domain::TokenId::new(now, [5; 10]);
        for (deed, actor, roles) in [
            (Deed::TokenMade, Actor::Member { member_id }, None),
            (Deed::RoleChanged, Actor::Member { member_id }, Some((Role::Viewer, Role::Owner))),
            (Deed::WebhookMade, Actor::Token { token_id, member_id, name: CalledThen::default() }, None),
            (Deed::AccountConnected, Actor::Member { member_id }, None),
            (Deed::AccountRefused, Actor::System, None),
            (Deed::Paused, Actor::System, None),
        ] {
            let told = OwnersTold {
                organization_id: domain::OrganizationId::new(now, [1; 10]),
                id: domain::AuditId::new(now, [3; 10]),
                alert: OwnersAlert { deed, actor, target: token_id.to_string(), roles },
            };
            assert_eq!(read(&wire::gate::alerts::write_owners(&told)), Some(Notify::Owners(told)));
        }
    }

    #[test]
    fn an_invitation_is_understood_and_one_that_was_taken_back_is_nothing() {
        let (organization_id, invitation) =
            (testkit::samples::organization_id(1), testkit::samples::invitation(1));
        for kind in [EventKind::InvitationCreated, EventKind::InvitationResent, EventKind::InvitationDeleted]
        {
            let notice = InvitationNotice { id: invitation.id, role: invitation.role };
            let event = domain::delivery::event::Event {
                kind,
                subject: domain::delivery::event::Subject::Invitation(notice),
                ..testkit::samples::event(1)
            };
            let published = wire::delivery::events::publish(&event).body;
            assert!(!published.contains(invitation.email.as_str()), "{published}");
            let body: Value = serde_json::from_str(&published).unwrap();
            let message = json!({"detail": {"organization_id": organization_id.to_string(), "event": body}});
            let invited = Invited { organization_id, invitation_id: invitation.id, event_id: event.id };
            let expected = (kind != EventKind::InvitationDeleted).then_some(Notify::Invited(invited));
            assert_eq!(read(&message.to_string()), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_digest_reads_back_and_other_events_are_nothing() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).unwrap();
        let digest = DueDigest {
            organization_id: domain::OrganizationId::new(now, [1; 10]),
            member_id: domain::MemberId::new(now, [2; 10]),
            due: now,
        };
        assert_eq!(read(&write(&digest)), Some(Notify::Digest(digest)));
        let other = include_str!("../../../events/background-deliver.json");
        let other: Value = serde_json::from_str(other).unwrap();
        assert_eq!(read(other["Records"][0]["body"].as_str().unwrap()), None, "an inbox was made");
        for body in ["", "{}", "[]", "{\"detail\": {}}"] {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
