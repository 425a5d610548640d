//! What looks wrong with a received mail: tricks on the person who reads it, and on the model that does.
//!
//! | looked at | for |
//! | --- | --- |
//! | verdicts of the receiving server | spam, virus, a sender that nothing vouches for |
//! | subject, names, addresses | controls that turn letters around, addresses in names, domains that look like others |
//! | text, HTML, attached text and HTML | hidden text, invisible characters, orders for a model |
//! | names, types and first bytes of files | files that are of another kind than they say |
//! | links | other domains than they show, domains that look like others |
//!
//! A header of the mail is never believed: whoever writes a mail writes its `Authentication-Results` too.
//!
//! Everything takes time linear in the mail, of which so much is looked at: bodies as [`parse`](mod@crate::parse) gives
//! them, [`MAX_ATTACHED`] bytes of files, [`MAX_HOSTS`] domains. What lies beyond is named as
//! [`FindingKind::NotInspected`].

mod characters;
mod hosts;
mod orders;
mod page;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::mailbox::finding::{Finding, FindingKind};
use domain::mailbox::media::{self, Mismatch};
use domain::mailbox::message::Verdicts;

use crate::media::media_type;
use crate::parse::{Defect, ParsedAddress, ParsedAttachment, ParsedMail};
use crate::report::Report;
pub use hosts::{Known, links};
pub(crate) use hosts::{host_of_address, registrable};

/// So many bytes of attached text are looked at, in all.
pub const MAX_ATTACHED: usize = 4 << 20;
/// So many different domains are compared with those that are known.
pub const MAX_HOSTS: usize = 500;
/// So many findings of one kind are kept: more say no more.
const MAX_OF_A_KIND: usize = 3;

/// What looks wrong with a mail, at most [`Finding::MAX`], the kinds in order. `verdicts` are those of the receiving
/// server. Never fails: what can't be looked at is [`FindingKind::NotInspected`].
pub fn inspect(mail: &ParsedMail<'_>, verdicts: &Verdicts, known: &Known) -> Vec<Finding> {
    // As in `parse`: what makes code panic must not stop a mail from being filed. Nothing half-changed is kept.
    let looked = catch_unwind(AssertUnwindSafe(|| {
        let mut found = Findings::default();
        of_verdicts(verdicts, &mut found);
        of_people(mail, &mut found);
        of_content(mail, &mut found);
        of_hosts(mail, known, &mut found);
        found.0
    }));
    let mut found = looked.unwrap_or_else(|_| vec![not_inspected("looking at it failed")]);
    found.sort_by_key(|finding| finding.kind);
    found.truncate(Finding::MAX);
    found
}

/// The finding of a mail that was not looked at, or not wholly, and why.
pub fn not_inspected(why: &str) -> Finding {
    Finding { kind: FindingKind::NotInspected, evidence: characters::evidence(why) }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, kind: FindingKind, evidence: &str) {
        let evidence = characters::evidence(evidence);
        let same = self.0.iter().filter(|finding| finding.kind == kind);
        let known = same.clone().any(|finding| finding.evidence == evidence);
        if !known && same.count() < MAX_OF_A_KIND {
            self.0.push(Finding { kind, evidence });
        }
    }

    fn maybe(&mut self, kind: FindingKind, evidence: Option<String>) {
        if let Some(evidence) = evidence {
            self.add(kind, &evidence);
        }
    }
}

fn of_verdicts(verdicts: &Verdicts, found: &mut Findings) {
    if verdicts.virus == "FAIL" {
        found.add(FindingKind::Virus, "the verdict on viruses is FAIL");
    }
    if verdicts.spam == "FAIL" {
        found.add(FindingKind::Spam, "the verdict on spam is FAIL");
    }
    if verdicts.dmarc == "FAIL" {
        found.add(FindingKind::AuthenticationFailed, "DMARC failed");
    } else if verdicts.spf == "FAIL" && verdicts.dkim != "PASS" && verdicts.dmarc != "PASS" {
        // Whoever sent it may not send for this domain, and nothing else speaks for them.
        found.add(FindingKind::AuthenticationFailed, "SPF failed, and neither DKIM nor DMARC passed");
    }
}

fn of_people(mail: &ParsedMail<'_>, found: &mut Findings) {
    for text in &mail.disguised {
        found.add(FindingKind::BidirectionalControl, text);
    }
    let Some(from) = &mail.from else { return };
    let domain = |address: &ParsedAddress| host_of_address(&address.address);
    let Some(own) = domain(from) else { return };
    let own = registrable(&own);
    // Another address of the same domain is no trick.
    let name = from.name.as_deref().unwrap_or_default();
    let other = name.split_whitespace().find(|word| {
        let shown = host_of_address(word.trim_matches(|c: char| !c.is_alphanumeric()));
        shown.is_some_and(|shown| shown.contains('.') && registrable(&shown) != own)
    });
    if other.is_some() {
        found.add(FindingKind::DisplayNameAddress, &format!("{name} <{}>", from.address));
    }
    for answer in &mail.reply_to {
        if domain(answer).is_some_and(|domain| registrable(&domain) != own) {
            let evidence = format!("from {}, answers go to {}", from.address, answer.address);
            found.add(FindingKind::ReplyToMismatch, &evidence);
        }
    }
}

/// What makes a part of a mail unread.
const UNREAD: [Defect; 6] = [
    Defect::NotParseable,
    Defect::MessageTooLarge,
    Defect::TooManyParts,
    Defect::TooDeep,
    Defect::TruncatedBody,
    Defect::TruncatedText,
];

fn of_content(mail: &ParsedMail<'_>, found: &mut Findings) {
    for defect in UNREAD.iter().filter(|defect| mail.defects.contains(defect)) {
        found.add(FindingKind::NotInspected, defect.code());
    }
    of_text(&mail.subject, found);
    let people = [&mail.reply_to, &mail.to, &mail.cc].into_iter().flatten();
    for name in mail.from.iter().chain(&mail.sender).chain(people).filter_map(|person| person.name.as_deref())
    {
        found.maybe(FindingKind::InvisibleCharacters, characters::invisible(name));
        found.maybe(FindingKind::ModelInstructions, order(name, orders::IN_SIGHT));
    }
    // A text that was made from the HTML says nothing that is not looked at there.
    if let Some(text) = mail.text.as_deref().filter(|_| !mail.text_from_html) {
        of_text(text, found);
    }
    if let Some(html) = &mail.html {
        of_html(html, found);
    }
    // What a report quotes of another server is shown, and anybody writes it.
    if let Some(Report::Delivery(report)) = &mail.report {
        for diagnostic in report.recipients.iter().filter_map(|it| it.diagnostic.as_deref()) {
            of_text(diagnostic, found);
        }
    }
    let mut left = MAX_ATTACHED;
    for file in &mail.attachments {
        let name = file.filename.as_deref().unwrap_or_default();
        of_text(name, found);
        of_kind(file, name, found);
        let (is_text, is_html) = is_readable(file);
        if !is_text {
            continue;
        }
        if file.contents.len() > left {
            found.add(FindingKind::NotInspected, &format!("attached text is too long: {name}"));
            continue;
        }
        left -= file.contents.len();
        let text = decode(&file.contents);
        if is_html {
            of_html(&text, found);
        } else {
            of_text(&text, found);
        }
    }
}

/// Whether a file is what its name and its declared type say.
fn of_kind(file: &ParsedAttachment<'_>, name: &str, found: &mut Findings) {
    let detected = media_type(&file.contents);
    let kind = match media::mismatch(name, &file.content_type, detected) {
        Some(Mismatch::Disguised) => FindingKind::DisguisedFile,
        Some(Mismatch::Mislabelled) => FindingKind::MislabelledFile,
        None => return,
    };
    let shown = if name.is_empty() { "a file without a name" } else { name };
    let detected = detected.unwrap_or_default();
    found.add(kind, &format!("{shown}, declared as {}, is {detected}", file.content_type));
}

/// Whether a file is text, and whether it is HTML.
fn is_readable(file: &ParsedAttachment<'_>) -> (bool, bool) {
    let name = file.filename.as_deref().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let html = matches!(ending.as_str(), "html" | "htm" | "xhtml" | "shtml" | "svg")
        || matches!(file.content_type.as_str(), "text/html" | "application/xhtml+xml" | "image/svg+xml");
    let text = matches!(
        ending.as_str(),
        "txt"
            | "md"
            | "csv"
            | "tsv"
            | "json"
            | "xml"
            | "yaml"
            | "yml"
            | "log"
            | "ics"
            | "vcf"
            | "rtf"
            | "eml"
    ) || file.content_type.starts_with("text/")
        || matches!(file.content_type.as_str(), "application/json" | "application/xml" | "message/rfc822");
    (html || text, html)
}

/// Text of a file: UTF-16 where it says so, UTF-8 otherwise.
fn decode(bytes: &[u8]) -> String {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    }
}

fn of_text(text: &str, found: &mut Findings) {
    found.maybe(FindingKind::InvisibleCharacters, characters::invisible(text));
    found.maybe(FindingKind::BidirectionalControl, characters::bidirectional(text));
    found.maybe(FindingKind::ModelInstructions, order(text, orders::IN_SIGHT));
}

fn order(text: &str, enough: u32) -> Option<String> {
    orders::find(text, enough).map(|at| characters::around(text, at))
}

fn of_html(html: &str, found: &mut Findings) {
    let page = page::read(html);
    if page.cut {
        found.add(FindingKind::NotInspected, "the HTML has too many rules or links");
    }
    of_text(&page.visible, found);
    for concealed in page.concealed() {
        found.add(FindingKind::HiddenText, concealed);
    }
    // Taken together: an order may lie in pieces.
    let hidden: Vec<&str> = page.hidden.iter().map(|hidden| hidden.text.as_str()).collect();
    let hidden = hidden.join("\n");
    found.maybe(FindingKind::InvisibleCharacters, characters::invisible(&hidden));
    found.maybe(FindingKind::BidirectionalControl, characters::bidirectional(&hidden));
    if let Some(evidence) = order(&hidden, orders::OUT_OF_SIGHT) {
        found.add(FindingKind::HiddenText, &evidence);
        found.add(FindingKind::ModelInstructions, &evidence);
    }
    found.maybe(FindingKind::ModelInstructions, order(&page.spoken, orders::OUT_OF_SIGHT));
    found.maybe(FindingKind::InvisibleCharacters, characters::invisible(&page.spoken));
    for (href, shown) in &page.links {
        let mut leads = BTreeSet::new();
        hosts::hosts_of(href, &mut leads);
        let Some(shown) = hosts::shown_host(shown) else { continue };
        if let Some(leads) = leads.first().filter(|leads| registrable(leads) != registrable(&shown)) {
            found.add(FindingKind::LinkMismatch, &format!("shows {shown}, leads to {leads}"));
        }
    }
}

fn of_hosts(mail: &ParsedMail<'_>, known: &Known, found: &mut Findings) {
    let people = mail.from.iter().chain(&mail.sender).chain(&mail.reply_to);
    let mut all: Vec<String> = people.filter_map(|person| host_of_address(&person.address)).collect();
    all.extend(links(mail.text.as_deref(), mail.html.as_deref()));
    let mut seen = BTreeSet::new();
    for host in &all {
        if !seen.insert(host) {
            continue;
        }
        if seen.len() > MAX_HOSTS {
            found.add(FindingKind::NotInspected, "it names too many domains");
            return;
        }
        found.maybe(FindingKind::LookalikeDomain, known.lookalike(host));
    }
}

#[cfg(test)]
mod tests;
