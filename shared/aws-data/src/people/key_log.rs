//! Key logs: one object for each organization, `keys/org`, in a bucket of its own, whose policy lets one role write and nobody delete, and
//! which holds each version under Object Lock. Beside them `senders`, who alone sends from where; `links/sha256`, what operators had drawn;
//! `used/sha256`, which organization used a link; `sent/org/approval`, which mails that signed votes let go were given to the provider, or
//! stopped; and `back/org/approval/member/milliseconds`, who took a vote back, and when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::base::ports::{
    BlobError, Departure, Departures, KeyLinks, KeyLogError, KeyLogWriter, KeyLogs, StoredLog, StoredSenders,
};
use async_trait::async_trait;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_types::SdkConfig;
use bytes::BytesMut;
use domain::base::digest::Digest;
use domain::mailbox::lifecycle::Nonce;
use domain::people::key_links::{KeyLink, Senders};
use domain::people::key_log::{KeyLog, MAX_LOG};
use domain::{ApprovalId, MemberId, OrganizationId, Timestamp};
use jiff::SignedDuration;

use crate::base::objects::{LazyClient, classify, lazy};

/// So many bytes what is kept of a link has at most.
const MAX_LINK: usize = 1_000;

/// So many bytes of logs a warm function remembers at most. What is made of them takes some times as much.
const REMEMBERED: usize = 16 * 1024 * 1024;

/// The bucket of the key logs.
#[derive(Clone)]
pub struct S3KeyLogs {
    client: LazyClient,
    bucket: String,
    /// What was read last. Each reading asks whether it still is what is there.
    read: Arc<Mutex<HashMap<OrganizationId, StoredLog>>>,
    senders: Arc<Mutex<Option<StoredSenders>>>,
}

impl S3KeyLogs {
    /// The bucket of this name.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { client: lazy(config), bucket: bucket.into(), read: Arc::default(), senders: Arc::default() }
    }

    /// An object as text. `Same` where it still is the version that is known, `Missing` where it never was.
    async fn get(&self, key: &str, max: usize, known: Option<String>) -> Result<Got, KeyLogError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = match request.set_if_none_match(known).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let raw = error.raw_response();
                if raw.is_some_and(|raw| raw.status().as_u16() == 304) {
                    return Ok(Got::Same);
                }
                if raw.is_some_and(|raw| raw.headers().get("x-amz-delete-marker").is_some()) {
                    // A log that somebody hid is no log without demands.
                    return Err(KeyLogError::Permanent("s3: a key log was deleted".to_owned()));
                }
                return match classify(&error) {
                    BlobError::Missing => Ok(Got::Missing),
                    _ => Err(failed(&error)),
                };
            }
        };
        let version = answer.e_tag().map(str::to_owned);
        let mut body = answer.body;
        let mut bytes = BytesMut::new();
        while let Some(part) = body.next().await {
            let part = part.map_err(|_| KeyLogError::Transient("s3: the body broke off".to_owned()))?;
            if bytes.len() + part.len() > max {
                return Err(KeyLogError::Permanent("s3: a key log is larger than it may be".to_owned()));
            }
            bytes.extend_from_slice(&part);
        }
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| KeyLogError::Permanent("s3: a key log is no text".to_owned()))?;
        Ok(Got::Text(text, version))
    }

    /// Writes an object in place of this version, or of none. Gives its version.
    async fn put(&self, key: &str, text: String, version: Option<&String>) -> Result<String, KeyLogError> {
        let request = match version {
            Some(version) => self.putting(key, text).if_match(version),
            None => self.putting(key, text).if_none_match("*"),
        };
        match request.send().await {
            Ok(answer) => Ok(answer.e_tag().map(str::to_owned).unwrap_or_default()),
            Err(error) => match error.code() {
                Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => {
                    Err(KeyLogError::Changed)
                }
                _ => Err(failed(&error)),
            },
        }
    }

    fn putting(&self, key: &str, text: String) -> PutObjectFluentBuilder {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("text/plain; charset=utf-8")
            // S3 asks for a checksum of whatever it is to retain.
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(ByteStream::from(text.into_bytes()))
    }

    fn remembered(&self, organization_id: OrganizationId) -> Option<StoredLog> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&organization_id).cloned()
    }

    fn remember(&self, organization_id: OrganizationId, stored: &StoredLog) {
        let mut all = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let size: usize = all.values().map(|stored| stored.log.size()).sum();
        if size + stored.log.size() > REMEMBERED {
            all.clear();
        }
        all.insert(organization_id, stored.clone());
    }
}

/// What an object was found to be.
enum Got {
    Missing,
    Same,
    Text(String, Option<String>),
}

fn broken() -> KeyLogError {
    KeyLogError::Permanent("s3: what lies beside the key logs can't be read".to_owned())
}

fn failed<E, R>(error: &SdkError<E, R>) -> KeyLogError
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    match classify(error) {
        BlobError::Permanent(text) => KeyLogError::Permanent(text),
        other => KeyLogError::Transient(other.to_string()),
    }
}

#[async_trait]
impl KeyLogs for S3KeyLogs {
    async fn read(&self, organization_id: OrganizationId) -> Result<StoredLog, KeyLogError> {
        let before = self.remembered(organization_id);
        let known = before.as_ref().and_then(|stored| stored.version.clone());
        let (text, version) =
            match (self.get(&format!("keys/{organization_id}"), MAX_LOG, known).await?, before) {
                (Got::Same, Some(before)) => return Ok(before),
                // Nobody removes one, and this has seen one.
                (Got::Missing, Some(_)) | (Got::Same, None) => return Err(broken()),
                (Got::Missing, None) => {
                    return Ok(StoredLog { log: Arc::new(KeyLog::new(organization_id)), version: None });
                }
                (Got::Text(text, version), _) => (text, version),
            };
        // A log has a first entry.
        if text.is_empty() {
            return Err(broken());
        }
        // Whoever wrote it checked each signature, and nobody else can write here.
        let log = KeyLog::read(organization_id, &text, |_, _, _| true).map_err(KeyLogError::Broken)?;
        let stored = StoredLog { log: Arc::new(log), version };
        self.remember(organization_id, &stored);
        Ok(stored)
    }

    async fn senders(&self) -> Result<StoredSenders, KeyLogError> {
        let before = self.senders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = before.as_ref().and_then(|stored| stored.version.clone());
        let (text, version) = match (self.get("senders", Senders::MAX_TEXT, known).await?, before) {
            (Got::Same, Some(before)) => return Ok(before),
            (Got::Missing, Some(_)) | (Got::Same, None) => return Err(broken()),
            (Got::Missing, None) => return Ok(StoredSenders { senders: Arc::default(), version: None }),
            (Got::Text(text, version), _) => (text, version),
        };
        let senders = Arc::new(Senders::read(&text).ok_or_else(broken)?);
        let stored = StoredSenders { senders, version };
        *self.senders.lock().unwrap_or_else(PoisonError::into_inner) = Some(stored.clone());
        Ok(stored)
    }
}

/// What the note of a mail says: `sending` with the claim of whoever gives it to the provider, or one of these.
const STOPPED: &str = "stopped\n";
/// It was given to the provider, which certainly did not take it.
const OPEN: &str = "open\n";

fn sent(of: OrganizationId, id: ApprovalId) -> String {
    format!("sent/{of}/{id}")
}

/// Names are in the order of time: 13 digits until the year 2286.
fn back(of: OrganizationId, id: ApprovalId, (by, at): (MemberId, Timestamp)) -> String {
    format!("back/{of}/{id}/{by}/{:013}", at.as_millisecond())
}

#[async_trait]
impl Departures for S3KeyLogs {
    async fn begin(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        claim: Nonce,
    ) -> Result<Departure, KeyLogError> {
        let key = sent(of, id);
        let own = format!("sending {:016x}\n", u64::from_be_bytes(claim));
        let first = self.put(&key, own.clone(), None).await;
        if let Ok(version) = first {
            return Ok(Departure::Begun(version));
        }
        // Perhaps it was written, and the answer lost: what is there says.
        let Got::Text(text, version) = self.get(&key, MAX_LINK, None).await? else {
            return Err(first.err().unwrap_or_else(busy));
        };
        match text.as_str() {
            _ if text == own => Ok(Departure::Begun(version.unwrap_or_default())),
            OPEN => match self.put(&key, own.clone(), version.as_ref()).await {
                Ok(version) => Ok(Departure::Begun(version)),
                Err(error) => match self.get(&key, MAX_LINK, None).await? {
                    Got::Text(text, version) if text == own => {
                        Ok(Departure::Begun(version.unwrap_or_default()))
                    }
                    _ => Err(error),
                },
            },
            STOPPED => Ok(Departure::Refused("stopped_before")),
            _ => Ok(Departure::Refused("sent_before")),
        }
    }

    async fn undo(&self, of: OrganizationId, id: ApprovalId, version: String) -> Result<(), KeyLogError> {
        let key = sent(of, id);
        let written = self.put(&key, OPEN.to_owned(), Some(&version)).await;
        let Err(error) = written else { return Ok(()) };
        match self.get(&key, MAX_LINK, None).await? {
            // Written, and the answer lost; or somebody stopped it since.
            Got::Text(text, _) if text == OPEN || text == STOPPED => Ok(()),
            _ => Err(error),
        }
    }

    async fn stop(&self, of: OrganizationId, id: ApprovalId) -> Result<(), KeyLogError> {
        let key = sent(of, id);
        match self.put(&key, STOPPED.to_owned(), None).await {
            Err(KeyLogError::Changed) => {}
            written => return written.map(drop),
        }
        match self.get(&key, MAX_LINK, None).await? {
            Got::Text(text, version) if text == OPEN => {
                self.put(&key, STOPPED.to_owned(), version.as_ref()).await.map(drop)
            }
            Got::Text(..) => Ok(()),
            Got::Missing | Got::Same => Err(busy()),
        }
    }

    async fn take_back(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        one: (MemberId, Timestamp),
    ) -> Result<(), KeyLogError> {
        match self.put(&back(of, id, one), String::new(), None).await {
            // It was noted before.
            Ok(_) | Err(KeyLogError::Changed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn has_taken_back(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        (by, since): (MemberId, Timestamp),
    ) -> Result<bool, KeyLogError> {
        let before = since.checked_sub(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MIN);
        let listed = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(format!("back/{of}/{id}/{by}/"))
            // Whatever lies before the signature says nothing of it, however much there is.
            .start_after(back(of, id, (by, before)))
            .max_keys(1)
            .send()
            .await
            .map_err(|error| failed(&error))?;
        Ok(!listed.contents().is_empty())
    }
}

/// Somebody else writes the same note at this moment.
fn busy() -> KeyLogError {
    KeyLogError::Transient("s3: a note was written at the same moment".to_owned())
}

#[async_trait]
impl KeyLogWriter for S3KeyLogs {
    async fn write(&self, organization_id: OrganizationId, stored: &StoredLog) -> Result<(), KeyLogError> {
        self.put(&format!("keys/{organization_id}"), stored.log.text(), stored.version.as_ref())
            .await
            .map(drop)
    }

    async fn write_senders(&self, stored: &StoredSenders) -> Result<(), KeyLogError> {
        self.put("senders", stored.senders.text(), stored.version.as_ref()).await.map(drop)
    }

    async fn link(&self, hash: Digest) -> Result<Option<KeyLink>, KeyLogError> {
        match self.get(&format!("links/{}", hash.hex()), MAX_LINK, None).await? {
            Got::Text(text, _) => Ok(Some(KeyLink::read(hash, &text).ok_or_else(broken)?)),
            Got::Missing | Got::Same => Ok(None),
        }
    }

    async fn use_link(&self, hash: Digest, organization_id: OrganizationId) -> Result<bool, KeyLogError> {
        let key = format!("used/{}", hash.hex());
        let own = organization_id.to_string();
        match self.put(&key, own.clone(), None).await {
            Ok(_) => Ok(true),
            // Perhaps by this very call, whose answer was lost.
            Err(KeyLogError::Changed) => {
                Ok(matches!(self.get(&key, MAX_LINK, None).await?, Got::Text(text, _) if text == own))
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl KeyLinks for S3KeyLogs {
    async fn keep_link(&self, link: &KeyLink) -> Result<(), KeyLogError> {
        self.put(&format!("links/{}", link.hash.hex()), link.text(), None).await.map(drop)
    }
}
