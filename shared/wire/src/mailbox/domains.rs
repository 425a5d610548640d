//! Domains of organizations, and the DNS records that they take.

use std::fmt::Write as _;

use app::base::error::Refusal;
use domain::DomainId;
use domain::base::code::Code;
use domain::mailbox::domains::{
    Answer, Domain, DomainName, DomainNotice, DomainStatus, Judged, Purpose, RecordStatus, RecordType, Wanted,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, request};
use crate::base::values::{Choice, IdOf, Named, OwnDomain, Time};

impl Named for DomainStatus {
    const ALL: &'static [Self] = DomainStatus::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Purpose {
    const ALL: &'static [Self] = Purpose::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for RecordType {
    const ALL: &'static [Self] = RecordType::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for RecordStatus {
    const ALL: &'static [Self] = RecordStatus::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

request! {
    /// A domain that mail is to come to and go from.
    pub struct CreateDomain {
        /// Such as `example.com`, in letters of any script.
        name: OwnDomain,
        /// Whether few mails may be asked for from it at first, 50 on the day on which it is verified, and twice as many on each of the 13 days
        /// that follow; true unless you say otherwise, as where it has been sending for long. It stays as it is.
        warm_up: Option<bool>,
    }
}

/// Reads [`CreateDomain`].
pub fn new(body: &[u8]) -> Result<(DomainName, bool), Refusal> {
    let CreateDomain { name, warm_up } = request::body(body)?;
    Ok((name.0, warm_up.unwrap_or(true)))
}

/// A domain of the organization.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Domain")]
pub struct DomainView<'a> {
    /// The same for the same name.
    id: IdOf<DomainId>,
    /// In ASCII.
    name: &'a str,
    /// `pending` until its required records are there, three days at most; then `verified` or `failed`.
    status: Choice<DomainStatus>,
    created_at: Time,
    created_by: ActorView,
    verified_at: Option<Time>,
    /// Until then the mails that may be asked for from it are bounded by the day; `null` where it is not verified, or not warmed up.
    warm_at: Option<Time>,
    /// Of a verified one: since when required records are gone. Three days later it is `failed`.
    failing_since: Option<Time>,
    /// When its records were looked at last.
    looked_at: Option<Time>,
    /// When they are looked at next, unless somebody asks before.
    looks_at: Option<Time>,
    records: Vec<DnsRecordView<'a>>,
}

/// A DNS record that a domain takes, and what was found in its place.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DnsRecord")]
struct DnsRecordView<'a> {
    purpose: Choice<Purpose>,
    r#type: Choice<RecordType>,
    /// Its full name.
    name: String,
    value: String,
    /// Of an `MX`.
    priority: Option<u16>,
    /// Whether the domain is verified without it.
    required: bool,
    status: Choice<RecordStatus>,
    /// What DNS had at the last look; `null` where it did not answer, or nobody looked yet.
    found: Option<Vec<FoundRecordView<'a>>>,
    /// What is wrong, and what would be right.
    hint: Option<String>,
    /// Of an SPF record where there is one already: a value that says both.
    merged: Option<String>,
}

/// A DNS record that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundRecord")]
struct FoundRecordView<'a> {
    /// At most 512 characters of it.
    value: &'a str,
    /// Of an `MX`.
    priority: Option<u16>,
}

fn found(answer: &Answer) -> FoundRecordView<'_> {
    FoundRecordView { value: &answer.value, priority: answer.priority }
}

/// A domain.
pub fn domain(domain: &Domain) -> DomainView<'_> {
    let record = |(wanted, judged): (Wanted, Judged)| DnsRecordView {
        purpose: Choice(wanted.purpose),
        r#type: Choice(wanted.kind),
        priority: wanted.priority,
        required: wanted.is_required(),
        status: Choice(judged.status),
        found: domain.found(&wanted).map(|answers| answers.iter().map(found).collect()),
        hint: judged.hint,
        merged: judged.merged,
        name: wanted.name,
        value: wanted.value,
    };
    DomainView {
        id: IdOf(domain.id),
        name: domain.name.as_str(),
        status: Choice(domain.status),
        created_at: Time(domain.created_at),
        created_by: actor(&domain.created_by),
        verified_at: domain.verified_at.map(Time),
        warm_at: domain.warm_at().map(Time),
        failing_since: domain.failing_since.map(Time),
        looked_at: domain.looked_at.map(Time),
        looks_at: domain.look_at.map(Time),
        records: domain.judged().into_iter().map(record).collect(),
    }
}

/// A domain, as events tell of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DomainNotice")]
pub(crate) struct DomainNoticeView<'a> {
    id: IdOf<DomainId>,
    name: &'a str,
    status: Choice<DomainStatus>,
    /// Of a verified one: since when required records are gone.
    failing_since: Option<Time>,
    /// The names of the required records that were not found.
    missing: &'a [String],
}

pub(crate) fn domain_notice(notice: &DomainNotice) -> DomainNoticeView<'_> {
    DomainNoticeView {
        id: IdOf(notice.id),
        name: notice.name.as_str(),
        status: Choice(notice.status),
        failing_since: notice.failing_since.map(Time),
        missing: &notice.missing,
    }
}

/// The records of a domain as a zone file has them (RFC 1035, 5), to be appended to that of the domain. What is not required stands there
/// as a comment where something else was found: it would be in its way.
pub fn zone_file(domain: &Domain) -> String {
    let mut text = format!("; {}, {}: {}\n", domain.name, domain.id, domain.status.as_str());
    for (wanted, judged) in domain.judged() {
        let differs = judged.status == RecordStatus::Differs && !wanted.is_required();
        let data = match (wanted.kind, wanted.priority) {
            (RecordType::Txt, _) => quoted(judged.merged.as_deref().unwrap_or(&wanted.value)),
            (RecordType::Mx, priority) => format!("{} {}.", priority.unwrap_or(10), wanted.value),
            (RecordType::Cname, _) => format!("{}.", wanted.value),
        };
        let need = if wanted.is_required() { "required" } else { "recommended" };
        let _ = writeln!(text, "; {}: {need}, {}", wanted.purpose.as_str(), judged.status.as_str());
        let comment = if differs { "; " } else { "" };
        let _ = writeln!(text, "{comment}{}. 3600 IN {} {data}", wanted.name, wanted.kind.as_str());
    }
    text
}

/// A text as strings of at most 255 bytes; what was found in DNS is a stranger's.
fn quoted(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }).collect();
    let strings = plain.as_bytes().chunks(255).map(|part| {
        let part = String::from_utf8_lossy(part).replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{part}\"")
    });
    strings.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_stays_one_line_and_one_record() {
        assert_eq!(quoted("v=spf1 -all"), r#""v=spf1 -all""#);
        assert_eq!(quoted("a\"\n; x \\ é"), r#""a\"?; x \\ ?""#);
        let long = quoted(&"x".repeat(600));
        assert_eq!(long.split(' ').map(|part| part.len() - 2).collect::<Vec<_>>(), [255, 255, 90]);
    }
}
