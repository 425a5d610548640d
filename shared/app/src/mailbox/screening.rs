//! The rules by which mail that comes in is screened.

use domain::base::code::Code;
use domain::mailbox::screening::{Rule, Screening};
use domain::people::access::{Permit, scope};

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::store::{Change, Conflict, Key, StoreError, key, load};

/// The rules as they are; none where nobody wrote any.
pub async fn get(ports: &Ports, permit: &Permit<scope::PoliciesManage>) -> Result<Screening, Refusal> {
    Ok(load(&*ports.store, permit.organization_id(), key::Screening).await?.unwrap_or_default())
}

/// Puts other rules in the place of those of version `version`, which is 0 where there are none.
pub async fn replace(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    version: u64,
    rules: Vec<Rule>,
) -> Result<Screening, Refusal> {
    let organization_id = permit.organization_id();
    check(ports, permit, &rules).await?;
    let known = get(ports, permit).await?;
    let changed = |now: u64| Refusal::Because {
        code: Code::PolicyChanged,
        message: format!("it has version {now} by now: load it again"),
        details: vec![("version", now.to_string())],
    };
    if known.version != version {
        return Err(changed(known.version));
    }
    let screening = Screening {
        rules,
        updated_at: ports.now(),
        updated_by: permit.actor().clone(),
        version: version + 1,
    };
    let mut entry = ports.audit(organization_id, permit.actor(), "screening.update", organization_id);
    entry.details =
        vec![("version", screening.version.to_string()), ("rules", screening.rules.len().to_string())];
    let change = Change::new(organization_id).audit(entry);
    let change = if version == 0 {
        change.create(screening.clone())
    } else {
        // The store raises the version.
        change.update(Screening { version, ..screening.clone() })
    };
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(conflicts)) if conflicts.contains(&Conflict::Record(Key::Screening)) => {
            Err(changed(get(ports, permit).await?.version))
        }
        written => {
            written?;
            Ok(screening)
        }
    }
}

/// Refuses inboxes that are not there, and domains that no look-up would find: a rule must not be of no effect in silence.
async fn check(ports: &Ports, permit: &Permit<scope::PoliciesManage>, rules: &[Rule]) -> Result<(), Refusal> {
    let mut errors = vec![];
    let mut named = vec![];
    for (n, rule) in rules.iter().enumerate() {
        for (at, _) in rule.when.senders.iter().enumerate().filter(|(_, whom)| !whom.is_sound()) {
            let message = "has more than 8 parts between its dots: name a domain above it";
            errors.push(FieldError::new(
                format!("rules[{n}].when.senders[{at}]"),
                Code::InvalidDomain,
                message,
            ));
        }
        named.extend(rule.inboxes.iter().flatten().map(|id| (n, *id)));
    }
    let wanted: Vec<_> = named.iter().map(|(_, id)| key::Inbox(*id)).collect();
    let found = load(&*ports.store, permit.organization_id(), wanted).await?;
    for ((n, id), _) in named.iter().zip(found).filter(|(_, found)| found.is_none()) {
        let message = format!("there is no inbox {id}");
        errors.push(FieldError::new(format!("rules[{n}].inbox_ids"), Code::UnknownInbox, message));
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}
