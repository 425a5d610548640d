//! Fifty agents at once, for two minutes: each receives mail, waits for it, reads, replies, lists and searches. Nothing may be lost, doubled
//! or out of reach. Times are printed, and nothing is asserted of them: they are those of this machine.

use std::collections::{BTreeMap, BTreeSet};

use runtime::environment::{setting, stopwatch};
use serde_json::{Value, json};
use tests::{Answer, Stack, in_seconds, unique};

/// Inboxes, each with so many agents: mail of one comes in while another lists.
const INBOXES: usize = 10;
const AGENTS_OF_ONE: usize = 5;
/// For how many seconds they work, where the environment does not say.
const SECONDS: u64 = 120;
/// A request that the server could not answer is made again so often.
const TRIES: usize = 10;
/// A mail is waited for so often, each time for twenty seconds at most.
const WAITS: usize = 6;

/// One request: what for, its status, and how many milliseconds it took.
type Asked = (&'static str, u16, u64);

/// A mail that came in, and the reply to it.
#[derive(Clone)]
struct Exchange {
    received: String,
    reply: String,
}

/// An agent with a token of its own, limited to its inbox.
struct Agent<'a> {
    stack: &'a Stack,
    name: String,
    inbox: String,
    address: String,
    token: String,
    /// Where it waits from: when it began, then the mail that it saw last.
    seen: String,
    asked: Vec<Asked>,
    delivered: usize,
    done: Vec<Exchange>,
    troubles: Vec<String>,
}

impl Agent<'_> {
    /// Makes a request until the server can answer it. One that changes something names its key, which makes it once.
    fn ask(&mut self, what: &'static str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = self.token.clone();
        self.ask_as(&token, what, method, path, body)
    }

    fn ask_as(
        &mut self,
        token: &str,
        what: &'static str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let mut headers = vec![];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("idempotency-key", unique("key").replace(' ', "-")));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut tries = 0;
        loop {
            let elapsed = stopwatch();
            let answer = self.stack.raw(method, path, token, headers.clone(), &body);
            self.asked.push((what, answer.status, elapsed()));
            tries += 1;
            if (answer.status < 500 && answer.status != 429) || tries == TRIES {
                return answer;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }

    /// One mail in, and one out.
    fn turn(&mut self, number: usize) -> Result<(), String> {
        let list = format!("/v1/inboxes/{}/messages", self.inbox);
        // An author of its own for each mail: what an organization may write to one address in a day is limited.
        let guest = format!("{}.{number}@example.org", self.name);
        let word = unique("word");
        let mail = format!(
            "From: Guest <{guest}>\r\nTo: <{}>\r\nSubject: {word}\r\nMessage-ID: <{number}.{guest}>\r\n\r\nIt is {word}.\r\n",
            self.address
        );
        let elapsed = stopwatch();
        self.stack.try_smtp(&guest, &[&self.address], mail.as_bytes())?;
        self.asked.push(("deliver", 250, elapsed()));
        self.delivered += 1;

        let path = format!("{list}/wait?timeout=20&from={guest}&after={}", self.seen);
        let mut found = vec![];
        for _ in 0..WAITS {
            let answer = self.ask("wait", "GET", &path, None);
            found = succeeded(answer)?["data"].as_array().cloned().unwrap_or_default();
            if !found.is_empty() {
                break;
            }
        }
        let [mail] = &*found else { return Err(format!("{} mails came of one", found.len())) };
        let id = mail["id"].as_str().unwrap_or_default().to_owned();
        self.seen.clone_from(&id);

        let read = succeeded(self.ask("read", "GET", &format!("{list}/{id}"), None))?;
        if !read["text"].as_str().is_some_and(|text| text.contains(&word)) {
            return Err(format!("{id} does not say what was sent"));
        }
        let reply = json!({"text": format!("You said {word}.")});
        let reply = succeeded(self.ask("reply", "POST", &format!("{list}/{id}/reply"), Some(&reply)))?;
        let text =
            |pointer: &str| reply.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.done.push(Exchange { received: id.clone(), reply: text("/message/id") });
        if text("/message/status") == "pending_approval" {
            let approver = self.stack.text("/approver/session");
            let path = format!("/v1/approvals/{}/approve", text("/approval/id"));
            let vote = json!({"digest": text("/approval/digest")});
            succeeded(self.ask_as(approver, "approve", "POST", &path, Some(&vote)))?;
        }
        let listed = succeeded(self.ask("list", "GET", &format!("{list}?limit=50"), None))?;
        let mut listed = listed["data"].as_array().into_iter().flatten();
        if !listed.any(|mail| mail["id"] == *id) {
            return Err(format!("{id} is not listed"));
        }
        let query = json!({"query": format!("\"{word}\""), "inbox_ids": [self.inbox]});
        let hits = succeeded(self.ask("search", "POST", "/v1/messages/search", Some(&query)))?;
        if !hits["data"].as_array().into_iter().flatten().any(|mail| mail["id"] == *id) {
            return Err(format!("{id} is not found"));
        }
        Ok(())
    }

    /// Turn after turn until the time is over.
    fn work(mut self, seconds: u64) -> Self {
        let elapsed = stopwatch();
        let mut number = 0;
        while elapsed() < seconds * 1_000 {
            if let Err(trouble) = self.turn(number) {
                self.troubles.push(format!("{}: mail {number}: {trouble}", self.name));
            }
            number += 1;
        }
        self
    }
}

fn succeeded(answer: Answer) -> Result<Value, String> {
    let Answer { status, ref body, .. } = answer;
    if (200..300).contains(&status) { Ok(answer.body) } else { Err(format!("{status} {}", body["error"])) }
}

/// An organization with all the agents. Replies from every other inbox are let go by a policy; the others are held.
fn gather(stack: &Stack) -> Vec<Agent<'_>> {
    let owner = stack.text("/owner/token");
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let inboxes: Vec<_> =
        (0..INBOXES).map(|_| stack.post("/v1/inboxes", owner, &json!({})).expect(201)).collect();
    let free: Vec<_> = inboxes.iter().step_by(2).map(|inbox| &inbox["id"]).collect();
    let rule = json!({"name": "all", "when": {"always": true}, "outcome": "allow"});
    let policy = json!({"name": "let go", "inbox_ids": free, "rules": [rule]});
    stack.post("/v1/policies", owner, &policy).expect(201);
    let agents = inboxes.iter().flat_map(|inbox| (0..AGENTS_OF_ONE).map(move |_| inbox));
    agents
        .map(|inbox| {
            let name = unique("agent").replace(' ', "-");
            let token = json!({"name": name, "scopes": ["messages.read", "messages.send"], "inbox_ids": [inbox["id"]]});
            let token = stack.post("/v1/tokens", stack.text("/editor/token"), &token).expect(201);
            Agent {
                stack,
                name,
                inbox: text(inbox, "id"),
                address: text(inbox, "address"),
                token: text(&token, "token"),
                seen: in_seconds(-60),
                asked: vec![],
                delivered: 0,
                done: vec![],
                troubles: vec![],
            }
        })
        .collect()
}

// ------------------------------------------------------------------ what is left behind

/// What stands more than once.
fn doubled(ids: &[String]) -> Vec<&String> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| !seen.insert(*id)).collect()
}

/// How two sets of ids differ, in words; nothing where they don't.
fn difference(what: &str, found: &[String], wanted: &BTreeSet<String>) -> Vec<String> {
    let set: BTreeSet<_> = found.iter().cloned().collect();
    let missing: Vec<_> = wanted.difference(&set).take(5).collect();
    let strange: Vec<_> = set.difference(wanted).take(5).collect();
    let twice = doubled(found);
    let mut troubles = vec![];
    for (kind, ids) in [("are missing", missing), ("are nobody's", strange), ("stand twice", twice)] {
        if !ids.is_empty() {
            troubles.push(format!("{what}: {} or more {kind}: {ids:?}", ids.len()));
        }
    }
    troubles
}

/// The ids of our mails that left, each as often as it did. Those to anybody else are not counted.
fn left(stack: &Stack, guests: &BTreeSet<&str>) -> Vec<String> {
    let all = stack.control("GET", "/accepted", None);
    let is_ours = |mail: &&Value| {
        let to = mail["destinations"].to_string();
        guests.iter().any(|guest| to.contains(*guest))
    };
    let id = |mail: &Value| {
        let mut tags = mail["tags"].as_object().into_iter().flatten();
        let id = tags.find_map(|(_, value)| value.as_str().filter(|value| value.starts_with("msg_")));
        id.unwrap_or("a mail without an id").to_owned()
    };
    all["accepted"].as_array().into_iter().flatten().filter(is_ours).map(id).collect()
}

/// All that is wrong with what the agents left behind.
fn look(stack: &Stack, agents: &[Agent<'_>]) -> Vec<String> {
    let owner = stack.text("/owner/token");
    let done: Vec<_> = agents.iter().flat_map(|agent| &agent.done).collect();
    let replies: BTreeSet<_> = done.iter().map(|exchange| exchange.reply.clone()).collect();
    let guests: BTreeSet<_> = agents.iter().map(|agent| agent.name.as_str()).collect();
    let ids = |mails: &[Value]| -> Vec<String> {
        mails.iter().map(|mail| mail["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let mut troubles: Vec<_> = agents.iter().flat_map(|agent| agent.troubles.clone()).collect();

    // Workflows and stream go on for a while after the last request.
    let patience = std::time::Duration::from_mins(3);
    let elapsed = stopwatch();
    while u128::from(elapsed()) < patience.as_millis() && left(stack, &guests).len() < replies.len() {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
    troubles.extend(difference("replies that left", &left(stack, &guests), &replies));

    let mut all = BTreeSet::new();
    for some in agents.chunks(AGENTS_OF_ONE) {
        let inbox = &some[0].inbox;
        let done: Vec<_> = some.iter().flat_map(|agent| &agent.done).collect();
        let wanted: BTreeSet<_> =
            done.iter().flat_map(|exchange| [exchange.received.clone(), exchange.reply.clone()]).collect();
        let listed = stack.walk(&format!("/v1/inboxes/{inbox}/messages?limit=20"), owner);
        troubles.extend(difference(&format!("mails of {inbox}"), &ids(&listed), &wanted));
        let inbound = listed.iter().filter(|mail| mail["direction"] == "inbound").count();
        let delivered: usize = some.iter().map(|agent| agent.delivered).sum();
        if inbound != delivered {
            troubles.push(format!("{inbox}: {inbound} of {delivered} mails that were delivered are listed"));
        }
        let threads = stack.walk(&format!("/v1/inboxes/{inbox}/threads?limit=20"), owner);
        let of_mails: BTreeSet<_> =
            listed.iter().filter_map(|mail| mail["thread_id"].as_str()).map(str::to_owned).collect();
        troubles.extend(difference(&format!("conversations of {inbox}"), &ids(&threads), &of_mails));
        let count: u64 = threads.iter().filter_map(|thread| thread["message_count"].as_u64()).sum();
        if count != u64::try_from(listed.len()).unwrap_or(u64::MAX) {
            troubles.push(format!("{inbox}: its conversations count {count} of {} mails", listed.len()));
        }
        all.extend(wanted);
    }
    troubles.extend(difference(
        "mails of all inboxes",
        &ids(&stack.walk("/v1/messages?limit=50", owner)),
        &all,
    ));
    troubles
}

fn print(agents: &[Agent<'_>]) {
    let mut asked = BTreeMap::<&str, (Vec<u64>, BTreeMap<u16, usize>)>::new();
    for (what, status, milliseconds) in agents.iter().flat_map(|agent| &agent.asked) {
        let (times, statuses) = asked.entry(what).or_default();
        times.push(*milliseconds);
        *statuses.entry(*status).or_default() += 1;
    }
    println!("{:<10} {:>8} {:>8} {:>8}  statuses", "", "requests", "p50 ms", "p99 ms");
    for (what, (mut times, statuses)) in asked {
        times.sort_unstable();
        let of_hundred = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
        let statuses: Vec<_> = statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        println!(
            "{what:<10} {:>8} {:>8} {:>8}  {}",
            times.len(),
            of_hundred(50),
            of_hundred(99),
            statuses.join(", ")
        );
    }
}

/// Lets the agents work, and looks at what they left behind; whether nothing is lost, doubled or out of reach.
pub(crate) fn hold(stack: &Stack) -> bool {
    let seconds = setting("COUNTERSIGN_AGENTS_SECONDS").and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let stack = stack.organization();
    let agents = gather(&stack);
    println!("{} agents at {INBOXES} inboxes for {seconds} s", agents.len());
    let agents: Vec<_> = std::thread::scope(|scope| {
        let working: Vec<_> =
            agents.into_iter().map(|agent| scope.spawn(move || agent.work(seconds))).collect();
        working.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let ended = agents.len();
    let agents: Vec<_> = agents.into_iter().flatten().collect();
    print(&agents);
    let mut troubles = look(&stack, &agents);
    if agents.len() < ended {
        troubles.push(format!("{} agents broke off", ended - agents.len()));
    }
    let done: usize = agents.iter().map(|agent| agent.done.len()).sum();
    println!("{done} mails came in, were read and answered; {} troubles", troubles.len());
    for trouble in troubles.iter().take(20) {
        println!("    {trouble}");
    }
    troubles.is_empty() && done > 0
}
