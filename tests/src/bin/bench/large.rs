//! What an inbox of 100,000 mails costs beside one of 100.

use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use app::Ports;
use app::base::ports::{Backlog, BlobError, BlobKey, Blobs, Clock, FlowError, Settings, Taken};
use app::base::store::{AddressEntry, Change, Expect, Key, List, Record, Store as _, Write, key, load};
use app::mailbox::index::{News, keep};
use app::mailbox::receive::{EnvelopeView, Reading, Received, receive};
use async_trait::async_trait;
use aws_data::{DynamoTable, S3Blobs};
use bytes::Bytes;
use domain::base::address::EmailAddress;
use domain::base::id::Id as _;
use domain::mailbox::filter::Span;
use domain::mailbox::message::{Message, Verdicts};
use domain::{InboxId, MessageId, OrganizationId};
use jiff::{SignedDuration, Timestamp};
use runtime::environment::{SystemClock, SystemRandom, stopwatch};
use serde_json::{Value, json};
use testkit::MemoryStore;
use tests::{Stack, aws_config};

use crate::{count, warm};

/// Mails of the large inbox.
const LARGE: usize = 100_000;
/// Mails of the one beside it.
const SMALL: usize = 100;
/// At most so many times what the small inbox costs.
const MOST: f64 = 2.0;

/// Mails of a conversation.
const CONVERSATION: usize = 4;
/// Between two mails.
const APART: SignedDuration = SignedDuration::from_mins(5);
/// Mails of a page.
const PAGE: usize = 50;
/// So many pages from the start there are still mails behind a page of the large inbox.
const FAR: usize = 1_000;
/// Mails that are filed before the table is written, and records of one transaction: as many as it takes.
const BATCH: usize = 100;

/// An organization with a filled inbox.
struct Filled {
    /// The stack, from inside of it.
    stack: Stack,
    /// Its mails, the oldest first.
    ids: Vec<MessageId>,
    /// A mail in the middle. Of its conversation alone the bytes are stored.
    middle: Message,
    /// The page that is far from the start: the 1,000th, or the last.
    far: usize,
    /// What leads to it.
    cursor: String,
}

/// A route that is asked of both inboxes.
struct Operation {
    name: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    /// At most so many times what the small inbox costs.
    most: f64,
}

fn get(name: &'static str, path: String) -> Operation {
    Operation { name, method: "GET", path, body: Value::Null, most: MOST }
}

/// All that is measured: a line adds one.
fn operations(filled: &Filled) -> Vec<Operation> {
    let inbox = format!("/v1/inboxes/{}", filled.stack.inbox());
    let list = format!("{inbox}/messages");
    let Filled { middle, cursor, .. } = filled;
    let search = |name, query: &str| Operation {
        body: json!({"query": query, "inbox_ids": [filled.stack.inbox()], "limit": 10}),
        method: "POST",
        ..get(name, "/v1/messages/search".to_owned())
    };
    vec![
        get("first page of 50", format!("{list}?limit={PAGE}")),
        get("page 1,000, or the last", format!("{list}?limit={PAGE}&cursor={cursor}")),
        get("unread", format!("{list}?limit={PAGE}&unread=true")),
        // As many as the small inbox has too: a page that is not full ends where the inbox does.
        get("of one author in two", format!("{list}?limit=25&from=ann")),
        get("over all inboxes", format!("/v1/messages?limit={PAGE}")),
        get("conversations", format!("{inbox}/threads?limit=20")),
        get("a conversation of 4", format!("/v1/threads/{}", middle.thread_id)),
        get("one mail", format!("{list}/{}", middle.id)),
        // The small inbox is one small segment, which the first of these reads as a whole; what the large one costs more is bounded by its
        // segments, and these gates keep it from growing (`infra/docs/SEARCH.md`).
        Operation { most: 45.0, ..search("words that never meet", "invoice lyon from:ann") },
        Operation { most: 2.0, ..search("a word of each mail", "mercier") },
        Operation { most: 12.0, ..search("words of one conversation", "\"of case 20\"") },
        Operation { most: 2.0, ..search("a word that is nowhere", "nowhere") },
        Operation { most: 2.0, ..search("another one", "elsewhere") },
        // A page looks at up to 1,000 mails: ten times as many as the small inbox has, and each a little longer by its number.
        Operation { most: 11.0, ..get("a filter that takes none", format!("{list}?subject=nowhere")) },
    ]
}

// ------------------------------------------------------------------ filling

/// The mail of this number: conversations follow each other, and so do the mails of each. Every other one is Bob's.
fn mail(address: &str, number: usize) -> (String, String) {
    const WORDS: [&str; 32] = [
        "offer",
        "invoice",
        "meeting",
        "contract",
        "Lyon",
        "order",
        "delivery",
        "price",
        "table",
        "garden",
        "signature",
        "deadline",
        "budget",
        "review",
        "ticket",
        "question",
        "colleague",
        "summer",
        "winter",
        "train",
        "hotel",
        "payment",
        "refund",
        "account",
        "password",
        "photo",
        "report",
        "draft",
        "notice",
        "window",
        "river",
        "bridge",
    ];
    let (conversation, turn) = (number / CONVERSATION, number % CONVERSATION);
    let words: Vec<_> = (0..40).map(|at| WORDS[(number * 7 + at * at + at) % WORDS.len()]).collect();
    let (name, user) = if conversation.is_multiple_of(2) { ("Ann", "ann") } else { ("Bob", "bob") };
    let subject = format!("{}The {} of case {conversation}", if turn > 0 { "Re: " } else { "" }, words[0]);
    let id = |turn| format!("<{conversation}.{turn}@example.org>");
    let references: Vec<_> = (0..turn).map(id).collect();
    let references = match references.last() {
        None => String::new(),
        Some(last) => format!("In-Reply-To: {last}\r\nReferences: {}\r\n", references.join(" ")),
    };
    let raw = format!(
        "From: {name} Mercier <{user}@example.org>\r\nTo: Agent <{address}>\r\nSubject: {subject}\r\n\
         Message-ID: {}\r\n{references}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         {}\r\n",
        id(turn),
        words.join(" ")
    );
    (subject, raw)
}

/// The bucket, to which the bytes of a filed mail are known by its number.
struct Filing {
    organization_id: OrganizationId,
    address: EmailAddress,
    bucket: S3Blobs,
}

impl Filing {
    fn key(&self, number: usize) -> BlobKey {
        BlobKey::Raw(format!("inbound/{}-{number}", self.organization_id))
    }
}

#[async_trait]
impl Blobs for Filing {
    async fn get(&self, key: &BlobKey, max: usize) -> Result<Bytes, BlobError> {
        let path = key.path();
        let number = path.strip_prefix(&format!("inbound/{}-", self.organization_id));
        match number.and_then(|number| number.parse().ok()) {
            Some(number) => Ok(mail(self.address.as_str(), number).1.into()),
            None => self.bucket.get(key, max).await,
        }
    }

    async fn get_part(&self, key: &BlobKey, part: Range<u64>) -> Result<Bytes, BlobError> {
        self.bucket.get_part(key, part).await
    }

    async fn put(&self, key: &BlobKey, bytes: Bytes, content_type: &str) -> Result<(), BlobError> {
        self.bucket.put(key, bytes, content_type).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.bucket.delete(key).await
    }

    async fn mark_unclaimed(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.bucket.mark_unclaimed(key).await
    }

    async fn keep(&self, _: &BlobKey) -> Result<(), BlobError> {
        Ok(())
    }

    async fn upload_url(&self, key: &BlobKey, size: u64, content_type: &str) -> Result<String, BlobError> {
        self.bucket.upload_url(key, size, content_type).await
    }

    async fn download_url(&self, key: &BlobKey, filename: &str) -> Result<String, BlobError> {
        self.bucket.download_url(key, filename).await
    }
}

/// A queue in which a batch of mails waits.
#[derive(Default)]
struct Waiting(Mutex<Vec<MessageId>>);

#[async_trait]
impl Backlog for Waiting {
    async fn take(&self) -> Result<Vec<Taken>, FlowError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let some = waiting.len().saturating_sub(10);
        let taken = |id: MessageId| Taken { handle: String::new(), body: id.to_string(), times: 1 };
        Ok(waiting.split_off(some).into_iter().map(taken).collect())
    }

    async fn done(&self, _: &[String]) -> Result<(), FlowError> {
        Ok(())
    }

    async fn give_back(&self, _: &[String]) -> Result<(), FlowError> {
        Err(FlowError::Permanent("the messages here have no names".to_owned()))
    }
}

/// The time at which mail is filed, in milliseconds: it stands still until the next mail.
#[derive(Default)]
struct Filed(AtomicI64);

impl Clock for Filed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    fn wait(&self, _: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// Fills the inbox of a new organization with so many received mails, as `inbound-receive` would have filed them.
///
/// Each mail is parsed and filed by the code of that function, into memory; the records that come of it are written as the table
/// stores them, a hundred at a time; the code of `inbound-index` makes its search index meanwhile. What the functions would have done beside
/// it is left out: no bytes in the bucket, but for one conversation, no events and no feed of them, and nobody was told. None of that is
/// read by what is measured.
async fn fill(stack: &Stack, count: usize) -> Result<Filled, String> {
    let stack = stack.organization();
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let organization_id = OrganizationId::parse(stack.text("/organization_id")).map_err(|e| said(&e))?;
    let inbox_id = InboxId::parse(stack.inbox()).map_err(|e| said(&e))?;
    let address = EmailAddress::parse(stack.text("/inbox/address")).map_err(|e| said(&e))?;
    let config = aws_config(stack.text("/aws_endpoint"));
    let table = DynamoTable::new(&config, stack.text("/table"));
    let bucket = S3Blobs::new(&config, stack.text("/bucket"));
    let memory = Arc::new(MemoryStore::default());
    let blobs = Filing { organization_id, address: address.clone(), bucket };
    let owner = AddressEntry { address: address.clone(), organization_id, inbox_id };
    memory.contents().addresses.insert(address.mailbox_key(), owner);
    let settings = Settings {
        mail_domain: stack.text("/mail_domain").to_owned(),
        region: "eu-west-1".to_owned(),
        message_id_domain: "eu-west-1.amazonses.com".to_owned(),
        public_url: None,
        sign_up: domain::people::registration::SignUp::Invite,
        allow_loopback_webhooks: false,
    };
    let (clock, waiting) = (Arc::new(Filed::default()), Waiting::default());
    let ports = Ports {
        store: memory.clone(),
        clock: clock.clone(),
        random: Arc::new(SystemRandom),
        settings: Arc::new(settings),
        rates: Arc::default(),
    };
    let [pass, gray] = ["PASS", "GRAY"].map(str::to_owned);
    let verdicts =
        Verdicts { spam: pass.clone(), virus: pass, spf: gray.clone(), dkim: gray.clone(), dmarc: gray };
    let inbox = load(&table, organization_id, key::Inbox(inbox_id)).await.map_err(|e| said(&e))?;
    let inbox = inbox.ok_or("the inbox is not there")?;
    memory.commit(Change::new(organization_id).create(inbox)).await.map_err(|e| said(&e))?;
    let in_queue = |body: &str| Some(((organization_id, inbox_id), News::Came, MessageId::parse(body).ok()?));
    let (mut at, mut ids) = (SystemClock.now(), Vec::with_capacity(count));
    for _ in 0..count {
        at -= APART;
    }
    for number in 0..count {
        let (subject, raw) = mail(address.as_str(), number);
        let raw_key = blobs.key(number);
        if number / CONVERSATION == count / 2 / CONVERSATION {
            blobs.put(&raw_key, raw.into(), "message/rfc822").await.map_err(|e| said(&e))?;
        }
        clock.0.store(at.as_millisecond(), Ordering::Relaxed);
        let received = Received {
            provider_id: format!("{organization_id}-{number}"),
            at,
            recipients: vec![address.clone()],
            raw_key: raw_key.path(),
            verdicts: verdicts.clone(),
            envelope: EnvelopeView { from: "ann@example.org".to_owned(), subject },
        };
        let made = receive(&ports, &blobs, &*memory, &received, Reading::Parse).await;
        ids.extend(made.map_err(|e| format!("{e:?}"))?);
        at += APART;
        let is_end_of_conversation = number % CONVERSATION == CONVERSATION - 1;
        let filed = number % BATCH + 1;
        if is_end_of_conversation && (filed == BATCH || number + 1 == count) {
            waiting
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(&ids[number + 1 - filed..=number]);
            // What the first run finds to do is due a moment later.
            for later in [0, 1] {
                clock.0.fetch_add(later, Ordering::Relaxed);
                keep(&ports, &blobs, &*memory, &waiting, &in_queue).await.map_err(|e| format!("{e:?}"))?;
            }
            // The index stays until it is whole: the stack's own function would work on it as well.
            let mut records = std::mem::take(&mut memory.contents().records);
            let stay = [Key::Inbox(inbox_id), Key::Index(inbox_id)].map(|key| (organization_id, key));
            let staying = stay.into_iter().filter_map(|key| records.remove_entry(&key));
            memory.contents().records.extend(staying);
            memory.contents().events.clear();
            let records: Vec<Record> = records.into_values().collect();
            for some in records.chunks(BATCH) {
                let put = |record: &Record| Write::put(record.clone(), Expect::Anything);
                let change = some.iter().map(put).fold(Change::new(organization_id), Change::write);
                table.commit(change).await.map_err(|e| said(&e))?;
            }
        }
    }
    if ids.len() != count {
        return Err(format!("{} mails were filed, and not {count}", ids.len()));
    }
    store_index(&memory, &table, (organization_id, inbox_id), count).await?;
    let find = async |id| {
        let found: Option<Message> =
            load(&table, organization_id, key::Message(inbox_id, id)).await.map_err(|e| said(&e))?;
        found.ok_or_else(|| format!("{id} is not there"))
    };
    let far = FAR.min(count / PAGE);
    // The last mail of the page before it, newest first.
    let before = find(ids[count - PAGE * (far - 1)]).await?;
    let cursor = table.cursor(organization_id, &List::Messages(inbox_id, Span::default()), &before.into());
    let middle = find(ids[count / 2]).await?;
    Ok(Filled { stack, middle, far, cursor: cursor.unwrap_or_default(), ids })
}

/// Stores the index that was made in memory, once it has all mails.
async fn store_index(
    memory: &MemoryStore,
    table: &DynamoTable,
    (organization_id, inbox_id): (OrganizationId, InboxId),
    count: usize,
) -> Result<(), String> {
    let index = load(memory, organization_id, key::Index(inbox_id)).await.map_err(|e| e.to_string())?;
    let index = index.ok_or("there is no index")?;
    let mails: u32 = index.segments.iter().map(|it| it.mails).sum();
    let bytes: u64 = index.segments.iter().map(|it| it.size).sum();
    println!("index: {mails} mails in {} segments, {bytes} bytes together", index.segments.len());
    if usize::try_from(mails) != Ok(count) || index.behind {
        return Err(format!("{mails} mails were indexed, and not {count}"));
    }
    let change = Change::new(organization_id).write(Write::put(index, Expect::Absent));
    table.commit(change).await.map_err(|e| e.to_string())
}

/// Whether the inbox shows what was filed: the mails of its first page, of the far one, and of the last, before which there are none.
fn is_whole(filled: &Filled) -> bool {
    let Filled { stack, ids, far, cursor, .. } = filled;
    let list = format!("/v1/inboxes/{}/messages?limit={PAGE}", stack.inbox());
    let page = |query: String| stack.get(&format!("{list}{query}"), stack.text("/agent_token")).expect(200);
    let shows = |page: &Value, number: usize| {
        let shown: Vec<_> = page["data"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| it["id"].as_str().unwrap_or_default())
            .collect();
        let end = ids.len() - PAGE * (number - 1);
        let filed: Vec<_> = ids[end - PAGE..end].iter().rev().map(ToString::to_string).collect();
        shown == filed
    };
    let before = |id: &MessageId| page(format!("&before={}", id.at()));
    shows(&page(String::new()), 1)
        && shows(&page(format!("&cursor={cursor}")), *far)
        && shows(&before(&ids[PAGE]), ids.len() / PAGE)
        && before(&ids[0])["data"].as_array().is_some_and(Vec::is_empty)
}

// ------------------------------------------------------------------ measuring

/// What an operation costs, by the name of what is counted.
type Costs = Vec<(&'static str, f64)>;

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn measure(stack: &Stack, operation: &Operation) -> Result<Costs, String> {
    let Operation { name, method, path, body, .. } = operation;
    let token = stack.text("/agent_token");
    let endpoint = tests::schemas::endpoint(method, path).ok_or_else(|| format!("{name}: no such route"))?;
    let body = (!body.is_null()).then_some(body);
    let calls = count(stack, &[endpoint.name], 1, || {
        stack.call(method, path, token, body).expect(200);
    });
    let sum = |of: &dyn Fn(&Value) -> &Value| calls.iter().filter_map(|call| of(call).as_f64()).sum::<f64>();
    let (instructions, _) =
        warm(stack, endpoint.name, &event(endpoint.name, endpoint.path, operation, token))?;
    Ok(vec![
        ("calls", calls.len() as f64),
        ("read units", sum(&|call| &call["capacity"]["read"])),
        ("bytes from AWS", sum(&|call| &call["answered"])),
        ("instructions", instructions as f64),
    ])
}

/// The event by which a function is asked for this, after its example.
fn event(function: &str, route: &str, operation: &Operation, token: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../events/{function}.json"));
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut event: Value = serde_json::from_str(&text).unwrap_or_default();
    let (path, query) = operation.path.split_once('?').unwrap_or((&operation.path, ""));
    for (part, given) in route.split('/').zip(path.split('/')) {
        if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            event["pathParameters"][name] = given.into();
        }
    }
    event["headers"]["authorization"] = format!("Bearer {token}").into();
    event["rawPath"] = path.into();
    event["rawQueryString"] = query.into();
    if !operation.body.is_null() {
        event["body"] = operation.body.to_string().into();
        event["isBase64Encoded"] = json!(false);
    }
    event
}

fn compare(small: &Filled, large: &Filled) -> bool {
    let mut holds = true;
    for (of_small, of_large) in operations(small).iter().zip(&operations(large)) {
        let (few, many) = match (measure(&small.stack, of_small), measure(&large.stack, of_large)) {
            (Ok(few), Ok(many)) => (few, many),
            (Err(error), _) | (_, Err(error)) => {
                println!("{}: {error}", of_small.name);
                holds = false;
                continue;
            }
        };
        for (at, ((what, few), (_, many))) in few.into_iter().zip(many).enumerate() {
            let name = if at == 0 { of_small.name } else { "" };
            let good = many <= few * of_small.most;
            let verdict = if good { "" } else { "OVER THE GATE" };
            let (ratio, most) = (if few > 0.0 { many / few } else { 1.0 }, of_small.most);
            println!("{name:<25} {what:<14} {few:>11} {many:>11} {ratio:>6.2} {most:>5.1}  {verdict}");
            holds &= good;
        }
    }
    holds
}

/// Fills two inboxes and compares what they cost; whether the gates hold.
pub(crate) fn holds(stack: &Stack) -> bool {
    let runtime = tokio::runtime::Runtime::new();
    let fill = |count| {
        let elapsed = stopwatch();
        let filled = runtime.as_ref().map_err(ToString::to_string)?.block_on(fill(stack, count))?;
        let shows = if is_whole(&filled) { Ok(()) } else { Err("the list does not show what was filed") };
        shows?;
        println!("{count} mails filed in {} s", elapsed() / 1_000);
        Ok::<_, String>(filled)
    };
    let filled = fill(SMALL).and_then(|small| Ok((small, fill(LARGE)?)));
    match filled {
        Ok((small, large)) => {
            println!("{:<40} {:>11} {:>11} {:>6} {:>5}", "an inbox of", SMALL, LARGE, "ratio", "gate");
            compare(&small, &large)
        }
        Err(error) => {
            println!("filling an inbox: {error}");
            false
        }
    }
}
