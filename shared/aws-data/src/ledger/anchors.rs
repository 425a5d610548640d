//! Anchors of audit chains: objects in a bucket of their own, which holds each version of them under Object Lock.
//!
//! | key | content |
//! | --- | --- |
//! | `anchors/org/sequence-hash.json` | the signed document |
//!
//! The key says all that is compared, so that a listing is enough. Versions are listed, not objects: a delete marker, which
//! Object Lock allows, hides nothing then.

use app::base::ports::{Anchors, BlobError};
use async_trait::async_trait;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectVersion};
use aws_types::SdkConfig;
use domain::base::digest::Digest;
use domain::ledger::audit::{Anchor, Head};
use domain::{OrganizationId, Timestamp};

use crate::base::objects::{LazyClient, classify, lazy};

/// Where one of several is looked for, so many are listed: delete markers may stand before it.
const SOME: i32 = 100;

/// The bucket of the anchors.
#[derive(Clone)]
pub struct S3Anchors {
    client: LazyClient,
    bucket: String,
}

fn prefix(organization_id: OrganizationId) -> String {
    format!("anchors/{organization_id}/")
}

fn key(head: &Head) -> String {
    format!("{}{:016}-{}.json", prefix(head.organization_id), head.sequence, head.hash.hex())
}

/// What a key says, and S3's clock.
fn read(organization_id: OrganizationId, version: &ObjectVersion) -> Option<Anchor> {
    let name = version.key()?.strip_prefix(&prefix(organization_id))?.strip_suffix(".json")?;
    let (sequence, hash) = name.split_once('-')?;
    let at = version.last_modified()?;
    let at = Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?;
    let hash = Digest::parse(&format!("sha256:{hash}")).ok()?;
    Some(Anchor { organization_id, sequence: sequence.parse().ok()?, hash, at })
}

impl S3Anchors {
    /// The bucket of this name.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self { client: lazy(config), bucket: bucket.into() }
    }

    /// Those of the places `from` to `to`, at most `limit`, and whatever else came with them.
    async fn list(
        &self,
        organization_id: OrganizationId,
        (from, to): (u64, u64),
        limit: Option<usize>,
    ) -> Result<Vec<Anchor>, BlobError> {
        let mut anchors: Vec<Anchor> = vec![];
        // Behind all keys of the place before: `~` sorts behind the `-` that follows a number.
        let mut after = format!("{}{:016}~", prefix(organization_id), from.saturating_sub(1));
        loop {
            let request =
                self.client.list_object_versions().bucket(&self.bucket).prefix(prefix(organization_id));
            let request = request.key_marker(&after).set_max_keys(limit.map(|_| SOME));
            let answer = request.send().await.map_err(|e| classify(&e))?;
            for version in answer.versions() {
                // Whatever lies there and is no anchor was put there by somebody else.
                let anchor = read(organization_id, version)
                    .ok_or_else(|| BlobError::Permanent("the name of an anchor can't be read".to_owned()))?;
                if anchor.sequence > to {
                    return Ok(anchors);
                }
                let known = anchors
                    .last()
                    .is_some_and(|last| (last.sequence, last.hash) == (anchor.sequence, anchor.hash));
                if !known {
                    anchors.push(anchor);
                }
            }
            let enough = limit.is_some_and(|limit| anchors.len() >= limit);
            match answer.next_key_marker() {
                Some(next) if !enough && answer.is_truncated() == Some(true) => next.clone_into(&mut after),
                _ => return Ok(anchors),
            }
        }
    }
}

#[async_trait]
impl Anchors for S3Anchors {
    async fn between(
        &self,
        organization_id: OrganizationId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Anchor>, BlobError> {
        self.list(organization_id, (from, to), None).await
    }

    async fn behind(&self, organization_id: OrganizationId, from: u64) -> Result<Vec<Anchor>, BlobError> {
        self.list(organization_id, (from, u64::MAX), Some(2)).await
    }

    async fn put(&self, head: &Head, document: String) -> Result<(), BlobError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key(head))
            .content_type("application/json")
            .if_none_match("*")
            // S3 asks for a checksum of whatever it is to retain.
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(ByteStream::from(document.into_bytes()));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("PreconditionFailed") => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::DateTime;

    use super::*;

    #[test]
    fn a_key_says_what_its_head_says_and_nothing_else_is_read() {
        let organization_id = OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let head = Head { sequence: 7, ..Head::genesis(organization_id) };
        let version = |key: String| {
            ObjectVersion::builder().key(key).last_modified(DateTime::from_secs_and_nanos(5, 0)).build()
        };
        let at = Timestamp::new(5, 0).unwrap();
        let expected = Anchor { organization_id, sequence: 7, hash: head.hash, at };
        assert_eq!(read(organization_id, &version(key(&head))), Some(expected));
        let other = OrganizationId::new(Timestamp::UNIX_EPOCH, [2; 10]);
        assert_eq!(read(other, &version(key(&head))), None);
        for broken in ["x.json", "0000000000000007.json", "0000000000000007-aa.json", "seven-aa.json"] {
            assert_eq!(read(organization_id, &version(format!("{}{broken}", prefix(organization_id)))), None);
        }
        assert!(key(&head) > format!("{}{:016}~", prefix(organization_id), 6));
        assert!(key(&head) < format!("{}{:016}~", prefix(organization_id), 7));
    }
}
