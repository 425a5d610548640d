//! The test mails of other projects go in over SMTP and come out of the API: each listed once, readable, and read as
//! Python's `email` reads it. `tests/corpora.py` fetches them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tests::Stack;

use super::inbound::{Mailbox, bytes};

/// So many mails there must be, whichever corpora could be had: the crate and Python alone have 255.
const MINIMUM: usize = 250;
/// So many connections at once.
const CONNECTIONS: usize = 8;

/// Every defect that a mail of the corpora may have.
const DEFECTS: [&str; 13] = [
    "damaged_structure",
    "bad_encoding",
    "bad_charset",
    "no_from",
    "several_from",
    "duplicate_header",
    "address_in_name",
    "no_date",
    "bad_address",
    "bad_header",
    "header_too_large",
    "truncated_text",
    "inside_signature",
];

/// Why a subject of bytes is read.
const LATIN: &str = "its subject is Latin-1 without a label: we read it, Python shows U+FFFD";

/// Mail, field and reason: where the two forms of a mail, or we and Python, differ, and why that is right.
const EXPLAINED: [(&str, &str, &str); 8] = [
    (
        "mail-parser-crate/eml__thirdparty__005.eml",
        "line ends",
        "its text is UTF-16: a CR of one octet shifts all that follows",
    ),
    (
        "cpython/msg_14.txt",
        "attachments",
        "its type is `text` without a subtype: Python takes it for text/plain (RFC 2045 §5.2), we show the text and \
         keep the part as a file as well",
    ),
    (
        "mail-parser-pypi/mail_test_9",
        "subject",
        "it says gb2312 and is GBK, a superset: we read it as browsers do (WHATWG Encoding §4.2), Python can't",
    ),
    ("mail-parser-crate/eml__legacy__010.eml", "subject", LATIN),
    ("mail-parser-crate/eml__legacy__020.eml", "subject", LATIN),
    ("mail-parser-crate/eml__legacy__022.eml", "subject", LATIN),
    ("mail-parser-crate/eml__legacy__027.eml", "subject", LATIN),
    ("mail-parser-crate/eml__legacy__052.eml", "subject", LATIN),
];

pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The mails of all corpora that are there: corpus, path, bytes.
fn corpora() -> Vec<(String, PathBuf, Vec<u8>)> {
    let folder = project().join(".local/corpora");
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()));
        let mut paths: Vec<_> = entries.map(Iterator::collect).unwrap_or_default();
        paths.retain(|path: &PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
        paths.sort();
        paths
    };
    let mut mails = vec![];
    for corpus in list(&folder) {
        let name = corpus.file_name().unwrap().to_string_lossy().into_owned();
        mails.extend(list(&corpus).into_iter().map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            (name.clone(), path, bytes)
        }));
    }
    mails
}

/// The same mail with these line ends only.
fn with_line_ends(bytes: &[u8], end: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 20);
    let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        out.extend_from_slice(line.strip_suffix(b"\r").filter(|_| lines.peek().is_some()).unwrap_or(line));
        if lines.peek().is_some() {
            out.extend_from_slice(end);
        }
    }
    out
}

/// Its last line ends with CRLF, as DATA needs it.
fn ended(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Does something with every number below `count`, several at once.
pub(crate) fn side_by_side(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count {
                        break;
                    }
                    work(i);
                }
            });
        }
    });
}

/// What Python says of each mail.
fn opinions(mails: &[(String, PathBuf, Vec<u8>)]) -> Vec<Value> {
    let mut python = Command::new(project().join(".local/venv/bin/python"))
        .arg(project().join("tests/oracle.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("no Python in .local/venv: `python3 infra/local/stack.py venv` makes it");
    let mut input = python.stdin.take().unwrap();
    let paths: Vec<_> = mails.iter().map(|(_, path, _)| path.display().to_string()).collect();
    let paths = paths.join("\n");
    let writer = std::thread::spawn(move || input.write_all(paths.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A mail as the API gives it, by its place in the corpora: the envelope's sender carries it.
fn place(mail: &Value) -> usize {
    let top = &mail["headers"][0];
    assert_eq!(top["name"], "Return-Path", "{top}");
    let sender = top["value"].as_str().unwrap();
    sender.strip_prefix("<mail-").unwrap().split_once('@').unwrap().0.parse().unwrap()
}

/// All mails in this form through a fresh inbox, in order.
fn through<'a>(stack: &'a Stack, mails: &[Vec<u8>]) -> (Mailbox<'a>, Vec<Value>) {
    let inbox = Mailbox::new(stack);
    side_by_side(mails.len(), |i| {
        stack.smtp(&format!("mail-{i}@corpus.example"), &[&inbox.address], &mails[i]);
    });
    let listed = inbox.filled(mails.len());
    let details = std::sync::Mutex::new(BTreeMap::new());
    side_by_side(listed.len(), |i| {
        let detail = inbox.get(&listed[i]);
        for field in ["id", "status", "defects", "subject", "from", "attachments", "size"] {
            assert_eq!(detail[field], listed[i][field], "{field}");
        }
        let before = details.lock().unwrap().insert(place(&detail), detail);
        assert!(before.is_none(), "listed twice");
    });
    let details = details.into_inner().unwrap();
    assert_eq!(details.len(), mails.len());
    (inbox, details.into_values().collect())
}

/// The fields in which we and Python, or the two forms of a mail, may agree.
fn read(mail: &Value) -> (String, String, usize) {
    let no_from = mail["defects"].as_array().unwrap().iter().any(|defect| defect == "no_from");
    let from = if no_from { "" } else { mail["from"]["address"].as_str().unwrap() };
    let subject = mail["subject"].as_str().unwrap();
    (from.to_owned(), subject.to_owned(), mail["attachments"].as_array().unwrap().len())
}

#[test]
fn every_mail_of_the_corpora_comes_through_and_is_read_as_python_reads_it() {
    let stack = Stack::running();
    let mails = corpora();
    let mut counts = BTreeMap::<&str, usize>::new();
    for (corpus, _, _) in &mails {
        *counts.entry(corpus).or_default() += 1;
    }
    println!("corpora: {counts:?}");
    assert!(
        mails.len() >= MINIMUM,
        "{} mails of {MINIMUM}: run `.local/venv/bin/python tests/corpora.py`, it says what is missing",
        mails.len()
    );
    let name = |i: usize| format!("{}/{}", mails[i].0, mails[i].1.file_name().unwrap().to_string_lossy());
    let crlf: Vec<_> = mails.iter().map(|(_, _, bytes)| with_line_ends(bytes, b"\r\n")).collect();
    let lf: Vec<_> = mails.iter().map(|(_, _, bytes)| with_line_ends(bytes, b"\n")).map(ended).collect();

    let (inbox, seen) = through(&stack, &crlf);
    let mut defects = BTreeMap::<(&str, String), usize>::new();
    for (i, mail) in seen.iter().enumerate() {
        assert_eq!(
            (mail["status"].as_str(), mail["direction"].as_str()),
            (Some("received"), Some("inbound"))
        );
        for defect in mail["defects"].as_array().unwrap() {
            let code = defect.as_str().unwrap();
            assert!(DEFECTS.contains(&code), "{}: {code}", name(i));
            *defects.entry((&mails[i].0, code.to_owned())).or_default() += 1;
        }
    }
    println!("defects: {defects:#?}");
    // Fetching all of them takes long and shows no more.
    for (i, mail) in seen.iter().enumerate().step_by(16) {
        let answer = stack.get(&format!("{}/raw", inbox.path(mail)), stack.text("/owner/token"));
        let (_, raw) = bytes(answer.header("location").unwrap());
        // A mail that ends without a line end gets one on its way: DATA can't say otherwise.
        let raw = raw.strip_suffix(b"\r\n").filter(|_| !crlf[i].ends_with(b"\r\n")).unwrap_or(&raw);
        assert!(raw.ends_with(&crlf[i]), "{}: other bytes", name(i));
    }

    let (_, seen_lf) = through(&stack, &lf);
    // Mail, field, what was seen.
    let mut disagreements = vec![];
    for (i, (crlf, lf)) in seen.iter().zip(&seen_lf).enumerate() {
        let view = |mail: &Value| format!("{:?} {} {}", read(mail), mail["defects"], mail["text"]);
        if view(crlf) != view(lf) {
            disagreements.push((name(i), "line ends", format!("{}\n  {}", view(crlf), view(lf))));
        }
    }
    let opinions = opinions(&mails);
    assert_eq!(opinions.len(), mails.len());
    let mut compared = 0;
    for (i, (mail, opinion)) in seen.iter().zip(&opinions).enumerate() {
        let (from, subject, attachments) = read(mail);
        for (field, ours) in
            [("from", Value::from(from)), ("subject", subject.into()), ("attachments", attachments.into())]
        {
            if opinion[field].is_null() {
                continue;
            }
            compared += 1;
            if ours != opinion[field] {
                disagreements.push((name(i), field, format!("{ours}, Python {}", opinion[field])));
            }
        }
    }
    println!("{compared} comparisons with Python, {} disagreements", disagreements.len());
    assert!(compared > mails.len(), "Python had an opinion of hardly anything");
    let explained = |mail: &str, field: &str| EXPLAINED.iter().any(|(m, f, _)| (*m, *f) == (mail, field));
    let unexplained: Vec<_> = disagreements
        .iter()
        .filter(|(mail, field, _)| !explained(mail, field))
        .map(|(mail, field, seen)| format!("{mail} {field}: {seen}"))
        .collect();
    assert!(unexplained.is_empty(), "disagreements:\n{}", unexplained.join("\n"));
    // An explanation that is no longer needed may hide what comes next.
    for (mail, field, why) in EXPLAINED {
        let there = (0..mails.len()).any(|i| name(i) == mail);
        let needed = disagreements.iter().any(|(m, f, _)| (m.as_str(), *f) == (mail, field));
        assert!(!there || needed, "no longer so: {mail} {field}: {why}");
    }
}
