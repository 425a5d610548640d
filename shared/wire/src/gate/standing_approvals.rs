//! Standing approvals: votes given ahead.

use app::base::error::Refusal;
use app::gate::standing::NewStanding;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::gate::standing::{StandingApproval, Target};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::{credential, maybe, time};

/// One of `thread_id`, `recipient` and `domain`, with `inbox_id`, `budget` and `expires_at`.
pub fn new(body: &[u8]) -> Result<NewStanding, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let inbox_id = fields.id("inbox_id");
    let thread = fields.id("thread_id").map(Target::Thread);
    let recipient = fields.parsed("recipient", Code::InvalidAddress, |text| {
        EmailAddress::parse(text).map(Target::Recipient).map_err(|error| error.to_string())
    });
    let domain = fields.parsed("domain", Code::InvalidDomain, |text| {
        let address = EmailAddress::parse(&format!("x@{text}")).map_err(|error| error.to_string())?;
        Ok::<_, String>(Target::Domain(address.domain().to_ascii_lowercase()))
    });
    let mut targets: Vec<_> = [thread, recipient, domain].into_iter().flatten().collect();
    if targets.len() != 1 {
        fields.error("recipient", Code::OneTarget, "give exactly one of thread_id, recipient and domain");
    }
    let budget = fields.number("budget");
    let budget = fields.require("budget", budget);
    let expires_at = fields.time("expires_at");
    let expires_at = fields.require("expires_at", expires_at);
    fields.finish()?;
    match (targets.pop(), budget, expires_at) {
        (Some(target), Some(budget), Some(expires_at)) => Ok(NewStanding {
            inbox_id,
            target,
            budget: u32::try_from(budget).unwrap_or(u32::MAX),
            expires_at,
        }),
        _ => Err(Refusal::field("budget", Code::Required, "is required")),
    }
}

/// A budget of mails that are approved ahead.
pub fn standing_approval(standing: &StandingApproval, now: Timestamp) -> Value {
    let status = match standing.revoked_at {
        Some(_) => "revoked",
        None if now >= standing.expires_at => "expired",
        None if standing.used >= standing.budget => "used_up",
        None => "live",
    };
    let mut view = json!({
        "id": standing.id.to_string(),
        "status": status,
        "inbox_id": standing.inbox_id.map(|id| id.to_string()),
        "thread_id": null,
        "recipient": null,
        "domain": null,
        "budget": standing.budget,
        "used": standing.used,
        "expires_at": time(standing.expires_at),
        "member_id": standing.made_by.member_id.to_string(),
        "credential": credential(&standing.made_with),
        "created_at": time(standing.created_at),
        "revoked_at": maybe(standing.revoked_at),
    });
    match &standing.target {
        Target::Thread(id) => view["thread_id"] = json!(id.to_string()),
        Target::Recipient(address) => view["recipient"] = json!(address.as_str()),
        Target::Domain(domain) => view["domain"] = json!(domain),
    }
    view
}
