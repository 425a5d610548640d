//! What is shown is what is sealed: HTML of many kinds is asked for, looked at in the console, countersigned and sent; then
//! Chromium lays out the HTML of the mail that left. What can be seen of it must be what the console's frame showed and
//! what policies judged.
//!
//! `tests/html/attacks.json` has HTML that hides or forges something, `tests/html/honest` what honest senders' programs
//! write, `.local/pages` (from `tests/corpora.py`) the vectors of other projects.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fantoccini::Client;
use mail::normal;
use serde_json::{Value, json};
use tests::{Held, Stack, unique};

use crate::stack::browser::{Driver, page, sign_in};
use crate::stack::mailbox::corpus::{project, side_by_side};

const SCRIPT: &str = include_str!("../../../../html/shown.js");
/// The width at which mails are looked at, in pixels: that of most programs' reading pane.
const WIDTH: u32 = 700;
/// So many pixels of height are laid out at once.
const SHEET: u64 = 9_000;

/// A piece of HTML that somebody might send.
struct Sample {
    name: String,
    html: String,
}

fn attacks() -> Vec<Sample> {
    let text = include_str!("../../../../html/attacks.json");
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    let sample = |(n, one): (usize, &Value)| Sample {
        name: format!("{} {n}", one["kind"].as_str().unwrap()),
        html: one["html"].as_str().unwrap().to_owned(),
    };
    all.iter().enumerate().map(sample).collect()
}

fn honest() -> Vec<Sample> {
    let folder = project().join("tests/html/honest");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let sample = |path: &std::path::PathBuf| Sample {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        html: std::fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(sample).collect()
}

/// What nobody hides and no reading adds: letters, digits, signs.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !domain::base::text::is_invisible(*c)).collect()
}

/// The words that policies judge, without the marks by which plain text shows links, quotations and lists.
fn judged(html: &str) -> String {
    let reading = normal::read(html);
    let mut text = reading.text;
    for link in &reading.links {
        text = text.replace(&format!(" <{}>", link.address), "");
    }
    let bare = |line: &str| {
        let line = line.trim_start_matches(['>', ' ']);
        let line = line.strip_prefix("- ").unwrap_or(line);
        if line == "---" { String::new() } else { letters(line) }
    };
    text.lines().map(bare).collect()
}

/// Calls a function of [`SCRIPT`] in the page.
async fn ask(browser: &Client, call: &str, arguments: Vec<Value>) -> Value {
    let script = format!(
        "const done = arguments[arguments.length - 1]; {SCRIPT}; ({call})(...arguments).then(done, \
         (error) => done({{error: String(error)}}));"
    );
    let answer = browser.execute_async(&script, arguments).await.unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer
}

/// What Chromium shows of each document.
async fn shown(browser: &Client, documents: &[String]) -> Vec<Value> {
    let call = format!("async (all) => (await lay(all, {WIDTH})).map(shown)");
    let mut seen = vec![];
    for some in documents.chunks(40) {
        seen.extend(ask(browser, &call, vec![json!(some)]).await.as_array().unwrap().clone());
    }
    seen
}

/// The same of documents in the form, whose text must be there to be read: pictures with and without it differ.
async fn laid_out(browser: &Client, documents: &[String]) -> Vec<Value> {
    let mut seen = vec![];
    let mut left = documents;
    while !left.is_empty() {
        // As many as fit on a sheet.
        let mut count = left.len().min(40);
        let mut found;
        loop {
            found = shown(browser, &left[..count]).await;
            let heights = found.iter().map(|one| one["height"].as_u64().unwrap());
            if count == 1 || heights.sum::<u64>() < SHEET {
                break;
            }
            count /= 2;
        }
        let texts: Vec<_> = found.iter().flat_map(|one| one["boxes"].as_array().unwrap()).collect();
        let with = STANDARD.encode(browser.screenshot().await.unwrap());
        let blank = "async () => { for (const frame of document.querySelectorAll('iframe')) { \
             const style = frame.contentDocument.createElement('style'); \
             style.textContent = '*{color:transparent!important;text-decoration-color:transparent!important}'; \
             frame.contentDocument.head.append(style); } }";
        ask(browser, blank, vec![]).await;
        let without = STANDARD.encode(browser.screenshot().await.unwrap());
        let inked = ask(browser, "ink", vec![json!(with), json!(without), json!(texts)]).await;
        let faint = |(text, ink): (&&Value, &Value)| {
            (ink.as_u64().unwrap() < 3).then(|| text["text"].as_str().unwrap().to_owned())
        };
        let faint: Vec<_> = texts.iter().zip(inked.as_array().unwrap()).filter_map(faint).collect();
        assert_eq!(faint, Vec::<String>::new(), "nobody can read this: {:?}", &left[..count]);
        seen.extend(found);
        left = &left[count..];
    }
    seen
}

/// A window in which a whole sheet can be photographed. What is laid out in it loads nothing from elsewhere.
async fn sheet(driver: &Driver) -> Client {
    let browser = driver.browser().await;
    browser.set_window_size(WIDTH + 60, u32::try_from(SHEET).unwrap() + 200).await.unwrap();
    let page = "data:text/html,<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; \
                style-src 'unsafe-inline'; img-src data:\">";
    browser.goto(page).await.unwrap();
    browser
}

/// HTML by which other projects test parsers and sanitisers.
fn vectors() -> Vec<Sample> {
    let folder = project().join(".local/pages");
    let mut found = vec![];
    for path in
        ["html5lib", "bleach"].iter().filter_map(|name| std::fs::read_dir(folder.join(name)).ok()).flatten()
    {
        let path = path.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let pieces: Vec<&str> = if name.starts_with('.') {
            vec![]
        } else if path.extension().is_some_and(|end| end == "dat") {
            text.split("#data\n").skip(1).filter_map(|rest| Some(rest.split_once("\n#errors")?.0)).collect()
        } else {
            text.split("\n--\n").take(1).collect()
        };
        let sample =
            |(n, html): (usize, &&str)| Sample { name: format!("{name} {n}"), html: (*html).to_owned() };
        found.extend(pieces.iter().enumerate().map(sample));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The form of each sample that has one.
fn forms(samples: &[Sample]) -> (Vec<(&Sample, normal::Normal)>, BTreeMap<&'static str, usize>) {
    let (mut forms, mut refused) = (vec![], BTreeMap::new());
    for sample in samples {
        match normal::normalise(&sample.html, &|_| false) {
            Ok(form) => forms.push((sample, form)),
            Err(error) => *refused.entry(error.reason.code().as_str()).or_default() += 1,
        }
    }
    (forms, refused)
}

/// What is wrong with what Chromium makes of a form.
fn misread(html: &str, seen: &Value) -> Vec<String> {
    let text = |field: &str| letters(seen[field].as_str().unwrap());
    let mut why = vec![];
    if text("text") != text("all") {
        why.push(format!("hidden in {:?}, shown {:?}", seen["all"], seen["text"]));
    }
    let read = normal::read(html);
    let bare =
        read.links.iter().fold(read.text, |text, link| text.replace(&format!(" <{}>", link.address), ""));
    if ![judged(html), letters(&bare)].contains(&text("text")) {
        why.push(format!("shown {:?}, judged {:?}", text("text"), judged(html)));
    }
    let addresses: Vec<_> = normal::read(html).links.into_iter().map(|link| json!(link.address)).collect();
    let mut links = seen["links"].as_array().unwrap().clone();
    let mut once = std::collections::BTreeSet::new();
    links.retain(|link| once.insert(link.to_string()));
    if links.iter().any(|link| !addresses.contains(link)) || links.len() > addresses.len() {
        why.push(format!("links {links:?}, judged {addresses:?}"));
    }
    if seen["small"] != json!([]) {
        why.push(format!("too small: {}", seen["small"]));
    }
    why
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_of_what_others_test_their_parsers_with_is_read_alike() {
    let samples = vectors();
    assert!(samples.len() > 1_000, "only {} vectors could be had", samples.len());
    let (forms, refused) = forms(&samples);
    let driver = Driver::start();
    let browser = sheet(&driver).await;
    let after: Vec<_> = forms.iter().map(|(_, form)| form.html.clone()).collect();
    let seen = laid_out(&browser, &after).await;
    let before: Vec<_> = forms.iter().map(|(sample, _)| sample.html.clone()).collect();
    let given = shown(&browser, &before).await;
    browser.close().await.unwrap();
    let (mut wrong, mut changed) = (vec![], 0);
    for (((sample, form), seen), given) in forms.iter().zip(&seen).zip(&given) {
        let mut why = misread(&form.html, seen);
        let text = |seen: &Value| letters(seen["text"].as_str().unwrap());
        if text(given) != text(seen) {
            changed += 1;
            if form.changes.is_empty() {
                why.push(format!("given {:?}, shown {:?}, and nothing says so", text(given), text(seen)));
            }
        }
        if !why.is_empty() {
            wrong.push(format!("{}: {}\n  {}\n  {}", sample.name, sample.html, form.html, why.join("\n  ")));
        }
    }
    println!(
        "{} vectors, {} forms, {changed} of other words, refused: {refused:?}",
        samples.len(),
        forms.len()
    );
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), forms.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_mail_says_the_same_in_the_form_and_most_of_it_looks_the_same() {
    let samples = honest();
    let (forms, refused) = forms(&samples);
    assert_eq!(refused, BTreeMap::new());
    let driver = Driver::start();
    let browser = sheet(&driver).await;
    let pictures = project().join(".local/honest");
    std::fs::create_dir_all(&pictures).unwrap();
    let (mut same, mut words) = (0, vec![]);
    for (sample, form) in &forms {
        let mut looks = vec![];
        for html in [&sample.html, &form.html] {
            let seen = shown(&browser, std::slice::from_ref(html)).await.remove(0);
            let picture = browser.screenshot().await.unwrap();
            looks.push((
                letters(seen["text"].as_str().unwrap()),
                seen["height"].as_u64().unwrap(),
                STANDARD.encode(picture),
            ));
        }
        let [(given, before, first), (shown, after, second)] = &looks[..] else { unreachable!() };
        if given != shown {
            words.push(format!("{}: {given:?}\n  {shown:?}", sample.name));
        }
        let part = vec![json!(first), json!(second), json!(WIDTH), json!(before.max(after))];
        let compared = ask(&browser, "compared", part).await;
        let share = compared["share"].as_f64().unwrap();
        let beside = STANDARD.decode(compared["beside"].as_str().unwrap()).unwrap();
        std::fs::write(pictures.join(format!("{}.png", sample.name)), beside).unwrap();
        let taller = i128::from(*after) - i128::from(*before);
        println!("{}: {:.1} % differ, {taller:+} pixels of {before} high", sample.name, 100.0 * share);
        same += usize::from(share < 0.02);
    }
    browser.close().await.unwrap();
    println!("{same} of {} look the same", forms.len());
    assert_eq!(words, Vec::<String>::new(), "the form says something else");
    assert!(3 * same >= 2 * forms.len(), "only {same} of {} look the same", forms.len());
}

/// The HTML of each mail that left, as Python's `email` reads it.
fn html_that_left(stack: &Stack, mails: &[String]) -> Vec<String> {
    let read = "import sys, json, email, email.policy\n\
        for line in sys.stdin:\n    \
            mail = email.message_from_binary_file(open(line.strip(), 'rb'), policy=email.policy.default)\n    \
            print(json.dumps(mail.get_body(('html',)).get_content()))";
    let mut python = Command::new(project().join(".local/venv/bin/python"))
        .args(["-c", read])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let paths: Vec<_> = mails.iter().map(|id| format!("{}/{id}.eml", stack.text("/outbox"))).collect();
    let mut input = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(paths.join("\n").as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A mail that was asked for, shown and sent.
struct Sent {
    sample: usize,
    held: Held,
    /// What the API showed of it.
    detail: Value,
    /// SES's id of it.
    ses: String,
}

/// Asks for each sample to be sent, from an inbox of its own, and countersigns what is held. What can't be brought into
/// the form is refused with a code and a place, and nothing of it is stored.
fn sent(stack: &Stack, samples: &[Sample]) -> (Vec<Sent>, BTreeMap<String, usize>) {
    let (sent, refused) = (Mutex::new(vec![]), Mutex::new(BTreeMap::new()));
    side_by_side(samples.len(), |n| {
        let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
        let to = "success@simulator.amazonses.com";
        let body = json!({"to": [to], "subject": unique("Shown"), "html": samples[n].html});
        let answer = stack.post(&path, stack.text("/agent_token"), &body);
        if answer.status == 422 {
            let error = &answer.body["error"]["details"]["fields"][0];
            let code = error["code"].as_str().unwrap_or_default();
            assert!(
                code.starts_with("html_") && error["field"] == "html",
                "{}: {}",
                samples[n].name,
                answer.body
            );
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
            *refused.lock().unwrap().entry(code.to_owned()).or_default() += 1;
            return;
        }
        let held = Held::of(&answer.expect(202));
        let approval = format!("/v1/approvals/{}", held.approval);
        let detail = stack.get(&approval, stack.text("/approver/session")).expect(200);
        sent.lock().unwrap().push(Sent { sample: n, held, detail, ses: String::new() });
    });
    (sent.into_inner().unwrap(), refused.into_inner().unwrap())
}

/// What the frame of the console shows of a mail that waits.
async fn framed(browser: &Client, stack: &Stack, held: &Held) -> Value {
    browser.goto(&page(stack, held)).await.unwrap();
    let look = "async () => { \
        const frame = document.querySelector('iframe.frame'); \
        if (frame.contentDocument.readyState !== 'complete' || !frame.contentDocument.body.childNodes.length) \
            await new Promise((done) => frame.addEventListener('load', done)); \
        await new Promise((done) => setTimeout(done, 20)); \
        return {...shown(frame), frame: frame.clientHeight, srcdoc: frame.srcdoc, \
                wide: !frame.nextElementSibling.hidden, across: frame.clientWidth}; }";
    ask(browser, look, vec![]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_is_what_was_shown_and_judged() {
    let stack = tokio::task::spawn_blocking(|| Stack::running().organization()).await.unwrap();
    let samples: Vec<_> = attacks().into_iter().chain(honest()).collect();
    let (mut all, refused) = sent(&stack, &samples);
    all.sort_by_key(|sent| sent.sample);
    println!("{} sent, refused: {refused:?}", all.len());
    let honest_sent =
        all.iter().filter(|sent| samples[sent.sample].name.starts_with(char::is_numeric)).count();
    assert_eq!(honest_sent, honest().len(), "no honest mail is refused");

    let driver = Driver::start();
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    let mut frames = vec![];
    for sent in &all {
        frames.push(framed(&browser, &stack, &sent.held).await);
    }
    browser.close().await.unwrap();

    let done = Mutex::new(BTreeMap::new());
    side_by_side(all.len(), |n| drop(stack.approve(&all[n].held).expect(200)));
    side_by_side(all.len(), |n| {
        let message = stack.message_with_status(&all[n].held.message, "delivered");
        let accepted = stack.accepted(&all[n].held.message);
        assert_eq!((accepted.len(), message["id"].as_str()), (1, Some(all[n].held.message.as_str())));
        done.lock().unwrap().insert(n, accepted[0]["message_id"].as_str().unwrap().to_owned());
    });
    for (n, ses) in done.into_inner().unwrap() {
        all[n].ses = ses;
    }
    let left = html_that_left(&stack, &all.iter().map(|sent| sent.ses.clone()).collect::<Vec<_>>());

    let browser = sheet(&driver).await;
    let seen = laid_out(&browser, &left).await;
    browser.close().await.unwrap();
    let mut wrong = vec![];
    for (((sent, frame), left), seen) in all.iter().zip(&frames).zip(&left).zip(&seen) {
        let text = |seen: &Value, field: &str| letters(seen[field].as_str().unwrap());
        let (out, shown) = (text(seen, "text"), text(frame, "text"));
        let mut why = misread(left, seen);
        if out != shown {
            why.push(format!("left {out:?}, shown {shown:?}"));
        }
        let lines = |text: &str| text.replace("\r\n", "\n");
        if lines(left) != sent.detail["message"]["html"].as_str().unwrap() {
            why.push("the API showed other HTML".to_owned());
        }
        if frame["srcdoc"].as_str().map(lines) != Some(lines(left)) {
            why.push("the frame has other HTML".to_owned());
        }
        if frame["frame"].as_u64() < frame["height"].as_u64() {
            why.push(format!("{} of {} pixels are above the fold", frame["frame"], frame["height"]));
        }
        if frame["wide"] != (frame["width"].as_u64() > frame["across"].as_u64()) {
            why.push(format!("{} pixels wide of {}", frame["width"], frame["across"]));
        }
        if !normal::is_normal(&lines(left)) {
            why.push("not of the form".to_owned());
        }
        if !why.is_empty() {
            let sample = &samples[sent.sample];
            wrong.push(format!("{}: {}\n  {left}\n  {}", sample.name, sample.html, why.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}
