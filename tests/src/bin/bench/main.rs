//! `make bench`: what an operation costs, counted where it can't be argued with.
//!
//! AWS calls and `DynamoDB` units are read from the ledger of a running stack, through which every call of every function
//! goes. Instructions are counted by callgrind from the start of a function to its first answer. A broken gate fails.
//!
//! Then ten thousand events for endpoints of which some hang (`webhooks`), fifty agents at once (`agents`), a spreadsheet of ten thousand rows
//! whose worker is killed again and again (`uploads`), and an inbox of 100,000 mails beside one of 100 (`large`).

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

mod agents;
mod approvers;
mod large;
mod uploads;
mod webhooks;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tests::listener::Listener;
use tests::{Held, Stack, unique};

/// At most so many instructions until the first answer, where somebody waits for it.
const COLD_START: u64 = 4_100_000;
/// A whole send needs three SDKs (`DynamoDB`, S3, SES) and seven calls; nobody waits for it but the workflow.
const COLD_SEND: u64 = 9_000_000;

/// At most so many instructions for a page of 50 mails by a function that has answered before.
const WARM_LIST: u64 = 18_000_000;
/// Answers that are averaged.
const WARM: u64 = 4;

// ------------------------------------------------------------------ counting on the wire

/// What an operation did on the wire, by function.
struct Cost {
    name: &'static str,
    /// At most so many calls.
    gate: usize,
    calls: Vec<Value>,
    note: &'static str,
}

impl Cost {
    fn units(&self, kind: &str) -> f64 {
        self.calls.iter().filter_map(|call| call["capacity"][kind].as_f64()).sum()
    }

    /// Whether the gate holds. Prints the operation.
    fn print(&self) -> bool {
        let holds = self.calls.len() <= self.gate;
        println!(
            "{:<28} {:>5} {:>5}  {:>6.1} {:>6.1}  {}",
            self.name,
            self.calls.len(),
            self.gate,
            self.units("read"),
            self.units("write"),
            if holds { "" } else { "OVER THE GATE" }
        );
        let mut by_function = BTreeMap::<&str, Vec<&str>>::new();
        for call in &self.calls {
            let text = |name: &str| call[name].as_str().unwrap_or_default();
            let function = text("function").trim_start_matches("countersign-");
            by_function.entry(function).or_default().push(text("operation"));
        }
        for (function, operations) in by_function {
            println!("    {function}: {}", operations.join(", "));
        }
        if !self.note.is_empty() {
            println!("    {}", self.note);
        }
        holds
    }
}

/// Calls of these functions that `work` brought about, once `count` of them are there and no more come.
fn count(stack: &Stack, functions: &[&str], at_least: usize, work: impl FnOnce()) -> Vec<Value> {
    let since = stack.control("GET", "/ledger", None)["last"].as_u64().unwrap_or(0);
    work();
    let seen = || -> Vec<Value> {
        let ledger = stack.control("GET", &format!("/ledger?since={since}"), None);
        let all = ledger["calls"].as_array().cloned().unwrap_or_default();
        let ours = |call: &Value| {
            let name = call["function"].as_str().unwrap_or_default();
            functions.contains(&name.trim_start_matches("countersign-"))
        };
        all.into_iter().filter(ours).collect()
    };
    let mut known = 0;
    let mut quiet = runtime::environment::stopwatch();
    stack.until("end of the calls", || {
        let calls = seen();
        if calls.len() != known {
            known = calls.len();
            quiet = runtime::environment::stopwatch();
        }
        (calls.len() >= at_least && quiet() > 700).then_some(calls)
    })
}

fn mail(subject: &str) -> String {
    let id = subject.replace(' ', "-");
    let text = "Thank you for the offer of last week. We have looked at it with our colleagues in Lyon and would like to \
                go ahead, if the dates still hold.\r\nTwo questions are left: who signs for you, and by when?\r\n\r\nAnn\r\n";
    format!(
        "From: Ann Mercier <ann@example.org>\r\nTo: Agent <agent@example.com>, Bob <bob@example.org>\r\n\
         Cc: \"Carla, Accounts\" <accounts@example.org>\r\nSubject: {subject}\r\nMessage-ID: <{id}@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    )
}

fn on_the_wire(stack: &Stack) -> Vec<Cost> {
    let agent = stack.text("/agent_token");
    let listener = Listener::start();
    let body = json!({"url": listener.url, "events": ["message.received"]});
    let webhook = stack.post("/v1/webhooks", stack.text("/owner/token"), &body).expect(201);
    // An endpoint is known to be quick once it was called.
    let subject = unique("the first");
    let first = stack.receive(&mail(&subject), &subject);
    stack.until("first call", || (!listener.about(first["id"].as_str()?).is_empty()).then_some(()));
    // So many that a page of 50 is full.
    for n in 0..50 {
        let to = stack.text("/inbox/address");
        stack.smtp("ann@example.org", &[to], mail(&unique(&format!("mail {n}"))).as_bytes());
    }
    let subject = unique("the last");
    let last = stack.receive(&mail(&subject), &subject);
    let subject = unique("received");
    let mut costs = vec![];
    let mut add = |name, gate, note, calls| costs.push(Cost { name, gate, calls, note });

    // Both sides of one mail: what takes it in, and what tells the webhook of it.
    stack.until("quiet", || (!listener.about(last["id"].as_str()?).is_empty()).then_some(()));
    let calls = count(stack, &["inbound-receive", "background-deliver"], 5, || {
        stack.receive(&mail(&subject), &subject);
    });
    let of = |function: &str, calls: &[Value]| -> Vec<Value> {
        calls.iter().filter(|call| call["function"] == format!("countersign-{function}")).cloned().collect()
    };
    add("inbound mail", 5, "", of("inbound-receive", &calls));
    add("webhook delivery", 2, "and one signed HTTPS call to the receiver", of("background-deliver", &calls));
    let path = format!("/v1/inboxes/{}/messages", stack.inbox());
    let calls = count(stack, &["api-messages-list"], 1, || {
        let page = stack.get(&format!("{path}?limit=50"), agent).expect(200);
        assert_eq!(page["data"].as_array().map(Vec::len), Some(50));
    });
    add("list of 50 mails", 3, "", calls);
    let id = last["id"].as_str().unwrap_or_default();
    let calls = count(stack, &["api-messages-get"], 1, || {
        stack.get(&format!("{path}/{id}"), agent).expect(200);
    });
    add("one mail", 3, "", calls);
    let calls = count(stack, &["api-messages-send", "api-approvals-approve", "dispatch-send"], 18, || {
        let held = stack.submit("success@simulator.amazonses.com", &unique("held"), "text");
        stack.until("parked workflow", || parked(stack, &held).then_some(()));
        stack.approve(&held).expect(200);
        stack.message_with_status(&held.message, "delivered");
    });
    let note = "and one UpdateItem by which Step Functions parks its token: AWS makes it, past this wire";
    add("held mail, asked to sent", 20, note, calls);
    let id = webhook["id"].as_str().unwrap_or_default();
    stack.call("DELETE", &format!("/v1/webhooks/{id}"), stack.text("/owner/token"), None);
    costs
}

/// Whether the workflow waits. A decision that comes earlier costs the same.
fn parked(stack: &Stack, held: &Held) -> bool {
    let pk = format!("{}/{}", stack.text("/organization_id"), held.approval);
    let request = json!({"Key": {"pk": {"S": pk}, "sk": {"S": "approval"}}});
    stack.dynamodb("GetItem", request)["Item"]["task_token"]["S"].is_string()
}

// ------------------------------------------------------------------ instructions

/// Lambda's runtime API, as far as some invocations by one event need it; the answers go to `answers`.
fn runtime_api(listener: &TcpListener, event: &Value, mut invocations: u64, answers: &Sender<Value>) {
    for stream in listener.incoming().flatten() {
        let mut reader = BufReader::new(stream);
        while let Some((line, body)) = request(&mut reader) {
            if line.starts_with("GET") {
                if invocations == 0 {
                    // The next event never comes: the function waits, and is ended.
                    break;
                }
                invocations -= 1;
                let event = event.to_string();
                let head = "lambda-runtime-aws-request-id: bench\r\n\
                            lambda-runtime-deadline-ms: 9999999999999\r\n\
                            lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:000000000000:function:bench\r\n\
                            content-type: application/json\r\n";
                answer(reader.get_mut(), "200 OK", head, &event);
            } else {
                answer(reader.get_mut(), "202 Accepted", "", "");
                let _ = answers.send(json!({"call": line, "body": body}));
            }
        }
    }
}

fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let text = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(text.as_bytes());
}

/// The first line and the body of the next request of a connection.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|n| *n > 0)?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    while chunked {
        let mut size = String::new();
        reader.read_line(&mut size).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(&chunk[..size]);
        chunked = size > 0;
    }
    Some((first.trim().to_owned(), String::from_utf8_lossy(&body).into_owned()))
}

/// A stand-in for SES that accepts everything and sends nothing; gives its address.
fn accepting_ses() -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            while request(&mut reader).is_some() {
                answer(
                    reader.get_mut(),
                    "200 OK",
                    "content-type: application/json\r\n",
                    "{\"MessageId\":\"bench\"}",
                );
            }
        }
    });
    Ok(address)
}

/// Runs a function under callgrind until it has answered so often; gives instructions, the profile and the last answer.
fn instructions(
    stack: &Stack,
    function: &str,
    event: &Value,
    invocations: u64,
) -> Result<(u64, PathBuf, Value), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // A group's functions share its binary.
    let group = function.split('-').next().unwrap_or(function);
    let binary = root.join("target/deploy").join(group);
    let profile = root.join("target").join(format!("callgrind.{function}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let api = listener.local_addr().map_err(|error| error.to_string())?.to_string();
    let (sender, answers): (Sender<Value>, Receiver<Value>) = channel();
    let event = event.clone();
    std::thread::spawn(move || runtime_api(&listener, &event, invocations, &sender));
    let aws = stack.text("/aws_endpoint");
    let mut valgrind = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(&binary)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .env("_HANDLER", function)
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "bench")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_ENDPOINT_URL", aws)
        .env("AWS_ENDPOINT_URL_SESV2", format!("http://{}", accepting_ses()?))
        .env("TABLE", stack.text("/table"))
        .env("MAIL_BUCKET", stack.text("/bucket"))
        .env("CONFIGURATION_SET", "bench")
        .env("SEND_RATE", "14")
        .env("LOG_LEVEL", "info")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind: {error}"))?;
    let answer = || answers.recv_timeout(Duration::from_mins(2));
    let last = (1..invocations).try_for_each(|_| answer().map(drop)).and_then(|()| answer());
    // Asked to end, it writes the profile; killed, it would not.
    let _ = Command::new("kill").arg(valgrind.id().to_string()).status();
    let mut said = String::new();
    if let Some(mut stderr) = valgrind.stderr.take() {
        let _ = stderr.read_to_string(&mut said);
    }
    let _ = valgrind.wait();
    let last = last.map_err(|_| format!("{function} gave no answer\n{said}"))?;
    let counted = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    Ok((counted.ok_or(said)?, profile, last))
}

/// The functions that cost most, with all that they call.
fn most_expensive(profile: &Path) {
    let output = Command::new("callgrind_annotate").arg("--inclusive=yes").arg(profile).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // What lies above everything else says nothing about where the work is.
    let of_ours = |line: &&str| {
        let above = ["main", "/rustc/", "/tokio-", "/lambda_runtime-", "ld-linux", "TOTALS", "poll"];
        line.contains('%') && !above.iter().any(|name| line.contains(name))
    };
    for line in text.lines().filter(of_ours).take(15) {
        let (cost, place) = line.trim().split_once(")  ").unwrap_or(("", line));
        let place = place.rsplit_once("/registry/src/").map_or(place, |(_, place)| place);
        let place = place.split_once('/').map_or(place, |(_, place)| place);
        println!("      {cost})  {}", place.chars().take(130).collect::<String>());
    }
}

fn cold_starts(stack: &Stack) -> bool {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let event = |name: &str| -> Value {
        let text = fs::read_to_string(events.join(format!("{name}.json"))).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    };
    let mut holds = true;
    let mut list = event("api-approvals-list");
    list["headers"]["authorization"] = format!("Bearer {}", stack.text("/approver/token")).into();
    list["rawQueryString"] = "limit=1".into();
    let mut mails = event("api-messages-list");
    mails["headers"]["authorization"] = format!("Bearer {}", stack.text("/agent_token")).into();
    mails["pathParameters"]["inbox_id"] = stack.inbox().into();
    mails["rawQueryString"] = "limit=1".into();
    // Nobody tells the workflow of this one: it is left to the function under measure.
    let deaf = stack.fault(&json!({"service": "states", "kind": "error_500", "times": 1000}));
    let due = stack.submit("success@simulator.amazonses.com", &unique("due"), "text");
    stack.approve(&due).expect(200);
    drop(deaf);
    let ticket = json!({
        "organization_id": stack.text("/organization_id"), "inbox_id": stack.inbox(),
        "message_id": due.message, "approval_id": due.approval, "digest": due.digest,
        "send_at": "1970-01-01T00:00:00Z",
    });
    for (function, event, expected, gate) in [
        ("api-approvals-list", list, "\"statusCode\":200", COLD_START),
        ("api-messages-list", mails, "\"statusCode\":200", COLD_START),
        ("dispatch-send", ticket, "\"status\":\"sent\"", COLD_SEND),
    ] {
        match instructions(stack, function, &event, 1) {
            Ok((instructions, profile, first)) => {
                let answered = first["body"].as_str().is_some_and(|body| body.contains(expected));
                let good = answered && instructions <= gate;
                let verdict = if good { "" } else { "OVER THE GATE" };
                println!("{function:<28} {instructions:>11} {gate:>9}  {verdict}");
                if !answered {
                    println!("    answered {first}");
                }
                if !good {
                    most_expensive(&profile);
                }
                holds &= good;
            }
            Err(error) => {
                println!("{function}: {error}");
                holds = false;
            }
        }
    }
    holds
}

/// What an answer costs a function that has answered before, and the body of the last of them.
fn warm(stack: &Stack, function: &str, event: &Value) -> Result<(u64, Value), String> {
    let (cold, ..) = instructions(stack, function, event, 1)?;
    let (all, _, last) = instructions(stack, function, event, WARM + 1)?;
    let answer = last["body"].as_str().unwrap_or_default();
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    if answer["statusCode"] != 200 {
        return Err(format!("{function} answered {answer}"));
    }
    let body = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    Ok((all.saturating_sub(cold) / WARM, body))
}

/// What a page of 50 mails costs a function that has answered before.
fn warm_list(stack: &Stack) -> bool {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/api-messages-list.json"));
    let mut event: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
    event["headers"]["authorization"] = format!("Bearer {}", stack.text("/agent_token")).into();
    event["pathParameters"]["inbox_id"] = stack.inbox().into();
    event["rawQueryString"] = "limit=50".into();
    match warm(stack, "api-messages-list", &event) {
        Ok((warm, page)) => {
            let full = page["data"].as_array().map(Vec::len) == Some(50);
            let good = full && warm <= WARM_LIST;
            let verdict = if good { "" } else { "OVER THE GATE, OR NOT 50" };
            println!("{:<28} {warm:>11} {WARM_LIST:>9}  {verdict}", "list of 50 mails");
            good
        }
        Err(error) => {
            println!("list of 50 mails: {error}");
            false
        }
    }
}

/// Measures, prints, and says whether the gates hold.
type Part = fn(&Stack) -> bool;

/// What is measured, in this order; one or more may be named on the command line.
const PARTS: [(&str, Part); 8] = [
    ("wire", |stack| {
        println!("{:<28} {:>5} {:>5}  {:>6} {:>6}", "on the wire", "calls", "gate", "read", "write");
        on_the_wire(stack).iter().filter(|cost| !cost.print()).count() == 0
    }),
    ("cold", |stack| {
        println!("{:<28} {:>11} {:>9}", "cold start to first answer", "instructions", "gate");
        cold_starts(stack)
    }),
    ("warm", |stack| {
        println!("{:<28} {:>11} {:>9}", "an answer after others", "instructions", "gate");
        warm_list(stack)
    }),
    ("webhooks", |_| webhooks::hold()),
    ("agents", agents::hold),
    ("approvers", approvers::hold),
    ("uploads", uploads::hold),
    // Last: what it writes keeps the readers of the table's stream busy for a while.
    ("large", large::holds),
];

fn main() -> ExitCode {
    let named: Vec<_> = std::env::args().skip(1).collect();
    if let Some(unknown) = named.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
        println!("nothing is called {unknown}: there are {}", PARTS.map(|(part, _)| part).join(", "));
        return ExitCode::FAILURE;
    }
    let stack = Stack::running();
    let mut holds = true;
    for (name, part) in PARTS {
        if named.is_empty() || named.iter().any(|wanted| wanted == name) {
            holds &= part(&stack);
            println!();
        }
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
