//! Keys that sign votes, and the log that they stand in.

use app::base::error::Refusal;
use app::gate::signing_keys::Order;
use domain::base::code::Code;
use domain::people::key_links::KeyLinkSecret;
use domain::people::key_log::{Entry, Key, KeyLog, Scope};
use domain::people::signing::{Assertion, SignedVotes};
use domain::{MemberId, OrganizationId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{Base64, IdOf, Sha256, Text, Time};

request! {
    /// An entry of the key log, and what was signed of it.
    pub struct AppendEntry {
        /// What whoever vouches for it signed: all lines, each with its end.
        text: Text<8_000>,
        /// By the key that vouches, where one does.
        signature: Option<KeySigned>,
        /// By the new key, where one is registered: what it signed to offer itself.
        offer: Option<KeySigned>,
        /// The end of the link, where the entry is by one.
        link: Option<Text<200>>,
    }
}

request! {
    /// For which organization a link is drawn that registers a key.
    pub struct DrawKeyLink {
        /// Its id.
        organization_id: IdOf<OrganizationId>,
    }
}

/// Reads [`DrawKeyLink`].
pub fn draw_link(body: &[u8]) -> Result<OrganizationId, Refusal> {
    let DrawKeyLink { organization_id } = request::body(body)?;
    Ok(organization_id.0)
}

request! {
    /// What a key signed, as `navigator.credentials.get` gave it, in base64.
    pub struct KeySigned {
        /// `clientDataJSON`.
        client_data: Base64,
        /// `authenticatorData`.
        authenticator_data: Base64,
        /// `signature`.
        signature: Base64,
    }
}

impl KeySigned {
    fn read(self) -> Assertion {
        Assertion {
            client_data: self.client_data.0.to_vec(),
            authenticator_data: self.authenticator_data.0.to_vec(),
            signature: self.signature.0.to_vec(),
        }
    }
}

/// Reads [`AppendEntry`].
pub fn append(body: &[u8]) -> Result<Order, Refusal> {
    let AppendEntry { text, signature, offer, link } = request::body(body)?;
    let unreadable =
        |field: &'static str, message: &'static str| Refusal::field(field, Code::InvalidEntry, message);
    let by = signature.map(KeySigned::read);
    let new = offer.map(KeySigned::read);
    let entry = Entry::signed(&text.0, by, new).ok_or_else(|| {
        unreadable("text", "is no entry of a key log as it is signed, or lacks what was signed")
    })?;
    let link = link.map(|link| {
        KeyLinkSecret::parse(&link.0).ok_or_else(|| unreadable("link", "is not the end of a link"))
    });
    Ok(Order { entry, link: link.transpose()? })
}

/// What a passkey signed to offer itself: when its person asked, and the three values in JSON.
pub fn offer_of_form(at: &str, signed: &str) -> Result<(Timestamp, Assertion), Refusal> {
    let message = "is not what a browser gives";
    let at = at.parse().map_err(|_| Refusal::field("offered", Code::InvalidEntry, message))?;
    Ok((at, request::body::<KeySigned>(signed.as_bytes())?.read()))
}

/// The keys of an organization that sign votes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKeys")]
pub struct SigningKeysView {
    /// So many entries the log has.
    entries: u64,
    /// The SHA-256 of its last entry, which stands for all of them.
    head: Sha256,
    data: Vec<SigningKeyView>,
    /// For which mail signed votes are demanded: of each sender what counts now, and behind it what counts later.
    demands: Vec<DemandView>,
}

/// A key that signs votes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
struct SigningKeyView {
    /// The SHA-256 of the id that its device gives it.
    key: Sha256,
    member_id: IdOf<MemberId>,
    /// How it signs: `ES256`, `EdDSA` or `RS256`.
    algorithm: &'static str,
    /// Whether it says of itself that it stays in its device.
    device_bound: bool,
    /// What it may do: `decide`, where its votes count, and `manage`, where it vouches for keys of others.
    may: Vec<&'static str>,
    /// It counts from then on.
    from: Time,
    /// It counts until then, where it was revoked.
    until: Option<Time>,
    /// `counts`, `pending` before it does, `suspended` or `revoked`.
    status: &'static str,
}

/// For which mail signed votes are demanded.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SigningDemand")]
struct DemandView {
    /// A domain or an address that mail is from; `null` for all mail of the organization.
    sender: Option<String>,
    votes: u8,
    device_bound: bool,
    /// It counts from then on.
    from: Time,
}

/// The keys of an organization that sign votes.
pub fn signing_keys(log: &KeyLog, now: Timestamp) -> SigningKeysView {
    let one = |key: &Key| SigningKeyView {
        key: Sha256(key.new.id),
        member_id: IdOf(key.new.member_id),
        algorithm: key.new.algorithm.name(),
        device_bound: key.new.device_bound,
        may: [(key.new.decides, "decide"), (key.new.manages, "manage")]
            .into_iter()
            .filter_map(|(may, word)| may.then_some(word))
            .collect(),
        from: Time(key.new.from),
        until: key.until.map(Time),
        status: match key {
            _ if key.counts(now) => "counts",
            _ if key.until.is_some_and(|until| until <= now) => "revoked",
            _ if key.suspended => "suspended",
            _ => "pending",
        },
    };
    let demand = |(scope, from, asked): (&Scope, Timestamp, SignedVotes)| DemandView {
        sender: match scope {
            Scope::Organization => None,
            Scope::Domain(domain) => Some(domain.clone()),
            Scope::Address(address) => Some(address.to_string()),
        },
        votes: asked.votes,
        device_bound: asked.device_bound,
        from: Time(from),
    };
    SigningKeysView {
        entries: log.entries().len() as u64,
        head: Sha256(log.head()),
        data: log.keys().map(one).collect(),
        demands: log.demands(now).map(demand).collect(),
    }
}
