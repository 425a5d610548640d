//! The bucket.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use app::base::ports::{BlobError, BlobKey, Blobs, Eraser};
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Object, Tag, Tagging};
use aws_types::SdkConfig;
use bytes::{Bytes, BytesMut};
use domain::base::digest::Digest;
use domain::{InboxId, OrganizationId, Timestamp};

/// A presigned URL holds for so long.
pub(crate) const URL_LIFE: Duration = Duration::from_mins(15);

/// The tag, name and value, of a received mail that came for nobody: a lifecycle rule in `template.yaml` looks for it.
const UNCLAIMED: (&str, &str) = ("unclaimed", "true");

/// Made at its first use: a client costs a cold start 0.8 million instructions, and most functions need few of them.
pub(crate) type LazyClient = Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>;

/// A client for a bucket. A local endpoint is addressed by path.
pub(crate) fn lazy(config: &SdkConfig) -> LazyClient {
    let local = config.endpoint_url().is_some();
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(local);
    Arc::new(LazyLock::new(Box::new(move || Client::from_conf(config.build()))))
}

/// Parts of objects that never change, as far as there is room: those that were used last.
#[derive(Default)]
struct Parts {
    /// By the name of the object, and where the part begins.
    young: BTreeMap<(String, u64), Bytes>,
    /// What was young before: what is used of it becomes young again, and the rest is forgotten at the next change.
    old: BTreeMap<(String, u64), Bytes>,
    /// Bytes of the young ones.
    size: usize,
}

impl Parts {
    /// Half of what is kept at most, in bytes.
    const HALF: usize = 8 * 1024 * 1024;
    /// A larger part is not kept: lists of words that are everywhere would drive out all else.
    const LARGEST: usize = 128 * 1024;

    fn get(&mut self, path: &str, part: &Range<u64>) -> Option<Bytes> {
        let within = |parts: &BTreeMap<(String, u64), Bytes>| {
            let (at, bytes) =
                parts.range((path.to_owned(), 0)..=(path.to_owned(), part.start)).next_back()?;
            let from = usize::try_from(part.start - at.1).ok()?;
            let end = usize::try_from(part.end - at.1).ok()?;
            (end <= bytes.len()).then(|| (at.clone(), bytes.slice(from..end)))
        };
        if let Some((_, found)) = within(&self.young) {
            return Some(found);
        }
        let (at, found) = within(&self.old)?;
        let whole = self.old.remove(&at)?;
        self.keep(at.0, at.1, whole);
        Some(found)
    }

    fn keep(&mut self, path: String, from: u64, bytes: Bytes) {
        if bytes.len() > Self::LARGEST {
            return;
        }
        if self.size + bytes.len() > Self::HALF {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += bytes.len();
        if let Some(before) = self.young.insert((path, from), bytes) {
            self.size -= before.len();
        }
    }
}

/// One bucket.
#[derive(Clone)]
pub struct S3Blobs {
    client: LazyClient,
    bucket: String,
    /// Parts of segments that were read: a segment never changes, and its name never comes again.
    parts: Arc<Mutex<Parts>>,
}

impl S3Blobs {
    /// The bucket of this name.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { client: lazy(config), bucket: bucket.into(), parts: Arc::default() }
    }
}

/// The class of a failed call, by its code alone.
pub(crate) fn classify<E, R>(error: &SdkError<E, R>) -> BlobError
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    match error.code() {
        Some("NoSuchKey" | "NotFound") => BlobError::Missing,
        Some(
            code @ ("AccessDenied"
            | "NoSuchBucket"
            | "InvalidRequest"
            | "InvalidRange"
            | "SignatureDoesNotMatch"),
        ) => BlobError::Permanent(format!("s3: {code}")),
        Some(code) => BlobError::Transient(format!("s3: {code}")),
        None => BlobError::Transient("s3: no answer".to_owned()),
    }
}

fn presigning() -> Result<PresigningConfig, BlobError> {
    PresigningConfig::expires_in(URL_LIFE).map_err(|e| BlobError::Permanent(e.to_string()))
}

/// The bytes of an answer, at most `max`.
pub(crate) async fn whole(mut answer: GetObjectOutput, max: usize) -> Result<Bytes, BlobError> {
    let length = usize::try_from(answer.content_length().unwrap_or(0)).unwrap_or(0);
    if length > max {
        return Err(BlobError::TooLarge);
    }
    let mut bytes = BytesMut::with_capacity(length);
    while let Some(chunk) = answer
        .body
        .try_next()
        .await
        .map_err(|_| BlobError::Transient("s3: the answer broke off".to_owned()))?
    {
        if bytes.len() + chunk.len() > max {
            return Err(BlobError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

#[async_trait]
impl Blobs for S3Blobs {
    async fn get(&self, key: &BlobKey, max: usize) -> Result<Bytes, BlobError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key.path());
        let answer = request.send().await.map_err(|e| classify(&e))?;
        whole(answer, max).await
    }

    async fn get_part(&self, key: &BlobKey, part: Range<u64>) -> Result<Bytes, BlobError> {
        // The header names the last byte, so that there is no name for none.
        let Some(last) = part.end.checked_sub(1).filter(|last| *last >= part.start) else {
            return Ok(Bytes::new());
        };
        let path = key.path();
        let is_fixed = matches!(key, BlobKey::Segment(..));
        let parts = || self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = is_fixed.then(|| parts().get(&path, &part)).flatten() {
            return Ok(known);
        }
        let request = self.client.get_object().bucket(&self.bucket).key(&path);
        let request = request.range(format!("bytes={}-{last}", part.start));
        match request.send().await {
            Ok(answer) => {
                let most = usize::try_from(part.end - part.start).unwrap_or(usize::MAX);
                let bytes = whole(answer, most).await?;
                if is_fixed {
                    parts().keep(path, part.start, bytes.clone());
                }
                Ok(bytes)
            }
            // The object ends before.
            Err(error) if error.code() == Some("InvalidRange") => Ok(Bytes::new()),
            Err(error) => Err(classify(&error)),
        }
    }

    async fn put(&self, key: &BlobKey, bytes: Bytes, content_type: &str) -> Result<(), BlobError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key.path())
            .content_type(content_type)
            .if_none_match("*")
            .body(ByteStream::from(bytes));
        match request.send().await {
            Ok(_) => Ok(()),
            // It is there already: names are digests or new ids, so it is the same object.
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key.path());
        request.send().await.map_err(|e| classify(&e))?;
        Ok(())
    }

    async fn mark_unclaimed(&self, key: &BlobKey) -> Result<(), BlobError> {
        let permanent = |e: aws_sdk_s3::error::BuildError| BlobError::Permanent(e.to_string());
        let (name, value) = UNCLAIMED;
        let tag = Tag::builder().key(name).value(value).build().map_err(permanent)?;
        let tags = Tagging::builder().tag_set(tag).build().map_err(permanent)?;
        let request = self.client.put_object_tagging().bucket(&self.bucket).key(key.path()).tagging(tags);
        request.send().await.map_err(|e| classify(&e))?;
        Ok(())
    }

    async fn keep(&self, key: &BlobKey) -> Result<(), BlobError> {
        let request = self.client.delete_object_tagging().bucket(&self.bucket).key(key.path());
        request.send().await.map_err(|e| classify(&e))?;
        Ok(())
    }

    async fn upload_url(&self, key: &BlobKey, size: u64, content_type: &str) -> Result<String, BlobError> {
        let length = i64::try_from(size).map_err(|_| BlobError::TooLarge)?;
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key.path())
            .content_type(content_type)
            .content_length(length)
            .presigned(presigning()?);
        Ok(request.await.map_err(|e| classify(&e))?.uri().to_owned())
    }

    async fn download_url(&self, key: &BlobKey, filename: &str) -> Result<String, BlobError> {
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.path())
            // Whatever it says it is, a browser stores it and shows nothing of it.
            .response_content_type("application/octet-stream")
            .response_content_disposition(disposition(filename))
            .presigned(presigning()?);
        Ok(request.await.map_err(|e| classify(&e))?.uri().to_owned())
    }
}

#[async_trait]
impl Eraser for S3Blobs {
    async fn erase(&self, key: &BlobKey) -> Result<(), BlobError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key.path());
        match request.send().await.map_err(|e| classify(&e)) {
            Ok(_) | Err(BlobError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn segments(
        &self,
        organization_id: OrganizationId,
        inbox_id: InboxId,
    ) -> Result<Vec<(Digest, Timestamp)>, BlobError> {
        let prefix = format!("search/{organization_id}/{inbox_id}/");
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix);
        let answer = request.send().await.map_err(|e| classify(&e))?;
        let read = |object: Object| {
            let name = Digest::parse(&format!("sha256:{}", object.key()?.strip_prefix(&prefix)?)).ok()?;
            let at = Timestamp::from_second(object.last_modified()?.secs()).ok()?;
            Some((name, at))
        };
        Ok(answer.contents.unwrap_or_default().into_iter().filter_map(read).collect())
    }
}

/// `Content-Disposition` of a download, RFC 6266: an ASCII name for old clients, the whole name for all others.
fn disposition(filename: &str) -> String {
    let plain: String = filename
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in filename.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_used_stay_and_all_together_have_a_bound() {
        let mut parts = Parts::default();
        let bytes = |n: usize| Bytes::from(vec![u8::try_from(n % 251).unwrap_or(0); 100 * 1024]);
        parts.keep("a".to_owned(), 100, bytes(7));
        for n in 0..400 {
            assert!(parts.get("a", &(200..300)).is_some(), "{n}");
            parts.keep(format!("b{n}"), 0, bytes(n));
            let held = |map: &BTreeMap<_, Bytes>| map.values().map(Bytes::len).sum::<usize>();
            assert!(held(&parts.young) + held(&parts.old) <= 2 * Parts::HALF);
            assert_eq!(held(&parts.young), parts.size);
        }
        assert_eq!(parts.get("a", &(100..103)), Some(Bytes::from_static(&[7; 3])));
        assert_eq!(parts.get("b399", &(0..1)), Some(Bytes::from_static(&[148])));
        assert_eq!(parts.get("b0", &(0..1)), None, "long unused");
        assert_eq!(parts.get("a", &(99..103)), None, "begins before");
        assert_eq!(parts.get("a", &(100..100 + 100 * 1024 + 1)), None, "ends behind");
        parts.keep("c".to_owned(), 0, Bytes::from(vec![0; Parts::LARGEST + 1]));
        assert_eq!(parts.get("c", &(0..1)), None);
    }

    #[test]
    fn a_filename_stays_within_its_header() {
        assert_eq!(
            disposition("Rés\"umé\r\n.pdf"),
            "attachment; filename=\"R_s_um___.pdf\"; filename*=UTF-8''R%C3%A9s%22um%C3%A9%0D%0A.pdf"
        );
    }
}
