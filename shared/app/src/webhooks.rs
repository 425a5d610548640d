//! Endpoints, and telling them of events.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::access::{Permit, scope};
use domain::event::EventKind;
use domain::organization::Organization;
use domain::webhook::{Attempt, Webhook, backoff};
use domain::{EventId, OrganizationId, Timestamp, WebhookId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::enter::Once;
use crate::error::Refusal;
use crate::ports::{DataKey, Endpoints, Ports, Queue};
use crate::store::{Change, Expect, Key, List, Page, PageRequest, Write, audit, load, typed};
use crate::vault::{self, Context};

/// What a new webhook is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where: `https`, and no address of a private network.
    pub url: String,
    /// The types of event that it wants; empty means all.
    pub events: BTreeSet<EventKind>,
}

/// So many endpoints an organization may have: each event reads them in one query.
pub const MAX_WEBHOOKS: usize = 20;

/// What a signing secret begins with (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

fn context(organization_id: OrganizationId, record_id: &str) -> Context<'_> {
    Context { organization_id, kind: "webhook", record_id }
}

/// Checks the form of an endpoint's URL. Where its name leads is checked at each call.
pub fn check_url(text: &str, allow_loopback: bool) -> Result<(), &'static str> {
    let url = url::Url::parse(text).map_err(|_| "is not a URL of the form https://example.com/path")?;
    if text.len() > 2_000 {
        return Err("is longer than 2,000 characters");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a username or password: the signature proves who calls");
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment");
    }
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => return Err("has no host"),
    };
    if loopback && allow_loopback {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err("must begin with https://");
    }
    if url.port().is_some_and(|port| port != 443) {
        return Err("must use port 443");
    }
    if !matches!(url.host(), Some(url::Host::Domain(name)) if name.contains('.') && !name.ends_with(".localhost"))
    {
        return Err("must name a public host, not an IP address");
    }
    Ok(())
}

/// Registers an endpoint. The signing secret is returned here and nowhere else.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    new: NewWebhook,
    once: &Once,
    answer: impl FnOnce(&Webhook) -> (u16, String),
) -> Result<(Webhook, Zeroizing<String>), Refusal> {
    check_url(&new.url, ports.settings.allow_loopback_webhooks)
        .map_err(|message| Refusal::field("url", "invalid_url", message))?;
    let organization_id = permit.organization_id();
    let page = PageRequest { limit: 100, cursor: None };
    let known = ports.store.list(organization_id, &List::Webhooks, &page).await?;
    if known.items.len() >= MAX_WEBHOOKS {
        return Err(Refusal::Conflict {
            code: "too_many_webhooks",
            message: format!("an organization has at most {MAX_WEBHOOKS} webhooks: delete one first"),
            details: vec![],
        });
    }
    let key = data_key(ports, organization_id).await?;
    let id = ports.webhook_id();
    let bytes = Zeroizing::new(ports.bytes::<32>());
    let secret = Zeroizing::new(format!("{SECRET_PREFIX}{}", BASE64.encode(&bytes[..])));
    let sealed_secret = vault::seal(ports, &key, context(organization_id, &id.to_string()), &bytes[..])
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    let webhook = Webhook {
        id,
        organization_id,
        url: new.url,
        events: new.events,
        sealed_secret,
        secret_last_four: secret[secret.len() - 4..].to_owned(),
        created_at: ports.now(),
    };
    let change = Change::new(organization_id).create(webhook.clone()).audit(audit(
        ports,
        organization_id,
        permit.actor(),
        "webhook.create",
        id,
    ));
    let change = once.save(change, ports.now(), || answer(&webhook));
    once.commit(ports, change).await?;
    Ok((webhook, secret))
}

async fn data_key(ports: &Ports, organization_id: OrganizationId) -> Result<DataKey, Refusal> {
    let organization = load::<Organization>(&*ports.store, organization_id, Key::Organization)
        .await?
        .ok_or(Refusal::NotFound("organization"))?;
    Ok(ports.data_keys.open(organization_id, &organization.data_key).await?)
}

/// All endpoints, oldest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    page: &PageRequest,
) -> Result<Page<Webhook>, Refusal> {
    Ok(typed(ports.store.list(permit.organization_id(), &List::Webhooks, page).await?))
}

/// One endpoint.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
) -> Result<Webhook, Refusal> {
    load::<Webhook>(&*ports.store, permit.organization_id(), Key::Webhook(id))
        .await?
        .ok_or(Refusal::NotFound("webhook"))
}

/// Removes an endpoint: it is told of nothing from the next attempt on.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
) -> Result<(), Refusal> {
    get(ports, permit, id).await?;
    let organization_id = permit.organization_id();
    let change = Change::new(organization_id).write(Write::Delete(Key::Webhook(id))).audit(audit(
        ports,
        organization_id,
        permit.actor(),
        "webhook.delete",
        id,
    ));
    Ok(ports.store.commit(change).await?)
}

/// The attempts to tell an endpoint, latest first.
pub async fn attempts(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    page: &PageRequest,
) -> Result<Page<Attempt>, Refusal> {
    get(ports, permit, id).await?;
    Ok(typed(ports.store.list(permit.organization_id(), &List::Attempts(id), page).await?))
}

/// An event that receivers are to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which event.
    pub event_id: EventId,
    /// Its type.
    pub kind: EventKind,
    /// The public JSON, byte for byte as it is signed.
    pub body: String,
    /// One endpoint, one later attempt; none means all endpoints, for the first time.
    pub retry: Option<Retry>,
}

/// A later attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// Counted from 2.
    pub number: u32,
    /// Not before this.
    pub due: Timestamp,
}

/// A queue holds a message back for at most so many seconds; longer waits take several hops.
const MAX_DELAY: i64 = 900;

/// What a deliverer needs beyond the ports of the API.
pub struct Deliverer<'a> {
    /// Records, data keys, time.
    pub ports: &'a Ports,
    /// The outside.
    pub endpoints: &'a dyn Endpoints,
    /// Where later attempts wait.
    pub queue: &'a dyn Queue,
    /// Writes a delivery as a message of the queue.
    pub encode: fn(&Delivery) -> String,
    /// Data keys that were opened before.
    pub opened: &'a OpenedKeys,
}

/// Data keys that this process has opened, so that KMS is asked once for each organization. Wiped on drop.
#[derive(Default)]
pub struct OpenedKeys(std::sync::Mutex<std::collections::HashMap<OrganizationId, (DataKey, Timestamp)>>);

impl OpenedKeys {
    /// A key is opened again after so long, so that one that KMS no longer opens is soon gone.
    const KEPT: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

    async fn get(&self, ports: &Ports, organization_id: OrganizationId) -> Result<DataKey, Refusal> {
        let now = ports.now();
        let known = {
            let keys = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            keys.get(&organization_id)
                .filter(|(_, at)| now.duration_since(*at) < Self::KEPT)
                .map(|(key, _)| key.clone())
        };
        if let Some(key) = known {
            return Ok(key);
        }
        let key = data_key(ports, organization_id).await?;
        let mut keys = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A process serves few organizations at a time: forgetting all of them bounds the memory.
        if keys.len() >= 100 {
            keys.clear();
        }
        keys.insert(organization_id, (key.clone(), now));
        Ok(key)
    }
}

impl Deliverer<'_> {
    /// Tells the endpoints of an event. What fails goes back to the queue with its next attempt's time.
    pub async fn deliver(&self, delivery: Delivery) -> Result<(), Refusal> {
        let now = self.ports.now();
        let organization_id = delivery.organization_id;
        let Some(retry) = delivery.retry else {
            let page = PageRequest { limit: 100, cursor: None };
            let webhooks =
                typed::<Webhook>(self.ports.store.list(organization_id, &List::Webhooks, &page).await?);
            let wanting = webhooks.items.iter().filter(|webhook| webhook.wants(delivery.kind));
            let told = wanting.map(|webhook| self.attempt(webhook, &delivery, 1));
            // One that can't be told does not keep the others from being told.
            return futures_util::future::join_all(told).await.into_iter().collect();
        };
        if now < retry.due {
            return self.postpone(&delivery, retry).await;
        }
        match load::<Webhook>(&*self.ports.store, organization_id, Key::Webhook(retry.webhook_id)).await? {
            Some(webhook) => self.attempt(&webhook, &delivery, retry.number).await,
            None => Ok(()),
        }
    }

    async fn postpone(&self, delivery: &Delivery, retry: Retry) -> Result<(), Refusal> {
        let wait = retry.due.duration_since(self.ports.now()).as_secs().clamp(1, MAX_DELAY);
        let next = Delivery { retry: Some(retry), ..delivery.clone() };
        Ok(self.queue.send((self.encode)(&next), u16::try_from(wait).unwrap_or(900)).await?)
    }

    async fn attempt(&self, webhook: &Webhook, delivery: &Delivery, number: u32) -> Result<(), Refusal> {
        let key = self.opened.get(self.ports, webhook.organization_id).await?;
        let id = webhook.id.to_string();
        let secret = vault::open(&key, context(webhook.organization_id, &id), &webhook.sealed_secret)
            .map_err(|error| Refusal::Internal(error.to_string()))?;
        let now = self.ports.now();
        let headers = sign(&secret, &delivery.event_id.to_string(), now, &delivery.body);
        let (result, duration_ms) = self.endpoints.post(&webhook.url, &headers, &delivery.body).await;
        let wait = if result.delivered() { None } else { backoff(number, self.ports.bytes::<1>()[0]) };
        let attempt = Attempt {
            webhook_id: webhook.id,
            organization_id: webhook.organization_id,
            event_id: delivery.event_id,
            kind: delivery.kind,
            number,
            at: now,
            result,
            duration_ms,
            retry_at: wait.map(|wait| now + wait),
        };
        let retry = attempt.retry_at.map(|due| Retry { webhook_id: webhook.id, number: number + 1, due });
        let change = Change::new(webhook.organization_id).write(Write::Put(attempt.into(), Expect::Anything));
        self.ports.store.commit(change).await?;
        match retry {
            Some(retry) => self.postpone(delivery, retry).await,
            None => Ok(()),
        }
    }
}

/// The headers of Standard Webhooks 1.0: the id is the event's and the same for every attempt.
fn sign(secret: &[u8], id: &str, now: Timestamp, body: &str) -> Vec<(&'static str, String)> {
    let timestamp = now.as_second().to_string();
    let mut signature = Vec::new();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) {
        for part in [id, ".", &timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        signature = mac.finalize().into_bytes().to_vec();
    }
    vec![
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", format!("v1,{}", BASE64.encode(signature))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_could_reach_inside_are_refused() {
        for url in [
            "http://example.com/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://localhost/",
            "https://a.localhost/",
            "https://intranet/",
            "https://user:pass@example.com/",
            "https://example.com:22/",
            "https://example.com/#x",
            "ftp://example.com/",
            "javascript:alert(1)",
            "",
        ] {
            assert!(check_url(url, false).is_err(), "{url}");
        }
        assert_eq!(check_url("https://example.com/hook?x=1", false), Ok(()));
        assert_eq!(check_url("http://127.0.0.1:9999/hook", true), Ok(()));
        assert!(check_url("http://169.254.169.254/", true).is_err());
        assert!(check_url("http://10.0.0.1/", true).is_err());
    }

    /// The example of the specification, with its key.
    #[test]
    fn signatures_follow_standard_webhooks() {
        let secret = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let headers = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_second(1_614_265_330).unwrap(),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
