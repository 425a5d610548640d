//! Key logs: one object for each organization, `keys/org`, in a bucket of its own, whose policy lets one role write and nobody delete, and
//! which holds each version under Object Lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use app::base::ports::{BlobError, KeyLogError, KeyLogWriter, KeyLogs, StoredLog};
use async_trait::async_trait;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_types::SdkConfig;
use bytes::BytesMut;
use domain::OrganizationId;
use domain::people::key_log::{KeyLog, MAX_LOG};

use crate::base::objects::{LazyClient, classify, lazy};

/// So many logs a warm function remembers.
const REMEMBERED: usize = 100;

/// The bucket of the key logs.
#[derive(Clone)]
pub struct S3KeyLogs {
    client: LazyClient,
    bucket: String,
    /// What was read last. Each reading asks whether it still is the log.
    read: Arc<Mutex<HashMap<OrganizationId, StoredLog>>>,
}

impl S3KeyLogs {
    /// The bucket of this name.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { client: lazy(config), bucket: bucket.into(), read: Arc::default() }
    }

    fn remembered(&self, organization_id: OrganizationId) -> Option<StoredLog> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&organization_id).cloned()
    }

    fn remember(&self, organization_id: OrganizationId, stored: &StoredLog) {
        let mut all = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(organization_id, stored.clone());
    }
}

fn key(organization_id: OrganizationId) -> String {
    format!("keys/{organization_id}")
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
        let request = self.client.get_object().bucket(&self.bucket).key(key(organization_id));
        let answer = match request.set_if_none_match(known).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let raw = error.raw_response();
                let status = raw.map(|raw| raw.status().as_u16());
                if let (Some(304), Some(before)) = (status, before) {
                    return Ok(before);
                }
                let deleted = raw.is_some_and(|raw| raw.headers().get("x-amz-delete-marker").is_some());
                if deleted {
                    // A log that somebody hid is no log without demands.
                    return Err(KeyLogError::Permanent("s3: a key log was deleted".to_owned()));
                }
                return match classify(&error) {
                    BlobError::Missing => {
                        Ok(StoredLog { log: Arc::new(KeyLog::new(organization_id)), version: None })
                    }
                    _ => Err(failed(&error)),
                };
            }
        };
        let version = answer.e_tag().map(str::to_owned);
        let mut body = answer.body;
        let mut bytes = BytesMut::new();
        while let Some(part) = body.next().await {
            let part = part.map_err(|_| KeyLogError::Transient("s3: the body broke off".to_owned()))?;
            if bytes.len() + part.len() > MAX_LOG {
                return Err(KeyLogError::Permanent("s3: a key log is larger than it may be".to_owned()));
            }
            bytes.extend_from_slice(&part);
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| KeyLogError::Permanent("s3: a key log is no text".to_owned()))?;
        // Whoever wrote it checked each signature, and nobody else can write here.
        let log = KeyLog::read(organization_id, text, |_, _, _| true).map_err(KeyLogError::Broken)?;
        let stored = StoredLog { log: Arc::new(log), version };
        self.remember(organization_id, &stored);
        Ok(stored)
    }
}

#[async_trait]
impl KeyLogWriter for S3KeyLogs {
    async fn write(&self, organization_id: OrganizationId, stored: &StoredLog) -> Result<(), KeyLogError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key(organization_id))
            .content_type("text/plain; charset=utf-8")
            // S3 asks for a checksum of whatever it is to retain.
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(ByteStream::from(stored.log.text().into_bytes()));
        let request = match &stored.version {
            Some(version) => request.if_match(version),
            None => request.if_none_match("*"),
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.code() {
                Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => {
                    Err(KeyLogError::Changed)
                }
                _ => Err(failed(&error)),
            },
        }
    }
}
